/**
 * Rows from bytes to bytes, for any format: reads a batch, scores it, then writes it. In batches, because rows are
 * independent and their latencies overlap.
 *
 * A format is a function that reads a batch of rows, and one that writes a row. A row that it does not understand is
 * deferred: the kernel reports its position, and the host processes that row, and reports its errors.
 *
 * Reading runs ahead by up to 48 bytes, writing by up to 32: the host pads both buffers.
 */
import { EMIT_CONFIDENCE, NO_CLASS, STATUS_FINITE, STOP_DEFERRED, STOP_DONE, STOP_FULL } from '../constants'
import { entryOf, membersOf, rowOf, stateOf } from './batch'
import { decide, markMembers } from './decide'
import { evaluateBatch, passEvaluated, roomToEvaluate } from './batch-evaluation'
import { print, printFloat32, printPrecision, printRow, printRowFloat32, printRowPrecision } from './print-number'
import { scoreRows } from './softmax'
import { Decision, Job, RowState, Text } from './structs'
import { drain, select } from './top-k'

export const LF: u32 = 10
export const CR: u32 = 13

/**
 * Scores the rows from `at` to `end` into `out`, as long as there is room up to `limit`. Returns why it stopped; the
 * position and the number of rows done are in the job. A row writes at most the bytes it had plus `rowRoom`.
 *
 * `read` reads up to a number of rows and returns how many; the entry after the last one has the position where it
 * stopped. `write` returns the end of the row in the output, or 0 if it cannot write it.
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
    const fit: u32 = room < 0 ? 0 : min(roomToEvaluate(most, job), <u32>room / rowRoom)
    const good = scoreBatch(read(at, end, fit, job), job)
    let row: u32 = 0
    for (; row < good; row++) {
      const written = write(row, out, job)
      if (!written) break
      out = written
    }
    at = entryOf(row, job).start
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

/** Copies in steps of 16 bytes; returns the end of the copy. */
// @ts-ignore: decorator
@inline
export function copy(from: usize, length: usize, out: usize): usize {
  v128.store(out, v128.load(from))
  for (let at: usize = 16; at < length; at += 16) v128.store(out + at, v128.load(from + at))
  return out + length
}

/** Scores the rows that were read; returns how many precede the first one without a softmax. */
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
  if (job.truths) evaluateBatch(good, job)
  return good
}

/** Expands a row's only logit to two classes, where it was read; later rows have been expanded already. */
function splitLogit(row: u32, job: Job): void {
  const x = load<f64>(<usize>job.logits + ((<usize>row) << 3))
  const logits = rowOf(job.logits, row, job)
  store<f64>(logits, 0)
  store<f64>(logits, x, 8)
}

/** Decides the labels of rows before their results are rounded. */
function decideBatch(rows: u32, job: Job): void {
  const decision = changetype<Decision>(job.decision)
  const classes = job.classes
  for (let row: u32 = 0; row < rows; row++) {
    const logits = rowOf(job.logits, row, job)
    const values = rowOf(job.values, row, job)
    entryOf(row, job).label = decide(logits, values, stateOf(row, job), job.flags, decision)
    if (!decision.cutoffs) continue
    markMembers(logits, values, classes, stateOf(row, job), job.flags, decision.cutoffs, membersOf(row, job))
  }
}

/** Counts the finished rows of a batch. */
// @ts-ignore: decorator
@inline
export function passRows(rows: u32, job: Job): void {
  if (job.truths) passEvaluated(rows, job)
  if (job.decision) countAbstained(rows, job)
}

function countAbstained(rows: u32, job: Job): void {
  for (let row: u32 = 0; row < rows; row++) job.abstained += u32(entryOf(row, job).label == NO_CLASS)
}

/** Permutes a row's logits from column order to class order. */
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
export function summaryOf(kind: u32, state: RowState): f64 {
  return load<f64>(summaryAt(kind, state))
}

/** The address of a number in a row's summary. */
// @ts-ignore: decorator
@inline
export function summaryAt(kind: u32, state: RowState): usize {
  return changetype<usize>(state) + offsetof<RowState>("confidence") + ((<usize>(kind - EMIT_CONFIDENCE)) << 3)
}

/** Prints the results of all classes, each followed by a delimiter; together, which is a third faster. */
export function writeProbabilities(row: u32, delimiter: u32, out: usize, job: Job): usize {
  return printResults(rowOf(job.values, row, job), job.classes, job.precision, job.float32, delimiter, out)
}

/** Prints contiguous results, rounded as requested; float32 results are overwritten. */
export function printResults(values: usize, count: u32, digits: u32, float32: u32, delimiter: u32, out: usize): usize {
  if (float32) {
    if (!digits) return printRowFloat32(values, count, delimiter, out)
    for (let at = values; at < values + ((<usize>count) << 3); at += 8) store<f64>(at, <f64><f32>load<f64>(at))
  }
  return digits ? printRowPrecision(values, count, digits, delimiter, out) : printRow(values, count, delimiter, out)
}

/** The positions of the largest logits of a row, in descending order. */
export function positionsOf(row: u32, job: Job): usize {
  const heap = <usize>job.heap
  const positions = <usize>job.positions
  const logits = rowOf(job.logits, row, job)
  drain(heap, select(logits, job.classes, 0, heap, 0, job.top), positions)
  return positions
}

/** An entry of a string table. */
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

/** Writes a class name. */
export function writeLabel(index: u32, out: usize, job: Job): usize {
  return writeText(textAt(job.labels, index), out)
}

/** Writes the names of a row's labels, with a separator between them. */
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

/** The number of a row's labels. */
export function countMembers(row: u32, job: Job): u32 {
  const members = membersOf(row, job)
  let count: u32 = 0
  for (let index: usize = 0; index < <usize>job.classes; index++) count += load<u8>(members + index)
  return count
}

/** Writes a result, rounded as requested. */
export function writeNumber(x: f64, out: usize, job: Job): usize {
  const digits = job.precision
  if (!job.float32) return digits ? printPrecision(x, digits, out) : print(x, out)
  return digits ? printPrecision(<f64><f32>x, digits, out) : printFloat32(x, out)
}
