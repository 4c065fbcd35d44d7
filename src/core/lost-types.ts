/** Column types that the objects of `read` cannot represent, so that `write` cannot restore them. */

import { type Field, typeName } from './data-type.js'
import { shownNames } from './errors.js'
import { hiddenProperty } from './hidden-property.js'
import { optionText } from './option-words.js'
import type { Column, ValueType } from './record-batch.js'
import {
  canName,
  type RequestedTypes,
  requestedName,
  requestedTypes,
  type Types,
  withTypes,
} from './requested-types.js'

/** The types of columns whose values become text or are written as text, by column name. */
export type LostTypes = ReadonlyMap<string, Field['type']>

/** Attached to a row made by `read`, or to a prediction made from one. */
export const lostTypes = hiddenProperty<LostTypes>()

/** Types whose JavaScript values are written with the same type or a wider one, except unsigned 64-bit integers. */
const KEPT: readonly Field['type']['kind'][] = ['null', 'bool', 'int', 'float', 'utf8', 'binary', 'fixed_size_binary']

/** The lost types of some columns; undefined if there are none. */
export function lostTypesOf(columns: readonly { name: string; field?: Field }[]): LostTypes | undefined {
  const lost = columns.flatMap(({ name, field }) => (field && isLost(field.type) ? [[name, field.type] as const] : []))
  return lost.length > 0 ? new Map(lost) : undefined
}

function isLost(type: Field['type']): boolean {
  if (type.kind === 'dictionary') return isLost(type.values)
  return !KEPT.includes(type.kind) || (type.kind === 'int' && type.bitWidth === 64 && !type.signed)
}

/**
 * The warning about kept columns that lost their types; undefined if there are none, or if other types were requested.
 */
export function lostWarning(
  lost: LostTypes | undefined,
  kept: readonly string[],
  requested: Types,
): string | undefined {
  const { byName } = requestedTypes(requested)
  const names = kept.filter((name) => lost?.has(name) && !byName.has(name))
  if (names.length === 0) return undefined
  const types = [...new Set(names.map((name) => typeName(lost!.get(name)!)))].join(', ')
  const [noun, are, were] = names.length === 1 ? ['column', 'is', 'was'] : ['columns', 'are', 'were']
  return `the ${noun} ${shownNames(names)} ${were} ${types} in the input, and ${are} written as text; score() and scoreFiles() keep types${typesRemedy(lost!, names, requested)}`
}

/** The option that gives columns their types again, where it can. */
function typesRemedy(lost: LostTypes, names: readonly string[], requested: Types): string {
  const typed = names.flatMap((name) => {
    const type = requestedName(lost.get(name)!)
    return type === undefined || !canName(name) ? [] : [[name, type] as const]
  })
  if (typed.length === 0) return ''
  const what = typed.length < names.length ? shownNames(typed.map(([name]) => name)) : 'them'
  return `, and ${optionText('types', withTypes(requested, typed))} gives ${what} a type again`
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
