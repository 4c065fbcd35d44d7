/** Stores the values of objects in columns with a dictionary. */
import type { ColumnData } from './column-data.js'
import { concatColumns } from './column-slices.js'
import { objectReader } from './column-values.js'
import { type DataType, type Field, fieldsOf } from './data-type.js'
import { plural, SoftmaxError } from './errors.js'
import { isNothing } from './object-value.js'
import { buffersOf, type Store, type Stored, storeOf } from './stored-values.js'

/** The dictionaries of a column and of its children. Their values may have an order, and some may occur in no row. */
export interface Seed {
  dictionary?: ColumnData
  children?: readonly (Seed | undefined)[]
}

/** The dictionaries of a column; undefined if it has none. */
export function seedOf({ dictionary, children }: ColumnData): Seed | undefined {
  if (dictionary) return { dictionary }
  const seeds = children?.map(seedOf)
  return seeds?.some((seed) => seed !== undefined) ? { children: seeds } : undefined
}

type DictionaryField = Field & { type: DataType & { kind: 'dictionary' } }

/** Creates the store of a column whose dictionary begins with that of the seed; undefined if its values are nested. */
export function dictionaryStore(field: DictionaryField, seed: Seed | undefined) {
  const { type } = field
  const values = { ...field, type: type.values }
  const store = fieldsOf(type.values).length === 0 ? storeOf(values) : undefined
  if (!store) return undefined
  const dictionary = new GrowingDictionary(values, store, seed?.dictionary, mostValues(type))
  return {
    fits: (value: unknown) => store(value) !== undefined,
    build: (rows: readonly unknown[]): Partial<ColumnData> => {
      const stored = rows.map((value) => (isNothing(value) ? undefined : store(value)))
      const { positions, column } = dictionary.add(stored)
      const indices = stored.map((value) => (value === undefined ? 0 : positions.get(keyOf(value))!))
      return { ...buffersOf(type.index, indices), dictionary: column }
    },
  }
}

/** The number of values that the indices of a dictionary can refer to. */
function mostValues({ index }: DictionaryField['type']): number {
  return 2 ** (index.signed ? index.bitWidth - 1 : index.bitWidth)
}

/** A text for each value: a map does not distinguish 0 and -0. */
function keyOf(value: Stored): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  return Object.is(value, -0) ? '-0' : String(value)
}

interface Values {
  column: ColumnData
  positions: Map<string, number>
}

/** Up to this size, a dictionary grows; a larger one would be written again too often. */
const MOST_GROWN = 4096

/** A dictionary to which new values are appended. */
class GrowingDictionary {
  readonly #field: Field
  readonly #most: number
  #values: Values

  constructor(field: Field, store: Store, seed: ColumnData | undefined, most: number) {
    this.#field = field
    this.#most = most
    this.#values = seed ? valuesOf(seed, field, store) : made(field, [])
  }

  /** A dictionary with all these values: the same one as before, if it has them. */
  add(stored: readonly (Stored | undefined)[]): Values {
    const found = new Map(stored.flatMap((value) => (value === undefined ? [] : [[keyOf(value), value] as const])))
    const added = [...found].filter(([key]) => !this.#values.positions.has(key)).map(([, value]) => value)
    if (added.length > 0) this.#values = this.#extended(added) ?? this.#replaced([...found.values()])
    return this.#values
  }

  #extended(added: readonly Stored[]): Values | undefined {
    const { column, positions } = this.#values
    const length = column.length + added.length
    if (length > Math.min(MOST_GROWN, this.#most)) return undefined
    const all = new Map([...positions, ...added.map((value, nth) => [keyOf(value), column.length + nth] as const)])
    return { column: concatColumns([column, made(this.#field, added).column]), positions: all }
  }

  #replaced(values: readonly Stored[]): Values {
    if (values.length <= this.#most) return made(this.#field, values)
    const reason = `it has more than ${plural(this.#most, 'value')}, the most that the indices of its dictionary allow`
    throw new SoftmaxError('E_COLUMN_TYPE', { column: this.#field.name, reason })
  }
}

function made(field: Field, values: readonly Stored[]): Values {
  const { type } = field
  const column = { type, length: values.length, nullCount: 0, ...buffersOf(type, values) }
  return { column, positions: new Map(values.map((value, nth) => [keyOf(value), nth])) }
}

/** The values of a dictionary, which may contain a null or one value twice. */
function valuesOf(column: ColumnData, field: Field, store: Store): Values {
  const read = objectReader(column, (value) => value, field)
  const positions = new Map<string, number>()
  for (let entry = column.length - 1; entry >= 0; entry--) {
    const value = store(read(entry))
    if (value !== undefined) positions.set(keyOf(value), entry)
  }
  return { column, positions }
}
