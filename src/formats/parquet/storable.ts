/**
 * Replaces types that Parquet lacks: intervals become structs of their parts, decimals with a negative scale are
 * expanded, a struct without fields becomes its validity, and dictionaries of nested values are decoded. The conversion
 * is lossless.
 */

import { buildColumn } from '../../core/column-builder.js'
import type { ColumnData } from '../../core/column-data.js'
import { decodeDictionary } from '../../core/column-slices.js'
import { valueReader } from '../../core/column-values.js'
import { type DataType, type Field, fieldsOf, typeName } from '../../core/data-type.js'
import { LOGICAL_TYPE } from './logical-types.js'

/** A field as it can be stored, and the function that converts its columns. */
interface Storable {
  field: Field
  convert(data: ColumnData): ColumnData
  changes: readonly Change[]
}

/** Names of a type that Parquet lacks and of its replacement. */
export interface Change {
  from: string
  to: string
}

type Convert = (data: ColumnData) => ColumnData
type Conversion = { type: DataType; convert: Convert } | undefined

const same: Convert = (data) => data

/** Converts any field to one that Parquet can store. */
export function storable(field: Field): Storable {
  const change = changeOf(field)
  if (change) {
    const inner = storable({ ...field, type: change.type })
    return {
      field: inner.field,
      convert: (data) => inner.convert(change.convert(data)),
      changes: [{ from: typeName(field.type), to: typeName(change.type) }, ...inner.changes],
    }
  }
  const children = fieldsOf(field.type).map(storable)
  const changes = children.flatMap((child) => child.changes)
  if (changes.length === 0) return { field, convert: same, changes }
  const type = withFields(
    field.type,
    children.map((child) => child.field),
  )
  const convert: Convert = (data) => ({
    ...data,
    type,
    children: data.children!.map((child, index) => children[index]!.convert(child)),
  })
  return { field: { ...field, type }, convert, changes }
}

function withFields(type: DataType, fields: readonly Field[]): DataType {
  if (type.kind === 'struct') return { ...type, fields }
  if (type.kind === 'map') return { ...type, entries: fields[0]! }
  return { ...(type as DataType & { kind: 'list' | 'fixed_size_list' }), item: fields[0]! }
}

function changeOf({ type, metadata }: Field): Conversion {
  switch (type.kind) {
    case 'interval':
      return metadata?.get(LOGICAL_TYPE) === 'INTERVAL' ? undefined : intervalChange(type.unit)
    case 'decimal':
      return type.scale < 0 || type.scale > type.precision ? decimalChange(type) : undefined
    case 'struct':
      return type.fields.length === 0 ? { type: { kind: 'bool' }, convert: truths } : undefined
    case 'dictionary':
      return hasDictionaries(type.values) ? undefined : { type: type.values, convert: decodeDictionary }
    default:
      return undefined
  }
}

/**
 * Whether a column of this type may be dictionary-encoded. pyarrow and Polars cannot read dictionaries of booleans, and
 * pyarrow reads a dictionary of durations as integers.
 */
function hasDictionaries(type: DataType): boolean {
  return isLeaf(type) && type.kind !== 'bool' && type.kind !== 'duration'
}

function isLeaf(type: DataType): boolean {
  const isPlain = fieldsOf(type).length === 0 && type.kind !== 'dictionary' && type.kind !== 'null'
  return isPlain && !changeOf({ name: '', type, nullable: true })
}

const int = (bitWidth: 32 | 64): DataType => ({ kind: 'int', bitWidth, signed: true })

/** The parts of an interval, by their index among its 32-bit words. */
const PARTS = {
  year_month: [['months', 32]],
  day_time: [
    ['days', 32],
    ['milliseconds', 32],
  ],
  month_day_nano: [
    ['months', 32],
    ['days', 32],
    ['nanoseconds', 64],
  ],
} as const

function intervalChange(unit: keyof typeof PARTS): Conversion {
  const parts = PARTS[unit]
  const fields = parts.map(([name, bitWidth]) => ({ name, type: int(bitWidth), nullable: false }))
  const type: DataType = { kind: 'struct', fields }
  const step = parts.reduce((sum, [, bitWidth]) => sum + bitWidth / 8, 0)
  const convert: Convert = (data) => {
    const { length, nullCount, validity } = data
    const { buffer, byteOffset } = data.values!
    const view = new DataView(buffer as ArrayBuffer, byteOffset, length * step)
    const children = parts.map(([, bitWidth], part) => {
      const at = (row: number) => row * step + 4 * part
      const values =
        bitWidth === 32
          ? Int32Array.from({ length }, (_, row) => view.getInt32(at(row), true))
          : BigInt64Array.from({ length }, (_, row) => view.getBigInt64(at(row), true))
      return { type: int(bitWidth), length, nullCount: 0, values }
    })
    return { type, length, nullCount, validity, children }
  }
  return { type, convert }
}

/** The maximum number of decimal digits in 128 and 256 bits. */
const DIGITS_128 = 38
const DIGITS_256 = 76

/** Parquet decimals need a scale between 0 and their precision. */
function decimalChange({ precision, scale }: DataType & { kind: 'decimal' }): Conversion {
  const digits = scale < 0 ? precision - scale : scale
  if (digits > DIGITS_256) return { type: UTF8, convert: texts }
  const bitWidth = digits > DIGITS_128 ? 256 : 128
  const type: DataType = { kind: 'decimal', bitWidth, precision: digits, scale: Math.max(0, scale) }
  const factor = scale < 0 ? 10n ** BigInt(-scale) : 1n
  return { type, convert: (data) => ({ ...data, type, values: scaled(data, factor, bitWidth / 8) }) }
}

const UTF8: DataType = { kind: 'utf8', layout: 'offsets' }

function texts(data: ColumnData): ColumnData {
  const read = valueReader(data)
  return buildColumn(
    Array.from({ length: data.length }, (_, row) => read(row)),
    'text',
  )
}

/** Multiplies decimals by a factor, into `size` bytes. */
function scaled({ values, type }: ColumnData, factor: bigint, size: number): Uint8Array {
  const { bitWidth } = type as DataType & { kind: 'decimal' }
  const from = new DataView(values!.buffer as ArrayBuffer, values!.byteOffset, values!.byteLength)
  const length = from.byteLength / (bitWidth / 8)
  const out = new DataView(new ArrayBuffer(length * size))
  for (let row = 0; row < length; row++) {
    let number = numberAt(from, (row * bitWidth) / 8, bitWidth / 8) * factor
    for (let byte = 0; byte < size; byte += 8, number >>= 64n) out.setBigInt64(row * size + byte, number, true)
  }
  return new Uint8Array(out.buffer)
}

/** Decodes a little-endian two's complement number. */
function numberAt(view: DataView, start: number, size: number): bigint {
  if (size === 4) return BigInt(view.getInt32(start, true))
  let number = view.getBigInt64(start + size - 8, true)
  for (let at = size - 16; at >= 0; at -= 8) number = (number << 64n) | view.getBigUint64(start + at, true)
  return number
}

/** The validity of a struct as booleans: a struct without fields has no other content. */
function truths({ length, nullCount, validity }: ColumnData): ColumnData {
  const values = new Uint8Array((length + 7) >> 3).fill(0xff)
  return { type: { kind: 'bool' }, length, nullCount, validity, values }
}
