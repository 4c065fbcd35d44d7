/** The least and the largest of values, for the footer; where an order is cheap to find. */
import type { SchemaElement, Statistics } from 'hyparquet'
import type { Values } from './values.js'

type Bound = number | bigint | Uint8Array

/** The statistics of some values. */
export interface Range {
  min: Bound | undefined
  max: Bound | undefined
  nulls: number
  /** Of floating-point numbers. */
  nans: number | undefined
}

/** What order the values of a leaf have; undefined where none is written. */
export type Order = 'signed' | 'unsigned' | 'float' | 'bytes' | undefined

export function orderOf({ type, logical_type: logical, converted_type: converted }: SchemaElement): Order {
  if (type === 'DOUBLE' || type === 'FLOAT') return 'float'
  if (type === 'INT32' || type === 'INT64') {
    if (logical?.type === 'NULL') return undefined
    return converted?.startsWith('UINT') ? 'unsigned' : 'signed'
  }
  const hasOrder = logical === undefined || ['STRING', 'ENUM', 'JSON', 'BSON', 'UUID'].includes(logical.type)
  return type === 'BOOLEAN' || !hasOrder || converted === 'INTERVAL' ? undefined : 'bytes'
}

/** The range of values and nulls. */
export function rangeOf(order: Order, values: Values, size: number, nulls: number): Range {
  const none = { min: undefined, max: undefined, nulls, nans: order === 'float' ? 0 : undefined }
  if (order === undefined || values.length === 0) return none
  if (order === 'bytes') return { ...none, ...bytesRange(values, size) }
  if (values.data instanceof BigInt64Array) return { ...none, ...longRange(values.data, order) }
  const { data } = values
  const numbers = order === 'unsigned' ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data
  return { ...none, ...numberRange(numbers as Float64Array, order) }
}

function numberRange(numbers: Float64Array, order: Order): Partial<Range> {
  let [min, max] = [Infinity, -Infinity]
  let nans = 0
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at]!
    if (number < min) min = number
    if (number > max) max = number
    if (Number.isNaN(number)) nans++
  }
  if (order !== 'float') return { min, max }
  // Of two zeros, the one that is further out.
  return min <= max ? { min: min === 0 ? -0 : min, max: max === 0 ? 0 : max, nans } : { nans }
}

function longRange(numbers: BigInt64Array, order: Order): Partial<Range> {
  const { buffer, byteOffset, length } = numbers
  const all = order === 'unsigned' ? new BigUint64Array(buffer, byteOffset, length) : numbers
  let [min, max] = [all[0]!, all[0]!]
  for (let at = 1; at < length; at++) {
    const number = all[at]!
    if (number < min) min = number
    if (number > max) max = number
  }
  return { min, max }
}

function bytesRange({ data, offsets, length }: Values, size: number): Partial<Range> {
  const bytes = data as Uint8Array
  const startOf = (at: number) => (offsets ? offsets[at]! : at * size)
  let [min, max] = [0, 0]
  for (let at = 1; at < length; at++) {
    if (compare(bytes, startOf(at), startOf(at + 1), startOf(min), startOf(min + 1)) < 0) min = at
    if (compare(bytes, startOf(at), startOf(at + 1), startOf(max), startOf(max + 1)) > 0) max = at
  }
  return { min: bytes.slice(startOf(min), startOf(min + 1)), max: bytes.slice(startOf(max), startOf(max + 1)) }
}

function compare(bytes: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): number {
  const length = Math.min(end - start, otherEnd - otherStart)
  for (let at = 0; at < length; at++) {
    const difference = bytes[start + at]! - bytes[otherStart + at]!
    if (difference !== 0) return difference
  }
  return end - start - (otherEnd - otherStart)
}

/** The range of two ranges. */
export function joinRanges(a: Range | undefined, b: Range): Range {
  if (!a) return b
  const { min = b.min, max = b.max } = a
  return {
    min: isLess(b.min, min) ? b.min : min,
    max: isLess(max, b.max) ? b.max : max,
    nulls: a.nulls + b.nulls,
    nans: a.nans === undefined || b.nans === undefined ? undefined : a.nans + b.nans,
  }
}

function isLess(a: Bound | undefined, b: Bound | undefined): boolean {
  if (a === undefined || b === undefined) return false
  return a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) < 0 : a < b
}

/** A range as the footer has it. */
export function statisticsOf({ min, max, nulls, nans }: Range): Statistics {
  return {
    ...(min !== undefined && { min_value: min }),
    ...(max !== undefined && { max_value: max }),
    null_count: BigInt(nulls),
    ...(nans !== undefined && { nan_count: BigInt(nans) }),
  } as Statistics
}
