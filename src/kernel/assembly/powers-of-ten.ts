/**
 * Powers of ten as 128-bit significands, shared by parse-number.ts and print-number.ts.
 *
 * For MIN <= p <= MAX the sixteen bytes at `power(p)` hold G (high word, then low word) with
 *
 *      G = floor(10^p * 2^(127 - log2Pow10(p))),    2^127 <= G < 2^128
 *
 * so G is exact for 0 <= p <= 55 and otherwise less than one unit too small. The 10,928 bytes are not stored in the
 * module but computed when it starts (0.3 ms with all other tables, 0.08 once compiled), from 10^0 upwards by * 10 and
 * downwards by / 10 on 192-bit significands, truncated at every step. 342 steps lose less than 2^9 units of 2^-192, so
 * the upper 128 bits are correct unless the 55 bits below them are all ones, which does not occur: every entry was
 * compared with BigInt.
 */

const MIN: i32 = -342
const MAX: i32 = 340

const TABLE: usize = memory.data((MAX - MIN + 1) * 16, 16)

/** Six 32-bit limbs, least significant first, with one spare limb below and one above. */
const LIMBS: usize = memory.data(32, 8) + 4
const TOP: usize = LIMBS + 20

/** Address of the high word of the significand of 10^p; the low word follows. */
// @ts-ignore: decorator
@inline
export function power(p: i32): usize {
  return TABLE + <usize>((p - MIN) << 4)
}

/** floor(log2(10^p)), for |p| <= 400. */
// @ts-ignore: decorator
@inline
export function log2Pow10(p: i32): i32 {
  return (p * 217706) >> 16
}

/** floor(log10(2^e)), for |e| <= 1650. */
// @ts-ignore: decorator
@inline
export function log10Pow2(e: i32): i32 {
  return (e * 78913) >> 18
}

/** The upper 64 bits of the 128-bit product, from four 32-bit ones. */
// @ts-ignore: decorator
@inline
export function mulHigh(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff
  const a1 = a >> 32
  const b0 = b & 0xffffffff
  const b1 = b >> 32
  const cross = a1 * b0 + ((a0 * b0) >> 32)
  return a1 * b1 + (cross >> 32) + ((a0 * b1 + (cross & 0xffffffff)) >> 32)
}

/** The lower half of the same; carries beyond it may be wrong. */
// @ts-ignore: decorator
@inline
export function mulMiddle(a: u64, b: u64): u32 {
  const a0 = a & 0xffffffff
  const a1 = a >> 32
  const b0 = b & 0xffffffff
  const b1 = b >> 32
  return <u32>a1 * <u32>b1 + <u32>((a1 * b0 + a0 * b1 + ((a0 * b0) >> 32)) >> 32)
}

/**
 * w * 10^p * 2^e with two fractional bits, the last of them sticky ("not exact"), where `drop` = -(log2Pow10(p) + 3 +
 * e) lies in 2..63 and w has its top bit set. After Russ Cox's `uscale` (research.swtch.com/fp): the significand
 * rounded up to 64 bits is decisive unless all dropped bits vanish, and then one more product is.
 */
export function unrounded(w: u64, p: i32, drop: i32): u64 {
  const g0 = load<u64>(power(p), 8)
  const g1 = load<u64>(power(p)) + u64(g0 != 0)
  let top = mulHigh(w, g1)
  if ((top & ((<u64>1 << drop) - 1)) != 0) return (top >> drop) | 1
  const middle = w * g1
  const excess = g0 ? mulHigh(w, ~g0) : 0
  top -= u64(middle < excess)
  return (top >> drop) | u64(middle - excess > 1)
}

function setOne(): void {
  memory.fill(LIMBS - 4, 0, 32)
  store<u32>(TOP, 0x80000000)
}

/** Multiplies by ten: the product has three or four more bits, which the shift drops at the low end. */
function timesTen(): void {
  let carry: u64 = 0
  for (let at = LIMBS; at <= TOP; at += 4) {
    carry += <u64>load<u32>(at) * 10
    store<u32>(at, <u32>carry)
    carry >>= 32
  }
  store<u32>(TOP + 4, <u32>carry)
  const extra = 64 - clz(carry)
  for (let at = LIMBS; at <= TOP; at += 4) store<u32>(at, <u32>(load<u64>(at) >> extra))
}

/** Divides by ten: the quotient by five has two or three bits fewer, which one more limb of division provides. */
function overTen(): void {
  let rest: u64 = 0
  for (let at = TOP; at >= LIMBS - 4; at -= 4) {
    const part = (rest << 32) | (at < LIMBS ? 0 : <u64>load<u32>(at))
    store<u32>(at, <u32>(part / 5))
    rest = part % 5
  }
  const missing = clz(load<u32>(TOP))
  for (let at = TOP; at >= LIMBS; at -= 4) {
    store<u32>(at, <u32>(load<u64>(at - 4) >> (32 - missing)))
  }
}

function record(p: i32): void {
  store<u64>(power(p), load<u64>(TOP - 4))
  store<u64>(power(p), load<u64>(TOP - 12), 8)
}

function fill(): void {
  setOne()
  for (let p = 0; p <= MAX; p++, timesTen()) record(p)
  setOne()
  for (let p = 0; p >= MIN; p--, overTen()) record(p)
}

fill()
