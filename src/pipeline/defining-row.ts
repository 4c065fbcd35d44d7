/** Decides which row defines the columns when bad rows are skipped. */
import { logitOf } from '../core/logit.js'
import { nullsOf } from '../core/missing.js'
import { withPoint } from '../core/number.js'
import type { SettingsOf } from '../core/options.js'
import type { Column, RecordBatchReader, RowError } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'

/**
 * When bad rows are skipped and the first row defines the columns, the first row that fits the options defines them,
 * and rows before it are bad. If no row fits, the first row defines them.
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
    // If no row fits, the error is that of the first row.
    return false
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
  const { sample } = columns[first!]!
  const rule = { missing, nulls: nullsOf({ null: nulls }) }
  // The numbers of JSON have points in any case.
  const texts = decimal === ',' ? [sample, withPoint(sample)] : [sample]
  return texts.some((text) => mayBeLogit(logitOf(text, rule)))
}

function mayBeLogit(logit: number | RowError): boolean {
  return typeof logit === 'number' || logit.code !== 'E_CELL'
}
