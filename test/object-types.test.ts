/** The types of columns through objects: `read` to `write`. Files from pyarrow, see test/types/fixtures.py. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gunzipSync } from 'node:zlib'
import {
  Dictionary,
  Int8,
  Int32,
  makeData,
  makeVector,
  Table,
  TimestampMillisecond,
  tableFromIPC,
  tableToIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { read, type SoftmaxError, softmax, type WriteOptions, write } from 'softmax-stream'
import through2 from 'through2'
import { describe, expect, it } from 'vitest'
import { readMessage } from '../dist/formats/arrow/message.js'
import { readSchema } from '../dist/formats/arrow/schema.js'
import { run } from './streams.js'
import { ROOT } from './support.js'

type Row = Record<string, unknown>
type Done = (error: null, row: Row) => void

const fixture = (name: string) => readFileSync(join(ROOT, 'fixtures', name))
const TYPES = fixture('types.arrow')
const ROWS: Row[] = gunzipSync(fixture('types.ndjson.gz'))
  .toString()
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

const memoryOf = (bytes: Buffer) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer

/** The schema at the start of a file or stream. */
function schemaOf(bytes: Buffer) {
  const start = bytes.toString('latin1', 0, 6) === 'ARROW1' ? 8 : 0
  const length = bytes.readInt32LE(start + 4)
  return readSchema(readMessage(bytes.subarray(start + 8, start + 8 + length)).header)
}

/** The fields of a table by name, without those of scores. */
function fieldsOf(bytes: Buffer) {
  const fields = schemaOf(bytes).fields.map(({ field }) => [field.name, field] as const)
  return Object.fromEntries(fields.filter(([name]) => !['logits', 'probs', 'index', 'label'].includes(name)))
}

interface Written {
  bytes: Buffer
  warnings: string[]
  error: SoftmaxError | undefined
}

/** Writes the rows of a stream. */
async function written(
  rows: AsyncIterable<unknown>,
  to: 'arrow' | 'arrows' | 'parquet',
  options: WriteOptions = {},
): Promise<Written> {
  const warnings: string[] = []
  const writer = write(to, options).on('warning', (text) => warnings.push(text))
  const pieces: Buffer[] = []
  let error: SoftmaxError | undefined
  try {
    for await (const piece of Readable.from(rows).pipe(writer)) pieces.push(piece)
  } catch (thrown) {
    error = thrown as SoftmaxError
  }
  return { bytes: Buffer.concat(pieces), warnings, error }
}

const rowsOf = (bytes: Buffer, from: 'arrow' | 'parquet' = 'arrow'): Duplex =>
  Readable.from([bytes]).compose(read(from))

/** Types whose values objects do not show: intervals, and dictionaries and maps that objects are not. */
const isShown = (name: string) => !/interval|^map from|^dictionary of dictionary/.test(name)
const shown = <T>(columns: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(columns).filter(([name]) => isShown(name)))

describe('the columns of every type of pyarrow', () => {
  const nothing = (rows: Duplex) => rows
  const touch = (rows: Duplex) =>
    rows.compose(
      through2.obj((row: Row, _: unknown, done: Done) => {
        row.plain = 1
        delete row.plain
        done(null, row)
      }),
    )
  async function* generator(rows: Duplex) {
    for await (const row of rows) yield row
  }

  it.each([
    ['nothing', nothing],
    ['softmax()', (rows: Duplex) => rows.compose(softmax())],
    ['softmax() of labels', (rows: Duplex) => rows.compose(softmax({ emit: 'label' }))],
    ['a through2 transform', touch],
    ['both', (rows: Duplex) => touch(touch(rows).compose(softmax()))],
    ['a generator', generator],
  ])('have the same types with %s between read() and write()', async (_, between) => {
    for (const to of ['arrow', 'arrows'] as const) {
      const { bytes, error } = await written(between(rowsOf(TYPES)), to)
      expect(error).toBeUndefined()
      const fields = shown(fieldsOf(TYPES))
      expect(Object.keys(fields)).toHaveLength(246)
      expect(shown(fieldsOf(bytes))).toEqual(fields)
    }
  })

  it.each(['arrow', 'arrows', 'parquet'] as const)('have the values of pyarrow in %s', async (to) => {
    const { bytes } = await written(rowsOf(TYPES).compose(softmax({ emit: 'index' })), to)
    const { text, error } = await run(bytes, { to: 'ndjson', logits: 'index', emit: 'label' })
    expect(error).toBeUndefined()
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows.map(({ label: _, ...row }) => shown(row))).toEqual(ROWS.map(shown))
  })

  it('have a warning where objects do not show their values', async () => {
    const { warnings } = await written(rowsOf(TYPES), 'arrow')
    expect(warnings).toEqual([
      expect.stringMatching(
        /^the columns "map from int8", .* were map<.*, interval\(month_day_nano\), .* in the input, and are written as text; score\(\) and scoreFiles\(\) keep types$/,
      ),
    ])
  })
})

describe('a file without rows', () => {
  /** A stream of only the schema. */
  const EMPTY = Buffer.concat([
    TYPES.subarray(8, 16 + TYPES.readInt32LE(12)),
    Buffer.of(255, 255, 255, 255, 0, 0, 0, 0),
  ])
  const through = async (
    bytes: Buffer,
    from: 'arrow' | 'arrows' | 'parquet' | 'csv',
    to: Parameters<typeof write>[0],
    options = {},
  ) => {
    const pieces: Buffer[] = []
    await pipeline(Readable.from([bytes]), read(from), write(to, options), async (written) => {
      for await (const piece of written) pieces.push(piece)
    })
    return Buffer.concat(pieces)
  }

  it('has the columns of the input, with their types, if read() is piped into write()', async () => {
    const fields = shown(fieldsOf(TYPES))
    for (const to of ['arrow', 'arrows'] as const) {
      const written = await through(EMPTY, 'arrows', to)
      expect(shown(fieldsOf(written))).toEqual(fields)
      expect((await run(written, { to: 'csv', logits: 'logits', labels: ['a'] })).stats.read).toBe(0)
    }
    const inParquet = await through(EMPTY, 'arrows', 'parquet')
    expect(parquetMetadata(memoryOf(inParquet)).num_rows).toBe(0n)
    expect(await parquetReadObjects({ file: memoryOf(inParquet) })).toEqual([])
    const back = await through(inParquet, 'parquet', 'arrow')
    expect(Object.keys(shown(fieldsOf(back)))).toEqual(Object.keys(fields))
  })

  it('has a header in text, of the columns that are kept', async () => {
    const { schema } = new Table({ id: ids(1), logit_a: ids(1), note: ids(1) })
    const bytes = Buffer.from(tableToIPC(new Table(schema), 'file'))
    expect(String(await through(bytes, 'arrow', 'csv'))).toBe('id,logit_a,note\n')
    expect(String(await through(bytes, 'arrow', 'tsv', { keep: '!note' }))).toBe('id\tlogit_a\n')
    expect(String(await through(bytes, 'arrow', 'ndjson'))).toBe('')
    expect(String(await through(Buffer.from('id,note\n'), 'csv', 'csv'))).toBe('id,note\n')
    const typed = await through(Buffer.from('id,note\n'), 'csv', 'arrow', { types: 'id=int64' })
    expect(Object.entries(fieldsOf(typed)).map(([name, { type }]) => [name, type.kind])).toEqual([
      ['id', 'int'],
      ['note', 'utf8'],
    ])
  })

  it('has no known columns after softmax() or another stream, or as predictions', async () => {
    const source = () => Readable.from([EMPTY]).pipe(read('arrows'))
    const noColumns = { code: 'E_NO_COLUMNS', message: 'the input is empty, and parquet needs columns [E_NO_COLUMNS]' }
    for (const rows of [source().pipe(softmax()), source().pipe(through2.obj())]) {
      await expect(rows.pipe(write('parquet')).toArray()).rejects.toMatchObject(noColumns)
    }
    await expect(
      source()
        .pipe(write('parquet', { emit: 'label' }))
        .toArray(),
    ).rejects.toMatchObject(noColumns)
    await expect(source().pipe(write('npy')).toArray()).rejects.toMatchObject({ code: 'E_NO_COLUMNS' })
  })
})

describe('a Parquet file', () => {
  it('keeps its types, nullability and field ids', async () => {
    const id = {
      name: 'id',
      type: 'INT32',
      converted_type: 'UINT_8',
      repetition_type: 'REQUIRED',
      field_id: 7,
    } as const
    const at = {
      name: 'at',
      type: 'INT64',
      repetition_type: 'OPTIONAL',
      field_id: 9,
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' },
    } as const
    const logit = (name: string) => ({ name, type: 'FLOAT', repetition_type: 'REQUIRED' }) as const
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: 'id', data: [255, 0] },
        { name: 'at', data: [1_700_000_000_123_456_789n, null] },
        { name: 'logit_a', data: [2, 1] },
        { name: 'logit_b', data: [1, 2] },
      ],
      schema: [{ name: 'schema', num_children: 4 }, id, at, logit('logit_a'), logit('logit_b')],
    })
    const { bytes: scored, warnings } = await written(
      rowsOf(Buffer.from(bytes), 'parquet').compose(softmax()),
      'parquet',
    )
    expect(warnings).toEqual([])
    const [, first, second] = parquetMetadata(memoryOf(scored)).schema
    expect(first).toMatchObject(id)
    expect(second).toMatchObject(at)
    const rows = await parquetReadObjects({ file: memoryOf(scored), columns: ['id'] })
    expect(rows).toEqual([{ id: 255 }, { id: 0 }])
    const { text } = await run(scored, { to: 'csv', logits: 'p_a,p_b', emit: 'index' })
    expect(text).toContain('255,2023-11-14T22:13:20.123456789Z,')
  })
})

/** An Arrow file of these columns, and of logits. */
function fileOf(columns: Record<string, Vector>): Buffer {
  const length = Object.values(columns)[0]!.length
  const logits = {
    logit_a: vectorFromArray(Array(length).fill(1.5)),
    logit_b: vectorFromArray(Array(length).fill(0.5)),
  }
  return Buffer.from(tableToIPC(new Table({ ...columns, ...logits }), 'file'))
}

/** The types and values that apache-arrow reads. */
function columnOf(bytes: Buffer, name: string) {
  const column = tableFromIPC(bytes).getChild(name)!
  return { type: String(column.type), values: column.toJSON() }
}

/** A transform that replaces properties of rows; it gets their positions. */
const changing = (change: (row: Row, index: number) => Row | undefined) => {
  let index = 0
  return through2.obj((row: Row, _: unknown, done: Done) => done(null, change(row, index++) ?? row))
}

const ids = (count: number) =>
  vectorFromArray(
    Array.from({ length: count }, (_, row) => row),
    new Int32(),
  )

const times = (count: number) => vectorFromArray(Array(count).fill(new Date(86_400_000)), new TimestampMillisecond())

describe('a column with values that its type does not have', () => {
  it.each([
    ['2.5', 2.5, 'Float64', 'float64'],
    ['2147483648', 2 ** 31, 'Int64', 'int64'],
    ['k7', 'k7', 'Utf8', 'text'],
  ])('among the first rows has the type of its values, which a warning says: %s', async (text, value, type, name) => {
    const rows = () =>
      rowsOf(fileOf({ id: ids(3) })).compose(
        changing((row, at) => (at === 1 ? Object.assign(row, { id: value }) : row)),
      )
    const { bytes, warnings } = await written(rows(), 'arrow')
    expect(columnOf(bytes, 'id').type).toBe(type)
    expect(columnOf(bytes, 'id').values.map(String)).toEqual(['0', text, '2'])
    const types = `id=${name}` as const
    expect(warnings).toEqual([
      `the column "id" is written as ${name}, because it was int32 in the input and row 2 has "${text}"; types: '${types}' confirms that`,
    ])
    const confirmed = await written(rows(), 'arrow', { types: types as 'id=text' })
    expect(confirmed.warnings).toEqual([])
    expect(columnOf(confirmed.bytes, 'id')).toEqual(columnOf(bytes, 'id'))
  })

  it.each([
    ['2.5', 2.5, 'int32', 'id=float64', 'Float64'],
    ['2147483648', 2 ** 31, 'int32', 'id=int64', 'Int64'],
    ['k7', 'k7', 'int32', 'id=text', 'Utf8'],
  ] as const)('in a later row ends the stream, with the types to give: %s', async (text, value, was, types, type) => {
    const rows = () =>
      rowsOf(fileOf({ id: ids(3000) })).compose(
        changing((row, at) => (at === 2500 ? Object.assign(row, { id: value }) : row)),
      )
    const { error } = await written(rows(), 'arrow')
    expect(error).toMatchObject({ code: 'E_CELL_TYPE', info: { row: 2501, column: 'id', types } })
    expect(error!.message).toContain(
      `"${text}" is not ${was}, the type in the input; types: '${types}' keeps the column as`,
    )
    const typed = await written(rows(), 'arrow', { types })
    expect(typed.error).toBeUndefined()
    expect(columnOf(typed.bytes, 'id').type).toBe(type)
    expect(String(columnOf(typed.bytes, 'id').values[2500])).toBe(text)
  })

  it('may be null in the first rows, but not later, if its type does not allow nulls', async () => {
    const id = { name: 'id', type: 'INT32', repetition_type: 'REQUIRED' } as const
    const bytes = Buffer.from(
      parquetWriteBuffer({
        columnData: [{ name: 'id', data: Array.from({ length: 3000 }, (_, row) => row) }],
        schema: [{ name: 'schema', num_children: 1 }, id],
      }),
    )
    const nullAt = (place: number) =>
      rowsOf(bytes, 'parquet').compose(changing((row, at) => (at === place ? Object.assign(row, { id: null }) : row)))
    const early = await written(nullAt(5), 'parquet')
    expect(early).toMatchObject({ error: undefined, warnings: [] })
    expect(parquetMetadata(memoryOf(early.bytes)).schema[1]).toMatchObject({
      type: 'INT32',
      repetition_type: 'OPTIONAL',
    })
    const { error } = await written(nullAt(2500), 'parquet')
    expect(error!.message).toContain(
      `column id (row 2501): "null" is not int32 not null, the type in the input; types: 'id=int64' keeps`,
    )
  })

  it('is text if a value has more digits, or is another one', async () => {
    const at = vectorFromArray([new Date(1e12)], new TimestampMillisecond('UTC'))
    for (const value of ['2001-09-09T01:46:40.0001Z', '2001-09-09T01:46:40', '2001-02-30T00:00:00Z', 'x']) {
      const rows = rowsOf(fileOf({ at })).compose(changing((row) => Object.assign(row, { at: value })))
      const { bytes, warnings } = await written(rows, 'arrow')
      expect(columnOf(bytes, 'at')).toEqual({ type: 'Utf8', values: [value] })
      expect(warnings).toEqual([
        expect.stringContaining(`it was timestamp(millisecond, UTC) in the input and row 1 has`),
      ])
    }
  })

  it('keeps its type if objects give JSON such values', async () => {
    const instant = { toJSON: () => '1970-01-01T00:00:00.005Z' }
    const at = vectorFromArray([new Date(1e12)], new TimestampMillisecond('UTC'))
    const rows = rowsOf(fileOf({ at })).compose(changing((row) => Object.assign(row, { at: instant })))
    const { bytes, warnings } = await written(rows, 'arrow')
    expect(warnings).toEqual([])
    expect(columnOf(bytes, 'at')).toEqual({ type: 'Timestamp<MILLISECOND, UTC>', values: [5] })
  })

  it('keeps its type if the values have it', async () => {
    const at = vectorFromArray([new Date(1e12)], new TimestampMillisecond('Europe/Warsaw'))
    for (const value of [new Date(5), '1970-01-01T00:00:00.005Z', '1970-01-01T00:00:00.00500Z']) {
      const rows = rowsOf(fileOf({ at })).compose(changing((row) => Object.assign(row, { at: value })))
      const { bytes, warnings } = await written(rows, 'arrow')
      expect(warnings).toEqual([])
      expect(columnOf(bytes, 'at')).toEqual({ type: 'Timestamp<MILLISECOND, Europe/Warsaw>', values: [5] })
    }
  })
})

describe('types of the input', () => {
  it('give way to those of the option', async () => {
    const { bytes, warnings } = await written(rowsOf(fileOf({ id: ids(2) })), 'arrow', { types: 'id=float64' })
    expect(columnOf(bytes, 'id')).toEqual({ type: 'Float64', values: [0, 1] })
    expect(warnings).toEqual([])
  })

  it('are those of copies with the same list of probabilities', async () => {
    const copies = rowsOf(fileOf({ id: ids(2) }))
      .compose(softmax())
      .compose(changing((row) => ({ ...row, more: 1 })))
    const { bytes } = await written(copies, 'arrow')
    expect(columnOf(bytes, 'id').type).toBe('Int32')
    expect(columnOf(bytes, 'more').type).toBe('Int64')
  })

  it('are those of copies with the same list of logits', async () => {
    const copies = rowsOf(TYPES).compose(changing((row) => ({ ...row })))
    const { bytes } = await written(copies.compose(softmax({ emit: 'label' })), 'arrow')
    expect(shown(fieldsOf(bytes))).toEqual(shown(fieldsOf(TYPES)))
  })

  it('have a warning if copies without them are written, unless typesFrom gives them', async () => {
    const copied = (options = {}, change = (row: Row): Row => ({ ...row, more: 1 })) =>
      written(rowsOf(fileOf({ id: ids(2), day: times(2) })).compose(changing(change)), 'arrow', options)
    const { warnings } = await copied()
    expect(warnings).toEqual([
      'the columns "id", "day" were int32, timestamp(millisecond) in the input of read(), and are written with the types of their values, as these rows are copies; the option typesFrom, with the stream of read(), keeps the types',
    ])
    expect((await copied({ types: 'id=int64,day=text' })).warnings).toEqual([])
    expect((await copied({}, () => ({ id: 'new', day: 'never' }))).warnings).toEqual([])
    expect((await copied({}, () => ({ id: 1 }))).warnings).toEqual([])
    const rows = read('arrow')
    const typed = Readable.from([fileOf({ id: ids(2) })])
      .pipe(rows)
      .compose(changing((row) => ({ ...row })))
    expect((await written(typed, 'arrow', { typesFrom: rows })).warnings).toEqual([])
  })

  it('are invisible in rows', async () => {
    const [row] = await rowsOf(fileOf({ id: ids(1) })).toArray()
    expect(Reflect.ownKeys(row)).toEqual(['id', 'logit_a', 'logit_b'])
    expect(row).toStrictEqual({ id: 0, logit_a: 1.5, logit_b: 0.5 })
  })

  it('do not change text', async () => {
    const rows = rowsOf(fileOf({ id: ids(1) })).compose(write('ndjson'))
    expect(Buffer.concat(await rows.toArray()).toString()).toBe('{"id":0,"logit_a":1.5,"logit_b":0.5}\n')
  })
})

describe('a dictionary', () => {
  const dictionaryOf = (indices: readonly number[], words: readonly string[], isOrdered = false) => {
    const type = new Dictionary(new Utf8(), new Int8(), 0, isOrdered)
    const dictionary = vectorFromArray(words, new Utf8())
    return makeVector(makeData({ type, length: indices.length, data: Int8Array.from(indices), dictionary }))
  }

  it('keeps its values in order, also those without rows, and gets new ones at the end', async () => {
    const sizes = fileOf({ size: dictionaryOf([2, 0, 2], ['low', 'mid', 'high', 'none'], true) })
    for (const to of ['arrow', 'arrows'] as const) {
      const same = tableFromIPC((await written(rowsOf(sizes), to)).bytes).getChild('size')!
      expect(same.type.isOrdered).toBe(true)
      expect(String(same.type)).toBe('Dictionary<Int8, Utf8>')
      expect(same.data[0]!.dictionary!.toJSON()).toEqual(['low', 'mid', 'high', 'none'])
      const more = rowsOf(sizes).compose(changing((row, at) => (at === 0 ? Object.assign(row, { size: 'huge' }) : row)))
      const grown = tableFromIPC((await written(more, to)).bytes).getChild('size')!
      expect(grown.data[0]!.dictionary!.toJSON()).toEqual(['low', 'mid', 'high', 'none', 'huge'])
      expect(grown.toJSON()).toEqual(['huge', 'low', 'high'])
    }
  })

  it('has the values of all batches', async () => {
    const words = Array.from({ length: 5000 }, (_, row) => `word ${row % 100}`)
    const file = fileOf({
      word: dictionaryOf(
        words.map((_, row) => row % 100),
        words.slice(0, 100),
      ),
    })
    const late = () =>
      rowsOf(file).compose(changing((row, at) => (at < 2000 ? row : Object.assign(row, { word: `late ${at % 20}` }))))
    for (const to of ['arrow', 'arrows'] as const) {
      const { type, values } = columnOf((await written(late(), to)).bytes, 'word')
      expect(type).toBe('Dictionary<Int8, Utf8>')
      expect(values).toEqual(words.map((word, row) => (row < 2000 ? word : `late ${row % 20}`)))
    }
  })

  it('of more values than its indices can refer to ends the stream', async () => {
    const file = fileOf({ word: dictionaryOf(Array(300).fill(0), ['word']) })
    const rows = rowsOf(file).compose(changing((row, at) => Object.assign(row, { word: `word ${at}` })))
    const { error } = await written(rows, 'arrow')
    expect(error).toMatchObject({
      code: 'E_COLUMN_TYPE',
      message: expect.stringContaining('column word: it has more than 128 values, the most that'),
    })
  })
})
