/**
 * Column types, named as in Arrow's specification (https://arrow.apache.org/docs/format/Columnar.html, `Schema.fbs`).
 * Formats map their own types to and from these.
 */

/** The unit of a time, timestamp or duration. */
export type TimeUnit = 'second' | 'millisecond' | 'microsecond' | 'nanosecond'

/** An integer type. */
export interface IntType {
  kind: 'int'
  bitWidth: 8 | 16 | 32 | 64
  signed: boolean
}

/** A data type. */
export type DataType =
  | { kind: 'null' }
  | { kind: 'bool' }
  | IntType
  | { kind: 'float'; bitWidth: 16 | 32 | 64 }
  | { kind: 'decimal'; bitWidth: 32 | 64 | 128 | 256; precision: number; scale: number }
  /** UTF-8 text or bytes; `large` has 64-bit offsets, `view` is the view layout. */
  | { kind: 'utf8' | 'binary'; layout: 'offsets' | 'large' | 'view' }
  | { kind: 'fixed_size_binary'; byteWidth: number }
  | { kind: 'date'; unit: 'day' | 'millisecond' }
  | { kind: 'time' | 'duration'; unit: TimeUnit }
  /** A timestamp without a time zone is naive: local wall-clock time. */
  | { kind: 'timestamp'; unit: TimeUnit; timezone?: string }
  | { kind: 'interval'; unit: 'year_month' | 'day_time' | 'month_day_nano' }
  /** `large` and `large_view` have 64-bit offsets; files store list views as offsets and sizes. */
  | { kind: 'list'; layout: 'offsets' | 'large' | 'view' | 'large_view'; item: Field }
  | { kind: 'fixed_size_list'; size: number; item: Field }
  | { kind: 'struct'; fields: readonly Field[] }
  /** A list of entries, which are structs of a key and a value. */
  | { kind: 'map'; entries: Field; keysSorted: boolean }
  | { kind: 'dictionary'; index: IntType; values: DataType; ordered: boolean }

/** A named column, or a nested field. */
export interface Field {
  name: string
  type: DataType
  nullable: boolean
  /** Custom metadata, such as the name of an extension type. */
  metadata?: ReadonlyMap<string, string>
}

/** The columns of a table, and its metadata, such as the `pandas` entry. */
export interface TableSchema {
  fields: readonly Field[]
  metadata: ReadonlyMap<string, string>
}

/** The child fields of a nested type, in the order of its children. */
export function fieldsOf(type: DataType): readonly Field[] {
  if (type.kind === 'struct') return type.fields
  if (type.kind === 'list' || type.kind === 'fixed_size_list') return [type.item]
  return type.kind === 'map' ? [type.entries] : []
}

/** Whether two types hold the same values: field names count, field metadata does not. */
export function sameType(a: DataType, b: DataType): boolean {
  return a === b || typeName(a) === typeName(b)
}

/** A type as messages name it: `timestamp(microsecond, UTC)`, `list<item: float64>`. */
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

/** Whether a type is a dictionary or contains one. */
export function hasDictionary(type: DataType): boolean {
  return type.kind === 'dictionary' || fieldsOf(type).some((field) => hasDictionary(field.type))
}
