/** Where the rows of a batch have what is known of them. */
import { NO_CLASS } from '../constants'
import { Judgement, JUDGEMENT_SIZE } from './judge'
import { Job, RowMark, RowState, STATE_SIZE } from './structs'

/** Where a batch has the start of a row, and behind it the end of what is kept of it (u32 each). */
// @ts-ignore: decorator
@inline
export function markOf(row: u32, job: Job): RowMark {
  return changetype<RowMark>(<usize>job.marks + <usize>row * offsetof<RowMark>())
}

// @ts-ignore: decorator
@inline
export function stateOf(row: u32, job: Job): RowState {
  return changetype<RowState>(<usize>job.states + <usize>row * STATE_SIZE)
}

/** Where a batch has a row's logits, or its values. */
// @ts-ignore: decorator
@inline
export function rowOf(numbers: u32, row: u32, job: Job): usize {
  return <usize>numbers + ((<usize>row * job.classes) << 3)
}

/** Where a batch has which classes are among a row's labels. */
// @ts-ignore: decorator
@inline
export function membersOf(row: u32, job: Job): usize {
  return <usize>job.members + <usize>row * job.classes
}

/** The bytes of a row that say which of its classes are true. */
// @ts-ignore: decorator
@inline
export function targetsOf(row: u32, job: Job): usize {
  return <usize>job.targets + <usize>row * job.classes
}

/** The position of a row's label; NO_CLASS where it has none. */
// @ts-ignore: decorator
@inline
export function labelOf(row: u32, job: Job): u32 {
  return job.decision ? markOf(row, job).label : stateOf(row, job).index
}

/** A row of the batch as it is judged. */
export function judgementOf(row: u32, job: Job): Judgement {
  return changetype<Judgement>(<usize>job.judged + <usize>(job.judgedCount + row) * JUDGEMENT_SIZE)
}
