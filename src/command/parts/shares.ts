/** Splits parts into shares, without communication between processes. */
import type { Part } from './listing.js'

/** Share I of N, with I from 1. */
export interface Share {
  index: number
  count: number
}

/** The fixed cost of a part, in equivalent bytes. */
const PER_PART = 1 << 18

/** Parses `I/N`. */
export function shareOf(text: string): Share {
  const [index, count] = text.split('/').map(Number)
  return { index: index!, count: count! }
}

/**
 * The parts of a share, in listing order. Each part, largest first, is assigned to the share with the smallest load so
 * far (Graham 1969, at most 4/3 of the optimum), which depends only on the listing.
 */
export function partsOfShare(parts: readonly Part[], { index, count }: Share): Part[] {
  const loads = new Float64Array(count)
  const mine = new Set<Part>()
  const largestFirst = [...parts].sort((a, b) => b.bytes - a.bytes)
  for (const part of largestFirst) {
    const least = leastOf(loads)
    loads[least]! += part.bytes + PER_PART
    if (least === index - 1) mine.add(part)
  }
  return parts.filter((part) => mine.has(part))
}

/** The index of the minimum, the first of equal ones. */
function leastOf(loads: Float64Array): number {
  let least = 0
  for (let index = 1; index < loads.length; index++) if (loads[index]! < loads[least]!) least = index
  return least
}
