/**
 * Types of columns, in the words of Arrow's specification
 * (https://arrow.apache.org/docs/format/Columnar.html, `Schema.fbs`). Formats map their own types to these and back.
 */

/** The unit of a time, timestamp or duration. */
export type TimeUnit = 'second' | 'millisecond' | 'microsecond' | 'nanosecond'

/** An integer type. */
export interface IntType {
  kind: 'int'
  bitWidth: 8 | 16 | 32 | 64
  signed: boolean
}

/** A type of values. */
export type DataType =
  | { kind: 'null' }
  | { kind: 'bool' }
  | IntType
  | { kind: 'float'; bitWidth: 16 | 32 | 64 }
  | { kind: 'decimal'; bitWidth: 32 | 64 | 128 | 256; precision: number; scale: number }
  /** Text in UTF-8, or bytes; `large` has 64-bit offsets, `view` is the view layout. */
  | { kind: 'utf8' | 'binary'; layout: 'offsets' | 'large' | 'view' }
  | { kind: 'fixed_size_binary'; byteWidth: number }
  | { kind: 'date'; unit: 'day' | 'millisecond' }
  | { kind: 'time' | 'duration'; unit: TimeUnit }
  /** Without a time zone a timestamp is naive: a wall clock of no place. */
  | { kind: 'timestamp'; unit: TimeUnit; timezone?: string }
  | { kind: 'interval'; unit: 'year_month' | 'day_time' | 'month_day_nano' }
  /** `large` and `large_view` have 64-bit offsets; those of views have sizes in their files. */
  | { kind: 'list'; layout: 'offsets' | 'large' | 'view' | 'large_view'; item: Field }
  | { kind: 'fixed_size_list'; size: number; item: Field }
  | { kind: 'struct'; fields: readonly Field[] }
  /** A list of entries, structs of a key and a value. */
  | { kind: 'map'; entries: Field; keysSorted: boolean }
  | { kind: 'dictionary'; index: IntType; values: DataType; ordered: boolean }

/** A named column, or a part of a nested one. */
export interface Field {
  name: string
  type: DataType
  nullable: boolean
  /** Custom metadata, such as the name of an extension type. */
  metadata?: ReadonlyMap<string, string>
}

/** The columns of a table, and what its file says of it as a whole, such as the `pandas` metadata. */
export interface TableSchema {
  fields: readonly Field[]
  metadata: ReadonlyMap<string, string>
}

/** The fields of a nested type, in the order of the children of its columns. */
export function fieldsOf(type: DataType): readonly Field[] {
  if (type.kind === 'struct') return type.fields
  if (type.kind === 'list' || type.kind === 'fixed_size_list') return [type.item]
  return type.kind === 'map' ? [type.entries] : []
}

/** True if columns of two types hold the same: names of fields count, their metadata does not. */
export function sameType(a: DataType, b: DataType): boolean {
  return a === b || typeName(a) === typeName(b)
}

/** A type as it is named in messages: `timestamp(microsecond, UTC)`, `list<item: float64>`. */
export function typeName(type: DataType): string {
  const { kind } = type
  switch (kind) {
    case 'int':
      return `${type.signed ? '' : 'u'}int${type.bitWidth}`
    case 'float':
      return `float${type.bitWidth}`
    case 'decimal':
      return `decimal${type.bitWidth}(${type.precision}, ${type.scale})`
    case 'utf8':
    case 'binary':
      return type.layout === 'offsets' ? kind : `${type.layout}_${kind}`
    case 'fixed_size_binary':
      return `${kind}(${type.byteWidth})`
    case 'date':
    case 'time':
    case 'duration':
    case 'interval':
      return `${kind}(${type.unit})`
    case 'timestamp':
      return `timestamp(${type.unit}${type.timezone === undefined ? '' : `, ${type.timezone}`})`
    case 'dictionary':
      return `dictionary<${typeName(type.index)}, ${typeName(type.values)}>${type.ordered ? ' ordered' : ''}`
    case 'fixed_size_list':
      return `${kind}(${type.size})<${fieldName(type.item)}>`
    case 'list':
      return `${LIST_NAMES[type.layout]}<${fieldName(type.item)}>`
    case 'struct':
    case 'map':
      return `${kind}<${fieldsOf(type).map(fieldName).join(', ')}>`
    default:
      return kind
  }
}

const LIST_NAMES = { offsets: 'list', large: 'large_list', view: 'list_view', large_view: 'large_list_view' } as const

function fieldName({ name, type, nullable }: Field): string {
  return `${name}: ${typeName(type)}${nullable ? '' : ' not null'}`
}
