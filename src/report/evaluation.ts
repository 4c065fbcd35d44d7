/** What a report shows, and how its charts and tables are made of the counts of an evaluation. */
import type { Metrics } from '../core/metrics.js'
import { numberOf } from '../core/metrics.js'
import { CURVE_BINS, EVEN_BINS } from '../kernel/constants.js'
import type { Bin, Totals } from '../kernel/host/metrics.js'

/** An evaluation. */
export interface Evaluation {
  metrics: Metrics
  totals: Pick<Totals, 'bins' | 'curve' | 'pairs'>
  /** Rows that were left out, by error code. */
  rejected: Readonly<Record<string, number>>
}

/** What a report is of. */
export interface Subject {
  evaluation: Evaluation
  /** The same rows without the calibration that was applied. */
  before: Evaluation | undefined
  /** The names of the inputs. */
  inputs: readonly string[]
  /** What else is to be known of the run: names and values. */
  facts: readonly (readonly [string, string])[]
}

/** Rows of about the same confidence. */
export interface ReliabilityBin {
  rows: number
  confidence: number
  accuracy: number
}

/** The bins that have rows: their mean confidence, and how many of their labels are right. */
export function reliabilityOf({ totals }: Evaluation): ReliabilityBin[] {
  return totals.bins
    .filter(({ rows }) => rows > 0)
    .map(({ rows, right, confidence }) => ({
      rows,
      confidence: numberOf({ units: confidence, special: 0 }) / rows,
      accuracy: right / rows,
    }))
}

/** Rows whose confidence is from `from` up to `to`. */
export interface Bar {
  from: number
  to: number
  right: number
  wrong: number
}

/** The even bins of the curve are of 1 / EVEN. */
const EVEN = 4096
/** How many bars a histogram has, of even bins; but the last. */
const BARS = 32

/** How many rows have which confidence. */
export function histogramOf({ totals: { curve } }: Evaluation): Bar[] {
  const size = EVEN / BARS
  return Array.from({ length: BARS }, (_, nth) => {
    // The last has the bins that are smaller, too.
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

/** The share of rows that are at least as confident as `confidence`, and the share of these that are wrong. */
export interface RiskPoint {
  answered: number
  risk: number
  confidence: number
}

/** The risk of the most confident rows, from few to all; every point is the end of a bin. */
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

/** The least confidence of a bin of the curve. */
function curveConfidence(bin: number): number {
  if (bin < EVEN_BINS) return bin / EVEN
  const fromTop = CURVE_BINS - 1 - bin
  if (fromTop === 0) return 1 - 2 ** -43
  const [octave, part] = [Math.floor((fromTop - 1) / 32), (fromTop - 1) % 32]
  return 1 - 2 ** (octave - 43) * (1 + (part + 1) / 32)
}

/** Points of a curve at a distance of at least a step, the first and the last of all. */
export function thinned(points: readonly RiskPoint[], step: number): RiskPoint[] {
  let last = -1
  return points.filter(({ answered }, nth) => {
    if (nth < points.length - 1 && answered < last + step) return false
    last = answered
    return true
  })
}

/** How many rows of a class were taken for another. */
export interface Confusion {
  truth: number
  prediction: number
  count: number
}

/** The pairs of different classes that most rows have, at most so many. */
export function mostConfused({ totals: { pairs } }: Evaluation, most: number): Confusion[] {
  return pairs
    .filter(([truth, prediction]) => truth !== prediction)
    .sort(([a1, a2, a], [b1, b2, b]) => b - a || a1 - b1 || a2 - b2)
    .slice(0, most)
    .map(([truth, prediction, count]) => ({ truth, prediction, count }))
}
