/** Thousands of bad rows in a block: each is reported as if it were alone, in little memory. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { Reject, ScoreOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { npyFile } from '../npy.js'
import { peakOf } from '../peak-memory.js'
import { run } from '../streams.js'
import { folder } from '../support.js'

const ROWS = 6000
const numbers = Array.from({ length: ROWS }, (_, index) => index)
/** Every seventh row is good. */
const isBad = (index: number) => index % 7 > 0
const bad = numbers.filter(isBad)

/** The reports of bad rows, without their messages. */
async function rejectsOf(input: Buffer | string, options: ScoreOptions): Promise<Reject[]> {
  const rejects: Reject[] = []
  const onReject = (reject: Reject) => void rejects.push(reject)
  const { stats, error } = await run(input, { source: 'in', onReject, ...options })
  expect(error).toBe(undefined)
  expect(stats).toMatchObject({ read: ROWS, written: ROWS - bad.length })
  return rejects
}

const withoutMessage = ({ message: _, ...rest }: Reject) => rest

const LANES = [{ lane: 'general' }, { lane: 'fast', jobs: 1 }, { lane: 'fast', jobs: 3 }] as const

describe('thousands of bad rows in a block', () => {
  it.each(LANES)('of CSV, with errors of several kinds, %j', async (options) => {
    const rows = numbers.map((index) => {
      if (!isBad(index)) return `${index},1,2`
      return [`${index},x${index},1`, `${index},1,1e400`, `${index},1`][index % 3]!
    })
    const header = 'id,logit_a,logit_b'
    let byteStart = header.length + 1
    const expected = rows.flatMap((raw, index) => {
      const byteEnd = byteStart + raw.length
      const kind = [
        { column: 'logit_a', code: 'E_CELL' },
        { column: 'logit_b', code: 'E_OVERFLOW' },
        { code: 'E_WIDTH' },
      ]
      const report = { source: 'in', row: index + 1, line: index + 2, ...kind[index % 3], byteStart, byteEnd, raw }
      byteStart = byteEnd + 1
      return isBad(index) ? [report] : []
    })
    const rejects = await rejectsOf(`${header}\n${rows.join('\n')}\n`, options)
    expect(rejects.map(withoutMessage)).toEqual(expected)
    const texts = rejects.filter(({ code }) => code === 'E_CELL').map(({ message }) => message.match(/"x\d+"/)?.[0])
    expect(texts).toEqual(bad.filter((index) => index % 3 === 0).map((index) => `"x${index}"`))
  })

  it.each(LANES)('of a JSON array, %j', async (options) => {
    const rows = numbers.map((index) => `{"logits":[1,${isBad(index) ? '"x"' : 2}]}`)
    let byteStart = 1
    const expected = rows.flatMap((raw, index) => {
      const byteEnd = byteStart + raw.length
      const report = { source: 'in', row: index + 1, line: 1, column: '1', code: 'E_CELL', byteStart, byteEnd, raw }
      byteStart = byteEnd + 1
      return isBad(index) ? [report] : []
    })
    const rejects = await rejectsOf(`[${rows.join(',')}]`, { from: 'ndjson', ...options })
    expect(rejects.map(withoutMessage)).toEqual(expected)
  })

  it.each([1, 3])('of Parquet, on %i threads', async (jobs) => {
    const columnData = [
      { name: 'logit_a', data: numbers.map((index) => (isBad(index) ? Number.NaN : 1)), type: 'DOUBLE' as const },
      { name: 'logit_b', data: numbers.map((index) => index + 0.5), type: 'DOUBLE' as const },
    ]
    const input = Buffer.from(parquetWriteBuffer({ columnData }))
    const rejects = await rejectsOf(input, { from: 'parquet', to: 'csv', jobs })
    const expected = bad.map((index) => {
      const raw = `{"logit_a":"NaN","logit_b":${index}.5}`
      return { source: 'in', row: index + 1, column: 'logit_a', code: 'E_NONFINITE', raw }
    })
    expect(rejects.map(withoutMessage)).toEqual(expected)
  })

  it('of an array, whose messages have the index of each', async () => {
    const values = Float64Array.from(numbers.flatMap((index) => [1, isBad(index) ? Number.NaN : 2]))
    const input = npyFile('<f8', false, [ROWS, 2], new Uint8Array(values.buffer))
    const rejects = await rejectsOf(input, { from: 'npy', to: 'csv' })
    const indices = rejects.map(({ row, message }) => [row, message.match(/index (\[.*?\])/)?.[1]])
    expect(indices).toEqual(bad.map((index) => [index + 1, `[${index}, 1]`]))
  })

  it('take little memory', { timeout: 120_000 }, async () => {
    const dir = folder()
    const [input, rejects] = [join(dir, 'in.csv'), join(dir, 'bad.ndjson')]
    const rows = 300_000
    writeFileSync(input, `logit_a,logit_b\n1,2\n${'1,abc\n'.repeat(rows)}`)
    const line = '$SOFTMAX "$INPUT" -q -j 2 --rejects "$REJECTS" -o /dev/null && wc -l < "$REJECTS"'
    const { stdout, peak } = await peakOf(line, { INPUT: input, REJECTS: rejects })
    expect(Number(stdout)).toBe(rows)
    // With an object for each bad row of the blocks in progress, 500,000 rows took 900 MiB; Node 24 keeps more garbage than Node 20.
    expect(peak).toBeLessThanOrEqual(350)
  })
})
