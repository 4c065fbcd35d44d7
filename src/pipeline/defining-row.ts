/** Decides which row defines the columns when bad rows are skipped. */
import { SoftmaxError } from '../core/errors.js'
import { lacksLogits } from '../core/late-logits.js'
import { logitOf } from '../core/logit.js'
import { nullsOf } from '../core/missing.js'
import { withPoint } from '../core/number.js'
import { optionText } from '../core/option-words.js'
import type { SettingsOf } from '../core/options.js'
import type { Column, RecordBatchReader } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'

/**
 * When bad rows are skipped, or missing logits are read as values, and the first row defines the columns, the first row
 * that fits the options defines them. If no row fits, the first row defines them; returns which rows were tried, if
 * there are others, for {@link untriedWarning}.
 */
export async function defineColumns(
  { defineBy, untried }: RecordBatchReader,
  { onError, missing }: Pick<SettingsOf<'bytes'>, 'onError' | 'missing'>,
  fits: (isFirst: boolean) => boolean | Promise<boolean>,
): Promise<string | undefined> {
  if (!(onError === 'skip' || missing !== 'error') || !defineBy) return undefined
  const misfit = await misfitOf(() => fits(true))
  if (!misfit || (onError !== 'skip' && misfit !== 'no logits')) return undefined
  for (let row = await defineBy(1); row !== undefined; row = await defineBy(row + 1)) {
    if (!(await misfitOf(() => fits(false)))) return undefined
  }
  await defineBy(0)
  return untried?.()
}

/** The warning that rows which were not tried may have logits; `isList` unless one row has the number of each class. */
export function untriedWarning(tried: string, isList: boolean): string {
  const remedy = isList
    ? `name the classes with ${optionText('labels')}`
    : 'leave out the rows before them (tail -n +N)'
  return `${tried} has logits, from which the columns are found; if later rows have them, ${remedy}`
}

/** Why a row does not fit, if so. If no row fits, the error is that of the first row. */
async function misfitOf(fits: () => boolean | Promise<boolean>): Promise<'no logits' | 'other' | undefined> {
  try {
    return (await fits()) ? undefined : 'no logits'
  } catch (error) {
    // A row that only lacks kept keys fits: later rows may have them.
    if (SoftmaxError.is(error, 'E_SELECTOR') && error.info.option === 'keep') return undefined
    return lacksLogits(error) ? 'no logits' : 'other'
  }
}

/**
 * Whether these are the columns of rows with logits. If the only logit is not a number, it may be a placeholder for a
 * list.
 */
export function hasLogits(
  { logits: [first, ...more], logitsList }: Pick<Schema, 'logits' | 'logitsList'>,
  columns: readonly Column[],
  { missing, null: nulls, decimal }: Pick<SettingsOf<'bytes'>, 'missing' | 'null' | 'decimal'>,
): boolean {
  if (logitsList || more.length > 0) return true
  const { sample, mayBeList } = columns[first!]!
  if (mayBeList) return false
  const rule = { missing, nulls: nullsOf({ null: nulls }) }
  // The numbers of JSON have points in any case.
  const texts = decimal === ',' ? [sample, withPoint(sample)] : [sample]
  return texts.some((text) => typeof logitOf(text, rule) === 'number')
}
