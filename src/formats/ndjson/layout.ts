/**
 * Detects how the rows of a JSON text are laid out: one per line, or over any number of lines, possibly in an array.
 */

/** One value per line; or concatenated values or the items of an array. */
type JsonLayout = 'lines' | 'values'

const [LF, QUOTE, COMMA, COLON, BACKSLASH] = [10, 0x22, 0x2c, 0x3a, 0x5c]
const [BRACKET, END_BRACKET, BRACE, END_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d]

/** The layout of a text with this beginning; undefined if more bytes are needed. */
export function layoutOf(start: Buffer): JsonLayout | undefined {
  const at = blankEnd(start, start[0] === 0xef ? 3 : 0)
  if (start[at] !== BRACE && start[at] !== BRACKET) return at < start.length ? 'lines' : undefined
  const within = start[blankEnd(start, at + 1)]
  if (start[at] === BRACKET && (within === BRACKET || within === BRACE)) return 'values'
  const end = valueEnd(start, at)
  const isLast = typeof end === 'number' && blankEnd(start, end) === start.length
  if (end === undefined || (isLast && within === END_BRACKET)) return undefined
  if (end === 'broken') return 'lines'
  return start.subarray(at, end).includes(LF) ? 'values' : behindValue(start, end)
}

/** The layout of a text that ended, or grew long, without a decision: its first row spans lines, or there is none. */
export function undecidedLayout(start: Buffer): JsonLayout {
  const text = start
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .trim()
  return text.includes('\n') || /^\[\s*\]$/.test(text) ? 'values' : 'lines'
}

/** What follows a value on its line decides: nothing, or another value. */
function behindValue(start: Buffer, end: number): JsonLayout | undefined {
  const next = blankEnd(start, end)
  if (start.subarray(end, next).includes(LF)) return 'lines'
  if (next === start.length) return undefined
  return start[next] === BRACE || start[next] === BRACKET ? 'values' : 'lines'
}

function blankEnd(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && isBlank(bytes[at]!)) at++
  return at
}

function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13)
}

/** The tokens that may follow inside a value, or the end of the open bracket. */
type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'comma'

/** The end of a nested value whose brackets, strings and commas are in order; undefined if it is incomplete. */
function valueEnd(bytes: Buffer, from: number): number | 'broken' | undefined {
  const open: number[] = []
  let expected: Expected = 'value'
  for (let at = from; ; ) {
    at = blankEnd(bytes, at)
    if (at === bytes.length) return undefined
    const token: Token | null | undefined = tokenAt(bytes, at, expected, open)
    if (!token) return token === null ? 'broken' : undefined
    at = token.end
    expected = token.next
    if (open.length === 0) return at
  }
}

/** The end of a token, and what may follow it. */
interface Token {
  end: number
  next: Expected
}

/**
 * Reads a token, which may push or pop a bracket of `open`; null if it is unexpected, undefined if it is incomplete.
 */
function tokenAt(bytes: Buffer, at: number, expected: Expected, open: number[]): Token | null | undefined {
  const byte = bytes[at]!
  if (byte === open.at(-1) && (expected === 'comma' || expected.startsWith('first'))) {
    open.pop()
    return { end: at + 1, next: 'comma' }
  }
  const isKey = expected === 'key' || expected === 'first key'
  if (expected === 'comma') {
    return byte === COMMA ? { end: at + 1, next: open.at(-1) === END_BRACE ? 'key' : 'value' } : null
  }
  if (expected === 'colon') return byte === COLON ? { end: at + 1, next: 'value' } : null
  if (byte !== QUOTE) return isKey ? null : valueToken(bytes, at, open)
  const end = textEnd(bytes, at)
  return typeof end === 'number' ? { end, next: isKey ? 'colon' : 'comma' } : end
}

function valueToken(bytes: Buffer, at: number, open: number[]): Token | null | undefined {
  const byte = bytes[at]
  if (byte === BRACE || byte === BRACKET) {
    open.push(byte === BRACE ? END_BRACE : END_BRACKET)
    return { end: at + 1, next: byte === BRACE ? 'first key' : 'first value' }
  }
  const end = wordEnd(bytes, at)
  if (end === bytes.length) return undefined
  return end > at ? { end, next: 'comma' } : null
}

/** The position after the closing quote; null if a newline comes first, undefined if the string is incomplete. */
function textEnd(bytes: Buffer, open: number): number | null | undefined {
  for (let at = open + 1; at < bytes.length; at++) {
    if (bytes[at] === QUOTE) return at + 1
    if (bytes[at] === LF) return null
    if (bytes[at] === BACKSLASH) at++
  }
  return undefined
}

/** The end of a number or word. */
function wordEnd(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && /[\w.+-]/.test(String.fromCharCode(bytes[at]!))) at++
  return at
}
