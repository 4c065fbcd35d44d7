/** Kept float32 columns as text, compared with pyarrow and Polars: see `fixtures/float32.py`. */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import {
  type DataType,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int32,
  List,
  Map_,
  Struct,
  Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import { read, type ScoreOptions, softmax, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run } from './streams.js'

const FIXTURES = new URL('../fixtures/', import.meta.url)
const PARQUET = readFileSync(new URL('float32.parquet', FIXTURES))
const TEXTS: Record<'pyarrow' | 'polars', string[]> = JSON.parse(
  readFileSync(new URL('float32.json', FIXTURES), 'utf8'),
)

/** The texts of the column, in any lane; an error fails the test. */
async function cellsOf(input: Buffer, options: ScoreOptions): Promise<string[]> {
  const { text, error } = await run(input, { emit: 'label', ...options })
  if (error) throw error
  const lines = text.trim().split('\n')
  return options.to === 'ndjson'
    ? lines.map((line) => /^\{"x":([^,]+),/.exec(line)![1]!)
    : lines.slice(1).map((line) => line.split(/[,\t]/)[0]!)
}

const digitsIn = (text: string) =>
  text
    .replace(/e.*/, '')
    .replace(/\D/g, '')
    .replace(/^0+|0+$/g, '').length

describe('a kept column of float32', () => {
  it('has the shortest digits that read back as the same float32, as pyarrow and Polars write them', async () => {
    const cells = await cellsOf(PARQUET, { to: 'csv' })
    expect(cells.slice(0, 4)).toEqual(['0.1', '0.33333334', '16777216', '16777216'])
    for (const texts of Object.values(TEXTS)) {
      expect(cells.map((cell) => Math.fround(Number(cell)))).toEqual(texts.map((text) => Math.fround(Number(text))))
      expect(cells.map(digitsIn)).toEqual(texts.map(digitsIn))
      // Of two equally close decimals, ours is the one further from 0.
      const others = cells.filter((cell, row) => Number(cell) !== Number(texts[row]))
      expect(others.length).toBeLessThan(8)
    }
  })

  it('is the same text of every format, in every lane, on any number of threads', async () => {
    const cells = await cellsOf(PARQUET, { to: 'csv' })
    const arrow = (await run(PARQUET, { to: 'arrow', emit: 'probs=logit_' })).bytes
    for (const input of [PARQUET, arrow]) {
      for (const options of [{}, { lane: 'general' }, { jobs: 1 }, { jobs: 3 }] as const) {
        expect(await cellsOf(input, { to: 'csv', ...options })).toEqual(cells)
        expect(await cellsOf(input, { to: 'tsv', ...options })).toEqual(cells)
        expect(await cellsOf(input, { to: 'ndjson', ...options })).toEqual(cells)
      }
      // Nullable labels are written one by one.
      expect(await cellsOf(input, { to: 'csv', minConfidence: 0.1 })).toEqual(cells)
    }
  })

  it('keeps its values between formats that have them, and as objects', async () => {
    const { bytes } = await run(PARQUET, { to: 'arrow', emit: 'label' })
    const rows = (await Readable.from([bytes]).compose(read('arrow')).toArray()) as { x: number }[]
    expect(rows.slice(0, 2).map(({ x }) => x)).toEqual([Math.fround(0.1), Math.fround(1 / 3)])
  })
})

describe('a float32 in objects', () => {
  const writtenFrom = async (bytes: Buffer, to: 'csv' | 'tsv' | 'copy' | 'ndjson' | 'json', isCopy = false) => {
    const rows = read('arrow')
    const copies = (row: object) => (isCopy ? { ...row } : row)
    const stream = Readable.from([bytes])
      .compose(rows)
      .map(copies)
      .compose(softmax({ emit: 'label' }))
    const written = await stream.compose(write(to, isCopy ? { typesFrom: rows } : {})).toArray()
    return Buffer.concat(written).toString()
  }
  const typed = async (columns: Record<string, [type: DataType, values: unknown[]]>) => {
    const vectors = Object.entries(columns).map(([name, [type, values]]) => [name, vectorFromArray(values, type)])
    return Buffer.from(tableToIPC(new Table(Object.fromEntries(vectors)), 'file'))
  }

  it('is written by write() as by score()', async () => {
    const { bytes } = await run(PARQUET, { to: 'arrow', emit: 'probs=logit_' })
    for (const to of ['csv', 'tsv', 'copy', 'ndjson', 'json'] as const) {
      const { text } = await run(bytes, { from: 'arrow', to, emit: 'label' })
      expect(await writtenFrom(bytes, to)).toBe(text)
      expect(await writtenFrom(bytes, to, true)).toBe(text)
    }
  })

  // By hand: 0.1, 1/3 and 3.4e38 are the values, which pyarrow writes as 0.1, 0.33333334 and 3.4e+38.
  it('is short in lists, structs, maps and dictionaries, too, but not a double, nor what a program puts in its place', async () => {
    const [float, double] = [new Float32(), new Float64()]
    const item = (type: DataType) => Field.new('item', type, true)
    const entries = new Struct([Field.new('key', new Utf8(), false), Field.new('value', float, true)])
    const bytes = await typed({
      x: [float, [0.1, null]],
      d: [double, [Math.fround(0.1), 0.1]],
      l: [new List(item(float)), [[0.1, null, 1 / 3], null]],
      ll: [new List(item(new List(item(float)))), [[[3.4e38], []], [null]]],
      s: [
        new Struct([item(float), Field.new('d', double, true)]),
        [
          { item: 0.1, d: Math.fround(0.1) },
          { item: null, d: 1.5 },
        ],
      ],
      m: [new Map_(Field.new('entries', entries, false) as never), [new Map([['k', 0.1]]), null]],
      c: [new Dictionary(float, new Int32()), [0.1, 1 / 3]],
      logit_a: [double, [1, 2]],
      logit_b: [double, [2, 1]],
    })
    const lines = [
      '{"x":0.1,"d":0.10000000149011612,"l":[0.1,null,0.33333334],"ll":[[3.4e+38],[]],' +
        '"s":{"item":0.1,"d":0.10000000149011612},"m":{"k":0.1},"c":0.1,"label":"b"}',
      '{"x":null,"d":0.1,"l":null,"ll":[null],"s":{"item":null,"d":1.5},"m":null,"c":0.33333334,"label":"a"}',
    ]
    expect(await writtenFrom(bytes, 'ndjson')).toBe(`${lines.join('\n')}\n`)
    expect((await run(bytes, { from: 'arrow', to: 'ndjson', emit: 'label' })).text).toBe(`${lines.join('\n')}\n`)
    const changed = (row: unknown) => Object.assign(row as object, { x: 0.123456789012, l: 'none', s: [1 / 3] })
    const stream = Readable.from([bytes]).compose(read('arrow')).map(changed)
    const written = Buffer.concat(await stream.compose(write('ndjson', { keep: 'x,l,s' })).toArray()).toString()
    expect(JSON.parse(written.split('\n')[0]!)).toEqual({ x: 0.123456789012, l: 'none', s: [1 / 3] })
  })
})

describe('results as float32', () => {
  // numpy.float32 of these: 3.4028235e+38 and inf.
  it.each([
    [3.4028235677973362e38, '3.4028235e+38'],
    [3.4028235677973366e38, '"Infinity"'],
  ])('are infinite from where numbers are rounded to that: %s', async (logit, expected) => {
    for (const lane of ['auto', 'general'] as const) {
      const { text } = await run(`{"logits":[${logit}]}\n`, {
        from: 'ndjson',
        keep: false,
        emit: 'logsumexp',
        float32: true,
        lane,
      })
      expect(text).toBe(`{"logsumexp":${expected}}\n`)
    }
  })
})

describe('results in some digits', () => {
  // Python's float('1.79e308') and float('1.80e308'): the second is inf.
  it.each([
    [1.794e308, '-1.79e+308'],
    [1.7976931348623157e308, '"-Infinity"'],
  ])('are infinite from where numbers are rounded to that: -%s', async (logit, expected) => {
    for (const lane of ['auto', 'general'] as const) {
      const { text } = await run(`{"logit_a":${logit},"logit_b":0}\n`, {
        from: 'ndjson',
        op: 'log-softmax',
        precision: 3,
        emit: 'probs',
        keep: false,
        lane,
      })
      expect(text).toBe(`{"logp_a":0,"logp_b":${expected}}\n`)
    }
  })
})

describe('results that are rounded in columns', () => {
  const rows = Array.from({ length: 2000 }, (_, row) => `${Math.sin(row) * 40},${Math.cos(row * 7) * 40},${row % 17}\n`)
  const EMIT = { op: 'log-softmax', emit: 'probs,index,confidence,entropy' } as const

  it.each([
    [{ precision: 1 }, (value: number) => Number(value.toPrecision(1))],
    [{ precision: 7 }, (value: number) => Number(value.toPrecision(7))],
    [{ float32: true }, Math.fround],
    [{ float32: true, precision: 6 }, (value: number) => Math.fround(Number(Math.fround(value).toPrecision(6)))],
  ])('are those that JavaScript rounds: %j', async (options, round) => {
    const { bytes } = await run(`logit_a,logit_b,logit_c\n${rows.join('')}`, { to: 'arrow', emit: 'probs=logit_' })
    const columns = async (more: ScoreOptions) => {
      const scored = await run(bytes, { from: 'arrow', to: 'arrow', keep: false, ...EMIT, ...more })
      const table = tableFromIPC(scored.bytes)
      return table.schema.fields.map(({ name }) => Array.from(table.getChild(name)!, Number))
    }
    const [a, b, c, index, ...summaries] = await columns({})
    const rounded = [a!, b!, c!].map((numbers) => numbers.map(round))
    expect(await columns(options)).toEqual([...rounded, index, ...summaries.map((numbers) => numbers.map(round))])
  })

  it('are infinite if they are infinite as float32, whatever the number of digits', async () => {
    const input = 'logit_a,logit_b\n1e300,0\n'
    const options: ScoreOptions = { to: 'arrow', emit: 'logsumexp', float32: true, precision: 6, keep: false }
    for (const lane of ['auto', 'general'] as const) {
      const { bytes } = await run(input, { ...options, lane })
      expect(Array.from(tableFromIPC(bytes).getChild('logsumexp')!)).toEqual([Infinity])
    }
  })
})
