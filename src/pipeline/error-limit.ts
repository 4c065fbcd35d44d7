/**
 * A run that ends at one bad row too many ends right behind it, in every lane. Where blocks are scored side by side, nobody
 * knows yet how many rows before them are bad; so the block with the one too many is scored once more, up to that row.
 */
import type { ScoredRows } from '../core/record-batch.js'

/** How many rows may be bad. */
export interface ErrorLimit {
  /** Whether a run that leaves bad rows out ends at some number of them. */
  isSet: boolean
  /** How many more rows may be bad, behind all rows that were counted. */
  left(): number
}

/** What became of some rows, and where some are bad, perhaps what scores them once more. */
export interface Again<Piece> extends ScoredRows<Piece> {
  /** Scores them up to the first bad row behind so many others. */
  again?(errorsLeft: number): ScoredRows<Piece>
}

/** Results in order, up to the bad row that is one too many. Each has to be counted before the next is asked for. */
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
