/**
 * log(1 + t) of a pair t = head + tail >= 0, as a pair, within 2^-60 of its size.
 *
 * With u = 1 + t and k the whole number nearest to 128 log2 u, and S and DELTA those of 2^(-k/128) in `exp.ts`,
 *
 *     1 + delta = 2^q S u      log u = (k/128) ln 2 + DELTA + (delta - delta^2/2 + delta^3/3 - ... - delta^8/8)
 *
 * where |delta| < 2^-8.3. The 26 bits of S make exact the products that delta's head is the difference of. For small t,
 * k is 0 and delta is t itself: nothing is lost, however small.
 */

import { STEP_HEAD, STEP_TAIL, tableDelta, tableS, upperHalf } from './exp'
import { RowState } from './structs'
import { temperatureOf } from './temperature'

/** Products of parts of what is smaller may underflow. */
const TINY: f64 = 1.0261342003245941e-289

/** Stores log(1 + head + tail) in the state of a row; |tail| <= ulp(head) / 2. */
export function storeLog1p(head: f64, tail: f64, state: RowState): void {
  const u = 1 + head
  const k = nearestStep(u)
  if (k == 0) return storePair(head, tail + series(head), state)
  // 2^q S u - 1, first the product of the upper halves, from which the 1 goes exactly
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

  const whole = <f64>k * STEP_HEAD
  const sum = whole + delta
  const back = sum - whole
  const lost = whole - (sum - back) + (delta - back)
  storePair(sum, lost + (deltaTail + series(delta) + (<f64>k * STEP_TAIL + tableDelta(j))), state)
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

/** The whole number nearest to 128 log2 u, or next to it; u >= 1. The quartic is within 5e-4 of log2 on [1, 2]. */
function nearestStep(u: f64): i32 {
  const bits = reinterpret<u64>(u)
  const exponent = <f64>(<i64>(bits >> 52) - 1023)
  const y = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000) - 1
  const log2 = y + y * (1 - y) * (0.4427 + y * (-0.2474 + y * 0.0834))
  return <i32>nearest(128 * (exponent + log2))
}

/** x / T + L, of the logarithm L that the state of a row has: rounded once. */
export function plusLog(x: f64, state: RowState): f64 {
  const temperature = temperatureOf(state).value
  const head = x / temperature
  const log = state.logHead
  const sum = head + log
  const back = sum - head
  if (back - back != 0) return sum
  return sum + (head - (sum - back) + (log - back) + (state.logTail + quotientTail(x, head, temperature)))
}

/** What rounding took from quotient = a / b: the remainder, with the parts of exact products, divided by b. */
function quotientTail(a: f64, quotient: f64, b: f64): f64 {
  if (abs(a) < TINY) return 0
  const upper = upperHalf(quotient)
  const lower = quotient - upper
  const bUpper = upperHalf(b)
  const bLower = b - bUpper
  return (a - upper * bUpper - upper * bLower - lower * bUpper - lower * bLower) / b
}
