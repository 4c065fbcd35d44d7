/**
 * Arrow types, preserved between files and written as text; files from pyarrow and Polars, see test/types/fixtures.py.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import {
  Binary,
  Bool,
  type DataType,
  Dictionary,
  Field,
  Float64,
  Int8,
  List,
  makeData,
  makeVector,
  RecordBatch,
  Schema,
  Table,
  TimestampSecond,
  tableFromIPC,
  tableToIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow'
import fc from 'fast-check'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { read, type SoftmaxError, scoreFiles } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { readMessage } from '../dist/formats/arrow/message.js'
import { readSchema } from '../dist/formats/arrow/schema.js'
import { P21, run } from './streams.js'
import { ROOT } from './support.js'

const fixture = (name: string) => readFileSync(join(ROOT, 'fixtures', name))
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

const TYPES = fixture('types.arrow')
const ROWS = linesOf(gunzipSync(fixture('types.ndjson.gz')).toString())

/** The schema at the start of a file or stream. */
function schemaOf(bytes: Buffer) {
  const start = bytes.toString('latin1', 0, 6) === 'ARROW1' ? 8 : 0
  const length = bytes.readInt32LE(start + 4)
  return readSchema(readMessage(bytes.subarray(start + 8, start + 8 + length)).header)
}

const fieldsOf = (bytes: Buffer) => schemaOf(bytes).fields.map(({ field }) => field)

describe('columns of every type', () => {
  it('are written as JSON with all that they hold', async () => {
    const { text, error } = await run(TYPES, { to: 'ndjson', emit: 'index' })
    expect(error).toBeUndefined()
    expect(linesOf(text).map(({ index: _, ...row }) => row)).toEqual(ROWS)
  })

  it.each(['arrow', 'arrows'] as const)('come out of %s as they went in, with the schema', async (to) => {
    const { bytes, error } = await run(TYPES, { to, emit: 'index' })
    expect(error).toBeUndefined()
    const isKept = ({ name }: { name: string }) => name !== 'logits' && name !== 'index'
    expect(fieldsOf(bytes).filter(isKept)).toEqual(fieldsOf(TYPES).filter(isKept))
    expect(schemaOf(bytes).metadata).toEqual(schemaOf(TYPES).metadata)
    const again = await run(bytes, { to: 'ndjson', logits: 'index', emit: 'label' })
    expect(linesOf(again.text).map(({ label: _, ...row }) => row)).toEqual(ROWS)
  })

  it('are the same in part, where rows are left out', async () => {
    const { bytes } = await run(TYPES, { to: 'arrow', emit: 'index', logits: 'plain double', onError: 'skip' })
    const { text } = await run(bytes, { to: 'ndjson', logits: 'index', emit: 'label' })
    const good = ROWS.filter((row) => typeof row['plain double'] === 'number')
    expect(good).toHaveLength(5)
    const rest = good.map(({ 'plain double': _, ...row }) => row)
    expect(linesOf(text).map(({ label: _, logits: __, ...row }) => row)).toEqual(rest)
  })

  it('are objects, of which what is nested is nested', async () => {
    const rows: Record<string, unknown>[] = await Readable.from([TYPES]).compose(read('arrow')).toArray()
    const [first] = rows
    expect(first!.deep).toEqual(ROWS[0].deep)
    expect(Object.keys((first!.deep as object[])[0]!)).toEqual(['x', '__proto__'])
    expect(first!['plain binary']).toEqual(new Uint8Array())
    expect(rows.map((row) => row['list of dictionary string'])).toEqual(
      ROWS.map((row) => row['list of dictionary string']),
    )
    expect(rows[1]!['plain uint64']).toBeNull()
    expect(rows[2]!['plain uint64']).toBe(2n ** 64n - 1n)
  })
})

describe('a file of Polars', () => {
  const file = fixture('polars.arrow')

  it('is read by its footer, and has a column without a name', async () => {
    const { text } = await run(file, { to: 'csv' })
    expect(text).toBe(
      [
        '"",text,kind,when,p_0,p_1,label',
        `1,a,x,1970-01-01T00:00:00,${P21},0`,
        `2,,y,,${P21.split(',').reverse()},1`,
        '3,a text that is longer than a view,x,2020-02-29T00:00:00,0.5,0.5,0\n',
      ].join('\n'),
    )
  })

  it('keeps views, large lists and the name', async () => {
    const { bytes } = await run(file, { to: 'arrow' })
    expect(fieldsOf(bytes).map(({ name, type }) => [name, type])).toMatchObject([
      ['', { kind: 'int' }],
      ['text', { kind: 'utf8', layout: 'view' }],
      ['kind', { kind: 'dictionary', values: { kind: 'utf8' } }],
      ['when', { kind: 'timestamp', unit: 'microsecond' }],
      ['probs', { kind: 'fixed_size_list', size: 2 }],
      ['label', { kind: 'utf8' }],
    ])
  })
})

describe('a Parquet file of Polars', () => {
  it('has the types of its columns, though one has a type that Polars alone knows', async () => {
    const { bytes, error } = await run(fixture('polars.parquet'), { to: 'arrow', emit: 'index' })
    expect(error).toBeUndefined()
    const types = Object.fromEntries(fieldsOf(bytes).map(({ name, type }) => [name, type]))
    // As Polars displays them: Duration(us), Enum, Array(Int8, 2).
    expect(types).toMatchObject({
      took: { kind: 'duration', unit: 'microsecond' },
      kind: { kind: 'dictionary', values: { kind: 'utf8' } },
      pair: { kind: 'fixed_size_list', size: 2 },
    })
  })
})

describe('a column of a type without numbers', () => {
  const list = (item: DataType) => new List(new Field('item', item, true))

  it.each([
    ['list<item: utf8>', vectorFromArray([['2', '1']], list(new Utf8()))],
    ['list<item: list<item: utf8>>', vectorFromArray([[['2', '1']]], list(list(new Utf8())))],
    ['binary', vectorFromArray([Uint8Array.of(50)], new Binary())],
  ])('is refused by its type as logits: %s', async (type, logits) => {
    const { error, warnings } = await run(Buffer.from(tableToIPC(new Table({ logits }))))
    expect(error).toMatchObject({ code: 'E_TYPE', status: 1 })
    expect(error!.message).toContain(`"logits" is "${type}"`)
    expect(error!.message.includes('CAST(logits AS DOUBLE[])')).toBe(type !== 'binary')
    expect(warnings).toEqual([])
  })
})

describe('a list of logits that is null', () => {
  const lists = vectorFromArray([[2, 1], null, [2, 1]], new List(new Field('item', new Float64())))
  const file = Buffer.from(tableToIPC(new Table({ logits: lists })))

  it('is a bad row, and the message names what leaves it out', async () => {
    const { error } = await run(file, { to: 'ndjson' })
    expect(error).toMatchObject({ code: 'E_MISSING', info: { row: 2 } })
    expect(error!.message).toContain("onError: 'skip'")
    const { stats } = await run(file, { to: 'ndjson', onError: 'skip' })
    expect(stats).toMatchObject({ read: 3, written: 2, rejected: { E_MISSING: 1 } })
  })
})

describe('a dictionary that Parquet readers do not take', () => {
  const table = (values: Vector, coded: Dictionary) =>
    new Table({
      logits: vectorFromArray([2, 1], new Float64()),
      kept: makeVector(
        makeData({ type: coded, length: 2, data: Int8Array.of(1, 0), dictionary: values as never, nullCount: 0 }),
      ),
    })

  it('is written as values: of booleans, pyarrow and Polars read none', async () => {
    const booleans = vectorFromArray([true, false], new Bool())
    const { bytes } = await run(Buffer.from(tableToIPC(table(booleans, new Dictionary(new Bool(), new Int8())))), {
      to: 'parquet',
      logits: 'logits',
      emit: 'index',
    })
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
    const { row_groups: groups } = parquetMetadata(file)
    const chunk = groups[0]!.columns.find(({ meta_data: meta }) => meta!.path_in_schema[0] === 'kept')!.meta_data!
    expect(chunk).toMatchObject({ type: 'BOOLEAN' })
    expect(chunk.encodings).not.toContain('RLE_DICTIONARY')
    expect(await parquetReadObjects({ file, columns: ['kept'] })).toEqual([{ kept: false }, { kept: true }])
  })
})

describe('a dictionary that is replaced and grows', () => {
  const kinds = ['a', 'b', null, 'b', 'c', 'c', 'd', 'b', 'c']

  it.each(['arrow', 'arrows'] as const)('is a dictionary in %s', async (to) => {
    const { bytes } = await run(fixture('dictionaries.arrows'), { to })
    const column = tableFromIPC(bytes).getChild('kind')!
    expect(String(column.type)).toBe('Dictionary<Int8, Utf8>')
    expect([...column]).toEqual(kinds)
  })

  it('has more values in a file than its indices have room for: a stream has room for them', async () => {
    const part = (first: number) => {
      const words = Array.from({ length: 100 }, (_, word) => `word ${first + word}`)
      const kind = vectorFromArray(words, new Dictionary(new Utf8(), new Int8()))
      const numbers = () => vectorFromArray(Array(words.length).fill(1), new Float64())
      return Buffer.from(tableToIPC(new Table({ kind, logit_a: numbers(), logit_b: numbers() }), 'stream'))
    }
    const parts = [part(0), part(50)]
    const { table } = await joined(parts, 'arrows')
    expect([...table!.getChild('kind')!][199]).toBe('word 149')
    expect((await joined(parts, 'arrow')).error).toMatchObject({
      code: 'E_UNSUPPORTED',
      message: expect.stringContaining('more than 128 values in total, with 8-bit indices; write a stream with'),
    })
  })
})

/** Scores several inputs; returns the output as a table. */
async function joined(inputs: Buffer[], to: 'arrow' | 'arrows') {
  const stream = scoreFiles(
    inputs.map((bytes) => Readable.from([bytes])),
    { to },
  )
  return stream.toArray().then(
    (pieces) => ({ table: tableFromIPC(Buffer.concat(pieces)), error: undefined }),
    (error: SoftmaxError) => ({ table: undefined, error }),
  )
}

describe('kept values', () => {
  const logits = vectorFromArray([1, 2], new Float64())
  const refusal = async (table: Table) => {
    const { error } = await run(Buffer.from(tableToIPC(table, 'file')), { from: 'arrow', to: 'parquet' })
    return error!.message
  }

  it('that Parquet cannot store are an error that says so', async () => {
    const data = makeData({ type: new TimestampSecond(), data: BigInt64Array.of(0n, 2n ** 62n) })
    const table = new Table({ at: makeVector(data), logit_a: logits, logit_b: logits })
    const reason = 'Parquet cannot store a timestamp 4611686018427387904 seconds from 1970'
    expect(await refusal(table)).toBe(`${reason}; keep: false leaves out all kept columns [E_COLUMN_TYPE]`)
  })

  it('that are null, although their type does not allow it, are an error that says so', async () => {
    const table = new Table({ id: vectorFromArray([1, null], new Int8()), logit_a: logits, logit_b: logits })
    const schema = new Schema(table.schema.fields.map(({ name, type }) => new Field(name, type, name !== 'id')))
    const strict = new Table(
      schema,
      table.batches.map(({ data }) => new RecordBatch(schema, data)),
    )
    expect(await refusal(strict)).toContain(
      "column id: it has nulls, but its type does not allow them; keep: '!id' leaves it out",
    )
  })
})

describe('inputs one after the other', () => {
  const streamOf = async (text: string) => (await run(text, { to: 'arrows', logits: 'x', emit: 'index' })).bytes

  it('have to have the types of the first', async () => {
    const texts = await streamOf('id,x,logit_a,logit_b\n1,0,2,1\n')
    const numbers = await streamOf('{"id":1,"x":0,"logit_a":2,"logit_b":1}\n')
    expect((await joined([texts, texts], 'arrow')).table?.numRows).toBe(2)
    expect((await joined([texts, numbers], 'arrow')).error).toMatchObject({
      code: 'E_COLUMN_TYPE',
      status: 1,
      info: { column: 'id', type: 'int64', expected: 'utf8' },
    })
  })
})

interface Feature {
  name: string
  bytes: string
  code?: string
  says?: string
}
const FEATURES: Feature[] = linesOf(fixture('features.ndjson').toString())

/** An Arrow stream written by pyarrow. */
function stream(name: string): Buffer {
  return Buffer.from(FEATURES.find((one) => one.name === name)!.bytes, 'base64')
}

describe('lists of logits', () => {
  const row = `0,${P21},0\n`
  const texts = async (...names: string[]) => {
    const inputs = names.map((name) => Readable.from([stream(name)]))
    const pieces: Buffer[] = await scoreFiles(inputs, { to: 'csv' }).toArray()
    return Buffer.concat(pieces).toString()
  }

  it('may begin with a batch without rows', async () => {
    expect(await texts('lists behind a batch without rows')).toBe(`id,p_0,p_1,label\n${row}`)
  })

  it('may begin with lists that are null or empty', async () => {
    const { text, stats } = await run(stream('lists behind lists that are null'), { to: 'csv', onError: 'skip' })
    expect(text).toBe(`id,p_0,p_1,label\n1,${P21},0\n`)
    expect(stats.rejected).toEqual({ E_MISSING: 2000, E_WIDTH: 1 })
  })

  it('without rows have the classes of another input, before it or behind it', async () => {
    expect(await texts('lists without rows', 'a list', 'lists without rows')).toBe(`id,p_0,p_1,label\n${row}`)
  })

  it('without any row are an output without rows', async () => {
    expect(await texts('lists without rows')).toBe('id,label\n')
    expect(await texts('lists without rows', 'lists without rows')).toBe('id,label\n')
    const { bytes } = await run(stream('lists without rows'), { to: 'arrow', labels: ['cat', 'dog'] })
    expect(String(tableFromIPC(bytes).schema)).toBe(
      'Schema<{ 0: id: Int32, 1: probs: FixedSizeList[2]<Float64>, 2: label: Utf8 }>',
    )
  })

  it('may be structs, whose fields are the classes', async () => {
    const { text, stats } = await run(stream('a struct'), { to: 'ndjson', onError: 'skip' })
    const [cat, dog] = P21.split(',').map(Number)
    expect(linesOf(text)).toEqual([{ probs: { cat, dog }, label: 'cat' }])
    expect(stats.rejected).toEqual({ E_MISSING: 1 })
  })
})

describe('what cannot be read', () => {
  const cases = FEATURES.filter(({ code }) => code)

  it.each(cases.map((one) => [one.name, one] as const))('says why: %s', async (_, { bytes, code, says }) => {
    const { error } = await run(Buffer.from(bytes, 'base64'), { from: 'arrow', to: 'csv' })
    expect(error).toMatchObject({ code, message: expect.stringContaining(says!) })
  })

  it('is named where its numbers begin with the high byte, with what rewrites it', async () => {
    const { error, text } = await run(fixture('big-endian.arrows'), { from: 'arrow', to: 'csv' })
    expect(error).toMatchObject({ code: 'E_UNSUPPORTED', message: expect.stringContaining('big-endian Arrow data') })
    expect(error!.message).toContain('i.open_stream')
    expect(text).toBe('')
  })

  it('is named, not in the words of the engine, wherever a file is damaged', async () => {
    const files = ['polars.arrow', 'dictionaries.arrows', 'digits.arrows'].map(fixture)
    const damage = fc.record({
      file: fc.constantFrom(...files),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(damage, async ({ file, at, bytes }) => {
        const copy = Buffer.from(file)
        copy.set(bytes, Math.floor(at * (file.length - bytes.length)))
        const { error } = await run(copy, { from: 'arrow', to: 'csv' })
        if (!error) return
        expect(error.code).not.toBe('E_INTERNAL')
        expect(error.message).not.toMatch(
          /Cannot |undefined|of null|Invalid (typed )?array|DataView|out of (range|bounds)|BigInt/,
        )
      }),
      { numRuns: 500 },
    )
  })
})
