/**
 * Evaluates rows whose true class is known: the loss, which is -log softmax of the true class; its rank; the squared error
 * of the probabilities (Brier); the entropy and the confidence.
 *
 * The loss has the same bits as log-softmax, so it is accurate to 1 ulp. Squared error and entropy are sums over the
 * classes in order, with a relative error of at most n 2^-52.
 *
 * The search for a temperature T also needs the derivatives of the loss with respect to b = 1 / T. With u_i = b (M -
 * x_i), M = max x, and E the mean under the probabilities, loss = log sum e^(-u_i) + u_y, and
 *
 *      slope = b d loss / d b = u_y - E u       curvature = b^2 d^2 loss / d b^2 = E u^2 - (E u)^2
 *
 * The largest logit has u = 0 and a probability of at least 1 / n, so the curvature is at least E u^2 / n: cancellation
 * costs a factor of n at most.
 */
import { CHUNK, NO_CLASS, WANT_LOG, WANT_SLOPE } from '../constants'
import { both, BOTH_ONE } from './exp'
import { emitLogs, loadPair, probability } from './softmax'
import { RowState, STATE_SIZE } from './structs'
import { temperatureOf } from './temperature'

/** An evaluated row; all fields are doubles, because the host reads them as such, by their indices in `constants.ts`. */
@unmanaged
export class RowEvaluation {
  /**
   * The position of the true class, -1 if there is none; and of the label, which is the most probable class unless a
   * threshold selects another.
   */
  truth: f64
  predicted: f64
  /**
   * How many classes rank at or before the true one, in descending order of probability; ties go to the first class.
   */
  rank: f64
  confidence: f64
  loss: f64
  brier: f64
  entropy: f64
  /**
   * The probability of the true class if the derivatives of the loss are requested, otherwise of the second of two
   * classes; and these derivatives.
   */
  probability: f64
  slope: f64
  curvature: f64
  /** 1 if the largest probability is too low for a label. */
  abstained: f64
  /** With prediction sets: 1 if the set contains the true class, and the size of the set; otherwise 0. */
  covered: f64
  members: f64
}

export const ROW_EVALUATION_SIZE: usize = offsetof<RowEvaluation>()

/** In both lanes: see `exp.ts`. */
const BOTH_TWO: usize = memory.data<i64>([2, 2])

/** Buffer for one result, which is written as two. */
const SPARE: usize = memory.data(16, 16)

/** Begins with a scored row whose state has the logarithm L; `logit` is that of its true class. */
function beginRowEvaluation(out: RowEvaluation, state: RowState, truth: u32, logit: f64): void {
  out.predicted = <f64>state.index
  out.truth = truth == NO_CLASS ? -1 : <f64>truth
  out.brier = 0
  out.entropy = state.logHead
  out.rank = truth == NO_CLASS ? NaN : 1
  out.loss = truth == NO_CLASS ? NaN : lossOf(logit, state)
  out.covered = 0
  out.members = 0
}

/** Begins with the sums behind the derivatives. */
function beginSlope(out: RowEvaluation, own: f64): void {
  out.probability = own
  out.slope = 0
  out.curvature = 0
}

/** The same for a row of several chunks. */
export function beginWide(out: RowEvaluation, state: RowState, truth: u32, logit: f64, least: f64): void {
  beginRowEvaluation(out, state, truth, logit)
  endConfidence(out, probability(state.max, state), least)
  if (truth != NO_CLASS) beginSlope(out, probability(logit, state))
}

/** The largest probability of a row, and whether it is below the minimum for a label. */
function endConfidence(out: RowEvaluation, confidence: f64, least: f64): void {
  out.confidence = confidence
  out.abstained = <f64>(least > 0 && !(confidence >= least))
}

/** -log softmax of one logit, in the same steps as `emitLogs`. */
function lossOf(logit: f64, state: RowState): f64 {
  if (temperatureOf(state).value != 1) return lossDivided(logit, state)
  const distance = logit - state.max
  const difference = distance - state.logHead
  if (!(difference > -Infinity)) return 0 - difference
  const tail = differenceTail(distance, state.logHead, difference) + differenceTail(logit, state.max, distance) - state.logTail
  return 0 - (difference + tail)
}

function lossDivided(logit: f64, state: RowState): f64 {
  store<f64>(SPARE, logit)
  emitLogs(SPARE, 1, state, SPARE)
  return 0 - load<f64>(SPARE)
}

/** The rounding error of difference = a - b. */
// @ts-ignore: decorator
@inline
function differenceTail(a: f64, b: f64, difference: f64): f64 {
  const back = difference - a
  return a - (difference - back) - (b + back)
}

/** Adds a chunk, given its logits, the first of which is of class `base`, and its results. */
export function evaluateChunk(
  at: usize,
  values: usize,
  count: u32,
  base: u32,
  state: RowState,
  logit: f64,
  flags: u32,
  out: RowEvaluation,
): void {
  if (out.truth < 0) return
  const truth = <i32>out.truth - <i32>base
  if (flags & WANT_SLOPE) addClasses(true, at, values, <i32>count, truth, state, logit, flags, out)
  else addClasses(false, at, values, <i32>count, truth, state, logit, flags, out)
}

/** Computes the derivatives from the sums over all chunks of a row: of u in the slope, of u^2 in the curvature. */
export function endRowEvaluation(state: RowState, logit: f64, flags: u32, out: RowEvaluation): void {
  if (!(flags & WANT_SLOPE)) return
  const mean = out.slope
  out.slope = distanceOf(logit, state) - mean
  out.curvature -= mean * mean
}

/** The distance of a logit from the largest, divided by the temperature. */
function distanceOf(logit: f64, state: RowState): f64 {
  const temperature = temperatureOf(state)
  return (state.max * temperature.before - logit * temperature.before) * (temperature.after * both(temperature.inverse))
}

/**
 * Updates the rank, which counts the classes before the true one at position `truth` (possibly outside the chunk); the
 * squared error; and the entropy, L + sum p |d|. Even classes use one lane, odd ones the other.
 */
// @ts-ignore: decorator
@inline
function addClasses(
  hasSlope: bool,
  at: usize,
  values: usize,
  count: i32,
  truth: i32,
  state: RowState,
  logit: f64,
  flags: u32,
  out: RowEvaluation,
): void {
  const temperature = temperatureOf(state)
  const before = f64x2.splat(temperature.before)
  const max = f64x2.mul(f64x2.splat(state.max), before)
  const scale = f64x2.splat(temperature.after * both(temperature.inverse))
  const own = i64x2.splat(truth)
  const bound = f64x2.splat(logit)
  const nothing = f64x2.splat(0)
  let brier = nothing
  let distances = nothing
  let squares = nothing
  let rank = nothing
  let here = i64x2(0, 1)
  const end = at + ((<usize>count) << 3)
  for (; at < end; at += 16, values += 16) {
    const logits = loadPair(at, end)
    // A true comparison is -1.
    const isTie = v128.and(f64x2.eq(logits, bound), i64x2.lt_s(here, own))
    rank = i64x2.sub(rank, v128.or(f64x2.gt(logits, bound), isTie))
    const p = flags & WANT_LOG ? probabilities(at, end, state) : at + 8 < end ? v128.load(values) : v128.load64_zero(values)
    const error = f64x2.sub(p, v128.and(v128.load(BOTH_ONE), i64x2.eq(here, own)))
    brier = f64x2.add(brier, f64x2.mul(error, error))
    const distance = f64x2.mul(f64x2.sub(max, f64x2.mul(logits, before)), scale)
    const product = v128.and(f64x2.mul(p, distance), f64x2.gt(p, nothing))
    distances = f64x2.add(distances, product)
    if (hasSlope) squares = f64x2.add(squares, v128.and(f64x2.mul(product, distance), f64x2.gt(p, nothing)))
    here = i64x2.add(here, v128.load(BOTH_TWO))
  }
  out.rank += <f64>(i64x2.extract_lane(rank, 0) + i64x2.extract_lane(rank, 1))
  out.brier += f64x2.extract_lane(brier, 0) + f64x2.extract_lane(brier, 1)
  const sum = f64x2.extract_lane(distances, 0) + f64x2.extract_lane(distances, 1)
  out.entropy += sum
  if (!hasSlope) return
  out.slope += sum
  out.curvature += f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1)
}

/** The probabilities of two classes, or of the last one, if results are logarithms. */
function probabilities(at: usize, end: usize, state: RowState): v128 {
  const first = probability(load<f64>(at), state)
  return f64x2.replace_lane(f64x2.splat(first), 1, at + 8 < end ? probability(load<f64>(at, 8), state) : 0)
}

/** Writes the probabilities of the classes of a row that fits in memory (f64), even if results are logarithms. */
export function takeProbabilities(at: usize, values: usize, classes: u32, state: RowState, flags: u32, out: usize): void {
  const size = (<usize>classes) << 3
  if (!(flags & WANT_LOG)) return memory.copy(out, values, size)
  for (const end = at + size; at < end; at += 8, out += 8) store<f64>(out, probability(load<f64>(at), state))
}

/** The largest probability of a row that fits in memory. */
function largest(values: usize, classes: u32, state: RowState, flags: u32): f64 {
  if (flags & WANT_LOG) return probability(state.max, state)
  // With two classes, the label may be the less probable one.
  return classes == 2 ? max(load<f64>(values), load<f64>(values, 8)) : load<f64>(values + ((<usize>state.index) << 3))
}

/** The probability of a class of a row that fits in memory. */
// @ts-ignore: decorator
@inline
function probabilityAt(at: usize, values: usize, index: u32, state: RowState, flags: u32): f64 {
  const offset = (<usize>index) << 3
  return flags & WANT_LOG ? probability(load<f64>(at + offset), state) : load<f64>(values + offset)
}

/** Evaluates a row that fits in memory; `least` is the minimum probability of a label, NaN if there is none. */
export function evaluateRow(
  at: usize,
  values: usize,
  classes: u32,
  state: RowState,
  truth: u32,
  flags: u32,
  least: f64,
  out: RowEvaluation,
): void {
  const logit = truth == NO_CLASS ? 0 : load<f64>(at + ((<usize>truth) << 3))
  beginRowEvaluation(out, state, truth, logit)
  endConfidence(out, largest(values, classes, state, flags), least)
  if (truth == NO_CLASS) return
  if (flags & WANT_SLOPE) beginSlope(out, probabilityAt(at, values, truth, state, flags))
  else if (classes == 2) out.probability = probabilityAt(at, values, 1, state, flags)
  if (classes <= <u32>CHUNK) evaluateChunk(at, values, classes, 0, state, logit, flags, out)
  else evaluateChunks(at, values, classes, state, logit, flags, out)
  endRowEvaluation(state, logit, flags, out)
}

/** In the same chunks as a row that does not fit in memory, so that sums have the same bits. */
function evaluateChunks(at: usize, values: usize, classes: u32, state: RowState, logit: f64, flags: u32, out: RowEvaluation): void {
  for (let base: u32 = 0; base < classes; base += CHUNK) {
    const start = (<usize>base) << 3
    evaluateChunk(at + start, values + start, min(CHUNK, classes - base), base, state, logit, flags, out)
  }
}

/** Evaluates the prediction set of a row, given a membership byte per class. */
export function evaluateSet(members: usize, classes: u32, out: RowEvaluation): void {
  if (out.truth < 0) return
  out.covered = <f64>load<u8>(members + <usize>out.truth)
  let count: u32 = 0
  for (const end = members + <usize>classes; members < end; members++) count += load<u8>(members)
  out.members = <f64>count
}

/**
 * Evaluates rows that were scored together; `truths` has the true class of each (u32), `members` their prediction sets, or
 * is 0; `probabilities` has room for those of their classes (f64), or is 0.
 */
export function evaluateRows(
  at: usize,
  values: usize,
  rows: u32,
  classes: u32,
  states: usize,
  truths: usize,
  members: usize,
  probabilities: usize,
  flags: u32,
  least: f64,
  out: usize,
): void {
  const width = (<usize>classes) << 3
  for (; rows > 0; rows--, at += width, values += width, states += STATE_SIZE, truths += 4, out += ROW_EVALUATION_SIZE) {
    const state = changetype<RowState>(states)
    evaluateRow(at, values, classes, state, load<u32>(truths), flags, least, changetype<RowEvaluation>(out))
    if (probabilities) {
      takeProbabilities(at, values, classes, state, flags, probabilities)
      probabilities += width
    }
    if (!members) continue
    evaluateSet(members, classes, changetype<RowEvaluation>(out))
    members += classes
  }
}
