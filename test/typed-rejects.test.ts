/** Bad rows of Parquet, Arrow and arrays, whose `raw` is the row as JSON; its values are given by hand or by pyarrow. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import {
  Field,
  Float32,
  Float64,
  Int32,
  List,
  makeData,
  Struct,
  Table,
  tableToIPC,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { evaluate, type FormatName, type Reject, read, type ScoreOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { npyFile } from './npy.js'
import { run } from './streams.js'
import { command, folder, ROOT } from './support.js'

const fixture = (name: string) => readFileSync(join(ROOT, 'fixtures', name))
const BIG = 2n ** 60n + 1n

/** Rows of which the third is good; the fifth has two bad logits. */
const COLUMNS = {
  id: [BIG, 2n, 3n, 4n, 5n],
  logit_a: [Number.NaN, 0.1, 2, Infinity, null],
  note: ['say "x"\n', 'żółw 🐢', 'good', null, ''],
  logit_b: [1.5, null, 1, -2, null],
}

/** The bad ones as JSON. */
const RAW = [
  [1, `{"id":${BIG},"logit_a":"NaN","note":"say \\"x\\"\\n","logit_b":1.5}`],
  [2, '{"id":2,"logit_a":0.1,"note":"żółw 🐢","logit_b":null}'],
  [4, '{"id":4,"logit_a":"Infinity","note":null,"logit_b":-2}'],
  [5, '{"id":5,"logit_a":null,"note":"","logit_b":null}'],
]

/** The same rows in each format that has types. */
const { id, logit_a: a, note, logit_b: b } = COLUMNS
const arrow = new Table({
  id: vectorFromArray(id),
  logit_a: vectorFromArray(a, new Float64()),
  note: vectorFromArray(note, new Utf8()),
  logit_b: vectorFromArray(b, new Float64()),
})
const FILES: Record<string, Buffer> = {
  parquet: Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: 'id', data: id, type: 'INT64' },
        { name: 'logit_a', data: a, type: 'DOUBLE' },
        { name: 'note', data: note, type: 'STRING' },
        { name: 'logit_b', data: b, type: 'DOUBLE' },
      ],
    }),
  ),
  arrow: Buffer.from(tableToIPC(arrow, 'file')),
  arrows: Buffer.from(tableToIPC(arrow, 'stream')),
}

/** The rejects of a run, and what came of it. */
async function rejectsOf(input: Buffer | string, options: ScoreOptions) {
  const rejects: Reject[] = []
  const outcome = await run(input, { ...options, onReject: (reject) => void rejects.push(reject) })
  return { ...outcome, rejects, raw: rejects.map(({ row, raw }) => [row, raw]) }
}

const columnsOf = (rows: object, ...names: string[]) =>
  Object.fromEntries(Object.entries(rows).filter(([name]) => names.includes(name)))

describe.each(Object.keys(FILES))('a bad row of %s', (name) => {
  const from = name as FormatName

  it.each(['csv', 'ndjson', 'parquet', 'arrow'] as const)(
    'is JSON with all columns, if the output is %s',
    async (to) => {
      for (const lane of [{ lane: 'general' }, { jobs: 1 }, { jobs: 3 }] as const)
        expect((await rejectsOf(FILES[name]!, { from, to, ...lane })).raw).toEqual(RAW)
    },
  )

  it('has the columns that are kept, the logits and the true class', async () => {
    const parsed = async (options: ScoreOptions) =>
      (await rejectsOf(FILES[name]!, { from, to: 'ndjson', ...options })).rejects.map(({ raw }) =>
        JSON.parse(raw as string),
      )
    const all = RAW.map(([, raw]) => JSON.parse(raw as string))
    const some = (...names: string[]) => all.map((row) => columnsOf(row, 'logit_a', 'logit_b', ...names))
    expect(await parsed({ keep: 'id' })).toEqual(some('id'))
    expect(await parsed({ keep: false })).toEqual(some())
    const labelled = await parsed({ keep: false, truth: 'note', labels: 'good,x' })
    expect(labelled.map(Object.keys)).toEqual(all.map(() => ['logit_a', 'note', 'logit_b']))
    const rejects: Reject[] = []
    const onReject = (reject: Reject) => void rejects.push(reject)
    await evaluate(Readable.from([FILES[name]!]), { from, truth: 'note', labels: 'good,x', onReject })
    expect(rejects.map(({ raw }) => JSON.parse(raw as string))).toEqual(some('note'))
  })

  it('is the same if it is one too many', async () => {
    const { raw, error } = await rejectsOf(FILES[name]!, { from, to: 'csv', maxErrors: 1 })
    expect([error?.code, raw]).toEqual(['E_TOO_MANY', RAW.slice(0, 2)])
  })

  it('can be corrected as a line of JSON, and scored', async () => {
    const { rejects } = await rejectsOf(FILES[name]!, { from, to: 'ndjson' })
    const lines = rejects.map(({ raw }) => `${raw}\n`.replace(/("logit_.":)("NaN"|"Infinity"|null)/g, '$10'))
    const fixed = [1.5, -0.1, -2, 0].map((difference) => 1 / (1 + Math.exp(-difference)))
    const { text } = await run(lines.join(''), { from: 'ndjson', emit: 'probs' })
    const scored = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    for (const [row, { p_b }] of scored.entries()) expect(p_b).toBeCloseTo(fixed[row]!, 15)
    expect(scored.map(({ note }) => note)).toEqual(['say "x"\n', 'żółw 🐢', null, ''])
  })
})

describe('the values of a bad row', () => {
  it('are those that pyarrow has for columns of every type', async () => {
    const rows = gunzipSync(fixture('types.ndjson.gz'))
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const { rejects } = await rejectsOf(fixture('types.arrow'), { to: 'ndjson', truth: 'plain string' })
    expect(rejects.length).toBeGreaterThan(2)
    for (const { row, raw } of rejects) {
      const { logits, ...rest } = JSON.parse(raw as string)
      expect(rest).toEqual(rows[row - 1])
      expect(logits).toHaveLength(3)
    }
  })

  it('are text as they stand, and integers with all digits', async () => {
    const table = new Table({
      logit_a: vectorFromArray(['1', '1,5', 'x'], new Utf8()),
      logit_b: vectorFromArray([BIG, 2n, 3n]),
    })
    const { raw } = await rejectsOf(Buffer.from(tableToIPC(table, 'file')), { to: 'csv' })
    expect(raw).toEqual([
      [1, `{"logit_a":1,"logit_b":${BIG}}`],
      [2, '{"logit_a":"1,5","logit_b":2}'],
      [3, '{"logit_a":"x","logit_b":3}'],
    ])
  })

  it.each([1, 200])('have the fewest digits of float32, with %i more columns', async (count) => {
    // More columns than are stored column by column, and a null, which makes doubles of all.
    const names = Array.from({ length: count }, (_, index) => `logit_${index}`)
    const columns = [...names, 'logit_x'].map((name) => [
      name,
      vectorFromArray([0.1, name === 'logit_x' ? Number.NaN : 0.3], new Float32()),
    ])
    const table = new Table(Object.fromEntries(columns))
    const [[, raw]] = (await rejectsOf(Buffer.from(tableToIPC(table, 'file')), { to: 'csv' })).raw as [[number, string]]
    expect(raw).toBe(`{${names.map((name) => `"${name}":0.3`).join(',')},"logit_x":"NaN"}`)
  })

  it('leave out text that is not valid, which would look like other text', async () => {
    const text = (bytes: number[]) =>
      new Vector([
        makeData({
          type: new Utf8(),
          length: 2,
          data: Uint8Array.from([120, ...bytes]),
          valueOffsets: Int32Array.of(0, 1, 2),
        }),
      ])
    const table = new Table({
      good: text([121]),
      bad: text([0xff]),
      logit_a: vectorFromArray([1, 2], new Float64()),
      logit_b: vectorFromArray([1, 2], new Float64()),
    })
    const { rejects } = await rejectsOf(Buffer.from(tableToIPC(table, 'file')), { to: 'csv' })
    expect(rejects).toMatchObject([
      { row: 2, code: 'E_CELL_ENCODING', column: 'bad', raw: '{"good":"y","logit_a":2,"logit_b":2}' },
    ])
  })
})

describe('logits in one column of a bad row', () => {
  const float = new Field('item', new Float32(), true)
  const lists = [[0.1, 2], [1, null], [1], null, [Number.NaN, 0.1], [1, 2, 3]]
  const objects = [{ x: 0.1, y: 2 }, { x: 1, y: null }, null, { x: Number.NaN, y: 0.1 }]
  const structs = new Struct([new Field('x', new Float32(), true), new Field('y', new Float64(), true)])

  it.each(['arrow', 'parquet'] as const)('are a list of %s, as long as it is', async (from) => {
    const table = new Table({
      id: vectorFromArray([1, 2, 3, 4, 5, 6], new Int32()),
      lists: vectorFromArray(lists, new List(float)),
      logit_a: vectorFromArray([1, 1, 1, 1, 1, 1], new Float64()),
      logit_b: vectorFromArray([1, 1, 1, 1, 1, 1], new Float64()),
    })
    const kept = await run(Buffer.from(tableToIPC(table, 'file')), { to: from, logits: 'logit_*', emit: 'label' })
    for (const to of ['ndjson', 'parquet'] as const)
      expect((await rejectsOf(kept.bytes, { from, to, logits: 'lists', keep: 'id', emit: 'index' })).raw).toEqual([
        [2, '{"id":2,"lists":[1,null]}'],
        [3, '{"id":3,"lists":[1]}'],
        [4, '{"id":4,"lists":null}'],
        [5, '{"id":5,"lists":["NaN",0.1]}'],
        [6, '{"id":6,"lists":[1,2,3]}'],
      ])
  })

  it('are an object', async () => {
    const table = new Table({
      logits: vectorFromArray(objects, structs),
      id: vectorFromArray([1, 2, 3, 4], new Int32()),
    })
    const file = Buffer.from(tableToIPC(table, 'file'))
    const { raw } = await rejectsOf(file, { to: 'csv' })
    expect(raw).toEqual([
      [2, '{"logits":{"x":1,"y":null},"id":2}'],
      [3, '{"logits":null,"id":3}'],
      [4, '{"logits":{"x":"NaN","y":0.1},"id":4}'],
    ])
  })

  it.each(['parquet', 'arrow'] as const)('are nested lists of %s', async (from) => {
    const { bad } = JSON.parse(fixture('nested.json').toString())
    const { rejects } = await rejectsOf(Buffer.from(bad.files[from], 'base64'), { from, logits: 'x', to: 'ndjson' })
    expect(rejects.map(({ row }) => row)).toEqual([2, 3, 4, 5])
    for (const { row, raw } of rejects) expect(JSON.parse(raw as string)).toEqual({ x: bad.lists[row - 1] })
  })

  it.each([
    ['f4', Float32Array.of(1, 2, Number.NaN, 0.1), '["NaN",0.1]'],
    ['f8', Float64Array.of(1, 2, Number.NaN, 0.1), '["NaN",0.1]'],
  ])('are those of an array of %s, with the arrays beside it', async (type, data, logits) => {
    const array = npyFile(`<${type}`, false, [2, 2], new Uint8Array(data.buffer))
    expect((await rejectsOf(array, { from: 'npy', to: 'csv' })).raw).toEqual([[2, `{"logits":${logits}}`]])
    const deep = npyFile(`<${type}`, false, [1, 2, 2], new Uint8Array(data.buffer))
    expect((await rejectsOf(deep, { from: 'npy', to: 'csv' })).raw).toEqual([[2, `{"i0":0,"i1":1,"logits":${logits}}`]])
  })
})

it('a bad row that read() skips is JSON, too', async () => {
  const table = new Table({
    id: vectorFromArray([1, 2], new Int32()),
    logits: vectorFromArray([[1, 2], [1]], new List(new Field('item', new Float64(), true))),
  })
  const rejects: Reject[] = []
  const onReject = (reject: Reject) => void rejects.push(reject)
  const stream = Readable.from([Buffer.from(tableToIPC(table, 'file'))]).compose(read('arrow', { onReject }))
  expect(await stream.toArray()).toEqual([{ id: 1, logits: [1, 2] }])
  expect(rejects).toMatchObject([{ row: 2, code: 'E_WIDTH', raw: '{"id":2,"logits":[1]}' }])
})

describe.each([7000, 200_000])('bad rows of a file with row groups of %i rows', (rowGroupSize) => {
  const ROWS = 60_000
  const isBad = (row: number) => row % 997 === 0
  const columnData = ['logit_a', 'logit_b', 'logit_c'].map((name, at) => ({
    name,
    data: Float64Array.from({ length: ROWS }, (_, row) => (at === 1 && isBad(row) ? Number.NaN : row + at / 4)),
    type: 'DOUBLE' as const,
  }))
  const id = { name: 'id', data: Array.from({ length: ROWS }, (_, row) => `id ${row}`), type: 'STRING' as const }
  const file = Buffer.from(parquetWriteBuffer({ columnData: [id, ...columnData], rowGroupSize }))

  it.each(['1', '2', '3'])('are theirs on %s threads', (jobs) => {
    const cwd = folder({ 'in.parquet': file })
    const args = ['in.parquet', '-q', '--rejects', 'bad.ndjson', '-o', 'out.parquet', '-j', jobs]
    expect(command(args, { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
    const rejects = readFileSync(join(cwd, 'bad.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const expected = Array.from({ length: ROWS }, (_, row) => row)
      .filter(isBad)
      .map((row) => [row + 1, `{"id":"id ${row}","logit_a":${row},"logit_b":"NaN","logit_c":${row + 0.5}}`])
    expect(rejects.map(({ row, raw }) => [row, raw])).toEqual(expected)
  })
})
