/**
 * A run stops right after the bad row that exceeds the limit, in every lane. Blocks are scored concurrently, before the
 * number of errors in earlier blocks is known, so the block that exceeds the limit is scored again up to that row.
 */
import type { LocatedRowError, ScoredRows } from '../core/record-batch.js'

/** The limit on bad rows. */
export interface ErrorLimit {
  /** Whether bad rows are skipped, but only up to a number. */
  isSet: boolean
  /** How many more bad rows are tolerated after the rows counted so far. */
  left(): number
}

/** The result of scoring some rows, with a way to score them again if some are bad. */
export interface Again<Piece> extends ScoredRows<Piece> {
  /** Scores the same rows up to the first bad one after `errorsLeft` others. */
  again?(errorsLeft: number): ScoredRows<Piece>
}

/**
 * Passes results on in order, up to the bad row that exceeds the limit. Each result must be counted before the next is
 * requested.
 */
export async function* upToLimit<Piece>(
  results: AsyncIterable<Again<Piece>>,
  limit: ErrorLimit,
): AsyncGenerator<ScoredRows<Piece>> {
  for await (const { again, ...scored } of results) {
    const left = limit.left()
    if (!again || scored.errors.length <= left) yield scored
    else return yield again(left)
  }
}

/** Whether a bad row ends the run even if bad rows are skipped: the columns of the rows below are unknown. */
export function isFatal({ code }: Pick<LocatedRowError, 'code'>): boolean {
  return code === 'E_SCHEMA'
}
