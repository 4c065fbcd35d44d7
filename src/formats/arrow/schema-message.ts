/**
 * The schema message of Arrow's IPC format (`Schema.fbs` and `Message.fbs`), which begins a stream, and which Parquet files
 * have in their metadata: fields to and from a flatbuffer.
 */
import type { DataType, Field, IntType, TableSchema, TimeUnit } from '../../core/data-type.js'
import { FlatbufferBuilder, type Part, type Slot } from './flatbuffer-builder.js'

const UNITS: readonly TimeUnit[] = ['second', 'millisecond', 'microsecond', 'nanosecond']
const INTERVALS = ['year_month', 'day_time', 'month_day_nano'] as const
const FLOATS = [16, 32, 64] as const
/** The numbers of the types in the union of them. */
const TYPE = {
  null: 1,
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  interval: 11,
  list: 12,
  struct: 13,
  fixed_size_binary: 15,
  fixed_size_list: 16,
  map: 17,
  duration: 18,
  largeBinary: 19,
  largeUtf8: 20,
  largeList: 21,
  binaryView: 23,
  utf8View: 24,
  listView: 25,
  largeListView: 26,
} as const
const SCHEMA_HEADER = 1
const METADATA_V5 = 4
const CONTINUATION = 0xffffffff
/** How deep fields may stand in one another. */
const DEEPEST = 64

/** A schema as an encapsulated message. Dictionaries are numbered in order. */
export function writeSchemaMessage({ fields, metadata }: TableSchema): Uint8Array {
  const next = { id: 0 }
  const schema: Part = (to) =>
    to.table([undefined, vectorOf(fields.map((field) => fieldPart(field, next))), metadataPart(metadata)])
  const message = FlatbufferBuilder.build((to) =>
    to.table([short(METADATA_V5), byte(SCHEMA_HEADER), schema, { size: 8, value: 0 }]),
  )
  const head = Buffer.alloc(8)
  head.writeUInt32LE(CONTINUATION)
  head.writeUInt32LE(message.length, 4)
  return Buffer.concat([head, message])
}

const byte = (value: number): Slot => ({ size: 1, value })
const short = (value: number): Slot => ({ size: 2, value })
const word = (value: number): Slot => ({ size: 4, value })
const string =
  (text: string): Part =>
  (to) =>
    to.string(text)
const vectorOf =
  (parts: Part[]): Part =>
  (to) =>
    to.vector(parts)
const table =
  (...slots: Slot[]): Part =>
  (to) =>
    to.table(slots)

function metadataPart(metadata: ReadonlyMap<string, string> | undefined): Part | undefined {
  if (!metadata || metadata.size === 0) return undefined
  return vectorOf([...metadata].map(([key, value]) => table(string(key), string(value))))
}

function fieldPart({ name, nullable, type, metadata }: Field, next: { id: number }): Part {
  const plain = type.kind === 'dictionary' ? type.values : type
  const [number, ...slots] = typeSlots(plain)
  const dictionary = type.kind === 'dictionary' ? dictionaryPart(type, next.id++) : undefined
  const children = vectorOf(childrenOf(plain).map((child) => fieldPart(child, next)))
  return table(
    string(name),
    byte(nullable ? 1 : 0),
    byte(number),
    table(...slots),
    dictionary,
    children,
    metadataPart(metadata),
  )
}

function dictionaryPart({ index, ordered }: DataType & { kind: 'dictionary' }, id: number): Part {
  return table({ size: 8, value: id }, table(...intSlots(index)), byte(ordered ? 1 : 0))
}

/** The fields that a nested type is made of. */
function childrenOf(type: DataType): readonly Field[] {
  if (type.kind === 'struct') return type.fields
  if (type.kind === 'map') return [type.entries]
  return type.kind === 'list' || type.kind === 'fixed_size_list' ? [type.item] : []
}

function intSlots({ bitWidth, signed }: IntType): Slot[] {
  return [word(bitWidth), byte(signed ? 1 : 0)]
}

/** The number of a type, and the fields of its table. */
function typeSlots(type: DataType): [number, ...Slot[]] {
  switch (type.kind) {
    case 'int':
      return [TYPE.int, ...intSlots(type)]
    case 'float':
      return [TYPE.float, short(FLOATS.indexOf(type.bitWidth))]
    case 'decimal':
      return [TYPE.decimal, word(type.precision), word(type.scale), word(type.bitWidth)]
    case 'utf8':
      return [{ offsets: TYPE.utf8, large: TYPE.largeUtf8, view: TYPE.utf8View }[type.layout]]
    case 'binary':
      return [{ offsets: TYPE.binary, large: TYPE.largeBinary, view: TYPE.binaryView }[type.layout]]
    case 'list':
      return [type.layout === 'large' ? TYPE.largeList : TYPE.list]
    case 'fixed_size_binary':
      return [TYPE.fixed_size_binary, word(type.byteWidth)]
    case 'fixed_size_list':
      return [TYPE.fixed_size_list, word(type.size)]
    case 'date':
      return [TYPE.date, short(type.unit === 'day' ? 0 : 1)]
    case 'time':
      return [TYPE.time, short(UNITS.indexOf(type.unit)), word(UNITS.indexOf(type.unit) < 2 ? 32 : 64)]
    case 'duration':
      return [TYPE.duration, short(UNITS.indexOf(type.unit))]
    case 'timestamp':
      return [TYPE.timestamp, short(UNITS.indexOf(type.unit)), type.timezone && string(type.timezone)] as [
        number,
        ...Slot[],
      ]
    case 'interval':
      return [TYPE.interval, short(INTERVALS.indexOf(type.unit))]
    case 'map':
      return [TYPE.map, byte(type.keysSorted ? 1 : 0)]
    case 'dictionary':
      throw new TypeError('a dictionary of dictionaries')
    default:
      return [TYPE[type.kind]]
  }
}

/** A table of a flatbuffer, each of whose parts is looked for within the buffer; a RangeError says that one is not there. */
class Table {
  constructor(
    readonly view: DataView,
    readonly at: number,
  ) {}

  static root(bytes: Uint8Array): Table {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return new Table(view, view.getUint32(0, true))
  }

  #place(slot: number): number {
    const vtable = this.at - this.view.getInt32(this.at, true)
    const entry = 4 + 2 * slot
    if (entry >= this.view.getUint16(vtable, true)) return 0
    const offset = this.view.getUint16(vtable + entry, true)
    return offset === 0 ? 0 : this.at + offset
  }

  number(slot: number, read: 'getUint8' | 'getInt16' | 'getInt32', otherwise = 0): number {
    const at = this.#place(slot)
    return at === 0 ? otherwise : this.view[read](at, true)
  }

  boolean(slot: number): boolean {
    return this.number(slot, 'getUint8') !== 0
  }

  table(slot: number): Table | undefined {
    const at = this.#target(slot)
    return at === undefined ? undefined : new Table(this.view, at)
  }

  tables(slot: number): Table[] {
    const at = this.#target(slot)
    if (at === undefined) return []
    const count = this.view.getUint32(at, true)
    if (count > this.view.byteLength / 4) throw new RangeError('more tables than bytes')
    return Array.from({ length: count }, (_, index) => {
      const entry = at + 4 + 4 * index
      return new Table(this.view, entry + this.view.getUint32(entry, true))
    })
  }

  string(slot: number): string | undefined {
    const at = this.#target(slot)
    if (at === undefined) return undefined
    const length = this.view.getUint32(at, true)
    if (length > this.view.byteLength - at - 4) throw new RangeError('a text is cut short')
    return Buffer.from(this.view.buffer, this.view.byteOffset + at + 4, length).toString()
  }

  #target(slot: number): number | undefined {
    const at = this.#place(slot)
    return at === 0 ? undefined : at + this.view.getUint32(at, true)
  }
}

/** A schema whose types may be such as are not known here: they are undefined. */
export interface ReadSchema {
  fields: readonly (Field | undefined)[]
  metadata: ReadonlyMap<string, string>
}

/** The schema in an encapsulated message; undefined where it is none. */
export function readSchemaMessage(message: Uint8Array): ReadSchema | undefined {
  try {
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
    // The continuation mark came with version 0.15.
    const body = message.subarray(view.getUint32(0, true) === CONTINUATION ? 8 : 4)
    const root = Table.root(body)
    const schema = root.number(1, 'getUint8') === SCHEMA_HEADER ? root.table(2) : undefined
    return (
      schema && {
        fields: schema.tables(1).map((field) => readField(field, DEEPEST)),
        metadata: readMetadata(schema, 2),
      }
    )
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readMetadata(from: Table, slot: number): Map<string, string> {
  return new Map(from.tables(slot).map((entry) => [entry.string(0) ?? '', entry.string(1) ?? '']))
}

function readField(from: Table, deepest: number): Field | undefined {
  if (deepest === 0) throw new RangeError('a field is nested too deep')
  const children = from.tables(5).map((child) => readField(child, deepest - 1))
  const isKnown = children.every((child) => child !== undefined)
  const plain = isKnown ? readType(from.number(2, 'getUint8'), from.table(3), children as Field[]) : undefined
  const encoding = from.table(4)
  const type = plain && encoding ? readDictionary(encoding, plain) : plain
  const metadata = readMetadata(from, 6)
  if (!type) return undefined
  const field = { name: from.string(0) ?? '', type, nullable: from.boolean(1) }
  return metadata.size > 0 ? { ...field, metadata } : field
}

function readDictionary(from: Table, values: DataType): DataType {
  const index = from.table(1)
  return { kind: 'dictionary', index: index ? readInt(index) : INT32, values, ordered: from.boolean(2) }
}

const INT32: IntType = { kind: 'int', bitWidth: 32, signed: true }

function readInt(from: Table): IntType {
  return { kind: 'int', bitWidth: from.number(0, 'getInt32') as IntType['bitWidth'], signed: from.boolean(1) }
}

function readType(number: number, from: Table | undefined, children: Field[]): DataType | undefined {
  const [item] = children
  const empty = from ?? new Table(new DataView(new ArrayBuffer(8)), 4)
  const unit = (slot: number, otherwise = 0) => UNITS[empty.number(slot, 'getInt16', otherwise)]!
  switch (number) {
    case TYPE.null:
      return { kind: 'null' }
    case TYPE.int:
      return readInt(empty)
    case TYPE.float:
      return { kind: 'float', bitWidth: FLOATS[empty.number(0, 'getInt16')]! }
    case TYPE.binary:
    case TYPE.utf8:
      return { kind: number === TYPE.utf8 ? 'utf8' : 'binary', layout: 'offsets' }
    case TYPE.largeBinary:
    case TYPE.largeUtf8:
      return { kind: number === TYPE.largeUtf8 ? 'utf8' : 'binary', layout: 'large' }
    case TYPE.binaryView:
    case TYPE.utf8View:
      return { kind: number === TYPE.utf8View ? 'utf8' : 'binary', layout: 'view' }
    case TYPE.bool:
      return { kind: 'bool' }
    case TYPE.decimal:
      return {
        kind: 'decimal',
        bitWidth: empty.number(2, 'getInt32', 128) as 128,
        precision: empty.number(0, 'getInt32'),
        scale: empty.number(1, 'getInt32'),
      }
    case TYPE.date:
      return { kind: 'date', unit: empty.number(0, 'getInt16', 1) === 0 ? 'day' : 'millisecond' }
    case TYPE.time:
      return { kind: 'time', unit: unit(0, 1) }
    case TYPE.duration:
      return { kind: 'duration', unit: unit(0, 1) }
    case TYPE.timestamp: {
      const timezone = empty.string(1)
      return { kind: 'timestamp', unit: unit(0), ...(timezone && { timezone }) }
    }
    case TYPE.interval:
      return { kind: 'interval', unit: INTERVALS[empty.number(0, 'getInt16')]! }
    case TYPE.list:
    case TYPE.listView:
      return item && { kind: 'list', layout: 'offsets', item }
    case TYPE.largeList:
    case TYPE.largeListView:
      return item && { kind: 'list', layout: 'large', item }
    case TYPE.struct:
      return { kind: 'struct', fields: children }
    case TYPE.fixed_size_binary:
      return { kind: 'fixed_size_binary', byteWidth: empty.number(0, 'getInt32') }
    case TYPE.fixed_size_list:
      return item && { kind: 'fixed_size_list', size: empty.number(0, 'getInt32'), item }
    case TYPE.map:
      return item && { kind: 'map', entries: item, keysSorted: empty.boolean(0) }
    default:
      return undefined
  }
}
