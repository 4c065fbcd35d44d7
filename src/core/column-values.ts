/** Reads the values of columns one by one, for text output and for objects. */
import type { ColumnData } from './column-data.js'
import { bitAt, isValid } from './column-slices.js'
import { type DataType, type Field, fieldsOf } from './data-type.js'
import { extensionOf } from './extension-types.js'
import { half } from './float.js'
import { shortestFloat32 } from './number.js'
import { isColumnData, type KeptColumn, RawJson, type Value } from './record-batch.js'
import { temporalText } from './temporal-text.js'
import { decimalText, durationText, jsonOf } from './value-text.js'

type Read<T> = (row: number) => T

/** How values nested in lists, maps and structs are built. */
interface Shape<T> {
  value(value: Value): T
  list(items: T[]): T
  object(entries: [name: string, value: T][]): T
  /** Whether float32 is printed with the fewest digits. */
  isShort?: true
}

const JSON_TEXT: Shape<string> = {
  value: jsonOf,
  list: (items) => `[${items.join(',')}]`,
  object: (entries) => `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`,
}

/** Text becomes a key unchanged, anything else as JSON. */
const KEY_TEXT: Shape<string> = {
  ...JSON_TEXT,
  value: (value) => (typeof value === 'string' ? value : jsonOf(value)),
}

const SHORT_KEY_TEXT: Shape<string> = { ...KEY_TEXT, isShort: true }
const SHORT_TEXT: Shape<string> = { ...JSON_TEXT, isShort: true }

/**
 * Creates the function that reads the value of a row: nested values become JSON, decimals and times text with all their
 * digits.
 */
export function valueReader(column: KeptColumn, field?: Field): Read<Value> {
  return readerOf(column, JSON_TEXT, field)
}

/**
 * The same for values that are printed: a float32 becomes the double with the fewest digits that round-trip as float32,
 * as pyarrow, pandas, Polars and DuckDB print it.
 */
export function textReader(column: KeptColumn, field?: Field): Read<Value> {
  return readerOf(column, SHORT_TEXT, field)
}

function readerOf(column: KeptColumn, shape: Shape<string>, field?: Field): Read<Value> {
  if (!isColumnData(column)) return (row) => column[row] as Value
  if (!isNested(column.type)) return leafReader(column, field, shape.isShort)
  const read = shapedReader(column, shape, field)
  return (row) => {
    const text = read(row)
    return text === 'null' ? null : new RawJson(text)
  }
}

/** The same for rows as objects: nested values become arrays and objects, whose leaves `leaf` converts. */
export function objectReader(column: KeptColumn, leaf: (value: Value) => unknown, field?: Field): Read<unknown> {
  if (!isColumnData(column)) return (row) => leaf(column[row] as Value)
  return shapedReader<unknown>(column, { value: leaf, list: (items) => items, object: Object.fromEntries }, field)
}

/** Creates the function that maps a row's value to text, distinct for distinct values of the column. */
export function keyReader(data: ColumnData): Read<string> {
  return shapedReader(data, JSON_TEXT)
}

function isNested(type: DataType): boolean {
  if (type.kind === 'dictionary') return isNested(type.values)
  return ['list', 'fixed_size_list', 'struct', 'map'].includes(type.kind)
}

function shapedReader<T>(data: ColumnData, shape: Shape<T>, field?: Field): Read<T> {
  const read = nestedReader(data, shape)
  if (read) return (row) => (isValid(data, row) ? read(row) : shape.value(null))
  const leaf = leafReader(data, field, shape.isShort)
  return (row) => shape.value(leaf(row))
}

/** A reader of nonnull nested values; undefined if the type is not nested. */
function nestedReader<T>(data: ColumnData, shape: Shape<T>): Read<T> | undefined {
  const { type, children } = data
  if (!isNested(type)) return undefined
  if (type.kind === 'dictionary') return indexed(data, shapedReader(data.dictionary!, shape))
  if (type.kind === 'struct') {
    const readers = type.fields.map((field, index) => shapedReader(children![index]!, shape, field))
    return (row) => shape.object(readers.map((read, index) => [type.fields[index]!.name, read(row)]))
  }
  const range = rangeReader(data)
  if (type.kind === 'map') return mapReader(children![0]!, range, shape)
  const item = shapedReader(children![0]!, shape, fieldsOf(type)[0])
  return (row) => shape.list(Array.from(range(row), item))
}

/** A map entry becomes a property; a key that is not text is converted. */
function mapReader<T>({ type, children }: ColumnData, range: Read<Iterable<number>>, shape: Shape<T>): Read<T> {
  const [keys, values] = children as [ColumnData, ColumnData]
  const [keyField, valueField] = fieldsOf(type)
  const key = shapedReader(keys, shape.isShort ? SHORT_KEY_TEXT : KEY_TEXT, keyField)
  const value = shapedReader(values, shape, valueField)
  return (row) => shape.object(Array.from(range(row), (entry) => [key(entry), value(entry)]))
}

/** The child positions of a row's items. */
function rangeReader({ type, offsets }: ColumnData): Read<Iterable<number>> {
  if (type.kind === 'fixed_size_list') return (row) => positions(row * type.size, (row + 1) * type.size)
  return (row) => positions(Number(offsets![row]!), Number(offsets![row + 1]!))
}

function* positions(start: number, end: number): Generator<number> {
  for (let at = start; at < end; at++) yield at
}

function indexed<T>({ values }: ColumnData, read: Read<T>): Read<T> {
  return (row) => read(Number(values![row]!))
}

/** A reader of values that are not nested, with null for missing ones. */
function leafReader(data: ColumnData, field?: Field, isShort = false): Read<Value> {
  const extension = extensionOf(field)
  const read = storedReader(data, isShort)
  return extension ? (row) => extension(read(row)) : read
}

function storedReader(data: ColumnData, isShort: boolean): Read<Value> {
  if (data.type.kind === 'null') return () => null
  const read =
    data.type.kind === 'dictionary'
      ? indexed(data, once(storedReader(data.dictionary!, isShort)))
      : plainReader(data, isShort)
  if (!data.validity) return read
  return (row) => (isValid(data, row) ? read(row) : null)
}

/** Caches each value: those of a dictionary are few and repeat. */
function once(read: Read<Value>): Read<Value> {
  const known: Value[] = []
  return (row) => {
    known[row] ??= read(row)
    return known[row]
  }
}

/** A double that prints like the float32. */
export function shortest(value: number): number {
  return Number.isInteger(value) && Math.abs(value) <= LARGEST_EXACT ? value : shortestFloat32(value)
}

/** Up to this magnitude, all digits of an integral float32 are significant. */
const LARGEST_EXACT = 1 << 24

function plainReader(data: ColumnData, isShort: boolean): Read<Value> {
  const { type, offsets } = data
  const values = data.values!
  const bytes = data.values as Uint8Array
  switch (type.kind) {
    case 'bool':
      return (row) => bitAt(bytes, row)
    case 'float':
      if (type.bitWidth === 16) return (row) => half(values[row] as number)
      return isShort && type.bitWidth === 32 ? (row) => shortest(values[row] as number) : (row) => values[row]!
    case 'utf8': {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      return (row) => buffer.toString('utf8', Number(offsets![row]!), Number(offsets![row + 1]!))
    }
    case 'binary':
      return (row) => bytes.subarray(Number(offsets![row]!), Number(offsets![row + 1]!))
    case 'fixed_size_binary':
      return (row) => bytes.subarray(row * type.byteWidth, (row + 1) * type.byteWidth)
    case 'decimal': {
      const size = type.bitWidth / 8
      return (row) => decimalText(signedNumber(bytes, row * size, size), type.scale)
    }
    case 'date':
    case 'time':
    case 'timestamp':
    case 'duration': {
      const text = temporalText(type)
      return (row) => text(BigInt(values[row]!))
    }
    case 'interval':
      return (row) => intervalText(bytes, row, type.unit)
    default:
      return (row) => values[row]!
  }
}

/** Decodes a little-endian two's complement integer. */
function signedNumber(bytes: Uint8Array, start: number, length: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, length)
  if (length === 4) return BigInt(view.getInt32(0, true))
  let number = view.getBigInt64(length - 8, true)
  for (let at = length - 16; at >= 0; at -= 8) number = (number << 64n) | view.getBigUint64(at, true)
  return number
}

/** An interval in ISO 8601: months, days and seconds, each with its own sign. */
function intervalText(bytes: Uint8Array, row: number, unit: (DataType & { kind: 'interval' })['unit']): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (unit === 'year_month') return `P${view.getInt32(4 * row, true)}M`
  if (unit === 'day_time') {
    const milliseconds = BigInt(view.getInt32(8 * row + 4, true))
    return `P${view.getInt32(8 * row, true)}D${secondsText(milliseconds, 1000n)}`
  }
  const [months, days] = [view.getInt32(16 * row, true), view.getInt32(16 * row + 4, true)]
  return `P${months}M${days}D${secondsText(view.getBigInt64(16 * row + 8, true), 1_000_000_000n)}`
}

function secondsText(count: bigint, perSecond: bigint): string {
  return count === 0n ? '' : durationText(count, perSecond).replace(/^(-?)PT/, 'T$1')
}
