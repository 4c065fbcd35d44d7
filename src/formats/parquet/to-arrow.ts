/** Converts values of physical types to columns in Arrow's memory layout. Both are without nulls. */
import type { ColumnData, NumberArray } from '../../core/column-data.js'
import type { DataType, IntType } from '../../core/data-type.js'
import { corrupt, unsupported } from './corrupt.js'
import type { Leaf } from './leaf-reader.js'
import { bytesOf, lookUpValues, type PhysicalType, type Values } from './values.js'

/** The nonnull values of a leaf as a column of a type. */
export function valuesToArrow(physical: PhysicalType, { values, indices }: Leaf, type: DataType): ColumnData {
  if (type.kind === 'dictionary') return dictionaryColumn(physical, values, indices, type)
  return plainColumn(physical, indices ? lookUpValues(physical, values, indices) : values, type)
}

function plainColumn(physical: PhysicalType, values: Values, type: DataType): ColumnData {
  const { data, length, offsets } = values
  const column = { type, length, nullCount: 0 }
  switch (type.kind) {
    case 'null':
      return { ...column, nullCount: length }
    case 'bool':
      return { ...column, values: packBits(data as Uint8Array, length) }
    case 'utf8':
    case 'binary':
      return { ...column, values: data, offsets: type.layout === 'large' ? widen(offsets!) : offsets! }
    case 'decimal':
      return { ...column, values: decimals(physical, values, type.bitWidth / 8) }
    case 'float':
      return { ...column, values: type.bitWidth === 16 ? words(data) : data }
    case 'timestamp':
      return { ...column, values: physical.name === 'INT96' ? nanoseconds(data as Uint8Array, length) : data }
    case 'int':
      return { ...column, values: integers(data, type) }
    case 'interval':
      return { ...column, values: intervals(data as Uint8Array, length) }
    default:
      return { ...column, values: data }
  }
}

function packBits(truths: Uint8Array, length: number): Uint8Array {
  const bits = new Uint8Array((length + 7) >> 3)
  for (let at = 0; at < length; at++) bits[at >> 3]! |= truths[at]! << (at & 7)
  return bits
}

/** 64-bit offsets, in halves: a BigInt per offset takes ten times as long. */
export function widen(offsets: Int32Array): BigInt64Array {
  const wide = new BigInt64Array(offsets.length)
  const halves = new Int32Array(wide.buffer)
  for (let at = 0; at < offsets.length; at++) halves[2 * at] = offsets[at]!
  return wide
}

function words(data: NumberArray): Uint16Array {
  const bytes = bytesOf(data.byteOffset % 2 === 0 ? data : data.slice())
  return new Uint16Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / 2)
}

function integers(data: NumberArray, { bitWidth, signed }: IntType): NumberArray {
  const { buffer, byteOffset, length } = data
  if (bitWidth === 32 || bitWidth === 64) {
    if (signed) return data
    return new (bitWidth === 32 ? Uint32Array : BigUint64Array)(buffer as ArrayBuffer, byteOffset, length)
  }
  const small = newSmall(bitWidth, signed, length)
  for (let at = 0; at < length; at++) {
    small[at] = data[at] as number
    if (small[at] !== data[at]) throw corrupt(`the integer ${data[at]} does not fit into ${bitWidth} bits`)
  }
  return small
}

function newSmall(bitWidth: 8 | 16, signed: boolean, length: number): NumberArray & { set(from: Int32Array): void } {
  if (bitWidth === 8) return signed ? new Int8Array(length) : new Uint8Array(length)
  return signed ? new Int16Array(length) : new Uint16Array(length)
}

/** Little-endian decimals of `width` bytes. Parquet's byte arrays are big-endian. */
function decimals({ name, length: size }: PhysicalType, values: Values, width: number): Uint8Array {
  const out = new Uint8Array(values.length * width)
  const bytes = bytesOf(values.data)
  const isNumber = name === 'INT32' || name === 'INT64'
  const step = name === 'INT32' ? 4 : name === 'INT64' ? 8 : size
  for (let index = 0; index < values.length; index++) {
    const start = values.offsets ? values.offsets[index]! : index * step
    const end = values.offsets ? values.offsets[index + 1]! : start + step
    const [least, towards] = isNumber ? [start, 1] : [end - 1, -1]
    putDecimal(bytes, least, towards, end - start, out, index * width, width)
  }
  return out
}

/** Writes a two's complement number into `width` bytes. */
function putDecimal(
  from: Uint8Array,
  least: number,
  towards: number,
  size: number,
  to: Uint8Array,
  at: number,
  width: number,
): void {
  const sign = size > 0 && from[least + towards * (size - 1)]! >= 128 ? 0xff : 0
  for (let byte = 0; byte < width; byte++) to[at + byte] = byte < size ? from[least + towards * byte]! : sign
  let fits = size <= width || (to[at + width - 1]! ^ sign) < 128
  for (let byte = width; byte < size; byte++) fits &&= from[least + towards * byte] === sign
  if (!fits) throw corrupt('a decimal has more digits than its type')
}

/** Converts unsigned months, days and milliseconds to signed months, days and nanoseconds. */
function intervals(bytes: Uint8Array, length: number): Uint8Array {
  const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const out = new DataView(new ArrayBuffer(16 * length))
  for (let row = 0; row < length; row++) {
    for (const part of [0, 4]) {
      const count = from.getUint32(12 * row + part, true)
      if (count > 0x7fffffff) throw unsupported(`an interval of ${count} months or days`, 'rewrite the column as text')
      out.setInt32(16 * row + part, count, true)
    }
    out.setBigInt64(16 * row + 8, BigInt(from.getUint32(12 * row + 8, true)) * 1_000_000n, true)
  }
  return new Uint8Array(out.buffer)
}

/** The Julian day number of 1970-01-01. */
const EPOCH_DAY = 2_440_588
const DAY = 86_400_000_000_000n

/** INT96 timestamps: nanoseconds of the day, and Julian day. */
function nanoseconds(bytes: Uint8Array, length: number): BigInt64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const times = new BigInt64Array(length)
  for (let at = 0; at < length; at++) {
    const day = view.getUint32(12 * at + 8, true) - EPOCH_DAY
    const time = BigInt(day) * DAY + view.getBigInt64(12 * at, true)
    if (BigInt.asIntN(64, time) !== time) {
      throw unsupported('INT96 times before 1677 or after 2262', 'rewrite them as timestamps in microseconds')
    }
    times[at] = time
  }
  return times
}

/** Cached Arrow dictionaries, so that the batches of a column chunk share one. */
const DICTIONARIES = new WeakMap<Values, ColumnData>()

function dictionaryColumn(
  physical: PhysicalType,
  values: Values,
  indices: Int32Array | undefined,
  type: DataType & { kind: 'dictionary' },
): ColumnData {
  const found =
    indices && values.length <= mostOf(type.index) ? { values, indices } : distinct(physical, values, indices)
  if (found.values.length > mostOf(type.index)) {
    const feature = `more than ${mostOf(type.index)} values in a dictionary with ${type.index.bitWidth}-bit indices`
    throw unsupported(feature, 'rewrite it with 32-bit indices')
  }
  const dictionary = DICTIONARIES.get(found.values) ?? plainColumn(physical, found.values, type.values)
  DICTIONARIES.set(found.values, dictionary)
  return { type, length: found.indices.length, nullCount: 0, values: indexArray(found.indices, type.index), dictionary }
}

/** The maximum number of values that indices of a type can address. */
function mostOf({ bitWidth, signed }: IntType): number {
  return 2 ** Math.min(31, bitWidth - (signed ? 1 : 0))
}

function indexArray(indices: Int32Array, { bitWidth, signed }: IntType): NumberArray {
  if (bitWidth === 64) {
    const wide = widen(indices)
    return signed ? wide : new BigUint64Array(wide.buffer)
  }
  if (bitWidth === 32) return signed ? indices : new Uint32Array(indices.buffer, indices.byteOffset, indices.length)
  const small = newSmall(bitWidth, signed, indices.length)
  small.set(indices)
  return small
}

/** The distinct values among some values. */
function distinct(
  physical: PhysicalType,
  values: Values,
  indices: Int32Array | undefined,
): { values: Values; indices: Int32Array } {
  const { data, offsets, length } = indices ? lookUpValues(physical, values, indices) : values
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const known = new Map<string, number>()
  const firsts: number[] = []
  const found = new Int32Array(length)
  for (let at = 0; at < length; at++) {
    const text = bytes.toString('latin1', offsets![at], offsets![at + 1])
    let index = known.get(text)
    if (index === undefined) {
      index = firsts.push(at) - 1
      known.set(text, index)
    }
    found[at] = index
  }
  return {
    values: lookUpValues(physical, { data, length, ...(offsets && { offsets }) }, Int32Array.from(firsts)),
    indices: found,
  }
}
