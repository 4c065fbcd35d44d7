/** Inputs of several formats, one after the other, into one output: each value stays in its column, each row in its place. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Float64, Table, tableFromIPC, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { type ScoreOptions, scoreFiles } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { entriesOfLines, entriesOfParquet } from './output-entries.js'
import { folder } from './support.js'

type Row = { city: string; note: string; logit_a: number; logit_b: number }
const NAMES = ['city', 'note', 'logit_a', 'logit_b'] as const
const columnOf = (rows: Row[], name: keyof Row) => rows.map((row) => row[name])

const tableOf = (rows: Row[]): Table => {
  const textsOf = (name: keyof Row) => vectorFromArray(columnOf(rows, name) as string[], new Utf8())
  const numbersOf = (name: keyof Row) => vectorFromArray(columnOf(rows, name) as number[], new Float64())
  const vectorOf = (name: keyof Row) => (name.startsWith('logit') ? numbersOf(name) : textsOf(name))
  return new Table(Object.fromEntries(NAMES.map((name) => [name, vectorOf(name)])))
}

const FORMATS: Record<string, (rows: Row[]) => string | Uint8Array> = {
  csv: (rows) => [NAMES.join(), ...rows.map((row) => Object.values(row).join())].map((line) => `${line}\n`).join(''),
  ndjson: (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  json: (rows) => JSON.stringify(rows),
  arrow: (rows) => tableToIPC(tableOf(rows), 'file'),
  parquet: (rows) =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: NAMES.map((name) => ({
          name,
          data: columnOf(rows, name),
          type: name.startsWith('logit') ? ('DOUBLE' as const) : ('STRING' as const),
        })),
      }),
    ),
}

/** What is kept of rows, in the order of columns in the output. */
type Kept = [name: string, value: unknown][][]

const READERS: Record<string, (bytes: Buffer) => Kept | Promise<Kept>> = {
  csv: (bytes) => {
    const [header, ...rows] = bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','))
    return rows.map((cells) => cells.map((cell, at) => [header![at]!, cell]))
  },
  ndjson: entriesOfLines,
  arrow: (bytes) => Array.from(tableFromIPC(bytes), (row) => [...row!] as Kept[number]),
  parquet: entriesOfParquet,
}

/** 1 / (1 + exp(4 - n)) for n from 0 to 8, by mpmath. */
const PROBABILITIES = [
  0.01798620996209156, 0.04742587317756678, 0.11920292202211756, 0.2689414213699951, 0.5, 0.7310585786300049,
  0.8807970779778824, 0.9525741268224333, 0.9820137900379085,
] as const

/** Three rows from the nth on, each with its own texts and probabilities. */
const rowsFrom = (first: number): Row[] =>
  [first, first + 1, first + 2].map((n) => ({ city: `c${n}`, note: `n${n}`, logit_a: n, logit_b: 4 }))

/** Three files of these formats, of three rows each. */
function filesOf(...formats: [string, string, string]): string[] {
  const path = folder()
  return formats.map((format, at) => {
    const file = join(path, `${at}.${format}`)
    writeFileSync(file, FORMATS[format]!(rowsFrom(3 * at)))
    return file
  })
}

/** A value, of which CSV has the text. */
const valueOf = (name: string, value: unknown) => (name.startsWith('p_') ? Number(value) : value)

const pairs = Object.keys(FORMATS).flatMap((one) =>
  Object.keys(FORMATS)
    .filter((other) => other !== one)
    .map((other) => [one, other] as const),
)

const ROWS = rowsFrom(0).concat(rowsFrom(3), rowsFrom(6))
const EXPECTED = ROWS.map(({ city, note }, n) => ({
  city,
  note,
  p_a: PROBABILITIES[n],
  p_b: PROBABILITIES[8 - n],
  label: n < 4 ? 'b' : 'a',
}))

describe.each(pairs)('inputs of %s and %s', (one, other) => {
  it.each(Object.keys(READERS))('are rows in order, with their values in place, as %s', async (to) => {
    const files = filesOf(one, other, one)
    for (const keep of ['!logit*', 'note,city'] as const) {
      for (const lane of ['auto', 'general'] as const) {
        const options = { to, keep, lane } as ScoreOptions
        const found = await READERS[to]!(Buffer.concat(await scoreFiles(files, options).toArray()))
        const rows = found.map((row) => Object.fromEntries(row.map(([name, value]) => [name, valueOf(name, value)])))
        expect(rows, `${lane} ${keep}`).toEqual(EXPECTED)
        const name = found[0]![0]![0]
        expect(name).toBe(keep === 'note,city' && to !== 'ndjson' ? 'note' : 'city')
      }
    }
  })
})

describe('objects after those of another input', () => {
  const FIRST = '{"id":1,"logit_a":2,"logit_b":1,"note":"x"}\n'
  const SECOND = '{"logit_b":1,"id":2,"logit_a":2}\n{"note":"y","logit_a":2,"logit_b":1,"id":3}\n'
  const scored = async (second: string, options: ScoreOptions, name = 'ndjson') => {
    const path = folder({ [`1.${name}`]: FIRST, [`2.${name}`]: second })
    const results = new Set<string>()
    for (const lane of ['auto', 'general'] as const) {
      const pieces = await scoreFiles([join(path, `1.${name}`), join(path, `2.${name}`)], {
        emit: 'label',
        lane,
        ...options,
      }).toArray()
      results.add(Buffer.concat(pieces).toString())
    }
    expect(results.size).toBe(1)
    return [...results][0]
  }

  it('may have their keys in another order, or lack some', async () => {
    expect(await scored(SECOND, { to: 'csv' })).toBe('id,note,label\n1,x,a\n2,,a\n3,y,a\n')
    expect(await scored(SECOND, { to: 'csv', keep: 'note' })).toBe('note,label\nx,a\n,a\ny,a\n')
    expect(await scored(SECOND, { to: 'csv', keep: 'note,id' })).toBe('note,id,label\nx,1,a\n,2,a\ny,3,a\n')
    expect(await scored(SECOND, { keep: 'note' })).toBe(
      '{"note":"x","label":"a"}\n{"label":"a"}\n{"note":"y","label":"a"}\n',
    )
  })

  it('may have other keys where each has its own, or if they are not kept', async () => {
    const second = SECOND.replace('"id":2', '"id":2,"new":0')
    const rows = [FIRST, ...second.split(/(?<=\n)/)].map((row) => row.replace('}\n', ',"label":"a"}\n'))
    expect(await scored(second, {})).toBe(rows.join(''))
    expect(await scored(second, { to: 'csv', keep: 'id' })).toBe('id,label\n1,a\n2,a\n3,a\n')
    await expect(scored(second, { to: 'csv' })).rejects.toMatchObject({ code: 'E_KEY', info: { key: 'new', row: 1 } })
  })

  it('must have the logits', async () => {
    const none = SECOND.replaceAll('"logit_a":2', '"logit_c":2')
    await expect(scored(none, { to: 'csv' })).rejects.toMatchObject({ code: 'E_SCHEMA' })
    const later = SECOND.replace('"logit_a":2', '"logit_c":2')
    await expect(scored(later, { to: 'csv' })).rejects.toMatchObject({
      code: 'E_WIDTH',
      info: { row: 1, key: 'logit_c' },
    })
  })
})
