/**
 * Skips JSON within a line: each function returns the end of the token at `at`, or 0 if it is not the expected one.
 * None crosses a newline, which is whitespace between tokens but ends the line. Bytes from 128 on are accepted in
 * strings: the host validates UTF-8.
 */

export const QUOTE: u32 = 0x22
export const COMMA: u32 = 0x2c
export const POINT: u32 = 0x2e
export const COLON: u32 = 0x3a
export const BRACKET: u32 = 0x5b
export const BRACE: u32 = 0x7b
const BACKSLASH: u32 = 0x5c

/** The closing counterpart of a bracket or brace. */
// @ts-ignore: decorator
@inline
export function closing(open: u32): u32 {
  return open + 2
}

/** Skips whitespace. */
// @ts-ignore: decorator
@inline
export function skipBlanks(at: usize): usize {
  for (let c: u32 = load<u8>(at); c == 0x20 || c == 9 || c == 13; ) c = load<u8>(++at)
  return at
}

/** The first quote, backslash or control character. */
// @ts-ignore: decorator
@inline
export function skipPlain(at: usize): usize {
  for (;; at += 16) {
    const bytes = v128.load(at)
    const quotes = v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c)))
    const stops = i8x16.bitmask(v128.or(quotes, i8x16.lt_u(bytes, i8x16.splat(0x20))))
    if (!stops) continue
    return at + <usize>ctz(stops)
  }
}

/** Skips a value, nested at most `depth` levels. */
export function passValue(at: usize, depth: u32): usize {
  const first = <u32>load<u8>(at)
  if (first == QUOTE) return passText(at + 1)
  if (first == BRACE || first == BRACKET) return depth ? passNested(at, first, depth - 1) : 0
  if (load<u32>(at) == 0x65757274 || load<u32>(at) == 0x6c6c756e) return at + 4
  if (first == 0x66 && load<u32>(at, 1) == 0x65736c61) return at + 5
  return passNumber(at)
}

function passNested(at: usize, open: u32, depth: u32): usize {
  at = skipBlanks(at + 1)
  if (<u32>load<u8>(at) == closing(open)) return at + 1
  while (at) {
    if (open == BRACE) at = passKey(at)
    if (at) at = passValue(at, depth)
    if (!at) return 0
    at = skipBlanks(at)
    const next = <u32>load<u8>(at)
    if (next == closing(open)) return at + 1
    at = next == COMMA ? skipBlanks(at + 1) : 0
  }
  return 0
}

/** Skips a key and its colon, with surrounding whitespace. */
function passKey(at: usize): usize {
  if (<u32>load<u8>(at) != QUOTE) return 0
  at = passText(at + 1)
  return at ? passColon(at) : 0
}

/** Skips a colon with surrounding whitespace. */
// @ts-ignore: decorator
@inline
export function passColon(at: usize): usize {
  at = skipBlanks(at)
  return <u32>load<u8>(at) == COLON ? skipBlanks(at + 1) : 0
}

/** Skips a string, given the position after the opening quote. */
function passText(at: usize): usize {
  while (at) {
    at = skipPlain(at)
    const stop = <u32>load<u8>(at)
    if (stop == QUOTE) return at + 1
    at = stop == BACKSLASH ? passEscape(at + 1) : 0
  }
  return 0
}

/** Skips an escape, given the position after the backslash: one of `"\/bfnrt`, or `u` and four hexadecimal digits. */
function passEscape(at: usize): usize {
  const c = <u32>load<u8>(at)
  if (c == 0x75) {
    for (let digit: usize = 1; digit <= 4; digit++) if (!isHex(load<u8>(at + digit))) return 0
    return at + 5
  }
  const single = c == QUOTE || c == BACKSLASH || c == 0x2f
  return single || c == 0x62 || c == 0x66 || c == 0x6e || c == 0x72 || c == 0x74 ? at + 1 : 0
}

function isHex(c: u32): bool {
  return c - 0x30 <= 9 || (c | 0x20) - 0x61 <= 5
}

/** `[-] (0 / 1-9 digits) [. digits] [e [+-] digits]`. */
export function passNumber(at: usize): usize {
  if (<u32>load<u8>(at) == 0x2d) at++
  at = <u32>load<u8>(at) == 0x30 ? at + 1 : passDigits(at)
  if (at && <u32>load<u8>(at) == POINT) at = passDigits(at + 1)
  if (at && (<u32>load<u8>(at) | 0x20) == 0x65) {
    const sign = <u32>load<u8>(at, 1)
    at = passDigits(at + 1 + usize(sign == 0x2b || sign == 0x2d))
  }
  return at
}

/** Skips one or more digits. */
function passDigits(at: usize): usize {
  const start = at
  while (<u32>load<u8>(at) - 0x30 <= 9) at++
  return at == start ? 0 : at
}
