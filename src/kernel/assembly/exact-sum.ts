/**
 * Sums of doubles without rounding, so that they are the same in any order and however they are split: a number as wide as
 * all doubles together, in limbs of 32 bits, each in a word of 64 that takes the carries of 2^30 additions.
 *
 * Kulisch, "Computer Arithmetic and Validity" (2008), has such accumulators. What is not finite is summed beside it.
 */

/** A sum. Limb i counts 2^(32 i - 1088); the least double is 2^-1074. */
@unmanaged
export class ExactSum {
  /** The limbs, {@link LIMBS} of them, are behind these. */
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
  const place = exponent + 13
  const shift = <u64>(place & 31)
  const low = digits << shift
  const at = changetype<usize>(sum) + offsetof<ExactSum>() + ((<usize>(place >> 5)) << 3)
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

/** Makes every limb but the last one of 32 bits. */
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
