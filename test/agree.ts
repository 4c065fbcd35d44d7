/** Both lanes on one text. */
import type { ScoreOptions } from 'softmax-stream'
import { expect } from 'vitest'
import { type Outcome, run, told } from './streams.js'

/** What has to be the same. */
export function sameIn({ text, error, stats, warnings }: Outcome) {
  const { lane: _, bytes: __, ...counts } = stats
  return { text, error: told(error), warnings, ...(!error && counts) }
}

/** How a text comes: in chunks of a size, to so many threads. */
export interface Way {
  size: number
  jobs: number
}

/** What both lanes make of a text: the same, however it comes, or the test fails. Returns what it is. */
export async function both(text: string | Buffer, options: ScoreOptions, ways: Way[]): Promise<Outcome> {
  const general = await run(text, { ...options, lane: 'general' })
  for (const { size, jobs } of ways) {
    const fast = await run(text, { ...options, lane: 'fast', jobs }, size)
    if (!isSame(general, fast)) expect({ size, jobs, ...sameIn(fast) }).toEqual({ size, jobs, ...sameIn(general) })
  }
  return general
}

/** Much faster than `expect` on long texts. */
export function isSame(one: Outcome, other: Outcome): boolean {
  return one.bytes.equals(other.bytes) && JSON.stringify(sameIn(one)) === JSON.stringify(sameIn(other))
}
