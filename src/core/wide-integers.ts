/** Conversions from and to 64-bit integers. In loops, as `from` of typed arrays takes ten times as long with a function. */

/** Integers as doubles, rounded to the nearest. */
export function doublesOf(integers: BigInt64Array | BigUint64Array): Float64Array {
  const doubles = new Float64Array(integers.length)
  for (let at = 0; at < doubles.length; at++) doubles[at] = Number(integers[at]!)
  return doubles
}

/** Numbers without a fraction as 64-bit integers. */
export function integersOf(numbers: ArrayLike<number | bigint>): BigInt64Array {
  const integers = new BigInt64Array(numbers.length)
  for (let at = 0; at < integers.length; at++) integers[at] = BigInt(numbers[at]!)
  return integers
}
