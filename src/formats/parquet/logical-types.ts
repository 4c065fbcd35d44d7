/**
 * Converts between Parquet types (physical types with a logical or, in older files, converted type) and Arrow types
 * (https://parquet.apache.org/docs/file-format/types/logicaltypes/). The mapping is that of pyarrow.
 */

import { type DataType, type Field, type IntType, sameType, type TimeUnit } from '../../core/data-type.js'
import { corrupt, unsupported } from './corrupt.js'
import type { LogicalType, SchemaElement } from './footer-types.js'
import { PHYSICAL_TYPES, type PhysicalType } from './values.js'

/** The type of a leaf, with field metadata if Arrow lacks such a type. */
interface LeafType {
  type: DataType
  metadata?: readonly [key: string, value: string]
}

/** The metadata key for Arrow extension types. */
const EXTENSION = 'ARROW:extension:name'
/** A logical type without an Arrow counterpart; it is restored when written to Parquet. */
export const LOGICAL_TYPE = 'PARQUET:logical_type'

const TIME_UNITS = { MILLIS: 'millisecond', MICROS: 'microsecond', NANOS: 'nanosecond' } as const
const BINARY: DataType = { kind: 'binary', layout: 'offsets' }
const INTERVAL: DataType = { kind: 'interval', unit: 'month_day_nano' }
const UTF8: DataType = { kind: 'utf8', layout: 'offsets' }
/** The maximum number of decimal digits in 128 and 256 bits. */
const DIGITS_128 = 38
const DIGITS_256 = 76

/** The physical type of a leaf. */
export function physicalType({ type, typeLength: length = 0, name }: SchemaElement): PhysicalType {
  if (!type || !PHYSICAL_TYPES.includes(type)) throw corrupt(`the column ${name} has no type`)
  if (type === 'FIXED_LEN_BYTE_ARRAY' && !(length > 0))
    throw corrupt(`the column ${name} has values of ${length} bytes`)
  return { name: type, length }
}

/** The type of a leaf; an annotation that does not fit the physical type is ignored. */
export function leafType(element: SchemaElement): LeafType {
  const annotation = element.logicalType ?? convertedType(element)
  return (annotation && annotatedType(annotation, element)) ?? { type: plainType(physicalType(element)) }
}

function plainType({ name, length }: PhysicalType): DataType {
  switch (name) {
    case 'BOOLEAN':
      return { kind: 'bool' }
    case 'INT32':
    case 'INT64':
      return { kind: 'int', bitWidth: name === 'INT32' ? 32 : 64, signed: true }
    case 'INT96':
      return { kind: 'timestamp', unit: 'nanosecond' }
    case 'FLOAT':
    case 'DOUBLE':
      return { kind: 'float', bitWidth: name === 'FLOAT' ? 32 : 64 }
    case 'BYTE_ARRAY':
      return BINARY
    case 'FIXED_LEN_BYTE_ARRAY':
      return { kind: 'fixed_size_binary', byteWidth: length }
  }
}

type Annotation = Exclude<LogicalType, { type: 'MAP' | 'LIST' | 'VARIANT' }> | { type: 'INTERVAL' }

/**
 * A converted type as the logical type that replaced it. Its timestamps are UTC according to the specification, but all
 * readers treat them as local.
 */
function convertedType({ convertedType: type, precision = 0, scale = 0 }: SchemaElement): Annotation | undefined {
  const integer = /^(U?)INT_(\d+)$/.exec(type ?? '')
  if (integer) return { type: 'INTEGER', bitWidth: Number(integer[2]), isSigned: integer[1] === '' }
  const time = /^(TIME|TIMESTAMP)_(MILLIS|MICROS)$/.exec(type ?? '')
  if (time) {
    return { type: time[1] as 'TIME', unit: time[2] as 'MILLIS', isAdjustedToUTC: false }
  }
  if (type === 'UTF8') return { type: 'STRING' }
  if (type === 'DECIMAL') return { type, precision, scale }
  const same = ['ENUM', 'DATE', 'JSON', 'BSON', 'INTERVAL'] as const
  const found = same.find((name) => name === type)
  return found && { type: found }
}

function annotatedType(logical: LogicalType | Annotation, element: SchemaElement): LeafType | undefined {
  const { name: physical, length } = physicalType(element)
  const isBytes = physical === 'BYTE_ARRAY'
  const isFixed = (size: number) => physical === 'FIXED_LEN_BYTE_ARRAY' && length === size
  switch (logical.type) {
    case 'STRING':
      return isBytes ? { type: UTF8 } : undefined
    case 'ENUM':
      return isBytes ? { type: UTF8, metadata: [LOGICAL_TYPE, 'ENUM'] } : undefined
    case 'JSON':
      return isBytes ? { type: UTF8, metadata: [EXTENSION, 'arrow.json'] } : undefined
    case 'BSON':
      return isBytes ? { type: BINARY, metadata: [LOGICAL_TYPE, 'BSON'] } : undefined
    case 'GEOMETRY':
    case 'GEOGRAPHY':
      return isBytes ? { type: BINARY, metadata: [LOGICAL_TYPE, geoText(logical)] } : undefined
    case 'UUID':
      return isFixed(16)
        ? { type: plainType({ name: physical, length }), metadata: [EXTENSION, 'arrow.uuid'] }
        : undefined
    case 'INTERVAL':
      return isFixed(12) ? { type: INTERVAL, metadata: [LOGICAL_TYPE, 'INTERVAL'] } : undefined
    case 'FLOAT16':
      return isFixed(2) ? { type: { kind: 'float', bitWidth: 16 } } : undefined
    case 'NULL':
      return { type: { kind: 'null' } }
    case 'DATE':
      return physical === 'INT32' ? { type: { kind: 'date', unit: 'day' } } : undefined
    case 'DECIMAL':
      return decimalType(logical, element)
    case 'INTEGER':
      return integerType(logical, physical)
    case 'TIME':
      return physical === (logical.unit === 'MILLIS' ? 'INT32' : 'INT64') ? timeType(logical) : undefined
    case 'TIMESTAMP':
      return physical === 'INT64' ? { type: timestampType(logical) } : undefined
    default:
      return undefined
  }
}

function decimalType(
  { precision, scale }: { precision: number; scale: number },
  element: SchemaElement,
): LeafType | undefined {
  const { name } = physicalType(element)
  if (!/^INT(32|64)$|BYTE_ARRAY$/.test(name) || !(precision > 0)) return undefined
  if (!(scale >= 0 && scale <= precision)) throw corrupt(`the column ${element.name} has decimals of scale ${scale}`)
  if (precision > DIGITS_256) {
    throw unsupported(`decimals of ${precision} digits`, `rewrite the column ${element.name} as text`)
  }
  return { type: { kind: 'decimal', bitWidth: precision > DIGITS_128 ? 256 : 128, precision, scale } }
}

function integerType(
  { bitWidth, isSigned }: { bitWidth: number; isSigned: boolean },
  physical: string,
): LeafType | undefined {
  if (physical !== (bitWidth === 64 ? 'INT64' : 'INT32') || ![8, 16, 32, 64].includes(bitWidth)) return undefined
  return { type: { kind: 'int', bitWidth: bitWidth as IntType['bitWidth'], signed: isSigned } }
}

type Time = { unit: keyof typeof TIME_UNITS; isAdjustedToUTC: boolean }

function timeType({ unit, isAdjustedToUTC }: Time): LeafType {
  const type: DataType = { kind: 'time', unit: TIME_UNITS[unit] }
  return isAdjustedToUTC ? { type, metadata: [LOGICAL_TYPE, 'TIME(UTC)'] } : { type }
}

function timestampType({ unit, isAdjustedToUTC }: Time): DataType {
  return { kind: 'timestamp', unit: TIME_UNITS[unit], ...(isAdjustedToUTC && { timezone: 'UTC' }) }
}

type Geo = Extract<LogicalType, { type: 'GEOMETRY' | 'GEOGRAPHY' }>

/** `GEOMETRY`, `GEOGRAPHY(OGC:CRS84, SPHERICAL)`, or `GEOGRAPHY(, SPHERICAL)` without a reference system. */
function geoText(logical: Geo): string {
  const algorithm = 'algorithm' in logical && logical.algorithm ? `, ${logical.algorithm}` : ''
  const parameters = `${logical.crs ?? ''}${algorithm}`
  return parameters === '' ? logical.type : `${logical.type}(${parameters})`
}

function geoType(text: string): Geo | undefined {
  const [, type, inside = ''] = /^(GEOMETRY|GEOGRAPHY)(?:\((.*)\))?$/s.exec(text) ?? []
  if (type === 'GEOMETRY') return { type, ...(inside && { crs: inside }) }
  if (type !== 'GEOGRAPHY') return undefined
  const [, crs, algorithm] = /^(.*?)(?:, (SPHERICAL|VINCENTY|THOMAS|ANDOYER|KARNEY))?$/s.exec(inside) ?? []
  return { type, ...(crs && { crs }), ...(algorithm && { algorithm }) } as Geo
}

/** The schema element of a leaf for a field, without name and repetition. */
type LeafElement = Omit<SchemaElement, 'name' | 'repetition' | 'childCount'>

/** How values of a non-nested field are stored. */
export function leafElement({ type, metadata }: Field): LeafElement {
  return keptElement(metadata?.get(LOGICAL_TYPE), type) ?? valueElement(type, metadata?.get(EXTENSION))
}

/** The logical types that are kept in metadata. */
function keptElement(text: string | undefined, type: DataType): LeafElement | undefined {
  if (text === undefined) return undefined
  const { kind } = type
  if (text === 'TIME(UTC)' && kind === 'time') return timeElement(type.unit, true)
  if (text === 'ENUM' && kind === 'utf8') return annotatedBytes('ENUM')
  if (text === 'BSON' && kind === 'binary') return annotatedBytes('BSON')
  const geo = kind === 'binary' ? geoType(text) : undefined
  if (geo) return { type: 'BYTE_ARRAY', logicalType: geo }
  // INTERVAL exists only as a converted type.
  if (text === 'INTERVAL' && sameType(type, INTERVAL)) {
    return { type: 'FIXED_LEN_BYTE_ARRAY', typeLength: 12, convertedType: 'INTERVAL' }
  }
  return undefined
}

function annotatedBytes(name: 'ENUM' | 'BSON' | 'JSON'): LeafElement {
  return { type: 'BYTE_ARRAY', convertedType: name, logicalType: { type: name } }
}

function valueElement(type: DataType, extension: string | undefined): LeafElement {
  switch (type.kind) {
    case 'null':
      return { type: 'INT32', logicalType: { type: 'NULL' } }
    case 'bool':
      return { type: 'BOOLEAN' }
    case 'int':
      return integerElement(type)
    case 'float':
      if (type.bitWidth === 16) return { type: 'FIXED_LEN_BYTE_ARRAY', typeLength: 2, logicalType: { type: 'FLOAT16' } }
      return { type: type.bitWidth === 32 ? 'FLOAT' : 'DOUBLE' }
    case 'decimal':
      return decimalElement(type)
    case 'utf8':
      if (extension === 'arrow.json') return annotatedBytes('JSON')
      return { type: 'BYTE_ARRAY', convertedType: 'UTF8', logicalType: { type: 'STRING' } }
    case 'binary':
      return { type: 'BYTE_ARRAY' }
    case 'fixed_size_binary':
      return {
        type: 'FIXED_LEN_BYTE_ARRAY',
        typeLength: type.byteWidth,
        ...(extension === 'arrow.uuid' && type.byteWidth === 16 && { logicalType: { type: 'UUID' } }),
      }
    case 'date':
      return { type: 'INT32', convertedType: 'DATE', logicalType: { type: 'DATE' } }
    case 'time':
      return timeElement(type.unit)
    case 'duration':
      return { type: 'INT64' }
    case 'timestamp':
      return timestampElement(type.unit, type.timezone !== undefined)
    case 'dictionary':
      return valueElement(type.values, extension)
    default:
      throw new TypeError(`${type.kind} is not the type of a leaf`)
  }
}

function integerElement({ bitWidth, signed }: IntType): LeafElement {
  const type = bitWidth === 64 ? 'INT64' : 'INT32'
  if (signed && bitWidth >= 32) return { type }
  // A logical type would be redundant.
  return { type, convertedType: `${signed ? '' : 'U'}INT_${bitWidth}` }
}

function decimalElement({ precision, scale }: { precision: number; scale: number }): LeafElement {
  return {
    type: 'FIXED_LEN_BYTE_ARRAY',
    typeLength: decimalBytes(precision),
    convertedType: 'DECIMAL',
    precision,
    scale,
    logicalType: { type: 'DECIMAL', precision, scale },
  }
}

/** The fewest bytes that hold this many digits and a sign. */
function decimalBytes(precision: number): number {
  return Math.ceil(((10n ** BigInt(precision)).toString(2).length + 1) / 8)
}

function unitOf(unit: TimeUnit): 'MILLIS' | 'MICROS' | 'NANOS' {
  return unit === 'nanosecond' ? 'NANOS' : unit === 'microsecond' ? 'MICROS' : 'MILLIS'
}

/** Seconds become milliseconds. */
function timeElement(timeUnit: TimeUnit, isAdjustedToUTC = false): LeafElement {
  const unit = unitOf(timeUnit)
  return { type: unit === 'MILLIS' ? 'INT32' : 'INT64', logicalType: { type: 'TIME', isAdjustedToUTC, unit } }
}

function timestampElement(timeUnit: TimeUnit, isAdjustedToUTC: boolean): LeafElement {
  const unit = unitOf(timeUnit)
  return {
    type: 'INT64',
    // Converted types are instants, and have no nanoseconds.
    ...(isAdjustedToUTC && unit !== 'NANOS' && { convertedType: `TIMESTAMP_${unit}` as const }),
    logicalType: { type: 'TIMESTAMP', isAdjustedToUTC, unit },
  }
}
