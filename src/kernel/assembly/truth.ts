/** Which class a text is: a table of all texts that a true class may be written as, with open addressing. */
import { EMIT_CORRECT, EMIT_LOSS, EMIT_RANK, NO_CLASS } from '../constants'
import { judgementOf, markOf, writeNumber } from './pipeline'
import { print } from './print-number'
import { Job } from './structs'

/** An entry: a text, and the class that it is; none where its text has no address. */
@unmanaged
export class TruthText {
  text: u32
  length: u32
  /** NO_CLASS where it says that there is no class. */
  index: u32
  hash: u32
}

/** What {@link classOf} gives for a text that is no class. */
const UNKNOWN: u32 = 0xfffffffe

/** The class that a text from `at` to `end` is. */
function classOf(at: usize, end: usize, job: Job): u32 {
  const length = <u32>(end - at)
  if (length == 0) return NO_CLASS
  const hash = hashOf(at, end)
  const mask = job.truthMask
  let slot = hash & mask
  for (let entry = entryAt(slot, job); entry.text; entry = entryAt(slot, job)) {
    if (entry.hash == hash && entry.length == length && memory.compare(entry.text, at, length) == 0) return entry.index
    slot = (slot + 1) & mask
  }
  return UNKNOWN
}

/** FNV-1a. */
function hashOf(at: usize, end: usize): u32 {
  let hash: u32 = 2166136261
  for (; at < end; at++) hash = (hash ^ <u32>load<u8>(at)) * 16777619
  return hash
}

/** Adds the text at `at` to the table of a job; to be called once for each. */
export function addTruth(at: usize, length: u32, index: u32, job: Job): void {
  const hash = hashOf(at, at + <usize>length)
  const mask = job.truthMask
  let slot = hash & mask
  while (entryAt(slot, job).text) slot = (slot + 1) & mask
  const entry = entryAt(slot, job)
  entry.text = <u32>at
  entry.length = length
  entry.index = index
  entry.hash = hash
}

// @ts-ignore: decorator
@inline
function entryAt(slot: u32, job: Job): TruthText {
  return changetype<TruthText>(<usize>job.truths + <usize>slot * offsetof<TruthText>())
}

/** Reads the true class of a row of a batch; false where the text is no class. */
export function readTruth(at: usize, end: usize, row: u32, job: Job): bool {
  const index = classOf(at, end, job)
  markOf(row, job).truth = index
  return index != UNKNOWN
}

/** Whether a row has a column of its true class: not without one, nor is a row right or wrong that has no label. */
export function isKnown(kind: u32, row: u32, job: Job): bool {
  return markOf(row, job).truth != NO_CLASS && (kind != EMIT_CORRECT || judgementOf(row, job).abstained == 0)
}

/** Writes what is known of the true class of a row that has one. */
export function writeJudged(kind: u32, row: u32, out: usize, job: Job): usize {
  const judgement = judgementOf(row, job)
  if (kind == EMIT_LOSS) return writeNumber(judgement.loss, out, job)
  if (kind == EMIT_RANK) return print(judgement.rank, out)
  const right = judgement.truth == judgement.predicted
  store<u64>(out, right ? 0x65757274 : 0x65736c6166)
  return out + (right ? 4 : 5)
}
