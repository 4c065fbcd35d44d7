/**
 * log(1 + t) of a pair t = head + tail >= 0, as a pair, within 2^-68 of its size.
 *
 * With u = 1 + t and k the whole number nearest to 128 log2 u, 2^(-k/128) u = 1 + delta and
 *
 *     log(1 + t) = (k/128) ln 2 + (delta - delta^2/2 + delta^3/3 - ... - delta^8/8),   |delta| < 2^-8.4
 *
 * 2^(-k/128) comes from the table of `exp.ts`: its 26 bits make the products that delta's head is the difference of
 * exact. For small t, k is 0 and delta is t itself: nothing is lost, however small.
 */

import { LOG_HEAD, LOG_TAIL } from './abi'
import { L2H, L2L, tableS, tableST } from './exp'

/** Stores log(1 + head + tail) in the state of a row. */
export function storeLog1p(head: f64, tail: f64, state: usize): void {
  const k = nearestStep(1 + head)
  if (k == 0) {
    storePair(head, tail + series(head), state)
    return
  }
  // u 2^(-k/128) - 1, first the product of the upper halves, which cancels with the 1 exactly
  const u = 1 + head
  const carried = u - 1
  const uTail = head - carried + (1 - (u - carried)) + tail
  const j = -k & 127
  const power = reinterpret<f64>((<u64>(1023 + (-k >> 7))) << 52)
  const s = tableS(j)
  const scaled = u * power
  const upper = reinterpret<f64>(reinterpret<u64>(scaled) & ~0x7ffffff)
  const first = upper * s - 1
  const rest = (scaled - upper) * s + (uTail * power * s + tableST(j) * s * scaled)
  const delta = first + rest
  const left = rest - (delta - first)
  const deltaTail = abs(first) >= abs(rest) ? left : first - (delta - rest)

  const whole = <f64>k * -L2H
  const sum = whole + delta
  const back = sum - whole
  const lost = whole - (sum - back) + (delta - back)
  storePair(sum, lost + (deltaTail + series(delta) + <f64>k * -L2L), state)
}

// @ts-ignore: decorator
@inline
function storePair(head: f64, tail: f64, state: usize): void {
  const sum = head + tail
  store<f64>(state, sum, LOG_HEAD)
  store<f64>(state, tail - (sum - head), LOG_TAIL)
}

/** log(1 + d) - d, for |d| < 2^-8.4. */
function series(d: f64): f64 {
  const odd = 1.0 / 3 + d * (-0.25 + d * (0.2 + d * (-1.0 / 6 + d * (1.0 / 7 - d * 0.125))))
  return d * d * (d * odd - 0.5)
}

/** The whole number nearest to 128 log2 u, or next to it; u >= 1. The cubic is within 4e-4 of log2 on [1, 2]. */
function nearestStep(u: f64): i32 {
  const bits = reinterpret<u64>(u)
  const exponent = <f64>(<i64>(bits >> 52) - 1023)
  const y = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000) - 1
  const log2 = y + y * (1 - y) * (0.4427 + y * (-0.2474 + y * 0.0834))
  return <i32>nearest(128 * (exponent + log2))
}
