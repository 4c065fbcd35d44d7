/** Addresses of per-row data in a batch. */
import { NO_CLASS } from '../constants'
import { RowEvaluation, ROW_EVALUATION_SIZE } from './row-evaluation'
import { Job, RowEntry, RowState, STATE_SIZE } from './structs'

/** The address of a row's start and, after it, of the end of its kept bytes (u32 each). */
// @ts-ignore: decorator
@inline
export function entryOf(row: u32, job: Job): RowEntry {
  return changetype<RowEntry>(<usize>job.entries + <usize>row * offsetof<RowEntry>())
}

// @ts-ignore: decorator
@inline
export function stateOf(row: u32, job: Job): RowState {
  return changetype<RowState>(<usize>job.states + <usize>row * STATE_SIZE)
}

/** The address of a row's logits, values or probabilities. */
// @ts-ignore: decorator
@inline
export function rowOf(numbers: u32, row: u32, job: Job): usize {
  return <usize>numbers + ((<usize>row * job.classes) << 3)
}

/** The address of a row's label membership bytes. */
// @ts-ignore: decorator
@inline
export function membersOf(row: u32, job: Job): usize {
  return <usize>job.members + <usize>row * job.classes
}

/** The address of a row's true-class bytes. */
// @ts-ignore: decorator
@inline
export function targetsOf(row: u32, job: Job): usize {
  return <usize>job.targets + <usize>row * job.classes
}

/** The position of a row's label; NO_CLASS if it has none. */
// @ts-ignore: decorator
@inline
export function labelOf(row: u32, job: Job): u32 {
  return job.decision ? entryOf(row, job).label : stateOf(row, job).index
}

/** The evaluation of a row of the batch. */
export function evaluationOf(row: u32, job: Job): RowEvaluation {
  return changetype<RowEvaluation>(<usize>job.evaluated + <usize>(job.evaluatedCount + row) * ROW_EVALUATION_SIZE)
}
