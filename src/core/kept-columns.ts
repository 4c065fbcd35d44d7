/** Which columns of an input are kept: all, none, or those of a selector. */
import type { ValueOf } from './options.js'
import type { Column } from './record-batch.js'
import { isListed, type NotKept, nameTest, selectKept } from './selector.js'

export type Keep = ValueOf<'keep'>

/**
 * The positions of the columns that are kept, in the order of the selector. Columns inside the values of others are kept
 * with these, or if they are listed.
 *
 * @throws E_SELECTOR
 */
export function keptIn(keep: Keep, columns: readonly Pick<Column, 'name' | 'inner'>[], notKept: NotKept): number[] {
  if (keep === false) return []
  const left = new Set(notKept.at)
  const isOwn = ({ name, inner }: Pick<Column, 'name' | 'inner'>) => !inner || (keep !== true && isListed(keep, name))
  const own = [...columns.keys()].filter((index) => isOwn(columns[index]!))
  if (keep === true) return own.filter((index) => !left.has(index))
  const names = own.map((index) => columns[index]!.name)
  const at = [...own.keys()].filter((nth) => left.has(own[nth]!))
  return Array.from(selectKept(keep, names, { ...notKept, at }), (nth) => own[nth]!)
}

/** The kept columns in the order of the input: indices of `kept`, which has their positions in the order of the output. */
export function inputOrder(kept: readonly number[]): number[] {
  return [...kept.keys()].sort((one, other) => kept[one]! - kept[other]!)
}

/** Creates the test whether a row keeps a value: that of a column, or of a key that is none of the columns. */
export function keptTest(keep: Keep, header: readonly string[], kept: readonly number[]): (name: string) => boolean {
  if (typeof keep === 'boolean') return () => keep
  const positions = new Set(kept)
  const own = new Map(header.map((name, index) => [name, positions.has(index)]))
  const isOtherKept = nameTest(keep)
  return (name) => own.get(name) ?? isOtherKept(name)
}

/** The same for the keys of an object, given those that cannot be kept. */
export function keptKeyTest(
  keep: Keep,
  keys: readonly string[],
  notKept: readonly string[],
  are: NotKept['are'],
): (key: string) => boolean {
  const left = new Set(notKept)
  const at = [...keys.keys()].filter((index) => left.has(keys[index]!))
  const columns = keys.map((name) => ({ name }))
  const isKept = keptTest(keep, keys, keptIn(keep, columns, { at, are }))
  return (key) => !left.has(key) && isKept(key)
}

/** The keys that a selector selects, in its order. */
export function inListedOrder(keep: Keep, keys: readonly string[]): readonly string[] {
  if (typeof keep === 'boolean') return keys
  const columns = keys.map((name) => ({ name }))
  return keptIn(keep, columns, { at: [], are: 'results' }).map((index) => keys[index]!)
}
