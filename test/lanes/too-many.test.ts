/**
 * A run that ends at a bad row yields exactly the rows before it: in every lane, with any number of threads, chunk size
 * and format.
 */
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import fc from 'fast-check'
import { type FormatName, read, type ScoreOptions, scoreFiles, softmax, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random.js'
import { chunksOf, type Outcome, run } from '../streams.js'
import { command, folder } from '../support.js'

interface Row {
  id: number
  logit_a: number | null
  logit_b: number
}

interface Run {
  rows: Row[]
  maxErrors: number | undefined
  from: FormatName
  to: FormatName
  way: ScoreOptions
  size: number
  handler: boolean
}

const isBad = ({ logit_a: logit }: Row) => logit === null || Number.isNaN(logit)
const good = (id: number): Row => ({ id, logit_a: (id % 7) / 8, logit_b: 1 })

/** The kinds of rows: good, with a missing logit, or without a softmax. */
const rowsOf = (kinds: readonly (0 | 1 | 2)[]) =>
  kinds.map((kind, id): Row => (kind === 0 ? good(id) : { ...good(id), logit_a: kind === 1 ? null : Number.NaN }))

async function bytesOf(rows: readonly Row[], format: FormatName): Promise<Buffer> {
  const stream = write(format)
  Readable.from(rows).pipe(stream)
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** The rows before the bad one that ends the run, and their number including it. */
function before(rows: readonly Row[], maxErrors = 0) {
  const bad = rows.flatMap((row, index) => (isBad(row) ? [index] : []))
  const end = bad[maxErrors] ?? rows.length
  return { clean: rows.slice(0, end).filter((row) => !isBad(row)), read: Math.min(rows.length, end + 1) }
}

const codeOf = ({ logit_a: logit }: Row, maxErrors: number | undefined) => {
  if (maxErrors !== undefined) return 'E_TOO_MANY'
  return logit === null ? 'E_MISSING' : 'E_NONFINITE'
}

const rejectedIn = ({ rejected }: Outcome['stats']) => Object.values(rejected).reduce((sum, count) => sum + count, 0)

/** How many random inputs are tried: more in `npm run test:lanes`. */
const RUNS = process.env.COUNT ? 300 : 60

const FORMATS = ['csv', 'ndjson', 'json', 'parquet', 'arrow', 'arrows'] as const
const WAYS: ScoreOptions[] = [{ lane: 'general' }, { jobs: 1 }, { jobs: 3 }]

describe('a run that ends by a bad row', () => {
  it('gives the rows before it, and counts none behind it, in every format and chunking', async () => {
    const kind = fc.constantFrom(0, 0, 0, 1, 2) as fc.Arbitrary<0 | 1 | 2>
    const rowsAndMore = fc.record({
      rows: fc.array(kind, { minLength: 1, maxLength: 40 }).map((kinds) => rowsOf([0, ...kinds])),
      maxErrors: fc.option(fc.nat(4), { nil: undefined }),
      from: fc.constantFrom<FormatName[]>(...FORMATS),
      to: fc.constantFrom<FormatName[]>('csv', 'ndjson'),
      way: fc.constantFrom(...WAYS),
      size: fc.integer({ min: 1, max: 200 }),
      handler: fc.boolean(),
    })
    const check = async ({ rows, maxErrors, from, to, way, size, handler }: Run) => {
      const { clean, read } = before(rows, maxErrors)
      const rejects: number[] = []
      const onReject = ({ row }: { row: number }) => void rejects.push(row)
      const limit = maxErrors === undefined ? {} : { maxErrors, ...(handler && { onReject }) }
      const result = await run(await bytesOf(rows, from), { from, to, emit: 'label', ...limit, ...way }, size)
      const expected = await run(await bytesOf(clean, from), { from, to, emit: 'label' })
      expect(result.text).toBe(expected.text)
      expect(result.stats).toMatchObject({ read, written: clean.length })
      expect(rejectedIn(result.stats)).toBe(read - clean.length)
      if (maxErrors !== undefined && handler) {
        const bad = rows.flatMap((row, index) => (isBad(row) ? [index + 1] : []))
        expect(rejects).toEqual(bad.slice(0, maxErrors + 1))
      }
      const code = rejectedIn(result.stats) <= (maxErrors ?? 0) ? undefined : codeOf(rows[read - 1]!, maxErrors)
      expect(result.error?.code).toBe(code)
    }
    await fc.assert(fc.asyncProperty(rowsAndMore, check), { seed: 7, numRuns: RUNS })
  })

  const random = randomFrom(11)
  const large = rowsOf(Array.from({ length: 90_000 }, () => (random.below(1000) === 0 ? 1 : 0)))

  /** Those of the large rows that are good, scored on one thread: a line for each, after the header. */
  const scored = (async () => {
    const { text } = await run(
      await bytesOf(
        large.filter((row) => !isBad(row)),
        'csv',
      ),
      { to: 'csv', jobs: 1 },
    )
    return text.split(/(?<=\n)/)
  })()

  it.each(['csv', 'ndjson', 'parquet', 'arrow'] as const)(
    'is the same run on any number of threads: %s',
    async (from) => {
      const bytes = await bytesOf(large, from)
      for (const maxErrors of [0, 17, 61]) {
        const { clean, read } = before(large, maxErrors)
        const text = (await scored).slice(0, 1 + clean.length).join('')
        for (const way of WAYS) {
          const slowly = async function* () {
            for (const chunk of chunksOf(bytes, 200_000)) {
              yield chunk
              // So that workers get some of the blocks.
              await wait(10)
            }
          }
          const result = await run(slowly(), { from, to: 'csv', maxErrors, ...way })
          expect(result.error).toMatchObject({ code: 'E_TOO_MANY', info: { row: read } })
          expect(result.text === text).toBe(true)
          expect(result.stats).toMatchObject({ read, written: clean.length })
        }
      }
    },
  )

  it('counts the bad rows of all inputs, and those of rows too long to be held', async () => {
    const texts = [
      'id,logit_a,logit_b\n1,2,1\n2,x,1\n3,1,2\n',
      `id,logit_a,logit_b\n4,1,2\n${'5'.repeat(99)},1,2\n6,1,2\n`,
    ]
    for (const way of WAYS) {
      const options: ScoreOptions = { from: 'csv', emit: 'label', maxErrors: 1, maxRowBytes: 50, ...way }
      const stream = scoreFiles(
        texts.map((text) => Readable.from([Buffer.from(text)])),
        options,
      )
      const pieces: Buffer[] = []
      const all = async () => {
        for await (const piece of stream) pieces.push(piece as Buffer)
      }
      await expect(all()).rejects.toMatchObject({ code: 'E_TOO_MANY', info: { row: 2, line: 3 } })
      expect(Buffer.concat(pieces).toString()).toBe('id,label\n1,a\n3,b\n4,b\n')
      expect(stream.stats).toMatchObject({ read: 5, written: 3 })
    }
  })

  it('gives the rows before it where they are lists of rows', async () => {
    const text = '{"x":[[1,2],[2,1]]}\n{"x":[[1,null]]}\n{"x":[[2,1]]}\n{"x":[["b",1]]}\n{"x":[[1,2]]}\n'
    const { text: out, error } = await run(text, {
      from: 'ndjson',
      logits: 'x',
      keep: false,
      emit: 'index',
      maxErrors: 1,
    })
    expect(error).toMatchObject({ code: 'E_TOO_MANY', info: { row: 4 } })
    expect(out).toBe('{"index":[1,0]}\n{"index":[0]}\n')
  })

  it('gives the objects before it', async () => {
    const rows = rowsOf([0, 1, 0, 0, 2, 0, 0])
    const { clean } = before(rows, 1)
    const stream = Readable.from(rows).compose(softmax({ maxErrors: 1 }))
    const ids: unknown[] = []
    const all = async () => {
      for await (const { id } of stream) ids.push(id)
    }
    await expect(all()).rejects.toMatchObject({ code: 'E_TOO_MANY', info: { row: 5 } })
    expect(ids).toEqual(clean.map(({ id }) => id))
  })

  it('gives the rows before it that are only read', async () => {
    const ids: unknown[] = []
    const stream = Readable.from([Buffer.from('id,a\n1,2\n2\n3,4\n4\n5,6\n')]).compose(read('csv', { maxErrors: 1 }))
    const all = async () => {
      for await (const { id } of stream) ids.push(id)
    }
    await expect(all()).rejects.toMatchObject({ code: 'E_TOO_MANY', info: { row: 4 } })
    expect(ids).toEqual(['1', '3'])
  })

  it('writes the rows before it to standard output, and as rejects no more than the one too many', async () => {
    const { clean } = before(large, 5)
    const cwd = folder({ 'in.csv': await bytesOf(large, 'csv') })
    const stdout = (await scored).slice(0, 1 + clean.length).join('')
    for (const jobs of ['1', '3']) {
      const args = ['in.csv', '-q', '--max-errors', '5', '-j', jobs]
      expect(command(args, { cwd })).toMatchObject({ status: 1, stdout })
    }
  })
})
