/**
 * CSV in, CSV out, from bytes to bytes, a batch of rows at a time: logits are read and kept cells set aside as they are
 * found, then all rows are scored, then each is written. In batches, because rows do not wait for each other.
 *
 * It understands what most rows are: as many cells as columns, kept cells with or without quotes, logits without, all
 * finite. Any other row it leaves as it was, and says where it stands: the host's general lane does that row, so there
 * is one place that knows every dialect and words every error.
 *
 * Reading runs ahead by up to 48 bytes, writing by up to 32: both buffers are padded by the host.
 */
import * as abi from './abi'
import { parse } from './parse'
import { print, printFloat32, printPrecision, printRow, printRowFloat32, printRowPrecision } from './print'
import { divide, scoreRows } from './softmax'
import { drain, select } from './top'

const LF: u32 = 10
const CR: u32 = 13

/**
 * Scores the rows from `at` to `end` into `out`, as long as there is room up to `limit`. Returns why it stopped; where,
 * and after how many rows, stands in the job. What a row writes is at most what it had and ROW_ROOM.
 */
export function scoreCsv(at: usize, end: usize, out: usize, limit: usize, job: usize): u32 {
  const rowRoom = load<u32>(job, abi.ROW_ROOM)
  const most = load<u32>(job, abi.BATCH_ROWS)
  let rows: u32 = 0
  let stop: u32 = abi.STOP_DONE
  while (at < end && stop == abi.STOP_DONE) {
    const room = <isize>(limit - out) - <isize>(end - at)
    const fit: u32 = room < 0 ? 0 : min(most, <u32>room / rowRoom)
    const good = scoreBatch(readRows(at, end, fit, job), job)
    for (let row: u32 = 0; row < good; row++) out = writeRow(row, out, job)
    at = load<u32>(markOf(good, job))
    rows += good
    if (good < fit && at < end) stop = abi.STOP_ODD
    else if (fit == 0) stop = abi.STOP_FULL
  }
  store<u32>(job, <u32>at, abi.STOPPED)
  store<u32>(job, <u32>out, abi.WRITTEN)
  store<u32>(job, rows, abi.ROWS)
  return stop
}

/** The number of newlines from `at` to `end`. */
export function countLines(at: usize, end: usize): u32 {
  let count: u32 = 0
  for (; at + 16 <= end; at += 16) count += popcnt(i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(<i8>LF))))
  for (; at < end; at++) count += u32(<u32>load<u8>(at) == LF)
  return count
}

// @ts-ignore: decorator
@inline
function skipBlankLines(at: usize, end: usize): usize {
  while (at < end) {
    const byte = <u32>load<u8>(at)
    if (byte == LF) at++
    else if (byte == CR && <u32>load<u8>(at, 1) == LF) at += 2
    else break
  }
  return at
}

/** Where a batch has the start of a row, and behind it the end of its kept cells (u32 each). */
// @ts-ignore: decorator
@inline
function markOf(row: u32, job: usize): usize {
  return <usize>load<u32>(job, abi.MARKS) + ((<usize>row) << 3)
}

/** Reads up to `most` rows, and returns how many; the mark behind the last has where it stopped. */
function readRows(at: usize, end: usize, most: u32, job: usize): u32 {
  const width = load<u32>(job, abi.CLASSES) << 3
  let logits = <usize>load<u32>(job, abi.LOGITS)
  let kept = <usize>load<u32>(job, abi.KEPT)
  let row: u32 = 0
  for (; ; row++, logits += width) {
    at = skipBlankLines(at, end)
    const mark = markOf(row, job)
    store<u32>(mark, <u32>at)
    if (row == most || at >= end) break
    const passed = readRow(at, end, logits, kept, job)
    if (!passed) break
    at = <usize>(passed >> 32)
    kept = <usize>(passed & 0xffffffff)
    store<u32>(mark, <u32>kept, 4)
  }
  return row
}

/**
 * Reads a row's logits to `logit`, and copies its kept cells to `kept`. Returns where it ends in the upper half, and
 * where the kept cells end in the lower; 0 if it does not understand the row.
 */
function readRow(at: usize, end: usize, logit: usize, kept: usize, job: usize): u64 {
  const delimiter = load<u32>(job, abi.DELIMITER)
  const actions = <usize>load<u32>(job, abi.ACTIONS)
  const last = actions + <usize>load<u32>(job, abi.COLUMNS) - 1
  for (let action = actions; ; action++) {
    const kind = <u32>load<u8>(action)
    if (kind == abi.ACTION_LOGIT) {
      at = parse(at, logit, delimiter)
      logit += 8
    } else {
      const start = at
      at = passCell(at, end, delimiter, load<u32>(job, abi.QUOTE))
      if (at && kind == abi.ACTION_KEEP) kept = copyCell(start, at, delimiter, kept)
    }
    if (!at) return 0
    if (action == last) break
    if (<u32>load<u8>(at++) != delimiter) return 0
  }
  at = passNewline(at)
  return at ? (<u64>at << 32) | <u64>kept : 0
}

/** Where the newline at `at` ends; 0 if there is none. */
// @ts-ignore: decorator
@inline
function passNewline(at: usize): usize {
  const byte = <u32>load<u8>(at)
  if (byte == LF) return at + 1
  return byte == CR && <u32>load<u8>(at, 1) == LF ? at + 2 : 0
}

/** Where a cell ends; 0 if its quotes are not as they should be. */
function passCell(at: usize, end: usize, delimiter: u32, quote: u32): usize {
  if (<u32>load<u8>(at) == quote) return passQuotes(at + 1, end, delimiter, quote)
  const stops = i8x16.splat(<i8>delimiter)
  const newlines = i8x16.splat(<i8>LF)
  const quotes = i8x16.splat(<i8>quote)
  for (let from = at; ; at += 16) {
    const bytes = v128.load(at)
    const ends = v128.or(i8x16.eq(bytes, stops), v128.or(i8x16.eq(bytes, newlines), i8x16.eq(bytes, quotes)))
    const mask = i8x16.bitmask(ends)
    if (!mask) continue
    at += <usize>ctz(mask)
    if (<u32>load<u8>(at) == quote) return 0
    if (<u32>load<u8>(at) != LF || at == from || <u32>load<u8>(at - 1) != CR) return at
    return at - 1 > from && <u32>load<u8>(at - 2) == CR ? 0 : at - 1
  }
}

/** The same for a cell in quotes, from behind the first: a quote inside is written twice. */
function passQuotes(at: usize, end: usize, delimiter: u32, quote: u32): usize {
  for (; at < end; at++) {
    if (<u32>load<u8>(at) != quote) continue
    if (<u32>load<u8>(++at) == quote) continue
    return <u32>load<u8>(at) == delimiter || passNewline(at) ? at : 0
  }
  return 0
}

// @ts-ignore: decorator
@inline
function copyCell(start: usize, end: usize, delimiter: u32, out: usize): usize {
  out = copy(start, end - start, out)
  store<u8>(out, delimiter)
  return out + 1
}

/** Copies in steps of 16 bytes; returns where the copy ends. */
// @ts-ignore: decorator
@inline
function copy(from: usize, length: usize, out: usize): usize {
  v128.store(out, v128.load(from))
  for (let at: usize = 16; at < length; at += 16) v128.store(out + at, v128.load(from + at))
  return out + length
}

/** Scores the rows that were read; returns how many there are before the first that has no softmax. */
function scoreBatch(rows: u32, job: usize): u32 {
  const logits = <usize>load<u32>(job, abi.LOGITS)
  const classes = load<u32>(job, abi.CLASSES)
  const states = <usize>load<u32>(job, abi.STATES)
  const values = <usize>load<u32>(job, abi.VALUES)
  const temperature = load<f64>(job, abi.TEMPERATURE)
  if (temperature != 1) divide(logits, rows * classes, temperature)
  scoreRows(logits, rows, classes, states, load<u32>(job, abi.SCRATCH), values, load<u32>(job, abi.FLAGS))
  let good: u32 = 0
  while (good < rows && load<u32>(stateOf(good, job), abi.STATUS) == abi.STATUS_FINITE) good++
  return good
}

// @ts-ignore: decorator
@inline
function stateOf(row: u32, job: usize): usize {
  return <usize>load<u32>(job, abi.STATES) + <usize>row * abi.STATE_SIZE
}

/** Where a batch has a row's logits, or its values. */
// @ts-ignore: decorator
@inline
function rowOf(numbers: u32, row: u32, job: usize): usize {
  return <usize>numbers + ((<usize>row * load<u32>(job, abi.CLASSES)) << 3)
}

/** Writes a row: its kept cells, its new ones, and its newline. */
function writeRow(row: u32, out: usize, job: usize): usize {
  const kept = row ? load<u32>(markOf(row - 1, job), 4) : load<u32>(job, abi.KEPT)
  out = copy(kept, load<u32>(markOf(row, job), 4) - kept, out)
  const emit = <usize>load<u32>(job, abi.EMIT)
  const end = emit + <usize>load<u32>(job, abi.EMITS)
  const state = stateOf(row, job)
  for (let at = emit; at < end; at++) {
    const kind = <u32>load<u8>(at)
    if (kind == abi.EMIT_PROBS) out = writeProbabilities(rowOf(load<u32>(job, abi.VALUES), row, job), out, job)
    else if (kind == abi.EMIT_TOP) out = writeTop(row, out, job)
    else if (kind == abi.EMIT_LABEL) out = writeLabel(load<u32>(state, abi.INDEX), out, job)
    else if (kind == abi.EMIT_INDEX) out = delimit(print(<f64>load<u32>(state, abi.INDEX), out), job)
    else out = writeNumber(summaryOf(kind, state), out, job)
  }
  store<u8>(out - 1, LF)
  return out
}

// @ts-ignore: decorator
@inline
function summaryOf(kind: u32, state: usize): f64 {
  return load<f64>(state + ((<usize>(kind - abi.EMIT_CONFIDENCE)) << 3), abi.CONFIDENCE)
}

/** The results of all classes, each with a delimiter behind it: printed together, which is faster by a third. */
function writeProbabilities(values: usize, out: usize, job: usize): usize {
  const count = load<u32>(job, abi.CLASSES)
  const delimiter = load<u32>(job, abi.DELIMITER)
  const digits = load<u32>(job, abi.PRECISION)
  if (load<u32>(job, abi.FLOAT32)) {
    if (!digits) return printRowFloat32(values, count, delimiter, out)
    for (let at = values; at < values + ((<usize>count) << 3); at += 8) store<f64>(at, <f64><f32>load<f64>(at))
  }
  return digits ? printRowPrecision(values, count, digits, delimiter, out) : printRow(values, count, delimiter, out)
}

function writeTop(row: u32, out: usize, job: usize): usize {
  const heap = <usize>load<u32>(job, abi.HEAP)
  const positions = <usize>load<u32>(job, abi.POSITIONS)
  const top = load<u32>(job, abi.TOP)
  const values = rowOf(load<u32>(job, abi.VALUES), row, job)
  const logits = rowOf(load<u32>(job, abi.LOGITS), row, job)
  drain(heap, select(logits, load<u32>(job, abi.CLASSES), 0, heap, 0, top), positions)
  for (let rank: usize = 0; rank < <usize>top; rank++) {
    const position = load<u32>(positions + (rank << 2))
    out = writeLabel(position, out, job)
    out = writeNumber(load<f64>(values + ((<usize>position) << 3)), out, job)
  }
  return out
}

function writeLabel(index: u32, out: usize, job: usize): usize {
  const label = <usize>load<u32>(job, abi.LABELS) + ((<usize>index) << 3)
  return delimit(copy(load<u32>(label), load<u32>(label, 4), out), job)
}

/** A result, rounded as asked. */
function writeNumber(x: f64, out: usize, job: usize): usize {
  const digits = load<u32>(job, abi.PRECISION)
  if (!load<u32>(job, abi.FLOAT32)) return delimit(digits ? printPrecision(x, digits, out) : print(x, out), job)
  return delimit(digits ? printPrecision(<f64><f32>x, digits, out) : printFloat32(x, out), job)
}

// @ts-ignore: decorator
@inline
function delimit(out: usize, job: usize): usize {
  store<u8>(out, load<u32>(job, abi.DELIMITER))
  return out + 1
}
