/** Harmonic sums, with as many terms as there are rows. */

/**
 * 1 / (from + 1) + ... + 1 / to, with a relative error of about 2^-50: term by term up to FIRST, then by the
 * Euler-Maclaurin formula, whose next term is below 2^-60. The logarithm is computed here as a series, because
 * `Math.log` is not bit-identical across platforms.
 */
export function harmonicBetween(from: number, to: number): number {
  let sum = 0
  let low = from
  for (; low < to && low < FIRST; low++) sum += 1 / (low + 1)
  return low < to ? sum + logOfQuotient(low, to) + (correction(to) - correction(low)) : sum
}

const FIRST = 256

/** The harmonic number H(n) minus log n and a constant. */
function correction(n: number): number {
  return 1 / (2 * n) - 1 / (12 * n * n) + 1 / (120 * n * n * n * n)
}

/** log(b / a): in steps, each 2 atanh((b - a) / (b + a)) with a quotient of at most 1/3. */
function logOfQuotient(a: number, b: number): number {
  let log = 0
  for (let low = a; low < b; low *= 2) log += doubleAtanh(Math.min(b, 2 * low), low)
  return log
}

function doubleAtanh(high: number, low: number): number {
  const z = (high - low) / (high + low)
  let sum = 0
  for (let power = TERMS; power > 0; power--) sum = (sum + 1 / (2 * power + 1)) * z * z
  return 2 * (z + z * sum)
}

const TERMS = 16
