/**
 * Cells with backslash escapes instead of quotes: the text format of PostgreSQL's COPY, with `\N` for null. See "Text
 * Format" at https://www.postgresql.org/docs/current/sql-copy.html.
 */
import { NO_BYTE } from '../constants'
import { CR, LF } from './pipeline'
import { Job } from './structs'

export const BACKSLASH: u32 = 0x5c
/** `\N` */
const NULL_CELL: u16 = 0x4e5c
const TAB: u32 = 9

/** Whether a cell is null. */
// @ts-ignore: decorator
@inline
export function isNullCell(start: usize, end: usize): bool {
  return end - start == 2 && load<u16>(start) == NULL_CELL
}

export function writeNullCell(out: usize): usize {
  store<u16>(out, NULL_CELL)
  return out + 2
}

/**
 * Writes text as a cell. Within quotes (NO_BYTE if there are none), those of the text are doubled. Reads and writes up
 * to 16 bytes past the end.
 */
export function escapeText(at: usize, end: usize, quote: u32, out: usize, job: Job): usize {
  const quotes = i8x16.splat(<i8>(quote == NO_BYTE ? BACKSLASH : quote))
  const delimiters = i8x16.splat(<i8>job.outDelimiter)
  while (at < end) {
    const bytes = v128.load(at)
    v128.store(out, bytes)
    const escaped = v128.or(i8x16.eq(bytes, delimiters), i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH)))
    const newlines = v128.or(i8x16.eq(bytes, i8x16.splat(<i8>LF)), i8x16.eq(bytes, i8x16.splat(<i8>CR)))
    const others = v128.or(i8x16.eq(bytes, i8x16.splat(<i8>TAB)), i8x16.eq(bytes, quotes))
    const special = i8x16.bitmask(v128.or(v128.or(escaped, newlines), others))
    const plain = min(<usize>ctz(special | 0x10000), end - at)
    at += plain
    out += plain
    if (at == end || plain == 16) continue
    const c = <u32>load<u8>(at)
    if (c == quote) store<u8>(out++, c)
    else out = escapeByte(c, out, job)
    at += c == quote ? 2 : 1
  }
  return out
}

/** Writes a byte, escaped if needed. */
export function escapeByte(c: u32, out: usize, job: Job): usize {
  const letter = letterOf(c)
  const isEscaped = letter != c || c == BACKSLASH || c == job.outDelimiter
  if (isEscaped) store<u8>(out++, BACKSLASH)
  store<u8>(out, letter)
  return out + 1
}

/** The letter of an escape; other bytes are their own. */
function letterOf(c: u32): u32 {
  if (c == LF) return 0x6e
  if (c == CR) return 0x72
  return c == TAB ? 0x74 : c
}
