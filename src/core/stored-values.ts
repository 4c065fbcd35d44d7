/** The inverse of `column-values.ts`, for values that are not nested: how a type stores the values of objects. */
import { type Decimal, decimalType } from './cell-types.js'
import { arrayOf } from './column-arrays.js'
import type { ColumnData } from './column-data.js'
import { layoutOf, stepOf } from './column-slices.js'
import type { DataType, Field, IntType } from './data-type.js'
import { storedAs } from './extension-types.js'
import { halfWord } from './float.js'
import { instantCount, type Temporal, temporalCount } from './temporal-text.js'
import { integersOf } from './wide-integers.js'

/** A value as a column stores it. */
export type Stored = number | bigint | string | Uint8Array

/** The stored value; undefined if it would not be read as the same value. */
export type Store = (value: unknown) => Stored | undefined

/** Creates the function that stores the values of a field; undefined if objects do not have all that it stores. */
export function storeOf({ type, metadata }: Field): Store | undefined {
  const store = plainStore(type)
  const convert = metadata && storedAs({ metadata })
  return store && convert ? (value) => store(convert(value)) : store
}

function plainStore(type: DataType): Store | undefined {
  switch (type.kind) {
    case 'null':
      return () => undefined
    case 'bool':
      return (value) => (typeof value === 'boolean' ? Number(value) : undefined)
    case 'int':
      return (value) => integerOf(value, type)
    case 'float':
      return (value) => (typeof value === 'number' ? FLOATS[type.bitWidth](value) : undefined)
    case 'decimal':
      return decimalStore(type)
    case 'utf8':
      return (value) => (typeof value === 'string' ? value : undefined)
    case 'binary':
      return (value) => (value instanceof Uint8Array ? value : undefined)
    case 'fixed_size_binary':
      return (value) => (value instanceof Uint8Array && value.length === type.byteWidth ? value : undefined)
    case 'date':
    case 'time':
    case 'timestamp':
    case 'duration':
      return temporalStore(type)
    default:
      return undefined
  }
}

function integerOf(value: unknown, { bitWidth, signed }: IntType): Stored | undefined {
  const isInteger = typeof value === 'bigint' || (Number.isInteger(value) && !Object.is(value, -0))
  if (!isInteger) return undefined
  const integer = BigInt(value as number | bigint)
  const kept = signed ? BigInt.asIntN(bitWidth, integer) : BigInt.asUintN(bitWidth, integer)
  return kept === integer ? kept : undefined
}

const FLOATS = {
  16: halfWord,
  32: (value: number) => (Object.is(Math.fround(value), value) ? value : undefined),
  64: (value: number) => value,
}

function decimalStore(type: Decimal): Store {
  if (type.scale < 0) return roundStore(type)
  const { read, of } = decimalType(type)
  return (value) => (typeof value === 'string' ? read(value) : of!(value as number))
}

/** Decimals that are multiples of a power of ten. */
function roundStore({ precision, scale }: Decimal): Store {
  const factor = 10n ** BigInt(-scale)
  const { read } = decimalType({ kind: 'decimal', bitWidth: 256, precision: precision - scale, scale: 0 })
  return (value) => {
    const integer = typeof value === 'string' ? read(value) : undefined
    return typeof integer === 'bigint' && integer % factor === 0n ? integer / factor : undefined
  }
}

function temporalStore(type: Temporal): Store {
  const countOf = temporalCount(type)
  const bits = 8 * arrayOf(type).BYTES_PER_ELEMENT
  return (value) => {
    const count =
      typeof value === 'string' ? countOf(value) : value instanceof Date ? instantCount(type, value) : undefined
    return count !== undefined && BigInt.asIntN(bits, count) === count ? count : undefined
  }
}

/** The buffers of a column of stored values; those of null rows are arbitrary. */
export function buffersOf(type: DataType, stored: readonly (Stored | undefined)[]): Partial<ColumnData> {
  switch (layoutOf(type)) {
    case 'none':
      return {}
    case 'bits':
      return { values: bitsOf(stored) }
    case 'bytes':
      return rangesOf(type, stored as readonly (string | Uint8Array | undefined)[])
    default:
      return {
        values: type.kind === 'decimal' || stepOf(type) > 1 ? wideValues(type, stored) : numbersOf(type, stored),
      }
  }
}

function bitsOf(stored: readonly (Stored | undefined)[]): Uint8Array {
  const bits = new Uint8Array((stored.length + 7) >> 3)
  for (const [row, value] of stored.entries()) if (value === 1) bits[row >> 3]! |= 1 << (row & 7)
  return bits
}

function rangesOf(type: DataType, stored: readonly (string | Uint8Array | undefined)[]): Partial<ColumnData> {
  const parts = stored.map((value) => (typeof value === 'string' ? Buffer.from(value) : (value ?? NONE)))
  const { buffer, byteOffset, length } = Buffer.concat(parts)
  return { offsets: offsetsOf(type, parts), values: new Uint8Array(buffer, byteOffset, length) }
}

const NONE = new Uint8Array()

/** The offsets of values of these lengths. */
export function offsetsOf(type: DataType, parts: readonly { length: number }[]): Int32Array | BigInt64Array {
  const ends = new Float64Array(parts.length + 1)
  for (const [row, { length }] of parts.entries()) ends[row + 1] = ends[row]! + length
  const isLarge = 'layout' in type && (type.layout === 'large' || type.layout === 'large_view')
  return isLarge ? integersOf(ends) : new Int32Array(ends)
}

/** Decimals and bytes of a fixed length. */
function wideValues(type: DataType, stored: readonly (Stored | undefined)[]): Uint8Array {
  const width = stepOf(type)
  const values = new Uint8Array(width * stored.length)
  const put = type.kind === 'decimal' ? decimalType(type).put! : undefined
  for (const [row, value] of stored.entries()) {
    if (value === undefined) continue
    if (put) put(values, row, value as bigint)
    else values.set(value as Uint8Array, width * row)
  }
  return values
}

function numbersOf(type: DataType, stored: readonly (Stored | undefined)[]) {
  const values = new (arrayOf(type))(stored.length)
  const isBig = values instanceof BigInt64Array || values instanceof BigUint64Array
  for (const [row, value = 0] of stored.entries())
    values[row] = (isBig ? BigInt(value as number | bigint) : Number(value)) as never
  return values
}
