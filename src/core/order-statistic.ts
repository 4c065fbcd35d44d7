/**
 * One of many probabilities by its rank, exactly and in constant memory: they are counted in parts of a range, and the part
 * that holds the one is divided again, until a part is one double. From 0 on, the bits of doubles are ordered as they are.
 */

/** A range to count in: from the double `lowest` on, in parts of 2^shift doubles each. */
export interface Range {
  lowest: number
  shift: number
}

/** All doubles from 0 to 1, in as many parts as are counted: bits above these are the same. */
export const WHOLE: Range = { lowest: 0, shift: 46 }
/** As many bits as one count divides a range by. */
const BITS = 16

/** The probability of a rank, from 1 for the least; `parts` are the counts of the whole range, `count` gives those of others. */
export async function probabilityAt(
  rank: number,
  parts: Float64Array,
  count: (range: Range) => Promise<Float64Array>,
): Promise<number> {
  let bits = 0n
  let left = rank
  let counts = parts
  for (let { shift } = WHOLE; ; shift = Math.max(0, shift - BITS)) {
    if (shift < WHOLE.shift) counts = await count({ lowest: doubleOf(bits), shift })
    let part = 0
    while (left > counts[part]!) left -= counts[part++]!
    bits += BigInt(part) << BigInt(shift)
    if (shift === 0) return doubleOf(bits)
  }
}

function doubleOf(bits: bigint): number {
  return new Float64Array(BigUint64Array.of(bits).buffer)[0]!
}
