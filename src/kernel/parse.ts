/**
 * Bytes to the nearest double.
 *
 * A cell of at most 15 digits, with a sign and a point but no exponent, is one block of sixteen bytes: a comparison
 * finds its end, one its point, a shuffle moves its digits to the right end without the point, and three multiply-adds
 * weigh them as pairs, fours and eights. Up to 10^15 the digits are exact, as is the power of ten that divides them, so
 * the one rounding of the division is the right one (Clinger, "How to read floating point numbers accurately", 1990).
 * Cells of up to 19 digits that overrun the block take a second word of text. All else goes byte by byte, `parseAny`.
 *
 * What division cannot do goes through `unrounded` in powers.ts: d * 10^p with two bits behind the point, the last one
 * sticky, from one product of 64 x 64 bits and where its low bits vanish a second one (Cox, "Fast unrounded scaling";
 * compare Lemire, "Number parsing at a gigabyte per second", 2021). With d below 2^64 that is exact, so one rounding to
 * even follows, at the place where the double, normal or subnormal, ends.
 *
 * Of more than 19 digits the first 19 are read. The value lies in d .. d + 1; where both ends round to the same double
 * so does the value, and where they do not, one time in about 600 at random and always at a halfway case, the caller is
 * told to ask JavaScript.
 *
 * ns a number on the 3.1 GHz EPYC this was written on: float32 as text 12.0, doubles as text 21.7, exponents 52.
 */
import { log2Pow10, power, mulHigh, unrounded } from './powers'

/** 10^0 .. 10^22, each an exact double. */
const TENS: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
])

const WHOLE_TENS: usize = memory.data<u64>([1, 10, 100, 1000, 10000, 100000, 1000000, 10000000])
/** Largest d for which d * 10^i + 10^i stays below 10^19. */
const ROOM: usize = memory.data<u64>([
  1000000000000000000, 999999999999999999, 99999999999999999, 9999999999999999, 999999999999999, 99999999999999,
  9999999999999, 999999999999,
])

/** -16 .. 15: the sixteen from `RAMP + e` are e - 16 .. e - 1. */
const RAMP: usize = memory.data<i8>([
  -16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
  14, 15,
], 16)
const ASCII_ZEROS: usize = memory.data<u64>([0x3030303030303030, 0x3030303030303030], 16)
const NINES: usize = memory.data<u64>([0x0909090909090909, 0x0909090909090909], 16)
const POINTS: usize = memory.data<u64>([0x2e2e2e2e2e2e2e2e, 0x2e2e2e2e2e2e2e2e], 16)
const MINUSES: usize = memory.data<u64>([0x2d2d2d2d2d2d2d2d, 0x2d2d2d2d2d2d2d2d], 16)
const TWELVES: usize = memory.data<u64>([0x0c0c0c0c0c0c0c0c, 0x0c0c0c0c0c0c0c0c], 16)
const BY_TEN: usize = memory.data<i16>([2561, 2561, 2561, 2561, 2561, 2561, 2561, 2561], 16)
const BY_HUNDRED: usize = memory.data<i16>([100, 1, 100, 1, 100, 1, 100, 1], 16)
const BY_MYRIAD: usize = memory.data<i16>([10000, 1, 10000, 1, 10000, 1, 10000, 1], 16)

/** The double nearest to d * 10^p; Infinity where that overflows. */
export function toDouble(d: u64, p: i32): f64 {
  if (d == 0 || p < -342) return 0
  if (p > 308) return Infinity
  const zeros = <i32>clz(d)
  const scale = log2Pow10(p) - zeros
  const e = min(1074, -11 - scale)
  const drop = -(scale + 3 + e)
  if (drop > 63) return 0
  let u = unrounded(d << zeros, p, drop)
  const carry = u64(u >= 0x7ffffffffffffe)
  u = (u >> carry) | (u & 1)
  const m = (u + 1 + ((u >> 2) & 1)) >> 2
  if (!(m >> 52)) return reinterpret<f64>(m)
  const exponent = 1075 - e + <i32>carry
  if (exponent > 2046) return Infinity
  return reinterpret<f64>((m & 0xfffffffffffff) | (<u64>exponent << 52))
}

/** 1 for a byte after a number that may belong to its cell: a space or an exponent; a tab depends on the caller. */
const CONTINUES: usize = memory.data(256)
store<u8>(CONTINUES + 0x20, 1)
store<u8>(CONTINUES + 0x45, 1)
store<u8>(CONTINUES + 0x65, 1)

/** Right-aligned digit values to the number: pairs, fours, eights. */
// @ts-ignore: decorator
@inline
function weigh(digits: v128): u64 {
  const pairs = i16x8.shr_u(i16x8.mul(digits, v128.load(BY_TEN)), 8)
  const fours = i32x4.dot_i16x8_s(pairs, v128.load(BY_HUNDRED))
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_u(fours, fours), v128.load(BY_MYRIAD))
  const both = i64x2.extract_lane(eights, 0)
  return (both & 0xffffffff) * 100000000 + (both >> 32)
}

/** Reads a cell at p, stores its double at dst and returns the address past the blanks after it, or 0. */
export function parse(p: usize, dst: usize): usize {
  return parseCell(p, dst, 9)
}

/** The same with `tab` as what counts as a blank beside the space: 9, or 32 where tabs delimit. */
export function parseCell(p: usize, dst: usize, tab: u32): usize {
  const text = v128.load(p)
  const values = i8x16.sub(text, v128.load(ASCII_ZEROS))
  const kept = i8x16.le_u(i8x16.sub(text, v128.load(MINUSES)), v128.load(TWELVES))
  const end = ctz(~i8x16.bitmask(kept))
  if (end >= 16) return parseLong(p, dst, tab)
  const numeric = i8x16.le_u(values, v128.load(NINES))
  const negative = u32(load<u8>(p) == 0x2d)
  const below = (1 << end) - 1
  const point = ctz(i8x16.bitmask(i8x16.eq(text, v128.load(POINTS))) | (1 << end))
  const none = u32(point == end)
  const strange = (i8x16.bitmask(numeric) & below) ^ (below & ~(1 << point)) ^ negative
  const next: u32 = load<u8>(p + end)
  const longer = load<u8>(next, CONTINUES) | u32(next == tab)
  if (strange | longer | (end + none - 2 - negative) >> 31) return parseAny(p, dst, tab)
  const ramp = v128.load(RAMP + end + none)
  const order = i8x16.add(ramp, i8x16.le_s(ramp, i8x16.splat(<i8>point)))
  const d = weigh(i8x16.swizzle(v128.and(values, numeric), order))
  const places = end - point - 1 + none
  store<u64>(dst, reinterpret<u64>(<f64><i64>d / load<f64>(TENS + (places << 3))) | (<u64>negative << 63))
  return p + end
}

/** Sixteen bytes of number and up to seven more digits. */
function parseLong(p: usize, dst: usize, tab: u32): usize {
  const text = v128.load(p)
  const values = i8x16.sub(text, v128.load(ASCII_ZEROS))
  const numeric = i8x16.le_u(values, v128.load(NINES))
  const negative = u32(load<u8>(p) == 0x2d)
  const point = ctz(i8x16.bitmask(i8x16.eq(text, v128.load(POINTS))) | 0x10000)
  const tail = load<u64>(p, 16)
  const lifted = tail - 0x3030303030303030
  const more = <u32>ctz((lifted | (tail + 0x4646464646464646)) & 0x8080808080808080) >> 3
  const next: u32 = load<u8>(p + 16 + more)
  const strange = i8x16.bitmask(numeric) != 0xffff - negative - (1 << point) || more > 7 || next == 0x2e
  if (strange || next == tab || load<u8>(next, CONTINUES)) return parseAny(p, dst, tab)
  const ramp = v128.load(RAMP + 16)
  const order = i8x16.add(ramp, i8x16.le_s(ramp, i8x16.splat(<i8>point)))
  let d = weigh(i8x16.swizzle(v128.and(values, numeric), order))
  if (d > load<u64>(ROOM + (more << 3))) return parseAny(p, dst, tab)
  const last = (lifted << 8) << (56 - (more << 3))
  const pairs = (last * 2561 >> 8) & 0x00ff00ff00ff00ff
  const fours = (pairs * 6553601 >> 16) & 0x0000ffff0000ffff
  d = d * load<u64>(WHOLE_TENS + (more << 3)) + (fours * 42949672960001 >> 32)
  store<u64>(dst, reinterpret<u64>(toDouble(d, point - 15 - more)) | (<u64>negative << 63))
  return p + 16 + more
}

// @ts-ignore: decorator
@inline
function isDigit(c: u32): bool {
  return c - 0x30 <= 9
}

/** Any cell of the grammar, byte by byte. */
function parseAny(p: usize, dst: usize, tab: u32): usize {
  let c: u32 = load<u8>(p)
  while (c == 0x20 || c == tab) c = load<u8>(++p)
  const negative = u64(c == 0x2d)
  if (negative || c == 0x2b) c = load<u8>(++p)
  if ((c | 0x20) == 0x69 || (c | 0x20) == 0x6e) return parseSpecial(p, negative, dst, tab)
  let d: u64 = 0
  let scale = 0
  let digits = 0
  let cut = false
  let places = 0
  for (;; c = load<u8>(++p)) {
    if (isDigit(c)) {
      digits++
      if (d < 1000000000000000000) {
        d = d * 10 + <u64>(c - 0x30)
        scale -= places
      } else {
        cut = cut || c != 0x30
        scale += 1 - places
      }
    } else if (c == 0x2e && !places) places = 1
    else break
  }
  if (!digits) return 0
  if ((c | 0x20) == 0x65) {
    c = load<u8>(++p)
    const minus = c == 0x2d
    if (minus || c == 0x2b) c = load<u8>(++p)
    if (!isDigit(c)) return 0
    let e = 0
    for (; isDigit(c); c = load<u8>(++p)) if (e < 100000000) e = e * 10 + <i32>(c - 0x30)
    scale += minus ? -e : e
  }
  const value = toDouble(d, scale)
  if (value == Infinity || (cut && toDouble(d + 1, scale) != value)) return 0
  return finishBlank(value, negative, p, dst, tab)
}

function finishBlank(value: f64, negative: u64, p: usize, dst: usize, tab: u32): usize {
  for (let c: u32 = load<u8>(p); c == 0x20 || c == tab; ) c = load<u8>(++p)
  store<u64>(dst, reinterpret<u64>(value) | (negative << 63))
  return p
}

/** Letters at p against eight lower-case ones, any case. */
// @ts-ignore: decorator
@inline
function spells(p: usize, word: u64, length: u64): bool {
  return ((load<u64>(p) | 0x2020202020202020) ^ word) << (64 - (length << 3)) == 0
}

function parseSpecial(p: usize, negative: u64, dst: usize, tab: u32): usize {
  if (spells(p, 0x6e616e, 3)) return finishBlank(NaN, 0, p + 3, dst, tab)
  if (spells(p, 0x7974696e69666e69, 8)) return finishBlank(Infinity, negative, p + 8, dst, tab)
  if (spells(p, 0x666e69, 3)) return finishBlank(Infinity, negative, p + 3, dst, tab)
  return 0
}
