/**
 * Metrics of a classifier with several classes per row, as defined by scikit-learn for indicator matrices: accuracy
 * requires a complete match (subset accuracy); precision, recall and F1 are computed per class. Log loss and Brier
 * score are means over rows and classes, and calibration errors, as of torchmetrics' binary ones, are of their
 * probabilities.
 */
import {
  type Counts,
  calibrationErrors,
  infiniteLosses,
  type MeasuredTotals,
  type Metrics,
  numberOf,
  type Scores,
  scoresOf,
} from './metrics.js'
import { meanRanking, type Ranking, rankingOf, UNRANKED } from './ranking.js'

/** Computes metrics from totals; `counts` are per class: rows that have it, that get it as a label, and both. */
export function multiLabelMetricsOf(
  totals: MeasuredTotals,
  labels: readonly string[],
  counts: Float64Array,
  rejected: number,
): Metrics {
  const { rows, unlabelled, pairs } = totals
  const byClass = labels.map((_, index) => countsAt(counts, index))
  const rankings = labels.map((_, index) => rankingAt(totals, index))
  const classes = labels.map((label, index) => ({ label, ...scoresOf(byClass[index]!), ...rankings[index]! }))
  const mean = (total: MeasuredTotals['loss'], by = rows) => (by === 0 ? null : numberOf(total) / by)
  const right = pairs.find(([, wrong]) => wrong === 0)?.[2] ?? 0
  const wrong = byClass.reduce((sum, { support, predicted, right }) => sum + support + predicted - 2 * right, 0)
  const confidence = totals.bins.reduce((sum, { confidence }) => sum + confidence, 0n)
  return {
    rows,
    unlabelled,
    rejected,
    abstained: 0,
    accuracy: rows === 0 ? null : right / rows,
    hamming_loss: rows * labels.length === 0 ? null : wrong / (rows * labels.length),
    balanced_accuracy: null,
    top_k_accuracy: {},
    log_loss: mean(totals.loss),
    ...infiniteLosses(totals),
    brier: mean(totals.brier),
    ...calibrationErrors(totals.classBins, rows * labels.length),
    mean_confidence: mean({ units: confidence, special: 0 }),
    mean_entropy: null,
    aurc: null,
    aurc_bound: null,
    ...meanRanking(rankings),
    macro: averageOf(classes, () => 1),
    micro: microOf(byClass),
    weighted: averageOf(classes, ({ support }) => support),
    classes,
    confusion: byClass.map((counts) => confusionOf(counts, rows)),
  }
}

/** The rows that neither have nor get a class, only get it, only have it, and both. */
function confusionOf({ support, predicted, right }: Counts, rows: number): number[] {
  return [rows - support - predicted + right, predicted - right, support - right, right]
}

/** The ranking of a class; there is none for many classes. */
function rankingAt({ roc }: MeasuredTotals, index: number): Ranking {
  return roc.length > 0 ? rankingOf(roc[index]!) : UNRANKED
}

function countsAt(counts: Float64Array, index: number): Counts {
  const [support = 0, predicted = 0, right = 0] = counts.subarray(3 * index, 3 * index + 3)
  return { support, predicted, right }
}

type ClassScores = Scores & { support: number }

function averageOf(classes: readonly ClassScores[], weight: (scores: ClassScores) => number): Scores {
  const total = classes.reduce((sum, one) => sum + weight(one), 0)
  const of = (key: keyof Scores) =>
    total === 0 ? 0 : classes.reduce((sum, one) => sum + one[key] * weight(one), 0) / total
  return { precision: of('precision'), recall: of('recall'), f1: of('f1') }
}

/** The scores over all classes counted together. */
function microOf(byClass: readonly Counts[]): Scores {
  const sum = (key: keyof Counts) => byClass.reduce((all, counts) => all + counts[key], 0)
  const { support: _, ...scores } = scoresOf({
    support: sum('support'),
    predicted: sum('predicted'),
    right: sum('right'),
  })
  return scores
}
