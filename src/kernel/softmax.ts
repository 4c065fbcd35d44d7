/**
 * Softmax and log-softmax of a row x of n logits, with M = max x and w the position of the first logit that equals it:
 *
 *     d_i = x_i - M      t = sum of e^(d_i) over i != w      H = 1 + t      L = log(1 + t)
 *     softmax_i = e^(d_i) / H                               log-softmax_i = -(|d_i| + L)
 *
 * Error: every result within 0.51 ulp of the true value for n up to 10^6, so within 1 ulp of the correctly rounded one
 * and nearly always equal to it. What others lose, and how it is kept:
 * - d_i is rounded by up to |d_i| 2^-53, which e^d makes a relative error: it is a pair, by an exact subtraction.
 * - e^d stays a product 2^q S (1 + t_i) (see `exp.ts`), which meets the reciprocal of H, cut to S's other half of a
 *   double, in S * RECIPROCAL_HEAD: exact. All else is 2^-8 of it or less, so only one rounding matters.
 * - The largest logit is left out of the sum: L does not cancel, where x - logsumexp(x) loses every digit.
 * - The sum is a pair with an exact addition a class, even classes in lane 0, odd ones in lane 1, then lane 0 + lane 1.
 *   The order is fixed, so the bits are the same on every machine and for every size of chunk.
 *
 * A row of any width goes through four phases, the state in `abi.ts` carrying it from chunk to chunk of an even number
 * of classes: `scan` all chunks, then `accumulate` all, `finish`, then `accumulate` into a spare state and `emit` each.
 * The maximum is found first because chunks then merge by addition alone. Merging (max, sum) pairs as they come
 * (Milakov and Gimelshein, arXiv 1805.02867) saves a pass over the logits, but rescales a sum for each new maximum,
 * which costs accuracy and makes the bits depend on the chunks.
 *
 * Special rows: one class is 1 and 0; -inf is a masked class, 0 and -inf; NaN, +inf and all -inf have no softmax: a
 * status says so, and results are NaN, as in scipy and torch. Temperature is a division of the logits beforehand.
 *
 * Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and softmax functions", IMA J. Numer. Anal. 41(4)
 * (2021), has the analysis; Knuth's TwoSum and Dekker's products are the exact steps.
 */
import * as abi from './abi'
import { expApart, expPair, LOWEST, scale } from './exp'
import { storeLog1p } from './log'

const LOWEST_DOUBLE: f64 = -Infinity
/** 80 above LOWEST: e^-80 is 2^-115. */
const ALONE: f64 = -540

/** Divides logits by a temperature, in place. */
export function divide(at: usize, count: u32, temperature: f64): void {
  for (let i: usize = 0; i < count; i++) store<f64>(at + (i << 3), load<f64>(at + (i << 3)) / temperature)
}

/** Makes a state ready for a row. */
export function begin(state: usize): void {
  memory.fill(state, 0, abi.STATE_SIZE)
  store<f64>(state, LOWEST_DOUBLE, abi.MAX)
  store<f64>(state, LOWEST_DOUBLE, abi.SECOND)
}

/** Phase 1: the largest logit, its position, and the second largest; `base` is the position of the chunk's first. */
export function scan(at: usize, count: u32, base: u32, state: usize): void {
  let max = load<f64>(state, abi.MAX)
  let second = load<f64>(state, abi.SECOND)
  let index = load<u32>(state, abi.INDEX)
  let nan = load<u32>(state, abi.STATUS) == abi.STATUS_NAN
  for (let i: u32 = 0; i < count; i++) {
    const x = load<f64>(at + ((<usize>i) << 3))
    if (x > max) {
      second = max
      if (!nan) index = base + i
      max = x
    } else if (x > second) {
      second = x
    } else if (x != x && !nan) {
      nan = true
      index = base + i
    }
  }
  store<f64>(state, max, abi.MAX)
  store<f64>(state, second, abi.SECOND)
  store<u32>(state, index, abi.INDEX)
  store<u32>(state, statusOf(max, nan), abi.STATUS)
  store<f64>(state, isAlone(max, second) ? second : max, abi.REFERENCE)
}

function statusOf(max: f64, nan: bool): u32 {
  if (nan) return abi.STATUS_NAN
  if (max == Infinity) return abi.STATUS_INFINITE
  return max == LOWEST_DOUBLE ? abi.STATUS_MASKED : abi.STATUS_FINITE
}

/**
 * True where the others vanish so far beside the largest that terms which `expPair` leaves out would be missed in t:
 * they are then taken relative to the second largest, and what is left out is below 2^-894 of that.
 */
// @ts-ignore: decorator
@inline
function isAlone(max: f64, second: f64): bool {
  return second - max < ALONE && second > LOWEST_DOUBLE
}

/**
 * Phase 2: adds the exponentials of a chunk to the sum and leaves them in `scratch`, 32 bytes for two classes, for
 * `emit`. The largest logit counts for nothing in the sum; in `scratch` it is 1.
 */
export function accumulate(at: usize, count: u32, base: u32, state: usize, scratch: usize, flags: u32): void {
  const winner = load<u32>(state, abi.INDEX) - base
  const place = at + ((<usize>winner) << 3)
  const inside = winner < count
  const kept = inside ? load<f64>(place) : 0
  if (inside) store<f64>(place, LOWEST_DOUBLE)
  addChunk(at, count, state, scratch, flags & abi.WANT_SUMMARY)
  if (!inside) return
  store<f64>(place, kept)
  const one = scratch + ((<usize>(winner >> 1)) << 5) + ((<usize>(winner & 1)) << 3)
  store<f64>(one, 1)
}

function addChunk(at: usize, count: u32, state: usize, scratch: usize, spread: u32): void {
  const max = f64x2.splat(load<f64>(state, abi.REFERENCE))
  const end = at + ((<usize>count) << 3)
  let head = v128.load(state, abi.SUM_HEAD)
  let tail = v128.load(state, abi.SUM_TAIL)
  for (; at < end; at += 16, scratch += 32) {
    const x = loadPair(at, end)
    const dh = f64x2.sub(x, max)
    expPair(dh, differenceTail(x, max, dh), scratch)
    const s = v128.load(scratch)
    const st = f64x2.mul(s, v128.load(scratch, 16))
    const e = f64x2.add(s, st)
    const left = f64x2.sub(st, f64x2.sub(e, s))
    const sum = f64x2.add(head, e)
    tail = f64x2.add(tail, f64x2.add(sumTail(head, e, sum), left))
    head = sum
    if (spread) addSpread(f64x2.mul(e, f64x2.neg(f64x2.max(dh, f64x2.splat(LOWEST)))), state)
  }
  v128.store(state, head, abi.SUM_HEAD)
  v128.store(state, tail, abi.SUM_TAIL)
}

function addSpread(product: v128, state: usize): void {
  const head = v128.load(state, abi.SPREAD_HEAD)
  const sum = f64x2.add(head, product)
  v128.store(state, f64x2.add(v128.load(state, abi.SPREAD_TAIL), sumTail(head, product, sum)), abi.SPREAD_TAIL)
  v128.store(state, sum, abi.SPREAD_HEAD)
}

/** Two logits; past the end of the row there is nothing, as of a masked class. */
// @ts-ignore: decorator
@inline
function loadPair(at: usize, end: usize): v128 {
  const pair = v128.load(at)
  return at + 8 < end ? pair : f64x2.replace_lane(pair, 1, LOWEST_DOUBLE)
}

/** What rounding took from difference = a - b. */
// @ts-ignore: decorator
@inline
function differenceTail(a: v128, b: v128, difference: v128): v128 {
  const back = f64x2.sub(difference, a)
  return f64x2.sub(f64x2.sub(a, f64x2.sub(difference, back)), f64x2.add(b, back))
}

/** What rounding took from sum = a + b. */
// @ts-ignore: decorator
@inline
function sumTail(a: v128, b: v128, sum: v128): v128 {
  const back = f64x2.sub(sum, a)
  return f64x2.add(f64x2.sub(a, f64x2.sub(sum, back)), f64x2.sub(b, back))
}

/** Phase 3, once a row: the reciprocal and the logarithm of the sum, and the summary where it is wanted. */
export function finish(state: usize, flags: u32): void {
  if (load<u32>(state, abi.STATUS) != abi.STATUS_FINITE) return finishSpecial(state)
  const head = combine(state, abi.SUM_HEAD)
  const tail = load<f64>(state, abi.SUM_TAIL)
  if (isAlone(load<f64>(state, abi.MAX), load<f64>(state, abi.SECOND))) finishAlone(head, tail, state)
  else {
    storeReciprocal(head, tail, state)
    if (flags) storeLog1p(head, tail, state)
  }
  if (flags & abi.WANT_SUMMARY) summarise(state)
}

/** Adds lane 0 and lane 1 of a pair of vectors; returns the head, stores the tail in place of the tails. */
function combine(state: usize, at: usize): f64 {
  const a = load<f64>(state + at)
  const b = load<f64>(state + at, 8)
  const sum = a + b
  const back = sum - a
  const tail = a - (sum - back) + (b - back) + (load<f64>(state + at, 16) + load<f64>(state + at, 24))
  const head = sum + tail
  store<f64>(state + at, tail - (head - sum), 16)
  return head
}

/** 1 / (1 + t) as RECIPROCAL_HEAD of 27 bits and RECIPROCAL_TAIL: Newton's step from the rounded reciprocal. */
function storeReciprocal(t: f64, tTail: f64, state: usize): void {
  const h = 1 + t
  const back = h - 1
  const hTail = 1 - (h - back) + (t - back) + tTail
  const reciprocal = 1 / h
  const head = reinterpret<f64>(reinterpret<u64>(reciprocal) & ~0x3ffffff)
  const upper = reinterpret<f64>(reinterpret<u64>(h) & ~0x7ffffff)
  const rest = 1 - head * upper - head * (h - upper) - head * hTail
  store<f64>(state, reciprocal, abi.RECIPROCAL)
  store<f64>(state, head, abi.RECIPROCAL_HEAD)
  store<f64>(state, rest * reciprocal, abi.RECIPROCAL_TAIL)
}

/**
 * Where all others vanish beside the largest, their sum was taken relative to the second largest logit; the true t is
 * e^(second - max) times it, below 2^-747, and log(1 + t) is t.
 */
function finishAlone(head: f64, tail: f64, state: usize): void {
  storeReciprocal(0, 0, state)
  const q = apart(load<f64>(state, abi.SECOND), state)
  const s = load<f64>(state, abi.APART)
  const upper = reinterpret<f64>(reinterpret<u64>(head) & ~0x7ffffff)
  const rest = s * (head - upper) + s * (tail + load<f64>(state, abi.APART + 8) * head)
  store<f64>(state, scaleSum(s * upper, rest, q), abi.LOG_HEAD)
  store<f64>(state, 0, abi.LOG_TAIL)
}

/** (a + b) 2^q rounded once, for a > |b|. */
function scaleSum(a: f64, b: f64, q: i32): f64 {
  const sum = a + b
  const exponent = <i32>(reinterpret<u64>(sum) >> 52) - 1023
  const power = reinterpret<f64>((<u64>(1023 - exponent)) << 52)
  return scale(sum * power, (b - (sum - a)) * power, q + exponent)
}

/** e^(x - max) as S and t in the state's APART, and q. */
function apart(x: f64, state: usize): i32 {
  const max = load<f64>(state, abi.MAX)
  const dh = x - max
  const back = dh - x
  return expApart(dh, x - (dh - back) - (max + back), state + abi.APART)
}

/** The probability of a finite logit whose exponential `expPair` left out. */
function vanishing(x: f64, state: usize): f64 {
  const q = apart(x, state)
  if (q < -1200) return 0
  const s = load<f64>(state, abi.APART)
  const low = s * load<f64>(state, abi.RECIPROCAL_TAIL) + s * load<f64>(state, abi.RECIPROCAL) * load<f64>(state, abi.APART + 8)
  return scaleSum(s * load<f64>(state, abi.RECIPROCAL_HEAD), low, q)
}

function finishSpecial(state: usize): void {
  const status = load<u32>(state, abi.STATUS)
  store<f64>(state, NaN, abi.CONFIDENCE)
  store<f64>(state, NaN, abi.MARGIN)
  store<f64>(state, NaN, abi.ENTROPY)
  store<f64>(state, status == abi.STATUS_NAN ? NaN : load<f64>(state, abi.MAX), abi.LOGSUMEXP)
}

/** Entropy is L + sum p |d|, of which no term is negative. */
function summarise(state: usize): void {
  const max = load<f64>(state, abi.MAX)
  const second = load<f64>(state, abi.SECOND)
  const log = load<f64>(state, abi.LOG_HEAD)
  const confidence = load<f64>(state, abi.RECIPROCAL_HEAD) + load<f64>(state, abi.RECIPROCAL_TAIL)
  const runnerUp = second > LOWEST_DOUBLE ? probability(second, state) : 0
  const spread = combine(state, abi.SPREAD_HEAD)
  const sum = max + log
  const back = sum - max
  store<f64>(state, confidence, abi.CONFIDENCE)
  store<f64>(state, confidence - runnerUp, abi.MARGIN)
  store<f64>(state, isAlone(max, second) ? aloneEntropy(spread, state) : log + spread * load<f64>(state, abi.RECIPROCAL), abi.ENTROPY)
  store<f64>(state, sum + (max - (sum - back) + (log - back) + load<f64>(state, abi.LOG_TAIL)), abi.LOGSUMEXP)
}

/** The distances were taken from the second largest logit, so its own is added to each; all is relative to it. */
function aloneEntropy(spread: f64, state: usize): f64 {
  const second = load<f64>(state, abi.SECOND)
  const sum = load<f64>(state, abi.SUM_HEAD) + load<f64>(state, abi.SUM_HEAD + 8)
  const relative = sum * (1 + load<f64>(state, abi.MAX) - second) + spread
  const q = apart(second, state)
  const s = load<f64>(state, abi.APART)
  return scaleSum(s * relative, s * relative * load<f64>(state, abi.APART + 8), q)
}

/** The probability of one logit, with the bits that `emit` gives it. */
function probability(x: f64, state: usize): f64 {
  const max = f64x2.splat(load<f64>(state, abi.MAX))
  const dh = f64x2.sub(f64x2.splat(x), max)
  const scratch = state + abi.APART
  expPair(dh, differenceTail(f64x2.splat(x), max, dh), scratch)
  if (load<f64>(scratch) == 0 || isAlone(load<f64>(state, abi.MAX), x)) return vanishing(x, state)
  return f64x2.extract_lane(probabilityPair(v128.load(scratch), v128.load(scratch, 16), state), 0)
}

// @ts-ignore: decorator
@inline
function probabilityPair(s: v128, t: v128, state: usize): v128 {
  const head = v128.load64_splat(state, abi.RECIPROCAL_HEAD)
  const tail = v128.load64_splat(state, abi.RECIPROCAL_TAIL)
  const whole = v128.load64_splat(state, abi.RECIPROCAL)
  const low = f64x2.add(f64x2.mul(s, tail), f64x2.mul(f64x2.mul(s, whole), t))
  return f64x2.add(f64x2.mul(s, head), low)
}

/** Phase 4: the results of a chunk, from its logits and what `accumulate` left in `scratch`. Writes 8 bytes past the last. */
export function emit(at: usize, count: u32, state: usize, scratch: usize, out: usize, flags: u32): void {
  const status = load<u32>(state, abi.STATUS)
  if (status != abi.STATUS_FINITE) for (let i: usize = 0; i < count; i++) store<f64>(out + (i << 3), NaN)
  else if (flags & abi.WANT_LOG) emitLogs(at, count, state, out)
  else if (isAlone(load<f64>(state, abi.MAX), load<f64>(state, abi.SECOND))) emitVanishing(at, count, state, out)
  else emitProbabilities(at, count, state, scratch, out)
}

function emitProbabilities(at: usize, count: u32, state: usize, scratch: usize, out: usize): void {
  const end = at + ((<usize>count) << 3)
  for (; at < end; at += 16, scratch += 32, out += 16) {
    const s = v128.load(scratch)
    v128.store(out, probabilityPair(s, v128.load(scratch, 16), state))
    if (i64x2.all_true(s)) continue
    if (load<f64>(scratch) == 0) emitVanishing(at, 1, state, out)
    if (load<f64>(scratch, 8) == 0 && at + 8 < end) emitVanishing(at + 8, 1, state, out + 8)
  }
}

function emitVanishing(at: usize, count: u32, state: usize, out: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const x = load<f64>(at + (i << 3))
    store<f64>(out + (i << 3), x > LOWEST_DOUBLE ? vanishing(x, state) : 0)
  }
}

function emitLogs(at: usize, count: u32, state: usize, out: usize): void {
  const max = f64x2.splat(load<f64>(state, abi.MAX))
  const log = f64x2.splat(load<f64>(state, abi.LOG_HEAD))
  const logTail = f64x2.splat(load<f64>(state, abi.LOG_TAIL))
  const end = at + ((<usize>count) << 3)
  for (; at < end; at += 16, out += 16) {
    const x = loadPair(at, end)
    const dh = f64x2.sub(x, max)
    const difference = f64x2.sub(dh, log)
    const tail = f64x2.sub(f64x2.add(differenceTail(dh, log, difference), differenceTail(x, max, dh)), logTail)
    const finite = f64x2.gt(difference, f64x2.splat(LOWEST_DOUBLE))
    v128.store(out, f64x2.add(difference, v128.and(tail, finite)))
  }
}

/** All four phases for a row that is one chunk. */
export function scoreRow(at: usize, count: u32, state: usize, scratch: usize, out: usize, flags: u32): void {
  begin(state)
  scan(at, count, 0, state)
  accumulate(at, count, 0, state, scratch, flags)
  finish(state, flags)
  emit(at, count, state, scratch, out, flags)
}
