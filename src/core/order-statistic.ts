/**
 * Finds a probability by its rank, exactly and in constant memory: counts per part of a range, then subdivides the part
 * that contains it until it is a single double. The bits of nonnegative doubles have the order of their values.
 */

/** A range to count in: from the double `lowest` on, in parts of 2^shift doubles. */
export interface Range {
  lowest: number
  shift: number
}

/** All doubles from 0 to 1; the bits above those that are counted are constant. */
export const ALL_DOUBLES: Range = { lowest: 0, shift: 46 }
/** The number of bits that each pass resolves. */
const BITS = 16

/**
 * The probability of a rank, from 1 for the smallest; `parts` are the counts of the full range, `count` returns those
 * of another.
 */
export async function probabilityAt(
  rank: number,
  parts: Float64Array,
  count: (range: Range) => Promise<Float64Array>,
): Promise<number> {
  let bits = 0n
  let left = rank
  let counts = parts
  for (let { shift } = ALL_DOUBLES; ; shift = Math.max(0, shift - BITS)) {
    if (shift < ALL_DOUBLES.shift) counts = await count({ lowest: doubleOf(bits), shift })
    let part = 0
    while (left > counts[part]!) left -= counts[part++]!
    bits += BigInt(part) << BigInt(shift)
    if (shift === 0) return doubleOf(bits)
  }
}

function doubleOf(bits: bigint): number {
  return new Float64Array(BigUint64Array.of(bits).buffer)[0]!
}
