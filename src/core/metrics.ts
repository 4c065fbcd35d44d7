/**
 * Classifier metrics, as defined by scikit-learn (accuracy, balanced accuracy, precision, recall, F1, log loss, Brier
 * score) and torchmetrics (calibration error), computed from counts and exact sums, so that they do not depend on the
 * order of the rows.
 */
import type { Bin, Total, Totals } from '../kernel/host/metrics.js'
import { SoftmaxError } from './errors.js'
import { harmonicBetween } from './harmonic-sums.js'
import { optionText } from './option-words.js'
import { meanRanking, type Ranking, rankingOf } from './ranking.js'

/** Precision, recall and F1. */
export interface Scores {
  precision: number
  recall: number
  f1: number
}

/**
 * The result of `evaluate`; its JSON has the same keys. Everything except the first four counts is null if no row has a
 * true class.
 */
export interface Metrics extends Ranking {
  /** Rows with a known true class, which all metrics are computed from; `unlabelled` ones are not among them. */
  rows: number
  /** Good rows without a known true class. */
  unlabelled: number
  /** Bad rows that were skipped; with nested logits, the other counts are of the inner lists. */
  rejected: number
  /**
   * Of `rows`, those without a label because of `minConfidence`. They are excluded from metrics based on labels
   * (accuracy, balanced accuracy, the averages, the classes and the confusion matrix), but not from those based on
   * probabilities.
   */
  abstained: number
  /** The share of rows with a label whose label is the true class; null if there are none. */
  accuracy: number | null
  /**
   * If rows may have several classes, the share of wrong decisions over all rows and classes; `accuracy` requires a
   * complete match.
   */
  hamming_loss?: number | null
  /** The mean recall of the classes that occur. */
  balanced_accuracy: number | null
  /** The share of rows whose true class is among the k most probable, by k: 1, 3 and 5, below the number of classes. */
  top_k_accuracy: Record<string, number>
  /**
   * The mean of -log softmax at the true class, in nats, without clipping: Infinity if a true class has probability 0,
   * written as "Infinity" in JSON. If rows may have several true classes, the mean over rows and classes of -log p for
   * true classes and -log (1 - p) for others.
   */
  log_loss: number | null
  /** If the log loss is infinite: the number of rows whose loss is. */
  infinite_losses?: number
  /**
   * The mean squared error of the probabilities, summed over the classes of a row; if rows may have several true
   * classes, averaged over them.
   */
  brier: number | null
  /**
   * The expected calibration error: the mean absolute difference between confidence and accuracy, over 15 bins of equal
   * width. Confidence is that of the most probable class, even if a threshold selects another label. If rows may have
   * several true classes, every class of every row counts: its probability is compared with how often it is true.
   */
  ece: number | null
  /** The largest of these differences. */
  mce: number | null
  /** The mean of the largest probability per row. */
  mean_confidence: number | null
  /** The mean entropy of the probabilities per row, in nats. */
  mean_entropy: number | null
  /**
   * With a calibration that has a coverage: the share of rows whose prediction set contains the true class, which may
   * differ somewhat from the requested coverage on other rows.
   */
  coverage?: number | null
  /** The mean size of these sets. */
  mean_set_size?: number | null
  /**
   * The area under the risk-coverage curve: the share of the k most confident rows whose most probable class is wrong,
   * averaged over all k; exact within `aurc_bound`.
   */
  aurc: number | null
  /** The maximum error of `aurc`. */
  aurc_bound: number | null
  /** The unweighted means over the classes that occur. */
  macro: Scores
  /** The scores over all decisions, regardless of class. */
  micro: Scores
  /** The means over the classes, weighted by support. */
  weighted: Scores
  /**
   * The scores of each class, in the order of the classes; its ranking, against all others, only with `oneVsRest` or if
   * rows may have several classes.
   */
  classes: ({
    /** Its name. */
    label: string
    /** The number of rows that have it. */
    support: number
  } & Scores &
    Partial<Ranking>)[]
  /**
   * Counts by true class and prediction. If rows may have several classes, per class: neither has nor gets it, only
   * gets it, only has it, both. For more than 4096 classes, the pairs that occur: [truth, prediction, count].
   */
  confusion: number[][]
}

/** The totals behind metrics, without those for calibration. */
export type MeasuredTotals = Omit<Totals, 'slope' | 'curvature' | 'parts'>

/** The maximum number of classes for a full confusion matrix. */
export const MOST_DENSE = 4096
const UNIT = 1088

/** Computes metrics from totals; `hasSets` says whether each row has a prediction set. */
export function metricsOf(
  totals: MeasuredTotals,
  labels: readonly string[],
  rejected: number,
  hasSets: boolean,
): Metrics {
  const { rows, unlabelled, abstained, bins } = totals
  const answered = rows - abstained
  const mean = (total: Total) => (rows === 0 ? null : numberOf(total) / rows)
  const meanCount = (count: number) => (rows === 0 ? null : count / rows)
  const counted = countsByClass(totals)
  const rankings = totals.roc.map(rankingOf)
  const ofEach = rankings.length > 1 ? rankings : []
  const classes = labels.map((label, index) => ({ label, ...scoresOf(counted[index]!), ...ofEach[index] }))
  const right = counted.reduce((sum, { right }) => sum + right, 0)
  const occurring = classes.filter(({ support }) => support > 0)
  const confidence = { units: bins.reduce((sum, { confidence }) => sum + confidence, 0n), special: 0 }
  return {
    rows,
    unlabelled,
    rejected,
    abstained,
    accuracy: answered === 0 ? null : right / answered,
    balanced_accuracy: answered === 0 ? null : meanOf(occurring.map(({ recall }) => recall)),
    top_k_accuracy: topAccuracies(totals),
    log_loss: mean(totals.loss),
    ...infiniteLosses(totals),
    brier: mean(totals.brier),
    ...calibrationErrors(bins, rows),
    mean_confidence: mean(confidence),
    mean_entropy: mean(totals.entropy),
    ...(hasSets && { coverage: meanCount(totals.covered), mean_set_size: meanCount(totals.members) }),
    ...areaOf(totals.curve, rows),
    ...meanRanking(rankings),
    ...averages(
      classes.filter((_, index) => occurs(counted[index]!)),
      right,
      answered,
    ),
    classes,
    confusion: confusionOf(totals),
  }
}

/** Counts for a class: rows that have it, that are predicted as it, and both. */
export interface Counts {
  support: number
  predicted: number
  right: number
}

function countsByClass({ classes, pairs }: MeasuredTotals): Counts[] {
  const counts = Array.from({ length: classes }, () => ({ support: 0, predicted: 0, right: 0 }))
  for (const [truth, prediction, count] of pairs) {
    counts[truth]!.support += count
    counts[prediction]!.predicted += count
    if (truth === prediction) counts[truth]!.right += count
  }
  return counts
}

/** As in scikit-learn, a quotient with divisor 0 is 0. */
export function scoresOf({ support, predicted, right }: Counts): Scores & { support: number } {
  return {
    support,
    precision: ratio(right, predicted),
    recall: ratio(right, support),
    f1: ratio(2 * right, support + predicted),
  }
}

function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b
}

/** `classification_report` omits classes that neither occur nor are predicted. */
function occurs({ support, predicted }: Counts): boolean {
  return support + predicted > 0
}

function averages(seen: (Scores & { support: number })[], right: number, rows: number) {
  const average = (weight: (support: number) => number): Scores => {
    const total = seen.reduce((sum, { support }) => sum + weight(support), 0)
    const of = (key: keyof Scores) =>
      ratio(
        seen.reduce((sum, one) => sum + one[key] * weight(one.support), 0),
        total,
      )
    return { precision: of('precision'), recall: of('recall'), f1: of('f1') }
  }
  const all = ratio(right, rows)
  return {
    macro: average(() => 1),
    micro: { precision: all, recall: all, f1: all },
    weighted: average((support) => support),
  }
}

function topAccuracies({ ranks, classes, rows }: MeasuredTotals): Record<string, number> {
  const within = (k: number) => ranks.slice(0, k).reduce((sum, count) => sum + count, 0) / rows
  return Object.fromEntries([1, 3, 5].filter((k) => rows > 0 && k < classes).map((k) => [k, within(k)]))
}

/** The number of infinite losses, if there are any. */
export function infiniteLosses({ infinite }: MeasuredTotals): Pick<Metrics, 'infinite_losses'> {
  return infinite === 0 ? {} : { infinite_losses: infinite }
}

/** |confidence - accuracy| over the bins: the mean weighted by rows, and the maximum. */
export function calibrationErrors(bins: readonly Bin[], rows: number) {
  if (rows === 0) return { ece: null, mce: null }
  const gaps = bins.map(({ right, confidence }) => {
    const gap = confidence - (BigInt(right) << BigInt(UNIT))
    return toNumber(gap < 0n ? -gap : gap)
  })
  return {
    ece: gaps.reduce((sum, gap) => sum + gap, 0) / rows,
    mce: Math.max(...gaps.map((gap, nth) => ratio(gap, bins[nth]!.rows))),
  }
}

/**
 * The mean over all rows of the risk among the rows that are at least as confident. The order within a bin is unknown,
 * so the area lies between the cases of all its wrong rows last and all first; the bound is half the difference. The
 * risk at the n-th row is the number of wrong rows so far divided by n, so each run of right or wrong rows contributes
 * a sum of 1 / n.
 */
function areaOf(curve: readonly Bin[], rows: number) {
  if (rows === 0) return { aurc: null, aurc_bound: null }
  let [seen, wrong, least, most] = [0, 0, 0, 0]
  for (const { rows: count, right } of [...curve].reverse()) {
    if (count === 0) continue
    const bad = count - right
    least +=
      bad +
      wrong * harmonicBetween(seen, seen + right) +
      (wrong - right - seen) * harmonicBetween(seen + right, seen + count)
    most +=
      bad +
      (wrong - seen) * harmonicBetween(seen, seen + bad) +
      (wrong + bad) * harmonicBetween(seen + bad, seen + count)
    seen += count
    wrong += bad
  }
  return { aurc: (least + most) / (2 * rows), aurc_bound: (most - least) / (2 * rows) }
}

function confusionOf({ classes, pairs }: MeasuredTotals): number[][] {
  if (classes > MOST_DENSE) return pairs
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  for (const [truth, prediction, count] of pairs) matrix[truth]![prediction] = count
  return matrix
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The double nearest to an exact sum. */
export function numberOf({ units, special }: Total): number {
  return Number.isFinite(special) ? toNumber(units) : special
}

/**
 * The double nearest to an integer in units of 2^-1088: uses the upper 64 bits, the last of which is a sticky bit for
 * the rest.
 */
function toNumber(units: bigint): number {
  const excess = units.toString(16).length * 4 - 64
  if (excess <= 0) return Number(units) * 2 ** (-UNIT / 2) * 2 ** (-UNIT / 2)
  const rest = units & ((1n << BigInt(excess)) - 1n)
  const upper = (units >> BigInt(excess)) | (rest === 0n ? 0n : 1n)
  const exponent = excess - UNIT
  const half = Math.trunc(exponent / 2)
  return Number(upper) * 2 ** half * 2 ** (exponent - half)
}

/** Throws E_CONFLICT if rows without probabilities would be written, which metrics could not count. */
export function requireMeasurable({ nonfinite }: { nonfinite?: string }): void {
  if (nonfinite !== 'propagate' && nonfinite !== 'null') return
  const reason = `rows with NaN cannot be evaluated; replace ${optionText('nonfinite', nonfinite)} with ${optionText('onError', 'skip')}, which leaves them out and counts them`
  throw new SoftmaxError('E_CONFLICT', { reason })
}
