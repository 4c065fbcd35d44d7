/** Columns in Arrow's memory layout; values and layouts as pyarrow has them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildColumn } from '../dist/core/column-builder.js'
import type { ColumnData, NumberArray } from '../dist/core/column-data.js'
import { rowsOfBadText } from '../dist/core/column-encoding.js'
import { numbersOf } from '../dist/core/column-numbers.js'
import { concatColumns, decodeDictionary, sliceColumn, takeRows } from '../dist/core/column-slices.js'
import { objectReader, valueReader } from '../dist/core/column-values.js'
import { type DataType, type Field, typeName } from '../dist/core/data-type.js'
import { cellOf, jsonOf } from '../dist/core/value-text.js'
import { evenBatches } from '../dist/formats/even-batches.js'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const item = (type: DataType): Field => ({ name: 'item', type, nullable: true })
const UTF8: DataType = { kind: 'utf8', layout: 'offsets' }
const INT64: DataType = { kind: 'int', bitWidth: 64, signed: true }
const INT8: DataType & { kind: 'int' } = { kind: 'int', bitWidth: 8, signed: true }

const int64s = (...values: (bigint | null)[]) => buildColumn(values, 'integer')
const texts = (...values: (string | null)[]) => buildColumn(values, 'text')

/** One column of five rows per layout; the value under a null is arbitrary. */
const COLUMNS: Record<string, { data: ColumnData; rows: Json[] }> = {
  bits: { data: buildColumn([true, null, false, true, false], 'boolean'), rows: [true, null, false, true, false] },
  numbers: { data: buildColumn([1.5, 2, null, 4, 5], 'number'), rows: [1.5, 2, null, 4, 5] },
  text: { data: texts('a', 'żółw', null, '', '🐢"\\'), rows: ['a', 'żółw', null, '', '🐢"\\'] },
  'large text': {
    data: {
      type: { kind: 'utf8', layout: 'large' },
      length: 5,
      nullCount: 0,
      offsets: BigInt64Array.of(1n, 2n, 4n, 4n, 5n, 6n),
      values: Buffer.from('xabcdefg'),
    },
    rows: ['a', 'bc', '', 'd', 'e'],
  },
  decimals: {
    data: {
      type: { kind: 'decimal', bitWidth: 128, precision: 38, scale: 10 },
      length: 5,
      nullCount: 1,
      validity: Uint8Array.of(0b10111),
      values: new Uint8Array(BigInt64Array.of(0n, 0n, -1n, -1n, 5n, 0n, 9n, 9n, 0n, -(1n << 62n)).buffer),
    },
    rows: ['0.0000000000', '-0.0000000001', '0.0000000005', null, '-8507059173023461586584365185.7942052864'],
  },
  lists: {
    data: {
      type: { kind: 'list', layout: 'offsets', item: item(INT64) },
      length: 5,
      nullCount: 1,
      validity: Uint8Array.of(0b11011),
      offsets: Int32Array.of(1, 3, 3, 5, 5, 6),
      children: [int64s(0n, 1n, null, 2n, 3n, 4n, 5n)],
    },
    rows: [[1, null], [], null, [], [4]],
  },
  'fixed-size lists': {
    data: {
      type: { kind: 'fixed_size_list', size: 2, item: item(UTF8) },
      length: 5,
      nullCount: 1,
      validity: Uint8Array.of(0b11101),
      children: [texts('a', 'b', 'c', 'd', null, 'f', 'g', 'h', 'i', 'j')],
    },
    rows: [['a', 'b'], null, [null, 'f'], ['g', 'h'], ['i', 'j']],
  },
  structs: {
    data: {
      type: { kind: 'struct', fields: [item(INT64), { ...item(UTF8), name: '__proto__' }] },
      length: 5,
      nullCount: 1,
      validity: Uint8Array.of(0b10111),
      children: [int64s(1n, 2n, null, 4n, 5n), texts('a', 'b', 'c', 'd', 'e')],
    },
    rows: [
      JSON.parse('{"item":1,"__proto__":"a"}'),
      JSON.parse('{"item":2,"__proto__":"b"}'),
      JSON.parse('{"item":null,"__proto__":"c"}'),
      null,
      JSON.parse('{"item":5,"__proto__":"e"}'),
    ],
  },
  maps: {
    data: {
      type: {
        kind: 'map',
        keysSorted: false,
        entries: {
          name: 'entries',
          nullable: false,
          type: { kind: 'struct', fields: [{ name: 'key', type: INT64, nullable: false }, item(UTF8)] },
        },
      },
      length: 5,
      nullCount: 0,
      offsets: Int32Array.of(0, 1, 1, 3, 3, 3),
      children: [
        {
          type: { kind: 'struct', fields: [{ name: 'key', type: INT64, nullable: false }, item(UTF8)] },
          length: 3,
          nullCount: 0,
          children: [int64s(1n, 2n, 3n), texts('a', null, 'c')],
        },
      ],
    },
    rows: [{ 1: 'a' }, {}, { 2: null, 3: 'c' }, {}, {}],
  },
  dictionaries: {
    data: {
      type: { kind: 'dictionary', index: INT8, values: UTF8, ordered: false },
      length: 5,
      nullCount: 1,
      validity: Uint8Array.of(0b11110),
      values: Int8Array.of(99, 1, 0, 2, 1),
      dictionary: texts('a', 'b', null),
    },
    rows: [null, 'b', 'a', null, 'b'],
  },
  nulls: { data: { type: { kind: 'null' }, length: 5, nullCount: 5 }, rows: [null, null, null, null, null] },
}

const rowsOf = (data: ColumnData): Json[] => {
  const read = valueReader(data)
  return Array.from({ length: data.length }, (_, row) => JSON.parse(jsonOf(read(row))))
}

describe.each(Object.entries(COLUMNS))('a column of %s', (_, { data, rows }) => {
  it('is read row by row', () => {
    expect(rowsOf(data)).toEqual(rows)
    const read = objectReader(data, (value) => (typeof value === 'bigint' ? Number(value) : value))
    expect(rows.map((_, row) => read(row))).toEqual(rows)
  })

  it('has as many nulls as it says, in its parts too', () => {
    const nulls = rows.filter((row) => row === null).length
    expect(data.dictionary ? data.nullCount + 1 : data.nullCount).toBe(nulls)
    expect(takeRows(data, [0, 1, 2, 3, 4]).nullCount).toBe(data.nullCount)
  })

  it('is cut into slices, which are put together again', () => {
    const cuts = fc
      .uniqueArray(fc.nat({ max: 20 }), { maxLength: 4 })
      .map((list) => [0, ...list.sort((a, b) => a - b), 20])
    const long = concatColumns([data, data, data, data])
    const all = [...rows, ...rows, ...rows, ...rows]
    expect(rowsOf(long)).toEqual(all)
    fc.assert(
      fc.property(cuts, (at) => {
        const parts = at.slice(1).map((end, index) => sliceColumn(long, at[index]!, end - at[index]!))
        expect(parts.flatMap(rowsOf)).toEqual(all)
        expect(rowsOf(concatColumns(parts))).toEqual(all)
      }),
    )
  })

  it('gives some of its rows in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 4 })), (order) => {
        const taken = takeRows(data, order)
        expect(taken.length).toBe(order.length)
        expect(rowsOf(taken)).toEqual(order.map((row) => (row < 0 ? null : rows[row])))
      }),
    )
  })
})

describe('dictionaries', () => {
  const { data, rows } = COLUMNS.dictionaries!
  const other = { ...data, dictionary: texts('x', 'y', 'z') }

  it('become the values that they stand for', () => {
    const decoded = decodeDictionary(data)
    expect(decoded.dictionary).toBeUndefined()
    expect(rowsOf(decoded)).toEqual(rows)
  })

  it('that differ are put together', () => {
    const both = concatColumns([data, other])
    expect(rowsOf(both)).toEqual([...rows, null, 'y', 'x', 'z', 'y'])
    expect(typeName(both.type)).toBe('dictionary<int32, utf8>')
  })
})

describe('a value as text', () => {
  const one = (type: DataType, values: NumberArray) => {
    const read = valueReader({ type, length: 1, nullCount: 0, values })
    return cellOf(read(0))
  }

  it.each<[string, DataType, NumberArray]>([
    ['2020-02-29', { kind: 'date', unit: 'day' }, Int32Array.of(18321)],
    ['2020-02-29', { kind: 'date', unit: 'millisecond' }, BigInt64Array.of(1582934400000n)],
    ['1969-12-31T23:59:59.999999', { kind: 'timestamp', unit: 'microsecond' }, BigInt64Array.of(-1n)],
    [
      '2020-02-29T12:00:00.000000001Z',
      { kind: 'timestamp', unit: 'nanosecond', timezone: 'Europe/Warsaw' },
      BigInt64Array.of(1582977600000000001n),
    ],
    ['9223372036854775807', { kind: 'timestamp', unit: 'second' }, BigInt64Array.of(9223372036854775807n)],
    ['23:59:59', { kind: 'time', unit: 'second' }, Int32Array.of(86399)],
    ['00:00:00.000001', { kind: 'time', unit: 'microsecond' }, BigInt64Array.of(1n)],
    ['-PT90.5S', { kind: 'duration', unit: 'millisecond' }, BigInt64Array.of(-90500n)],
    ['P14M', { kind: 'interval', unit: 'year_month' }, Uint8Array.of(14, 0, 0, 0)],
    ['P1DT-0.001S', { kind: 'interval', unit: 'day_time' }, new Uint8Array(Int32Array.of(1, -1).buffer)],
    [
      'P1M2DT0.000000003S',
      { kind: 'interval', unit: 'month_day_nano' },
      new Uint8Array(Int32Array.of(1, 2, 3, 0).buffer),
    ],
    ['18446744073709551615', { kind: 'int', bitWidth: 64, signed: false }, BigUint64Array.of(2n ** 64n - 1n)],
    ['-0.000061035', { kind: 'decimal', bitWidth: 32, precision: 9, scale: 9 }, Uint8Array.of(0x95, 0x11, 0xff, 0xff)],
    ['1.5', { kind: 'float', bitWidth: 16 }, Uint16Array.of(0x3e00)],
    ['/wA=', { kind: 'fixed_size_binary', byteWidth: 2 }, Uint8Array.of(255, 0)],
  ])('is %s', (text, type, values) => {
    expect(one(type, values)).toBe(text)
  })
})

describe('numbers of any type', () => {
  it('are the nearest doubles', () => {
    const of = (type: DataType, values: NumberArray) =>
      Array.from(numbersOf({ type, length: 1, nullCount: 0, values })!.numbers)
    expect(of({ kind: 'int', bitWidth: 64, signed: false }, BigUint64Array.of(2n ** 53n + 1n))).toEqual([2 ** 53])
    expect(of({ kind: 'float', bitWidth: 16 }, Uint16Array.of(0xfc00))).toEqual([-Infinity])
    expect(of({ kind: 'decimal', bitWidth: 32, precision: 9, scale: 1 }, Uint8Array.of(1, 0, 0, 0))).toEqual([0.1])
    expect(numbersOf(texts('1'))).toBeUndefined()
  })

  it('of a dictionary are missing where the index or its value is', () => {
    const dictionary = buildColumn([0.5, null], 'number')
    const type: DataType = { kind: 'dictionary', index: INT8, values: dictionary.type, ordered: false }
    const data = {
      type,
      length: 3,
      nullCount: 1,
      validity: Uint8Array.of(3),
      values: Int8Array.of(0, 1, 0),
      dictionary,
    }
    const { numbers, validity } = numbersOf(data)!
    expect([numbers[0], validity]).toEqual([0.5, Uint8Array.of(1)])
  })
})

describe('text that is not UTF-8', () => {
  const bytes = Buffer.from('61c5bcffc5bc', 'hex')
  const text = (...offsets: number[]): ColumnData => ({
    type: UTF8,
    length: offsets.length - 1,
    nullCount: 0,
    offsets: Int32Array.from(offsets),
    values: bytes,
  })

  it('is found, also where two texts share a character', () => {
    expect(rowsOfBadText(text(0, 1, 3, 4, 6))).toEqual([2])
    expect(rowsOfBadText(text(0, 1, 2, 3))).toEqual([1, 2])
    expect(rowsOfBadText(text(0, 0, 1, 3))).toEqual([])
    expect(rowsOfBadText({ ...text(0, 1, 3, 4, 6), validity: Uint8Array.of(0b1011), nullCount: 1 })).toEqual([])
  })

  it('is found in lists, structs and dictionaries', () => {
    const child = text(0, 1, 3, 4, 6)
    const list: DataType = { kind: 'list', layout: 'offsets', item: item(UTF8) }
    const listed = (...ends: number[]) => ({
      type: list,
      length: ends.length - 1,
      nullCount: 0,
      offsets: Int32Array.from(ends),
      children: [child],
    })
    expect(rowsOfBadText(listed(0, 0, 3, 4))).toEqual([1])
    expect(rowsOfBadText(listed(0, 2))).toEqual([])
    expect(rowsOfBadText(listed(3, 4))).toEqual([])
    const struct: DataType = { kind: 'struct', fields: [item(UTF8)] }
    expect(rowsOfBadText({ type: struct, length: 4, nullCount: 0, children: [child] })).toEqual([2])
    const type: DataType = { kind: 'dictionary', index: INT8, values: UTF8, ordered: false }
    const data = { type, length: 3, nullCount: 0, values: Int8Array.of(2, 0, 2), dictionary: child }
    expect(rowsOfBadText(data)).toEqual([0, 2])
  })
})

describe('a writer of even batches', () => {
  it('returns more pieces than a call may have arguments', async () => {
    const pieces = Array.from({ length: 200_000 }, () => new Uint8Array(1))
    const column = buildColumn(new Float64Array(1 << 16), 'number')
    const schema = { kept: [{ name: 'x', type: 'number', sample: '0' }], fields: [], classes: [] }
    const writer = evenBatches({ writeColumns: async () => pieces } as never, schema as never)
    expect(await writer.addColumns!([column])).toHaveLength(200_000)
  })
})
