/**
 * Derives labels from probabilities: which classes are labels of a row, and whether it has any. Decisions use the
 * computed probabilities, before output rounding; if results are logarithms, probabilities are computed again, with the
 * same bits.
 */
import { NO_CLASS, STATUS_FINITE, WANT_LOG, WANT_SIGMOID } from '../constants'
import { sigmoid } from './sigmoid'
import { probability } from './softmax'
import { Decision, RowState, STATE_SIZE } from './structs'

/** The probability of a class, given its logit at `at` and its result at `value`. */
// @ts-ignore: decorator
@inline
function probabilityAt(at: usize, value: usize, state: RowState, flags: u32): f64 {
  return flags & WANT_LOG ? probabilityOf(load<f64>(at), state, flags) : load<f64>(value)
}

/** The probability of a logit in a scored row. */
export function probabilityOf(logit: f64, state: RowState, flags: u32): f64 {
  if (flags & WANT_SIGMOID) return sigmoid(logit, state)
  return state.status == STATUS_FINITE ? probability(logit, state) : NaN
}

/** Sets a byte per class: whether its probability reaches its cutoff. */
export function markMembers(at: usize, values: usize, count: u32, state: RowState, flags: u32, cutoffs: usize, out: usize): void {
  for (const end = at + ((<usize>count) << 3); at < end; at += 8, values += 8, cutoffs += 8, out++) {
    store<u8>(out, u8(probabilityAt(at, values, state, flags) >= load<f64>(cutoffs)))
  }
}

/**
 * The label of a row that is one chunk, NO_CLASS if there is none: a NaN is below every threshold. With two classes,
 * the label may be the less probable one.
 */
export function decide(at: usize, values: usize, state: RowState, flags: u32, decision: Decision): u32 {
  const least = decision.minConfidence
  const isSure = least != least || isConfident(at, values, state, flags, least)
  const threshold = decision.threshold
  if (threshold == threshold) state.index = u32(probabilityAt(at + 8, values + 8, state, flags) >= threshold)
  return isSure ? state.index : NO_CLASS
}

// @ts-ignore: decorator
@inline
function isConfident(at: usize, values: usize, state: RowState, flags: u32, least: f64): bool {
  const offset = (<usize>state.index) << 3
  return probabilityAt(at + offset, values + offset, state, flags) >= least
}

/**
 * Decides rows that were scored together: writes the label of each (u32) to `labels`, its membership bytes to
 * `members`.
 */
export function decideRows(
  at: usize,
  values: usize,
  rows: u32,
  classes: u32,
  states: usize,
  flags: u32,
  decision: Decision,
  labels: usize,
  members: usize,
): void {
  const width = (<usize>classes) << 3
  for (; rows > 0; rows--, at += width, values += width, states += STATE_SIZE, labels += 4, members += classes) {
    const state = changetype<RowState>(states)
    store<u32>(labels, decide(at, values, state, flags, decision))
    if (decision.cutoffs) markMembers(at, values, classes, state, flags, decision.cutoffs, members)
  }
}
