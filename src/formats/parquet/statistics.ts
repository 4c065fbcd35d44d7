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
  const { data } = values
  if (order === 'float') return { ...none, ...floatRange(data as Float64Array) }
  return { ...none, ...(data instanceof BigInt64Array ? longRange(data, order) : intRange(data as Int32Array, order)) }
}

function floatRange(numbers: Float64Array): Partial<Range> {
  let min = Infinity
  let max = -Infinity
  let nans = 0
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at]!
    if (number >= min && number <= max) continue
    if (number < min) min = number
    if (number > max) max = number
    if (Number.isNaN(number)) nans++
  }
  // Of two zeros, the one that is further out.
  return min <= max ? { min: min === 0 ? -0 : min, max: max === 0 ? 0 : max, nans } : { nans }
}

function intRange(numbers: Int32Array, order: Order): Partial<Range> {
  const flip = order === 'unsigned' ? 1 << 31 : 0
  let min = numbers[0]! ^ flip
  let max = min
  for (let at = 1; at < numbers.length; at++) {
    const number = numbers[at]! ^ flip
    if (number < min) min = number
    if (number > max) max = number
  }
  return flip ? { min: (min ^ flip) >>> 0, max: (max ^ flip) >>> 0 } : { min, max }
}

/** Compared in halves: a BigInt for each takes ten times as long. */
function longRange(numbers: BigInt64Array, order: Order): Partial<Range> {
  const words = new Int32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length)
  const flip = order === 'unsigned' ? 1 << 31 : 0
  let [min, max] = [0, 0]
  let minHigh = words[1]! ^ flip
  let minLow = words[0]! >>> 0
  let [maxHigh, maxLow] = [minHigh, minLow]
  for (let at = 1; at < numbers.length; at++) {
    const high = words[2 * at + 1]! ^ flip
    const low = words[2 * at]! >>> 0
    if (high < minHigh || (high === minHigh && low < minLow)) [min, minHigh, minLow] = [at, high, low]
    if (high > maxHigh || (high === maxHigh && low > maxLow)) [max, maxHigh, maxLow] = [at, high, low]
  }
  const boundAt = (at: number) => (flip ? BigInt.asUintN(64, numbers[at]!) : numbers[at]!)
  return { min: boundAt(min), max: boundAt(max) }
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
export function joinRanges(a: Range, b: Range): Range {
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
