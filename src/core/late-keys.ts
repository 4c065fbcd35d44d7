/** Keys of objects that a selector of kept columns names, but only rows after the first ones may have. */
import { type KeyInfo, SoftmaxError } from './errors.js'
import { LONGEST_VALUE, optionText } from './option-words.js'
import type { ValueOf } from './options.js'
import { canName, type Types, withTypes } from './requested-types.js'
import type { Schema } from './schema.js'
import { isListed, listsNames, selectorOfNames } from './selector.js'

type Selector = Exclude<ValueOf<'keep'>, boolean>

/** Resolves columns; an E_SELECTOR about one of these keys also says how to keep it. */
export function withRemedy<T>(late: readonly string[], remedy: string | undefined, resolve: () => T): T {
  try {
    return resolve()
  } catch (error) {
    if (remedy === undefined || !SoftmaxError.is(error, 'E_SELECTOR') || error.info.option !== 'keep') throw error
    if (!late.includes(error.info.item)) throw error
    const { reason, ...info } = error.info
    throw new SoftmaxError('E_SELECTOR', { ...info, reason: `${reason}${reason.endsWith('?') ? ' ' : '; '}${remedy}` })
  }
}

/** The data of an E_KEY for a key that is not a column: options are left out if they would be long. */
export function otherKey(key: string, { header, kept }: Pick<Schema, 'header' | 'kept'>, types: Types): KeyInfo {
  // A selector of more names would be too long in any case.
  if (kept.length > LONGEST_VALUE) return { key }
  const names = kept.map((index) => header[index]!)
  const [keep, all] = [selectorOfNames(names), selectorOfNames([...names, key])]
  const isAdded = all.length <= LONGEST_VALUE && canName(key)
  return {
    key,
    ...(keep.length <= LONGEST_VALUE && { keep }),
    ...(isAdded && { added: { keep: all, types: withTypes(types, [[key, 'text']]) } }),
  }
}

/** How to keep such keys as columns of a table; undefined for names that the option cannot have. */
export function declaredRemedy(late: readonly string[], keep: Selector, types: Types): string | undefined {
  const listed = late.filter((name) => isListed(keep, name))
  if (listed.length === 0 || !listed.every(canName)) return undefined
  const declaring = withTypes(
    types,
    listed.map((name) => [name, 'text']),
  )
  return `${optionText('types', declaring)} declares a key that only later rows have`
}

/** How to keep them in objects: by a pattern, which must match a key of the first row. */
export function patternRemedy(late: readonly string[], keep: Selector): string | undefined {
  const names = typeof keep === 'string' ? keep.split(',').map((name) => name.trim()) : keep
  const isPlain = listsNames(keep, []) && names.every((name) => /^\w+$/.test(name))
  if (!isPlain || names.every((name) => late.includes(name))) return undefined
  return `${optionText('keep', `/^(${names.join('|')})$/`)} also selects keys that only later rows have`
}
