/**
 * From digits to text: sixteen digits at once, in JavaScript's notation, without a branch on the position of the point.
 *
 * Let the number be 0.d1 d2 ... * 10^n. Its digits are given as sixteen bytes of text, the first `lead` (0 to 2) of
 * which are zeros to be skipped, and possibly one more digit, `last`. Three stores write any number: the sixteen bytes
 * at the position of the digits after the point, `last` behind them, and over these the first sixteen bytes, shuffled
 * by a mask, with `0.000` or the point inserted in the gaps. The mask comes from a table; a `form` selects the entry
 * and provides the exponent: `d.ddde-7` uses the entry of n = 1 with eight bytes appended. The length follows from the
 * last nonzero digit.
 *
 * A number is composed in a cell, at an address independent of the numbers before it, and then copied to the output.
 * Writing it directly to the output is slower by 3 to 10 ns on a Zen 3: the address depends on the lengths of all numbers
 * before it and is known late, and loads of the next number then wait for the stores of this one.
 */

/** A table entry, 48 bytes: the digit for each of sixteen bytes, what is added there, then START, FLOOR and INTEGER. */
const ROW: i32 = 48
const ROWS: usize = memory.data(21 * 3 * 48, 16)
const ADDED: usize = ROWS + 16
/** i8: the position of the first digit, or of the one after the point minus one, minus `lead`. */
const START: usize = ROWS + 32
/** u8, u8: if no more than FLOOR digits are significant, the number has INTEGER bytes and no point. */
const FLOOR: usize = ROWS + 33
const INTEGER: usize = ROWS + 34

/** The forms for n = -323 to 309 and lead 0; the address is that of n = 0. */
const FORMS: usize = memory.data((323 + 310) * 8, 16) + 323 * 8

/** A cell: up to 25 bytes of text without the exponent; the form (u64); the size of that text (u32). */
export const CELL: usize = 48
const FORM: usize = 32
const SIZE: usize = 40
/** The SIZE of a number that could not be composed. */
const DEFERRED: u32 = 255
/** u32: nonzero if a batch may have such a cell. */
export const ANY_DEFERRED: usize = memory.data(4, 4)

const BY_MYRIAD: usize = memory.data<u32>([109951163, 109951163, 109951163, 109951163], 16)
const LESS_MYRIAD: usize = memory.data<i32>([-10000, -10000, -10000, -10000], 16)
const BY_HUNDRED: usize = memory.data<i32>([5243, 5243, 5243, 5243], 16)
const LESS_HUNDRED: usize = memory.data<i32>([-6553599, -6553599, -6553599, -6553599], 16)
const BY_TEN: usize = memory.data<i16>([103, 103, 103, 103, 103, 103, 103, 103], 16)
const LESS_TEN: usize = memory.data<i16>([-2559, -2559, -2559, -2559, -2559, -2559, -2559, -2559], 16)
const ZEROS: usize = memory.data<u64>([0x3030303030303030, 0x3030303030303030], 16)

/* Digits to text */

/**
 * Converts four numbers below 10^4, one per lane, to sixteen digits. Each step splits all lanes in two: the quotient
 * stays in the low half, the remainder goes to the high half. 5243 / 2^19 and 103 / 2^10 divide exactly below 10^4 and
 * 100.
 */
// @ts-ignore: decorator
@inline
function textOf(quads: v128): v128 {
  const hundreds = i32x4.shr_u(i32x4.dot_i16x8_s(quads, v128.load(BY_HUNDRED)), 19)
  const pairs = i32x4.add(i32x4.shl(quads, 16), i32x4.mul(hundreds, v128.load(LESS_HUNDRED)))
  const tens = i16x8.shr_u(i16x8.mul(pairs, v128.load(BY_TEN)), 10)
  const digits = i16x8.add(i16x8.shl(pairs, 8), i16x8.mul(tens, v128.load(LESS_TEN)))
  return i8x16.add(digits, v128.load(ZEROS))
}

/** The sixteen digits of high * 10^8 + low. 109951163 / 2^40 divides by 10^4 exactly below 10^8. */
// @ts-ignore: decorator
@inline
export function text16(high: u32, low: u32): v128 {
  const both = i64x2.splat((<u64>low << 32) | <u64>high)
  const tops = i64x2.shr_u(i64x2.extmul_low_i32x4_u(both, v128.load(BY_MYRIAD)), 40)
  const rests = i32x4.add(i64x2.extend_low_i32x4_u(both), i32x4.mul(tops, v128.load(LESS_MYRIAD)))
  return textOf(v128.or(tops, i64x2.shl(rests, 32)))
}

/** The nine digits of high * 10 + last, and seven zeros. */
// @ts-ignore: decorator
@inline
export function text9(high: u32, last: u32): v128 {
  const top = (<u64>high * 109951163) >> 40
  const quads = top | ((<u64>high - top * 10000) << 32)
  return textOf(i64x2.replace_lane(i64x2.splat(quads), 1, <u64>(last * 1000)))
}

/** One bit per nonzero digit, the first digit in the lowest bit. */
// @ts-ignore: decorator
@inline
function nonzero(text: v128): u32 {
  return i8x16.bitmask(i8x16.gt_s(text, v128.load(ZEROS)))
}

/* Text to its layout */

/** The first sixteen bytes of the number. */
// @ts-ignore: decorator
@inline
function placeHead(text: v128, row: usize, out: usize): void {
  v128.store(out, i8x16.add(i8x16.swizzle(text, v128.load(row, ROWS)), v128.load(row, ADDED)))
}

/**
 * The complete number except its exponent. The head is stored last, over what the other stores left before the point.
 */
// @ts-ignore: decorator
@inline
function putDigits(text: v128, last: u32, row: usize, out: usize): void {
  const tail = out + load<i8>(row, START)
  v128.store(tail, text)
  store<u8>(tail, last + 0x30, 16)
  placeHead(text, row, out)
}

/** The size of the number without exponent, from the bits of its nonzero digits. */
// @ts-ignore: decorator
@inline
function sizeOf(used: u32, row: usize): u32 {
  const length: u32 = 32 - clz(used)
  const floor: u32 = load<u8>(row, FLOOR)
  return length > floor ? length + <u32>load<i8>(row, START) : <u32>load<u8>(row, INTEGER)
}

/**
 * Writes the eight bytes of the exponent, which are all past the end if there is none; returns the end of the number.
 */
// @ts-ignore: decorator
@inline
function finish(form: u64, end: usize): usize {
  store<u64>(end, form)
  return end + (<usize>(form >> 40) & 7)
}

// @ts-ignore: decorator
@inline
export function formAt(n: i32): u64 {
  return load<u64>(FORMS + (n << 3))
}

/** Writes 17 digits, the first nonzero, directly to the output. */
// @ts-ignore: decorator
@inline
export function write17(text: v128, last: u32, n: i32, out: usize): usize {
  if (<u32>(n - 16) <= 5) return writeWhole(text, last, n, out)
  const form = formAt(n)
  const row = <usize>(form >> 48)
  putDigits(text, last, row, out)
  return finish(form, out + sizeOf(nonzero(text) | u32(last != 0) << 16, row))
}

/** 16 <= n <= 21, which the table does not cover: all digits precede the point, except the 17th if n = 16. */
function writeWhole(text: v128, last: u32, n: i32, out: usize): usize {
  v128.store(out, text)
  store<u64>(out, 0x3030303030303030, 16)
  if (n > 16 || !last) {
    store<u8>(out, last + 0x30, 16)
    return out + n
  }
  store<u16>(out, 0x302e + (last << 8), 16)
  return out + 18
}

/* Cells */

/** Composes a number in a cell; `longer` is 1 if `last` counts even if it is 0. */
// @ts-ignore: decorator
@inline
export function compose17(text: v128, last: u32, longer: u32, form: u64, sign: usize, cell: usize): void {
  const row = <usize>(form >> 48)
  store<u8>(cell, 0x2d)
  putDigits(text, last, row, cell + sign)
  store<u64>(cell, form, FORM)
  store<u32>(cell, sizeOf(nonzero(text) | longer << 16, row) + <u32>sign, SIZE)
}

/** The same for nine digits, which always fit in the head. */
// @ts-ignore: decorator
@inline
export function compose9(text: v128, form: u64, sign: usize, cell: usize): void {
  const row = <usize>(form >> 48)
  store<u8>(cell, 0x2d)
  placeHead(text, row, cell + sign)
  store<u64>(cell, form, FORM)
  store<u32>(cell, sizeOf(nonzero(text), row) + <u32>sign, SIZE)
}

/** Defers a number, to be written without a cell; returns false for the caller to return. */
// @ts-ignore: decorator
@inline
export function defer(cell: usize): bool {
  store<u32>(cell, DEFERRED, SIZE)
  store<u32>(ANY_DEFERRED, 1)
  return false
}

// @ts-ignore: decorator
@inline
export function isDeferred(cell: usize): bool {
  return load<u32>(cell, SIZE) == DEFERRED
}

/** Copies a cell to the output: 32 bytes, or the 17 that nine digits may take, and the exponent. */
// @ts-ignore: decorator
@inline
export function copyCell(cell: usize, long: bool, out: usize): usize {
  const form = load<u64>(cell, FORM)
  v128.store(out, v128.load(cell))
  if (long) v128.store(out, v128.load(cell, 16), 16)
  else store<u8>(out, load<u8>(cell, 16), 16)
  return finish(form, out + load<u32>(cell, SIZE))
}

/* Tables */

/** A form: the text of the exponent, its length << 40, the offset of the table entry << 48. */
export function formOf(n: i32, lead: i32): u64 {
  const fixed = n > -6 && n <= 21
  const row = rowOf(fixed ? min(n, 15) : 1, lead)
  return (fixed ? 0 : exponentText(n - 1)) | (<u64>row << 48)
}

function rowOf(n: i32, lead: i32): usize {
  return ((n + 5) * 3 + lead) * ROW
}

function exponentText(exponent: i32): u64 {
  let text: u64 = 0
  let size = 0
  for (let rest = abs(exponent); rest; rest /= 10, size++) text = (text << 8) | <u64>(0x30 + rest % 10)
  return (text << 16) | (exponent < 0 ? 0x2d65 : 0x2b65) | (<u64>(size + 2) << 40)
}

function fillRow(n: i32, lead: i32): void {
  const row = rowOf(n, lead)
  const start = n > 0 ? 0 : 2 - n
  const point = max(n, 1)
  for (let i = 0; i < 16; i++) {
    const source = i - start - i32(n > 0 && i > point) + lead
    const digit = i >= start && i != point && source < 16
    store<u8>(row + i, digit ? source : 128, ROWS)
    store<u8>(row + i, i == point ? 0x2e : digit ? 0 : 0x30, ADDED)
  }
  store<i8>(row, max(start, 1) - lead, START)
  store<u8>(row, max(n, 0) + lead, FLOOR)
  store<u8>(row, max(n, 0), INTEGER)
}

function fillTables(): void {
  for (let n = -5; n < 16; n++) for (let lead = 0; lead < 3; lead++) fillRow(n, lead)
  for (let n = -323; n < 310; n++) store<u64>(FORMS + (n << 3), formOf(n, 0))
}

fillTables()
