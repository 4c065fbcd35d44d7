/**
 * Exponentials kept as factors, so that later steps can round once. Distances are taken from an origin o and divided by
 * D, 1/2 < D <= 1, which is 1 unless there is a temperature (see `temperature.ts`):
 *
 *      e^((x - o) / D) = 2^q S (1 + t)     k = nearest(128 (x - o) / (D ln 2)) = 128 q + j     2^(j/128) = S e^DELTA
 *      t = e^r - 1                         r = (x - (o + k HEAD)) / D + (DELTA - k TAIL)       HEAD + D TAIL = D ln 2 / 128
 *
 * - S is 2^(j/128) rounded to 26 bits, so that its product with a 27-bit number is exact; DELTA corrects for that.
 * - x - o itself is never rounded: o and HEAD lie on a coarse {@link onGrid | grid}, which makes o + k HEAD exact, and
 *   x is so close to it that the difference is exact too (|x| > 2^-7, Sterbenz) or has an error of 2^-62. This takes
 *   seven additions; with x - o as a pair it would take twelve.
 * - The error of 1 + t is below 2^-60.5, from the difference, the sum r, the polynomial (2^-66) and the last addition
 *   (2^-62 each); it is below 2^-59.5 if D is not 1.
 *
 * The polynomial is that of ARM's optimized-routines (math/exp_data.c, N = 128), for |r| <= ln 2 / 256.
 */

import { Temperature } from './structs'

/** 1 / ln 2. */
const LOG2E: f64 = 1.4426950408889634
/** Adding and subtracting it rounds to an integer, which is also in the low bits of the sum. */
const SHIFT: f64 = 6755399441055744.0
/** ln 2 / 128: a multiple of 2^-41, and the rest. The product of the head with |k| < 2^20 is exact. */
export const STEP_HEAD: f64 = 0.005415212347998022
export const STEP_TAIL: f64 = 1.2655086083325438e-13
const C2: f64 = 0.49999999999996786
const C3: f64 = 0.16666666666665886
const C4: f64 = 0.0416666808410674
const C5: f64 = 0.008333335853059549

/**
 * The same for two lanes. V8 rematerializes a splatted constant at each use, in three instructions, and also a sum of
 * two, even inside a loop; loading it takes one.
 */
export const BOTH_SHIFT: usize = memory.data<f64>([SHIFT, SHIFT])
const BOTH_GRID: usize = memory.data<f64>([6144, 6144])
const BOTH_LOG2E: usize = memory.data<f64>([LOG2E, LOG2E])
const BOTH_EXPONENT: usize = memory.data<f64>([4503599627371520.0, 4503599627371520.0])
const BOTH_C2: usize = memory.data<f64>([C2, C2])
const BOTH_C3: usize = memory.data<f64>([C3, C3])
const BOTH_C4: usize = memory.data<f64>([C4, C4])
const BOTH_C5: usize = memory.data<f64>([C5, C5])

/** Masks for the upper 26 and the upper 27 bits of a significand. */
export const UPPER_HALVES: usize = memory.data<i64>([~0x7ffffff, ~0x7ffffff])
export const UPPER_27_BITS: usize = memory.data<i64>([~0x3ffffff, ~0x3ffffff])
export const BOTH_ONE: usize = memory.data<f64>([1, 1])

/** The smallest distance that is included in a sum: e^-620 < 2^-894, which leaves room below for a tail. */
export const LOWEST: f64 = -620
/** A smaller power of two turns everything that it scales into 0. */
export const LEAST_POWER: i32 = -1201

/**
 * S and DELTA for j = 0 to 127, as bits: round(2^(j/128), 26 bits), then log(2^(j/128) / S). j 2^45 is subtracted from
 * the bits of S, because adding k 2^45 adds that j along with 2^q.
 */
const TABLE: usize = memory.data<u64>([
  0x3ff0000000000000, 0x0, 0x3feff63da8000000, 0x3e3f875fb22557c9,
  0x3fefec9a40000000, 0xbe384454184535b4, 0x3fefe315e8000000, 0x3e1b2debadb86830,
  0x3fefd9b0d0000000, 0x3e4824d3f5839177, 0x3fefd06b28000000, 0x3e3d13251e301707,
  0x3fefc74518000000, 0x3e1c7650cf07779b, 0x3fefbe3ec8000000, 0x3e45640c30d99615,
  0x3fefb55870000000, 0xbe472d09ece282f9, 0x3fefac9228000000, 0x3e4a427ff72a89e1,
  0x3fefa3ec30000000, 0x3e456d51c9183c6f, 0x3fef9b66b0000000, 0xbdb1b7e9feb9539e,
  0x3fef9301d0000000, 0x3df133a6ecfe9fc4, 0x3fef8abdc0000000, 0x3e1935beffcdf47d,
  0x3fef829ab0000000, 0xbe33dca93236692b, 0x3fef7a98c8000000, 0x3e23147935fe5bb0,
  0x3fef72b840000000, 0xbe49c0c2141fef92, 0x3fef6af938000000, 0x3e20062babb07993,
  0x3fef635be8000000, 0x3e48f0ada1beed90, 0x3fef5be088000000, 0xbe4cbf8e45771f36,
  0x3fef548730000000, 0x3e343b2cd70e139c, 0x3fef4d5020000000, 0x3e455510f54238a8,
  0x3fef463b88000000, 0x3e15ded5e280908a, 0x3fef3f4990000000, 0x3e35124b9a729340,
  0x3fef387a70000000, 0xbe35a85dbf35a1f5, 0x3fef31ce50000000, 0xbe10e3a1ce999dd1,
  0x3fef2b4568000000, 0xbe3d664ce804fdf2, 0x3fef24dfe0000000, 0x3e3b130064263ef9,
  0x3fef1e9df8000000, 0xbe43c4812c9f9a1e, 0x3fef187fd0000000, 0x3e276169c18e6b83,
  0x3fef1285a8000000, 0xbe2e2cf5b6a6108e, 0x3fef0cafa8000000, 0x3e30d036c9508574,
  0x3fef06fe08000000, 0x3e3d8582233b51e8, 0x3fef017100000000, 0xbe48c1443c39eaf3,
  0x3feefc08b0000000, 0x3e3fd28e62a4ef9f, 0x3feef6c560000000, 0xbe169f6ef8382a52,
  0x3feef1a738000000, 0xbe244c49e3bfeddc, 0x3feeecae70000000, 0xbe437e2f5339eb49,
  0x3feee7db38000000, 0xbe44350ed9d5ffb2, 0x3feee32dc0000000, 0x3e43eda01409b92d,
  0x3feedea650000000, 0xbe494f4d19930d82, 0x3feeda4508000000, 0xbe454fb411df84cb,
  0x3feed60a20000000, 0x3e390d1a32ee23ad, 0x3feed1f5d8000000, 0x3e30ab963d35c6dd,
  0x3feece0860000000, 0x3e1336de2bca05e0, 0x3feeca41f0000000, 0xbe42196e8f0a89e0,
  0x3feec6a2b8000000, 0xbe3c00751dc848ce, 0x3feec32af0000000, 0x3e24ea8b657589f4,
  0x3feebfdad8000000, 0xbe413389d0c95e00, 0x3feebcb298000000, 0x3e3870903a7fa602,
  0x3feeb9b278000000, 0xbe30ea91eba52bbf, 0x3feeb6daa0000000, 0x3e410e595817c967,
  0x3feeb42b58000000, 0xbe30ba46fc89add2, 0x3feeb1a4c8000000, 0x3e3c67c25b32b3e7,
  0x3feeaf4738000000, 0xbe2edeb88304d44a, 0x3feead12d8000000, 0xbe443c707d54c15e,
  0x3feeab07e0000000, 0xbe400d8abadaf8d3, 0x3feea92688000000, 0x3e3b997a949db95c,
  0x3feea76f18000000, 0xbe3b2872fe188355, 0x3feea5e1b8000000, 0x3e3105736ceea661,
  0x3feea47eb0000000, 0x3e05136894f89649, 0x3feea34638000000, 0xbe426636015fd8fb,
  0x3feea23880000000, 0x3e3aad5bd1dc65c4, 0x3feea155d8000000, 0xbe450c0d5354f993,
  0x3feea09e68000000, 0xbe3101228eded968, 0x3feea01278000000, 0xbe409e4df72056ac,
  0x3fee9fb240000000, 0xbe442c75e8bf7afb, 0x3fee9f7df8000000, 0x3e2d5b79c768adb4,
  0x3fee9f75e8000000, 0x3e2471e65b672772, 0x3fee9f9a48000000, 0x3e1c79dad0d2e85c,
  0x3fee9feb58000000, 0xbe3310291dbb4a5b, 0x3feea06950000000, 0xbdf6e63d347556c8,
  0x3feea11470000000, 0x3e45394e3af5b5f2, 0x3feea1ed00000000, 0x3e29a7c9f84f3cf5,
  0x3feea2f338000000, 0xbe298303b9e071cb, 0x3feea42758000000, 0xbe4406a85d7770a0,
  0x3feea58998000000, 0x3e2b90b9b91c07e7, 0x3feea71a48000000, 0xbe339d912fc67f68,
  0x3feea8d998000000, 0x3e4122dd261de4d4, 0x3feeaac7d8000000, 0x3e301203a8b4e266,
  0x3feeace540000000, 0x3e367a1ca1d9d84a, 0x3feeaf3218000000, 0xbe2aa971e56d491d,
  0x3feeb1ae98000000, 0x3e263f3cfcad71e9, 0x3feeb45b08000000, 0x3e4238d6af0a8dba,
  0x3feeb737b0000000, 0x3e20522eeac30e6a, 0x3feeba44c8000000, 0x3e4318d8b455a2f1,
  0x3feebd82a0000000, 0xbdf526431d4993c8, 0x3feec0f170000000, 0x3e1f88299869d849,
  0x3feec49180000000, 0x3e3a3b5e344f7bdf, 0x3feec86318000000, 0x3e32a5fade9bf5a3,
  0x3feecc6678000000, 0x3e408b4a49e36ae3, 0x3feed09bf0000000, 0xbe422226e73e575d,
  0x3feed503b0000000, 0x3e35cdd5b223e272, 0x3feed99e10000000, 0x3e3ed910bf4b5d7c,
  0x3feede6b58000000, 0xbe3844d4a2886850, 0x3feee36bc0000000, 0xbdfa557826fb55fe,
  0x3feee89f98000000, 0x3e29c72f009003bf, 0x3feeee0728000000, 0x3e2d668831401062,
  0x3feef3a2b8000000, 0x3e074253dce9b5b2, 0x3feef97290000000, 0xbe33b1f760a72bad,
  0x3feeff76f0000000, 0x3e3bc2ce19848536, 0x3fef05b030000000, 0x3e174c0a77dba2ee,
  0x3fef0c1e90000000, 0x3e05cd7d4b4600e0, 0x3fef12c258000000, 0x3e4196915ac2bd64,
  0x3fef199be0000000, 0xbe36961b3cf799a0, 0x3fef20ab60000000, 0xbd7ae9994b5d4b26,
  0x3fef27f130000000, 0xbe2ddd9c70e6b11f, 0x3fef2f6d98000000, 0xbe41ce5db535c994,
  0x3fef3720e0000000, 0xbe3b5151d6f4f7a4, 0x3fef3f0b58000000, 0xbe375a66c84d6c20,
  0x3fef472d48000000, 0x3e31e5d4257b13c5, 0x3fef4f8708000000, 0x3dddb05292ebbb87,
  0x3fef5818e0000000, 0xbe3a5217cbeba37e, 0x3fef60e318000000, 0xbe250c23f5fd63f4,
  0x3fef69e600000000, 0x3e40a3cc994836d8, 0x3fef7321f0000000, 0x3e39cebe42100a2e,
  0x3fef7c9730000000, 0x3e3dbbc2130aab49, 0x3fef864618000000, 0xbe39d12854b23a3e,
  0x3fef902ee8000000, 0xbe0ecfca79bef76a, 0x3fef9a51f8000000, 0x3e3fbce0bf88926f,
  0x3fefa4afa0000000, 0x3e361428daeb9d87, 0x3fefaf4830000000, 0xbe344e1b20b69356,
  0x3fefba1bf0000000, 0xbe2ac576e75c6b48, 0x3fefc52b38000000, 0xbe130ae5f422013b,
  0x3fefd07658000000, 0x3e3c0c04605a5a8c, 0x3fefdbfdb0000000, 0xbe336a26ab1e78d3,
  0x3fefe7c180000000, 0x3e2a3148310733fd, 0x3feff3c228000000, 0x3e3ca32734eca35d,])

/** S for j. */
// @ts-ignore: decorator
@inline
export function tableS(j: usize): f64 {
  return reinterpret<f64>(load<u64>(TABLE + (j << 4)) + ((<u64>j) << 45))
}

/** DELTA for j. */
// @ts-ignore: decorator
@inline
export function tableDelta(j: usize): f64 {
  return load<f64>(TABLE + (j << 4), 8)
}

/** The bound on |origin|. */
export const ORIGIN_LIMIT: f64 = 2048

/** The multiple of 2^-40 nearest to x, |x| < {@link ORIGIN_LIMIT}. */
// @ts-ignore: decorator
@inline
export function onGrid(x: f64): f64 {
  return x + 6144 - 6144
}

/** The same for two. */
// @ts-ignore: decorator
@inline
export function onGridPair(x: v128): v128 {
  return f64x2.sub(f64x2.add(x, v128.load(BOTH_GRID)), v128.load(BOTH_GRID))
}

/** SHIFT + k for a pair of distances x - o. */
// @ts-ignore: decorator
@inline
export function stepPair(distance: v128, temperature: Temperature): v128 {
  return f64x2.add(f64x2.mul(distance, temperature.stepsPerUnit), v128.load(BOTH_SHIFT))
}

/** The table entry, S and DELTA, for a lane of {@link stepPair}. */
// @ts-ignore: decorator
@inline
export function entryOf(step: f64): v128 {
  return v128.load((<usize>reinterpret<u64>(step) & 127) << 4, TABLE)
}

/** 2^q S, given the steps and the table entries of both lanes. */
// @ts-ignore: decorator
@inline
export function powerPair(steps: v128, even: v128, odd: v128): v128 {
  return i64x2.add(v128.shuffle<f64>(even, odd, 0, 2), i64x2.shl(steps, 45))
}

/** r, given x, its origin, the steps and the table entries of both lanes. */
// @ts-ignore: decorator
@inline
export function remainderPair(x: v128, origin: v128, steps: v128, even: v128, odd: v128, temperature: Temperature): v128 {
  const k = f64x2.sub(steps, v128.load(BOTH_SHIFT))
  const low = f64x2.sub(v128.shuffle<f64>(even, odd, 1, 3), f64x2.mul(k, temperature.stepTail))
  const rest = f64x2.sub(x, f64x2.add(origin, f64x2.mul(k, temperature.stepHead)))
  return f64x2.add(f64x2.mul(rest, temperature.inverse), low)
}

/** t = e^r - 1. */
// @ts-ignore: decorator
@inline
export function expm1Pair(r: v128): v128 {
  const r2 = f64x2.mul(r, r)
  const c23 = f64x2.add(v128.load(BOTH_C2), f64x2.mul(r, v128.load(BOTH_C3)))
  const c45 = f64x2.add(v128.load(BOTH_C4), f64x2.mul(r, v128.load(BOTH_C5)))
  return f64x2.add(r, f64x2.mul(r2, f64x2.add(c23, f64x2.mul(r2, c45))))
}

/**
 * Writes S and t of e^((dh + dl) / D), for one distance given as a pair, however small, to `out`, with a stride of
 * 8 bytes; returns q.
 */
export function expScaled(dh: f64, dl: f64, temperature: Temperature, out: usize): i32 {
  const inverse = both(temperature.inverse)
  if (!(dh * inverse > -900)) return LEAST_POWER
  const k = nearest(dh * both(temperature.stepsPerUnit))
  const j = <i32>k & 127
  const r = (dh - k * both(temperature.stepHead)) * inverse + (dl * inverse + (tableDelta(j) - k * both(temperature.stepTail)))
  const r2 = r * r
  store<f64>(out, tableS(j))
  store<f64>(out, r + r2 * (C2 + r * C3 + r2 * (C4 + r * C5)), 8)
  return <i32>k >> 7
}

/**
 * (head + tail) 2^q rounded once, for head in (0, 2) and |tail| <= ulp(head) / 2, also if the result is subnormal: then
 * head is rounded to the last unit of the result by adding a power of two, and the tail breaks ties.
 */
export function scale(head: f64, tail: f64, q: i32): f64 {
  if (q <= LEAST_POWER) return 0
  const least = reinterpret<f64>((<u64>(1 - q)) << 52)
  if (head >= least) return head * power(q + 600) * power(-600)
  const rounded = least + head
  const left = head - (rounded - least)
  const unit = least * f64.EPSILON
  const tie = abs(left) * 2 == unit && left * tail > 0
  return (rounded - least + (tie ? copysign(unit, left) : 0)) * power(q + 600) * power(-600)
}

/** A power of two not below the 2^q S of every distance up to this one. */
export function powerAbove(distance: f64): f64 {
  return power(<i32>floor(distance * LOG2E) + 1)
}

/** The same for two distances: the low bits of 2^52 + 1024 + n are n + 1024. */
// @ts-ignore: decorator
@inline
export function powerAbovePair(distance: v128): v128 {
  const exponent = f64x2.add(f64x2.floor(f64x2.mul(distance, v128.load(BOTH_LOG2E))), v128.load(BOTH_EXPONENT))
  return i64x2.shl(exponent, 52)
}

/** A number that is in both lanes. */
// @ts-ignore: decorator
@inline
export function both(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0)
}

// @ts-ignore: decorator
@inline
function power(q: i32): f64 {
  return reinterpret<f64>((<u64>(q + 1023)) << 52)
}

/** S (1 + t) / H, rounded once: S head is exact, all other terms are small next to it. */
// @ts-ignore: decorator
@inline
export function timesReciprocal(s: v128, t: v128, head: v128, tail: v128, reciprocal: v128): v128 {
  const low = f64x2.add(f64x2.mul(s, tail), f64x2.mul(f64x2.mul(s, reciprocal), t))
  return f64x2.add(f64x2.mul(s, head), low)
}

/** The correction of the reciprocal of h + tail beyond its upper 27 bits: a Newton step. */
// @ts-ignore: decorator
@inline
export function reciprocalTail(reciprocal: v128, upper: v128, h: v128, tail: v128): v128 {
  const hUpper = v128.and(h, v128.load(UPPER_HALVES))
  const head = f64x2.sub(v128.load(BOTH_ONE), f64x2.mul(upper, hUpper))
  const rest = f64x2.sub(f64x2.sub(head, f64x2.mul(upper, f64x2.sub(h, hUpper))), f64x2.mul(upper, tail))
  return f64x2.mul(rest, reciprocal)
}

/** (a + b) 2^q rounded once, for a > |b|. */
export function scaleSum(a: f64, b: f64, q: i32): f64 {
  const sum = a + b
  const exponent = <i32>(reinterpret<u64>(sum) >> 52) - 1023
  const power = reinterpret<f64>((<u64>(1023 - exponent)) << 52)
  return scale(sum * power, (b - (sum - a)) * power, q + exponent)
}

/** The upper 26 bits. */
// @ts-ignore: decorator
@inline
export function upperHalf(x: f64): f64 {
  return reinterpret<f64>(reinterpret<u64>(x) & ~0x7ffffff)
}
