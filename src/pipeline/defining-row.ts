/** Which of the first rows says what all are like, where bad rows are left out. */
import { logitOf } from '../core/logit.js'
import type { SettingsOf } from '../core/options.js'
import type { Column, RecordBatchReader } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { nullsOf } from './score-job.js'

/**
 * Defines the columns by the first row that fits, where bad rows are left out and rows define them: one before it is bad.
 * Where none fits, they are those of the first.
 */
export async function defineColumns(
  { defineBy }: RecordBatchReader,
  { onError }: Pick<SettingsOf<'bytes'>, 'onError'>,
  fits: (isFirst: boolean) => boolean | Promise<boolean>,
): Promise<void> {
  if (onError !== 'skip' || !defineBy || (await succeeds(() => fits(true)))) return
  for (let row = 1; await defineBy(row); row++) if (await succeeds(() => fits(false))) return
  await defineBy(0)
}

async function succeeds(fits: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await fits()
  } catch {
    // What is wrong is said of the first row, where no other fits.
    return false
  }
}

/** Whether the columns are those of rows with logits: a word in place of the only one may stand for a list. */
export function hasLogits(
  { logits: [first, ...more], logitsList }: Pick<Schema, 'logits' | 'logitsList'>,
  columns: readonly Column[],
  { missing, null: nulls }: Pick<SettingsOf<'bytes'>, 'missing' | 'null'>,
): boolean {
  if (logitsList || more.length > 0) return true
  const logit = logitOf(columns[first!]!.sample, { missing, nulls: nullsOf({ null: nulls }) })
  return typeof logit === 'number' || logit.code !== 'E_CELL'
}
