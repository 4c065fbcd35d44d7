/**
 * CSV in, CSV out: rows of a block one after the other, from bytes to bytes. Kept cells are copied as they are found,
 * logits are read as they are found, then the row is scored and its new cells are written behind the kept ones.
 *
 * It understands what most rows are: as many cells as columns, kept cells with or without quotes, logits without, all
 * finite. Any other row it leaves as it was, and says where it stands: the host's general lane does that row, so there
 * is one place that knows every dialect and words every error.
 *
 * Reading runs ahead by up to 48 bytes, writing by up to 32: both buffers are padded by the host.
 */
import * as abi from './abi'
import { parseCell } from './parse'
import { print, printFloat32, printPrecision, printRow, printRowFloat32, printRowPrecision } from './print'
import { divide, scoreRows } from './softmax'
import { drain, select } from './top'

const LF: u32 = 10
const CR: u32 = 13

/**
 * Scores the rows from `at` to `end` into `out`, as long as there is room up to `limit`. Returns why it stopped; where,
 * and after how many rows, stands in the job.
 */
export function scoreCsv(at: usize, end: usize, out: usize, limit: usize, job: usize): u32 {
  const room = <usize>load<u32>(job, abi.ROW_ROOM)
  let rows: u32 = 0
  let stop = abi.STOP_DONE
  for (at = skipBlankLines(at, end); at < end; at = skipBlankLines(at, end)) {
    if (out + (end - at) + room > limit) {
      stop = abi.STOP_FULL
      break
    }
    const passed = readRow(at, end, out, job)
    if (!passed || !score(job)) {
      stop = abi.STOP_ODD
      break
    }
    at = <usize>(passed >> 32)
    out = writeCells(<usize>(passed & 0xffffffff), job)
    rows++
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

/**
 * Reads a row's logits, and copies its kept cells to `out`. Returns where it ends in the upper half, and where the kept
 * cells end in the lower; 0 if it does not understand the row.
 */
function readRow(at: usize, end: usize, out: usize, job: usize): u64 {
  const delimiter = load<u32>(job, abi.DELIMITER)
  const blank = load<u32>(job, abi.BLANK)
  const actions = <usize>load<u32>(job, abi.ACTIONS)
  const last = actions + <usize>load<u32>(job, abi.COLUMNS) - 1
  let logit = <usize>load<u32>(job, abi.LOGITS)
  for (let action = actions; ; action++) {
    const kind = <u32>load<u8>(action)
    if (kind == abi.ACTION_LOGIT) {
      at = parseCell(at, logit, blank)
      logit += 8
    } else {
      const start = at
      at = passCell(at, end, delimiter, load<u32>(job, abi.QUOTE))
      if (at && kind == abi.ACTION_KEEP) out = copyCell(start, at, delimiter, out)
    }
    if (!at) return 0
    if (action == last) break
    if (<u32>load<u8>(at++) != delimiter) return 0
  }
  at = passNewline(at)
  return at ? (<u64>at << 32) | <u64>out : 0
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

/** Scores the row whose logits were read; false if it has no softmax. */
function score(job: usize): bool {
  const logits = <usize>load<u32>(job, abi.LOGITS)
  const classes = load<u32>(job, abi.CLASSES)
  const state = <usize>load<u32>(job, abi.STATE)
  const temperature = load<f64>(job, abi.TEMPERATURE)
  if (temperature != 1) divide(logits, classes, temperature)
  scoreRows(logits, 1, classes, state, load<u32>(job, abi.SCRATCH), load<u32>(job, abi.VALUES), load<u32>(job, abi.FLAGS))
  return load<u32>(state, abi.STATUS) == abi.STATUS_FINITE
}

/** Writes the new cells of a row, and its newline. */
function writeCells(out: usize, job: usize): usize {
  const emit = <usize>load<u32>(job, abi.EMIT)
  const end = emit + <usize>load<u32>(job, abi.EMITS)
  for (let at = emit; at < end; at++) {
    const kind = <u32>load<u8>(at)
    if (kind == abi.EMIT_PROBS) out = writeProbabilities(out, job)
    else if (kind == abi.EMIT_TOP) out = writeTop(out, job)
    else if (kind == abi.EMIT_LABEL) out = writeLabel(winner(job), out, job)
    else if (kind == abi.EMIT_INDEX) out = delimit(print(<f64>winner(job), out), job)
    else out = writeNumber(summaryOf(kind, job), out, job)
  }
  store<u8>(out - 1, LF)
  return out
}

// @ts-ignore: decorator
@inline
function winner(job: usize): u32 {
  return load<u32>(<usize>load<u32>(job, abi.STATE), abi.INDEX)
}

// @ts-ignore: decorator
@inline
function summaryOf(kind: u32, job: usize): f64 {
  const state = <usize>load<u32>(job, abi.STATE)
  return load<f64>(state + ((<usize>(kind - abi.EMIT_CONFIDENCE)) << 3), abi.CONFIDENCE)
}

/** The results of all classes, each with a delimiter behind it: printed together, which is faster by a third. */
function writeProbabilities(out: usize, job: usize): usize {
  const values = <usize>load<u32>(job, abi.VALUES)
  const count = load<u32>(job, abi.CLASSES)
  const delimiter = load<u32>(job, abi.DELIMITER)
  const digits = load<u32>(job, abi.PRECISION)
  if (load<u32>(job, abi.FLOAT32)) {
    if (!digits) return printRowFloat32(values, count, delimiter, out)
    for (let at = values; at < values + ((<usize>count) << 3); at += 8) store<f64>(at, <f64><f32>load<f64>(at))
  }
  return digits ? printRowPrecision(values, count, digits, delimiter, out) : printRow(values, count, delimiter, out)
}

function writeTop(out: usize, job: usize): usize {
  const heap = <usize>load<u32>(job, abi.HEAP)
  const positions = <usize>load<u32>(job, abi.POSITIONS)
  const top = load<u32>(job, abi.TOP)
  drain(heap, select(load<u32>(job, abi.LOGITS), load<u32>(job, abi.CLASSES), 0, heap, 0, top), positions)
  for (let rank: usize = 0; rank < <usize>top; rank++) {
    const position = load<u32>(positions + (rank << 2))
    out = writeLabel(position, out, job)
    out = writeNumber(load<f64>(<usize>load<u32>(job, abi.VALUES) + ((<usize>position) << 3)), out, job)
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
