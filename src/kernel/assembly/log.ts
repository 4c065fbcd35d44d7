/**
 * log(1 + t) of a pair t = head + tail >= 0, as a pair, with a relative error of at most 2^-60.
 *
 * With u = 1 + t, k the integer nearest to 128 log2 u, and S and DELTA those of 2^(-k/128) in `exp.ts`,
 *
 *      1 + delta = 2^q S u      log u = (k/128) ln 2 + DELTA + (delta - delta^2/2 + delta^3/3 - ... - delta^8/8)
 *
 * where |delta| < 2^-8.3. Since S has 26 bits, the products whose difference is the head of delta are exact. For small
 * t, k is 0 and delta is t itself: nothing is lost, however small it is.
 */

import { BOTH_ONE, BOTH_SHIFT, entryOf, powerPair, STEP_HEAD, STEP_TAIL, tableDelta, tableS, UPPER_HALVES, upperHalf } from './exp'
import { RowState } from './structs'
import { temperatureOf } from './temperature'

/** The partial products of anything smaller may underflow. */
const TINY: f64 = 1.0261342003245941e-289

/** Stores log(1 + head + tail) in the state of a row; |tail| <= ulp(head) / 2. */
export function storeLog1p(head: f64, tail: f64, state: RowState): void {
  const u = 1 + head
  const k = nearestStep(u)
  if (k == 0) return storePair(head, tail + series(head), state)
  // 2^q S u - 1, starting with the product of the upper halves, from which subtracting 1 is exact
  const carried = u - 1
  const uTail = head - carried + (1 - (u - carried)) + tail
  const j = -k & 127
  const power = reinterpret<f64>((<u64>(1023 + (-k >> 7))) << 52)
  const s = tableS(j)
  const scaled = u * power
  const upper = reinterpret<f64>(reinterpret<u64>(scaled) & ~0x7ffffff)
  const first = upper * s - 1
  const rest = (scaled - upper) * s + uTail * power * s
  const delta = first + rest
  const deltaTail = abs(first) >= abs(rest) ? rest - (delta - first) : first - (delta - rest)

  const high = <f64>k * STEP_HEAD
  const sum = high + delta
  const back = sum - high
  const lost = high - (sum - back) + (delta - back)
  storePair(sum, lost + (deltaTail + series(delta) + (<f64>k * STEP_TAIL + tableDelta(j))), state)
}

/** In both lanes: see `exp.ts`. BOTH_BASE is 2^52 + 1023, for an exponent in the low bits of 2^52. */
const BOTH_STEP_HEAD: usize = memory.data<f64>([STEP_HEAD, STEP_HEAD])
const BOTH_STEP_TAIL: usize = memory.data<f64>([STEP_TAIL, STEP_TAIL])
const BOTH_SEVENTH: usize = memory.data<f64>([1.0 / 7, 1.0 / 7])
const BOTH_EIGHTH: usize = memory.data<f64>([0.125, 0.125])
const BOTH_SIXTH: usize = memory.data<f64>([-1.0 / 6, -1.0 / 6])
const BOTH_FIFTH: usize = memory.data<f64>([0.2, 0.2])
const BOTH_FOURTH: usize = memory.data<f64>([-0.25, -0.25])
const BOTH_THIRD: usize = memory.data<f64>([1.0 / 3, 1.0 / 3])
const BOTH_HALF: usize = memory.data<f64>([0.5, 0.5])
const BOTH_INTEGER: usize = memory.data<f64>([4503599627370496.0, 4503599627370496.0])
const BOTH_BASE: usize = memory.data<f64>([4503599627371519.0, 4503599627371519.0])
const BOTH_DIGITS: usize = memory.data<i64>([0xfffffffffffff, 0xfffffffffffff])
const BOTH_CUBIC: usize = memory.data<f64>([-0.2474, -0.2474])
const BOTH_QUARTIC: usize = memory.data<f64>([0.0834, 0.0834])
const BOTH_QUADRATIC: usize = memory.data<f64>([0.4427, 0.4427])
const BOTH_STEPS: usize = memory.data<f64>([128, 128])

/** The logarithms of two rows, as written by {@link storeLog1pPair}. */
export const LOG_PAIR: usize = memory.data(32, 16)

/**
 * The same for two, in the same steps: the heads at LOG_PAIR, the tails 16 bytes after it. 2^q S is one factor, which
 * gives the same bits.
 */
// @ts-ignore: decorator
@inline
export function storeLog1pPair(head: v128, tail: v128): void {
  const one = v128.load(BOTH_ONE)
  const u = f64x2.add(one, head)
  const k = nearestStepPair(u, one)
  const steps = f64x2.sub(v128.load(BOTH_SHIFT), k)
  const even = entryOf(f64x2.extract_lane(steps, 0))
  const odd = entryOf(f64x2.extract_lane(steps, 1))
  const s = powerPair(steps, even, odd)
  const carried = f64x2.sub(u, one)
  const uTail = f64x2.add(f64x2.add(f64x2.sub(head, carried), f64x2.sub(one, f64x2.sub(u, carried))), tail)
  const upper = v128.and(u, v128.load(UPPER_HALVES))
  const first = f64x2.sub(f64x2.mul(upper, s), one)
  const rest = f64x2.add(f64x2.mul(f64x2.sub(u, upper), s), f64x2.mul(uTail, s))
  const delta = f64x2.add(first, rest)
  const isFirst = f64x2.ge(f64x2.abs(first), f64x2.abs(rest))
  const larger = v128.bitselect(first, rest, isFirst)
  const smaller = v128.bitselect(rest, first, isFirst)
  const deltaTail = f64x2.sub(smaller, f64x2.sub(delta, larger))

  const high = f64x2.mul(k, v128.load(BOTH_STEP_HEAD))
  const sum = f64x2.add(high, delta)
  const back = f64x2.sub(sum, high)
  const lost = f64x2.add(f64x2.sub(high, f64x2.sub(sum, back)), f64x2.sub(delta, back))
  const table = f64x2.add(f64x2.mul(k, v128.load(BOTH_STEP_TAIL)), v128.shuffle<f64>(even, odd, 1, 3))
  // For small t, k is 0 and delta is t itself.
  const isSmall = f64x2.eq(k, f64x2.splat(0))
  const terms = seriesPair(v128.bitselect(head, delta, isSmall))
  const low = f64x2.add(lost, f64x2.add(f64x2.add(deltaTail, terms), table))
  const a = v128.bitselect(head, sum, isSmall)
  const b = v128.bitselect(f64x2.add(tail, terms), low, isSmall)
  const log = f64x2.add(a, b)
  v128.store(LOG_PAIR, log)
  v128.store(LOG_PAIR, f64x2.sub(b, f64x2.sub(log, a)), 16)
}

// @ts-ignore: decorator
@inline
function seriesPair(d: v128): v128 {
  const last = f64x2.sub(v128.load(BOTH_SEVENTH), f64x2.mul(d, v128.load(BOTH_EIGHTH)))
  const fourth = f64x2.add(v128.load(BOTH_SIXTH), f64x2.mul(d, last))
  const third = f64x2.add(v128.load(BOTH_FIFTH), f64x2.mul(d, fourth))
  const second = f64x2.add(v128.load(BOTH_FOURTH), f64x2.mul(d, third))
  const odd = f64x2.add(v128.load(BOTH_THIRD), f64x2.mul(d, second))
  return f64x2.mul(f64x2.mul(d, d), f64x2.sub(f64x2.mul(d, odd), v128.load(BOTH_HALF)))
}

// @ts-ignore: decorator
@inline
function nearestStepPair(u: v128, one: v128): v128 {
  const biased = v128.or(i64x2.shr_u(u, 52), v128.load(BOTH_INTEGER))
  const exponent = f64x2.sub(biased, v128.load(BOTH_BASE))
  const y = f64x2.sub(v128.or(v128.and(u, v128.load(BOTH_DIGITS)), one), one)
  const quadratic = f64x2.add(v128.load(BOTH_CUBIC), f64x2.mul(y, v128.load(BOTH_QUARTIC)))
  const cubic = f64x2.add(v128.load(BOTH_QUADRATIC), f64x2.mul(y, quadratic))
  const log2 = f64x2.add(y, f64x2.mul(f64x2.mul(y, f64x2.sub(one, y)), cubic))
  return f64x2.nearest(f64x2.mul(v128.load(BOTH_STEPS), f64x2.add(exponent, log2)))
}

// @ts-ignore: decorator
@inline
function storePair(head: f64, tail: f64, state: RowState): void {
  const sum = head + tail
  state.logHead = sum
  state.logTail = tail - (sum - head)
}

/** log(1 + d) - d, for |d| < 2^-8.3. */
function series(d: f64): f64 {
  const odd = 1.0 / 3 + d * (-0.25 + d * (0.2 + d * (-1.0 / 6 + d * (1.0 / 7 - d * 0.125))))
  return d * d * (d * odd - 0.5)
}

/** The integer nearest to 128 log2 u, or a neighbour of it; u >= 1. The quartic is within 5e-4 of log2 on [1, 2]. */
function nearestStep(u: f64): i32 {
  const bits = reinterpret<u64>(u)
  const exponent = <f64>(<i64>(bits >> 52) - 1023)
  const y = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000) - 1
  const log2 = y + y * (1 - y) * (0.4427 + y * (-0.2474 + y * 0.0834))
  return <i32>nearest(128 * (exponent + log2))
}

/** x / T + L, with the logarithm L from the row state, rounded once. */
export function plusLog(x: f64, state: RowState): f64 {
  const temperature = temperatureOf(state).value
  const head = x / temperature
  const log = state.logHead
  const sum = head + log
  const back = sum - head
  if (back - back != 0) return sum
  return sum + (head - (sum - back) + (log - back) + (state.logTail + quotientTail(x, head, temperature)))
}

/** The rounding error of quotient = a / b: the remainder, from exact products of halves, divided by b. */
function quotientTail(a: f64, quotient: f64, b: f64): f64 {
  if (abs(a) < TINY) return 0
  const upper = upperHalf(quotient)
  const lower = quotient - upper
  const bUpper = upperHalf(b)
  const bLower = b - bUpper
  return (a - upper * bUpper - upper * bLower - lower * bUpper - lower * bLower) / b
}
