/**
 * Numbers as text, byte for byte what JavaScript writes: `print` as String(x), `printPrecision` as
 * String(Number(x.toPrecision(digits))), `printFloat32` the shortest decimal that reads back as the same float32. Each
 * has a sibling that writes a row of numbers, a delimiter after each: the fast way to write more than one.
 *
 * Digits. For x = c 2^q let k = floor(log10 2^q), so that 10^k <= 2^q < 10^(k + 1), and
 *
 *     alpha = 2^q 10^(-k - 1), 0.1 <= alpha < 1      c alpha = m + f      half = alpha / 2
 *
 * Decimals that read back as x lie within half of c alpha. At most one is whole: m if f <= half, m + 1 where 1 - f is;
 * then it is the shortest, less its trailing zeros. Else it is m and the digit nearest to 10 f, which is within half
 * because half >= 0.05 (the Schubfach family: Giulietti 2020; Jeon's Dragonbox; zmij and xjb are its newest members).
 *
 * Exactness. From 2^-38 to 2^49, the binades of EXACT, alpha is exact in 64 bits, so m and f are too. An end of the
 * interval is never met: 2 c alpha +- alpha would have to be a multiple of 2^65, and an odd multiple of alpha < 2^64 is
 * not. f + half < alpha modulo 2^64 is therefore both tests at once. 10 f is halfway between digits at f = 1/4 and
 * f = 3/4 only; String goes to the even digit, 2 and 8. `lastDigit` drops three bits of f, zero but in three binades;
 * no c there comes near enough to halfway to matter, which was searched. Float32 has alpha cut to 64 bits: what is cut moves f by
 * less than 2^24 units of 2^-64, TOLERANCE is 2^26, and nothing changes for any c of any binade: all were tried.
 * Powers of two, whose lower half of the interval is half as wide, and all other numbers take 128 bits of the power,
 * `printShortest`. Few digits are one product of doubles, wrong by less than two units of 2^-21; within four of halfway
 * `printRounded` decides, exactly.
 *
 * Text. Sixteen digits come apart in a vector, by multiplying and shifting: eights, fours, pairs, ones. A shuffle per
 * position of the point (ROWS) makes the first sixteen bytes; the digits stored as they are make the rest.
 *
 * Rows. Where text ends is known last, and a store there holds back the loads of the next number: alone, a number takes
 * its whole latency, 60 to 110 cycles. So rows are written to cells of fixed places first, 32 at a time, without a
 * branch on the data, and then packed. Numbers that the fast way leaves out are marked and written while packing.
 *
 * ns a number on the 3.1 GHz EPYC this was written on, uniform in 0 .. 1, median over 65,536 of them, in rows of 32
 * (packing is 1.8) and alone: print 12.6, 16.4; printFloat32 12.2, 19.0; printPrecision(6) 12.7, 17.8. Alone over 128
 * bits: 31.
 */
import { toDouble } from './parse'
import { log10Pow2, log2Pow10, mulHigh, power, unrounded } from './powers'

/** 10^-16 .. 10^40 as doubles; the address is that of 10^0. */
const TENS: usize = memory.data<f64>([
  1e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2,
  1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23,
  1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38, 1e39, 1e40,
], 16) + 128

/** 10^0 .. 10^17. */
const WHOLE_TENS: usize = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
], 16)

/** Biased exponents of 2^-38 and 2^49, between which alpha is exact in 64 bits. */
const EXACT_FIRST: u32 = 985
const EXACT_COUNT: u32 = 1072 - 985
/** alpha u64, 10^(j - 8) f64, k i32: 32 bytes a binade of doubles. */
const EXACT: usize = memory.data(<i32>EXACT_COUNT * 32, 64)

/** Biased exponents of 2^-100 and 2^49, where rounding to few digits may count in doubles. */
const ROUND_FIRST: u32 = 923
const ROUND_COUNT: u32 = 1072 - 923
/** The power of ten inside the binade f64, n of what lies below it i32: 16 bytes. */
const ROUND: usize = memory.data(<i32>ROUND_COUNT * 16, 64)

/** alpha u64, k i32: 16 bytes a binade of float32. */
const SINGLE: usize = memory.data(256 * 16, 64)

/**
 * For n = -324 .. 309 at FORMS + 8 (n + BIAS): the exponent's text, its length << 40, the offset of the row << 48.
 */
const BIAS: i32 = 324
const FORMS: usize = memory.data((BIAS + 310) * 8, 8)

/**
 * How text is made from digits, 80 bytes for n = -5 .. 15: masks that move digits to their places when two, one and no
 * leading zeros are to be skipped; what is added to them, `0` or `.`; TAIL, LIMIT, WHOLE.
 */
const ROW: i32 = 80
const ROWS: usize = memory.data(21 * ROW, 16)
const BACKGROUND: usize = ROWS + 48
/** Where the first digit, or the one after the point, goes, less one. */
const TAIL: usize = ROWS + 64
/** Texts no longer than this lack digits before the point: they are WHOLE long. */
const LIMIT: usize = ROWS + 65
const WHOLE: usize = ROWS + 66

const TEN4_INVERSE: usize = memory.data<u32>([109951163, 109951163, 109951163, 109951163], 16)
const TEN4: usize = memory.data<i32>([-10000, -10000, -10000, -10000], 16)
const HUNDRED_INVERSE: usize = memory.data<i32>([5243, 5243, 5243, 5243], 16)
const HUNDRED: usize = memory.data<i32>([-6553599, -6553599, -6553599, -6553599], 16)
const TEN_INVERSE: usize = memory.data<i16>([103, 103, 103, 103, 103, 103, 103, 103], 16)
const TEN: usize = memory.data<i16>([-2559, -2559, -2559, -2559, -2559, -2559, -2559, -2559], 16)
const ASCII_ZEROS: usize = memory.data<u64>([0x3030303030303030, 0x3030303030303030], 16)

const EIGHT: u32 = 100000000

/* Digits */

/** Four numbers below 10^4, one in each lane, to sixteen digits. */
// @ts-ignore: decorator
@inline
function splitQuads(quads: v128): v128 {
  const hundreds = i32x4.shr_u(i32x4.dot_i16x8_s(quads, v128.load(HUNDRED_INVERSE)), 19)
  const pairs = i32x4.add(i32x4.shl(quads, 16), i32x4.mul(hundreds, v128.load(HUNDRED)))
  const tens = i16x8.shr_u(i16x8.mul(pairs, v128.load(TEN_INVERSE)), 10)
  return i16x8.add(i16x8.shl(pairs, 8), i16x8.mul(tens, v128.load(TEN)))
}

/** The sixteen digits of high * 10^8 + low. */
// @ts-ignore: decorator
@inline
function digits16(high: u32, low: u32): v128 {
  const both = i64x2.splat((<u64>low << 32) | <u64>high)
  const tops = i64x2.shr_u(i64x2.extmul_low_i32x4_u(both, v128.load(TEN4_INVERSE)), 40)
  const rests = i32x4.add(i64x2.extend_low_i32x4_u(both), i32x4.mul(tops, v128.load(TEN4)))
  return splitQuads(v128.or(tops, i64x2.shl(rests, 32)))
}

/** top, middle < 10^4 and one digit more; seven zeros follow. */
// @ts-ignore: decorator
@inline
function digits9(top: u64, middle: u64, last: u32): v128 {
  return splitQuads(i64x2.replace_lane(i64x2.splat(top | (middle << 32)), 1, <u64>(last * 1000)))
}

/** A bit for each digit that is not zero. */
// @ts-ignore: decorator
@inline
function nonzero(ascii: v128): u32 {
  return i8x16.bitmask(i8x16.gt_s(ascii, v128.load(ASCII_ZEROS)))
}

// @ts-ignore: decorator
@inline
function toAscii(digits: v128): v128 {
  return i8x16.add(digits, v128.load(ASCII_ZEROS))
}

/* Layout */

/** The first sixteen bytes of the text, `full` = 2 less the leading zeros that are skipped. */
// @ts-ignore: decorator
@inline
function head(digits: v128, row: usize, full: u32): v128 {
  return i8x16.add(i8x16.swizzle(digits, v128.load(row + (full << 4), ROWS)), v128.load(row, BACKGROUND))
}

/** Where the text ends, if `size` counts its significant digits only: whole numbers have zeros after them. */
// @ts-ignore: decorator
@inline
function sizeOf(row: usize, size: u32): u32 {
  return size > <u32>load<u8>(row, LIMIT) ? size : <u32>load<u8>(row, WHOLE)
}

/** Writes the exponent, if any, and returns the end of the number. */
// @ts-ignore: decorator
@inline
function finish(form: u64, end: usize): usize {
  store<u64>(end, form)
  return end + (<usize>(form >> 40) & 7)
}

/**
 * Cells, 48 bytes each: the text of a number with its sign, and at ENDING what follows it: a form with the length of
 * the text in place of the row.
 */
const CELL: usize = 48
const ENDING: usize = 32
const BATCH: i32 = 32
const CELLS: usize = memory.data(32 * 48, 64)

/** Marks the cell of a number that the fast way leaves to the certain one. */
// @ts-ignore: decorator
@inline
function setAside(cell: usize, reason: u64): usize {
  store<u64>(cell, reason << 40, ENDING)
  return 1
}

/** Ends a text at once, or leaves its end in the cell for `pack`. */
// @ts-ignore: decorator
@inline
function end(toCell: bool, at: usize, form: u64, size: u32, sign: u32): usize {
  if (!toCell) return finish(form, at + sign + size)
  store<u64>(at, form, ENDING)
  store<u16>(at, size + sign, ENDING + 6)
  return 0
}

/**
 * Seventeen digits, or where not `long` sixteen less their trailing zeros. A text by itself has its length by a branch:
 * guessed right, it does not wait for the digits. A cell has no one waiting, and wrong guesses cost more.
 */
// @ts-ignore: decorator
@inline
function write17(
  digits: v128, last: u32, long: u32, full: u32, formAt: u32, sign: u32, toCell: bool, at: usize,
): usize {
  const form = load<u64>(formAt, FORMS)
  const row = <usize>(form >> 48)
  const start: u32 = load<u8>(row, TAIL) + full
  const ascii = toAscii(digits)
  store<u8>(at, 0x2d)
  const text = at + sign
  v128.store(text + start, ascii)
  store<u8>(text + start, last + 0x30, 16)
  v128.store(text, head(digits, row, full + 1))
  const size = toCell
    ? start + 32 - <u32>clz(nonzero(ascii) | (long << 16))
    : start + (long ? 17 : 32 - <u32>clz(nonzero(ascii)))
  return end(toCell, at, form, sizeOf(row, size), sign)
}

/** Nine digits less trailing zeros; a length already `known` spares a text by itself the wait for them. */
// @ts-ignore: decorator
@inline
function write9(digits: v128, known: u32, full: u32, formAt: u32, sign: u32, toCell: bool, at: usize): usize {
  const form = load<u64>(formAt, FORMS)
  const row = <usize>(form >> 48)
  store<u8>(at, 0x2d)
  v128.store(at + sign, head(digits, row, full))
  const start: u32 = load<u8>(row, TAIL) + full - 1
  const size = start + (!toCell && known ? known : 32 - <u32>clz(nonzero(toAscii(digits))))
  return end(toCell, at, form, sizeOf(row, size), sign)
}

/** 16 <= n <= 21: whole numbers, but for one digit where 17 digits meet n = 16. */
function writeLong(digits: v128, last: u32, n: i32, out: usize): usize {
  v128.store(out, toAscii(digits))
  store<u64>(out, 0x3030303030303030, 16)
  const point = n == 16 && last != 0
  store<u8>(out + 16 + usize(point), last + 0x30)
  if (!point) return out + n
  store<u8>(out, 0x2e, 16)
  return out + 18
}

/* Doubles */

/** 10 f 2^-64 rounded, half to even. */
// @ts-ignore: decorator
@inline
function lastDigit(f: u64): u32 {
  return <u32>(((f >> 3) * 5 + (f >> 63) + 0x07ffffffffffffff) >> 60)
}

/**
 * Writes x, or where that takes more than 64 bits of the power gives 0 (to a cell: marks it and gives 1). The upper
 * digits come from a product of doubles, at the same time as m, and are one off in a million cases: `low` shows it.
 */
// @ts-ignore: decorator
@inline
function shortest(x: f64, toCell: bool, at: usize): usize {
  const bits = reinterpret<u64>(x)
  const slot = <u32>(bits >> 52 & 0x7ff) - EXACT_FIRST
  if (slot >= EXACT_COUNT) return toCell ? setAside(at, 6) : 0
  const fraction = bits & 0xfffffffffffff
  if (!fraction) return toCell ? setAside(at, 7) : 0
  const c = fraction | 0x10000000000000
  const alpha = load<u64>(slot << 5, EXACT)
  const f = c * alpha
  const half = alpha >> 1
  const s = f + half
  const m = mulHigh(c, alpha) + u64(s < half)
  let high = <u32>(reinterpret<u64>(abs(x) * load<f64>(slot << 5, EXACT + 8) + 4294967296.0) >> 20)
  let low = <u32>m - high * EIGHT
  if (low >= EIGHT) {
    const step = <i32>low < 0 ? -1 : 1
    high += step
    low -= step * EIGHT
  }
  const full = u32(high >= 10000000)
  const formAt = load<u32>(slot << 5, EXACT + 16) + (full << 3)
  return write17(digits16(high, low), lastDigit(f), u32(s >= alpha), full, formAt, <u32>(bits >> 63), toCell, at)
}

export function print(x: f64, out: usize): usize {
  const end = shortest(x, false, out)
  return end ? end : printWide(reinterpret<u64>(x), out)
}

function fillCells(src: usize, count: i32): usize {
  let rare: usize = 0
  let cell = CELLS
  for (let end = src + (<usize>count << 3); src < end; src += 8, cell += CELL) {
    rare |= shortest(load<f64>(src), true, cell)
  }
  return rare
}

/* Float32 */

const TOLERANCE: u64 = 1 << 26

/** The same for the float32 nearest to x; ties between digits go up, as in toPrecision. */
// @ts-ignore: decorator
@inline
function shortest32(x: f64, toCell: bool, at: usize): usize {
  const bits = reinterpret<u32>(<f32>x)
  const be = bits >> 23 & 0xff
  const fraction = bits & 0x7fffff
  const formAt = load<i32>(be << 4, SINGLE + 8)
  if (!formAt) return toCell ? setAside(at, 6) : 0
  if (!fraction) return toCell ? setAside(at, 7) : 0
  const c = <u64>(fraction | 0x800000)
  const alpha = load<u64>(be << 4, SINGLE)
  const f = c * alpha
  const half = (alpha >> 1) + (c & 1 ? -TOLERANCE : TOLERANCE)
  const s = f + half
  const m = (c * (alpha >> 32) + ((c * (alpha & 0xffffffff)) >> 32) + (u64(s < half) << 32)) >> 32
  const last = <u32>(((f >> 4) * 10 + 0x0800000000000000) >> 60) & -u32(s >= half << 1)
  const full = u32(m >= 10000000) + u32(m >= 1000000)
  const top = (m * 109951163) >> 40
  const all = digits9(top, m - top * 10000, last)
  return write9(all, last ? 9 : 0, full, formAt + (full << 3), bits >> 31, toCell, at)
}

export function printFloat32(x: f64, out: usize): usize {
  const end = shortest32(x, false, out)
  return end ? end : printWide32(reinterpret<u32>(<f32>x), out)
}

function fillCells32(src: usize, count: i32): usize {
  let rare: usize = 0
  let cell = CELLS
  for (let end = src + (<usize>count << 3); src < end; src += 8, cell += CELL) {
    rare |= shortest32(load<f64>(src), true, cell)
  }
  return rare
}

/* Few digits */

/** The same for at most nine digits. `few` are the digits asked for, `whole` those with zeros up to nine. */
// @ts-ignore: decorator
@inline
function rounded(x: f64, digits: i32, toCell: bool, at: usize): usize {
  const bits = reinterpret<u64>(x)
  const slot = <u32>(bits >> 52 & 0x7ff) - ROUND_FIRST
  if (slot >= ROUND_COUNT) return toCell ? setAside(at, 6) : 0
  const above = i32(bits << 1 >= load<u64>(slot << 4, ROUND))
  const n8 = load<i32>(slot << 4, ROUND + 8) + (above << 3)
  const scaled = reinterpret<u64>(abs(x) * load<f64>(TENS + (digits << 3) + (BIAS << 3) - n8) + 2147483648.0)
  if ((<u32>scaled & 0x1fffff) - 0xffffc <= 8) return toCell ? setAside(at, 7) : 0
  const few = (scaled + 0x100000 & 0xfffffffffffff) >> 21
  const known = few != ((few * 0xcccccccd) >> 35) * 10 ? digits : 0
  let whole = few * load<u64>(WHOLE_TENS + ((9 - digits) << 3))
  const carry = u32(whole == 1000000000)
  if (carry) whole = 100000000
  const top = (whole * 2814749768) >> 48
  const nine = (whole * 0xcccccccd) >> 35
  const all = digits9(top, nine - top * 10000, <u32>(whole - nine * 10))
  return write9(all, known, 2, n8 + (carry << 3), <u32>(bits >> 63), toCell, at)
}

export function printPrecision(x: f64, digits: i32, out: usize): usize {
  const end: usize = digits > 9 ? 0 : rounded(x, digits, false, out)
  return end ? end : printRounded(x, digits, out)
}

function fillCellsRounded(src: usize, count: i32, digits: i32): usize {
  let rare: usize = 0
  let cell = CELLS
  for (let end = src + (<usize>count << 3); src < end; src += 8, cell += CELL) {
    rare |= rounded(load<f64>(src), digits, true, cell)
  }
  return rare
}

/* Rows */

// @ts-ignore: decorator
@inline
function copyCell(cell: usize, out: usize): usize {
  const ending = load<u64>(cell, ENDING)
  v128.store(out, v128.load(cell))
  v128.store(out, v128.load(cell, 16), 16)
  return finish(ending, out + <usize>(ending >> 48))
}

function pack(count: i32, delimiter: u32, out: usize): usize {
  for (let cell = CELLS, last = CELLS + <usize>count * CELL; cell < last; cell += CELL) {
    out = copyCell(cell, out)
    store<u8>(out++, delimiter)
  }
  return out
}

function packAny(src: usize, count: i32, digits: i32, delimiter: u32, out: usize): usize {
  for (let i = 0; i < count; i++, src += 8) {
    const cell = CELLS + <usize>i * CELL
    out = (load<u64>(cell, ENDING) >> 40 & 7) < 6 ? copyCell(cell, out) : printRare(load<f64>(src), digits, out)
    store<u8>(out++, delimiter)
  }
  return out
}

function printRare(x: f64, digits: i32, out: usize): usize {
  if (digits > 0) return printRounded(x, digits, out)
  return digits ? printWide32(reinterpret<u32>(<f32>x), out) : printWide(reinterpret<u64>(x), out)
}

/** `count` doubles from `src`, a delimiter after each. */
export function printRow(src: usize, count: i32, delimiter: u32, out: usize): usize {
  for (; count > 0; count -= BATCH, src += BATCH << 3) {
    const size = min(count, BATCH)
    out = fillCells(src, size) ? packAny(src, size, 0, delimiter, out) : pack(size, delimiter, out)
  }
  return out
}

export function printRowFloat32(src: usize, count: i32, delimiter: u32, out: usize): usize {
  for (; count > 0; count -= BATCH, src += BATCH << 3) {
    const size = min(count, BATCH)
    out = fillCells32(src, size) ? packAny(src, size, -1, delimiter, out) : pack(size, delimiter, out)
  }
  return out
}

export function printRowPrecision(src: usize, count: i32, digits: i32, delimiter: u32, out: usize): usize {
  if (digits > 9) return printRowSlow(src, count, digits, delimiter, out)
  for (; count > 0; count -= BATCH, src += BATCH << 3) {
    const size = min(count, BATCH)
    out = fillCellsRounded(src, size, digits) ? packAny(src, size, digits, delimiter, out) : pack(size, delimiter, out)
  }
  return out
}

function printRowSlow(src: usize, count: i32, digits: i32, delimiter: u32, out: usize): usize {
  for (let end = src + (<usize>count << 3); src < end; src += 8) {
    out = printRounded(load<f64>(src), digits, out)
    store<u8>(out++, delimiter)
  }
  return out
}

/* Any number */

/** Zero, NaN and the infinities. */
function printSpecial(bits: u64, out: usize): usize {
  const nan = bits << 12 != 0
  const zero = bits << 1 == 0
  store<u8>(out, 0x2d)
  if (!nan && !zero) out += <usize>(bits >> 63)
  store<u64>(out, zero ? 0x30 : nan ? 0x4e614e : 0x7974696e69666e49)
  return out + (zero ? 1 : nan ? 3 : 8)
}

/** d * 10^k of at most 17 digits, any number of leading zeros. */
function printLoose(d: u64, k: i32, out: usize): usize {
  let n = k + 17
  while (d < 10000000000000000) {
    d *= 10
    n--
  }
  const last = <u32>(d % 10)
  d /= 10
  const digits = digits16(<u32>(d / EIGHT), <u32>(d % EIGHT))
  if (<u32>(n - 16) <= 5) return writeLong(digits, last, n, out)
  return write17(digits, last, u32(last != 0), 1, (n + BIAS) << 3, 0, false, out)
}

function printWide(bits: u64, out: usize): usize {
  const be = <i32>(bits >> 52) & 0x7ff
  if (be == 0x7ff || bits << 1 == 0) return printSpecial(bits, out)
  store<u8>(out, 0x2d)
  const fraction = bits & 0xfffffffffffff
  return printShortest(fraction | (u64(be != 0) << 52), max(be, 1) - 1075, !fraction, 0, out + <usize>(bits >> 63))
}

function printWide32(bits: u32, out: usize): usize {
  const be = <i32>(bits >> 23) & 0xff
  if (be == 0xff || bits << 1 == 0) return printSpecial(reinterpret<u64>(<f64>reinterpret<f32>(bits)), out)
  store<u8>(out, 0x2d)
  const fraction = bits & 0x7fffff
  return printShortest(fraction | (u32(be != 0) << 23), max(be, 1) - 150, !fraction, 1, out + (bits >> 31))
}

/**
 * The shortest decimal of c 2^q, in 128 bits of the power; `skew` at powers of two, `tie` is 1 where halfway goes up.
 * There the nearest digit may fall out of the narrow lower half, and the least one inside takes its place.
 */
function printShortest(c: u64, q: i32, skew: bool, tie: u64, out: usize): usize {
  const k = (q * 315653 - i32(skew) * 131072) >> 20
  const shift = q + log2Pow10(-k - 1) + 10
  const g1 = load<u64>(power(-k - 1)), g0 = load<u64>(power(-k - 1), 8)
  const cs = c << shift
  const p1 = cs * g1
  const p0 = p1 + mulHigh(cs, g0)
  const p2 = mulHigh(cs, g1) + u64(p0 < p1)
  const m = p2 >> 9
  const f = (p2 << 55) | (p0 >> 9)
  let half = g1 >> (10 - shift)
  let last: u32
  let up: bool, down: bool
  if (skew) {
    up = half > ~f
    half >>= 1
    down = half > f
    const round = <u32>(mulHigh(f, 10) + u64(f * 10 > 0x8000000000000000 - tie))
    const least = f - half
    const ceil = <u32>(mulHigh(least, 10) + u64(least * 10 != 0))
    last = max(round, f < half ? 0 : ceil)
  } else {
    half += 1 - (c & 1)
    up = f + half < f
    down = half > f
    last = <u32>(mulHigh(f, 10) + u64(f * 10 > 0x7ffffffffffffff9))
    if (f == 0x4000000000000000) last = 2
  }
  return printLoose((m + u64(up)) * 10 + (up || down ? 0 : last), k, out)
}

/** Any digits, any x: one scaling that is exact to the sticky bit, and halfway away from zero as in toPrecision. */
function printRounded(x: f64, digits: i32, out: usize): usize {
  const bits = reinterpret<u64>(x)
  const be = <i32>(bits >> 52) & 0x7ff
  if (digits > 16 || be == 0x7ff || bits << 1 == 0) return print(x, out)
  const c = (bits & 0xfffffffffffff) | (u64(be != 0) << 52)
  const zeros = <i32>clz(c)
  const w = c << zeros
  const q = max(be, 1) - 1075 - zeros
  let t = digits - 1 - log10Pow2(q + 63)
  let d = (unrounded(w, t, -(log2Pow10(t) + 3 + q)) + 2) >> 2
  if (d >= load<u64>(WHOLE_TENS + (digits << 3))) {
    t--
    d = (unrounded(w, t, -(log2Pow10(t) + 3 + q)) + 2) >> 2
  }
  if (digits > 15 || be < 60 || be > 2030) {
    const rounded = toDouble(d, -t)
    return print(reinterpret<f64>(reinterpret<u64>(rounded) | (bits >> 63 << 63)), out)
  }
  store<u8>(out, 0x2d)
  return printLoose(d, -t, out + <usize>(bits >> 63))
}

/* Tables */

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
    store<i32>(at, (k + 16 + BIAS) << 3, 16)
  }
}

function fillRound(): void {
  for (let slot: u32 = 0; slot < ROUND_COUNT; slot++) {
    const at = ROUND + (slot << 4)
    const decade = log10Pow2(<i32>(slot + ROUND_FIRST) - 1023) + 1
    const ten = decade < -16 ? 1 / load<f64>(TENS + (-decade << 3)) : load<f64>(TENS + (decade << 3))
    store<u64>(at, reinterpret<u64>(ten) << 1)
    store<i32>(at, (decade + BIAS) << 3, 8)
  }
}

function fillSingle(): void {
  for (let be = 1; be < 255; be++) {
    const q = be - 150
    const k = log10Pow2(q)
    if (k > 6) break
    store<u64>(SINGLE + (be << 4), alphaOf(q, k))
    store<i32>(SINGLE + (be << 4), (k + 7 + BIAS) << 3, 8)
  }
}

function suffix(exponent: i32): u64 {
  let size = 2
  let text: u64 = 0
  for (let rest = abs(exponent); rest; rest /= 10, size++) text = (text << 8) | <u64>(0x30 + rest % 10)
  if (!exponent) { text = 0x30; size++ }
  return (text << 16) | (exponent < 0 ? 0x2d65 : 0x2b65) | (<u64>size << 40)
}

function fillForms(): void {
  for (let n = -324; n < 310; n++) {
    const fixed = n > -6 && n <= 21
    const form = fixed ? 0 : suffix(n - 1)
    const row = fixed ? min(n, 15) + 5 : 6
    store<u64>((n + BIAS) << 3, form | (<u64>(row * ROW) << 48), FORMS)
  }
}

function fillRows(): void {
  for (let n = -5; n < 16; n++) {
    const row = (n + 5) * ROW
    const start = n > 0 ? 0 : 2 - n
    const point = max(n, 1)
    for (let i = 0; i < 16; i++) {
      const digit = i >= start && i != point
      const source = i - start - i32(n > 0 && i > point)
      store<u8>(row + i, digit ? source + 2 : 128, ROWS)
      store<u8>(row + i, digit ? source + 1 : 128, ROWS + 16)
      store<u8>(row + i, digit ? source : 128, ROWS + 32)
      store<u8>(row + i, i == point ? 0x2e : 0x30, BACKGROUND)
    }
    store<u8>(row, max(start, 1) - 1, TAIL)
    store<u8>(row, n > 0 ? n + 1 : 0, LIMIT)
    store<u8>(row, max(n, 0), WHOLE)
  }
}

fillExact()
fillRound()
fillSingle()
fillForms()
fillRows()
