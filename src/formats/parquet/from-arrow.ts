/** Converts columns in Arrow's memory layout to values of physical types. */
import type { ColumnData, NumberArray } from '../../core/column-data.js'
import { bitAt, stepOf } from '../../core/column-slices.js'
import type { DataType, TimeUnit } from '../../core/data-type.js'
import { SoftmaxError } from '../../core/errors.js'
import { rangeOfIntegers } from '../../kernel/host/ranges.js'
import { bytesOf, checkedSize, copyBytes, type PhysicalType, type ValueArray, type Values } from './values.js'

/** Values, or a dictionary with indices into it. */
interface LeafValues {
  values: Values
  indices: Int32Array | undefined
}

/** The values of some rows of a column, none of them null; without `rows`, of all rows. */
export function arrowToValues(physical: PhysicalType, data: ColumnData, rows: Int32Array | undefined): LeafValues {
  if (!data.dictionary) return { values: plainValues(physical, data, rows), indices: undefined }
  return { values: dictionaryValues(physical, data.dictionary), indices: indicesOf(data, rows) }
}

/** Cached, because many batches share a dictionary. */
const DICTIONARIES = new WeakMap<ColumnData, Values>()

function dictionaryValues(physical: PhysicalType, dictionary: ColumnData): Values {
  const values = DICTIONARIES.get(dictionary) ?? plainValues(physical, dictionary, undefined)
  DICTIONARIES.set(dictionary, values)
  return values
}

function indicesOf({ values, length, dictionary }: ColumnData, rows: Int32Array | undefined): Int32Array {
  const from = values!
  if (from instanceof Int32Array && !rows && areWithin(from, dictionary!.length)) return from.subarray(0, length)
  const indices = new Int32Array(rows ? rows.length : length)
  for (let at = 0; at < indices.length; at++) {
    const index = Number(from[rows ? rows[at]! : at]!)
    if (!(index >= 0 && index < dictionary!.length))
      throw unfit(`an index of ${index} into ${dictionary!.length} values`)
    indices[at] = index
  }
  return indices
}

function areWithin(indices: Int32Array, length: number): boolean {
  if (indices.length === 0) return true
  const { min, max } = rangeOfIntegers(indices, false)
  return min >= 0 && max < length
}

function unfit(value: string): SoftmaxError {
  return new SoftmaxError('E_COLUMN_TYPE', { reason: `Parquet cannot store ${value}` })
}

function plainValues(physical: PhysicalType, data: ColumnData, rows: Int32Array | undefined): Values {
  const { type } = data
  const length = rows ? rows.length : data.length
  switch (type.kind) {
    case 'null':
      return { length: 0, data: new Int32Array() }
    case 'bool':
      return { length, data: truths(data.values as Uint8Array, rows, length) }
    case 'utf8':
    case 'binary':
      return byteArrays(data, rows)
    case 'decimal':
      return { length, data: reversed(numbersOf(data, rows) as Uint8Array, type.bitWidth / 8, physical.length) }
    case 'interval':
      return { length, data: intervals(numbersOf(data, rows) as Uint8Array, length) }
    default:
      return { length, data: physicalNumbers(type, numbersOf(data, rows)) }
  }
}

function truths(bits: Uint8Array, rows: Int32Array | undefined, length: number): Uint8Array {
  const out = new Uint8Array(length)
  for (let at = 0; at < length; at++) out[at] = bitAt(bits, rows ? rows[at]! : at) ? 1 : 0
  return out
}

/** The numbers or bytes of some rows. */
function numbersOf(data: ColumnData, rows: Int32Array | undefined): NumberArray {
  const values = data.values!
  const step = stepOf(data.type)
  if (!rows) return values.subarray(0, data.length * step)
  const out = new (values.constructor as new (length: number) => NumberArray)(rows.length * step)
  if (step === 1) for (let at = 0; at < rows.length; at++) out[at] = values[rows[at]!]!
  else
    for (let at = 0; at < rows.length; at++)
      copyBytes(values as Uint8Array, rows[at]! * step, out as Uint8Array, at * step, step)
  return out
}

function byteArrays({ values, offsets, length }: ColumnData, rows: Int32Array | undefined): Values {
  const bytes = values as Uint8Array
  const ends = offsets instanceof Int32Array ? offsets : narrow(offsets as BigInt64Array, length)
  if (!rows) return { length, data: bytes, offsets: ends }
  const found = new Int32Array(rows.length + 1)
  for (let at = 0, size = 0; at < rows.length; at++) {
    size = checkedSize(size + ends[rows[at]! + 1]! - ends[rows[at]!]!)
    found[at + 1] = size
  }
  const data = new Uint8Array(found[rows.length]!)
  for (let at = 0; at < rows.length; at++) {
    copyBytes(bytes, ends[rows[at]!]!, data, found[at]!, found[at + 1]! - found[at]!)
  }
  return { length: rows.length, data, offsets: found }
}

/** 64-bit offsets as 32-bit ones, which suffice for anything that fits in memory. */
function narrow(offsets: BigInt64Array, length: number): Int32Array {
  checkedSize(Number(offsets[length]!))
  const halves = new Int32Array(offsets.buffer, offsets.byteOffset, 2 * offsets.length)
  return Int32Array.from({ length: length + 1 }, (_, at) => halves[2 * at]!)
}

function physicalNumbers(type: DataType, numbers: NumberArray): ValueArray {
  switch (type.kind) {
    case 'int':
      return integers(numbers)
    case 'float':
      return type.bitWidth === 16 ? bytesOf(numbers) : (numbers as ValueArray)
    case 'date':
      return type.unit === 'day' ? (numbers as Int32Array) : days(numbers as BigInt64Array)
    case 'time':
      return type.unit === 'second'
        ? Int32Array.from(numbers as Int32Array, (time) => time * 1000)
        : (numbers as ValueArray)
    case 'timestamp':
      return type.unit === 'second' ? milliseconds(numbers as BigInt64Array, type.unit) : (numbers as ValueArray)
    default:
      return numbers as ValueArray
  }
}

/** Integers of 32 or 64 bits; unsigned ones keep their bits. */
function integers(numbers: NumberArray): ValueArray {
  const { buffer, byteOffset, length, BYTES_PER_ELEMENT: size } = numbers
  if (size === 8) return new BigInt64Array(buffer as ArrayBuffer, byteOffset, length)
  return size === 4 ? new Int32Array(buffer as ArrayBuffer, byteOffset, length) : Int32Array.from(numbers as Int8Array)
}

const DAY = 86_400_000n

function days(milliseconds: BigInt64Array): Int32Array {
  const found = new Int32Array(milliseconds.length)
  for (let at = 0; at < found.length; at++) {
    const time = milliseconds[at]!
    const rest = ((time % DAY) + DAY) % DAY
    const day = (time - rest) / DAY
    if (BigInt.asIntN(32, day) !== day) throw unfit(`a date ${time} ms from 1970`)
    found[at] = Number(day)
  }
  return found
}

function milliseconds(seconds: BigInt64Array, unit: TimeUnit): BigInt64Array {
  return seconds.map((time) => {
    const count = time * 1000n
    if (BigInt.asIntN(64, count) !== count) throw unfit(`a timestamp ${time} ${unit}s from 1970`)
    return count
  })
}

/** Converts month-day-nanosecond intervals to Parquet intervals, which are unsigned and have millisecond precision. */
function intervals(bytes: Uint8Array, length: number): Uint8Array {
  const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const out = new DataView(new ArrayBuffer(12 * length))
  for (let row = 0; row < length; row++) {
    const [months, days] = [from.getInt32(16 * row, true), from.getInt32(16 * row + 4, true)]
    const nanoseconds = from.getBigInt64(16 * row + 8, true)
    const milliseconds = Number(nanoseconds / 1_000_000n)
    const fits = months >= 0 && days >= 0 && nanoseconds % 1_000_000n === 0n && milliseconds === milliseconds >>> 0
    if (!fits) throw unfit(`an interval of ${months} months, ${days} days and ${nanoseconds} ns`)
    out.setUint32(12 * row, months, true)
    out.setUint32(12 * row + 4, days, true)
    out.setUint32(12 * row + 8, milliseconds, true)
  }
  return new Uint8Array(out.buffer)
}

/** Big-endian two's complement numbers of `size` bytes, which is enough for their digits. */
function reversed(bytes: Uint8Array, width: number, size: number): Uint8Array {
  const length = bytes.length / width
  const out = new Uint8Array(length * size)
  for (let index = 0; index < length; index++) {
    const from = index * width
    const end = (index + 1) * size - 1
    const sign = bytes[from + width - 1]! >= 128 ? 0xff : 0
    for (let byte = 0; byte < size; byte++) out[end - byte] = byte < width ? bytes[from + byte]! : sign
    let fits = (out[end - size + 1]! ^ sign) < 128
    for (let byte = size; byte < width; byte++) fits &&= bytes[from + byte] === sign
    if (!fits) throw unfit('a decimal with more digits than its type has')
  }
  return out
}
