/**
 * Bytes to doubles, equal in every bit to JavaScript's Number() of the text.
 *
 * A cell is blanks (spaces and tabs, unless they are the delimiter), a number or name, and blanks. The usual one, `[-]
 * digits [. digits]` (or a decimal comma) in up to fifteen bytes, is read in one step. It ends at the first byte outside `-` to `9`; a mask
 * derived from that and from the position of the point right-aligns the digits, which are then combined in pairs, fours
 * and eights. The cell is valid if the number of digits is the expected one, which rules out a second sign or point.
 * That is at most fifteen digits, below 2^53, and 10^15 is exact, so one division rounds correctly (Clinger).
 *
 * Longer numbers have up to seven more digits, 19 in all, and are scaled by 10^p in `toDouble`: the product with the
 * upper 64 bits of the power, rounded up, is decisive unless all its dropped bits vanish (one case in 256), and then
 * one more product is. For the proof see Russ Cox, "Floating-point printing and parsing can be simple and fast",
 * research.swtch.com/fp; for the related method of Eisel and Lemire: Mushtak and Lemire, "Fast number parsing without
 * fallback".
 *
 * Of more than 19 digits, the first 19 are d, and the result lies between those for d and d + 1. If these differ, 0 is
 * returned and the host decides: 0.16 % of such cells if their digits are random, and none with up to 19 digits.
 *
 * Median ns per cell on a Zen 3 at 3.2 GHz, Node 20: printed float32 8.7, six decimals 8.7, doubles of 15 to 17 digits
 * 21, with exponents 34. What helped: counting digits instead of comparing bytes, applying the sign through the
 * divisor, subtracting `0` with saturation, which zeroes sign and point, and checking the delimiter first (12.5 to 8.2
 * together). Testing for long cells first costs short ones 0.5 and saves long ones 2.9. What did not help: finding the
 * sign off the dependency chain between cells (no change: instruction count is the limit, not latency).
 */

import { COMMA, passNumber, POINT } from './json'
import { log2Pow10, mulHigh, power, unrounded } from './powers-of-ten'

/** 10^0 .. 10^15, followed by -10^0 .. -10^15: all exact. */
const TENS: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, -1e0, -1e1, -1e2, -1e3, -1e4,
  -1e5, -1e6, -1e7, -1e8, -1e9, -1e10, -1e11, -1e12, -1e13, -1e14, -1e15,
], 16)
/** 10^0 .. 10^7. */
const INTEGER_TENS: usize = memory.data<u64>([1, 10, 100, 1000, 10000, 100000, 1000000, 10000000], 16)
/** The largest d for which d * 10^i + 10^i - 1 is below 10^19, i = 0 .. 7. */
const ROOM: usize = memory.data<u64>([
  9999999999999999998, 999999999999999998, 99999999999999998, 9999999999999998, 999999999999998, 99999999999998,
  9999999999998, 999999999998,
], 16)

/** -16 .. 16: the sixteen bytes from `RAMP + e` are e - 16 .. e - 1. */
const RAMP: usize = memory.data<i8>([
  -16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
  14, 15, 16,
], 16)

/**
 * How numbers are written, sixteen equal bytes for each of: the lowest byte of numbers without exponent, the distance of
 * the highest from it, and the decimal separator. Between commas, numbers with a decimal comma have no fraction.
 */
export const WITH_POINT: usize = memory.data<u64>([
  0x2d2d2d2d2d2d2d2d, 0x2d2d2d2d2d2d2d2d, 0x0c0c0c0c0c0c0c0c, 0x0c0c0c0c0c0c0c0c, 0x2e2e2e2e2e2e2e2e,
  0x2e2e2e2e2e2e2e2e,
], 16)
const WITH_COMMA: usize = memory.data<u64>([
  0x2c2c2c2c2c2c2c2c, 0x2c2c2c2c2c2c2c2c, 0x0d0d0d0d0d0d0d0d, 0x0d0d0d0d0d0d0d0d, 0x2c2c2c2c2c2c2c2c,
  0x2c2c2c2c2c2c2c2c,
], 16)
const BETWEEN_COMMAS: usize = memory.data<u64>([
  0x2d2d2d2d2d2d2d2d, 0x2d2d2d2d2d2d2d2d, 0x0c0c0c0c0c0c0c0c, 0x0c0c0c0c0c0c0c0c, 0x2c2c2c2c2c2c2c2c,
  0x2c2c2c2c2c2c2c2c,
], 16)
const SPAN: usize = 16
const SEPARATOR: usize = 32

const SLASHES: usize = memory.data<u64>([0x2f2f2f2f2f2f2f2f, 0x2f2f2f2f2f2f2f2f], 16)
const ZEROS: usize = memory.data<u64>([0x3030303030303030, 0x3030303030303030], 16)
const PAIR: usize = memory.data<i16>([2561, 2561, 2561, 2561, 2561, 2561, 2561, 2561], 16)
const FOUR: usize = memory.data<i16>([100, 1, 100, 1, 100, 1, 100, 1], 16)
const EIGHT: usize = memory.data<i16>([10000, 1, 10000, 1, 10000, 1, 10000, 1], 16)

/**
 * By byte: 1 if a cell may continue with it after a digit or point: blanks, `e`, `E`, and the characters of numbers.
 */
const GOES_ON: usize = memory.data(256, 16)

/** How numbers with this decimal separator are written in cells that end at `stop`. */
export function numbersWith(decimal: u32, stop: u32): usize {
  if (decimal == COMMA) return stop == COMMA ? BETWEEN_COMMAS : WITH_COMMA
  return WITH_POINT
}

// @ts-ignore: decorator
@inline
function separatorOf(numbers: usize): u32 {
  return numbers == WITH_POINT ? POINT : COMMA
}

/* The usual cell: [-] digits [. digits], up to fifteen bytes */

/**
 * Parses the cell at p, stores its double at dst and returns the address after trailing blanks, or 0 if it is not
 * understood: not a number, too large, or undecided (see above). Reads up to 24 bytes. `delimiter` does not count as a
 * blank, even if it is a tab; the caller checks that it or a line end follows. `numbers` is how numbers are written.
 */
// @ts-ignore: decorator
@inline
export function parse(p: usize, dst: usize, delimiter: u32, numbers: usize): usize {
  const text = v128.load(p)
  const end = numberEnd(text, numbers)
  if (end < 16) {
    const next: u32 = load<u8>(p + end)
    const negative = u32(load<u8>(p) == 0x2d)
    const limit = 1 << end
    const point = pointOf(text, limit, numbers)
    const shift = end + i32(point == end)
    const digits = shift - 1 - negative
    if ((next == delimiter || !load<u8>(next, GOES_ON)) && popcnt(numerals(text) & (limit - 1)) == digits && digits) {
      const d = weigh(align(text, shift, point))
      store<f64>(dst, <f64><i64>d / load<f64>(((shift - point) << 3) + (negative << 7), TENS - 8))
      return p + end
    }
  }
  return end < 16 ? parseOther(p, dst, delimiter, numbers) : parseLong(text, p, dst, delimiter, numbers)
}

/** The same as a function call, for occasional cells; `parse` is inlined into its loops. */
export function parseCell(p: usize, dst: usize, delimiter: u32, numbers: usize): usize {
  return parse(p, dst, delimiter, numbers)
}

/**
 * The same for a JSON number: begins and ends with a digit except for its sign, without a leading zero or a trailing
 * point. The caller checks what follows.
 */
// @ts-ignore: decorator
@inline
export function parseJson(p: usize, dst: usize): usize {
  const text = v128.load(p)
  const end = numberEnd(text, WITH_POINT)
  const negative = u32(load<u8>(p) == 0x2d)
  const limit = 1 << end
  const point = pointOf(text, limit, WITH_POINT)
  const all = numerals(text) & (limit - 1)
  const first = all >> negative
  const isInteger = (first & 1) && (<u32>load<u8>(p + negative) != 0x30 || !(first & 2)) && point != end - 1
  if (end < 16) {
    const shift = end + i32(point == end)
    if (isInteger && popcnt(all) == shift - 1 - negative && (<u32>load<u8>(p + end) | 0x20) != 0x65) {
      const d = weigh(align(text, shift, point))
      store<f64>(dst, <f64><i64>d / load<f64>(((shift - point) << 3) + (negative << 7), TENS - 8))
      return p + end
    }
  } else if (isInteger && isEnd(load<u8>(p + 16 + digitsAt(load<u64>(p, 16))))) return parseLong(text, p, dst, COMMA, WITH_POINT)
  const passed = passNumber(p)
  return passed && parseOther(p, dst, COMMA, WITH_POINT) ? passed : 0
}

/** Whether a JSON number certainly ends there. */
// @ts-ignore: decorator
@inline
function isEnd(next: u32): bool {
  return next == COMMA || (next | 0x20) == 0x7d
}

/** How many bytes at the start may belong to a number without exponent: sign, separator, digits, and bytes between. */
// @ts-ignore: decorator
@inline
function numberEnd(text: v128, numbers: usize): i32 {
  const within = i8x16.le_u(i8x16.sub(text, v128.load(numbers)), v128.load(numbers, SPAN))
  return ctz(~i8x16.bitmask(within))
}

/** The position of the first decimal separator, or else the bit of `limit`. */
// @ts-ignore: decorator
@inline
function pointOf(text: v128, limit: i32, numbers: usize): i32 {
  return ctz(i8x16.bitmask(i8x16.eq(text, v128.load(numbers, SEPARATOR))) | limit)
}

/** One bit for each byte that is a digit, or follows the digits in ASCII. */
// @ts-ignore: decorator
@inline
function numerals(text: v128): i32 {
  return i8x16.bitmask(i8x16.gt_s(text, v128.load(SLASHES)))
}

/**
 * The values of the digits, right-aligned and zero-padded: those before the point move by 16 - shift + 1 bytes, those
 * after it by one less. The sign and the point count as 0; the sign precedes all digits.
 */
// @ts-ignore: decorator
@inline
function align(text: v128, shift: usize, point: i32): v128 {
  const ramp = v128.load(shift, RAMP)
  const order = i8x16.add(ramp, i8x16.le_s(ramp, i8x16.splat(<i8>point)))
  return i8x16.swizzle(i8x16.sub_sat_u(text, v128.load(ZEROS)), order)
}

/** Converts sixteen digits to a number, in pairs, fours and eights. */
// @ts-ignore: decorator
@inline
function weigh(digits: v128): u64 {
  const pairs = i16x8.shr_u(i16x8.mul(digits, v128.load(PAIR)), 8)
  const fours = i32x4.dot_i16x8_s(pairs, v128.load(FOUR))
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_u(fours, fours), v128.load(EIGHT))
  const both = i64x2.extract_lane(eights, 0)
  return (both & 0xffffffff) * 100000000 + (both >> 32)
}

/** The same for numbers with an exponent or trailing blanks, or for `parseAny`. */
function parseOther(p: usize, dst: usize, delimiter: u32, numbers: usize): usize {
  const text = v128.load(p)
  const end = numberEnd(text, numbers)
  if (end == 16) return parseLong(text, p, dst, delimiter, numbers)
  const negative = u32(load<u8>(p) == 0x2d)
  const limit = 1 << end
  const point = pointOf(text, limit, numbers)
  const shift = end + i32(point == end)
  const digits = shift - 1 - negative
  if (popcnt(numerals(text) & (limit - 1)) != digits || !digits) return parseAny(p, dst, delimiter, numbers)
  return finish(weigh(align(text, shift, point)), point + 1 - shift, <u64>negative, p + end, dst, delimiter)
}

/* Sixteen bytes, up to seven digits, an exponent */

// @ts-ignore: decorator
@inline
function parseLong(text: v128, p: usize, dst: usize, delimiter: u32, numbers: usize): usize {
  const negative = u32(load<u8>(p) == 0x2d)
  const point = pointOf(text, 0x10000, numbers)
  const shift = 16 + i32(point == 16)
  const tail = load<u64>(p, 16)
  const more = digitsAt(tail)
  const end = p + 16 + more
  const next: u32 = load<u8>(end)
  let d = weigh(align(text, shift, point))
  if (
    more > 7 || next == separatorOf(numbers) || popcnt(numerals(text)) != shift - 1 - negative ||
    d > load<u64>(more << 3, ROOM)
  ) return parseAny(p, dst, delimiter, numbers)
  d = d * load<u64>(more << 3, INTEGER_TENS) + valueOf(tail, more)
  const scale = point == 16 ? 0 : point - 15 - <i32>more
  if (next != delimiter && load<u8>(next, GOES_ON)) return finish(d, scale, <u64>negative, end, dst, delimiter)
  store<u64>(dst, reinterpret<u64>(toDouble(d, scale)) | (<u64>negative << 63))
  return end
}

/** How many of eight bytes are digits, up to the first that is not. */
// @ts-ignore: decorator
@inline
function digitsAt(tail: u64): usize {
  return <usize>ctz(((tail - 0x3030303030303030) | (tail + 0x4646464646464646)) & 0x8080808080808080) >> 3
}

/** The number formed by the first `count` < 8 digits. */
// @ts-ignore: decorator
@inline
function valueOf(tail: u64, count: usize): u64 {
  const digits = ((tail - 0x3030303030303030) << 8) << (56 - (<u64>count << 3))
  const pairs = (digits * 2561 >> 8) & 0x00ff00ff00ff00ff
  const fours = (pairs * 6553601 >> 16) & 0x0000ffff0000ffff
  return fours * 42949672960001 >> 32
}

/* Any cell, byte by byte */

// @ts-ignore: decorator
@inline
function isDigit(c: u32): bool {
  return c - 0x30 <= 9
}

// @ts-ignore: decorator
@inline
export function isBlank(c: u32): bool {
  return c == 0x20 || c == 9
}

export function skipBlanks(p: usize, delimiter: u32): usize {
  for (let c: u32 = load<u8>(p); isBlank(c) && c != delimiter; ) c = load<u8>(++p)
  return p
}

function parseAny(p: usize, dst: usize, delimiter: u32, numbers: usize): usize {
  p = skipBlanks(p, delimiter)
  let c: u32 = load<u8>(p)
  const negative = u64(c == 0x2d)
  if (negative || c == 0x2b) c = load<u8>(++p)
  if ((c | 0x20) == 0x69 || (c | 0x20) == 0x6e) return parseName(p, negative, dst, delimiter)
  let d: u64 = 0
  let scale = 0
  let digits = 0
  let behind = 0
  let isTruncated = false
  const separator = separatorOf(numbers)
  for (; isDigit(c) || (c == separator && c != delimiter && !behind); c = load<u8>(++p)) {
    if (c == separator) {
      behind = 1
    } else if (d < 1000000000000000000) {
      d = d * 10 + <u64>(c - 0x30)
      scale -= behind
      digits++
    } else {
      isTruncated = isTruncated || c != 0x30
      scale += 1 - behind
    }
  }
  if (!digits) return 0
  const end = finish(d, scale, negative, p, dst, delimiter)
  if (!isTruncated || !end) return end
  // the omitted digits lie between d and d + 1: if both round alike, so do they
  const below = load<u64>(dst)
  return finish(d + 1, scale, negative, p, dst, delimiter) && load<u64>(dst) == below ? end : 0
}

/** Whether the bytes at p spell the lower-case `word` of `size` letters, ignoring case. */
// @ts-ignore: decorator
@inline
function spells(p: usize, word: u64, size: u64): bool {
  return ((load<u64>(p) | 0x2020202020202020) ^ word) << (64 - (size << 3)) == 0
}

function parseName(p: usize, negative: u64, dst: usize, delimiter: u32): usize {
  const nan = spells(p, 0x6e616e, 3)
  if (!nan && !spells(p, 0x666e69, 3)) return 0
  store<u64>(dst, nan ? 0x7ff8000000000000 : (negative << 63) | 0x7ff0000000000000)
  return skipBlanks(p + (spells(p, 0x7974696e69666e69, 8) ? 8 : 3), delimiter)
}

/** Reads any exponent and blanks after the digits d * 10^scale, and stores the double. */
function finish(d: u64, scale: i32, negative: u64, p: usize, dst: usize, delimiter: u32): usize {
  if ((load<u8>(p) | 0x20) == 0x65) {
    const sign: u32 = load<u8>(p, 1)
    const minus = sign == 0x2d
    p += 1 + usize(minus || sign == 0x2b)
    let c: u32 = load<u8>(p)
    if (!isDigit(c)) return 0
    let exponent = 0
    for (; isDigit(c); c = load<u8>(++p)) exponent = min(exponent * 10 + <i32>(c - 0x30), 99999999)
    scale += minus ? -exponent : exponent
  }
  const value = toDouble(d, scale)
  if (value == Infinity) return 0
  store<u64>(dst, reinterpret<u64>(value) | (negative << 63))
  return skipBlanks(p, delimiter)
}

/* Digits to double */

/**
 * The double nearest to d * 10^p, ties to even; Infinity on overflow. Unless the upper 64 bits of the product with the
 * rounded-up power end in zeros, which is unusual, they are on the same side of every tie as the exact product: with their
 * last bit set as sticky bit, the hardware conversion rounds correctly.
 */
// @ts-ignore: decorator
@inline
export function toDouble(d: u64, p: i32): f64 {
  const zeros = clz(d)
  const inRange = <u32>(p + 250) <= 500
  const top = mulHigh(d << zeros, load<u64>(power(inRange ? p : 0)) + 1)
  if (!inRange || (top & 255) == 0) return toDoubleExactly(d, p)
  const scale = <u64>(1025 + log2Pow10(p) - <i32>zeros) << 52
  return <f64><i64>(top >> 1 | 1) * reinterpret<f64>(scale)
}

function toDoubleExactly(d: u64, p: i32): f64 {
  if (d == 0 || p < -342) return 0
  if (p > 308) return Infinity
  const zeros = <i32>clz(d)
  const scale = log2Pow10(p) - zeros
  if (scale < -1085) return toSubnormal(d << zeros, p, scale)
  let u = unrounded(d << zeros, p, 8)
  const carry = u >> 55
  u = (u >> carry) | (u & 1)
  const bits = nearest(u) + (<u64>(1085 + scale + <i32>carry) << 52)
  return reinterpret<f64>(min(bits, 0x7ff0000000000000))
}

function toSubnormal(w: u64, p: i32, scale: i32): f64 {
  const drop = -1077 - scale
  return drop > 63 ? 0 : reinterpret<f64>(nearest(unrounded(w, p, drop)))
}

/** Rounds a number with two fractional bits, half to even. */
// @ts-ignore: decorator
@inline
function nearest(u: u64): u64 {
  return (u + 1 + ((u >> 2) & 1)) >> 2
}

function fillGoesOn(): void {
  const set = '\t +-./0123456789Ee'
  for (let i = 0; i < set.length; i++) store<u8>(set.charCodeAt(i), 1, GOES_ON)
}

fillGoesOn()
