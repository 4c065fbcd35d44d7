/**
 * Writes kept cells in the form of the output: a cell of delimited text raw, requoted, or as JSON text; a JSON value as
 * a cell. Each function writes the cell from `start` to `end` at `out`, and returns the end; 0 for what is left to the
 * host. Bytes from 128 on are accepted: the host validates UTF-8.
 */
import { KEEP_BOOLEAN, KEEP_DATE, KEEP_INTEGER, KEEP_NULLABLE_TEXT, KEEP_TEXT, NO_BYTE } from '../constants'
import { BACKSLASH, escapeByte, escapeText, isNullCell, writeNullCell } from './escaped-cell'
import { BRACE, BRACKET, POINT, QUOTE } from './json'
import { numbersWith, parseCell, parseJson } from './parse-number'
import { CR, copy, LF, textAt, writeText } from './pipeline'
import { Job, KeptColumn, NULL, Text } from './structs'
import { integer, typedValue } from './typed-cell'

/** Writes a kept cell; `lead` is the address of its prefix in JSON. */
export type Keep = (start: usize, end: usize, out: usize, lead: usize, job: Job) => usize

const APOSTROPHE: u32 = 0x27
/** A number that is not used. */
const SPARE: usize = memory.data(8, 8)
/** Integers up to 2^53 are doubles. */
const EXACT: f64 = 9007199254740992.0

/** A raw cell with a delimiter after it. */
// @ts-ignore: decorator
@inline
export function copyCell(start: usize, end: usize, out: usize, _lead: usize, job: Job): usize {
  out = copy(start, end - start, out)
  store<u8>(out, job.outDelimiter)
  return out + 1
}

/** The same with a delimiter of one or more bytes. */
export function copyVariantCell(start: usize, end: usize, out: usize, _lead: usize, job: Job): usize {
  return writeText(textAt(job.delimiters, 1), copy(start, end - start, out))
}

/** A raw JSON value, after its key. */
// @ts-ignore: decorator
@inline
export function copyMember(start: usize, end: usize, out: usize, lead: usize, _job: Job): usize {
  return copy(start, end - start, writeText(changetype<Text>(lead), out))
}

/** A cell, quoted or escaped as the output requires, with a ' before formulas if requested. */
export function requoteCell(start: usize, end: usize, out: usize, lead: usize, job: Job): usize {
  if (job.outEscape == BACKSLASH) return escapeCell(start, end, out, job)
  if (job.escape == BACKSLASH) return unescapeCell(start, end, out, job)
  const isQuoted = <u32>load<u8>(start) == job.quote
  const from = start + usize(isQuoted)
  const to = end - usize(isQuoted)
  let isFormula = false
  if (job.escapesFormulas && beginsAsFormula(from, to)) {
    if (isNumber(from, to, isQuoted ? job.quote : job.delimiter, job)) isFormula = false
    else if (<u32>load<u8>(from) == 0x2b || <u32>load<u8>(from) == 0x2d) return 0
    else isFormula = true
  }
  // If rows end in a carriage return, an unquoted cell may contain the newline that ends rows of the output.
  const isComplete = isQuoted || job.newline != CR
  if (!job.requotes && !isFormula && (isComplete || !hasSpecial(from, to, job))) return copyCell(start, end, out, lead, job)
  const needsQuotes = (isQuoted && from == to) || hasSpecial(from, to, job)
  if (needsQuotes) store<u8>(out++, QUOTE)
  if (isFormula) store<u8>(out++, APOSTROPHE)
  out = needsQuotes && !isQuoted ? doubleQuotes(from, to, out) : copy(from, to - from, out)
  if (needsQuotes) store<u8>(out++, QUOTE)
  store<u8>(out, job.outDelimiter)
  return out + 1
}

/** A cell with escapes for one that may have quotes; an empty one without them is null. */
function escapeCell(start: usize, end: usize, out: usize, job: Job): usize {
  const isQuoted = <u32>load<u8>(start) == job.quote
  if (start == end) out = writeNullCell(out)
  else out = escapeText(start + usize(isQuoted), end - usize(isQuoted), isQuoted ? job.quote : NO_BYTE, out, job)
  store<u8>(out, job.outDelimiter)
  return out + 1
}

/** A cell that may have quotes for one with escapes: null is empty, and empty text is quoted. */
function unescapeCell(start: usize, end: usize, out: usize, job: Job): usize {
  const isNull = isNullCell(start, end)
  if (!isNull && (hasBackslash(start, end) || (job.escapesFormulas && beginsAsFormula(start, end)))) return 0
  if (!isNull && (start == end || hasSpecial(start, end, job))) out = writeQuoted(start, end, out, false)
  else if (!isNull) out = copy(start, end - start, out)
  store<u8>(out, job.outDelimiter)
  return out + 1
}

/** Whether text begins with one of `= + - @`, a tab or a carriage return. */
function beginsAsFormula(at: usize, end: usize): bool {
  if (at == end) return false
  const c = <u32>load<u8>(at)
  return c == 0x3d || c == 0x2b || c == 0x2d || c == 0x40 || c == 9 || c == CR
}

/**
 * Whether text is a number as the output writes them, if the kernel understands it; + and - before anything else are
 * left to the host. Blanks may follow a cell from which they were trimmed.
 */
function isNumber(at: usize, end: usize, stop: u32, job: Job): bool {
  return parseCell(at, SPARE, stop, numbersWith(job.outDecimal, stop)) >= end
}

/** Whether text contains a byte that requires quotes. */
function hasSpecial(at: usize, end: usize, job: Job): bool {
  const delimiters = i8x16.splat(<i8>job.outDelimiter)
  for (; at < end; at += 16) {
    const bytes = v128.load(at)
    const quotes = v128.or(i8x16.eq(bytes, delimiters), i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)))
    const newlines = v128.or(i8x16.eq(bytes, i8x16.splat(<i8>LF)), i8x16.eq(bytes, i8x16.splat(<i8>CR)))
    if (i8x16.bitmask(v128.or(quotes, newlines)) & firstBits(end - at)) return true
  }
  return false
}

/** A mask of the first bytes of sixteen. */
// @ts-ignore: decorator
@inline
function firstBits(count: usize): i32 {
  return count < 16 ? (1 << <i32>count) - 1 : 0xffff
}

/** A cell as a JSON string, after its key. */
export function cellToJson(start: usize, end: usize, out: usize, lead: usize, job: Job): usize {
  if (hasEscape(start, end, job)) return 0
  const isQuoted = <u32>load<u8>(start) == job.quote
  out = writeText(changetype<Text>(lead), out)
  store<u8>(out++, QUOTE)
  let at = start + usize(isQuoted)
  const to = end - usize(isQuoted)
  while (at < to) {
    const length = plainLength(at, to)
    out = copy(at, length, out)
    at += length
    if (at >= to) break
    if (length == 16) continue
    const c = <u32>load<u8>(at)
    const escaped = escapeOf(c)
    if (!escaped) return 0
    store<u16>(out, (escaped << 8) | BACKSLASH)
    out += 2
    at += 1 + usize(c == job.quote)
  }
  store<u8>(out, QUOTE)
  return out + 1
}

/** How many of the next sixteen bytes JSON represents unescaped. */
// @ts-ignore: decorator
@inline
function plainLength(at: usize, end: usize): usize {
  const bytes = v128.load(at)
  const quotes = v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c)))
  const special = i8x16.bitmask(v128.or(quotes, i8x16.lt_u(bytes, i8x16.splat(0x20))))
  return min(<usize>ctz(special | 0x10000), end - at)
}

/** The character after the backslash in the escape of a byte; 0 for other control characters. */
function escapeOf(c: u32): u32 {
  if (c == QUOTE || c == BACKSLASH) return c
  if (c == LF) return 0x6e
  if (c == CR) return 0x72
  return c == 9 ? 0x74 : 0
}

/** A JSON value as a cell: a string unescaped, null empty, anything else raw; or with escapes. */
export function jsonToCell(start: usize, end: usize, out: usize, _lead: usize, job: Job): usize {
  const first = <u32>load<u8>(start)
  if (job.outEscape == BACKSLASH) out = jsonToEscaped(first, start, end, out, job)
  else if (first == QUOTE) out = textToCell(start + 1, end - 1, out, job)
  else if (first == BRACE || first == BRACKET) out = nestedToCell(start, end, out, job)
  else if (first == 0x74 || first == 0x66) out = copy(start, end - start, out)
  else if (first != 0x6e) out = numberToCell(start, end, out)
  if (!out) return 0
  store<u8>(out, job.outDelimiter)
  return out + 1
}

function jsonToEscaped(first: u32, start: usize, end: usize, out: usize, job: Job): usize {
  if (first == QUOTE) return textToEscaped(start + 1, end - 1, out, job)
  if (first == BRACE || first == BRACKET) return escapeText(start, end, NO_BYTE, out, job)
  if (first == 0x6e) return writeNullCell(out)
  return first == 0x74 || first == 0x66 ? copy(start, end - start, out) : numberToCell(start, end, out)
}

/** A JSON string as a cell with escapes, given the text between its quotes. */
function textToEscaped(at: usize, end: usize, out: usize, job: Job): usize {
  if (!hasBackslash(at, end)) return escapeText(at, end, NO_BYTE, out, job)
  while (at < end) {
    const next = unescape(at)
    if (!next) return 0
    out = escapeByte(next & 0xff, out, job)
    at += <usize>(next >> 8)
  }
  return out
}

function nestedToCell(start: usize, end: usize, out: usize, job: Job): usize {
  return hasSpecial(start, end, job) ? writeQuoted(start, end, out, false) : copy(start, end - start, out)
}

function numberToCell(start: usize, end: usize, out: usize): usize {
  let at = start + usize(<u32>load<u8>(start) == 0x2d)
  while (at < end && <u32>load<u8>(at) - 0x30 <= 9) at++
  return at == end || parseJson(start, SPARE) == end ? copy(start, end - start, out) : 0
}

/** A JSON string, given the text between its quotes. Most contain nothing special to JSON or to cells. */
function textToCell(start: usize, end: usize, out: usize, job: Job): usize {
  if (start == end) return writeQuoted(start, end, out, false)
  if (job.escapesFormulas && beginsAsFormula(start, end)) return 0
  if (!hasSpecial(start, end, job) && !hasBackslash(start, end)) return copy(start, end - start, out)
  let needsQuotes = false
  for (let at = start; at < end; ) {
    const next = unescape(at)
    if (!next) return 0
    const c = <u32>(next & 0xff)
    needsQuotes = needsQuotes || c == QUOTE || c == job.outDelimiter || c == LF || c == CR
    if (at == start && job.escapesFormulas && (c == 9 || c == CR)) return 0
    at += <usize>(next >> 8)
  }
  if (needsQuotes) return writeQuoted(start, end, out, true)
  return writeUnescaped(start, end, out)
}

/** Whether a cell differs from the text that it represents. */
// @ts-ignore: decorator
@inline
function hasEscape(start: usize, end: usize, job: Job): bool {
  return job.escape == BACKSLASH && hasBackslash(start, end)
}

function hasBackslash(at: usize, end: usize): bool {
  for (; at < end; at += 16) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(<i8>BACKSLASH)))
    if (found & firstBits(end - at)) return true
  }
  return false
}

/**
 * Decodes a character or escape: its byte in the low byte, and how many bytes were read; 0 for escapes of other
 * characters.
 */
function unescape(at: usize): u32 {
  const c = <u32>load<u8>(at)
  if (c != BACKSLASH) return 0x100 | c
  const escape = <u32>load<u8>(at, 1)
  if (escape == QUOTE || escape == BACKSLASH || escape == 0x2f) return 0x200 | escape
  if (escape == 0x6e) return 0x200 | LF
  if (escape == 0x72) return 0x200 | CR
  if (escape == 0x74) return 0x200 | 9
  if (escape == 0x62) return 0x200 | 8
  return escape == 0x66 ? 0x200 | 12 : 0
}

function writeUnescaped(at: usize, end: usize, out: usize): usize {
  while (at < end) {
    const next = unescape(at)
    store<u8>(out++, next & 0xff)
    at += <usize>(next >> 8)
  }
  return out
}

/** Writes text with its quotes doubled. */
function doubleQuotes(at: usize, end: usize, out: usize): usize {
  for (; at < end; at++) {
    const c = <u32>load<u8>(at)
    store<u8>(out++, c)
    if (c == QUOTE) store<u8>(out++, c)
  }
  return out
}

/** Writes quoted text, with inner quotes doubled. */
function writeQuoted(at: usize, end: usize, out: usize, isEscaped: bool): usize {
  store<u8>(out++, QUOTE)
  while (at < end) {
    const next = isEscaped ? unescape(at) : 0x100 | <u32>load<u8>(at)
    const c = next & 0xff
    store<u8>(out++, c)
    if (c == QUOTE) store<u8>(out++, c)
    at += <usize>(next >> 8)
  }
  store<u8>(out, QUOTE)
  return out + 1
}

/* Records of columns: see `columns.ts` */

/** A cell as a value of its column's type, or NULL; for text, the unquoted cell. */
// @ts-ignore: decorator
@inline
export function cellToValue(start: usize, end: usize, out: usize, lead: usize, job: Job): usize {
  const kind = changetype<KeptColumn>(lead).kind
  if (hasEscape(start, end, job)) return 0
  if (kind > <u32>KEEP_NULLABLE_TEXT) return typedCell(start, end, out, kind, job)
  if (<u32>load<u8>(start) == job.quote) return quotedToText(start + 1, end - 1, out, job)
  const isNull = kind == KEEP_NULLABLE_TEXT && isNullText(start, end, job)
  store<u32>(out, isNull ? NULL : <u32>(end - start))
  return isNull ? out + 4 : copy(start, end - start, out + 4)
}

/** Whether an unquoted cell is one of the texts for null. */
function isNullText(start: usize, end: usize, job: Job): bool {
  const length = <u32>(end - start)
  let at = <usize>job.nulls
  for (const last = at + <usize>job.nullCount * offsetof<Text>(); at < last; at += offsetof<Text>()) {
    const text = changetype<Text>(at)
    if (text.length == length && memory.compare(<usize>text.at, start, length) == 0) return true
  }
  return false
}

function typedCell(start: usize, end: usize, out: usize, kind: u32, job: Job): usize {
  const isQuoted = <u32>load<u8>(start) == job.quote
  const from = start + usize(isQuoted)
  const to = end - usize(isQuoted)
  store<u32>(out, from == to ? NULL : 8)
  return from == to ? out + 4 : typedValue(from, to, out + 4, kind, isQuoted ? job.quote : job.delimiter, job.decimal)
}

function quotedToText(at: usize, end: usize, out: usize, job: Job): usize {
  const quotes = i8x16.splat(<i8>job.quote)
  const start = out + 4
  let to = start
  while (at < end) {
    const bytes = v128.load(at)
    v128.store(to, bytes)
    const plain = min(<usize>ctz(i8x16.bitmask(i8x16.eq(bytes, quotes)) | 0x10000), end - at)
    at += plain
    to += plain
    if (at == end || plain == 16) continue
    store<u8>(to++, job.quote)
    at += 2
  }
  store<u32>(out, <u32>(to - start))
  return to
}

/** A JSON value as a value of its column's type, or NULL. */
export function jsonToValue(start: usize, end: usize, out: usize, lead: usize, _job: Job): usize {
  const kind = changetype<KeptColumn>(lead).kind
  const first = <u32>load<u8>(start)
  const isNull = first == 0x6e
  let to = out + 4
  if (kind == KEEP_TEXT) to = isNull ? to : jsonToText(start, end, to)
  else if (!isNull && kind >= <u32>KEEP_DATE) to = first == QUOTE ? typedValue(start + 1, end - 1, to, kind, QUOTE, POINT) : 0
  else if (!isNull) to = kind == KEEP_BOOLEAN ? truth(first, to) : numberTo(start, end, to, kind == KEEP_INTEGER)
  if (!to) return 0
  store<u32>(out, isNull ? NULL : <u32>(to - out - 4))
  return to
}

/** A JSON value as text, like that of a cell. */
function jsonToText(start: usize, end: usize, out: usize): usize {
  const first = <u32>load<u8>(start)
  if (first == QUOTE) return plainText(start + 1, end - 1, out)
  const isNumber = first == 0x2d || first - 0x30 <= 9
  return isNumber ? numberToCell(start, end, out) : copy(start, end - start, out)
}

function plainText(at: usize, end: usize, out: usize): usize {
  if (!hasBackslash(at, end)) return copy(at, end - at, out)
  while (at < end) {
    const next = unescape(at)
    if (!next) return 0
    store<u8>(out++, next & 0xff)
    at += <usize>(next >> 8)
  }
  return out
}

function truth(first: u32, out: usize): usize {
  if (first != 0x74 && first != 0x66) return 0
  store<u64>(out, u64(first == 0x74))
  return out + 8
}

/** A number as a double, or as a 64-bit integer if it consists of few enough digits. */
function numberTo(start: usize, end: usize, out: usize, isInteger: bool): usize {
  if (isInteger) return integer(start, end, out)
  if (parseJson(start, out) != end) return 0
  // Numbers that a double does not represent exactly, or that would be 0, are left to the host.
  const size = abs(load<f64>(out))
  return size >= EXACT || (size == 0 && end - start > 4) ? 0 : out + 8
}
