/** The types that columns had where `read` found them: `write` gives them to the columns of its rows. */
import { type Field, hasDictionary, type TableSchema } from './data-type.js'
import { type Seed, seedOf } from './dictionary-values.js'
import { hiddenProperty } from './hidden-property.js'
import { isIndex } from './key-order.js'
import { type Column, isColumnData, type KeptColumn } from './record-batch.js'

/** The columns of a table that have a type, by name, and its metadata. */
export interface SourceTypes {
  /** The names of all columns, in their order. */
  names: readonly string[]
  columns: ReadonlyMap<string, SourceColumn>
  metadata: TableSchema['metadata'] | undefined
  /** Whether a text that is empty is not null: of CSV and TSV, rows have an empty text for either. */
  hasNulls: boolean
}

/** A column: its field, and the dictionaries in it. */
export interface SourceColumn {
  field: Field
  seed: Seed | undefined
}

/** Attached to a row made by `read`. */
const types = hiddenProperty<SourceTypes>()

/** Attaches types to a row, and to its list of logits, which a copy of the row shares. */
export function putTypes(row: object, of: SourceTypes): void {
  types.put(row, of)
  const { logits } = row as { logits?: unknown }
  if (typeof logits === 'object' && logits !== null && !types.get(logits)) types.put(logits, of)
}

/** The types of a row; undefined if `read` did not make it, or its input has no types. */
export function typesOf(row: object): SourceTypes | undefined {
  const { logits } = row as { logits?: unknown }
  return types.get(row) ?? (typeof logits === 'object' && logits !== null ? types.get(logits) : undefined)
}

/**
 * Creates the function that returns the types of columns, of which a batch has the values; undefined if none has a type
 * or nulls, and objects have them in the same order.
 */
export function sourceTyper(
  columns: readonly Column[],
  metadata: SourceTypes['metadata'],
  mayHaveNulls: boolean,
): ((kept: readonly KeptColumn[]) => SourceTypes) | undefined {
  const typed = [...columns.entries()].filter(([, { field }]) => field !== undefined)
  const names = columns.map(({ name }) => name)
  const hasNulls = mayHaveNulls || typed.length > 0
  if (!hasNulls && !names.some(isIndex)) return undefined
  const typesIn = (kept: readonly KeptColumn[]): SourceTypes => {
    const columnOf = ([at, { name, field }]: (typeof typed)[number]) =>
      [name, { field: field!, seed: seedIn(kept[at], field!) }] as const
    return { names, columns: new Map(typed.map(columnOf)), metadata, hasNulls }
  }
  const same = typed.some(([, { field }]) => hasDictionary(field!.type)) ? undefined : typesIn([])
  return same ? () => same : typesIn
}

/** Only dictionaries: the rows that refer to them must not keep a batch in memory. */
function seedIn(column: KeptColumn | undefined, { type }: Field): Seed | undefined {
  return column && isColumnData(column) && hasDictionary(type) ? seedOf(column) : undefined
}

/** The properties of a row in the order of the columns that they were: each index follows the column before it. */
export function inSourceOrder(row: object, types: SourceTypes | undefined): readonly string[] {
  const keys = Object.keys(row)
  const had = new Set(keys)
  const present = (types?.names ?? []).filter((name) => had.has(name))
  const moved = new Set(present.filter(isIndex))
  if (moved.size === 0) return keys
  const following = new Map<string | undefined, string[]>()
  let before: string | undefined
  for (const name of present) {
    if (!moved.has(name)) before = name
    else following.set(before, [...(following.get(before) ?? []), name])
  }
  const others = keys.filter((key) => !moved.has(key))
  return [undefined, ...others].flatMap((key) => [...(key === undefined ? [] : [key]), ...(following.get(key) ?? [])])
}
