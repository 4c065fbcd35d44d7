/** Warnings about columns that are not written with the types they had in the input. */

import { type DataType, typeName } from './data-type.js'
import { shown, shownNames } from './errors.js'
import { valueOf } from './object-value.js'
import { optionText } from './option-words.js'
import type { Column, ValueType } from './record-batch.js'
import { canName, type RequestedTypes, type TypeName, type Types, withTypes } from './requested-types.js'
import { cellOf } from './value-text.js'

/** A column whose type the values of objects do not determine. */
export interface LostColumn {
  name: string
  type: DataType
}

/** The warning about such columns; undefined if there are none. */
export function lostWarning(lost: readonly LostColumn[]): string | undefined {
  if (lost.length === 0) return undefined
  const types = shownTypes(lost)
  const [noun, are, were] = lost.length === 1 ? ['column', 'is', 'was'] : ['columns', 'are', 'were']
  const names = shownNames(lost.map(({ name }) => name))
  return `the ${noun} ${names} ${were} ${types} in the input, and ${are} written as text; score() and scoreFiles() keep types`
}

/** The warning about some columns of copies, which do not have the types of the rows that they were made from. */
export function copiedWarning(lost: readonly LostColumn[]): string {
  const [noun, are, were, types] =
    lost.length === 1 ? ['column', 'is', 'was', 'type of its'] : ['columns', 'are', 'were', 'types of their']
  const names = shownNames(lost.map(({ name }) => name))
  return `the ${noun} ${names} ${were} ${shownTypes(lost)} in the input of read(), and ${are} written with the ${types} values, as these rows are copies; the option ${optionText('typesFrom')}, with the stream of read(), keeps the types`
}

/** The first types of some columns. */
function shownTypes(columns: readonly LostColumn[]): string {
  const types = [...new Set(columns.map(({ type }) => typeName(type)))]
  return types.length > SHOWN ? `${types.slice(0, SHOWN).join(', ')}, ...` : types.join(', ')
}

const SHOWN = 4

/** A column with a value that its type does not have, in a row. */
export interface ChangedColumn extends LostColumn {
  row: number
  value: unknown
  /** The type that it is written with. */
  now: ValueType
}

/** The warning about such columns; undefined if there are none. */
export function changedWarning(changed: readonly ChangedColumn[], types: Types): string | undefined {
  const [first] = changed
  if (!first) return undefined
  const isOne = changed.length === 1
  const [noun, are, they, were] = isOne ? ['column', 'is', 'it', 'was'] : ['columns', 'are', 'they', 'were']
  const names = shownNames(changed.map(({ name }) => name))
  const now = [...new Set(changed.map(({ now }) => TYPE_NAMES[now] ?? 'text'))].join(', ')
  const where = isOne ? '' : ` in ${shown(first.name)}`
  const value = shown(cellOf(valueOf(first.value)))
  return `the ${noun} ${names} ${are} written as ${now}, because ${they} ${were} ${shownTypes(changed)} in the input and row ${first.row} has ${value}${where}${confirmation(changed, types)}`
}

/** The option that states the types that columns are written with, where it can. */
function confirmation(changed: readonly ChangedColumn[], types: Types): string {
  const named = changed.flatMap(({ name, now }) => {
    const type = now === 'bytes' ? undefined : (TYPE_NAMES[now] ?? 'text')
    return type === undefined || !canName(name) ? [] : [[name, type] as const]
  })
  if (named.length < changed.length) return ''
  return `; ${optionText('types', withTypes(types, named))} confirms that`
}

const TYPE_NAMES: Partial<Record<ValueType, TypeName>> = {
  number: 'float64',
  integer: 'int64',
  boolean: 'bool',
  time: 'timestamp_utc',
}

const NESTED: readonly ValueType[] = ['json', 'list', 'record']

/**
 * The warning about JSON columns without a counterpart in a typed output, unless a type was requested; undefined if
 * there are none.
 */
export function nestedWarning(kept: readonly Column[], { byName }: RequestedTypes): string | undefined {
  const nested = kept.filter(({ name, type, field }) => !field && NESTED.includes(type) && !byName.has(name))
  if (nested.length === 0) return undefined
  const [noun, have, are] = nested.length === 1 ? ['column', 'has', 'is'] : ['columns', 'have', 'are']
  const names = shownNames(nested.map(({ name }) => name))
  return `the ${noun} ${names} ${have} lists or objects, and ${are} written as JSON text`
}
