/** The data behind metrics: counts and exact sums over evaluated rows, independent of the order of the rows. */
import { BINS, CURVE_BINS, EVEN_BINS, OCTAVES, PARTS_BITS, RANKS } from '../constants'
import { addColumn, addProbability, addSum, COLUMN, ExactSum, SUM_SIZE } from './exact-sum'
import { addRoc, countProbability, rocBins, rocBits, rocSize } from './roc'
import { RowEvaluation, ROW_EVALUATION_SIZE } from './row-evaluation'

/**
 * Counts and sums. The struct is followed, without gaps, by a count for each rank from 1; the sums of loss, squared
 * error, entropy and the derivatives of the loss; the calibration bins of rows and of classes, and the curve bins; a
 * count for each pair of true class and prediction; the counts of parts; and the ROC bins of each class that has some.
 * Counts are doubles, as there may be more than 2^32 rows.
 */
@unmanaged
export class Metrics {
  rows: f64
  unlabelled: f64
  /** Rows with a true class but without a label, because their largest probability is too low. */
  abstained: f64
  /** With prediction sets: the number of sets that contain the true class, and their total size. */
  covered: f64
  members: f64
  /** Rows with an infinite loss, which the sum of the losses does not count. */
  infinite: f64
  classes: u32
  /** 1 if pairs of true class and prediction are counted, which takes too much memory with many classes. */
  hasConfusion: u32
  /**
   * If a temperature or a quantile is searched for: probabilities of true classes from `lowest` on are counted in parts
   * of 2^shift doubles, in the order of their bits. If negative, there are neither parts nor derivatives.
   */
  lowest: f64
  shift: i32
  /** The number of classes with ROC bins: the second of two, each if rows may have several true ones or if requested, or none. */
  rocClasses: u32
}

/**
 * A bin: the number of rows, and of right ones. Calibration bins also have the sum of the confidences. If rows may have
 * several true classes, those of classes count each class of each row: with its probability, right if it is true.
 */
@unmanaged
class Bin {
  rows: f64
  right: f64
}

const BIN_SIZE: usize = offsetof<Bin>() + SUM_SIZE
/** The number of counts at the beginning of the struct. */
const COUNTS: u32 = 6
const RANKS_AT: usize = offsetof<Metrics>()
const SUMS_AT: usize = RANKS_AT + ((<usize>RANKS) << 3)
const SUMS: usize = 5
const BINS_AT: usize = SUMS_AT + SUMS * SUM_SIZE
const PARTS: u64 = 1 << PARTS_BITS
const CLASS_BINS_AT: usize = BINS_AT + <usize>BINS * BIN_SIZE
const CURVE_AT: usize = CLASS_BINS_AT + <usize>BINS * BIN_SIZE
const CONFUSION_AT: usize = CURVE_AT + <usize>CURVE_BINS * offsetof<Bin>()

/** The size of metrics in bytes. */
export function metricsRoom(classes: u32, hasConfusion: u32, shift: i32, rocClasses: u32): usize {
  return rocAt(classes, hasConfusion, shift) + (rocClasses ? <usize>rocClasses * rocSize(rocClasses) : 0)
}

/** The offset of the ROC bins. */
function rocAt(classes: u32, hasConfusion: u32, shift: i32): usize {
  return partsAt(classes, hasConfusion) + (shift < 0 ? 0 : <usize>PARTS << 3)
}

function rocOf(metrics: Metrics): usize {
  return changetype<usize>(metrics) + rocAt(metrics.classes, metrics.hasConfusion, metrics.shift)
}

/** The offset of the counts of parts. */
function partsAt(classes: u32, hasConfusion: u32): usize {
  return CONFUSION_AT + (hasConfusion ? ((<usize>classes * <usize>classes) << 3) : 0)
}

/** Initializes metrics in zeroed memory. */
export function beginMetrics(
  metrics: Metrics,
  classes: u32,
  hasConfusion: u32,
  shift: i32,
  lowest: f64,
  rocClasses: u32,
): void {
  metrics.classes = classes
  metrics.hasConfusion = hasConfusion
  metrics.shift = shift
  metrics.lowest = lowest
  metrics.rocClasses = rocClasses
}

/** Adds the metrics of other rows with the same classes. */
export function addMetrics(metrics: Metrics, other: Metrics): void {
  const to = changetype<usize>(metrics)
  const from = changetype<usize>(other)
  addCounts(to, from, COUNTS)
  addCounts(to + RANKS_AT, from + RANKS_AT, RANKS)
  for (let nth: usize = 0; nth < SUMS; nth++) addSumAt(to, from, SUMS_AT + nth * SUM_SIZE)
  for (let bin = BINS_AT; bin < CURVE_AT; bin += BIN_SIZE) {
    addCounts(to + bin, from + bin, 2)
    addSumAt(to, from, bin + offsetof<Bin>())
  }
  addCounts(to + CURVE_AT, from + CURVE_AT, 2 * CURVE_BINS)
  if (metrics.hasConfusion) addCounts(to + CONFUSION_AT, from + CONFUSION_AT, metrics.classes * metrics.classes)
  const parts = partsAt(metrics.classes, metrics.hasConfusion)
  if (metrics.shift >= 0) addCounts(to + parts, from + parts, <u32>PARTS)
  if (!metrics.rocClasses) return
  // Of a thread that never started, all of the struct is 0.
  const roc = rocAt(metrics.classes, metrics.hasConfusion, metrics.shift)
  addRoc(to + roc, from + roc, metrics.rocClasses)
}

function addCounts(to: usize, from: usize, count: u32): void {
  for (; count > 0; count--, to += 8, from += 8) store<f64>(to, load<f64>(to) + load<f64>(from))
}

function addSumAt(to: usize, from: usize, at: usize): void {
  addSum(changetype<ExactSum>(to + at), changetype<ExactSum>(from + at))
}

/** Adds evaluated rows. */
export function addEvaluated(metrics: Metrics, at: usize, rows: u32): void {
  const end = at + <usize>rows * ROW_EVALUATION_SIZE
  while (at < end) {
    const start = skipUnlabelled(metrics, at, end)
    at = addLabelled(metrics, start, min(end, start + <usize>COLUMN * ROW_EVALUATION_SIZE))
  }
}

/** Counts rows without a true class; returns the first row with one. */
// @ts-ignore: decorator
@inline
function skipUnlabelled(metrics: Metrics, at: usize, end: usize): usize {
  for (; at < end && changetype<RowEvaluation>(at).truth < 0; at += ROW_EVALUATION_SIZE) metrics.unlabelled += 1
  return at
}

/** Adds rows with a true class; returns the first row without one. */
function addLabelled(metrics: Metrics, start: usize, end: usize): usize {
  let at = start
  for (; at < end && changetype<RowEvaluation>(at).truth >= 0; at += ROW_EVALUATION_SIZE) countRow(metrics, changetype<RowEvaluation>(at))
  if (metrics.rocClasses == 1) countSecond(metrics, start, at)
  const rows = <u32>((at - start) / ROW_EVALUATION_SIZE)
  metrics.rows += <f64>rows
  const sums = changetype<usize>(metrics) + SUMS_AT
  addColumn(changetype<ExactSum>(sums), start + offsetof<RowEvaluation>("loss"), ROW_EVALUATION_SIZE, rows)
  addColumn(changetype<ExactSum>(sums + SUM_SIZE), start + offsetof<RowEvaluation>("brier"), ROW_EVALUATION_SIZE, rows)
  addColumn(changetype<ExactSum>(sums + 2 * SUM_SIZE), start + offsetof<RowEvaluation>("entropy"), ROW_EVALUATION_SIZE, rows)
  if (metrics.shift < 0) return at
  addColumn(changetype<ExactSum>(sums + 3 * SUM_SIZE), start + offsetof<RowEvaluation>("slope"), ROW_EVALUATION_SIZE, rows)
  addColumn(changetype<ExactSum>(sums + 4 * SUM_SIZE), start + offsetof<RowEvaluation>("curvature"), ROW_EVALUATION_SIZE, rows)
  return at
}

// @ts-ignore: decorator
@inline
function countRow(metrics: Metrics, row: RowEvaluation): void {
  const base = changetype<usize>(metrics)
  if (row.rank <= <f64>RANKS) increment(base + RANKS_AT + ((wholeOf(row.rank) - 1) << 3))
  // The label may differ from the most probable class, or be missing, but these metrics are about probabilities.
  const right = row.rank == 1
  const confidence = row.confidence
  addToBin(base + BINS_AT, confidence, right)
  count(base + CURVE_AT + curveBinOf(confidence) * offsetof<Bin>(), right)
  metrics.abstained += row.abstained
  metrics.covered += row.covered
  metrics.members += row.members
  metrics.infinite += <f64>(row.loss == Infinity)
  if (metrics.shift >= 0) countPart(metrics, row.probability)
  if (!metrics.hasConfusion || row.abstained > 0) return
  const cell = wholeOf(row.truth) * <usize>metrics.classes + wholeOf(row.predicted)
  increment(base + CONFUSION_AT + (cell << 3))
}

/** Counts the probability of the second of two classes; rows that may have several true ones are counted by class. */
function countSecond(metrics: Metrics, at: usize, end: usize): void {
  const bins = rocBins(1)
  const roc = rocOf(metrics)
  for (; at < end; at += ROW_EVALUATION_SIZE) {
    const row = changetype<RowEvaluation>(at)
    const p = row.probability
    if (p == p) countProbability(roc, p, row.truth == 1, rocBits(1), bins)
  }
}

/** Adds the probabilities of the classes of complete rows (f64), given a byte per class for true ones. */
export function addClasses(metrics: Metrics, at: usize, truths: usize, count: u32): void {
  const bins = changetype<usize>(metrics) + CLASS_BINS_AT
  if (metrics.rocClasses) countClasses(metrics, at, truths, count)
  for (const end = at + ((<usize>count) << 3); at < end; at += 8, truths++) addToBin(bins, load<f64>(at), load<u8>(truths) != 0)
}

/** Counts the same probabilities in the ROC bins of their classes. */
function countClasses(metrics: Metrics, at: usize, truths: usize, count: u32): void {
  const bits = rocBits(metrics.rocClasses)
  const bins = rocBins(metrics.rocClasses)
  const size = rocSize(metrics.rocClasses)
  const first = rocOf(metrics)
  const last = first + <usize>metrics.rocClasses * size
  let roc = first
  for (const end = at + ((<usize>count) << 3); at < end; at += 8, truths++) {
    countProbability(roc, load<f64>(at), load<u8>(truths) != 0, bits, bins)
    roc += size
    if (roc == last) roc = first
  }
}

/** Counts evaluated rows in the ROC bins of each class, against all others, given the probabilities of their classes (f64). */
export function addRanks(metrics: Metrics, at: usize, probabilities: usize, rows: u32): void {
  const width = (<usize>metrics.rocClasses) << 3
  for (; rows > 0; rows--, at += ROW_EVALUATION_SIZE, probabilities += width) {
    const truth = changetype<RowEvaluation>(at).truth
    if (truth >= 0) countRanks(metrics, probabilities, <u32>wholeOf(truth))
  }
}

/** Counts the probability of each class of a row. */
function countRanks(metrics: Metrics, at: usize, truth: u32): void {
  const classes = metrics.rocClasses
  const bits = rocBits(classes)
  const bins = rocBins(classes)
  const size = rocSize(classes)
  let roc = rocOf(metrics)
  for (let index: u32 = 0; index < classes; index++, at += 8, roc += size) {
    countProbability(roc, load<f64>(at), index == truth, bits, bins)
  }
}

/** Counts a confidence in its calibration bin. */
// @ts-ignore: decorator
@inline
function addToBin(bins: usize, confidence: f64, right: bool): void {
  const bin = bins + binOf(confidence) * BIN_SIZE
  count(bin, right)
  addProbability(changetype<ExactSum>(bin + offsetof<Bin>()), confidence)
}

/** Counts the probability of a true class. */
function countPart(metrics: Metrics, own: f64): void {
  const part = (reinterpret<u64>(own) - reinterpret<u64>(metrics.lowest)) >> <u64>metrics.shift
  if (part >= PARTS) return
  increment(changetype<usize>(metrics) + partsAt(metrics.classes, metrics.hasConfusion) + ((<usize>part) << 3))
}

/**
 * The bin of a confidence among 15 of equal width in [0, 1]: edges belong to the bin above, 1 to the last one. The
 * product may be rounded up to an edge, or down from it.
 */
// @ts-ignore: decorator
@inline
function binOf(confidence: f64): usize {
  const bin = min(<usize>(<i32>(confidence * <f64>BINS)), BINS - 1)
  const edges = EDGES + (bin << 3)
  return bin - <usize>(confidence < load<f64>(edges)) + <usize>(confidence >= load<f64>(edges, 8))
}

/** The bin of the curve: see CURVE_BINS. */
// @ts-ignore: decorator
@inline
function curveBinOf(confidence: f64): usize {
  const even = <i32>(confidence * 4096)
  if (even < EVEN_BINS) return <usize>even
  const bits = reinterpret<u64>(1 - confidence)
  const octave = 1016 - <i32>(bits >> 52)
  const fromTop = octave > OCTAVES ? <usize>0 : 1 + ((<usize>(OCTAVES - octave)) << 5) + (<usize>(bits >> 47) & 31)
  return <usize>CURVE_BINS - 1 - fromTop
}

/** The edges of the bins, k / 15 rounded; nothing is above the last bin. */
const EDGES: usize = memory.data<f64>([
  0, 1.0 / 15, 2.0 / 15, 3.0 / 15, 4.0 / 15, 5.0 / 15, 6.0 / 15, 7.0 / 15, 8.0 / 15, 9.0 / 15, 10.0 / 15, 11.0 / 15, 12.0 / 15,
  13.0 / 15, 14.0 / 15, Infinity,
])

/**
 * An integer below 2^32, from the low bits of its sum with 2^52. A conversion instruction would include a range check.
 */
// @ts-ignore: decorator
@inline
function wholeOf(x: f64): usize {
  return <usize>reinterpret<u64>(x + 4503599627370496.0)
}

// @ts-ignore: decorator
@inline
function count(at: usize, right: bool): void {
  const bin = changetype<Bin>(at)
  bin.rows += 1
  bin.right += <f64>right
}

// @ts-ignore: decorator
@inline
function increment(at: usize): void {
  store<f64>(at, load<f64>(at) + 1)
}
