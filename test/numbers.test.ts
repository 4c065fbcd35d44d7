/**
 * Numbers read and written by the fast lane, compared with JavaScript: the logsumexp of one logit is that logit, so a
 * column of numbers becomes `String(Number(cell))` if every cell is read and every double is written exactly.
 *
 * A sample by default. `COUNT=10000000 npx vitest run test/numbers.test.ts` tests that many numbers per test (some
 * minutes each); `SEED=7` tests others.
 */
import type { ScoreOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { NUMBERS } from './cells.js'
import { randomFrom } from './random.js'
import { run } from './streams.js'

const COUNT = Number(process.env.COUNT ?? 200_000)
const SEED = Number(process.env.SEED ?? 20261124)
/** The number of cells scored at once. */
const BATCH = 10_000

/** Batches of numeric cells of all kinds. */
function* batches(seed: number): Generator<string[]> {
  const random = randomFrom(seed)
  for (let made = 0; made < COUNT; made += BATCH) {
    const cells: string[] = []
    for (let index = 0; cells.length < BATCH; index++) {
      const cell = NUMBERS[index % NUMBERS.length]!(random)
      if (Number.isFinite(Number(cell))) cells.push(cell)
    }
    yield cells
  }
}

/** Sends cells through the fast lane, each batch with the next set of options, and compares the output. */
async function compare(ways: { options: ScoreOptions; expected(value: number): string }[]): Promise<void> {
  let compared = 0
  for (const cells of batches(SEED)) {
    const { options, expected } = ways[(compared / BATCH) % ways.length]!
    const input = `logit_a\n${cells.join('\n')}\n`
    const { text, error } = await run(input, { emit: 'logsumexp', lane: 'fast', outputHeader: false, ...options })
    expect(error).toBeUndefined()
    const lines = text.split('\n')
    const wrong = cells.flatMap((cell, index) => {
      const right = expected(Number(cell))
      return lines[index] === right ? [] : [{ cell, right, line: lines[index], options }]
    })
    expect(wrong.slice(0, 5)).toEqual([])
    compared += lines.length - 1
  }
  expect(compared).toBe(BATCH * Math.ceil(COUNT / BATCH))
}

/** The shortest decimal that round-trips as the float32 nearest to a value, and the closest of these: by definition. */
function shortestFloat32(value: number): string {
  const single = Math.fround(value)
  if (!Number.isFinite(single) || single === 0) return String(single)
  for (let digits = 1; ; digits++) {
    const nearest = single.toPrecision(digits)
    const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e(.+))?$/.exec(nearest)!
    const beside = (units: bigint) => `${sign}${BigInt(whole + fraction) + units}e${Number(exponent) - fraction.length}`
    const found = [nearest, beside(1n), beside(-1n)].find((text) => Math.fround(Number(text)) === single)
    if (found !== undefined) return String(Number(found))
  }
}

const precisions = Array.from({ length: 17 }, (_, index) => index + 1)
const rounded = (value: number, precision: number) => String(Number(value.toPrecision(precision)))

describe(`of ${COUNT} numbers, each`, { timeout: Math.max(60_000, COUNT / 5) }, () => {
  it('is read as by Number and written as by String', () => compare([{ options: {}, expected: String }]))

  it('is written with --float32 in the shortest digits that read back as that float32', () =>
    compare([{ options: { float32: true }, expected: shortestFloat32 }]))

  it('is written with --precision as toPrecision rounds it', () =>
    compare(
      precisions.map((precision) => ({ options: { precision }, expected: (value) => rounded(value, precision) })),
    ))

  it('is written with --float32 and --precision as toPrecision rounds the float32', () =>
    compare(
      precisions.map((precision) => ({
        options: { float32: true, precision },
        expected: (value) => rounded(Math.fround(value), precision),
      })),
    ))
})
