/** Logits of objects that only rows after the first one have. */
import { isLogitName } from './column-name.js'
import { type Info, SoftmaxError } from './errors.js'
import { optionText } from './option-words.js'
import type { SettingsOf, ValueOf } from './options.js'
import type { RowError } from './record-batch.js'
import { nameTest, selectorOfNames } from './selector.js'

/** The selector, if there is one, and whether all logits are in one list or object. */
interface Selection {
  logits?: ValueOf<'logits'> | undefined
  logitsList?: boolean | undefined
}

/**
 * Resolves columns that the first row defines. If it lacks the logits, the error also says how to score the rows that have
 * them, unless bad rows are skipped: then, these have been searched.
 */
export function ofFirstRow<T>({ onError }: Pick<SettingsOf<'bytes'>, 'onError'>, resolve: () => T): T {
  try {
    return resolve()
  } catch (error) {
    if (onError === 'skip' || !lacksLogits(error)) throw error
    throw new SoftmaxError(error.code, { ...error.info, mayBeLater: true } as Info<LackingCode>)
  }
}

type LackingCode = 'E_COLUMNS' | 'E_SELECTOR'

/** Whether an error is that none of the columns are those of logits. */
export function lacksLogits(error: unknown): error is SoftmaxError<LackingCode> {
  if (SoftmaxError.is(error, 'E_COLUMNS')) return error.info.logits === undefined
  return SoftmaxError.is(error, 'E_SELECTOR') && error.info.isUnknown === true && error.info.option === undefined
}

/**
 * Creates the test whether a key that the first row lacks would be a logit; undefined if none is. After a guess, it is one
 * that would have made the guess unnecessary.
 */
export function lateLogitTest({ logits, logitsList }: Selection): ((key: string) => boolean) | undefined {
  if (logitsList) return undefined
  return logits === undefined ? isLogitName : nameTest(logits)
}

/**
 * The error of a row with a logit that is not among the `known` keys of the first row; null is not a logit. It lists the
 * `names` of the logits, or without any, the known keys that pass the test.
 */
export function lateLogitError(
  row: object,
  isLate: (key: string) => boolean,
  known: ReadonlySet<string>,
  names: readonly (string | undefined)[],
): RowError | undefined {
  const key = Object.keys(row).find((key) => !known.has(key) && isLate(key) && hasValue(row, key))
  if (key === undefined) return undefined
  const keys = names.length > 0 ? (names as string[]) : [...known].filter(isLate)
  const hint = `${optionText('logits', selectorOfNames(keys))} reads only those of the first row`
  return { code: 'E_WIDTH', info: { cells: keys.length + 1, width: keys.length, key, keys, hint } }
}

function hasValue(row: object, key: string): boolean {
  return ((row as Record<string, unknown>)[key] ?? null) !== null
}
