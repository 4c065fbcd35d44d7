/**
 * Minimum and maximum of numbers. `range` holds the results so far, in eight bytes each, and is updated; for
 * floating-point numbers, the number of NaNs follows.
 */

/** A NaN is neither less nor greater than any number. */
export function rangeOfDoubles(at: usize, count: u32, range: usize): void {
  let least = v128.load64_splat(range)
  let most = v128.load64_splat(range + 8)
  let nans = i64x2.splat(0)
  const end = at + (<usize>count << 3)
  for (; at + 16 <= end; at += 16) {
    const x = v128.load(at)
    least = f64x2.pmin(least, x)
    most = f64x2.pmax(most, x)
    nans = i64x2.sub(nans, f64x2.ne(x, x))
  }
  addDouble(f64x2.extract_lane(least, 0), f64x2.extract_lane(most, 0), range)
  addDouble(f64x2.extract_lane(least, 1), f64x2.extract_lane(most, 1), range)
  addNans(<u32>(i64x2.extract_lane(nans, 0) + i64x2.extract_lane(nans, 1)), range)
  for (; at < end; at += 8) {
    const x = load<f64>(at)
    addDouble(x, x, range)
    addNans(u32(x != x), range)
  }
}

export function rangeOfFloats(at: usize, count: u32, range: usize): void {
  let least = f32x4.splat(<f32>load<f64>(range))
  let most = f32x4.splat(<f32>load<f64>(range + 8))
  let nans = i32x4.splat(0)
  const end = at + (<usize>count << 2)
  for (; at + 16 <= end; at += 16) {
    const x = v128.load(at)
    least = f32x4.pmin(least, x)
    most = f32x4.pmax(most, x)
    nans = i32x4.sub(nans, f32x4.ne(x, x))
  }
  addDouble(f32x4.extract_lane(least, 0), f32x4.extract_lane(most, 0), range)
  addDouble(f32x4.extract_lane(least, 1), f32x4.extract_lane(most, 1), range)
  addDouble(f32x4.extract_lane(least, 2), f32x4.extract_lane(most, 2), range)
  addDouble(f32x4.extract_lane(least, 3), f32x4.extract_lane(most, 3), range)
  const pairs = i32x4.add(nans, v128.shuffle<u32>(nans, nans, 2, 3, 0, 1))
  addNans(<u32>(i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1)), range)
  for (; at < end; at += 4) {
    const x = load<f32>(at)
    addDouble(x, x, range)
    addNans(u32(x != x), range)
  }
}

// @ts-ignore: decorator
@inline
function addDouble(least: f64, most: f64, range: usize): void {
  if (least < load<f64>(range)) store<f64>(range, least)
  if (most > load<f64>(range, 8)) store<f64>(range, most, 8)
}

// @ts-ignore: decorator
@inline
function addNans(count: u32, range: usize): void {
  store<u32>(range, load<u32>(range, 16) + count, 16)
}

/** For unsigned numbers, `flip` is the sign bit; otherwise 0. */
export function rangeOfLongs(at: usize, count: u32, flip: u32, range: usize): void {
  const sign = <u64>flip << 32
  let least = <i64>(load<u64>(range) ^ sign)
  let most = <i64>(load<u64>(range, 8) ^ sign)
  for (const end = at + (<usize>count << 3); at < end; at += 8) {
    const x = <i64>(load<u64>(at) ^ sign)
    least = min(least, x)
    most = max(most, x)
  }
  store<u64>(range, <u64>least ^ sign)
  store<u64>(range, <u64>most ^ sign, 8)
}

/** The same for 32-bit integers, with 64-bit results. */
export function rangeOfIntegers(at: usize, count: u32, flip: u32, range: usize): void {
  let least = <i32>(load<u32>(range) ^ flip)
  let most = <i32>(load<u32>(range, 8) ^ flip)
  for (const end = at + (<usize>count << 2); at < end; at += 4) {
    const x = <i32>(load<u32>(at) ^ flip)
    least = min(least, x)
    most = max(most, x)
  }
  store<u32>(range, <u32>least ^ flip)
  store<u32>(range, <u32>most ^ flip, 8)
}
