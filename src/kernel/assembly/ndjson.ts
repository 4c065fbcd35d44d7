/**
 * NDJSON for `pipeline.ts`: two line readers and an object writer.
 *
 * Both readers understand the usual lines: one valid object with as many numbers as there are classes and keys without
 * escapes, but not Python's words for special values. The numbers are a list or an object, which may be inside other
 * objects. `readLines` accepts keys in any order and keeps a line as it is,
 * up to its last brace. `readMembers` expects the keys in the order of the first row, and writes kept values in the
 * form of the output.
 */
import {
  ACTION_KEEP, ACTION_LOGIT, ACTION_LOGITS, ACTION_TRUTH, EMIT_INDEX, EMIT_LABEL, EMIT_LIST, EMIT_LOSS,
  EMIT_MEMBERS, EMIT_PROBS, EMIT_RECORD, EMIT_SET_SIZE, EMIT_TOP, NO_CLASS, WANT_LOG, WANT_SUMMARY, WANT_TRUTH,
} from '../constants'
import { evaluationOf, labelOf, entryOf, rowOf, stateOf } from './batch'
import { BRACE, BRACKET, COLON, COMMA, closing, passColon, passValue, QUOTE, skipBlanks, skipPlain } from './json'
import { parseJson } from './parse-number'
import { print } from './print-number'
import {
  countMembers, copy, LF, positionsOf, summaryOf, textAt, writeLabel, writeMembers, writeNumber, writeProbabilities, writeText,
} from './pipeline'
import { Keep } from './kept-cell'
import { noteStart, reorder } from './kept-order'
import { Job, RowEntry, Text } from './structs'
import { isKnown, readTruthValue, writeEvaluated } from './truth'

/** The maximum nesting of skipped values. */
const DEPTH: u32 = 64
/** A larger number may become infinite when it is rounded, and is then written as a string. */
const LARGE: f64 = 1e38

/** Reads lines whose logits are a list. */
export function readLines(at: usize, end: usize, most: u32, job: Job): u32 {
  const width = job.inputs << 3
  let logits = <usize>job.logits
  let row: u32 = 0
  for (; ; row++, logits += width) {
    at = skipBlankLines(at, end)
    const entry = entryOf(row, job)
    entry.start = <u32>at
    entry.kept = <u32>at
    if (row == most || at >= end) break
    const next = readLine(at, logits, entry, row, job)
    if (!next) break
    at = next
  }
  return row
}

/** The start of the first line that contains more than blanks and control characters. */
// @ts-ignore: decorator
@inline
function skipBlankLines(at: usize, end: usize): usize {
  let line = at
  for (; at < end && <u32>load<u8>(at) <= 0x20; at++) if (<u32>load<u8>(at) == LF) line = at + 1
  return at < end ? line : end
}

/**
 * Reads a line's logits to `logits`, and records its end without the last brace; returns the start of the next line, or
 * 0.
 */
function readLine(at: usize, logits: usize, entry: RowEntry, row: u32, job: Job): usize {
  at = skipBlanks(at)
  if (<u32>load<u8>(at) != BRACE) return 0
  let found = false
  let hasTruth = false
  entry.truth = NO_CLASS
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
    else if (known == 2 && job.truths) {
      if (hasTruth) return 0
      hasTruth = true
      const start = at
      at = passValue(at, DEPTH)
      if (at && !readTruthValue(start, at, row, job)) return 0
    } else if (known > 1 || found) return 0
    else {
      found = true
      at = readLogits(at, logits, 0, job)
    }
    if (!at) return 0
    last = at
    at = skipBlanks(at)
  } while (<u32>load<u8>(at) == COMMA)
  if (!found || <u32>load<u8>(at) != closing(BRACE)) return 0
  entry.keptEnd = <u32>last
  at = skipBlanks(at + 1)
  return <u32>load<u8>(at) == LF ? at + 1 : 0
}

/** The index of a key among those of the job: 1 for the logits, more for a new key; 0 for any other. */
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

/** Reads the logits in a value: at the end of their path, from some level on. */
function readLogits(at: usize, logits: usize, level: u32, job: Job): usize {
  if (level < job.pathLength) return readInside(at, logits, level, job)
  return job.classKeys ? readRecord(at, logits, job) : readList(at, logits, job.inputs)
}

/** Reads the logits at a key of an object, which must have it once. */
function readInside(at: usize, logits: usize, level: u32, job: Job): usize {
  const name = textAt(job.path, level)
  let found = false
  if (<u32>load<u8>(at) != BRACE) return 0
  do {
    at = skipBlanks(at + 1)
    const key = at
    at = passPlainKey(at)
    if (!at) return 0
    const isOnPath = at - key == <usize>name.length && isSame(key, name.at, at - key)
    at = passColon(at)
    if (!at || (isOnPath && found)) return 0
    found = found || isOnPath
    at = isOnPath ? readLogits(at, logits, level + 1, job) : passValue(at, DEPTH)
    if (!at) return 0
    at = skipBlanks(at)
  } while (<u32>load<u8>(at) == COMMA)
  return found && <u32>load<u8>(at) == closing(BRACE) ? at + 1 : 0
}

/**
 * Reads an object with a number for each class; the keys may have any order, as long as searching for them takes few
 * comparisons: many keys in another order are left to the host, which has a table of them.
 */
function readRecord(at: usize, logits: usize, job: Job): usize {
  const count = job.inputs
  for (let index: u32 = 0; index < count; index++) store<f64>(logits + ((<usize>index) << 3), NaN)
  if (<u32>load<u8>(at) != BRACE) return 0
  let effort: u32 = 8 * count + 64
  for (let left = count, next: u32 = 0; left > 0; left--, next++) {
    at = skipBlanks(at + 1)
    const key = at
    at = passPlainKey(at)
    if (!at) return 0
    const first = next < count ? next : 0
    const index = classOfKey(key, at - key, first, job)
    at = passColon(at)
    if (!at || index == count) return 0
    const tried = index < first ? index + count - first : index - first
    if (tried > effort) return 0
    effort -= tried
    const logit = logits + ((<usize>index) << 3)
    // A duplicate: no number of JSON is NaN.
    if (!isNaN(load<f64>(logit))) return 0
    at = parseJson(at, logit)
    if (!at) return 0
    at = skipBlanks(at)
    if (<u32>load<u8>(at) != (left == 1 ? closing(BRACE) : COMMA)) return 0
    next = index
  }
  return at + 1
}

/** The class with a key, searched from one on; the number of classes if there is none. */
function classOfKey(key: usize, length: usize, first: u32, job: Job): u32 {
  const count = job.inputs
  for (let tried: u32 = 0, index = first; tried < count; tried++) {
    const name = textAt(job.classKeys, index)
    if (<usize>name.length == length && isSame(key, name.at, length)) return index
    index = index + 1 == count ? 0 : index + 1
  }
  return count
}

/** Skips a quoted key without escapes. */
// @ts-ignore: decorator
@inline
function passPlainKey(at: usize): usize {
  if (<u32>load<u8>(at) != QUOTE) return 0
  at = skipPlain(at + 1)
  return <u32>load<u8>(at) == QUOTE ? at + 1 : 0
}

/** Reads a list of `classes` numbers. */
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

/** Reads lines with the keys of the first row, in its order. */
// @ts-ignore: decorator
@inline
export function readMembers(keep: Keep, at: usize, end: usize, most: u32, job: Job): u32 {
  const width = job.inputs << 3
  let logits = <usize>job.logits
  let kept = <usize>job.kept
  let row: u32 = 0
  for (; ; row++, logits += width) {
    at = skipBlankLines(at, end)
    const entry = entryOf(row, job)
    entry.start = <u32>at
    entry.kept = <u32>kept
    if (row == most || at >= end) break
    const passed = readMembersOf(keep, at, logits, kept, row, job)
    if (!passed) break
    entry.keptEnd = <u32>(passed & 0xffffffff)
    if (job.keepsLine) entry.kept = <u32>at
    else kept = entry.keptEnd
    at = <usize>(passed >> 32)
  }
  return row
}

/**
 * Reads a line's logits to `logit` and writes its kept values to `kept`; returns the ends of both, or 0, as in
 * `csv.ts`.
 */
// @ts-ignore: decorator
@inline
function readMembersOf(keep: Keep, at: usize, logit: usize, kept: usize, row: u32, job: Job): u64 {
  const columns = job.columns
  let lead = <usize>job.keptLeads
  at = skipBlanks(at)
  if (<u32>load<u8>(at) != BRACE) return 0
  for (let column: u32 = 0; column < columns; column++) {
    if (column && <u32>load<u8>(at) != COMMA) return 0
    at = passColumnKey(skipBlanks(at + 1), textAt(job.columnKeys, column))
    if (!at) return 0
    const kind = <u32>load<u8>(<usize>job.actions + column)
    const start = at
    const role = kind & ~ACTION_KEEP
    if (role == ACTION_LOGIT) {
      at = parseJson(at, logit)
      logit += 8
    } else if (role == ACTION_LOGITS) at = readLogits(at, logit, 0, job)
    else at = passValue(at, DEPTH)
    if (!at) return 0
    if (role == ACTION_TRUTH && !readTruthValue(start, at, row, job)) return 0
    if (kind & ACTION_KEEP && !job.keepsLine) {
      noteStart(kept, lead, job)
      kept = keep(start, at, kept, lead, job)
      if (!kept) return 0
      lead += offsetof<Text>()
    }
    if (job.keepsLine) kept = at
    at = skipBlanks(at)
  }
  if (<u32>load<u8>(at) != closing(BRACE)) return 0
  at = skipBlanks(at + 1)
  if (<u32>load<u8>(at) != LF) return 0
  if (job.keptOrder) {
    entryOf(row, job).kept = <u32>kept
    kept = reorder(kept, job)
  }
  return ((<u64>(at + 1)) << 32) | <u64>kept
}

/** Skips the quoted key of a column and its colon, with surrounding whitespace; 0 if it is another key. */
// @ts-ignore: decorator
@inline
function passColumnKey(at: usize, key: Text): usize {
  const length = <usize>key.length
  return isSame(at, key.at, length) ? passColon(at + length) : 0
}

/** Writes an object: what is kept, then the new members, if all new values are numbers. */
export function writeObject(row: u32, out: usize, job: Job): usize {
  if (!isPrintable(row, job)) return 0
  const entry = entryOf(row, job)
  out = copy(entry.kept, entry.keptEnd - entry.kept, out)
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
    if (kind == EMIT_PROBS) {
      out = writeClasses(row, lead, out, job)
      lead += job.classes
      continue
    }
    out = writeText(textAt(job.leads, lead++), out)
    if (kind == EMIT_LIST) out = writeList(row, out, job)
    else if (kind == EMIT_RECORD) out = writeRecord(row, out, job)
    else if (kind == EMIT_LABEL) out = writeLabelOrNull(labelOf(row, job), out, job)
    else if (kind == EMIT_MEMBERS) out = writeNames(row, out, job)
    else if (kind == EMIT_INDEX) out = print(<f64>state.index, out)
    else if (kind == EMIT_SET_SIZE) out = print(<f64>countMembers(row, job), out)
    else if (kind >= <u32>EMIT_LOSS) out = isKnown(kind, row, job) ? writeEvaluated(kind, row, out, job) : writeNull(out)
    else out = writeNumber(summaryOf(kind, state), out, job)
  }
  store<u16>(out, 0x0a7d)
  return out + 2
}

function writeLabelOrNull(label: u32, out: usize, job: Job): usize {
  return label == NO_CLASS ? writeNull(out) : writeLabel(label, out, job)
}

function writeNames(row: u32, out: usize, job: Job): usize {
  store<u8>(out, BRACKET)
  out = writeMembers(row, COMMA, out + 1, job)
  store<u8>(out, closing(BRACKET))
  return out + 1
}

/** `null`. */
function writeNull(out: usize): usize {
  store<u32>(out, 0x6c6c756e)
  return out + 4
}

function isPrintable(row: u32, job: Job): bool {
  const flags = job.flags
  if (flags & WANT_SUMMARY && !(abs(stateOf(row, job).logsumexp) < LARGE)) return false
  if (flags & WANT_TRUTH && abs(evaluationOf(row, job).loss) >= LARGE) return false
  if (!(flags & WANT_LOG)) return true
  const values = rowOf(job.values, row, job)
  const end = values + ((<usize>job.classes) << 3)
  for (let at = values; at < end; at += 8) if (!(abs(load<f64>(at)) < LARGE)) return false
  return true
}

function writeList(row: u32, out: usize, job: Job): usize {
  store<u8>(out, BRACKET)
  out = writeProbabilities(row, COMMA, out + 1, job)
  store<u8>(out - 1, closing(BRACKET))
  return out
}

/** Writes the results of all classes as an object. */
function writeRecord(row: u32, out: usize, job: Job): usize {
  const values = rowOf(job.values, row, job)
  for (let index: u32 = 0; index < job.classes; index++) {
    store<u8>(out, index ? COMMA : BRACE)
    out = writeLabel(index, out + 1, job)
    store<u8>(out, COLON)
    out = writeNumber(load<f64>(values + ((<usize>index) << 3)), out + 1, job)
  }
  store<u8>(out, closing(BRACE))
  return out + 1
}

/** Writes the results of all classes, each after its key. */
function writeClasses(row: u32, lead: u32, out: usize, job: Job): usize {
  const values = rowOf(job.values, row, job)
  const end = values + ((<usize>job.classes) << 3)
  for (let at = values; at < end; at += 8) {
    out = writeNumber(load<f64>(at), writeText(textAt(job.leads, lead++), out), job)
  }
  return out
}

/** Writes the most probable classes: each label and each probability follows a comma, its key and a colon. */
function writeTop(row: u32, lead: u32, out: usize, job: Job): usize {
  const values = rowOf(job.values, row, job)
  const positions = positionsOf(row, job)
  for (let rank: usize = 0; rank < <usize>job.top; rank++) {
    const position = load<u32>(positions + (rank << 2))
    const value = load<f64>(values + ((<usize>position) << 3))
    const label = value == value ? position : NO_CLASS
    out = writeLabelOrNull(label, writeText(textAt(job.leads, lead++), out), job)
    out = writeNumber(value, writeText(textAt(job.leads, lead++), out), job)
  }
  return out
}
