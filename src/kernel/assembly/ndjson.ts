/**
 * NDJSON in, NDJSON out, for `pipeline.ts`: a line is passed key by key, its logits are read where they stand, and it is
 * written as it stood, with the new keys before its last brace.
 *
 * It understands what most lines are: one object that JSON knows, whose logits are a list of numbers, as many as there
 * are classes. Not that keys have escapes, nor those that are new; not the words that Python writes for special values.
 */
import { EMIT_INDEX, EMIT_LABEL, EMIT_PROBS, EMIT_TOP, WANT_LOG, WANT_SUMMARY } from '../constants'
import { BRACE, BRACKET, COMMA, closing, passColon, passValue, QUOTE, skipBlanks, skipPlain } from './json'
import { parseJson } from './parse-number'
import { print } from './print-number'
import {
  copy, LF, markOf, positionsOf, rowOf, scoreBytes, stateOf, summaryOf, textAt, writeLabel, writeNumber,
  writeProbabilities, writeText,
} from './pipeline'
import { Job, RowMark } from './structs'

/** How deep a value may be nested that is passed. */
const DEPTH: u32 = 64
/** What is as large may be infinite once it is rounded, and then it is a text. */
const LARGE: f64 = 1e38

/** Scores lines of NDJSON: see `scoreBytes`. */
export function scoreNdjson(at: usize, end: usize, out: usize, limit: usize, job: Job): u32 {
  return scoreBytes(readLines, writeLine, at, end, out, limit, job)
}

function readLines(at: usize, end: usize, most: u32, job: Job): u32 {
  const width = job.classes << 3
  let logits = <usize>job.logits
  let row: u32 = 0
  for (; ; row++, logits += width) {
    at = skipBlankLines(at, end)
    markOf(row, job).start = <u32>at
    if (row == most || at >= end) break
    const next = readLine(at, logits, markOf(row, job), job)
    if (!next) break
    at = next
  }
  return row
}

/** Where the first line begins that has something else than blanks and control characters. */
// @ts-ignore: decorator
@inline
function skipBlankLines(at: usize, end: usize): usize {
  let line = at
  for (; at < end && <u32>load<u8>(at) <= 0x20; at++) if (<u32>load<u8>(at) == LF) line = at + 1
  return at < end ? line : end
}

/** Reads a line's logits to `logits`, and marks where it ends but for its last brace; returns where the next begins, or 0. */
function readLine(at: usize, logits: usize, mark: RowMark, job: Job): usize {
  at = skipBlanks(at)
  if (<u32>load<u8>(at) != BRACE) return 0
  let found = false
  let last: usize
  do {
    at = skipBlanks(at + 1)
    const key = at + 1
    if (<u32>load<u8>(at) != QUOTE) return 0
    at = skipPlain(key)
    if (<u32>load<u8>(at) != QUOTE) return 0
    const known = knownKey(key, at - key, job)
    at = passColon(at + 1)
    if (!at) return 0
    if (!known) at = passValue(at, DEPTH)
    else if (known > 1 || found) return 0
    else {
      found = true
      at = readList(at, logits, job.classes)
    }
    if (!at) return 0
    last = at
    at = skipBlanks(at)
  } while (<u32>load<u8>(at) == COMMA)
  if (!found || <u32>load<u8>(at) != closing(BRACE)) return 0
  mark.keptEnd = <u32>last
  at = skipBlanks(at + 1)
  return <u32>load<u8>(at) == LF ? at + 1 : 0
}

/** Which of the job's keys it is: 1 for the logits', more for one that is new; 0 for another. */
// @ts-ignore: decorator
@inline
function knownKey(key: usize, length: usize, job: Job): u32 {
  const count = job.keyCount
  for (let index: u32 = 0; index < count; index++) {
    const name = textAt(job.keys, index)
    if (name.length == <u32>length && isSame(key, name.at, length)) return index + 1
  }
  return 0
}

function isSame(one: usize, other: usize, length: usize): bool {
  for (let at: usize = 0; at < length; at++) if (load<u8>(one + at) != load<u8>(other + at)) return false
  return true
}

/** Reads a list of so many numbers. */
// @ts-ignore: decorator
@inline
function readList(at: usize, logits: usize, count: u32): usize {
  if (<u32>load<u8>(at) != BRACKET) return 0
  for (let left = count; left > 0; left--, logits += 8) {
    at = parseJson(skipBlanks(at + 1), logits)
    if (!at) return 0
    at = skipBlanks(at)
    if (<u32>load<u8>(at) != (left == 1 ? closing(BRACKET) : COMMA)) return 0
  }
  return at + 1
}

/** Writes a line, if its new values are numbers all. */
function writeLine(row: u32, out: usize, job: Job): usize {
  if (!isPrintable(row, job)) return 0
  const mark = markOf(row, job)
  out = copy(mark.start, mark.keptEnd - mark.start, out)
  const emit = <usize>job.emit
  const end = emit + <usize>job.emits
  const state = stateOf(row, job)
  let lead: u32 = 0
  for (let at = emit; at < end; at++) {
    const kind = <u32>load<u8>(at)
    if (kind == EMIT_TOP) {
      out = writeTop(row, lead, out, job)
      lead += 2 * job.top
      continue
    }
    out = writeText(textAt(job.leads, lead++), out)
    if (kind == EMIT_PROBS) out = writeList(row, out, job)
    else if (kind == EMIT_LABEL) out = writeLabel(state.index, out, job)
    else if (kind == EMIT_INDEX) out = print(<f64>state.index, out)
    else out = writeNumber(summaryOf(kind, state), out, job)
  }
  store<u16>(out, 0x0a7d)
  return out + 2
}

function isPrintable(row: u32, job: Job): bool {
  const flags = job.flags
  if (flags & WANT_SUMMARY && !(abs(stateOf(row, job).logsumexp) < LARGE)) return false
  if (!(flags & WANT_LOG)) return true
  const values = rowOf(job.values, row, job)
  const end = values + ((<usize>job.classes) << 3)
  for (let at = values; at < end; at += 8) if (!(abs(load<f64>(at)) < LARGE)) return false
  return true
}

function writeList(row: u32, out: usize, job: Job): usize {
  store<u8>(out, BRACKET)
  out = writeProbabilities(row, out + 1, job)
  store<u8>(out - 1, closing(BRACKET))
  return out
}

/** The most probable classes: before each label and each probability stands a comma, its key and a colon. */
function writeTop(row: u32, lead: u32, out: usize, job: Job): usize {
  const values = rowOf(job.values, row, job)
  const positions = positionsOf(row, job)
  for (let rank: usize = 0; rank < <usize>job.top; rank++) {
    const position = load<u32>(positions + (rank << 2))
    out = writeLabel(position, writeText(textAt(job.leads, lead++), out), job)
    out = writeNumber(load<f64>(values + ((<usize>position) << 3)), writeText(textAt(job.leads, lead++), out), job)
  }
  return out
}
