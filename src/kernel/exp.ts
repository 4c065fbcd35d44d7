/**
 * Exponentials kept apart, so that what follows can round once:
 *
 *     e^d = 2^q S (1 + t),   d = (k/128) ln 2 + r,   k = 128 q + j,   S (1 + ST) = 2^(j/128),   t = p + ST + ST p
 *
 * with p = e^r - 1 by a polynomial on |r| <= ln 2 / 256. S is 2^(j/128) rounded to 26 bits, so that its product with
 * a 27-bit number is exact; ST makes up for what the rounding took. The error of 1 + t is below 2^-60: that of the
 * polynomial (2^-66), of r (|r| 2^-53 and the last bit of L2L) and of adding up t (|t| 2^-53).
 *
 * The polynomial and the split of ln 2 / 128 are those of ARM's optimized-routines (math/exp_data.c, N = 128); L2H ends
 * in zeros, so k L2H is exact for |k| < 2^17.
 */

/** 128 / ln 2. */
const INVERSE: f64 = 184.6649652337873
/** Adding and subtracting it rounds to a whole number, which also stands in the low bits of the sum. */
const SHIFT: f64 = 6755399441055744.0
/** -ln 2 / 128, head and tail. */
export const L2H: f64 = -0.005415212348111709
export const L2L: f64 = -1.2864023111638346e-14

const C2: f64 = 0.49999999999996786
const C3: f64 = 0.16666666666665886
const C4: f64 = 0.0416666808410674
const C5: f64 = 0.008333335853059549

/** Below it an exponential is not worked out here: e^-620 < 2^-894 changes no sum, and has no room for a tail. */
export const LOWEST: f64 = -620

/** S and ST of j = 0 to 127, as bits: round(2^(j/128), 26 bits), then (2^(j/128) - S) / S. */
const TABLE: usize = memory.data<u64>([
  0x3ff0000000000000, 0x0000000000000000, 0x3ff0163da8000000, 0x3e3f875fb416602a,
  0x3ff02c9a40000000, 0xbe384454171ec4b4, 0x3ff04315e8000000, 0x3e1b2debae14bf2f,
  0x3ff059b0d0000000, 0x3e4824d3f7ca7e82, 0x3ff0706b28000000, 0x3e3d13251fd6c2f3,
  0x3ff0874518000000, 0x3e1c7650cf6cbaa7, 0x3ff09e3ec8000000, 0x3e45640c32a3272f,
  0x3ff0b55870000000, 0xbe472d09eac96345, 0x3ff0cc9228000000, 0x3e4a427ff9dc1d26,
  0x3ff0e3ec30000000, 0x3e456d51cae35a89, 0x3ff0fb66b0000000, 0xbdb1b7e9feb8b6a6,
  0x3ff11301d0000000, 0x3df133a6ed07def9, 0x3ff12abdc0000000, 0x3e1935bf001d65d0,
  0x3ff1429ab0000000, 0xbe33dca931712982, 0x3ff15a98c8000000, 0x3e23147936595e98,
  0x3ff172b840000000, 0xbe49c0c21188b886, 0x3ff18af938000000, 0x3e20062babf0aafa,
  0x3ff1a35be8000000, 0x3e48f0ada42cf064, 0x3ff1bbe088000000, 0xbe4cbf8e423ca8c2,
  0x3ff1d48730000000, 0x3e343b2cd7dab9f4, 0x3ff1ed5020000000, 0x3e455510f70949b4,
  0x3ff2063b88000000, 0x3e15ded5e2bc5aab, 0x3ff21f4990000000, 0x3e35124b9b50941b,
  0x3ff2387a70000000, 0xbe35a85dbe4b1ae7, 0x3ff251ce50000000, 0xbe10e3a1ce75f5fd,
  0x3ff26b4568000000, 0xbe3d664ce654d2cb, 0x3ff284dfe0000000, 0x3e3b13006594c0b9,
  0x3ff29e9df8000000, 0xbe43c4812b18d81c, 0x3ff2b87fd0000000, 0x3e276169c2171507,
  0x3ff2d285a8000000, 0xbe2e2cf5b5c26c2f, 0x3ff2ecafa8000000, 0x3e30d036c9dddd8d,
  0x3ff306fe08000000, 0x3e3d858224ef1477, 0x3ff3217100000000, 0xbe48c14439d51c40,
  0x3ff33c08b0000000, 0x3e3fd28e649f4574, 0x3ff356c560000000, 0xbe169f6ef7f83106,
  0x3ff371a738000000, 0xbe244c49e358ed4a, 0x3ff38cae70000000, 0xbe437e2f51bdf211,
  0x3ff3a7db38000000, 0xbe44350ed83daa61, 0x3ff3c32dc0000000, 0x3e43eda01596db82,
  0x3ff3dea650000000, 0xbe494f4d171277e2, 0x3ff3fa4508000000, 0xbe454fb41019586f,
  0x3ff4160a20000000, 0x3e390d1a3427eb92, 0x3ff431f5d8000000, 0x3e30ab963dc0b9c2,
  0x3ff44e0860000000, 0x3e1336de2bf82bf8, 0x3ff46a41f0000000, 0xbe42196e8dc2f3cd,
  0x3ff486a2b8000000, 0xbe3c00751c403bff, 0x3ff4a32af0000000, 0x3e24ea8b65e2e91f,
  0x3ff4bfdad8000000, 0xbe413389cfa17b53, 0x3ff4dcb298000000, 0x3e3870903baa4c47,
  0x3ff4f9b278000000, 0xbe30ea91eb161729, 0x3ff516daa0000000, 0x3e410e59593ab213,
  0x3ff5342b58000000, 0xbe30ba46fbfdc59d, 0x3ff551a4c8000000, 0x3e3c67c25cc62230,
  0x3ff56f4738000000, 0xbe2edeb882169709, 0x3ff58d12d8000000, 0xbe443c707bbb4186,
  0x3ff5ab07e0000000, 0xbe400d8ab9d946c5, 0x3ff5c92688000000, 0x3e3b997a961a974c,
  0x3ff5e76f18000000, 0xbe3b2872fca7bc02, 0x3ff605e1b8000000, 0x3e3105736d7f831a,
  0x3ff6247eb0000000, 0x3e05136895145953, 0x3ff6434638000000, 0xbe426636000d5094,
  0x3ff6623880000000, 0x3e3aad5bd3403bca, 0x3ff68155d8000000, 0xbe450c0d5199fed2,
  0x3ff6a09e68000000, 0xbe3101228e4e461c, 0x3ff6c01278000000, 0xbe409e4df60c2b09,
  0x3ff6dfb240000000, 0xbe442c75e72880d6, 0x3ff6ff7df8000000, 0x3e2d5b79c8402445,
  0x3ff71f75e8000000, 0x3e2471e65bcfa71c, 0x3ff73f9a48000000, 0x3e1c79dad1384498,
  0x3ff75feb58000000, 0xbe3310291d0596cc, 0x3ff7806950000000, 0xbdf6e63d3464f3bc,
  0x3ff7a11470000000, 0x3e45394e3cb8299b, 0x3ff7c1ed00000000, 0x3e29a7c9f8f3c9d0,
  0x3ff7e2f338000000, 0xbe298303b93dbb59, 0x3ff8042758000000, 0xbe4406a85be66625,
  0x3ff8258998000000, 0x3e2b90b9b9d9fe27, 0x3ff8471a48000000, 0xbe339d912f061d24,
  0x3ff868d998000000, 0x3e4122dd27438af3, 0x3ff88ac7d8000000, 0x3e301203a9360343,
  0x3ff8ace540000000, 0x3e367a1ca2d673e0, 0x3ff8cf3218000000, 0xbe2aa971e4bb924b,
  0x3ff8f1ae98000000, 0x3e263f3cfd292d70, 0x3ff9145b08000000, 0x3e4238d6b056988a,
  0x3ff93737b0000000, 0x3e20522eeb05a67a, 0x3ff95a44c8000000, 0x3e4318d8b5c25585,
  0x3ff97d82a0000000, 0xbdf526431d3b9962, 0x3ff9a0f170000000, 0x3e1f882998e62099,
  0x3ff9c49180000000, 0x3e3a3b5e35a78a53, 0x3ff9e86318000000, 0x3e32a5fadf49d715,
  0x3ffa0c6678000000, 0x3e408b4a4af51ff6, 0x3ffa309bf0000000, 0xbe422226e5f58556,
  0x3ffa5503b0000000, 0x3e35cdd5b31197ba, 0x3ffa799e10000000, 0x3e3ed910c1272979,
  0x3ffa9e6b58000000, 0xbe3844d4a161eb20, 0x3ffac36bc0000000, 0xbdfa557826e5aa37,
  0x3ffae89f98000000, 0x3e29c72f01362449, 0x3ffb0e0728000000, 0x3e2d66883218295d,
  0x3ffb33a2b8000000, 0x3e074253dd0b8576, 0x3ffb597290000000, 0xbe33b1f75fe53875,
  0x3ffb7f76f0000000, 0x3e3bc2ce1b05db11, 0x3ffba5b030000000, 0x3e174c0a781f7afd,
  0x3ffbcc1e90000000, 0x3e05cd7d4b63b698, 0x3ffbf2c258000000, 0x3e4196915bf81540,
  0x3ffc199be0000000, 0xbe36961b3bf88747, 0x3ffc40ab60000000, 0xbd7ae9994b5d3484,
  0x3ffc67f130000000, 0xbe2ddd9c7007b3cd, 0x3ffc8f6d98000000, 0xbe41ce5db3f8bac7,
  0x3ffcb720e0000000, 0xbe3b5151d57fd718, 0x3ffcdf0b58000000, 0xbe375a66c73cbcee,
  0x3ffd072d48000000, 0x3e31e5d4261b3e07, 0x3ffd2f8708000000, 0x3dddb05292f29e5f,
  0x3ffd5818e0000000, 0xbe3a5217ca913fea, 0x3ffd80e318000000, 0xbe250c23f58ea456,
  0x3ffda9e600000000, 0x3e40a3cc9a5d193a, 0x3ffdd321f0000000, 0x3e39cebe435d0e3e,
  0x3ffdfc9730000000, 0x3e3dbbc214c4b51f, 0x3ffe264618000000, 0xbe39d1285364f7dc,
  0x3ffe502ee8000000, 0xbe0ecfca7983a1a8, 0x3ffe7a51f8000000, 0x3e3fbce0c1803753,
  0x3ffea4afa0000000, 0x3e361428dbdf59d5, 0x3ffecf4830000000, 0xbe344e1b1fe86d4d,
  0x3ffefa1bf0000000, 0xbe2ac576e6a93e2b, 0x3fff252b38000000, 0xbe130ae5f3f4ad68,
  0x3fff507658000000, 0x3e3c0c0461e3ab4f, 0x3fff7bfdb0000000, 0xbe336a26aa6201f2,
  0x3fffa7c180000000, 0x3e2a314831b2b707, 0x3fffd3c228000000, 0x3e3ca3273686afa5,])

// @ts-ignore: decorator
@inline
export function tableS(j: usize): f64 {
  return load<f64>(TABLE + (j << 4))
}

// @ts-ignore: decorator
@inline
export function tableST(j: usize): f64 {
  return load<f64>(TABLE + (j << 4), 8)
}

/**
 * Writes 2^q S and t of e^d for a pair of distances d = dh + dl, at `out` and 16 bytes on: both 0 where d is below
 * {@link LOWEST}.
 */
// @ts-ignore: decorator
@inline
export function expPair(dh: v128, dl: v128, out: usize): void {
  const shifted = f64x2.add(f64x2.mul(dh, f64x2.splat(INVERSE)), f64x2.splat(SHIFT))
  const k = f64x2.sub(shifted, f64x2.splat(SHIFT))
  const rest = f64x2.add(dl, f64x2.mul(k, f64x2.splat(L2L)))
  const r = f64x2.add(f64x2.add(dh, f64x2.mul(k, f64x2.splat(L2H))), rest)
  const r2 = f64x2.mul(r, r)
  const low = f64x2.add(f64x2.splat(C2), f64x2.mul(r, f64x2.splat(C3)))
  const high = f64x2.add(f64x2.splat(C4), f64x2.mul(r, f64x2.splat(C5)))
  const p = f64x2.add(r, f64x2.mul(r2, f64x2.add(low, f64x2.mul(r2, high))))

  const j = v128.and(shifted, i64x2.splat(127))
  const even = TABLE + ((<usize>i64x2.extract_lane(j, 0)) << 4)
  const odd = TABLE + ((<usize>i64x2.extract_lane(j, 1)) << 4)
  const s = v128.load64_lane(odd, v128.load64_zero(even), 1)
  const st = v128.load64_lane(odd, v128.load64_zero(even, 8), 1, 8)
  const scaled = i64x2.add(s, i64x2.shl(i64x2.sub(shifted, j), 45))
  const t = f64x2.add(p, f64x2.add(st, f64x2.mul(st, p)))

  const alive = f64x2.ge(dh, f64x2.splat(LOWEST))
  v128.store(out, v128.and(scaled, alive))
  v128.store(out, v128.and(t, alive), 16)
}

/** As {@link expPair} for one distance, however small: writes S and t at `out` and 8 bytes on, and returns q. */
export function expApart(dh: f64, dl: f64, out: usize): i32 {
  if (dh < -900) return LEAST_POWER
  const shifted = dh * INVERSE + SHIFT
  const k = shifted - SHIFT
  const r = dh + k * L2H + (dl + k * L2L)
  const r2 = r * r
  const p = r + r2 * (C2 + r * C3 + r2 * (C4 + r * C5))
  const j = <i32>k & 127
  store<f64>(out, tableS(j))
  store<f64>(out, p + (tableST(j) + tableST(j) * p), 8)
  return <i32>k >> 7
}

/** Powers of two below it make 0 of whatever is scaled by them. */
const LEAST_POWER: i32 = -1201

/**
 * (head + tail) 2^q rounded once, for head in (0, 2) and |tail| <= ulp(head) / 2, also where the result is subnormal:
 * there head is rounded to the result's last place by adding a power of two, and the tail decides where that was a tie.
 */
export function scale(head: f64, tail: f64, q: i32): f64 {
  if (q <= LEAST_POWER) return 0
  const least = reinterpret<f64>((<u64>(1 - q)) << 52)
  if (head >= least) return head * power(q + 600) * power(-600)
  const rounded = least + head
  const left = head - (rounded - least)
  const place = least * f64.EPSILON
  const tie = abs(left) * 2 == place && left * tail > 0
  return (rounded - least + (tie ? copysign(place, left) : 0)) * power(q + 600) * power(-600)
}

// @ts-ignore: decorator
@inline
function power(q: i32): f64 {
  return reinterpret<f64>((<u64>(q + 1023)) << 52)
}
