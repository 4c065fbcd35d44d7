/**
 * Fuzz test from a seed: FUZZ_SECONDS sets the duration, FUZZ_SEED the start. Input n uses seed + n, so that a failure
 * can be reproduced alone. Earlier findings are in `fixtures/found`.
 */
import type { ScoreOptions } from 'softmax-stream'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { FaultCounts, table } from '../faults/fault-counts.js'
import { type Random, randomFrom } from '../random.js'
import { corpus, found } from './corpus.js'
import { mutated } from './mutation.js'
import { commandTrial, OPTIONS, POLICIES, trial } from './trial.js'

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 3)
const SEED = Number(process.env.FUZZ_SEED ?? 20261124)

/** Far more than any input takes; a longer run counts as a hang. */
const MOST_SECONDS = 60
/** How much memory a run may add: the test holds several copies of each input. */
const MOST_MEMORY = 600 * 2 ** 20

vi.setConfig({ testTimeout: 1000 * (SECONDS + 120) })

const counts = new FaultCounts("the fuzzer's inputs")
afterAll(() => console.log(table([counts])))

/** What is wrong under any policy, and under which one. */
async function wrong(input: Buffer, options: ScoreOptions, random: Random) {
  for (const policy of POLICIES) {
    const what = await trial(input, { ...policy, ...options }, random)
    if (what) return { what, options: { ...policy, ...options }, input: input.toString('latin1') }
  }
  return undefined
}

describe('what was found once', () => {
  it.each(found())('$name is right under all options and policies', async ({ bytes }) => {
    for (const options of OPTIONS) expect(await wrong(bytes, options, randomFrom(1))).toBeUndefined()
    for (const policy of ['fail', 'skip'] as const) expect(await commandTrial(bytes, policy)).toBeUndefined()
  })
})

describe('an input that nobody would write', () => {
  it('is scored alike in both lanes and all chunks, every row accounted for, or refused in one line', async () => {
    const inputs = corpus()
    const before = process.resourceUsage().maxRSS
    const end = performance.now() + 1000 * SECONDS
    for (let seed = SEED; performance.now() < end; seed++) {
      const random = randomFrom(seed)
      const input = mutated(inputs, random)
      const options = random.of(OPTIONS)
      const started = performance.now()
      const found = await wrong(input, options, random)
      const isSlow = performance.now() - started > 1000 * MOST_SECONDS
      counts.add(isSlow ? ['hangs'] : found ? ['rows lost'] : [])
      expect({ seed, isSlow, found }).toEqual({ seed, isSlow: false, found: undefined })
    }
    expect(1024 * (process.resourceUsage().maxRSS - before)).toBeLessThan(MOST_MEMORY)
  })

  it('is reported by the command as by the API', async () => {
    const inputs = corpus()
    const end = performance.now() + 250 * SECONDS
    for (let seed = SEED; performance.now() < end; seed++) {
      const random = randomFrom(seed)
      const input = mutated(inputs, random)
      const found = await commandTrial(input, random.of(['fail', 'skip'] as const))
      counts.add(found ? ['wrong statuses'] : [])
      expect({ seed, found }).toEqual({ seed, found: undefined })
    }
  })
})
