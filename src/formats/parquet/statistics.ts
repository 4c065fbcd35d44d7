/** Minimum and maximum for the footer, for types whose order is cheap to compute. */

import { rangeOfFloats, rangeOfIntegers, rangeOfLongs } from '../../kernel/host/ranges.js'
import { rangeOfTexts } from '../../kernel/host/texts.js'
import { type Bound, boundBytes } from './bound.js'
import type { SchemaElement } from './footer-types.js'
import type { Fields } from './thrift-writer.js'
import type { ValueArray, Values } from './values.js'

/** The statistics of some values. */
export interface Range {
  min: Bound | undefined
  max: Bound | undefined
  nulls: number
  /** For floating-point numbers. */
  nans: number | undefined
}

/** How the values of a leaf are ordered; undefined if no statistics are written. */
export type Order = 'signed' | 'unsigned' | 'float' | 'bytes' | undefined

export function orderOf({ type, logicalType: logical, convertedType: converted }: SchemaElement): Order {
  if (type === 'DOUBLE' || type === 'FLOAT') return 'float'
  if (type === 'INT32' || type === 'INT64') {
    if (logical?.type === 'NULL') return undefined
    return converted?.startsWith('UINT') ? 'unsigned' : 'signed'
  }
  const hasOrder = logical === undefined || ['STRING', 'ENUM', 'JSON', 'BSON', 'UUID'].includes(logical.type)
  return type === 'BOOLEAN' || !hasOrder || converted === 'INTERVAL' ? undefined : 'bytes'
}

/** The statistics of some values and nulls. */
export function rangeOf(order: Order, values: Values, size: number, nulls: number): Range {
  const none = { min: undefined, max: undefined, nulls, nans: order === 'float' ? 0 : undefined }
  if (order === undefined || values.length === 0) return none
  if (order === 'bytes') return { ...none, ...bytesRange(values, size) }
  return { ...none, ...numberRange(values.data, order) }
}

function numberRange(numbers: ValueArray, order: Order): Partial<Range> {
  if (numbers instanceof BigInt64Array) return rangeOfLongs(numbers, order === 'unsigned')
  if (order !== 'float') return rangeOfIntegers(numbers as Int32Array, order === 'unsigned')
  const { min, max, nans } = rangeOfFloats(numbers as Float64Array)
  // A zero bound gets the sign that covers both zeros.
  return min <= max ? { min: min === 0 ? -0 : min, max: max === 0 ? 0 : max, nans } : { nans }
}

function bytesRange({ data, offsets, length }: Values, size: number): Partial<Range> {
  const ends = offsets ?? Int32Array.from({ length: length + 1 }, (_, at) => at * size)
  const { min, max } = rangeOfTexts(data as Uint8Array, ends.subarray(0, length + 1))
  return { min: Uint8Array.from(min), max: Uint8Array.from(max) }
}

/** Merges two ranges. */
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

/** Encodes statistics for the footer. */
export function statisticsFields({ min, max, nulls, nans }: Range, element: SchemaElement): Fields {
  const [least, most] = [boundBytes(min, element, 'min'), boundBytes(max, element, 'max')]
  return [
    [3, BigInt(nulls)],
    [5, most?.bytes],
    [6, least?.bytes],
    [7, most?.isShort ? false : undefined],
    [8, least?.isShort ? false : undefined],
    [9, nans === undefined ? undefined : BigInt(nans)],
  ]
}
