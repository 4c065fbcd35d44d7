/** The option `types`: types for columns by name, and whether to infer the others. */
import type { DataType } from './data-type.js'
import { nearest } from './suggestion.js'

/** The type of text. */
export const TEXT: DataType = { kind: 'utf8', layout: 'offsets' }
const DOUBLE: DataType = { kind: 'float', bitWidth: 64 }

/** The types that can be requested, by name; if a type has two names, the first is the one to suggest. */
export const REQUESTED_TYPES = {
  text: TEXT,
  int64: { kind: 'int', bitWidth: 64, signed: true },
  float64: DOUBLE,
  double: DOUBLE,
  bool: { kind: 'bool' },
  date32: { kind: 'date', unit: 'day' },
  timestamp: { kind: 'timestamp', unit: 'microsecond' },
  timestamp_utc: { kind: 'timestamp', unit: 'microsecond', timezone: 'UTC' },
} as const satisfies Record<string, DataType>

/** The name of a requestable type. */
export type TypeName = keyof typeof REQUESTED_TYPES | `decimal(${number},${number})`

/** The names of requestable types, as messages and help list them. */
export const REQUESTED_NAMES: readonly string[] = [...Object.keys(REQUESTED_TYPES), 'decimal(P,S)']

/** An item of `types`. */
export type TypeItem = 'text' | 'infer' | `${string}=${TypeName}`

/** The option, as a list or as text with commas between items. */
export type Types = TypeItem | readonly TypeItem[]

/** The parsed option: whether the types of other columns are inferred, and types by column name. */
export interface RequestedTypes {
  infers: boolean
  byName: ReadonlyMap<string, DataType>
}

/** The items of the option. */
export function itemsOf(types: unknown): readonly unknown[] {
  // Not at the comma in `decimal(10,2)`.
  return typeof types === 'string' ? types.split(/,(?!\d+\)(?:,|$))/) : Array.isArray(types) ? types : []
}

/** Whether all items are keywords or columns with a type. */
export function areTypes(types: unknown): types is Types {
  const items = itemsOf(types)
  return items.length > 0 && items.every((item) => item === 'text' || item === 'infer' || typeOf(item) !== undefined)
}

/** Names of types elsewhere, such as in SQL, Python and Arrow. */
const OTHER_NAMES: Readonly<Record<string, keyof typeof REQUESTED_TYPES>> = {
  ...namesOf('text', 'string str utf8 large_string varchar char object'),
  ...namesOf('int64', 'int integer int8 int16 int32 uint8 uint16 uint32 smallint bigint long'),
  ...namesOf('float64', 'float float32 real number f64'),
  ...namesOf('bool', 'boolean'),
  ...namesOf('date32', 'date'),
  ...namesOf('timestamp', 'datetime time'),
  ...namesOf('timestamp_utc', 'timestamptz utc timestamp(utc) datetime(utc)'),
}

function namesOf<T extends string>(type: T, names: string): Record<string, T> {
  return Object.fromEntries(names.split(' ').map((name) => [name, type]))
}

/** The option that was probably meant by an invalid one; undefined if an item is like none. */
export function nearTypes(types: unknown): string | undefined {
  const meant = itemsOf(types).map((item) => (areTypes([item]) ? item : nearItem(item)))
  return meant.length === 0 || meant.includes(undefined) ? undefined : meant.join()
}

function nearItem(item: unknown): string | undefined {
  if (typeof item !== 'string') return undefined
  const [, name, type] = /^(.*)=(.*)$/s.exec(item) ?? []
  if (type === undefined) return nearest(item.trim(), ['text', 'infer'])
  const word = type.trim().toLowerCase()
  const near = OTHER_NAMES[word] ?? (typeNamed(word) ? word : nearest(word, Object.keys(REQUESTED_TYPES)))
  return near && `${name!.trim()}=${near}`
}

/** The name and type of an item; the name may contain a `=`. */
function typeOf(item: unknown): [name: string, type: DataType] | undefined {
  const [, name, type] = typeof item === 'string' ? (/^(.*)=(.*)$/s.exec(item) ?? []) : []
  const dataType = type === undefined ? undefined : typeNamed(type)
  return name === undefined || dataType === undefined ? undefined : [name, dataType]
}

function typeNamed(name: string): DataType | undefined {
  return Object.hasOwn(REQUESTED_TYPES, name)
    ? REQUESTED_TYPES[name as keyof typeof REQUESTED_TYPES]
    : decimalNamed(name)
}

/** A decimal type of a precision and a scale: 128 bits have 38 digits, 256 bits 76. */
function decimalNamed(name: string): DataType | undefined {
  const [, ...sizes] = /^decimal\(([1-9]\d?),(0|[1-9]\d?)\)$/.exec(name) ?? []
  const [precision = 0, scale = 0] = sizes.map(Number)
  if (precision === 0 || precision > 76 || scale > precision) return undefined
  return { kind: 'decimal', bitWidth: precision > 38 ? 256 : 128, precision, scale }
}

/** The name that requests a type for the text of its values; undefined if there is none. */
export function requestedName(type: DataType): TypeName | undefined {
  if (type.kind === 'dictionary') return requestedName(type.values)
  if (type.kind === 'date') return type.unit === 'day' ? 'date32' : undefined
  if (type.kind === 'timestamp' && type.unit === 'nanosecond') return undefined
  if (type.kind === 'timestamp') return type.timezone === undefined ? 'timestamp' : 'timestamp_utc'
  if (type.kind !== 'decimal') return undefined
  const name: TypeName = `decimal(${type.precision},${type.scale})`
  return decimalNamed(name) && name
}

/** Parses the option. */
export function requestedTypes(types: Types): RequestedTypes {
  const items = itemsOf(types)
  const pairs = items.map(typeOf).filter((pair) => pair !== undefined)
  return { infers: items.includes('infer'), byName: new Map(pairs) }
}

/** Whether all requested types are text, which those of columns in delimited text are. */
export function areText({ infers, byName }: RequestedTypes): boolean {
  return !infers && [...byName.values()].every((type) => type === TEXT)
}

/** Whether the option only states the default. */
export function requestsNothing({ infers, byName }: RequestedTypes): boolean {
  return !infers && byName.size === 0
}

/**
 * The option extended with a type for one more column, as messages suggest it; undefined if the column cannot be named
 * in text.
 */
export function withType(types: Types, name: string, type: TypeName): string | undefined {
  return canName(name) ? withTypes(types, [[name, type]]) : undefined
}

/** The same for several columns that can be named. */
export function withTypes(types: Types, added: readonly (readonly [name: string, type: TypeName])[]): string {
  const names = new Set<string | undefined>(added.map(([name]) => name))
  const items = itemsOf(types).filter((item) => item !== 'text' && !names.has(typeOf(item)?.[0]))
  return [...items, ...added.map(([name, type]) => `${name}=${type}`)].join(',')
}

/** Whether the option can name a column in text. */
export function canName(name: string): boolean {
  return !/[,\p{Cc}]/u.test(name)
}
