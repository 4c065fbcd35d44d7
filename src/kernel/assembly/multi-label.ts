/**
 * Multi-label rows, with any number of true classes and an independent probability for each class. Their metrics are
 *
 *      loss = mean over classes of -log p where the class is true, else -log (1 - p), which is -log sigmoid(x) or (-x)
 *      brier = mean over classes of (p - y)^2
 *
 * The terms of the loss are accurate to 1 ulp, and their sum is compensated (Neumaier, 1974).
 */
import { NO_CLASS, WANT_LOG } from '../constants'
import { RowEvaluation, ROW_EVALUATION_SIZE } from './row-evaluation'
import { logSigmoid, sigmoid } from './sigmoid'
import { RowState, STATE_SIZE } from './structs'

/** Begins with a scored row; `truth` is NO_CLASS if its classes are not known. */
export function beginMultiLabel(out: RowEvaluation, state: RowState, truth: u32): void {
  out.truth = truth == NO_CLASS ? -1 : 0
  out.predicted = 0
  out.rank = truth == NO_CLASS ? NaN : 1
  out.confidence = sigmoid(state.max, state)
  out.loss = truth == NO_CLASS ? NaN : 0
  out.brier = 0
  out.entropy = 0
  out.probability = NaN
  // Here, the compensation of the loss.
  out.slope = 0
  out.curvature = 0
  out.abstained = 0
  out.covered = 0
  out.members = 0
}

/**
 * Adds a chunk, given a byte per class for true classes and one for labels; writes the probabilities of the classes
 * (f64), unless the true classes are not known.
 */
export function evaluateMultiLabel(
  at: usize,
  values: usize,
  count: u32,
  state: RowState,
  truths: usize,
  members: usize,
  probabilities: usize,
  flags: u32,
  out: RowEvaluation,
): void {
  if (out.truth < 0) return
  for (const end = at + ((<usize>count) << 3); at < end; at += 8, values += 8, truths++, members++, probabilities += 8) {
    const x = load<f64>(at)
    const isTrue = load<u8>(truths)
    addLoss(0 - logSigmoid(isTrue ? x : -x, state), out)
    const p = flags & WANT_LOG ? sigmoid(x, state) : load<f64>(values)
    store<f64>(probabilities, p)
    const error = p - <f64>isTrue
    out.brier += error * error
    if (isTrue != load<u8>(members)) out.predicted = 1
  }
}

function addLoss(x: f64, out: RowEvaluation): void {
  const sum = out.loss + x
  if (abs(sum) < Infinity) out.slope += out.loss >= x ? out.loss - sum + x : x - sum + out.loss
  out.loss = sum
}

/** Ends with the means over the classes. */
export function endMultiLabel(classes: u32, out: RowEvaluation): void {
  out.loss = (out.loss + out.slope) / <f64>classes
  out.brier /= <f64>classes
  out.slope = 0
}

/** Adds a row to the counts of each class: rows that have it, that get it as a label, and both (f64 each). */
export function countClasses(truths: usize, members: usize, classes: u32, counts: usize): void {
  for (const end = truths + <usize>classes; truths < end; truths++, members++, counts += 24) {
    const isTrue = load<u8>(truths)
    const isLabel = load<u8>(members)
    store<f64>(counts, load<f64>(counts) + <f64>isTrue)
    store<f64>(counts, load<f64>(counts, 8) + <f64>isLabel, 8)
    store<f64>(counts, load<f64>(counts, 16) + <f64>(isTrue & isLabel), 16)
  }
}

/**
 * Evaluates rows that were scored together, given whether their classes are known (u32, NO_CLASS if not) and the
 * true-class bytes (u8); writes the probabilities of their classes (f64).
 */
export function evaluateMultiLabelRows(
  at: usize,
  values: usize,
  rows: u32,
  classes: u32,
  states: usize,
  known: usize,
  truths: usize,
  members: usize,
  probabilities: usize,
  flags: u32,
  out: usize,
): void {
  const width = (<usize>classes) << 3
  for (; rows > 0; rows--, states += STATE_SIZE, known += 4, out += ROW_EVALUATION_SIZE) {
    const state = changetype<RowState>(states)
    const evaluation = changetype<RowEvaluation>(out)
    beginMultiLabel(evaluation, state, load<u32>(known))
    evaluateMultiLabel(at, values, classes, state, truths, members, probabilities, flags, evaluation)
    endMultiLabel(classes, evaluation)
    at += width
    values += width
    probabilities += width
    truths += classes
    members += classes
  }
}
