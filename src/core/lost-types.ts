/** Types of columns that the objects of `read` have no values for, and which `write` therefore cannot give back. */
import type { AskedTypes, TypeName } from './asked-types.js'
import { type Field, typeName } from './data-type.js'
import { shown } from './errors.js'
import { hiddenProperty } from './hidden-property.js'
import { optionText } from './option-words.js'
import type { Column, ValueType } from './record-batch.js'

/** The columns, by their names, whose values are text or are written as text, with their types. */
export type LostTypes = ReadonlyMap<string, Field['type']>

/** Which a row has that `read` made, or a prediction that was made of one. */
export const lostTypes = hiddenProperty<LostTypes>()

/** What values of these types become in an object comes out with the same type, or a wider one. */
const KEPT: readonly Field['type']['kind'][] = ['null', 'bool', 'int', 'float', 'utf8', 'binary', 'fixed_size_binary']

/** The types that are lost of some columns; undefined where none is. */
export function lostTypesOf(columns: readonly { name: string; field?: Field }[]): LostTypes | undefined {
  const isLost = ({ kind, ...type }: Field['type']) =>
    !KEPT.includes(kind === 'dictionary' && 'values' in type ? type.values.kind : kind)
  const lost = columns.flatMap(({ name, field }) => (field && isLost(field.type) ? [[name, field.type] as const] : []))
  return lost.length > 0 ? new Map(lost) : undefined
}

/** The warning of kept columns that have lost their types; undefined where none has, or was asked to have another. */
export function lostWarning(
  lost: LostTypes | undefined,
  kept: readonly string[],
  { byName }: AskedTypes,
): string | undefined {
  const names = kept.filter((name) => lost?.has(name) && !byName.has(name))
  const [first] = names
  if (first === undefined) return undefined
  const types = [...new Set(names.map((name) => typeName(lost!.get(name)!)))].join(', ')
  const [noun, are, were] = names.length === 1 ? ['column', 'is', 'was'] : ['columns', 'are', 'were']
  const askable = names.flatMap((name) => {
    const type = askableType(lost!.get(name)!)
    return type === undefined ? [] : [`${name}=${type}`]
  })
  const asked = askable.length === 0 ? '' : `, and ${optionText('types', askable.join(','))} gives one`
  return `the ${noun} ${shown(names.join(','))} ${were} ${types} in the input, and ${are} written as text; score() and scoreFiles() keep types${asked}`
}

const NESTED: readonly ValueType[] = ['json', 'list', 'record']

/** The warning of columns of JSON whose values an output with types has no type for, but where one was asked for; undefined without any. */
export function nestedWarning(kept: readonly Column[], { byName }: AskedTypes): string | undefined {
  const nested = kept.filter(({ name, type, field }) => !field && NESTED.includes(type) && !byName.has(name))
  if (nested.length === 0) return undefined
  const [noun, have, are] = nested.length === 1 ? ['column', 'has', 'is'] : ['columns', 'have', 'are']
  const names = shown(nested.map(({ name }) => name).join(','))
  return `the ${noun} ${names} ${have} lists or objects, and ${are} written as their JSON text`
}

/** The type to ask for, of texts that `read` made. */
function askableType(type: Field['type']): TypeName | undefined {
  if (type.kind === 'date' && type.unit === 'day') return 'date32'
  if (type.kind !== 'timestamp') return undefined
  return type.timezone === undefined ? 'timestamp' : 'timestamp_utc'
}
