/** Gives columns of objects the types that they had in the input, if they still have such values. */

import { dataTypeOf } from '../core/column-builder.js'
import type { DataType, Field, TableSchema } from '../core/data-type.js'
import { typeName } from '../core/data-type.js'
import { type FieldStore, fieldStore } from '../core/field-values.js'
import { type ChangedColumn, changedWarning, type LostColumn, lostWarning, nestedWarning } from '../core/lost-types.js'
import { isNothing, plainOf, valueOf } from '../core/object-value.js'
import type { Column } from '../core/record-batch.js'
import { requestedName, requestedTypes, type TypeName, type Types, withType } from '../core/requested-types.js'
import type { SourceColumn, SourceTypes } from '../core/source-types.js'
import { cellOf } from '../core/value-text.js'
import { fits } from '../core/value-type.js'

type Row = Record<string, unknown>

/** The columns that have the types they had in the input, and those that cannot. */
export interface RestoredColumns {
  columns: Map<string, Column>
  stores: Map<Column, FieldStore>
  lost: LostColumn[]
  changed: Omit<ChangedColumn, 'now'>[]
  metadata: TableSchema['metadata'] | undefined
}

/** Restores the types of columns from the first rows, except those of requested type. */
export function restoredColumns(
  rows: readonly unknown[],
  names: readonly string[],
  types: SourceTypes | undefined,
  requested: ReadonlyMap<string, unknown>,
): RestoredColumns {
  const restored: RestoredColumns = {
    columns: new Map(),
    stores: new Map(),
    lost: [],
    changed: [],
    metadata: undefined,
  }
  for (const name of names) {
    const source = requested.has(name) ? undefined : types?.columns.get(name)
    if (source)
      restore(
        rows.map((row) => plainOf((row as Row | null | undefined)?.[name])),
        source,
        restored,
      )
  }
  if (restored.lost.length + restored.changed.length === 0) restored.metadata = types?.metadata
  return restored
}

/**
 * The columns whose types are lost if these rows are copies of rows that a stream read with these types: their values
 * fit the types, but would get others.
 */
export function lostByCopies(rows: readonly unknown[], kept: readonly Column[], types: SourceTypes): LostColumn[] {
  const open = kept.filter(({ field }) => !field)
  const names = open.map(({ name }) => name)
  const { columns } = restoredColumns(rows, names, types, new Map())
  return open.flatMap(({ name, type }) => {
    const before = columns.get(name)?.field?.type
    return before && typeName(before) !== typeName(dataTypeOf(type)) ? [{ name, type: before }] : []
  })
}

/** Adds a column of these values to those that are restored, or to those that cannot be. */
function restore(
  values: readonly unknown[],
  source: SourceColumn,
  { columns, stores, lost, changed }: RestoredColumns,
) {
  const { name, type } = source.field
  const field = { ...source.field, nullable: source.field.nullable || values.some(isNothing) }
  const store = fieldStore(field, source.seed)
  const misfit = store ? values.findIndex((value) => !store.fits(value)) : -1
  if (!store) lost.push({ name, type })
  else if (misfit >= 0) changed.push({ name, type, row: misfit + 1, value: values[misfit] })
  else {
    const column: Column = { name, type: 'text', sample: '', field }
    columns.set(name, column)
    stores.set(column, store)
  }
}

/** The warnings about columns that do not have the types of the input, and others with lists or objects. */
export function typeWarnings(kept: readonly Column[], { lost, changed }: RestoredColumns, types: Types): string[] {
  const now = new Map(kept.map(({ name, type }) => [name, type]))
  const names = new Set([...lost, ...changed].map(({ name }) => name))
  const others = kept.filter(({ name }) => !names.has(name))
  return [
    lostWarning(lost.filter(({ name }) => now.has(name))),
    changedWarning(
      changed.map((column) => ({ ...column, now: now.get(column.name)! })),
      types,
    ),
    nestedWarning(others, requestedTypes(types)),
  ].filter((text) => text !== undefined)
}

/** The data of the E_CELL_TYPE error for a later value that does not have the type. */
export function restoredMisfit(value: unknown, { name, type, nullable }: Field, types: Types) {
  const isNull = isNothing(value)
  return {
    cell: isNull ? 'null' : cellOf(valueOf(value)),
    type: `${typeName(type)}${isNull && !nullable ? ' not null' : ''}`,
    types: withType(types, name, isNull ? nullableName(type) : widerName(type, value)),
    isOfInput: true,
  }
}

/** The type to request for a column of a type that also has nulls. */
function nullableName(type: DataType): TypeName {
  if (type.kind === 'int' && (type.signed || type.bitWidth < 64)) return 'int64'
  return type.kind === 'float' ? 'float64' : (requestedName(type) ?? 'text')
}

/** The type to request for a column of a type with one more value. */
function widerName(type: DataType, value: unknown): TypeName {
  const isNumber = typeof value === 'number'
  if (type.kind === 'float' && isNumber) return 'float64'
  if (type.kind !== 'int' || (type.bitWidth === 64 && !type.signed)) return 'text'
  if (type.bitWidth < 64 && fits(valueOf(value), 'integer') && value !== null) return 'int64'
  return isNumber && !Number.isInteger(value) ? 'float64' : 'text'
}
