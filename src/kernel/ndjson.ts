/**
 * NDJSON in, NDJSON out, for `rows.ts`: a line is passed key by key, its logits are read where they stand, and it is
 * written as it stood, with the new keys before its last brace.
 *
 * It understands what most lines are: one object that JSON knows, whose logits are a list of numbers, as many as there
 * are classes. Not that keys have escapes, nor those that are new; not the words that Python writes for special values.
 */
import * as abi from './abi'
import { BRACE, BRACKET, COMMA, closing, passColon, passValue, QUOTE, skipBlanks, skipPlain } from './json'
import { parseJson } from './parse'
import { print } from './print'
import {
  copy, LF, markOf, positionsOf, rowOf, scoreBytes, stateOf, summaryOf, writeLabel, writeNumber, writeProbabilities,
} from './rows'

/** How deep a value may be nested that is passed. */
const DEPTH: u32 = 64
/** What is as large may be infinite once it is rounded, and then it is a text. */
const LARGE: f64 = 1e38

/** Scores lines of NDJSON: see `scoreBytes`. */
export function scoreNdjson(at: usize, end: usize, out: usize, limit: usize, job: usize): u32 {
  return scoreBytes(readLines, writeLine, at, end, out, limit, job)
}

function readLines(at: usize, end: usize, most: u32, job: usize): u32 {
  const width = load<u32>(job, abi.CLASSES) << 3
  let logits = <usize>load<u32>(job, abi.LOGITS)
  let row: u32 = 0
  for (; ; row++, logits += width) {
    at = skipBlankLines(at, end)
    store<u32>(markOf(row, job), <u32>at)
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
function readLine(at: usize, logits: usize, mark: usize, job: usize): usize {
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
      at = readList(at, logits, load<u32>(job, abi.CLASSES))
    }
    if (!at) return 0
    last = at
    at = skipBlanks(at)
  } while (<u32>load<u8>(at) == COMMA)
  if (!found || <u32>load<u8>(at) != closing(BRACE)) return 0
  store<u32>(mark, <u32>last, 4)
  at = skipBlanks(at + 1)
  return <u32>load<u8>(at) == LF ? at + 1 : 0
}

/** Which of the job's keys it is: 1 for the logits', more for one that is new; 0 for another. */
// @ts-ignore: decorator
@inline
function knownKey(key: usize, length: usize, job: usize): u32 {
  const keys = <usize>load<u32>(job, abi.KEYS)
  const count = load<u32>(job, abi.KEY_COUNT)
  for (let index: u32 = 0; index < count; index++) {
    const name = keys + ((<usize>index) << 3)
    if (load<u32>(name, 4) == <u32>length && isSame(key, load<u32>(name), length)) return index + 1
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
function writeLine(row: u32, out: usize, job: usize): usize {
  if (!isPrintable(row, job)) return 0
  const start = load<u32>(markOf(row, job))
  out = copy(start, load<u32>(markOf(row, job), 4) - start, out)
  const emit = <usize>load<u32>(job, abi.EMIT)
  const end = emit + <usize>load<u32>(job, abi.EMITS)
  const state = stateOf(row, job)
  let lead = <usize>load<u32>(job, abi.LEADS)
  for (let at = emit; at < end; at++) {
    const kind = <u32>load<u8>(at)
    if (kind == abi.EMIT_TOP) {
      out = writeTop(row, lead, out, job)
      lead += (<usize>load<u32>(job, abi.TOP)) << 4
      continue
    }
    out = writeLead(lead, out)
    lead += 8
    if (kind == abi.EMIT_PROBS) out = writeList(row, out, job)
    else if (kind == abi.EMIT_LABEL) out = writeLabel(load<u32>(state, abi.INDEX), out, job)
    else if (kind == abi.EMIT_INDEX) out = print(<f64>load<u32>(state, abi.INDEX), out)
    else out = writeNumber(summaryOf(kind, state), out, job)
  }
  store<u16>(out, 0x0a7d)
  return out + 2
}

function isPrintable(row: u32, job: usize): bool {
  const flags = load<u32>(job, abi.FLAGS)
  if (flags & abi.WANT_SUMMARY && !(abs(load<f64>(stateOf(row, job), abi.LOGSUMEXP)) < LARGE)) return false
  if (!(flags & abi.WANT_LOG)) return true
  const values = rowOf(load<u32>(job, abi.VALUES), row, job)
  const end = values + ((<usize>load<u32>(job, abi.CLASSES)) << 3)
  for (let at = values; at < end; at += 8) if (!(abs(load<f64>(at)) < LARGE)) return false
  return true
}

/** What stands before a new value: a comma, its key, its colon. */
// @ts-ignore: decorator
@inline
function writeLead(lead: usize, out: usize): usize {
  return copy(load<u32>(lead), load<u32>(lead, 4), out)
}

function writeList(row: u32, out: usize, job: usize): usize {
  store<u8>(out, BRACKET)
  out = writeProbabilities(row, out + 1, job)
  store<u8>(out - 1, closing(BRACKET))
  return out
}

function writeTop(row: u32, lead: usize, out: usize, job: usize): usize {
  const values = rowOf(load<u32>(job, abi.VALUES), row, job)
  const positions = positionsOf(row, job)
  for (let rank: usize = 0; rank < <usize>load<u32>(job, abi.TOP); rank++, lead += 16) {
    const position = load<u32>(positions + (rank << 2))
    out = writeLabel(position, writeLead(lead, out), job)
    out = writeNumber(load<f64>(values + ((<usize>position) << 3)), writeLead(lead + 8, out), job)
  }
  return out
}
