/** Shares of the parts, for processes that know nothing of each other. */
import type { Part } from './listing.js'

/** The I-th of N shares, I from 1. */
export interface Share {
  index: number
  count: number
}

/** What a part takes beside the work that its bytes are, in bytes. */
const PER_PART = 1 << 18

/** The share that `I/N` names. */
export function shareOf(text: string): Share {
  const [index, count] = text.split('/').map(Number)
  return { index: index!, count: count! }
}

/**
 * The parts of a share, in the order of the listing. Each part, the largest first, goes to the share that has least so
 * far (Graham 1969, at most 4/3 of the best balance), which depends only on the listing.
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

/** The position of the smallest, the first of equal ones. */
function leastOf(loads: Float64Array): number {
  let least = 0
  for (let index = 1; index < loads.length; index++) if (loads[index]! < loads[least]!) least = index
  return least
}
