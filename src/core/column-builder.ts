/** Builds columns in Arrow's memory layout from JavaScript values. */
import type { ColumnData } from './column-data.js'
import { withNulls } from './column-slices.js'
import type { DataType } from './data-type.js'
import type { Value, ValueType } from './record-batch.js'
import { cellOf } from './value-text.js'

const UTF8: DataType = { kind: 'utf8', layout: 'offsets' }

/** The Arrow type of a column from an untyped format; nested values are text. */
export function dataTypeOf(type: ValueType): DataType {
  return TYPES[type] ?? UTF8
}

const TYPES: Partial<Record<ValueType, DataType>> = {
  number: { kind: 'float', bitWidth: 64 },
  integer: { kind: 'int', bitWidth: 64, signed: true },
  boolean: { kind: 'bool' },
  time: { kind: 'timestamp', unit: 'millisecond', timezone: 'UTC' },
  bytes: { kind: 'binary', layout: 'offsets' },
}

/** Builds a column from values that all fit its type or are null. */
export function buildColumn(values: ArrayLike<Value>, type: ValueType): ColumnData {
  const { length } = values
  const column = { type: dataTypeOf(type), length, ...validityOf(values) }
  switch (type) {
    case 'number':
      return { ...column, values: numbersOf(values) }
    case 'integer':
      return { ...column, values: integersOf(values) }
    case 'boolean':
      return { ...column, values: bitsOf(values) }
    case 'time':
      return { ...column, values: BigInt64Array.from(values as ArrayLike<Date | null>, millisecondsOf) }
    case 'bytes':
      return { ...column, ...bytesOf(values) }
    default:
      return { ...column, ...textOf(values) }
  }
}

function validityOf(values: ArrayLike<Value>): Pick<ColumnData, 'validity' | 'nullCount'> {
  if (ArrayBuffer.isView(values)) return { nullCount: 0 }
  const bits = new Uint8Array((values.length + 7) >> 3)
  for (let at = 0; at < values.length; at++) if (isThere(values[at])) bits[at >> 3]! |= 1 << (at & 7)
  return withNulls(bits, values.length)
}

function isThere(value: Value | undefined): boolean {
  return value !== null && value !== undefined
}

function numbersOf(values: ArrayLike<Value>): Float64Array {
  if (values instanceof Float64Array) return values
  const numbers = new Float64Array(values.length)
  for (let at = 0; at < values.length; at++) numbers[at] = Number(values[at])
  return numbers
}

function integersOf(values: ArrayLike<Value>): BigInt64Array {
  if (values instanceof BigInt64Array) return values
  const numbers = new BigInt64Array(values.length)
  for (let at = 0; at < values.length; at++) numbers[at] = BigInt((values[at] ?? 0) as number | bigint)
  return numbers
}

function millisecondsOf(value: Date | null): bigint {
  return BigInt(value?.getTime() ?? 0)
}

function bitsOf(values: ArrayLike<Value>): Uint8Array {
  const bits = new Uint8Array((values.length + 7) >> 3)
  for (let at = 0; at < values.length; at++) if (values[at] === true) bits[at >> 3]! |= 1 << (at & 7)
  return bits
}

function bytesOf(values: ArrayLike<Value>): Pick<ColumnData, 'offsets' | 'values'> {
  const parts = Array.from(values, (value) => (value ?? EMPTY) as Uint8Array)
  return { offsets: offsetsOf(parts), values: joined(parts) }
}

const EMPTY = new Uint8Array()

function offsetsOf(parts: readonly { length: number }[]): Int32Array {
  const offsets = new Int32Array(parts.length + 1)
  for (let at = 0; at < parts.length; at++) offsets[at + 1] = offsets[at]! + parts[at]!.length
  return offsets
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.concat(parts)
  return new Uint8Array(buffer, byteOffset, length)
}

/** Latin1 strings are encoded in one call: one by one takes ten times as long. */
function textOf(values: ArrayLike<Value>): Pick<ColumnData, 'offsets' | 'values'> {
  const texts = Array.from(values, cellOf)
  const offsets = offsetsOf(texts)
  const bytes = Buffer.from(texts.join(''))
  if (bytes.length > offsets[texts.length]!) {
    const parts = texts.map((text) => Buffer.from(text))
    return { offsets: offsetsOf(parts), values: joined(parts) }
  }
  return { offsets, values: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) }
}
