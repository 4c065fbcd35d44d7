/**
 * Converts rows of text to columns in Arrow's memory layout (https://arrow.apache.org/docs/format/Columnar.html).
 *
 * The readers are those for text output: they append what is kept of a row to `kept`, here as records of a length (u32)
 * and that many bytes, or just NULL. New columns are filled batch by batch, while the numbers are in the L1 cache. Kept
 * columns are filled after the last row, because the position of a column's bytes depends on the columns before it.
 */
import {
  EMIT_CLASSES, EMIT_INDEX, EMIT_LABEL, EMIT_LIST, EMIT_LOSS, EMIT_MEMBERS, EMIT_RANK, EMIT_SET_SIZE, EMIT_TOP, KEEP_BOOLEAN, KEEP_DATE, KEEP_NULLABLE_TEXT, NO_CLASS, STOP_DEFERRED, STOP_DONE, STOP_FULL,
} from '../constants'
import { evaluationOf, labelOf, entryOf, membersOf, rowOf, stateOf } from './batch'
import { roomToEvaluate } from './batch-evaluation'
import { splitRows } from './matrix'
import { parse, WITH_POINT } from './parse-number'
import { copy, countMembers, LF, passRows, positionsOf, scoreBatch, summaryAt } from './pipeline'
import { printPrecision } from './print-number'
import { Job, KeptColumn, NULL, STATE_SIZE } from './structs'
import { isKnown } from './truth'

/** The padding after each part of a kept column. */
const PADDING: usize = 64
/** Buffer for a number as text. */
const SPARE: usize = memory.data(64, 16)
/** Buffer for a loss. */
const LOSS: usize = memory.data(8, 8)

/** Appends the rows from `at` to `end` to the columns; the counterpart of `scoreBytes`. */
// @ts-ignore: decorator
@inline
export function addRows(
  read: (at: usize, end: usize, most: u32, job: Job) => u32,
  at: usize,
  end: usize,
  job: Job,
): u32 {
  const first = job.filled
  let stop: u32 = STOP_DONE
  while (at < end && stop == STOP_DONE) {
    const fit = roomToEvaluate(min(job.batchRows, job.columnRows - job.filled), job)
    const good = scoreBatch(read(at, end, fit, job), job)
    fillColumns(good, job)
    const next = entryOf(good, job)
    at = next.start
    job.kept = next.kept
    job.filled += good
    passRows(good, job)
    if (good < fit && at < end) stop = STOP_DEFERRED
    else if (fit == 0) stop = STOP_FULL
  }
  job.stopped = <u32>at
  job.rows = job.filled - first
  return stop
}

/**
 * Appends a batch to the new columns. Each has room for `columnRows` numbers of eight bytes, or as many lists if the
 * results of all classes stay together. Per-class columns are padded, because addresses at a power-of-two distance map
 * to the same cache set.
 */
function fillColumns(rows: u32, job: Job): void {
  const first = <usize>job.filled
  for (let row: u32 = 0; row < rows; row++) {
    store<u32>(<usize>job.cursors + ((first + <usize>row) << 2), entryOf(row, job).kept)
  }
  const room = (<usize>job.columnRows) << 3
  const classes = <usize>job.classes
  const shift: usize = job.float32 ? 2 : 3
  const end = <usize>job.emit + <usize>job.emits
  let out = <usize>job.columnValues
  for (let at = <usize>job.emit; at < end; at++) {
    const kind = <u32>load<u8>(at)
    if (kind == EMIT_LIST) {
      putNumbers(job.values, 8, rows * <u32>classes, out + ((first * classes) << shift), job)
      out += room * classes
    } else if (kind == EMIT_CLASSES) {
      if (job.precision) roundAll(job.values, 8, rows * <u32>classes, job)
      splitRows(job.values, rows, <u32>classes, out + (first << shift), room + PADDING, job.float32)
      out += (room + PADDING) * classes
    } else if (kind == EMIT_TOP) {
      putTop(rows, out, job)
      out += room * (<usize>job.top << 1)
    } else if (kind == EMIT_MEMBERS) {
      putMembers(rows, out, job)
      out += room * (classes + 1)
    } else if (kind == EMIT_LABEL) {
      for (let row: u32 = 0; row < rows; row++) store<u32>(out + ((first + <usize>row) << 2), labelOf(row, job))
      out += room
    } else if (kind == EMIT_INDEX) {
      for (let row: u32 = 0; row < rows; row++) {
        store<u32>(out + ((first + <usize>row) << 2), stateOf(row, job).index)
      }
      out += room
    } else if (kind == EMIT_SET_SIZE) {
      for (let row: u32 = 0; row < rows; row++) store<u32>(out + ((first + <usize>row) << 2), countMembers(row, job))
      out += room
    } else if (kind >= <u32>EMIT_LOSS) {
      putEvaluated(kind, rows, out, job)
      out += room
    } else {
      putNumbers(summaryAt(kind, stateOf(0, job)), STATE_SIZE, rows, out + (first << shift), job)
      out += room
    }
  }
}

/**
 * Appends what is known of each row's true class: losses as results, others as integers. NaN and NO_CLASS are nulls, as
 * rows without a softmax are not scored here.
 */
function putEvaluated(kind: u32, rows: u32, out: usize, job: Job): void {
  const shift: usize = job.float32 ? 2 : 3
  for (let row: u32 = 0; row < rows; row++) {
    const slot = <usize>(job.filled + row)
    const evaluation = evaluationOf(row, job)
    const isThere = isKnown(kind, row, job)
    if (kind == EMIT_LOSS) {
      // A copy, because metrics are computed from losses that are not rounded.
      store<f64>(LOSS, isThere ? evaluation.loss : NaN)
      putNumbers(LOSS, 8, 1, out + (slot << shift), job)
    } else {
      const isRight = u32(evaluation.truth == evaluation.predicted)
      const value = kind == EMIT_RANK ? <u32>evaluation.rank : isRight
      store<u32>(out + (slot << 2), isThere ? value : NO_CLASS)
    }
  }
}

/** Writes `count` results with a stride of `step` bytes, rounded as requested. */
function putNumbers(at: usize, step: usize, count: u32, out: usize, job: Job): void {
  if (job.precision) roundAll(at, step, count, job)
  if (job.float32) for (; count > 0; count--, at += step, out += 4) store<f32>(out, <f32>load<f64>(at))
  else for (; count > 0; count--, at += step, out += 8) store<f64>(out, load<f64>(at))
}

/** Rounds `count` results with a stride of `step` bytes, overwriting them. */
function roundAll(at: usize, step: usize, count: u32, job: Job): void {
  for (; count > 0; count--, at += step) roundAt(at, job.precision, job.float32)
}

/** Overwrites `count` doubles with rounded ones, to float32 first if requested. */
export function roundDoubles(at: usize, count: u32, digits: u32, float32: u32): void {
  for (; count > 0; count--, at += 8) roundAt(at, digits, float32)
}

/** Rounds the number at `at` to `digits` digits by printing and parsing it. */
function roundAt(at: usize, digits: u32, float32: u32): void {
  const x = float32 ? <f64><f32>load<f64>(at) : load<f64>(at)
  // Infinite also if it is beyond float32.
  if (!(abs(x) < Infinity)) return store<f64>(at, x)
  store<u8>(printPrecision(x, digits, SPARE), LF)
  parse(SPARE, at, LF, WITH_POINT)
}

/** Appends the positions and results of the largest logits of each row: two columns per rank. */
function putTop(rows: u32, out: usize, job: Job): void {
  const room = (<usize>job.columnRows) << 3
  const shift: usize = job.float32 ? 2 : 3
  for (let row: u32 = 0; row < rows; row++) {
    const values = rowOf(job.values, row, job)
    const positions = positionsOf(row, job)
    const slot = <usize>job.filled + <usize>row
    for (let rank: usize = 0; rank < <usize>job.top; rank++) {
      const position = load<u32>(positions + (rank << 2))
      const value = values + ((<usize>position) << 3)
      const to = out + room * (rank << 1)
      store<u32>(to + (slot << 2), isNaN(load<f64>(value)) ? NO_CLASS : position)
      putNumbers(value, 8, 1, to + room + (slot << shift), job)
    }
  }
}

/** Appends each row's label positions; the list offsets precede them. */
function putMembers(rows: u32, out: usize, job: Job): void {
  const positions = out + ((<usize>job.columnRows) << 3)
  const classes = job.classes
  let ends = out + ((<usize>job.filled) << 2)
  if (!job.filled) store<u32>(out, 0)
  let end = load<u32>(ends)
  for (let row: u32 = 0; row < rows; row++) {
    const members = membersOf(row, job)
    for (let index: u32 = 0; index < classes; index++) {
      if (!load<u8>(members + <usize>index)) continue
      store<u32>(positions + ((<usize>end) << 2), index)
      end++
    }
    ends += 4
    store<u32>(ends, end)
  }
}

/** Distributes the kept records of all rows to their columns. Must be called once, after the last row. */
export function packKept(job: Job): void {
  let texts = <usize>job.texts
  for (let index: u32 = 0; index < job.keptCount; index++) {
    const column = changetype<KeptColumn>(<usize>job.keptLeads + <usize>index * offsetof<KeptColumn>())
    const valid = validBytes(column, job)
    if (column.kind <= <u32>KEEP_NULLABLE_TEXT) texts = packTexts(column, texts, valid, job)
    else packValues(column, valid, job)
    packBits(valid, job.filled, valid + <usize>job.columnRows + PADDING)
  }
}

/** The address of a column's validity bytes, one per row; the validity bits follow them. */
// @ts-ignore: decorator
@inline
function validBytes(column: KeptColumn, job: Job): usize {
  return <usize>column.values + ((<usize>job.columnRows) << 3) + PADDING
}

/** Writes the strings of a column to `out`, with their offsets; returns the end. */
function packTexts(column: KeptColumn, out: usize, valid: usize, job: Job): usize {
  const texts = out
  let offsets = <usize>column.values
  let cursor = <usize>job.cursors
  store<u32>(offsets, 0)
  for (let row = job.filled; row > 0; row--, cursor += 4) {
    const record = <usize>load<u32>(cursor)
    const length = load<u32>(record)
    store<u8>(valid++, u8(length != NULL))
    if (length != NULL) out = copy(record + 4, length, out)
    store<u32>(cursor, <u32>(record + 4) + (length != NULL ? length : 0))
    offsets += 4
    store<u32>(offsets, <u32>(out - texts))
  }
  return out
}

/** Writes the values of a column, eight bytes each, or booleans as bits. */
function packValues(column: KeptColumn, valid: usize, job: Job): void {
  const rows = <usize>job.filled
  let out = <usize>column.values
  let cursor = <usize>job.cursors
  for (const end = valid + rows; valid < end; valid++, cursor += 4, out += 8) {
    const record = <usize>load<u32>(cursor)
    const isValid = load<u32>(record) != NULL
    store<u8>(valid, u8(isValid))
    store<u64>(out, isValid ? load<u64>(record + 4) : 0)
    store<u32>(cursor, <u32>(record + 4) + (isValid ? 8 : 0))
  }
  if (column.kind == KEEP_BOOLEAN) packTruths(column.values, job.filled)
  else if (column.kind == KEEP_DATE) narrow(column.values, job.filled)
}

/** Packs bytes that are 0 or 1 into bits, least significant first. */
function packBits(bytes: usize, count: u32, out: usize): void {
  const zeros = i8x16.splat(0)
  for (const end = bytes + <usize>count; bytes < end; bytes += 16, out += 2) {
    store<u16>(out, i8x16.bitmask(i8x16.ne(v128.load(bytes), zeros)))
  }
}

/** Narrows 8-byte numbers to 4 bytes, overwriting them. */
function narrow(at: usize, count: u32): void {
  for (let row: usize = 0; row < <usize>count; row++) store<u32>(at + (row << 2), load<u32>(at + (row << 3)))
}

/** Packs 8-byte booleans into bits, overwriting them. */
function packTruths(at: usize, count: u32): void {
  for (let row: usize = 0; row < <usize>count; row++) store<u8>(at + row, load<u8>(at + (row << 3)))
  packBits(at, count, at)
}
