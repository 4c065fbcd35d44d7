/** Stores the values of objects in columns of any type, if the column then has the same values. */
import type { ColumnData } from './column-data.js'
import { withNulls } from './column-slices.js'
import { type DataType, type Field, fieldsOf } from './data-type.js'
import { dictionaryStore, type Seed } from './dictionary-values.js'
import { isNothing } from './object-value.js'
import { buffersOf, offsetsOf, type Store, storeOf } from './stored-values.js'

/** Stores the values of a field. */
export interface FieldStore {
  /** Whether a value, or null, can be stored. */
  fits(value: unknown): boolean
  /** The column of values that fit. */
  build(values: readonly unknown[]): ColumnData
}

/** The same for values that are not null. */
interface TypeStore {
  fits(value: unknown): boolean
  /** The parts of a column of the type except its validity, from values that may be null or undefined. */
  build(values: readonly unknown[]): Partial<ColumnData>
}

/** Creates the store of a field; undefined if objects do not have all that it stores. */
export function fieldStore(field: Field, seed?: Seed): FieldStore | undefined {
  const store = typeStore(field, seed)
  const { type, nullable } = field
  return (
    store && {
      fits: (value) => (isNothing(value) ? nullable : store.fits(value)),
      build: (values) => ({ type, length: values.length, ...validityOf(field, values), ...store.build(values) }),
    }
  )
}

/** Below a null, a field that is not nullable has no nulls. */
function validityOf({ type, nullable }: Field, values: readonly unknown[]): Pick<ColumnData, 'validity' | 'nullCount'> {
  if (type.kind === 'null') return { nullCount: values.length }
  if (!nullable) return { nullCount: 0 }
  const bits = new Uint8Array((values.length + 7) >> 3)
  for (const [row, value] of values.entries()) if (!isNothing(value)) bits[row >> 3]! |= 1 << (row & 7)
  return withNulls(bits, values.length)
}

function typeStore(field: Field, seed: Seed | undefined): TypeStore | undefined {
  const { type } = field
  switch (type.kind) {
    case 'list':
    case 'fixed_size_list':
      return listStore(type, seed)
    case 'struct':
      return structStore(type, seed)
    case 'map':
      return mapStore(type, seed)
    case 'dictionary':
      return dictionaryStore({ ...field, type }, seed)
    default:
      return leafStore(type, storeOf(field))
  }
}

function leafStore(type: DataType, store: Store | undefined): TypeStore | undefined {
  return (
    store && {
      fits: (value) => store(value) !== undefined,
      build: (values) =>
        buffersOf(
          type,
          values.map((value) => (isNothing(value) ? undefined : store(value))),
        ),
    }
  )
}

/** Bytes are not a list. */
function isList(value: unknown): value is ArrayLike<unknown> {
  const isNumbers = ArrayBuffer.isView(value) && !(value instanceof Uint8Array) && !(value instanceof DataView)
  return Array.isArray(value) || isNumbers
}

function listStore(
  type: DataType & { kind: 'list' | 'fixed_size_list' },
  seed: Seed | undefined,
): TypeStore | undefined {
  const item = fieldStore(type.item, seed?.children?.[0])
  if (!item) return undefined
  const size = type.kind === 'fixed_size_list' ? type.size : undefined
  const isOfSize = ({ length }: ArrayLike<unknown>) => size === undefined || length === size
  return {
    fits: (value) => isList(value) && isOfSize(value) && Array.from(value).every(item.fits),
    build: (values) => {
      const lists = values.map((value) =>
        isNothing(value) ? new Array(size ?? 0).fill(null) : Array.from(value as []),
      )
      return { ...(size === undefined && { offsets: offsetsOf(type, lists) }), children: [item.build(lists.flat())] }
    },
  }
}

type Properties = Record<string, unknown>

function isRecord(value: unknown): value is Properties {
  const isObject = typeof value === 'object' && value !== null
  return isObject && !Array.isArray(value) && !ArrayBuffer.isView(value) && !(value instanceof Date)
}

function ownValue(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** An object has one property of each name. */
function structStore({ fields }: DataType & { kind: 'struct' }, seed: Seed | undefined): TypeStore | undefined {
  const names = new Set(fields.map(({ name }) => name))
  const stores = fields.map((field, nth) => fieldStore(field, seed?.children?.[nth]))
  if (names.size < fields.length || !stores.every((store) => store !== undefined)) return undefined
  const isComplete = (value: unknown) => fields.every(({ name }, nth) => stores[nth]!.fits(ownValue(value, name)))
  return {
    fits: (value) => isRecord(value) && Object.keys(value).every((name) => names.has(name)) && isComplete(value),
    build: (values) => ({
      children: fields.map(({ name }, nth) => stores[nth]!.build(values.map((value) => ownValue(value, name)))),
    }),
  }
}

/** The keys of objects are texts, and are not sorted: those that look like integers come first. */
function mapStore(type: DataType & { kind: 'map' }, seed: Seed | undefined): TypeStore | undefined {
  const [keyField, valueField] = fieldsOf(type.entries.type) as [Field, Field]
  const key = keyField.type.kind === 'utf8' && !keyField.metadata ? fieldStore(keyField) : undefined
  const item = fieldStore(valueField, seed?.children?.[0]?.children?.[1])
  if (!key || !item || type.keysSorted) return undefined
  return {
    fits: (value) => isRecord(value) && Object.values(value).every(item.fits),
    build: (values) => {
      const maps = values.map((value) => (isRecord(value) ? Object.entries(value) : []))
      const entries = maps.flat()
      const children = [key.build(entries.map(([name]) => name)), item.build(entries.map(([, value]) => value))]
      return {
        offsets: offsetsOf(type, maps),
        children: [{ type: type.entries.type, length: entries.length, nullCount: 0, children }],
      }
    },
  }
}
