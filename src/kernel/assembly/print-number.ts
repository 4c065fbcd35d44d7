/**
 * Doubles and float32 to text in JavaScript's notation: the shortest digits that round-trip, among these the closest,
 * and of two equally close ones the even one (like String) or, for float32, the one away from zero (like toPrecision).
 * Also rounding to a few digits.
 *
 * Shortest digits: Schubfach (Giulietti) with the scaling of xjb and zmij (Xiang Junbo, Zverovich). For v = c 2^q and k
 * = floor(q log10 2), x = v 10^(-k - 1) = c alpha with alpha in [1/10, 1), m = floor(x), f = x - m. Half an ulp of v is
 * alpha / 2 here: if m or m + 1 is within that distance of x, it is the result after removing trailing zeros, and no
 * shorter one is missed; otherwise the result has one more digit, 10 f rounded.
 *
 * What is new here: from 2^-38 to 2^49, the range of probabilities and logits, alpha = 5^j / 2^s with j = -k - 1 <= 27
 * and s <= 63, so it is exact in 64 fractional bits. One low and one high product give f and m without a shift, nothing
 * is approximate, and m is never divided: its upper eight digits come from a product of doubles, its lower eight from
 * the 32-bit difference, which also reveals when the product was off by one.
 *
 * Exactness elsewhere: 128 bits of alpha give f to 2^-63, for float32 64 bits give it to 2^-40. Number theory
 * enumerates every double and float32 that this could decide wrongly (117,000 and 30,000, including all powers of two:
 * the smallest residues of c N mod 2 D in each binade, by Euclid's algorithm), and all of them were verified. Powers of
 * two have a nearer lower neighbour: unless f = 0, which means that m is v itself, they take the slow path.
 *
 * Few digits, at most nine: v 10^t in doubles, with 21 fractional bits, is within 2^-21 of the exact value; closer than
 * 2^-19 to a tie, or with more digits, `unrounded` decides. Ties go away from zero, like toPrecision.
 *
 * Median ns per number on a Zen 3 at 3.2 GHz, Node 20, for numbers from 1e-11 to 1:
 *
 *                              rows of 32   rows of 4   one by one
 *      double                        13.1        15.5         17.3
 *      float32                       11.7        13.9         17.5
 *      up to 9 digits                11.7        15.0           23   (38 if the text exceeds the L1 cache)
 *      10 to 15 digits                                          33   (16 digits 45, 17 as double)
 *      double beyond 2^-38 .. 2^49     33          36           33
 *
 * A double of a row takes 11.0 ns, 170 instructions at nearly 5 per cycle, to compose and 1.9 to copy. What helped:
 * cells (38 to 12 for few digits, 17.3 to 15 for doubles); one loop instead of three with arrays in between (16.7 to
 * 14.0); forms by binade and `lead` instead of n, 10 f by f >> 4, the length by one bit mask (14.0 to 12.8 together);
 * no unpredictable branches. What did not help: a call inside the composing loop, which saves all registers (20);
 * writing directly to the output and predicting the length (19.8; but 14.9 for float32 one by one).
 */

import {
  ANY_DEFERRED, CELL, compose17, compose9, copyCell, formAt, formOf, isDeferred, defer, text16, text9, write17,
} from './digits'
import { toDouble } from './parse-number'
import { log2Pow10, log10Pow2, mulHigh, mulMiddle, power, unrounded } from './powers-of-ten'

/** 10^-16 .. 10^40 as doubles; the address is that of 10^0. */
const TENS: usize = memory.data<f64>([
  1e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2,
  1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23,
  1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38, 1e39, 1e40,
], 16) + 128

/** 10^0 .. 10^16. */
const INTEGER_TENS: usize = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000, 10000000000000000,
], 16)
const EIGHT: u32 = 100000000

/** A binade of doubles from 2^-38 to 2^49, 32 bytes: alpha (u64), 10^(-k - 9) (f64), forms for lead 0 and 1. */
const EXACT_FIRST: u32 = 1023 - 38
const EXACT_COUNT: u32 = 38 + 49
const EXACT: usize = memory.data(<i32>EXACT_COUNT * 32, 64)

/** A binade of float32 below 2^47, 32 bytes: alpha (u64), forms for lead 0, 1 and 2. */
const SINGLE_COUNT: u32 = 173
const SINGLE: usize = memory.data(<i32>SINGLE_COUNT * 32, 64)

/**
 * A binade of doubles from 2^-100 to 2^49, 16 bytes: the power of ten inside it (f64), and n of what is below that
 * (i32).
 */
const FEW_FIRST: u32 = 1023 - 100
const FEW_COUNT: u32 = 100 + 49
const FEW: usize = memory.data(<i32>FEW_COUNT * 16, 64)

const BATCH: i32 = 64
const CELLS: usize = memory.data(64 * 48, 64)
const SPARE: usize = memory.data(48, 16)

/* Doubles */

/** Writes String(x) at `out`, overshoots by up to 32 bytes and returns the end; so do all functions below. */
export function print(x: f64, out: usize): usize {
  return compose(x, SPARE) ? copyCell(SPARE, true, out) : printWide(x, out)
}

/** The same for a kept value, whose zero keeps its sign. */
export function printSigned(x: f64, out: usize): usize {
  return print(x, signOfZero(x, out))
}

/** Writes the sign of -0; returns the end. */
export function signOfZero(x: f64, out: usize): usize {
  if (reinterpret<u64>(x) != 0x8000000000000000) return out
  store<u8>(out, 0x2d)
  return out + 1
}

/** Writes `count` doubles, each followed by `delimiter`. */
export function printRow(src: usize, count: i32, delimiter: u32, out: usize): usize {
  for (; count > 0; count -= BATCH, src += BATCH << 3) {
    const size = min(count, BATCH)
    composeAll(src, size)
    out = pack(src, size, 0, delimiter, out)
  }
  return out
}

function composeAll(src: usize, count: i32): void {
  let cell = CELLS
  for (const end = src + (<usize>count << 3); src < end; src += 8, cell += CELL) compose(load<f64>(src), cell)
}

/** Composes x; false if it was deferred. s = f + half overflows if m + 1 is near, and is below alpha if either is. */
// @ts-ignore: decorator
@inline
function compose(x: f64, cell: usize): bool {
  const bits = reinterpret<u64>(x)
  const slot = <usize>((bits >> 52 & 0x7ff) - EXACT_FIRST)
  if (slot >= EXACT_COUNT) return defer(cell)
  // powers of two below 2^-22: only for these is f nonzero
  if (!(bits << 12 | <u64>(slot >> 4))) return defer(cell)
  const binade = slot << 5
  const c = bits & 0xfffffffffffff | 0x10000000000000
  const alpha = load<u64>(binade, EXACT)
  const f = c * alpha
  const half = alpha >> 1
  const s = f + half
  let high = <u32>(reinterpret<u64>(abs(x) * load<f64>(binade, EXACT + 8) + 4294967296.0) >> 20)
  let low = mulMiddle(c, alpha) + u32(s < half) - high * EIGHT
  if (low >= EIGHT) {
    const step = <i32>low < 0 ? -1 : 1
    high += step
    low -= step * EIGHT
  }
  const form = load<u64>(binade + (usize(high < 10000000) << 3), EXACT + 16)
  compose17(text16(high, low), lastDigit(f), u32(s >= alpha), form, <usize>(bits >> 63), cell)
  return true
}

/** 10 f 2^-64 rounded: of the ties, 2.5 and 7.5, f >> 62 makes the first go down and the second up. */
// @ts-ignore: decorator
@inline
function lastDigit(f: u64): u32 {
  return <u32>(((f >> 4) * 5 + (f >> 62) + 0x3fffffffffffffe) >> 59)
}

/* Float32 */

/**
 * Writes x rounded to float32: the shortest decimal that round-trips as float32, directly rather than by way of a
 * double.
 */
export function printFloat32(x: f64, out: usize): usize {
  return compose32(x, SPARE) ? copyCell(SPARE, false, out) : printWide32(x, out)
}

export function printRowFloat32(src: usize, count: i32, delimiter: u32, out: usize): usize {
  for (; count > 0; count -= BATCH, src += BATCH << 3) {
    const size = min(count, BATCH)
    composeAll32(src, size)
    out = pack9(src, size, -1, delimiter, out)
  }
  return out
}

function composeAll32(src: usize, count: i32): void {
  let cell = CELLS
  for (const end = src + (<usize>count << 3); src < end; src += 8, cell += CELL) compose32(load<f64>(src), cell)
}

/**
 * alpha is exact from 2^-67 to 2^23; elsewhere it makes f too small by up to 2^-40. From 2^23 on, a decimal may be
 * exactly half an ulp away, which is accepted only for even c: so `half` is larger by 2^-38 for even c and smaller for
 * odd c.
 */
// @ts-ignore: decorator
@inline
function compose32(x: f64, cell: usize): bool {
  const bits = reinterpret<u32>(<f32>x)
  const slot = (bits >> 23 & 0xff) - 1
  if (slot >= SINGLE_COUNT) return defer(cell)
  const binade = <usize>slot << 5
  const c = <u64>(bits & 0x7fffff | 0x800000)
  const alpha = load<u64>(binade, SINGLE)
  const f = c * alpha
  if (bits << 9 == 0 && f) return defer(cell)
  const half = (alpha >> 1) + 0x4000000 - ((c & 1) << 27)
  const s = f + half
  const m = <u32>((c * (alpha >> 32) + ((c * (alpha & 0xffffffff)) >> 32)) >> 32) + u32(s < half)
  // 10 f rounded; here all ties go up, as in toPrecision
  const last = <u32>(((f >> 4) * 10 + 0x0800000000000000) >> 60) & -u32(s >= half << 1)
  const form = load<u64>(binade + ((usize(m < 10000000) + usize(m < 1000000)) << 3), SINGLE + 8)
  compose9(text9(m, last), form, <usize>(bits >> 31), cell)
  return true
}

/* Few digits */

/** Writes String(Number(x.toPrecision(digits))), digits = 1 to 17. */
export function printPrecision(x: f64, digits: i32, out: usize): usize {
  return digits <= 9 && composeFew(x, digits, SPARE) ? copyCell(SPARE, false, out) : printRounded(x, digits, out)
}

export function printRowPrecision(src: usize, count: i32, digits: i32, delimiter: u32, out: usize): usize {
  for (; count > 0; count -= BATCH, src += BATCH << 3) {
    const size = min(count, BATCH)
    composeAllFew(src, size, digits)
    out = pack9(src, size, digits, delimiter, out)
  }
  return out
}

function composeAllFew(src: usize, count: i32, digits: i32): void {
  let cell = CELLS
  const end = src + (<usize>count << 3)
  if (digits > 9) for (; src < end; src += 8, cell += CELL) defer(cell)
  else for (; src < end; src += 8, cell += CELL) composeFew(load<f64>(src), digits, cell)
}

// @ts-ignore: decorator
@inline
function composeFew(x: f64, digits: i32, cell: usize): bool {
  const bits = reinterpret<u64>(x)
  const slot = <usize>((bits >> 52 & 0x7ff) - FEW_FIRST)
  if (slot >= FEW_COUNT) return defer(cell)
  const binade = slot << 4
  let n = load<i32>(binade, FEW + 8) + i32(abs(x) >= load<f64>(binade, FEW))
  // 21 fractional bits below the integer part
  const scaled = reinterpret<u64>(abs(x) * load<f64>(TENS + ((digits - n) << 3)) + 2147483648.0)
  if ((<u32>scaled & 0x1fffff) - 0xffffc <= 8) return defer(cell)
  let nine = <u32>((scaled + 0x100000) >> 21) * load<u32>((9 - digits) << 3, INTEGER_TENS)
  if (nine == 1000000000) {
    nine = 100000000
    n++
  }
  const high = <u32>((<u64>nine * 0xcccccccd) >> 35)
  compose9(text9(high, nine - high * 10), formAt(n), <usize>(bits >> 63), cell)
  return true
}

/* Packing */

function pack(src: usize, count: i32, digits: i32, delimiter: u32, out: usize): usize {
  return packAs(true, src, count, digits, delimiter, out)
}

function pack9(src: usize, count: i32, digits: i32, delimiter: u32, out: usize): usize {
  return packAs(false, src, count, digits, delimiter, out)
}

/** Copies the cells of a batch to the output. `digits` is 0 for doubles and -1 for float32. */
// @ts-ignore: decorator
@inline
function packAs(long: bool, src: usize, count: i32, digits: i32, delimiter: u32, out: usize): usize {
  if (load<u32>(ANY_DEFERRED)) return packDeferred(src, count, digits, delimiter, out)
  for (let cell = CELLS, end = CELLS + <usize>count * CELL; cell < end; cell += CELL) {
    out = copyCell(cell, long, out)
    store<u8>(out++, delimiter)
  }
  return out
}

function packDeferred(src: usize, count: i32, digits: i32, delimiter: u32, out: usize): usize {
  store<u32>(ANY_DEFERRED, 0)
  for (let cell = CELLS, end = CELLS + <usize>count * CELL; cell < end; cell += CELL, src += 8) {
    out = isDeferred(cell) ? printDeferred(load<f64>(src), digits, out) : copyCell(cell, true, out)
    store<u8>(out++, delimiter)
  }
  return out
}

function printDeferred(x: f64, digits: i32, out: usize): usize {
  if (digits < 0) return printWide32(x, out)
  return digits ? printRounded(x, digits, out) : printWide(x, out)
}

/* Any number */

function printWide(x: f64, out: usize): usize {
  const bits = reinterpret<u64>(x)
  const biased = <i32>(bits >> 52) & 0x7ff
  if (biased == 0x7ff || x == 0) return printSpecial(x, out)
  store<u8>(out, 0x2d)
  const fraction = bits & 0xfffffffffffff
  const c = fraction | (u64(biased != 0) << 52)
  return printShortest(c, max(biased, 1) - 1075, !fraction, 0, out + <usize>(bits >> 63))
}

function printWide32(x: f64, out: usize): usize {
  const single = <f32>x
  const bits = reinterpret<u32>(single)
  const biased = <i32>(bits >> 23) & 0xff
  if (biased == 0xff || single == 0) return printSpecial(single, out)
  store<u8>(out, 0x2d)
  const fraction = bits & 0x7fffff
  const c = fraction | (u32(biased != 0) << 23)
  return printShortest(c, max(biased, 1) - 150, !fraction, 1, out + (bits >> 31))
}

/** Zero, NaN and the infinities. */
function printSpecial(x: f64, out: usize): usize {
  store<u8>(out, 0x2d)
  if (x == 0) return writeWord(0x30, 1, out)
  if (x != x) return writeWord(0x4e614e, 3, out)
  return writeWord(0x7974696e69666e49, 8, out + usize(x < 0))
}

function writeWord(word: u64, size: usize, out: usize): usize {
  store<u64>(out, word)
  return out + size
}

/**
 * Prints c 2^q without its sign; `skew` if the lower neighbour is nearer, `tie` is 1 if ties go up. x has 9 bits below
 * the word of m.
 */
function printShortest(c: u64, q: i32, skew: bool, tie: u64, out: usize): usize {
  // skewed, k is floor(log10(3/4 2^q)): the ulp is smaller by a quarter
  const k = (q * 315653 - i32(skew) * 131072) >> 20
  const shift = q + log2Pow10(-k - 1) + 10
  const upper = load<u64>(power(-k - 1))
  const shifted = c << shift
  const middle = shifted * upper
  const lower = middle + mulHigh(shifted, load<u64>(power(-k - 1), 8))
  const top = mulHigh(shifted, upper) + u64(lower < middle)
  const f = (top << 55) | (lower >> 9)
  const half = upper >> (10 - shift)
  const digits = skew ? skewed(f, half, tie) : regular(f, half + 1 - (c & 1))
  return printDigits((top >> 9) * 10 + digits, k, out)
}

/** The last digit, or 0 or 10 if x is near an integer; f is truncated, which adding 6 units compensates. */
// @ts-ignore: decorator
@inline
function regular(f: u64, half: u64): u64 {
  if (f + half < f) return 10
  if (half > f) return 0
  if (f == 0x4000000000000000) return 2
  return mulHigh(f, 10) + u64(f * 10 > 0x7ffffffffffffff9)
}

/** The same if only a quarter of an ulp is available below: the smallest digit that round-trips, or the nearest. */
function skewed(f: u64, half: u64, tie: u64): u64 {
  const quarter = half >> 1
  if (half > ~f) return 10
  if (quarter > f) return 0
  const least = f - quarter
  return max(mulHigh(f, 10) + u64(f * 10 > 0x8000000000000000 - tie), mulHigh(least, 10) + u64(least * 10 != 0))
}

/** Prints d * 10^k with at most 17 digits. */
function printDigits(d: u64, k: i32, out: usize): usize {
  const lead = u32(d < 10000000000000000)
  d *= 1 + 9 * lead
  let n = k + 17 - lead
  for (; d < 10000000000000000; n--) d *= 10
  const high = d / 1000000000
  return write17(text16(<u32>high, <u32>(d / 10 - high * EIGHT)), <u32>(d % 10), n, out)
}

/**
 * Like printPrecision, for any x: `w` 2^q with the top bit of w set is |x|, t the power of ten that leaves `digits`.
 */
function printRounded(x: f64, digits: i32, out: usize): usize {
  const bits = reinterpret<u64>(x)
  const biased = <i32>(bits >> 52) & 0x7ff
  if (digits > 16 || biased == 0x7ff || x == 0) return print(x, out)
  const c = (bits & 0xfffffffffffff) | (u64(biased != 0) << 52)
  const zeros = <i32>clz(c)
  const q = max(biased, 1) - 1075 - zeros
  let t = digits - 1 - log10Pow2(q + 63)
  let d = scaled(c << zeros, q, t)
  if (d >= load<u64>(digits << 3, INTEGER_TENS)) d = scaled(c << zeros, q, --t)
  // 16 digits need not be the shortest, nor fewer where doubles are sparse; and the largest may overflow
  if (digits > 15 || biased < 60 || biased > 2030) return print(copysign(toDouble(d, -t), x), out)
  store<u8>(out, 0x2d)
  return printDigits(d, -t, out + <usize>(bits >> 63))
}

/** w 2^q 10^t rounded to an integer, ties up. */
function scaled(w: u64, q: i32, t: i32): u64 {
  return (unrounded(w, t, -(log2Pow10(t) + 3 + q)) + 2) >> 2
}

/* Tables */

/** alpha 2^64. */
function alphaOf(q: i32, k: i32): u64 {
  return load<u64>(power(-k - 1)) >> -(log2Pow10(-k - 1) + 1 + q)
}

function fillExact(): void {
  for (let slot: u32 = 0; slot < EXACT_COUNT; slot++) {
    const q = <i32>(slot + EXACT_FIRST) - 1075
    const k = log10Pow2(q)
    const at = EXACT + (slot << 5)
    store<u64>(at, alphaOf(q, k))
    store<f64>(at, load<f64>(TENS + ((-k - 9) << 3)), 8)
    store<u64>(at, formOf(k + 17, 0), 16)
    store<u64>(at, formOf(k + 16, 1), 24)
  }
}

function fillSingle(): void {
  for (let slot: u32 = 0; slot < SINGLE_COUNT; slot++) {
    const q = <i32>slot - 149
    const k = log10Pow2(q)
    const at = SINGLE + (slot << 5)
    store<u64>(at, alphaOf(q, k))
    for (let lead = 0; lead < 3; lead++) store<u64>(at + (lead << 3), formOf(k + 9 - lead, lead), 8)
  }
}

function fillFew(): void {
  for (let slot: u32 = 0; slot < FEW_COUNT; slot++) {
    const n = log10Pow2(<i32>(slot + FEW_FIRST) - 1023) + 1
    const at = FEW + (slot << 4)
    store<f64>(at, n < -16 ? 1 / load<f64>(TENS - (n << 3)) : load<f64>(TENS + (n << 3)))
    store<i32>(at, n, 8)
  }
}

fillExact()
fillSingle()
fillFew()
