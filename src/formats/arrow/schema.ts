/** Converts between Arrow IPC schemas (`Schema.fbs`) and fields. */
import {
  type DataType,
  type Field,
  fieldsOf,
  type IntType,
  type TableSchema,
  type TimeUnit,
} from '../../core/data-type.js'
import { SoftmaxError, shown } from '../../core/errors.js'
import { corrupt, REWRITE, unsupported, withoutColumn, withoutRuns } from './corrupt.js'
import { type FlatNode, type FlatTable, int, string, table, vector } from './flatbuffer.js'

/** A field of a file, with the id of its dictionary if it has one. */
export interface FieldNode {
  field: Field
  dictionary?: bigint
  /** The child fields of a nested type; for a dictionary, those of its values. */
  children: readonly FieldNode[]
}

/** The schema of a file. */
export interface FileSchema {
  fields: readonly FieldNode[]
  metadata: ReadonlyMap<string, string>
}

const TIME_UNITS = ['second', 'millisecond', 'microsecond', 'nanosecond'] as const satisfies readonly TimeUnit[]
const INTERVAL_UNITS = ['year_month', 'day_time', 'month_day_nano'] as const
const FLOAT_WIDTHS = [16, 32, 64] as const
const LITTLE_ENDIAN = 0
/** The nesting limit; only a corrupt file exceeds it. */
const DEEPEST = 64

/** Types by their number in the `Type` union; gaps are invalid. */
const TYPES: readonly (((type: FlatTable, children: readonly Field[], column: string) => DataType) | undefined)[] = [
  undefined,
  () => ({ kind: 'null' }),
  readInt,
  (type) => ({ kind: 'float', bitWidth: oneOf(FLOAT_WIDTHS, type.int(0, 2)) }),
  () => ({ kind: 'binary', layout: 'offsets' }),
  () => ({ kind: 'utf8', layout: 'offsets' }),
  () => ({ kind: 'bool' }),
  (type) => ({
    kind: 'decimal',
    precision: inRange(type.int(0, 4), 1, MOST_DIGITS),
    scale: inRange(type.int(1, 4), -MOST_DIGITS, MOST_DIGITS),
    bitWidth: oneOf([32, 64, 128, 256] as const, [32, 64, 128, 256].indexOf(type.int(2, 4, 128))),
  }),
  (type) => ({ kind: 'date', unit: oneOf(['day', 'millisecond'] as const, type.int(0, 2, 1)) }),
  (type) => ({ kind: 'time', unit: oneOf(TIME_UNITS, type.int(0, 2, 1)) }),
  readTimestamp,
  (type) => ({ kind: 'interval', unit: oneOf(INTERVAL_UNITS, type.int(0, 2)) }),
  (_, children) => ({ kind: 'list', layout: 'offsets', item: onlyOf(children) }),
  (_, children) => ({ kind: 'struct', fields: children }),
  (_, __, column) => unsupported(`a union in the Arrow column ${shown(column)}`, withoutColumn(column)),
  (type) => ({ kind: 'fixed_size_binary', byteWidth: inRange(type.int(0, 4), 0, MOST_BYTES) }),
  (type, children) => ({
    kind: 'fixed_size_list',
    size: inRange(type.int(0, 4), 0, MOST_BYTES),
    item: onlyOf(children),
  }),
  (type, children) => ({ kind: 'map', keysSorted: type.boolean(0), entries: entriesOf(children) }),
  (type) => ({ kind: 'duration', unit: oneOf(TIME_UNITS, type.int(0, 2, 1)) }),
  () => ({ kind: 'binary', layout: 'large' }),
  () => ({ kind: 'utf8', layout: 'large' }),
  (_, children) => ({ kind: 'list', layout: 'large', item: onlyOf(children) }),
  (_, __, column) => unsupported(`run-end encoding of the Arrow column ${shown(column)}`, withoutRuns(column)),
  () => ({ kind: 'binary', layout: 'view' }),
  () => ({ kind: 'utf8', layout: 'view' }),
  (_, children) => ({ kind: 'list', layout: 'view', item: onlyOf(children) }),
  (_, children) => ({ kind: 'list', layout: 'large_view', item: onlyOf(children) }),
]

/** Bounds on the scale of a decimal and the size of a fixed-size value (2 GiB). */
const MOST_DIGITS = 100
const MOST_BYTES = 2 ** 31 - 1

function readInt(type: FlatTable): IntType {
  const widths = [8, 16, 32, 64] as const
  return { kind: 'int', bitWidth: oneOf(widths, widths.indexOf(type.int(0, 4) as 8)), signed: type.boolean(1) }
}

function readTimestamp(type: FlatTable): DataType {
  const timezone = type.string(1)
  const unit = oneOf(TIME_UNITS, type.int(0, 2))
  return { kind: 'timestamp', unit, ...(timezone !== undefined && timezone !== '' && { timezone }) }
}

function oneOf<T>(values: readonly T[], index: number): T {
  const value = values[index]
  if (value === undefined) throw corrupt('a type has an unknown unit or width')
  return value
}

function inRange(value: number, least: number, most: number): number {
  if (value < least || value > most) throw corrupt(`a type has the size ${value}`)
  return value
}

function onlyOf(children: readonly Field[]): Field {
  if (children.length !== 1) throw corrupt(`a list has ${children.length} item types`)
  return children[0]!
}

function entriesOf(children: readonly Field[]): Field {
  const entries = onlyOf(children)
  if (entries.type.kind === 'struct' && entries.type.fields.length === 2) return entries
  throw corrupt('a map has entries that are not a key and a value')
}

/** Decodes a schema. Throws E_UNSUPPORTED if it has unsupported types. */
export function readSchema(schema: FlatTable): FileSchema {
  if (schema.int(0, 2) !== LITTLE_ENDIAN) {
    unsupported('big-endian Arrow data', REWRITE)
  }
  return {
    fields: schema.tables(1).map((field) => readField(field, field.string(0) ?? '', DEEPEST)),
    metadata: readMetadata(schema, 2),
  }
}

/** Decodes the fields of a schema; undefined for each unsupported type, such as an extension of the writer. */
export function readKnownFields(schema: FlatTable): (Field | undefined)[] {
  return schema.tables(1).map((field) => {
    try {
      return readField(field, field.string(0) ?? '', DEEPEST).field
    } catch (error) {
      if (error instanceof SoftmaxError) return undefined
      throw error
    }
  })
}

/** Decodes key-value metadata; the last of duplicate keys wins. */
function readMetadata(parent: FlatTable, slot: number): ReadonlyMap<string, string> {
  return new Map(parent.tables(slot).map((pair) => [pair.text(0) ?? '', pair.text(1) ?? '']))
}

function readField(table: FlatTable, column: string, deepest: number): FieldNode {
  if (deepest === 0) throw corrupt('a column is nested too deeply')
  const name = table.string(0) ?? ''
  const children = table.tables(5).map((child) => readField(child, column, deepest - 1))
  const values = readType(table, children, column)
  const encoding = table.table(4)
  const metadata = readMetadata(table, 6)
  const field = { name, type: values, nullable: table.boolean(1), ...(metadata.size > 0 && { metadata }) }
  if (!encoding) return { field, children }
  const index = encoding.table(1)
  const type: DataType = {
    kind: 'dictionary',
    index: index ? readInt(index) : { kind: 'int', bitWidth: 32, signed: true },
    values,
    ordered: encoding.boolean(2),
  }
  return { field: { ...field, type }, dictionary: encoding.long(0), children }
}

function readType(field: FlatTable, children: readonly FieldNode[], column: string): DataType {
  const number = field.int(2, 1)
  const type = field.table(3)
  const read = TYPES[number]
  if (!read || !type) return unsupported(`type ${number} of the Arrow column ${shown(column)}`, withoutColumn(column))
  return read(
    type,
    children.map(({ field }) => field),
    column,
  )
}

/** Assigns dictionary ids, inner ones first, as they are written before outer ones. */
export function numberDictionaries(fields: readonly Field[]): FieldNode[] {
  let next = 0n
  const node = (field: Field): FieldNode => {
    const isDictionary = field.type.kind === 'dictionary'
    const children = fieldsOf(valuesOf(field.type)).map(node)
    return isDictionary ? { field, children, dictionary: next++ } : { field, children }
  }
  return fields.map(node)
}

/** The value type of a dictionary, or the type itself. */
export function valuesOf(type: DataType): DataType {
  return type.kind === 'dictionary' ? type.values : type
}

/** Encodes a schema as a table. */
export function schemaTable(fields: readonly FieldNode[], metadata: TableSchema['metadata']): FlatNode {
  return table(int(2, LITTLE_ENDIAN), vector(fields.map(fieldTable)), metadataVector(metadata))
}

function metadataVector(metadata: ReadonlyMap<string, string> | undefined): FlatNode | undefined {
  if (!metadata || metadata.size === 0) return undefined
  return vector(Array.from(metadata, ([key, value]) => table(string(key), string(value))))
}

function fieldTable({ field, dictionary, children }: FieldNode): FlatNode {
  const { name, type, nullable, metadata } = field
  const [number, ...slots] = typeSlots(valuesOf(type))
  return table(
    string(name),
    int(1, nullable),
    int(1, number),
    table(...slots),
    dictionary === undefined ? undefined : dictionaryTable(type, dictionary),
    vector(children.map(fieldTable)),
    metadataVector(metadata),
  )
}

function dictionaryTable(type: DataType, id: bigint): FlatNode {
  const { index, ordered } = type as DataType & { kind: 'dictionary' }
  const [, ...slots] = typeSlots(index)
  return table(int(8, id), table(...slots), int(1, ordered))
}

/** The union number of a type, and the fields of its table. */
function typeSlots(type: DataType): [number: number, ...slots: FlatNode[]] {
  switch (type.kind) {
    case 'null':
      return [1]
    case 'int':
      return [2, int(4, type.bitWidth), int(1, type.signed)]
    case 'float':
      return [3, int(2, FLOAT_WIDTHS.indexOf(type.bitWidth))]
    case 'binary':
      return [{ offsets: 4, large: 19, view: 23 }[type.layout]]
    case 'utf8':
      return [{ offsets: 5, large: 20, view: 24 }[type.layout]]
    case 'bool':
      return [6]
    case 'decimal':
      return [7, int(4, type.precision), int(4, type.scale), int(4, type.bitWidth)]
    case 'date':
      return [8, int(2, type.unit === 'day' ? 0 : 1)]
    case 'time':
      return [9, unitOf(type), int(4, type.unit === 'second' || type.unit === 'millisecond' ? 32 : 64)]
    case 'timestamp':
      return [10, unitOf(type), ...(type.timezone === undefined ? [] : [string(type.timezone)])]
    case 'interval':
      return [11, int(2, INTERVAL_UNITS.indexOf(type.unit))]
    case 'list':
      return [{ offsets: 12, large: 21, view: 25, large_view: 26 }[type.layout]]
    case 'struct':
      return [13]
    case 'fixed_size_binary':
      return [15, int(4, type.byteWidth)]
    case 'fixed_size_list':
      return [16, int(4, type.size)]
    case 'map':
      return [17, int(1, type.keysSorted)]
    case 'duration':
      return [18, unitOf(type)]
    case 'dictionary':
      return typeSlots(type.values)
  }
}

function unitOf({ unit }: { unit: TimeUnit }): FlatNode {
  return int(2, TIME_UNITS.indexOf(unit))
}
