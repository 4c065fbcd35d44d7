/**
 * How well probabilities of a class rank its rows above others, as defined by scikit-learn: the area under the ROC curve
 * (`roc_auc_score`) and average precision (`average_precision_score`). Computed from counts in bins, so that memory is
 * constant. The order within a bin is unknown, so a metric lies between those of its best and its worst order.
 */
import type { RocBin } from '../kernel/host/metrics.js'
import { harmonicBetween } from './harmonic-sums.js'

/** The metrics of a class; null where they are undefined. */
export interface Ranking {
  /**
   * The area under the ROC curve: the probability that a row of the class has a larger probability of the class than a
   * row of another one; exact within `auroc_bound`. Null without rows of both kinds. In `Metrics`, that of the
   * second of two classes, or with `oneVsRest` or the sigmoid the mean over the classes that have one.
   */
  auroc: number | null
  /** The maximum error of `auroc`. */
  auroc_bound: number | null
  /**
   * The mean of the precision at each row of the class, in descending order of its probability; exact within
   * `average_precision_bound`. Null without rows of the class. In `Metrics`, of the same classes as `auroc`.
   */
  average_precision: number | null
  /** The maximum error of `average_precision`. */
  average_precision_bound: number | null
}

/** Of classes that are not ranked. */
export const UNRANKED: Ranking = {
  auroc: null,
  auroc_bound: null,
  average_precision: null,
  average_precision_bound: null,
}

/**
 * The ranking by ROC bins in ascending order. If all rows of a bin have the same probability, they are ties, as in
 * scikit-learn: half of their pairs are in order, and each row has the precision after all of them.
 */
export function rankingOf(bins: readonly RocBin[]): Ranking {
  let [seen, found] = [0, 0]
  const ordered = { least: 0, most: 0 }
  const precision = { least: 0, most: 0 }
  for (const [, rows, right, value] of bins.toReversed()) {
    const isTie = value !== undefined
    const wrong = rows - right
    const pairs = right * wrong
    ordered.least += found * wrong + (isTie ? pairs / 2 : 0)
    ordered.most += found * wrong + (isTie ? pairs / 2 : pairs)
    precision.least += isTie ? tiedPrecisions(seen + wrong, found, right) : lastPrecisions(seen + wrong, found, right)
    precision.most += tiedPrecisions(seen + (isTie ? wrong : 0), found, right)
    seen += rows
    found += right
  }
  const [auroc, auroc_bound] = middle(ordered, found * (seen - found))
  const [average_precision, average_precision_bound] = middle(precision, found)
  return { auroc, auroc_bound, average_precision, average_precision_bound }
}

/**
 * The sum of the precisions at `right` rows of the class one after the other, after `seen` rows of which `found` are of
 * the class: (found + i) / (seen + i).
 */
function lastPrecisions(seen: number, found: number, right: number): number {
  return right === 0 ? 0 : right - (seen - found) * harmonicBetween(seen, seen + right)
}

/** The same if they have the same probability: no order has a greater sum. */
function tiedPrecisions(seen: number, found: number, right: number): number {
  return right === 0 ? 0 : (right * (found + right)) / (seen + right)
}

/** The middle of two sums and half their difference, divided by a count. */
function middle({ least, most }: Limits, count: number): [value: number | null, bound: number | null] {
  return count === 0 ? [null, null] : [(least + most) / (2 * count), Math.max(0, most - least) / (2 * count)]
}

interface Limits {
  least: number
  most: number
}

/** The unweighted means over the classes with a metric; null without any. */
export function meanRanking(rankings: readonly Ranking[]): Ranking {
  const mean = (key: keyof Ranking) => {
    const values = rankings.map((ranking) => ranking[key]).filter((value) => value !== null)
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
  }
  return {
    auroc: mean('auroc'),
    auroc_bound: mean('auroc_bound'),
    average_precision: mean('average_precision'),
    average_precision_bound: mean('average_precision_bound'),
  }
}
