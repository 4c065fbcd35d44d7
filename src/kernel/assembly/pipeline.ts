/**
 * Rows from bytes to bytes, whatever the format: a batch at a time is read, then scored, then written. In batches, because
 * rows do not wait for each other.
 *
 * A format is a function that reads a batch of rows, and one that writes a row. What it does not understand it leaves as
 * it was, and the kernel says where that stands: the host does that row, and reports what is wrong with it.
 *
 * Reading runs ahead by up to 48 bytes, writing by up to 32: both buffers are padded by the host.
 *
 * Where the time goes, ns a number on a 3.2 GHz EPYC, Node 20, of 1,000,000 x 10 float32-printed, 38 in all: read 10.2
 * with the kept cells; scan 3.1, accumulate 4.0, finish 1.2, emit 1.1; print 12.7, pack 2.4; the rest of a row 1.5, its
 * newlines 0.7. Of two classes a number takes 73, as most is spent once a row. Around it, of 0.87 s of CPU for the whole
 * process: 0.15 to start, 0.15 to read and write, 0.08 for V8 to compile, 0.06 for a worker to start.
 *
 * What paid: batches (41 to 38, and 90 to 73 of two classes); memory that is used again (0.1 s); the main thread scoring
 * in place of another worker (0.1 s); packages loaded late (0.05 s). What did not: batches of 128 to 1024 numbers are all
 * the same; one file of JavaScript in place of many starts no sooner.
 */
import { EMIT_CONFIDENCE, NO_CLASS, STATUS_FINITE, STOP_DEFERRED, STOP_DONE, STOP_FULL } from '../constants'
import { decide, markMembers } from './decide'
import { Judgement, JUDGEMENT_SIZE, judgeRow } from './judge'
import { addJudged, Metrics } from './metrics'
import { beginMultiLabel, countClasses, endMultiLabel, judgeMultiLabel } from './multi-label'
import { print, printFloat32, printPrecision, printRow, printRowFloat32, printRowPrecision } from './print-number'
import { scoreRows } from './softmax'
import { Decision, Job, RowMark, RowState, STATE_SIZE, Text } from './structs'
import { drain, select } from './top-k'

export const LF: u32 = 10
export const CR: u32 = 13

/**
 * Scores the rows from `at` to `end` into `out`, as long as there is room up to `limit`. Returns why it stopped; where,
 * and after how many rows, stands in the job. What a row writes is at most what it had and ROW_ROOM.
 *
 * `read` reads up to so many rows, and returns how many; the mark behind the last has where it stopped. `write` returns
 * where the row ends in the output, or 0 if it cannot write it.
 */
// @ts-ignore: decorator
@inline
export function scoreBytes(
  read: (at: usize, end: usize, most: u32, job: Job) => u32,
  write: (row: u32, out: usize, job: Job) => usize,
  at: usize,
  end: usize,
  out: usize,
  limit: usize,
  job: Job,
): u32 {
  const rowRoom = job.rowRoom
  const most = job.batchRows
  const growth = <isize>job.growth
  let rows: u32 = 0
  let stop: u32 = STOP_DONE
  while (at < end && stop == STOP_DONE) {
    const room = <isize>(limit - out) - <isize>(end - at) * growth
    const fit: u32 = room < 0 ? 0 : min(roomToJudge(most, job), <u32>room / rowRoom)
    const good = scoreBatch(read(at, end, fit, job), job)
    let row: u32 = 0
    for (; row < good; row++) {
      const written = write(row, out, job)
      if (!written) break
      out = written
    }
    at = markOf(row, job).start
    rows += row
    passRows(row, job)
    if (row < fit && at < end) stop = STOP_DEFERRED
    else if (fit == 0) stop = STOP_FULL
  }
  job.stopped = <u32>at
  job.written = <u32>out
  job.rows = rows
  return stop
}

/** Where a batch has the start of a row, and behind it the end of what is kept of it (u32 each). */
// @ts-ignore: decorator
@inline
export function markOf(row: u32, job: Job): RowMark {
  return changetype<RowMark>(<usize>job.marks + <usize>row * offsetof<RowMark>())
}

/** Copies in steps of 16 bytes; returns where the copy ends. */
// @ts-ignore: decorator
@inline
export function copy(from: usize, length: usize, out: usize): usize {
  v128.store(out, v128.load(from))
  for (let at: usize = 16; at < length; at += 16) v128.store(out + at, v128.load(from + at))
  return out + length
}

/** Scores the rows that were read; returns how many there are before the first that has no softmax. */
export function scoreBatch(rows: u32, job: Job): u32 {
  const logits = <usize>job.logits
  const classes = job.classes
  if (job.inputs != classes) for (let row = rows; row > 0; ) splitLogit(--row, job)
  const states = <usize>job.states
  const values = <usize>job.values
  if (job.order) for (let row: u32 = 0; row < rows; row++) reorder(row, job)
  scoreRows(logits, rows, classes, states, job.scratch, values, job.flags, job.temperature)
  let good: u32 = 0
  while (good < rows && stateOf(good, job).status == STATUS_FINITE) good++
  if (job.decision) decideBatch(good, job)
  if (job.truths) judgeBatch(good, job)
  return good
}

/** Makes two classes of a row's one logit, which stands where it was read: rows behind it have been split. */
function splitLogit(row: u32, job: Job): void {
  const x = load<f64>(<usize>job.logits + ((<usize>row) << 3))
  const logits = rowOf(job.logits, row, job)
  store<f64>(logits, 0)
  store<f64>(logits, x, 8)
}

/** Decides the labels of rows, while their results are not rounded. */
function decideBatch(rows: u32, job: Job): void {
  const decision = changetype<Decision>(job.decision)
  const classes = job.classes
  for (let row: u32 = 0; row < rows; row++) {
    const logits = rowOf(job.logits, row, job)
    const values = rowOf(job.values, row, job)
    markOf(row, job).label = decide(logits, values, stateOf(row, job), job.flags, decision)
    if (!decision.cutoffs) continue
    markMembers(logits, values, classes, stateOf(row, job), job.flags, decision.cutoffs, membersOf(row, job))
  }
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

/** How many rows, of so many, there is room for where they are judged. */
export function roomToJudge(rows: u32, job: Job): u32 {
  return job.truths ? min(rows, job.judgedRoom - job.judgedCount) : rows
}

/** Judges rows behind those that were judged before; those that are written are counted then. */
function judgeBatch(rows: u32, job: Job): void {
  if (job.targets) return judgeTargets(rows, job)
  const classes = job.classes
  const least = job.decision ? changetype<Decision>(job.decision).minConfidence : 0
  for (let row: u32 = 0; row < rows; row++) {
    const truth = markOf(row, job).truth
    const logits = rowOf(job.logits, row, job)
    const values = rowOf(job.values, row, job)
    judgeRow(logits, values, classes, stateOf(row, job), truth, job.flags, least, judgementOf(row, job))
  }
}

/** The same of rows that may have several true classes. */
function judgeTargets(rows: u32, job: Job): void {
  const classes = job.classes
  for (let row: u32 = 0; row < rows; row++) {
    const state = stateOf(row, job)
    const judgement = judgementOf(row, job)
    const logits = rowOf(job.logits, row, job)
    const values = rowOf(job.values, row, job)
    beginMultiLabel(judgement, state, markOf(row, job).truth)
    judgeMultiLabel(logits, values, classes, state, targetsOf(row, job), membersOf(row, job), job.flags, judgement)
    endMultiLabel(classes, judgement)
  }
}

/** Counts the rows of a batch that are done. */
// @ts-ignore: decorator
@inline
export function passRows(rows: u32, job: Job): void {
  if (job.truths) passJudged(rows, job)
  if (job.decision) countAbstained(rows, job)
}

function countAbstained(rows: u32, job: Job): void {
  for (let row: u32 = 0; row < rows; row++) job.abstained += u32(markOf(row, job).label == NO_CLASS)
}

/** Rows that are judged are added up, or stay for the host. */
function passJudged(rows: u32, job: Job): void {
  if (job.metrics) addJudged(changetype<Metrics>(job.metrics), job.judged, rows)
  else job.judgedCount += rows
  if (job.targets) countTargets(rows, job)
}

function countTargets(rows: u32, job: Job): void {
  for (let row: u32 = 0; row < rows; row++) {
    if (markOf(row, job).truth == NO_CLASS) continue
    countClasses(targetsOf(row, job), membersOf(row, job), job.classes, job.classCounts)
  }
}

/** A row of the batch as it is judged. */
export function judgementOf(row: u32, job: Job): Judgement {
  return changetype<Judgement>(<usize>job.judged + <usize>(job.judgedCount + row) * JUDGEMENT_SIZE)
}

/** Puts a row's logits, which are in the order of their columns, in that of their classes. */
function reorder(row: u32, job: Job): void {
  const logits = rowOf(job.logits, row, job)
  const read = <usize>job.scratch
  const size = (<usize>job.classes) << 3
  memory.copy(read, logits, size)
  for (let at: usize = 0; at < size; at += 8) {
    const index = <usize>load<u32>(<usize>job.order + (at >> 1))
    store<f64>(logits + (index << 3), load<f64>(read + at))
  }
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

// @ts-ignore: decorator
@inline
export function summaryOf(kind: u32, state: RowState): f64 {
  return load<f64>(summaryAt(kind, state))
}

/** Where a row's summary has a number. */
// @ts-ignore: decorator
@inline
export function summaryAt(kind: u32, state: RowState): usize {
  return changetype<usize>(state) + offsetof<RowState>("confidence") + ((<usize>(kind - EMIT_CONFIDENCE)) << 3)
}

/** The results of all classes, each with a delimiter behind it: printed together, which is faster by a third. */
export function writeProbabilities(row: u32, delimiter: u32, out: usize, job: Job): usize {
  return printResults(rowOf(job.values, row, job), job.classes, job.precision, job.float32, delimiter, out)
}

/** Results that stand together, rounded as asked; of float32, in their place. */
export function printResults(values: usize, count: u32, digits: u32, float32: u32, delimiter: u32, out: usize): usize {
  if (float32) {
    if (!digits) return printRowFloat32(values, count, delimiter, out)
    for (let at = values; at < values + ((<usize>count) << 3); at += 8) store<f64>(at, <f64><f32>load<f64>(at))
  }
  return digits ? printRowPrecision(values, count, digits, delimiter, out) : printRow(values, count, delimiter, out)
}

/** Positions of the largest logits of a row, the largest first. */
export function positionsOf(row: u32, job: Job): usize {
  const heap = <usize>job.heap
  const positions = <usize>job.positions
  const logits = rowOf(job.logits, row, job)
  drain(heap, select(logits, job.classes, 0, heap, 0, job.top), positions)
  return positions
}

/** An entry of a table of texts. */
// @ts-ignore: decorator
@inline
export function textAt(table: u32, index: u32): Text {
  return changetype<Text>(<usize>table + <usize>index * offsetof<Text>())
}

// @ts-ignore: decorator
@inline
export function writeText(text: Text, out: usize): usize {
  return copy(text.at, text.length, out)
}

/** Writes the class's name. */
export function writeLabel(index: u32, out: usize, job: Job): usize {
  return writeText(textAt(job.labels, index), out)
}

/** Writes the names of the classes that are among a row's labels, with a byte between them. */
export function writeMembers(row: u32, separator: u32, out: usize, job: Job): usize {
  const members = membersOf(row, job)
  const start = out
  for (let index: u32 = 0; index < job.classes; index++) {
    if (!load<u8>(members + <usize>index)) continue
    if (out != start) store<u8>(out++, <u8>separator)
    out = writeLabel(index, out, job)
  }
  return out
}

/** How many classes are among a row's labels. */
export function countMembers(row: u32, job: Job): u32 {
  const members = membersOf(row, job)
  let count: u32 = 0
  for (let index: usize = 0; index < <usize>job.classes; index++) count += load<u8>(members + index)
  return count
}

/** Writes a result, rounded as asked. */
export function writeNumber(x: f64, out: usize, job: Job): usize {
  const digits = job.precision
  if (!job.float32) return digits ? printPrecision(x, digits, out) : print(x, out)
  return digits ? printPrecision(<f64><f32>x, digits, out) : printFloat32(x, out)
}
