/** Runs both lanes on one text. */
import type { ScoreOptions } from 'softmax-stream'
import { expect } from 'vitest'
import type { Random } from './random.js'
import { type Outcome, reported, run } from './streams.js'

/** What must be equal. */
export function sameIn(outcome: Outcome) {
  return { text: outcome.text, ...sameBesideBytes(outcome) }
}

function sameBesideBytes({ error, stats, warnings }: Outcome) {
  const { lane: _, bytes: __, ...counts } = stats
  return { error: reported(error), warnings, ...(!error && counts) }
}

/** How a text arrives: the chunk size, and the number of threads. */
export interface Way {
  size: number
  jobs: number
}

const COLUMNS = ['probs', 'label', 'index', 'confidence', 'margin', 'entropy', 'logsumexp'] as const

/** A value with a probability of 1 / `odds`. */
export function maybe<T>(random: Random, odds: number, value: () => T): T | undefined {
  return random.below(odds) === 0 ? value() : undefined
}

/** Random options that every lane accepts; `labels` is the prefix of class names. */
export function anyOptions(random: Random, classes: number, labels: readonly string[]): ScoreOptions {
  return {
    op: random.of(['softmax', 'softmax', 'log-softmax']),
    emit: maybe(random, 2, () => {
      const some = COLUMNS.filter(() => random.below(2) === 0)
      return some.length > 0 ? some : COLUMNS
    }),
    topK: maybe(random, 4, () => 1 + random.below(classes)),
    temperature: maybe(random, 4, () => random.of([0.5, 2, 3.7, 1e-3, 1e300, 5e-324])),
    precision: maybe(random, 4, () => 1 + random.below(17)),
    float32: maybe(random, 4, () => true),
    missing: maybe(random, 2, () => random.of(['-inf', 'nan'])),
    nonfinite: maybe(random, 2, () => random.of(['propagate', 'null'])),
    onError: random.of(['skip', 'skip', 'fail']),
    labels: maybe(random, 6, () => Array.from({ length: classes }, (_, index) => `${random.of(labels)}${index}`)),
  }
}

/** Options without what arrays do not have, nulls, or what the fast lane does not write: those of the most probable classes. */
export function fastOptions({ topK, ...options }: ScoreOptions): ScoreOptions {
  const { to, nonfinite } = options
  if (to !== 'npy' && to !== 'npz' && to !== 'safetensors') return { ...options, topK }
  return {
    ...options,
    nonfinite: nonfinite === 'null' ? 'propagate' : nonfinite,
    topK: to === 'npy' ? topK : undefined,
  }
}

/** Scores a text in both lanes and in several ways; fails unless all agree, and returns the result. */
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
  const beside = [one, other].map((outcome) => JSON.stringify(sameBesideBytes(outcome)))
  return one.bytes.equals(other.bytes) && beside[0] === beside[1]
}
