/**
 * Temperatures against mpmath, which divides the logits exactly. `ROWS=rows.ndjson npx vitest run
 * test/temperature.test.ts` takes as many rows as `fixtures/temperature.py` was asked for in place of the fixture.
 */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { type ScoreOptions, softmaxMatrix } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run } from './streams.js'
import { predict, predictLog } from './support.js'
import { ulps } from './ulp.js'

interface Reference {
  logits: number[]
  temperature: number
  softmax: number[]
  log_softmax: number[]
  logsumexp: number
  entropy: number
}

const FIXTURE = new URL('../fixtures/temperature.ndjson', import.meta.url)
const reviveInfinite = (_: string, value: unknown) => (/^-?Infinity$/.test(String(value)) ? Number(value) : value)
const rows: Reference[] = readFileSync(process.env.ROWS ?? FIXTURE, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line, reviveInfinite))

const SUMMARY = 'confidence,margin,entropy,logsumexp'
const score = ({ logits, temperature }: Pick<Reference, 'logits' | 'temperature'>, op: 'softmax' | 'log-softmax') =>
  softmaxMatrix(logits, 1, logits.length, { op, temperature, emit: SUMMARY })

/** How many ulps each value is from the expected one. */
const errors = (actual: ArrayLike<number>, expected: readonly number[]) =>
  Array.from(actual, (value, index) => ulps(value, expected[index]!))

describe(`${rows.length} rows divided by a temperature`, { timeout: 600_000 }, () => {
  it.each([
    { op: 'softmax', key: 'softmax' },
    { op: 'log-softmax', key: 'log_softmax' },
  ] as const)('have the exact $op within 1 ulp, and at least 99.5 % correctly rounded', ({ op, key }) => {
    const all = rows.flatMap((row) => errors(score(row, op).values, row[key]))
    const equal = all.filter((error) => error === 0).length / all.length
    expect(all.reduce((worst, error) => Math.max(worst, error), 0)).toBeLessThanOrEqual(1)
    expect(equal).toBeGreaterThanOrEqual(0.995)
  })

  it('have the largest probability as confidence, and its distance from the second as margin', () => {
    for (const row of rows) {
      const { confidence, margin, values } = score(row, 'softmax')
      const [first, second = 0] = Array.from(values).sort((a, b) => b - a)
      expect([confidence![0], margin![0]]).toEqual([first, first! - second])
      expect(ulps(confidence![0]!, Math.max(...row.softmax))).toBeLessThanOrEqual(1)
    }
  })

  it('have the logsumexp, correctly rounded, and the entropy, within 4 ulp', () => {
    for (const row of rows) {
      const { logsumexp, entropy } = score(row, 'softmax')
      expect(errors(logsumexp!, [row.logsumexp])).toEqual([0])
      expect(ulps(entropy![0]!, row.entropy)).toBeLessThanOrEqual(4)
    }
  })

  it('have the first of the largest logits as index', () => {
    for (const row of rows) expect(score(row, 'softmax').index[0]).toBe(row.logits.indexOf(Math.max(...row.logits)))
  })
})

const logits = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 1, maxLength: 30 })
const temperature = fc.double({ min: 2 ** -20, max: 2 ** 20, noNaN: true })
const OPERATIONS = ['softmax', 'log-softmax'] as const

describe('a temperature', () => {
  it('keeps the order of the logits, and what is equal', () => {
    fc.assert(
      fc.property(logits, temperature, fc.constantFrom(...OPERATIONS), (row, temperature, op) => {
        const { values } = score({ logits: row, temperature }, op)
        const byLogit = [...row.keys()].sort((a, b) => row[a]! - row[b]!)
        for (let rank = 1; rank < row.length; rank++) {
          const [lower, upper] = [byLogit[rank - 1]!, byLogit[rank]!]
          expect(values[upper]!).toBeGreaterThanOrEqual(values[lower]!)
          if (row[lower] === row[upper]) expect(values[upper]).toBe(values[lower])
        }
      }),
    )
  })

  it('that is a power of two gives the softmax of the divided logits, bit for bit', () => {
    fc.assert(
      fc.property(logits, fc.integer({ min: -20, max: 20 }), (row, exponent) => {
        const divided = row.map((x) => x / 2 ** exponent)
        const { values } = score({ logits: row, temperature: 2 ** exponent }, 'softmax')
        expect(values).toEqual(score({ logits: divided, temperature: 1 }, 'softmax').values)
      }),
    )
  })

  it('tells apart logits whose quotients round alike', () => {
    const [first, second] = [1.75 + 2 ** -52, 1.75]
    expect(first / 3).toBe(second / 3)
    expect(softmaxMatrix([second, first], 1, 2, { temperature: 3, topK: 2 })).toMatchObject({
      index: Uint32Array.of(1),
      top: Uint32Array.of(1, 0),
    })
  })

  it('does not lose a row to a quotient that overflows', () => {
    const { values, index } = softmaxMatrix([1e308, 0, -1e308], 1, 3, { temperature: 1e-5 })
    expect([values, index[0]]).toEqual([Float64Array.of(1, 0, 0), 0])
    const { values: ties } = softmaxMatrix([1e308, 1e308, -1e308], 1, 3, { temperature: 5e-324, op: 'log-softmax' })
    expect(ties).toEqual(Float64Array.of(-Math.LN2, -Math.LN2, Number.NEGATIVE_INFINITY))
  })

  it.each([0.37, 3, 1e-5, 12345.678, 1e300])('gives the same bits everywhere: %d', async (temperature) => {
    const matrix = rows.flatMap(({ logits }) => (logits.length === 10 ? [logits] : [])).slice(0, 40)
    const input = `${'abcdefghij'.split('').join()}\n${matrix.map((row) => `${row.join()}\n`).join('')}`
    for (const [op, predictions] of [
      ['softmax', await predict(matrix, { temperature })],
      ['log-softmax', await predictLog(matrix, { temperature })],
    ] as const) {
      const expected = matrix.map((row) => Array.from(score({ logits: row, temperature }, op).values))
      const values = predictions.predictions.map((row) => row.probabilities ?? row.logProbabilities)
      expect(values).toEqual(expected)
      for (const lane of ['fast', 'general'] as const) {
        const options: ScoreOptions = { op, temperature, lane, emit: 'probs', logits: '1-10', outputHeader: false }
        const { text } = await run(input, options)
        expect(text).toBe(expected.map((row) => `${row.map(String).join()}\n`).join(''))
      }
    }
  })
})
