/** Matrices: scores rows in batches, and transposes between rows and columns. */
import { STATUS_FINITE, WANT_SUMMARY } from '../constants'
import { decideRows } from './decide'
import { ROW_EVALUATION_SIZE, evaluateRows } from './row-evaluation'
import { evaluateMultiLabelRows } from './multi-label'
import { scoreRows, scoreRowsByClass } from './softmax'
import { Decision, RowState, STATE_SIZE } from './structs'

/** How many rows go through the phases of `softmax.ts` together. */
const BATCH: u32 = 64

/** Where the results of a matrix are written, besides its values. */
@unmanaged
class MatrixResults {
  /** Addresses of per-row results: the position of the largest logit (u32), and the status (u8). */
  index: u32
  status: u32
  /** The same for the four numbers of the summary (f64), and the size of each array; 0 if not requested. */
  summary: u32
  stride: u32
  /** Addresses of the true class of each row (u32), or 0, and of the evaluated rows (RowEvaluation). */
  truths: u32
  evaluated: u32
  /**
   * Addresses of the decision rule (Decision), or 0; of the label of each row (u32); and of its membership bytes (u8
   * per class).
   */
  decision: u32
  labels: u32
  members: u32
  /** The address of the true-class bytes (u8 per class), if a row may have several; or 0. */
  targets: u32
  /** The address of the probabilities of the classes (f64), if each class is ranked; or 0. */
  probabilities: u32
}

/** Scores rows in batches with `scoreRows`; returns how many have no softmax. */
export function scoreMatrix(
  at: usize,
  rows: u32,
  classes: u32,
  states: usize,
  scratch: usize,
  out: usize,
  flags: u32,
  temperature: u32,
  results: MatrixResults,
): u32 {
  const width = (<usize>classes) << 3
  let unscored: u32 = 0
  for (let row: u32 = 0; row < rows; row += BATCH) {
    const some = min(BATCH, rows - row)
    scoreRows(at, some, classes, states, scratch, out, flags, temperature)
    if (results.decision) decideSome(at, out, row, some, classes, states, flags, results)
    unscored += takeStates(states, row, some, flags, results)
    if (results.truths) evaluateSome(at, out, row, some, classes, states, flags, results)
    at += width * <usize>some
    out += width * <usize>some
  }
  return unscored
}

/**
 * The same if only probabilities are computed, for logits and results in one column per class, with a stride of `stride`
 * bytes; `copies` has room as `scoreRowsByClass` requires.
 */
export function scoreColumns(
  at: usize,
  rows: u32,
  classes: u32,
  stride: usize,
  states: usize,
  scratch: usize,
  out: usize,
  copies: usize,
  temperature: u32,
  results: MatrixResults,
): u32 {
  let unscored: u32 = 0
  for (let row: u32 = 0; row < rows; row += BATCH, at += BATCH << 3, out += BATCH << 3) {
    const some = min(BATCH, rows - row)
    scoreRowsByClass(at, some, classes, stride, states, scratch, out, copies, temperature)
    unscored += takeStates(states, row, some, 0, results)
  }
  return unscored
}

/** Copies results out of row states; returns how many rows have no softmax. */
export function takeStates(states: usize, row: u32, rows: u32, flags: u32, results: MatrixResults): u32 {
  let unscored: u32 = 0
  for (const end = row + rows; row < end; row++, states += STATE_SIZE) {
    const state = changetype<RowState>(states)
    store<u32>(<usize>results.index + (<usize>row << 2), state.index)
    store<u8>(<usize>results.status + <usize>row, <u8>state.status)
    unscored += u32(state.status != STATUS_FINITE)
    if (flags & WANT_SUMMARY) takeSummary(state, row, results)
  }
  return unscored
}

function evaluateSome(
  at: usize,
  values: usize,
  row: u32,
  rows: u32,
  classes: u32,
  states: usize,
  flags: u32,
  results: MatrixResults,
): void {
  const truths = <usize>results.truths + (<usize>row << 2)
  const evaluated = <usize>results.evaluated + <usize>row * ROW_EVALUATION_SIZE
  const probabilities = results.probabilities ? <usize>results.probabilities + ((<usize>row * classes) << 3) : 0
  if (results.targets) {
    const first = <usize>row * classes
    const targets = <usize>results.targets + first
    const members = <usize>results.members + first
    return evaluateMultiLabelRows(at, values, rows, classes, states, truths, targets, members, probabilities, flags, evaluated)
  }
  const decision = changetype<Decision>(results.decision)
  const least = results.decision ? decision.minConfidence : 0
  const members = results.decision && decision.cutoffs ? <usize>results.members + <usize>row * classes : 0
  evaluateRows(at, values, rows, classes, states, truths, members, probabilities, flags, least, evaluated)
}

function decideSome(
  at: usize,
  values: usize,
  row: u32,
  rows: u32,
  classes: u32,
  states: usize,
  flags: u32,
  results: MatrixResults,
): void {
  const labels = <usize>results.labels + (<usize>row << 2)
  const members = <usize>results.members + <usize>row * classes
  decideRows(at, values, rows, classes, states, flags, changetype<Decision>(results.decision), labels, members)
}

function takeSummary(state: RowState, row: u32, results: MatrixResults): void {
  let to = <usize>results.summary + (<usize>row << 3)
  store<f64>(to, state.confidence)
  store<f64>((to += results.stride), state.margin)
  store<f64>((to += results.stride), state.entropy)
  store<f64>(to + results.stride, state.logsumexp)
}

/** Rows per tile: a cache line holds numbers of several classes. */
const ROWS: u32 = 64

/**
 * Transposes rows of `classes` doubles into columns of doubles or, with `narrow`, of float32, whose distance is `stride`
 * bytes.
 */
export function splitRows(at: usize, rows: u32, classes: u32, out: usize, stride: usize, narrow: u32): void {
  const width = (<usize>classes) << 3
  const shift: usize = narrow ? 2 : 3
  for (; rows > 0; ) {
    const some = min(rows, ROWS)
    for (let index: usize = 0; index < <usize>classes; index++) {
      splitColumn(at + (index << 3), some, width, out + index * stride, narrow)
    }
    at += width * <usize>some
    out += (<usize>some) << shift
    rows -= some
  }
}

// @ts-ignore: decorator
@inline
function splitColumn(at: usize, rows: u32, width: usize, out: usize, narrow: u32): void {
  if (narrow) for (; rows > 0; rows--, at += width, out += 4) store<f32>(out, <f32>load<f64>(at))
  else for (; rows > 0; rows--, at += width, out += 8) store<f64>(out, load<f64>(at))
}

/** Scatters a column of doubles or float32 into rows of `width` bytes. */
export function joinDoubles(at: usize, rows: u32, out: usize, width: usize): void {
  for (; rows > 0; rows--, at += 8, out += width) store<f64>(out, load<f64>(at))
}

export function joinFloats(at: usize, rows: u32, out: usize, width: usize): void {
  for (; rows > 0; rows--, at += 4, out += width) store<f64>(out, <f64>load<f32>(at))
}
