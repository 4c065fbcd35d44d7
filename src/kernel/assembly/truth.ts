/** Maps text to classes: a hash table of all spellings of true classes, with open addressing. */
import { EMIT_CORRECT, EMIT_LOSS, EMIT_RANK, NO_BYTE, NO_CLASS } from '../constants'
import { evaluationOf, entryOf, targetsOf } from './batch'
import { BRACKET, COMMA, skipBlanks } from './json'
import { writeNumber } from './pipeline'
import { print } from './print-number'
import { Job } from './structs'

/** An entry: a spelling and its class; unused if the address is 0. */
@unmanaged
export class TruthText {
  text: u32
  length: u32
  /** NO_CLASS if it means that there is no class. */
  index: u32
  hash: u32
}

/** The result of {@link classOf} for unknown text. */
const UNKNOWN: u32 = 0xfffffffe

/** The class of the text from `at` to `end`. */
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

/** Adds the text at `at` to the table of a job; called once for each. */
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

/**
 * Reads the true class of a row, or several, from a cell of delimited text: the nth of those with true classes. False
 * if the text is unknown.
 */
export function readTruthCell(at: usize, end: usize, nth: u32, row: u32, job: Job): bool {
  if (!job.targets) return readTruth(at, end, row, job)
  return job.truthOrder ? readBit(at, end, nth, row, job) : readClasses(at, end, at, end, BAR, row, job)
}

/** The same for a JSON value. */
export function readTruthValue(at: usize, end: usize, row: u32, job: Job): bool {
  if (!job.targets) return readTruth(at, end, row, job)
  const isList = <u32>load<u8>(at) == BRACKET
  if (isList && skipBlanks(at + 1) == end - 1) return markTruths(0, row, job)
  return readClasses(at, end, at + usize(isList), end - usize(isList), isList ? COMMA : NO_BYTE, row, job)
}

/** `|` */
const BAR: u32 = 0x7c

/** Resets the true classes of a row, whose classes are known or not (NO_CLASS). */
function markTruths(truth: u32, row: u32, job: Job): bool {
  entryOf(row, job).truth = truth
  memory.fill(targetsOf(row, job), 0, job.classes)
  return true
}

/**
 * Reads the classes from `first` to `last`, divided by a separator, of a text from `at` to `end` that may also be a
 * single class.
 */
function readClasses(at: usize, end: usize, first: usize, last: usize, separator: u32, row: u32, job: Job): bool {
  const single = classOf(at, end, job)
  markTruths(single == NO_CLASS ? NO_CLASS : 0, row, job)
  if (single == NO_CLASS) return true
  if (single != UNKNOWN) return addTarget(single, row, job) && job.classes > 1
  // As many items as there are classes may be one bit each.
  for (let left = job.classes - 1; left > 0; left--) {
    const stop = passItem(first, last, separator)
    if (!addTarget(itemOf(first, stop, separator, job), row, job)) return false
    if (stop == last) return true
    first = stop + 1
  }
  return false
}

/** Sets a class as true; false if there is no such class. */
function addTarget(index: u32, row: u32, job: Job): bool {
  if (index >= UNKNOWN) return false
  store<u8>(targetsOf(row, job) + <usize>index, 1)
  return true
}

function passItem(at: usize, end: usize, separator: u32): usize {
  while (at < end && <u32>load<u8>(at) != separator) at++
  return at
}

/** The class of an item; JSON allows surrounding whitespace. */
function itemOf(at: usize, end: usize, separator: u32, job: Job): u32 {
  if (separator == BAR) return classOf(at, end, job)
  at = skipBlanks(at)
  while (end > at && <u32>load<u8>(end - 1) <= 0x20) end--
  return classOf(at, end, job)
}

/** Reads whether a class is true, 0 or 1; a row has values for all classes or for none. */
function readBit(at: usize, end: usize, nth: u32, row: u32, job: Job): bool {
  const truth = at == end ? NO_CLASS : 0
  const entry = entryOf(row, job)
  if (nth == 0) entry.truth = truth
  const bit = at == end ? 0 : <u32>load<u8>(at) - 0x30
  if (entry.truth != truth || end > at + 1 || bit > 1) return false
  store<u8>(targetsOf(row, job) + <usize>load<u32>(<usize>job.truthOrder + (<usize>nth << 2)), <u8>bit)
  return true
}

/** Reads the true class of a row; false if the text is unknown. */
function readTruth(at: usize, end: usize, row: u32, job: Job): bool {
  const index = classOf(at, end, job)
  entryOf(row, job).truth = index
  return index != UNKNOWN
}

/**
 * Whether a row has a value for a column about its true class: not if it has none; nor is a row without a label right
 * or wrong.
 */
export function isKnown(kind: u32, row: u32, job: Job): bool {
  return entryOf(row, job).truth != NO_CLASS && (kind != EMIT_CORRECT || evaluationOf(row, job).abstained == 0)
}

/** Writes a value about the true class of a row that has one. */
export function writeEvaluated(kind: u32, row: u32, out: usize, job: Job): usize {
  const evaluation = evaluationOf(row, job)
  if (kind == EMIT_LOSS) return writeNumber(evaluation.loss, out, job)
  if (kind == EMIT_RANK) return print(evaluation.rank, out)
  const right = evaluation.truth == evaluation.predicted
  store<u64>(out, right ? 0x65757274 : 0x65736c6166)
  return out + (right ? 4 : 5)
}
