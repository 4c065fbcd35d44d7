/**
 * Sums of doubles without rounding, which are the same for any order and any split: a fixed-point number that spans the
 * range of doubles, in 32-bit limbs, each in a 64-bit word that absorbs the carries of 2^30 additions.
 *
 * Such accumulators are described by Kulisch, "Computer Arithmetic and Validity" (2008). Non-finite numbers are summed
 * separately.
 */

/** A sum. Limb i has the unit 2^(32 i - 1088); the smallest double is 2^-1074. */
@unmanaged
export class ExactSum {
  /** Followed by {@link LIMBS} limbs. */
  special: f64
  additions: u64
}

export const LIMBS: u32 = 68
export const SUM_SIZE: usize = offsetof<ExactSum>() + ((<usize>LIMBS) << 3)
const MOST_ADDITIONS: u64 = 1 << 30

/** Adds a number to a sum. */
export function addExact(sum: ExactSum, x: f64): void {
  const bits = reinterpret<u64>(x)
  let exponent = <u32>(bits >> 52) & 0x7ff
  if (exponent == 0x7ff) {
    sum.special += x
    return
  }
  let digits = bits & 0xfffffffffffff
  if (exponent) digits |= 1 << 52
  else exponent = 1
  const bit = exponent + 13
  const shift = <u64>(bit & 31)
  const low = digits << shift
  const at = changetype<usize>(sum) + offsetof<ExactSum>() + ((<usize>(bit >> 5)) << 3)
  const sign: i64 = 1 - <i64>((bits >> 63) << 1)
  addTo(at, sign * <i64>(low & 0xffffffff))
  addTo(at + 8, sign * <i64>(low >> 32))
  if (shift) addTo(at + 16, sign * <i64>(digits >> (64 - shift)))
  if (++sum.additions == MOST_ADDITIONS) carry(sum)
}

// @ts-ignore: decorator
@inline
function addTo(at: usize, part: i64): void {
  store<i64>(at, load<i64>(at) + part)
}

/** The maximum number of values per {@link addColumn}. */
export const COLUMN: u32 = 1 << 12
/** Adding and subtracting them rounds to a multiple of 2^-34 and 2^-74. */
const COARSE: usize = memory.data<f64>([393216, 393216])
const FINE: usize = memory.data<f64>([3.576278686523438e-7, 3.576278686523438e-7])
/** Nonzero values must be in [2^-63, 64). */
const LEAST: usize = memory.data<f64>([1.0842021724855044e-19, 1.0842021724855044e-19])
const LIMIT: usize = memory.data<f64>([64, 64])

/**
 * Adds the numbers at `at`, with a stride of `step` bytes, at most COLUMN of them. Each is split into a multiple of 2^-34, a
 * multiple of 2^-74, and a rest that is a multiple of 2^-115, two numbers at once. The sums of that many such parts,
 * below 2^18, 2^-23 and 2^-63, are exact in doubles.
 */
export function addColumn(sum: ExactSum, at: usize, step: usize, count: u32): void {
  const end = at + <usize>count * step
  const zero = f64x2.splat(0)
  let coarseSum = zero
  let fineSum = zero
  let restSum = zero
  let isIn = i64x2.splat(-1)
  for (let here = at; here < end; here += 2 * step) {
    const next = here + step
    const x = next < end ? v128.load64_lane(next, v128.load64_zero(here), 1) : v128.load64_zero(here)
    const size = f64x2.abs(x)
    isIn = v128.and(isIn, f64x2.lt(size, v128.load(LIMIT)))
    isIn = v128.and(isIn, v128.or(f64x2.ge(size, v128.load(LEAST)), f64x2.eq(x, zero)))
    const coarse = f64x2.sub(f64x2.add(x, v128.load(COARSE)), v128.load(COARSE))
    const left = f64x2.sub(x, coarse)
    const fine = f64x2.sub(f64x2.add(left, v128.load(FINE)), v128.load(FINE))
    coarseSum = f64x2.add(coarseSum, coarse)
    fineSum = f64x2.add(fineSum, fine)
    restSum = f64x2.add(restSum, f64x2.sub(left, fine))
  }
  if (!i64x2.all_true(isIn)) return addEach(sum, at, step, end)
  addLanes(sum, coarseSum)
  addLanes(sum, fineSum)
  addLanes(sum, restSum)
}

function addEach(sum: ExactSum, at: usize, step: usize, end: usize): void {
  for (; at < end; at += step) addExact(sum, load<f64>(at))
}

// @ts-ignore: decorator
@inline
function addLanes(sum: ExactSum, lanes: v128): void {
  addExact(sum, f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1))
}

/** The unit in which most probabilities are added: between 2^-9 and 1, in multiples of 2^-62. */
const UNIT: f64 = 4611686018427387904
/** The limb of 2^-64. */
const UNIT_LIMB: usize = 32

/** Adds a probability, with a fast path unless it is very small. */
// @ts-ignore: decorator
@inline
export function addProbability(sum: ExactSum, p: f64): void {
  if (!(p >= 0.001953125)) return addExact(sum, p)
  const digits = <i64>(p * UNIT)
  const at = changetype<usize>(sum) + offsetof<ExactSum>() + (UNIT_LIMB << 3)
  addTo(at, (digits & 0x3fffffff) << 2)
  addTo(at + 8, digits >> 30)
  if (++sum.additions == MOST_ADDITIONS) carry(sum)
}

/** Propagates carries, so that all limbs but the last have 32 bits. */
function carry(sum: ExactSum): void {
  let at = changetype<usize>(sum) + offsetof<ExactSum>()
  const last = at + ((<usize>(LIMBS - 1)) << 3)
  for (; at < last; at += 8) {
    const limb = load<i64>(at)
    addTo(at + 8, limb >> 32)
    store<i64>(at, limb & 0xffffffff)
  }
  sum.additions = 0
}

/** Adds a sum to another. */
export function addSum(sum: ExactSum, other: ExactSum): void {
  carry(sum)
  sum.special += other.special
  sum.additions = other.additions
  const from = changetype<usize>(other) + offsetof<ExactSum>()
  const to = changetype<usize>(sum) + offsetof<ExactSum>()
  for (let limb: usize = 0; limb < <usize>LIMBS << 3; limb += 8) addTo(to + limb, load<i64>(from + limb))
}
