/** Keys of objects that would be logits, but that only rows after the first one have. */
import { isLogitName } from './column-name.js'
import { optionText } from './option-words.js'
import type { ValueOf } from './options.js'
import type { RowError } from './record-batch.js'
import { nameTest, selectorOfNames } from './selector.js'

/** How logits were selected: by a selector, by a guess, or by names that follow the convention; all may be in one list. */
interface Selection {
  logits?: ValueOf<'logits'> | undefined
  guessed?: boolean | undefined
  logitsList?: boolean | undefined
}

/** Creates the test whether a key that the first row lacks would be a logit; undefined if none is. */
export function lateLogitTest({ logits, guessed, logitsList }: Selection): ((key: string) => boolean) | undefined {
  if (logitsList || (logits === undefined && guessed)) return undefined
  return logits === undefined ? isLogitName : nameTest(logits)
}

/**
 * The error of a row with another logit than the first row has, which has the `known` keys, and logits of these names, or at the
 * keys that are like them. Null is not a logit.
 */
export function lateLogitError(
  row: object,
  isLate: (key: string) => boolean,
  known: ReadonlySet<string>,
  names: readonly (string | undefined)[],
): RowError | undefined {
  const key = Object.keys(row).find((key) => !known.has(key) && isLate(key) && isValue(row, key))
  if (key === undefined) return undefined
  const keys = names.length > 0 ? (names as string[]) : [...known].filter(isLate)
  const hint = `${optionText('logits', selectorOfNames(keys))} reads only those of the first row`
  return { code: 'E_WIDTH', info: { cells: keys.length + 1, width: keys.length, key, keys, hint } }
}

function isValue(row: object, key: string): boolean {
  const value = (row as Record<string, unknown>)[key] ?? null
  return value !== null && typeof value !== 'object'
}
