/**
 * Sigmoid and log-sigmoid of a logit x: softmax and log-softmax of the second of two classes with logits 0 and x.
 *
 *      e = e^-|x|     H = 1 + e     L = log(1 + e)
 *      sigmoid = 1 / H, or e / H where x < 0     log-sigmoid = -L, or -(|x| + L) where x < 0
 *
 * Error: as in `softmax.ts`, whose building blocks are used: e is a product S (1 + t), the reciprocal of H a pair, and
 * each result is effectively rounded once. Two logits at a time, one per lane.
 *
 * If e^-|x| vanishes next to 1, the sigmoid is 1 or e^x, possibly subnormal, and the log-sigmoid is x or -e^-x. The
 * sigmoid of an infinite logit is 0 or 1; that of NaN is NaN.
 */
import { WANT_LOG } from '../constants'
import {
  BOTH_ONE, both, entryOf, expm1Pair, expScaled, LEAST_POWER, LOWEST, powerPair, reciprocalTail, remainderPair, scaleSum, stepPair,
  timesReciprocal, UPPER_27_BITS,
} from './exp'
import { plusLog, storeLog1p } from './log'
import { RowState, Temperature } from './structs'
import { temperatureOf } from './temperature'

const BOTH_ZERO: usize = memory.data<f64>([0, 0])
const SIGN_BITS: usize = memory.data<i64>([i64.MIN_VALUE, i64.MIN_VALUE])

/** The results of `count` logits. Writes 8 bytes past an odd end. */
export function emitSigmoids(at: usize, count: u32, state: RowState, out: usize, flags: u32): void {
  const end = at + ((<usize>count) << 3)
  if (flags & WANT_LOG) for (; at < end; at += 8, out += 8) store<f64>(out, logSigmoid(load<f64>(at), state))
  else for (; at < end; at += 16, out += 16) emitPair(at, end, state, out)
}

/** The sigmoid of one logit. */
export function sigmoid(x: f64, state: RowState): f64 {
  const temperature = temperatureOf(state)
  const pair = f64x2.splat(x)
  const near = isNear(pair, temperature)
  return i64x2.all_true(near) ? both(sigmoidPair(pair, temperature)) : farSigmoid(x, state)
}

// @ts-ignore: decorator
@inline
function emitPair(at: usize, end: usize, state: RowState, out: usize): void {
  const temperature = temperatureOf(state)
  const x = v128.load(at)
  if (i64x2.all_true(isNear(x, temperature))) return v128.store(out, sigmoidPair(x, temperature))
  store<f64>(out, sigmoid(load<f64>(at), state))
  if (at + 8 < end) store<f64>(out, sigmoid(load<f64>(at, 8), state), 8)
}

/** Whether e^-|x| is significant next to 1; false for NaN. */
// @ts-ignore: decorator
@inline
function isNear(x: v128, temperature: Temperature): v128 {
  return f64x2.gt(minusAbs(x, temperature), f64x2.splat(temperature.lowest))
}

/** -|x|, scaled by the temperature's factor. */
// @ts-ignore: decorator
@inline
function minusAbs(x: v128, temperature: Temperature): v128 {
  return v128.or(f64x2.mul(x, temperature.factor), v128.load(SIGN_BITS))
}

// @ts-ignore: decorator
@inline
function sigmoidPair(logits: v128, temperature: Temperature): v128 {
  const x = minusAbs(logits, temperature)
  const origin = v128.load(BOTH_ZERO)
  const steps = stepPair(x, temperature)
  const even = entryOf(f64x2.extract_lane(steps, 0))
  const odd = entryOf(f64x2.extract_lane(steps, 1))
  const s = powerPair(steps, even, odd)
  const t = expm1Pair(remainderPair(x, origin, steps, even, odd, temperature))

  const one = v128.load(BOTH_ONE)
  const more = f64x2.mul(s, t)
  const e = f64x2.add(s, more)
  const h = f64x2.add(one, e)
  const rest = f64x2.add(f64x2.sub(e, f64x2.sub(h, one)), f64x2.sub(more, f64x2.sub(e, s)))
  const reciprocal = f64x2.div(one, h)
  const head = v128.and(reciprocal, v128.load(UPPER_27_BITS))
  const tail = reciprocalTail(reciprocal, head, h, rest)

  const above = f64x2.add(head, tail)
  const below = timesReciprocal(s, t, head, tail, reciprocal)
  return v128.bitselect(below, above, f64x2.lt(logits, origin))
}

/** The sigmoid of a logit so far from 0 that e^-|x| vanishes next to 1. */
function farSigmoid(x: f64, state: RowState): f64 {
  if (x != x) return NaN
  return x > 0 ? 1 : farExponential(x, state)
}

/** e^-|x / T|, rounded once. */
function farExponential(x: f64, state: RowState): f64 {
  const temperature = temperatureOf(state)
  const q = expScaled(-abs(x) * both(temperature.factor), 0, temperature, changetype<usize>(state) + offsetof<RowState>("scaledS"))
  if (q <= LEAST_POWER) return 0
  return scaleSum(state.scaledS, state.scaledS * state.scaledT, q)
}

/** The log-sigmoid of one logit. */
export function logSigmoid(x: f64, state: RowState): f64 {
  const temperature = temperatureOf(state)
  const scaled = -abs(x) * both(temperature.factor)
  if (!(scaled > temperature.lowest)) return farLogSigmoid(x, state)
  const q = expScaled(scaled, 0, temperature, changetype<usize>(state) + offsetof<RowState>("scaledS"))
  const s = state.scaledS * reinterpret<f64>((<u64>(1023 + q)) << 52)
  const more = s * state.scaledT
  const e = s + more
  storeLog1p(e, more - (e - s), state)
  return x < 0 ? -plusLog(-x, state) : 0 - state.logHead
}

function farLogSigmoid(x: f64, state: RowState): f64 {
  if (x != x) return NaN
  return x > 0 ? 0 - farExponential(x, state) : x / temperatureOf(state).value
}
