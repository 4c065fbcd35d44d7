/** The contents of a report, and the data of its charts and tables. */
import { isMultiLabel } from '../core/key-metrics.js'
import type { Metrics } from '../core/metrics.js'
import { numberOf } from '../core/metrics.js'
import { CURVE_BINS, EVEN_BINS } from '../kernel/constants.js'
import type { Bin, Totals } from '../kernel/host/metrics.js'

/** An evaluation. */
export interface Evaluation {
  metrics: Metrics
  totals: Pick<Totals, 'bins' | 'classBins' | 'curve' | 'pairs'>
  /** Rows that were skipped, by error code. */
  rejected: Readonly<Record<string, number>>
}

/** The subject of a report. */
export interface Subject {
  evaluation: Evaluation
  /** The same rows without the applied calibration. */
  before: Evaluation | undefined
  /** The names of the inputs. */
  inputs: readonly string[]
  /** Other facts about the run: names and values. */
  facts: readonly (readonly [string, string])[]
}

/** The words of a reliability diagram: what is on its axes, and what is counted. */
export interface ReliabilityWords {
  confidence: string
  accuracy: string
  counted: string
}

/** Its words: if rows may have several true classes, it is about each class of each row. */
export function reliabilityWords(metrics: Metrics): ReliabilityWords {
  return isMultiLabel(metrics)
    ? { confidence: 'probability', accuracy: 'share that is true', counted: 'prediction' }
    : { confidence: 'confidence', accuracy: 'accuracy', counted: 'row' }
}

/** Rows of similar confidence, or classes of similar probability. */
export interface ReliabilityBin {
  rows: number
  confidence: number
  accuracy: number
}

/** The nonempty bins: their mean confidence and accuracy. */
export function reliabilityOf({ metrics, totals }: Evaluation): ReliabilityBin[] {
  const bins = isMultiLabel(metrics) ? totals.classBins : totals.bins
  return bins
    .filter(({ rows }) => rows > 0)
    .map(({ rows, right, confidence }) => ({
      rows,
      confidence: numberOf({ units: confidence, special: 0 }) / rows,
      accuracy: right / rows,
    }))
}

/** Rows with a confidence between `from` and `to`. */
export interface Bar {
  from: number
  to: number
  right: number
  wrong: number
}

/** The uniform bins of the curve have the width 1 / EVEN. */
const EVEN = 4096
/** How many bars a histogram has, made of uniform bins except the last. */
const BARS = 32

/** The distribution of confidence. */
export function histogramOf({ totals: { curve } }: Evaluation): Bar[] {
  const size = EVEN / BARS
  return Array.from({ length: BARS }, (_, nth) => {
    // The last bar includes the narrower bins.
    const { rows, right } = sumOf(curve.slice(nth * size, nth < BARS - 1 ? (nth + 1) * size : undefined))
    return { from: nth / BARS, to: (nth + 1) / BARS, right, wrong: rows - right }
  })
}

function sumOf(bins: readonly Bin[]): { rows: number; right: number } {
  return bins.reduce((sum, { rows, right }) => ({ rows: sum.rows + rows, right: sum.right + right }), {
    rows: 0,
    right: 0,
  })
}

/** The share of rows with at least this confidence, and the share of wrong ones among them. */
export interface RiskPoint {
  answered: number
  risk: number
  confidence: number
}

/** The risk of the most confident rows, by increasing coverage; every point is at the end of a bin. */
export function riskCurveOf({ totals: { curve } }: Evaluation): RiskPoint[] {
  const total = sumOf(curve).rows
  const points: RiskPoint[] = []
  let [seen, wrong] = [0, 0]
  for (let bin = curve.length - 1; bin >= 0; bin--) {
    const { rows, right } = curve[bin]!
    if (rows === 0) continue
    seen += rows
    wrong += rows - right
    points.push({ answered: seen / total, risk: wrong / seen, confidence: curveConfidence(bin) })
  }
  return points
}

/** The lower bound of a curve bin. */
function curveConfidence(bin: number): number {
  if (bin < EVEN_BINS) return bin / EVEN
  const fromTop = CURVE_BINS - 1 - bin
  if (fromTop === 0) return 1 - 2 ** -43
  const [octave, part] = [Math.floor((fromTop - 1) / 32), (fromTop - 1) % 32]
  return 1 - 2 ** (octave - 43) * (1 + (part + 1) / 32)
}

/** Thins a curve to points at distances of at least `step`, keeping the first and the last. */
export function thinned(points: readonly RiskPoint[], step: number): RiskPoint[] {
  let last = -1
  return points.filter(({ answered }, nth) => {
    if (nth < points.length - 1 && answered < last + step) return false
    last = answered
    return true
  })
}

/** How many rows of a class were predicted as another. */
export interface Confusion {
  truth: number
  prediction: number
  count: number
}

/** The most frequent confusions, at most `most`. */
export function mostConfused({ totals: { pairs } }: Evaluation, most: number): Confusion[] {
  return pairs
    .filter(([truth, prediction]) => truth !== prediction)
    .sort(([a1, a2, a], [b1, b2, b]) => b - a || a1 - b1 || a2 - b2)
    .slice(0, most)
    .map(([truth, prediction, count]) => ({ truth, prediction, count }))
}
