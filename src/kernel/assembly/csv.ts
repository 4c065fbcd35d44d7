/**
 * Delimited text for `pipeline.ts`: a row reader, which writes kept cells as it finds them, in the form of the output
 * (see `kept-cell.ts`), and a row writer.
 *
 * The reader understands the usual rows: as many cells as columns, quoted or not, with finite logits.
 */
import { ACTION_KEEP, ACTION_LOGIT, ACTION_TRUTH, EMIT_INDEX, EMIT_LABEL, EMIT_LOSS, EMIT_MEMBERS, EMIT_PROBS, EMIT_SET_SIZE, EMIT_TOP, NO_BYTE, NO_CLASS } from '../constants'
import { labelOf, entryOf, rowOf, stateOf } from './batch'
import { withCommas } from './decimal-comma'
import { BACKSLASH, writeNullCell } from './escaped-cell'
import { COMMA } from './json'
import { isBlank, numbersWith, parse, parseCell, skipBlanks, WITH_POINT } from './parse-number'
import { print } from './print-number'
import {
  countMembers, CR, copy, LF, positionsOf, summaryOf, textAt, writeLabel, writeMembers, writeNumber,
  writeProbabilities, writeText,
} from './pipeline'
import { Keep } from './kept-cell'
import { noteStart, reorder } from './kept-order'
import { Job, Text } from './structs'
import { isKnown, readTruthCell, writeEvaluated } from './truth'

/** `|`, which separates class names within a cell. */
const BETWEEN_NAMES: u32 = 0x7c

/** Counts the bytes from `at` to `end` that are `newline`. */
export function countLines(at: usize, end: usize, newline: u32): u32 {
  let count: u32 = 0
  for (; at + 16 <= end; at += 16) count += popcnt(i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(<i8>newline))))
  for (; at < end; at++) count += u32(<u32>load<u8>(at) == newline)
  return count
}

/** The start of the first row after blank lines and comments; `trims` means that lines of blanks are blank. */
// @ts-ignore: decorator
@inline
function skipBlankLines(at: usize, end: usize, trims: bool, job: Job): usize {
  while (at < end) {
    const behind = passNewline(trims ? skipBlanks(at, job.delimiter) : at, job.newline)
    if (behind) at = behind
    else if (<u32>load<u8>(at) == job.comment) at = passComment(at, job.newline)
    else break
  }
  return at
}

function passComment(at: usize, newline: u32): usize {
  while (<u32>load<u8>(at++) != newline) {}
  return at
}

/**
 * Reads up to `most` rows and returns their number; the entry after the last one has the position where it stopped.
 * `isUsual` means that the delimiter is one byte, decimals have a point, and blanks are kept; then, the other dialects cost
 * nothing.
 */
// @ts-ignore: decorator
@inline
export function readRows(keep: Keep, isUsual: bool, at: usize, end: usize, most: u32, job: Job): u32 {
  const width = job.inputs << 3
  let logits = <usize>job.logits
  let kept = <usize>job.kept
  let row: u32 = 0
  for (; ; row++, logits += width) {
    at = skipBlankLines(at, end, !isUsual && job.trims != 0, job)
    const entry = entryOf(row, job)
    entry.start = <u32>at
    entry.kept = <u32>kept
    if (row == most || at >= end) break
    const passed = readRow(keep, isUsual, at, end, logits, kept, row, job)
    if (!passed) break
    at = <usize>(passed >> 32)
    kept = <usize>(passed & 0xffffffff)
    entry.keptEnd = <u32>kept
  }
  return row
}

/**
 * Reads a row's logits to `logit` and copies its kept cells to `kept`. Returns the end of the row in the upper half and
 * of the kept cells in the lower half; 0 if it does not understand the row.
 */
// @ts-ignore: decorator
@inline
function readRow(keep: Keep, isUsual: bool, at: usize, end: usize, logit: usize, kept: usize, row: u32, job: Job): u64 {
  const newline = job.newline
  let lead = <usize>job.keptLeads
  const delimiter = job.delimiter
  const quote = job.quote
  const numbers = isUsual ? WITH_POINT : numbersWith(job.decimal, delimiter)
  const trims = !isUsual && job.trims != 0
  const delimiterSize: usize = isUsual ? 1 : <usize>textAt(job.delimiters, 0).length
  const actions = <usize>job.actions
  const last = actions + <usize>job.columns - 1
  let truths: u32 = 0
  for (let action = actions; ; action++) {
    const kind = <u32>load<u8>(action)
    if (trims) at = skipBlanks(at, delimiter)
    if (kind == ACTION_LOGIT) {
      if (<u32>load<u8>(at) == quote) {
        at = parseQuoted(at, logit, quote, isUsual ? WITH_POINT : numbersWith(job.decimal, quote))
        if (trims && at) at = skipBlanks(at, delimiter)
      } else at = parse(at, logit, delimiter, numbers)
      logit += 8
    } else {
      const start = at
      at = isUsual ? passCell(at, end, delimiter, quote, newline) : passVariantCell(at, end, quote, newline, job)
      if (!at || (at > start && <u32>load<u8>(at - 1) == job.escape)) return 0
      const cellEnd = trims ? withoutBlanks(start, at) : at
      if (kind >= <u32>ACTION_TRUTH && !readTruthCell(start, cellEnd, truths++, row, job)) return 0
      if (kind & ACTION_KEEP) {
        noteStart(kept, lead, job)
        kept = keep(start, cellEnd, kept, lead, job)
        if (!kept) return 0
        lead += offsetof<Text>()
      }
    }
    if (!at) return 0
    if (action == last) break
    if (!isDelimiter(isUsual, at, delimiter, job)) return 0
    at += delimiterSize
  }
  if (job.trailing) {
    if (!isDelimiter(isUsual, at, delimiter, job)) return 0
    at += delimiterSize
  }
  if (trims) at = skipBlanks(at, delimiter)
  at = passNewline(at, newline)
  if (!at) return 0
  if (job.keptOrder) {
    entryOf(row, job).kept = <u32>kept
    kept = reorder(kept, job)
  }
  return (<u64>at << 32) | <u64>kept
}

/** Whether there is a delimiter, given its first byte. */
// @ts-ignore: decorator
@inline
function isDelimiter(isUsual: bool, at: usize, first: u32, job: Job): bool {
  if (isUsual) return <u32>load<u8>(at) == first
  const text = textAt(job.delimiters, 0)
  return (load<u64>(at) ^ load<u64>(text.at)) << (64 - (<u64>text.length << 3)) == 0
}

/** Parses a quoted logit at `at`. Returns the end of the quotes; 0 if their content is not just a number. */
function parseQuoted(at: usize, logit: usize, quote: u32, numbers: usize): usize {
  at = parseCell(at + 1, logit, quote, numbers)
  return at && <u32>load<u8>(at) == quote ? at + 1 : 0
}

/** The end of the newline at `at`, which includes carriage returns before a line feed; 0 if there is none. */
// @ts-ignore: decorator
@inline
function passNewline(at: usize, newline: u32): usize {
  if (<u32>load<u8>(at) == newline) return at + 1
  while (<u32>load<u8>(at) == CR) at++
  return <u32>load<u8>(at) == newline ? at + 1 : 0
}

/** The end of a cell; 0 if there is an escape, an invalid quote, or a newline of the other kind. */
function passCell(at: usize, end: usize, delimiter: u32, quote: u32, newline: u32): usize {
  if (<u32>load<u8>(at) == quote) return passQuotes(at + 1, end, delimiter, quote, newline)
  return passBare(at, delimiter, quote, newline)
}

/** The same for a cell without quotes. */
// @ts-ignore: decorator
@inline
function passBare(at: usize, delimiter: u32, quote: u32, newline: u32): usize {
  const stops = i8x16.splat(<i8>delimiter)
  const newlines = i8x16.splat(<i8>newline)
  const returns = i8x16.splat(<i8>CR)
  const quotes = i8x16.splat(<i8>quote)
  for (; ; at += 16) {
    const bytes = v128.load(at)
    const ends = v128.or(i8x16.eq(bytes, stops), i8x16.eq(bytes, newlines))
    const mask = i8x16.bitmask(v128.or(ends, v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, returns))))
    if (!mask) continue
    at += <usize>ctz(mask)
    const byte = <u32>load<u8>(at)
    return byte == delimiter || byte == newline || passNewline(at, newline) ? at : 0
  }
}

/** The same for a quoted cell, given the position after the opening quote. */
function passQuotes(at: usize, end: usize, delimiter: u32, quote: u32, newline: u32): usize {
  at = quotesEnd(at, end, quote)
  return at && (<u32>load<u8>(at) == delimiter || passNewline(at, newline)) ? at : 0
}

/** The position after the closing quote; quotes inside are doubled. 0 if there is none. */
// @ts-ignore: decorator
@inline
function quotesEnd(at: usize, end: usize, quote: u32): usize {
  for (; at < end; at++) {
    if (<u32>load<u8>(at) != quote) continue
    if (<u32>load<u8>(++at) != quote) return at
  }
  return 0
}

/** The end of a cell and of the blanks that are trimmed after its quotes; the delimiter may have several bytes. */
function passVariantCell(at: usize, end: usize, quote: u32, newline: u32, job: Job): usize {
  const delimiter = job.delimiter
  if (<u32>load<u8>(at) == quote) {
    at = quotesEnd(at + 1, end, quote)
    if (at && job.trims) at = skipBlanks(at, delimiter)
    return at && (<u32>load<u8>(at) == delimiter || passNewline(at, newline)) ? at : 0
  }
  at = passBare(at, delimiter, quote, newline)
  while (at && <u32>load<u8>(at) == delimiter && !isDelimiter(false, at, delimiter, job)) {
    at = passBare(at + 1, delimiter, quote, newline)
  }
  return at
}

/** The end of a cell without the blanks that follow it. */
function withoutBlanks(start: usize, end: usize): usize {
  while (end > start && isBlank(load<u8>(end - 1))) end--
  return end
}

/** Writes a row: its kept cells, its new cells and a newline. */
export function writeRow(row: u32, out: usize, job: Job): usize {
  return writeCells(true, row, out, job)
}

/** The same if decimals may have a comma, or delimiters several bytes. */
export function writeVariantRow(row: u32, out: usize, job: Job): usize {
  return writeCells(false, row, out, job)
}

// @ts-ignore: decorator
@inline
function writeCells(isUsual: bool, row: u32, out: usize, job: Job): usize {
  const entry = entryOf(row, job)
  const start = out
  out = copy(entry.kept, entry.keptEnd - entry.kept, out)
  const emit = <usize>job.emit
  const end = emit + <usize>job.emits
  const state = stateOf(row, job)
  for (let at = emit; at < end; at++) {
    const kind = <u32>load<u8>(at)
    if (kind == EMIT_PROBS) {
      out = isUsual ? writeProbabilities(row, job.outDelimiter, out, job) : writeVariantProbabilities(row, out, job)
    } else if (kind == EMIT_TOP) out = writeTop(isUsual, row, out, job)
    else if (kind == EMIT_LABEL) out = delimit(isUsual, writeLabelCell(labelOf(row, job), out, job), job)
    else if (kind == EMIT_INDEX) out = delimit(isUsual, print(<f64>state.index, out), job)
    else if (kind == EMIT_MEMBERS) out = delimit(isUsual, writeMembers(row, BETWEEN_NAMES, out, job), job)
    else if (kind == EMIT_SET_SIZE) out = delimit(isUsual, print(<f64>countMembers(row, job), out), job)
    else if (kind >= <u32>EMIT_LOSS) {
      const isNull = !isKnown(kind, row, job)
      out = isNull ? writeMissing(out, job) : finish(isUsual, out, writeEvaluated(kind, row, out, job), job)
      out = delimit(isUsual, out, job)
    }
    else out = writeNumberCell(isUsual, summaryOf(kind, state), out, job)
  }
  out -= isUsual ? 1 : <usize>textAt(job.delimiters, 1).length
  store<u8>(out, LF)
  return out == start ? writeEmpty(start, job) : out + 1
}

// @ts-ignore: decorator
@inline
function writeNumberCell(isUsual: bool, x: f64, out: usize, job: Job): usize {
  return delimit(isUsual, finish(isUsual, out, writeNumber(x, out, job), job), job)
}

/** Finishes a printed number. */
// @ts-ignore: decorator
@inline
function finish(isUsual: bool, start: usize, end: usize, job: Job): usize {
  return isUsual ? end : withCommas(start, end, job)
}

/** Writes the probabilities of all classes: together, unless a cell may need quotes, or a delimiter several bytes. */
function writeVariantProbabilities(row: u32, out: usize, job: Job): usize {
  const needsQuotes = job.outDecimal == COMMA && job.outDelimiter == COMMA
  if (!needsQuotes && textAt(job.delimiters, 1).length == 1) {
    return withCommas(out, writeProbabilities(row, job.outDelimiter, out, job), job)
  }
  const values = rowOf(job.values, row, job)
  for (let index: usize = 0; index < <usize>job.classes; index++) {
    out = writeNumberCell(false, load<f64>(values + (index << 3)), out, job)
  }
  return out
}

// @ts-ignore: decorator
@inline
function writeLabelCell(label: u32, out: usize, job: Job): usize {
  return label == NO_CLASS ? writeMissing(out, job) : writeLabel(label, out, job)
}

/** A null result. */
// @ts-ignore: decorator
@inline
function writeMissing(out: usize, job: Job): usize {
  return job.outEscape == BACKSLASH ? writeNullCell(out) : out
}

/** A row of one empty cell is quoted if the dialect has quotes: otherwise it would be a blank line. */
function writeEmpty(out: usize, job: Job): usize {
  if (job.outQuote == NO_BYTE) return out + 1
  store<u32>(out, 0x0a2222)
  return out + 3
}

// @ts-ignore: decorator
@inline
function writeTop(isUsual: bool, row: u32, out: usize, job: Job): usize {
  const values = rowOf(job.values, row, job)
  const positions = positionsOf(row, job)
  for (let rank: usize = 0; rank < <usize>job.top; rank++) {
    const position = load<u32>(positions + (rank << 2))
    const value = load<f64>(values + ((<usize>position) << 3))
    const label = value == value ? position : NO_CLASS
    out = delimit(isUsual, writeLabelCell(label, out, job), job)
    out = writeNumberCell(isUsual, value, out, job)
  }
  return out
}

// @ts-ignore: decorator
@inline
function delimit(isUsual: bool, out: usize, job: Job): usize {
  if (!isUsual) return writeText(textAt(job.delimiters, 1), out)
  store<u8>(out, job.outDelimiter)
  return out + 1
}
