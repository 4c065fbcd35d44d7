/**
 * Softmax and log-softmax of a row x of n logits, with M = max x and w the position of the first logit that equals it:
 *
 *      d_i = x_i - M      t = sum of e^(d_i) over i != w      H = 1 + t      L = log(1 + t)
 *      softmax_i = e^(d_i) / H                               log-softmax_i = -(|d_i| + L)
 *
 * Error: over half a million values against 1,400-bit arithmetic, softmax is within 0.507 ulp and log-softmax within
 * 0.501: at most 1 ulp from the correctly rounded double, and nearly always equal to it. What a naive implementation
 * loses, and how it is preserved:
 * - d_i is rounded by up to |d_i| 2^-53, which e^d turns into a relative error. Here exponentials are taken from an
 *   origin near M that avoids this rounding (see `exp.ts`), and log-softmax uses d_i as a pair.
 * - e^d stays a product 2^q S (1 + t_i), and S meets the truncated reciprocal of H in S * RECIPROCAL_HEAD, a product of
 *   two half-width significands: exact. All other terms are at most 2^-8 of it, so only one rounding matters.
 * - The largest logit is excluded from the sum, so L does not cancel, whereas x - logsumexp(x) can lose every digit.
 *
 * Order of the sums: even classes in lane 0, odd ones in lane 1, and lane 0 + lane 1 at the end. 2^q S is added to a
 * head, exactly; the rounding error and 2^q S t_i go to a tail, which is merged into the head after each block of 128
 * classes. So a tail is rounded relative to one block's share of the sum, and the sum has a relative error below 2^-55
 * for any n, far less in practice. The head starts with a power of two above every term, which is subtracted exactly at
 * the end: an exact addition to a number known to be larger takes three operations, not six. The order is fixed, so the
 * bits are the same on every machine and for every chunk size.
 *
 * A row of any width goes through four phases, with the state in `structs.ts` carrying it from chunk to chunk of
 * complete blocks: `scan` all chunks, then `accumulate` all, `finish`, then `accumulate` again and `emit` each. The
 * maximum is found first, because then chunks merge by addition only. Merging (max, sum) pairs online (Milakov and
 * Gimelshein, arXiv 1805.02867) saves a pass over the logits, but rescales the sum for each new maximum, which costs
 * accuracy and makes the bits depend on the chunks.
 *
 * Special rows: a single class gives 1 and 0; -inf is a masked class, 0 and -inf; NaN, +inf and all -inf have no
 * softmax: the status says so, and results are NaN, as in scipy and torch.
 *
 * With a temperature T, all of this holds for x / T, which is never rounded (see `temperature.ts`). Maximum, order and
 * ties are those of the given logits.
 *
 * Analysis: Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and softmax functions", IMA J. Numer.
 * Anal. 41(4) (2021). The exact steps are Knuth's TwoSum and Dekker's Fast2Sum and products.
 */
import { BLOCK, STATUS_FINITE, STATUS_INFINITE, STATUS_MASKED, STATUS_NAN, WANT_LOG, WANT_SIGMOID, WANT_SLOPE, WANT_SUMMARY, WANT_TRUTH } from '../constants'
import {
  both,
  entryOf,
  expScaled,
  expm1Pair,
  LEAST_POWER,
  LOWEST,
  ORIGIN_LIMIT,
  onGrid,
  powerAbove,
  powerPair,
  remainderPair,
  scaleSum,
  stepPair,
  timesReciprocal,
  UPPER_HALVES,
  upperHalf,
} from './exp'
import { plusLog, storeLog1p } from './log'
import { scorePair, scorePairByClass } from './row-pairs'
import { emitSigmoids, sigmoid } from './sigmoid'
import { RowState, STATE_SIZE, Temperature } from './structs'
import { temperatureOf } from './temperature'

const MASKED: f64 = -Infinity
const BOTH_MASKED: usize = memory.data<f64>([-Infinity, -Infinity])
const BOTH_TWO: usize = memory.data<i64>([2, 2])

/** Initializes a state for a row whose logits are divided by a temperature. */
export function begin(state: RowState, temperature: u32): void {
  state.temperature = temperature
  state.max = MASKED
  state.second = MASKED
  state.index = 0
  state.status = STATUS_FINITE
  state.sumTail = f64x2.splat(0)
  state.distanceHead = f64x2.splat(0)
  state.distanceTail = f64x2.splat(0)
}

/**
 * Phase 1: the largest logit, its position, and the second largest; `base` is the position of the chunk's first logit.
 */
export function scan(at: usize, count: u32, base: u32, state: RowState): void {
  if (state.status == STATUS_NAN) return
  const end = at + ((<usize>count) << 3)
  let max = f64x2.splat(MASKED)
  let second = max
  let nan = i64x2.splat(0)
  let here = i64x2.add(i64x2.splat(base), i64x2(0, 1))
  let index = here
  for (let next = at; next < end; next += 16) {
    const x = loadPair(next, end)
    nan = v128.or(nan, f64x2.ne(x, x))
    index = v128.bitselect(here, index, f64x2.gt(x, max))
    second = f64x2.pmax(second, f64x2.pmin(max, x))
    max = f64x2.pmax(max, x)
    here = i64x2.add(here, v128.load(BOTH_TWO))
  }
  if (v128.any_true(nan)) return recordNaN(at, base, state)
  record(max, second, index, state)
  prepare(state)
}

/** Two logits; past the end of the row, a masked class. */
// @ts-ignore: decorator
@inline
export function loadPair(at: usize, end: usize): v128 {
  const pair = v128.load(at)
  return at + 8 < end ? pair : f64x2.replace_lane(pair, 1, MASKED)
}

function recordNaN(at: usize, base: u32, state: RowState): void {
  let index = base
  for (; !isNaN(load<f64>(at)); at += 8) index++
  state.index = index
  state.status = STATUS_NAN
}

/** Reduces a chunk's two lanes to one, and merges it with earlier chunks. */
function record(max: v128, second: v128, index: v128, state: RowState): void {
  const even = f64x2.extract_lane(max, 0)
  const odd = f64x2.extract_lane(max, 1)
  const evenIndex = <u32>i64x2.extract_lane(index, 0)
  const oddIndex = <u32>i64x2.extract_lane(index, 1)
  const isOdd = u32(odd > even) | (u32(odd == even) & u32(oddIndex < evenIndex))
  const largest = larger(even, odd)
  const seconds = larger(f64x2.extract_lane(second, 0), f64x2.extract_lane(second, 1))
  const before = state.max
  if (largest > before) {
    state.max = largest
    state.second = larger(before, larger(seconds, smaller(even, odd)))
    state.index = isOdd ? oddIndex : evenIndex
  } else state.second = larger(state.second, largest)
}

/** Not `a < b ? b : a`, which V8 compiles to a branch: the lane of the maximum is unpredictable. */
// @ts-ignore: decorator
@inline
function larger(a: f64, b: f64): f64 {
  return f64x2.extract_lane(f64x2.pmax(f64x2.splat(a), f64x2.splat(b)), 0)
}

// @ts-ignore: decorator
@inline
function smaller(a: f64, b: f64): f64 {
  return f64x2.extract_lane(f64x2.pmin(f64x2.splat(a), f64x2.splat(b)), 0)
}

/**
 * Determines the status so far, and the origin of exponentials. The origin is on a grid that covers ORIGIN_LIMIT;
 * beyond, every logit that matters is within a factor of two of the reference, so x - reference is exact.
 */
function prepare(state: RowState): void {
  const temperature = temperatureOf(state)
  const factor = both(temperature.factor)
  const max = state.max
  const second = state.second
  const dominant = isDominant(max, second, temperature)
  const nearest = dominant ? second : max
  const far = abs(nearest * factor) >= ORIGIN_LIMIT
  const offset = far ? nearest : 0
  const reference = (nearest - offset) * factor
  const origin = onGrid(reference)
  const distance = (second - offset) * factor - reference
  const bias = powerAbove(larger(LOWEST, distance * both(temperature.inverse)))
  state.status = statusOf(max)
  state.isDominant = u32(dominant)
  state.offset = offset
  state.origin = origin
  state.reference = reference
  state.floor = origin + temperature.lowest
  state.bias = bias
  state.sumHead = f64x2.splat(bias)
}

// @ts-ignore: decorator
@inline
function statusOf(max: f64): u32 {
  if (max == Infinity) return STATUS_INFINITE
  return max == MASKED ? STATUS_MASKED : STATUS_FINITE
}

/**
 * Whether the other logits are so far below the largest that the terms omitted in phase 2 would be missed in t: then
 * exponentials are taken from an origin near the second largest, and what is omitted is below 2^-894 of that.
 */
// @ts-ignore: decorator
@inline
function isDominant(max: f64, second: f64, temperature: Temperature): bool {
  const before = temperature.before
  return (second * before - max * before) * temperature.after < temperature.dominant && second > MASKED
}

/**
 * Phase 2: adds the exponentials of a chunk, except the largest, to the sum, and leaves all of them in `scratch` for
 * `emit`, 32 bytes per two classes: 2^q S, or 0 if omitted, then t. After `finish` it only fills the scratch again.
 *
 * A block goes through several short loops rather than a long one, of which the processor could not keep enough
 * iterations in flight to hide latencies.
 */
export function accumulate(at: usize, count: u32, base: u32, state: RowState, scratch: usize, flags: u32): void {
  if (flags & WANT_SIGMOID || state.status != STATUS_FINITE) return
  const winner = at + ((<usize>(state.index - base)) << 3)
  const end = at + ((<usize>count) << 3)
  const past = slotOf(count, scratch)
  for (; at < end; at += BLOCK << 3, scratch += BLOCK << 4) {
    const blockEnd = min(end, at + (BLOCK << 3))
    const slot = winner - at < blockEnd - at ? slotOf((winner - at) >> 3, scratch) : changetype<usize>(state) + offsetof<RowState>("scaledS")
    reduce(at, blockEnd, state, scratch)
    const kept = load<f64>(slot)
    store<f64>(slot, 0)
    addTerms(at, blockEnd, state, scratch)
    if (flags & WANT_SUMMARY) addDistances(at, blockEnd, state, scratch)
    store<f64>(slot, kept)
  }
  // the lane past the end of an odd row is not an omitted class
  if (count & 1) store<f64>(past, 1)
}

/** The address of a class's 2^q S in the scratch. */
// @ts-ignore: decorator
@inline
function slotOf(position: usize, scratch: usize): usize {
  return scratch + ((position >> 1) << 5) + ((position & 1) << 3)
}

/**
 * Writes 2^q S and r of a block to the scratch. No logit exceeds the reference except the largest, if it is dominant.
 */
function reduce(at: usize, end: usize, state: RowState, scratch: usize): void {
  const temperature = temperatureOf(state)
  const offset = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("offset"))
  const origin = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("origin"))
  const reference = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("reference"))
  const floor = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("floor"))
  for (; at < end; at += 16, scratch += 32) {
    const logits = f64x2.mul(f64x2.sub(loadPair(at, end), offset), temperature.factor)
    const x = f64x2.pmin(f64x2.pmax(logits, floor), reference)
    const steps = stepPair(f64x2.sub(x, origin), temperature)
    const even = entryOf(f64x2.extract_lane(steps, 0))
    const odd = entryOf(f64x2.extract_lane(steps, 1))
    v128.store(scratch, v128.and(powerPair(steps, even, odd), f64x2.gt(logits, floor)))
    v128.store(scratch, remainderPair(x, origin, steps, even, odd, temperature), 16)
  }
}

/** Replaces r in the scratch by t, and adds a block to the sum. */
function addTerms(at: usize, end: usize, state: RowState, scratch: usize): void {
  let head = state.sumHead
  let tail = state.sumTail
  for (; at < end; at += 16, scratch += 32) {
    const s = v128.load(scratch)
    const t = expm1Pair(v128.load(scratch, 16))
    const sum = f64x2.add(head, s)
    const lost = f64x2.sub(s, f64x2.sub(sum, head))
    tail = f64x2.add(tail, f64x2.add(lost, f64x2.mul(s, t)))
    head = sum
    v128.store(scratch, t, 16)
  }
  const sum = f64x2.add(head, tail)
  state.sumHead = sum
  state.sumTail = f64x2.sub(tail, f64x2.sub(sum, head))
}

/** Adds a block's exponentials times their scaled distance from the reference, for the entropy. */
function addDistances(at: usize, end: usize, state: RowState, scratch: usize): void {
  const factor = temperatureOf(state).factor
  const offset = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("offset"))
  const reference = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("reference"))
  const floor = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("floor"))
  let head = state.distanceHead
  let tail = state.distanceTail
  for (; at < end; at += 16, scratch += 32) {
    const s = v128.load(scratch)
    const x = f64x2.pmax(f64x2.mul(f64x2.sub(loadPair(at, end), offset), factor), floor)
    const e = f64x2.add(s, f64x2.mul(s, v128.load(scratch, 16)))
    const product = f64x2.mul(e, f64x2.sub(reference, x))
    const sum = f64x2.add(head, product)
    const back = f64x2.sub(sum, head)
    tail = f64x2.add(tail, f64x2.add(f64x2.sub(head, f64x2.sub(sum, back)), f64x2.sub(product, back)))
    head = sum
  }
  state.distanceHead = head
  state.distanceTail = tail
}

/** Phase 3, once per row: the reciprocal and the logarithm of the sum, and the summary if requested. */
export function finish(state: RowState, flags: u32): void {
  if (flags & WANT_SIGMOID) return finishSigmoid(state, flags)
  if (state.status != STATUS_FINITE) return finishSpecial(state)
  state.sumHead = f64x2.sub(state.sumHead, v128.load64_splat(changetype<usize>(state), offsetof<RowState>("bias")))
  addLanes(changetype<usize>(state) + offsetof<RowState>("sumHead"))
  if (state.isDominant) finishDominant(state)
  else finishSum(state, flags)
  if (flags & WANT_SUMMARY) summarize(state)
}

/** Adds the lanes of a sum's heads and tails; the results are in lane 0. */
function addLanes(at: usize): void {
  const a = load<f64>(at)
  const b = load<f64>(at, 8)
  const sum = a + b
  const back = sum - a
  const tail = a - (sum - back) + (b - back) + (load<f64>(at, 16) + load<f64>(at, 24))
  const head = sum + tail
  store<f64>(at, head)
  store<f64>(at, tail - (head - sum), 16)
}

/**
 * The sum was taken from the origin, not from M = origin + left, |left| < 2^-40: for the reciprocal, the largest
 * exponential is 1 + left; for the logarithm, the sum is multiplied by 1 - left. The squares are below 2^-80.
 */
function finishSum(state: RowState, flags: u32): void {
  const head = load<f64>(changetype<usize>(state), offsetof<RowState>("sumHead"))
  const tail = load<f64>(changetype<usize>(state), offsetof<RowState>("sumTail"))
  const left = (state.reference - state.origin) * both(temperatureOf(state).inverse)
  storeReciprocal(head, tail + left, state)
  if (!flags) return
  const rest = tail - head * left
  const t = head + rest
  storeLog1p(t, rest - (t - head), state)
}

/**
 * 1 / (1 + head + tail) as RECIPROCAL_HEAD of 27 bits and RECIPROCAL_TAIL: a Newton step from the rounded reciprocal.
 */
function storeReciprocal(head: f64, tail: f64, state: RowState): void {
  const t = head + tail
  const h = 1 + t
  const back = h - 1
  const hTail = 1 - (h - back) + (t - back) + (tail - (t - head))
  const reciprocal = 1 / h
  const upper = reinterpret<f64>(reinterpret<u64>(reciprocal) & ~0x3ffffff)
  const hUpper = upperHalf(h)
  const rest = 1 - upper * hUpper - upper * (h - hUpper) - upper * hTail
  state.reciprocal = reciprocal
  state.reciprocalHead = upper
  state.reciprocalTail = rest * reciprocal
}

/** If all others vanish next to the largest, H is 1, and L is t. */
function finishDominant(state: RowState): void {
  storeReciprocal(0, 0, state)
  state.logHead = scaleToMax(load<f64>(changetype<usize>(state), offsetof<RowState>("sumHead")), load<f64>(changetype<usize>(state), offsetof<RowState>("sumTail")), state)
  state.logTail = 0
}

/** (head + tail) e^((ORIGIN - M) / T), rounded once: converts a sum near the second largest to one relative to M. */
function scaleToMax(head: f64, tail: f64, state: RowState): f64 {
  const q = scaled(originOf(state), state)
  if (q <= LEAST_POWER) return 0
  const s = state.scaledS
  const upper = upperHalf(head)
  return scaleSum(s * upper, s * (head - upper) + s * (tail + state.scaledT * head), q)
}

/** Computes e^((x - pivot) / T): S and t in the state, and q as the result, for x times the temperature's `before`. */
function scaled(x: f64, state: RowState): i32 {
  const temperature = temperatureOf(state)
  const after = temperature.after
  const pivot = pivotOf(state)
  const dh = x - pivot
  const back = dh - x
  const dl = x - (dh - back) - (pivot + back)
  return expScaled(dh * after, dl * after, temperature, changetype<usize>(state) + offsetof<RowState>("scaledS"))
}

/** What the reciprocal of the sum is relative to: e^((x - pivot) / T) times it is the probability of x. */
function pivotOf(state: RowState): f64 {
  return state.isDominant ? state.max * temperatureOf(state).before : originOf(state)
}

/** The origin of exponentials, times the temperature's `before`. */
function originOf(state: RowState): f64 {
  const temperature = temperatureOf(state)
  return state.offset * temperature.before + state.origin / temperature.after
}

/** With the sigmoid, each class has a result even if its logit is infinite; there is no result over all classes. */
function finishSigmoid(state: RowState, flags: u32): void {
  if (state.status == STATUS_NAN) return finishSpecial(state)
  state.status = STATUS_FINITE
  if (!(flags & WANT_SUMMARY)) return
  const confidence = sigmoid(state.max, state)
  state.confidence = confidence
  state.margin = confidence - (state.second > MASKED ? sigmoid(state.second, state) : 0)
  state.entropy = NaN
  state.logsumexp = NaN
}

function finishSpecial(state: RowState): void {
  const status = state.status
  state.confidence = NaN
  state.margin = NaN
  state.entropy = NaN
  state.logsumexp = status == STATUS_NAN ? NaN : state.max
}

function summarize(state: RowState): void {
  const max = state.max
  const second = state.second
  const confidence = probability(max, state)
  state.confidence = confidence
  state.margin = confidence - (second > MASKED ? probability(second, state) : 0)
  state.entropy = entropyOf(max, second, state)
  state.logsumexp = plusLog(max, state)
}

/**
 * L + sum p |d|, in which no term is negative. If distances are taken from the second largest, its own distance is
 * still to be added.
 */
function entropyOf(max: f64, second: f64, state: RowState): f64 {
  addLanes(changetype<usize>(state) + offsetof<RowState>("distanceHead"))
  const distances = load<f64>(changetype<usize>(state), offsetof<RowState>("distanceHead"))
  const temperature = temperatureOf(state)
  const inverse = both(temperature.inverse)
  if (!state.isDominant) return state.logHead + distances * inverse * state.reciprocal
  const gap = (max * temperature.before - second * temperature.before) * temperature.after * inverse
  return scaleToMax(load<f64>(changetype<usize>(state), offsetof<RowState>("sumHead")) * (1 + gap) + distances * inverse, 0, state)
}

/** The probability of one logit, with the same bits as in `emit`. */
export function probability(logit: f64, state: RowState): f64 {
  const temperature = temperatureOf(state)
  const origin = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("origin"))
  const x = f64x2.mul(f64x2.splat(logit - state.offset), temperature.factor)
  if (state.isDominant || both(x) <= state.floor) return probabilityScaled(logit, state)
  const steps = stepPair(f64x2.sub(x, origin), temperature)
  const entry = entryOf(both(steps))
  const t = expm1Pair(remainderPair(x, origin, steps, entry, entry, temperature))
  const head = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("reciprocalHead"))
  const tail = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("reciprocalTail"))
  const reciprocal = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("reciprocal"))
  return both(timesReciprocal(powerPair(steps, entry, entry), t, head, tail, reciprocal))
}

/** The probability of one logit, however small: rounded once, even if it is subnormal. */
function probabilityScaled(logit: f64, state: RowState): f64 {
  const q = scaled(logit * temperatureOf(state).before, state)
  if (q <= LEAST_POWER) return 0
  const s = state.scaledS
  const t = state.scaledT
  const low = s * state.reciprocalTail + s * state.reciprocal * t
  return scaleSum(s * state.reciprocalHead, low, q)
}

/**
 * Phase 4: the results of a chunk, given its logits and the scratch of `accumulate`. Writes 8 bytes past an odd end.
 */
export function emit(at: usize, count: u32, state: RowState, scratch: usize, out: usize, flags: u32): void {
  if (flags & WANT_SIGMOID) emitSigmoids(at, count, state, out, flags)
  else if (state.status != STATUS_FINITE) emitNaN(count, out)
  else if (flags & WANT_LOG) emitLogs(at, count, state, out)
  else if (state.isDominant) emitScaled(at, count, state, out)
  else emitProbabilities(at, count, state, scratch, out)
}

function emitNaN(count: u32, out: usize): void {
  for (let i: usize = 0; i < count; i++) store<f64>(out + (i << 3), NaN)
}

function emitScaled(at: usize, count: u32, state: RowState, out: usize): void {
  for (let i: usize = 0; i < count; i++) store<f64>(out + (i << 3), probabilityScaled(load<f64>(at + (i << 3)), state))
}

function emitProbabilities(at: usize, count: u32, state: RowState, scratch: usize, out: usize): void {
  const head = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("reciprocalHead"))
  const tail = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("reciprocalTail"))
  const reciprocal = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("reciprocal"))
  const end = scratch + ((<usize>count) << 4)
  let leftOut = i64x2.splat(0)
  for (let pair = scratch, to = out; pair < end; pair += 32, to += 16) {
    const s = v128.load(pair)
    v128.store(to, timesReciprocal(s, v128.load(pair, 16), head, tail, reciprocal))
    leftOut = v128.or(leftOut, i64x2.eq(s, i64x2.splat(0)))
  }
  if (v128.any_true(leftOut)) emitLeftOut(at, count, state, scratch, out)
}

function emitLeftOut(at: usize, count: u32, state: RowState, scratch: usize, out: usize): void {
  for (let i: usize = 0; i < count; i++) {
    if (load<f64>(slotOf(i, scratch)) == 0) emitScaled(at + (i << 3), 1, state, out + (i << 3))
  }
}

/** Log-softmax of some classes, whatever was requested, if L is in the state. */
export function emitLogs(at: usize, count: u32, state: RowState, out: usize): void {
  if (temperatureOf(state).value == 1) emitLogsOf(true, at, count, state, out)
  else emitLogsOf(false, at, count, state, out)
}

/**
 * -(|x - M| / T + L). A divided distance is the exact product of its upper half with that of the reciprocal, plus a
 * rest; the two become one number only in the sum with -L.
 */
// @ts-ignore: decorator
@inline
function emitLogsOf(undivided: bool, at: usize, count: u32, state: RowState, out: usize): void {
  const temperature = temperatureOf(state)
  const before = f64x2.splat(temperature.before)
  const max = f64x2.mul(v128.load64_splat(changetype<usize>(state), offsetof<RowState>("max")), before)
  const log = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("logHead"))
  const logTail = v128.load64_splat(changetype<usize>(state), offsetof<RowState>("logTail"))
  const masked = v128.load(BOTH_MASKED)
  const end = at + ((<usize>count) << 3)
  for (; at < end; at += 16, out += 16) {
    const x = undivided ? loadPair(at, end) : f64x2.mul(loadPair(at, end), before)
    let dh = f64x2.sub(x, max)
    let dl = differenceTail(x, max, dh)
    if (!undivided) {
      const upper = v128.and(dh, v128.load(UPPER_HALVES))
      const lower = f64x2.mul(f64x2.add(f64x2.sub(dh, upper), dl), temperature.quotient)
      dl = f64x2.add(f64x2.mul(upper, temperature.quotientTail), lower)
      dh = f64x2.mul(upper, temperature.quotientHead)
    }
    const difference = f64x2.sub(dh, log)
    const tail = f64x2.sub(f64x2.add(differenceTail(dh, log, difference), dl), logTail)
    v128.store(out, f64x2.add(difference, v128.and(tail, f64x2.gt(difference, masked))))
  }
}

/** The rounding error of difference = a - b. */
// @ts-ignore: decorator
@inline
function differenceTail(a: v128, b: v128, difference: v128): v128 {
  const back = f64x2.sub(difference, a)
  return f64x2.sub(f64x2.sub(a, f64x2.sub(difference, back)), f64x2.add(b, back))
}

/**
 * All four phases for rows that are one chunk each. Logits, states and results are row-major; so is the scratch, in
 * which an odd row has room for one more class.
 */
export function scoreRows(
  at: usize,
  rows: u32,
  classes: u32,
  states: usize,
  scratch: usize,
  out: usize,
  flags: u32,
  temperature: u32,
): void {
  if (flags & ~(WANT_TRUTH | WANT_SLOPE) || classes < 2 || classes > <u32>BLOCK) return scoreEach(at, rows, classes, states, scratch, out, flags, temperature)
  const width = (<usize>classes) << 3
  let left = rows
  for (; left > 1; left -= 2, at += 2 * width, out += 2 * width, states += 2 * STATE_SIZE) {
    if (scorePair(at, width, states, scratch, out, changetype<Temperature>(temperature), flags)) continue
    scoreEach(at, 2, classes, states, scratch, out, flags, temperature)
  }
  scoreEach(at, left, classes, states, scratch, out, flags, temperature)
}

/**
 * The same without flags, for logits and results in one column per class, with a stride of `stride` bytes: two rows are
 * adjacent in each column. Rows that are no ordinary pair are copied to and from `copies`, which has room for the logits
 * and the results of two rows, and 16 bytes.
 */
export function scoreRowsByClass(
  at: usize,
  rows: u32,
  classes: u32,
  stride: usize,
  states: usize,
  scratch: usize,
  out: usize,
  copies: usize,
  temperature: u32,
): void {
  for (const end = at + ((<usize>rows) << 3); at < end; at += 16, out += 16, states += 2 * STATE_SIZE) {
    const isOne = at + 8 == end
    if (!isOne && scorePairByClass(at, classes, stride, states, scratch, out, changetype<Temperature>(temperature))) continue
    scoreCopies(at, isOne ? 1 : 2, classes, stride, states, scratch, out, copies, temperature)
  }
}

function scoreCopies(
  at: usize,
  rows: u32,
  classes: u32,
  stride: usize,
  states: usize,
  scratch: usize,
  out: usize,
  copies: usize,
  temperature: u32,
): void {
  const width = (<usize>classes) << 3
  // After 16 bytes, as 8 are written past the end of an odd row.
  const results = copies + 2 * width + 16
  for (let row: usize = 0; row < rows; row++) copyRow(at + (row << 3), stride, copies + row * width, 8, classes)
  scoreEach(copies, rows, classes, states, scratch, results, 0, temperature)
  for (let row: usize = 0; row < rows; row++) copyRow(results + row * width, 8, out + (row << 3), stride, classes)
}

function copyRow(from: usize, fromStep: usize, to: usize, toStep: usize, classes: u32): void {
  for (; classes > 0; classes--, from += fromStep, to += toStep) store<f64>(to, load<f64>(from))
}

/** Phase by phase, not row by row: within a row each phase depends on the previous one, but rows are independent. */
function scoreEach(
  at: usize,
  rows: u32,
  classes: u32,
  states: usize,
  scratch: usize,
  out: usize,
  flags: u32,
  temperature: u32,
): void {
  const width = (<usize>classes) << 3
  const room = (<usize>(classes + 1) >> 1) << 5
  const end = states + <usize>rows * STATE_SIZE
  for (let state = states, row = at; state < end; state += STATE_SIZE, row += width) {
    begin(changetype<RowState>(state), temperature)
    scan(row, classes, 0, changetype<RowState>(state))
  }
  for (let state = states, row = at, to = scratch; state < end; state += STATE_SIZE, row += width, to += room) {
    accumulate(row, classes, 0, changetype<RowState>(state), to, flags)
  }
  for (let state = states; state < end; state += STATE_SIZE) finish(changetype<RowState>(state), flags)
  for (let state = states; state < end; state += STATE_SIZE, at += width, scratch += room, out += width) {
    emit(at, classes, changetype<RowState>(state), scratch, out, flags)
  }
}
