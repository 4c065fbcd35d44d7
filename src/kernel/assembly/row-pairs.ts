/**
 * Softmax of two rows at once, one per lane: with few classes, most of the time goes into per-row work, which is done
 * here for two rows at once. Each row goes through the operations of `softmax.ts` in the same order, with even classes
 * in one sum and odd ones in another, so its bits are the same.
 *
 * Both rows must be ordinary: finite logits, the largest neither dominant nor beyond ORIGIN_LIMIT, and the smallest not
 * omitted from the sum. Others take the general path.
 */
import { STATUS_FINITE } from '../constants'
import {
  BOTH_ONE, entryOf, expm1Pair, ORIGIN_LIMIT, onGridPair, powerAbovePair, powerPair, remainderPair, reciprocalTail, stepPair,
  timesReciprocal, UPPER_27_BITS,
} from './exp'
import { LOG_PAIR, storeLog1pPair } from './log'
import { RowState, STATE_SIZE, Temperature } from './structs'

const BOTH_MASKED: usize = memory.data<f64>([-Infinity, -Infinity])
const BOTH_INFINITE: usize = memory.data<f64>([Infinity, Infinity])
const BOTH_ZERO: usize = memory.data<f64>([0, 0])
const BOTH_NEXT: usize = memory.data<i64>([1, 1])
const BOTH_LIMIT: usize = memory.data<f64>([ORIGIN_LIMIT, ORIGIN_LIMIT])

/** Two rows on their way through the phases: the fields are those of a RowState, in both lanes. */
@unmanaged
class PairState {
  index: v128
  ordinary: v128
  bias: v128
  /** reference - origin, divided. */
  left: v128
  evenHead: v128
  evenTail: v128
  oddHead: v128
  oddTail: v128
  reciprocal: v128
  reciprocalHead: v128
  reciprocalTail: v128
  /** The largest logits; and the sums of the others, as pairs. */
  max: v128
  sumHead: v128
  sumTail: v128
}

const PAIR = changetype<PairState>(memory.data(14 * 16, 16))

/**
 * Scores the rows at `at` and at `width` bytes after it, into two states and to `out`; false, with nothing written, if
 * one of them is not ordinary. The scratch holds 2^q S and t per class, for both rows.
 */
export function scorePair(at: usize, width: usize, states: usize, scratch: usize, out: usize, temperature: Temperature, flags: u32): bool {
  if (!scoreStrided(at, width, 8, width, states, scratch, out, temperature)) return false
  if (!flags) return true
  storeLogs()
  storeLog(states, 0, temperature)
  storeLog(states + STATE_SIZE, 8, temperature)
  return true
}

/** The same without flags, for logits and results in one column per class, with a stride of `stride` bytes. */
export function scorePairByClass(at: usize, classes: u32, stride: usize, states: usize, scratch: usize, out: usize, temperature: Temperature): bool {
  return scoreStrided(at, <usize>classes * stride, stride, 8, states, scratch, out, temperature)
}

/** The stride of the classes is `step` bytes, that of the two rows `gap`; the classes end after `width` bytes. */
// @ts-ignore: decorator
@inline
function scoreStrided(
  at: usize,
  width: usize,
  step: usize,
  gap: usize,
  states: usize,
  scratch: usize,
  out: usize,
  temperature: Temperature,
): bool {
  const origin = scan(at, width, step, gap, temperature)
  if (!i64x2.all_true(PAIR.ordinary)) return false
  const end = reduce(at, width, step, gap, scratch, origin, temperature)
  addTerms(scratch, end)
  emit(out, width, step, gap, scratch)
  storeState(states, i64x2.extract_lane(PAIR.index, 0))
  storeState(states + STATE_SIZE, i64x2.extract_lane(PAIR.index, 1))
  return true
}

/** A logit of each row. */
// @ts-ignore: decorator
@inline
function loadRows(at: usize, gap: usize): v128 {
  return v128.load64_lane(at + gap, v128.load64_zero(at), 1)
}

/** Phase 1; true if both rows are ordinary. */
// @ts-ignore: decorator
@inline
function scan(at: usize, width: usize, step: usize, gap: usize, temperature: Temperature): v128 {
  let max = v128.load(BOTH_MASKED)
  let second = max
  let least = v128.load(BOTH_INFINITE)
  let nan = v128.load(BOTH_ZERO)
  let here = nan
  let index = nan
  for (const end = at + width; at < end; at += step) {
    const x = loadRows(at, gap)
    nan = v128.or(nan, f64x2.ne(x, x))
    index = v128.bitselect(here, index, f64x2.gt(x, max))
    second = f64x2.pmax(second, f64x2.pmin(max, x))
    max = f64x2.pmax(max, x)
    least = f64x2.pmin(least, x)
    here = i64x2.add(here, v128.load(BOTH_NEXT))
  }
  PAIR.index = index
  PAIR.max = max
  return prepare(max, second, least, nan, temperature)
}

/** The origin and the bias; returns which rows are ordinary, provided that no logit is NaN. */
// @ts-ignore: decorator
@inline
function prepare(max: v128, second: v128, least: v128, nan: v128, temperature: Temperature): v128 {
  const factor = temperature.factor
  const reference = f64x2.mul(max, factor)
  const distance = f64x2.sub(f64x2.mul(second, factor), reference)
  const origin = onGridPair(reference)
  const floor = f64x2.add(origin, f64x2.splat(temperature.lowest))
  PAIR.bias = powerAbovePair(f64x2.mul(distance, temperature.inverse))
  PAIR.left = f64x2.mul(f64x2.sub(reference, origin), temperature.inverse)
  const isNear = f64x2.lt(f64x2.abs(reference), v128.load(BOTH_LIMIT))
  const isWhole = f64x2.gt(f64x2.mul(least, factor), floor)
  PAIR.ordinary = v128.andnot(v128.and(v128.and(isNear, isWhole), f64x2.ge(distance, f64x2.splat(temperature.dominant))), nan)
  return origin
}

/** Phase 2 up to r; returns the end of the scratch. */
// @ts-ignore: decorator
@inline
function reduce(
  at: usize,
  width: usize,
  step: usize,
  gap: usize,
  scratch: usize,
  origin: v128,
  temperature: Temperature,
): usize {
  for (const end = at + width; at < end; at += step, scratch += 32) {
    const x = f64x2.mul(loadRows(at, gap), temperature.factor)
    const steps = stepPair(f64x2.sub(x, origin), temperature)
    const first = entryOf(f64x2.extract_lane(steps, 0))
    const second = entryOf(f64x2.extract_lane(steps, 1))
    v128.store(scratch, powerPair(steps, first, second))
    v128.store(scratch, remainderPair(x, origin, steps, first, second, temperature), 16)
  }
  return scratch
}

/**
 * Replaces r in the scratch by t, and adds up the sums. These are swapped after each class, and in order again after
 * two.
 */
// @ts-ignore: decorator
@inline
function addTerms(scratch: usize, end: usize): void {
  const index = PAIR.index
  const isOdd = ((end - scratch) & 32) != 0
  let here = v128.load(BOTH_ZERO)
  let head = PAIR.bias
  let tail = here
  let otherHead = head
  let otherTail = here
  for (; scratch < end; scratch += 32) {
    const t = expm1Pair(v128.load(scratch, 16))
    v128.store(scratch, t, 16)
    const s = v128.andnot(v128.load(scratch), i64x2.eq(index, here))
    const sum = f64x2.add(head, s)
    const lost = f64x2.sub(s, f64x2.sub(sum, head))
    const rest = f64x2.add(tail, f64x2.add(lost, f64x2.mul(s, t)))
    head = otherHead
    tail = otherTail
    otherHead = sum
    otherTail = rest
    here = i64x2.add(here, v128.load(BOTH_NEXT))
  }
  if (isOdd) finish(otherHead, otherTail, head, tail)
  else finish(head, tail, otherHead, otherTail)
}

/** Phase 3: flushes the block, joins the two sums and computes the reciprocal. */
// @ts-ignore: decorator
@inline
function finish(evenHead: v128, evenTail: v128, oddHead: v128, oddTail: v128): void {
  const bias = PAIR.bias
  const evenSum = f64x2.add(evenHead, evenTail)
  const oddSum = f64x2.add(oddHead, oddTail)
  const evenRest = f64x2.sub(evenTail, f64x2.sub(evenSum, evenHead))
  const oddRest = f64x2.sub(oddTail, f64x2.sub(oddSum, oddHead))
  const a = f64x2.sub(evenSum, bias)
  const b = f64x2.sub(oddSum, bias)
  const sum = f64x2.add(a, b)
  const back = f64x2.sub(sum, a)
  const errors = f64x2.add(f64x2.sub(a, f64x2.sub(sum, back)), f64x2.sub(b, back))
  const tail = f64x2.add(errors, f64x2.add(evenRest, oddRest))
  const head = f64x2.add(sum, tail)
  const rest = f64x2.sub(tail, f64x2.sub(head, sum))
  PAIR.sumHead = head
  PAIR.sumTail = rest
  storeReciprocal(head, f64x2.add(rest, PAIR.left))
}

/** 1 / (1 + head + tail). */
// @ts-ignore: decorator
@inline
function storeReciprocal(head: v128, tail: v128): void {
  const one = v128.load(BOTH_ONE)
  const t = f64x2.add(head, tail)
  const h = f64x2.add(one, t)
  const back = f64x2.sub(h, one)
  const lost = f64x2.add(f64x2.sub(one, f64x2.sub(h, back)), f64x2.sub(t, back))
  const hTail = f64x2.add(lost, f64x2.sub(tail, f64x2.sub(t, head)))
  const reciprocal = f64x2.div(one, h)
  const upper = v128.and(reciprocal, v128.load(UPPER_27_BITS))
  PAIR.reciprocal = reciprocal
  PAIR.reciprocalHead = upper
  PAIR.reciprocalTail = reciprocalTail(reciprocal, upper, h, hTail)
}

// @ts-ignore: decorator
@inline
function emit(out: usize, width: usize, step: usize, gap: usize, scratch: usize): void {
  const reciprocal = PAIR.reciprocal
  const head = PAIR.reciprocalHead
  const tail = PAIR.reciprocalTail
  for (const end = out + width; out < end; out += step, scratch += 32) {
    const p = timesReciprocal(v128.load(scratch), v128.load(scratch, 16), head, tail, reciprocal)
    v128.store64_lane(out, p, 0)
    v128.store64_lane(out + gap, p, 1)
  }
}

// @ts-ignore: decorator
@inline
function storeState(state: usize, index: i64): void {
  changetype<RowState>(state).index = <u32>index
  changetype<RowState>(state).status = STATUS_FINITE
}

/** The logarithms of the sums, like `finish` in `softmax.ts`. */
// @ts-ignore: decorator
@inline
function storeLogs(): void {
  const rest = f64x2.sub(PAIR.sumTail, f64x2.mul(PAIR.sumHead, PAIR.left))
  const t = f64x2.add(PAIR.sumHead, rest)
  storeLog1pPair(t, f64x2.sub(rest, f64x2.sub(t, PAIR.sumHead)))
}

/** What evaluated rows also need from one lane: the largest logit, and the logarithm of the sum. */
function storeLog(state: usize, lane: usize, temperature: Temperature): void {
  const row = changetype<RowState>(state)
  row.max = load<f64>(changetype<usize>(PAIR) + lane, offsetof<PairState>("max"))
  row.logHead = load<f64>(LOG_PAIR + lane)
  row.logTail = load<f64>(LOG_PAIR + lane, 16)
  row.temperature = <u32>changetype<usize>(temperature)
}
