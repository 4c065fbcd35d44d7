/**
 * Kept cells of delimited text as values of their column's type: the same that `core/cell-types.ts` reads, except
 * unusual ones, which are left to the host.
 */
import { KEEP_BOOLEAN, KEEP_DATE, KEEP_INTEGER, KEEP_NUMBER, KEEP_TIMESTAMP_UTC } from '../constants'
import { POINT } from './json'
import { isBlank, numbersWith, parse } from './parse-number'
import { print } from './print-number'

/**
 * Integers with up to this many digits fit in 64 bits; numbers with up to this many are distinct doubles, within the
 * usual range.
 */
const INTEGER_DIGITS: usize = 18
const NUMBER_DIGITS: usize = 15
const LEAST: f64 = 1e-290
const LARGEST: f64 = 1e290

/** Buffer for a number as text. */
const SPARE: usize = memory.data(64, 16)

/**
 * Writes the value of a nonempty cell in eight bytes; 0 if that is left to the host. `stop` ends the cell; `decimal` is
 * the decimal separator.
 */
export function typedValue(at: usize, end: usize, out: usize, kind: u32, stop: u32, decimal: u32): usize {
  if (kind == KEEP_INTEGER) return integer(at, end, out)
  if (kind == KEEP_NUMBER) return number(at, end, out, stop, decimal)
  if (kind == KEEP_BOOLEAN) return truth(at, end, out)
  if (kind == KEEP_DATE) return end - at == 10 ? date(at, out) : 0
  return timestamp(at, end, out, kind == KEEP_TIMESTAMP_UTC)
}

/** A canonical integer. */
export function integer(start: usize, end: usize, out: usize): usize {
  const negative = <u32>load<u8>(start) == 0x2d
  let at = start + usize(negative)
  const digits = end - at
  const leads = <u32>load<u8>(at) == 0x30
  if (end <= at || digits > INTEGER_DIGITS || (leads && (negative || digits > 1))) return 0
  let value: i64 = 0
  for (; at < end; at++) {
    const digit = digitAt(at)
    if (digit > 9) return 0
    value = value * 10 + <i64>digit
  }
  store<i64>(out, negative ? -value : value)
  return out + 8
}

// @ts-ignore: decorator
@inline
function digitAt(at: usize): u32 {
  return <u32>load<u8>(at) - 0x30
}

/**
 * A number that begins like a canonical one, if a double preserves all its digits. Blanks may follow a cell from which
 * they were trimmed.
 */
function number(start: usize, end: usize, out: usize, stop: u32, decimal: u32): usize {
  const at = start + usize(<u32>load<u8>(start) == 0x2d)
  const first = <u32>load<u8>(at)
  const leads = first == 0x30 && digitAt(at + 1) <= 9
  if (leads || (first - 0x30 > 9 && first != decimal)) return 0
  if (parse(start, out, stop, numbersWith(decimal, stop)) < end || isBlank(load<u8>(end - 1))) return 0
  const size = abs(load<f64>(out))
  const isUsual = end - at <= NUMBER_DIGITS && size > LEAST && size < LARGEST
  return isUsual || keepsDigits(at, end, size, decimal) ? out + 8 : 0
}

/** Whether a double prints with the same digits as a text, except for leading and trailing zeros. */
function keepsDigits(at: usize, end: usize, value: f64, decimal: u32): bool {
  let other = SPARE
  const otherEnd = digitsEnd(SPARE, print(value, SPARE), POINT)
  end = digitsEnd(at, end, decimal)
  at = skipZeros(at, end, decimal)
  other = skipZeros(other, otherEnd, POINT)
  while (at < end || other < otherEnd) {
    const one = at < end ? <u32>load<u8>(at) : 0x30
    const two = other < otherEnd ? <u32>load<u8>(other) : 0x30
    if (one == decimal) at++
    else if (two == POINT) other++
    else {
      if (one != two) return false
      at++
      other++
    }
  }
  return true
}

/** The end of a number's digits and decimal separator. */
function digitsEnd(at: usize, end: usize, decimal: u32): usize {
  while (at < end && (digitAt(at) <= 9 || <u32>load<u8>(at) == decimal)) at++
  return at
}

function skipZeros(at: usize, end: usize, decimal: u32): usize {
  while (at < end && (<u32>load<u8>(at) == 0x30 || <u32>load<u8>(at) == decimal)) at++
  return at
}

/** `true` or `false`, possibly capitalized or in upper case. */
function truth(at: usize, end: usize, out: usize): usize {
  const word = load<u32>(at)
  const isTrue = end - at == 4 && (word == 0x65757274 || word == 0x65757254 || word == 0x45555254)
  const rest = load<u32>(at, 1)
  const first = <u32>load<u8>(at)
  const isLower = rest == 0x65736c61 && (first | 0x20) == 0x66
  const isFalse = end - at == 5 && (isLower || (rest == 0x45534c41 && first == 0x46))
  if (!isTrue && !isFalse) return 0
  store<u64>(out, u64(isTrue))
  return out + 8
}

/** `2026-11-27` as days since 1970. */
function date(at: usize, out: usize): usize {
  const year = two(at) * 100 + two(at + 2)
  const month = two(at + 5)
  const day = two(at + 8)
  if (<u32>load<u8>(at, 4) != 0x2d || <u32>load<u8>(at, 7) != 0x2d) return 0
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysIn(month, year)) return 0
  store<i64>(out, daysSince1970(year, month, day))
  return out + 8
}

/** Two digits; far more than 99 if they are not digits. */
// @ts-ignore: decorator
@inline
function two(at: usize): i32 {
  const tens = digitAt(at)
  const ones = digitAt(at + 1)
  return tens <= 9 && ones <= 9 ? <i32>(tens * 10 + ones) : 10000
}

function daysIn(month: i32, year: i32): i32 {
  if (month != 2) return 30 + ((month + (month >> 3)) & 1)
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
}

/** Gregorian calendar, counted in years that begin in March. */
function daysSince1970(year: i32, month: i32, day: i32): i64 {
  const march = month > 2 ? month - 3 : month + 9
  const years = month > 2 ? year : year - 1
  const days = 365 * years + years / 4 - years / 100 + years / 400 + (153 * march + 2) / 5 + day - 1
  return <i64>(days - 719468)
}

/** A date and a time of day as microseconds since 1970. */
function timestamp(at: usize, end: usize, out: usize, isUtc: bool): usize {
  if (end - at < 16 || !date(at, out)) return 0
  const blank = <u32>load<u8>(at, 10)
  const hours = two(at + 11)
  const minutes = two(at + 14)
  if ((blank != 0x54 && blank != 0x20) || hours > 23 || <u32>load<u8>(at, 13) != 0x3a || minutes > 59) return 0
  let micros = <i64>((hours * 60 + minutes) * 60) * 1000000
  const days = load<i64>(out)
  at += 16
  if (at < end && <u32>load<u8>(at) == 0x3a) {
    const seconds = two(at + 1)
    if (end - at < 3 || seconds > 59) return 0
    micros += <i64>seconds * 1000000
    at += 3
    if (at < end && <u32>load<u8>(at) == 0x2e) {
      const from = ++at
      let unit: i64 = 100000
      for (; at < end && digitAt(at) <= 9; at++, unit /= 10) micros += <i64>digitAt(at) * unit
      if (at == from || at - from > 6) return 0
    }
  }
  store<i64>(out, days * 86400000000 + micros)
  return isZone(at, end) == isUtc && (isUtc || at == end) ? out + 8 : 0
}

/** `Z` or `+00:00`. */
function isZone(at: usize, end: usize): bool {
  if (end - at == 1) return <u32>load<u8>(at) == 0x5a
  return end - at == 6 && load<u32>(at) == 0x3a30302b && load<u16>(at, 4) == 0x3030
}
