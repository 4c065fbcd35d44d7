/**
 * Metrics of a classifier, by their definitions in scikit-learn (accuracy, balanced accuracy, precision, recall, F1, log loss,
 * Brier score) and torchmetrics (calibration error): made of counts and of sums that are exact, so that they do not depend on
 * the order of the rows.
 */
import type { Bin, Total, Totals } from '../kernel/host/metrics.js'
import { SoftmaxError } from './errors.js'
import { harmonicBetween } from './harmonic.js'
import { optionText } from './option-words.js'

/** Precision, recall and F1. */
export interface Scores {
  precision: number
  recall: number
  f1: number
}

/** What `evaluate` gives; its JSON has the same keys. All but the first four counts are null where no row has a true class. */
export interface Metrics {
  /** Rows that have a true class. */
  rows: number
  /** Rows that have none. */
  unlabelled: number
  /** Bad rows of the input that were left out; where logits are nested lists, the other counts are of the inner lists. */
  rejected: number
  /**
   * Of `rows`, those without a label, as `minConfidence` asks for. What is made of labels leaves these out: accuracy, balanced
   * accuracy, the averages, the classes and the confusion matrix. What is made of probabilities does not.
   */
  abstained: number
  /** The share of the rows with a label whose label is the true class; null without any. */
  accuracy: number | null
  /** Where rows may have several classes, the share of all classes of all rows that are wrong; `accuracy` is of whole rows. */
  hamming_loss?: number | null
  /** The mean of the recall of the classes that occur. */
  balanced_accuracy: number | null
  /** The share of rows whose true class is among the k most probable ones, by k: 1, 3 and 5, below the number of classes. */
  top_k_accuracy: Record<string, number>
  /**
   * The mean of -log softmax at the true class, in nats; nothing is clipped: where one has the probability 0 it is Infinity, which
   * is the text "Infinity" in JSON. Where rows may have several, the mean over rows and
   * classes of -log p where a class is true, else of -log (1 - p).
   */
  log_loss: number | null
  /** The mean of the squared errors of all probabilities of a row together; where rows may have several classes, of each. */
  brier: number | null
  /**
   * The expected calibration error: the mean absolute difference of confidence and accuracy, over 15 bins of equal width. Like all
   * that is made of confidence it is of the most probable class, also where a threshold makes another one the label.
   */
  ece: number | null
  /** The largest of these differences. */
  mce: number | null
  /** The mean of the largest probability of each row. */
  mean_confidence: number | null
  /** The mean entropy of the probabilities of a row, in nats. */
  mean_entropy: number | null
  /**
   * With a calibration that has a coverage: the share of rows whose set of classes has the true one, which may be somewhat more or
   * less than was asked for on other rows.
   */
  coverage?: number | null
  /** The mean number of classes in these sets. */
  mean_set_size?: number | null
  /**
   * The area under the curve of risk, the share of rows whose most probable class is wrong, against the share of rows answered, the
   * most confident ones first; within `aurc_bound`.
   */
  aurc: number | null
  /** How far `aurc` may be from the exact area. */
  aurc_bound: number | null
  /** The means of the scores of the classes that occur. */
  macro: Scores
  /** The scores of all decisions together, whatever their class. */
  micro: Scores
  /** The means of the scores of the classes, each weighted by its support. */
  weighted: Scores
  /** The scores of each class, in the order of the classes. */
  classes: ({
    /** Its name. */
    label: string
    /** How many rows have it. */
    support: number
  } & Scores)[]
  /** Counts, truth x prediction; where rows may have several, of each class those that neither have nor get it, only get it, only have it, and both; of more than 4096 classes, the pairs that occur: [truth, prediction, count]. */
  confusion: number[][]
}

/** What metrics are made of: all totals but those that a calibration looks at. */
export type MeasuredTotals = Omit<Totals, 'slope' | 'curvature' | 'parts'>

/** The most classes whose confusion matrix is given whole. */
const MOST_DENSE = 4096
const UNIT = 1088

/** The metrics of some rows; `hasSets` says whether each has a set of classes. */
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
  const classes = labels.map((label, index) => ({ label, ...scoresOf(counted[index]!) }))
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
    brier: mean(totals.brier),
    ...calibrationErrors(bins, rows),
    mean_confidence: mean(confidence),
    mean_entropy: mean(totals.entropy),
    ...(hasSets && { coverage: meanCount(totals.covered), mean_set_size: meanCount(totals.members) }),
    ...areaOf(totals.curve, rows),
    ...averages(
      classes.filter((_, index) => occurs(counted[index]!)),
      right,
      answered,
    ),
    classes,
    confusion: confusionOf(totals),
  }
}

/** Rows of a class: those that are of it, those that are predicted as it, and those that are both. */
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

/** As scikit-learn has it, a quotient is 0 where its divisor is. */
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

/** `classification_report` leaves out classes that neither occur nor are predicted. */
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

/** |confidence - accuracy| of each bin: weighted by its share of the rows, and the largest. */
function calibrationErrors(bins: readonly Bin[], rows: number) {
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
 * The mean over all rows of the risk of the rows that are as confident as it, or more. Within a bin the order of rows is not
 * known: the area lies between that of all wrong ones last and that of all wrong ones first; half of this is the bound. The risk
 * of the n-th row of all is the number of wrong ones up to it by n, so that each run of right or wrong ones is a sum of 1 / n.
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

/** The double nearest to a whole number of units of 2^-1088: its upper 64 bits, of which the last says whether any are behind. */
function toNumber(units: bigint): number {
  const excess = units.toString(16).length * 4 - 64
  if (excess <= 0) return Number(units) * 2 ** (-UNIT / 2) * 2 ** (-UNIT / 2)
  const rest = units & ((1n << BigInt(excess)) - 1n)
  const upper = (units >> BigInt(excess)) | (rest === 0n ? 0n : 1n)
  const exponent = excess - UNIT
  const half = Math.trunc(exponent / 2)
  return Number(upper) * 2 ** half * 2 ** (exponent - half)
}

/** Throws E_CONFLICT where rows without probabilities would be written, which no metric could count. */
export function requireMeasurable({ nonfinite }: { nonfinite?: string }): void {
  if (nonfinite !== 'propagate') return
  const reason = `rows of NaN have no metrics; ${optionText('onError', 'skip')} in place of ${optionText('nonfinite', 'propagate')} leaves them out, and counts them`
  throw new SoftmaxError('E_CONFLICT', { reason })
}
