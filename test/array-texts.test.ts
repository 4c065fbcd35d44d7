/** Arrays of text beside the logits, as numpy saves them. See `fixtures/array_texts.py`. */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { tableFromIPC } from 'apache-arrow'
import { evaluate, type ScoreOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { npzOf } from './npy.js'
import { run } from './streams.js'

interface Case {
  name: string
  bytes: string
  options: ScoreOptions
  /** The error code, for a file that is refused. */
  code: string | null
  /** The texts, in C order. */
  ids: string[] | null
}

const CASES: Case[] = readFileSync(new URL('../fixtures/array-texts.ndjson', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

const fileOf = (name: string) => Buffer.from(CASES.find((one) => one.name === name)!.bytes, 'base64')

describe('an array of text with one for each row', () => {
  it.each(CASES.filter(({ ids }) => ids).map((one) => [one.name, one] as const))(
    'is a kept column: %s',
    async (_, { bytes, options, ids }) => {
      const lines = await run(Buffer.from(bytes, 'base64'), { ...options, to: 'ndjson', emit: 'index' })
      expect(lines.error).toBeUndefined()
      expect(lines.warnings).toEqual([])
      const rows = lines.text.split('\n').filter(Boolean)
      expect(rows.map((row) => JSON.parse(row).ids)).toEqual(ids)
      const arrow = await run(Buffer.from(bytes, 'base64'), { ...options, to: 'arrow', emit: 'index' })
      const column = tableFromIPC(arrow.bytes).getChild('ids')!
      expect({ type: String(column.type), ids: Array.from(column) }).toEqual({ type: 'Utf8', ids })
    },
  )

  it.each(CASES.filter(({ code }) => code).map((one) => [one.name, one] as const))(
    'is refused with a reason: %s',
    async (_, { bytes, options, code }) => {
      const { error } = await run(Buffer.from(bytes, 'base64'), { ...options, to: 'csv' })
      expect(error?.code).toBe(code)
      expect(error?.message).toMatch(
        /ascontiguousarray\(y\)|not Unicode|the shape \(3,\), but|dtype is <U\d+; save it as float64/,
      )
    },
  )

  it('has the names of true classes, an empty one if the class is unknown', async () => {
    const bytes = fileOf('true classes')
    const options = { from: 'npz', truth: 'y', labels: ['cat', 'dog', 'boat'] } as const
    const { text } = await run(bytes, { ...options, to: 'csv', keep: false, emit: 'rank,correct' })
    expect(text).toBe('rank,correct\n1,true\n1,true\n,\n3,false\n')
    const measured = await evaluate([Readable.from([bytes])], options)
    expect(measured).toMatchObject({ rows: 3, unlabelled: 1, accuracy: 2 / 3 })
    const wrong = await run(bytes, { ...options, labels: ['cat', 'dog', 'ship'], to: 'csv' })
    expect(wrong.error).toMatchObject({ code: 'E_TRUTH', info: { row: 4, cell: 'boat' } })
  })

  it('has no place in a file of arrays, which a warning says', async () => {
    const { bytes, warnings } = await run(fileOf('little-endian'), { to: 'npz', emit: 'index' })
    expect(Object.keys(await npzOf(bytes))).toEqual(['index'])
    expect(warnings).toEqual(['npz stores only arrays of numbers without nulls; "ids" is left out'])
  })
})
