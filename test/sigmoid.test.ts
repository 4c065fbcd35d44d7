/**
 * Sigmoids against mpmath. `ROWS=rows.ndjson npx vitest run test/sigmoid.test.ts` takes as many rows as
 * `fixtures/sigmoid.py` was asked for in place of the fixture.
 */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { logSigmoid, type ScoreOptions, sigmoid, softmaxMatrix } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run } from './streams.js'
import { ulps } from './ulp.js'

interface Reference {
  logits: number[]
  temperature: number
  sigmoid: number[]
  log_sigmoid: number[]
}

const FIXTURE = new URL('../fixtures/sigmoid.ndjson', import.meta.url)
const rows: Reference[] = readFileSync(process.env.ROWS ?? FIXTURE, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

describe.each([
  { op: 'sigmoid', key: 'sigmoid' },
  { op: 'log-sigmoid', key: 'log_sigmoid' },
] as const)(`$op of ${rows.length} rows`, { timeout: 600_000 }, ({ op, key }) => {
  it('is within 1 ulp, and 99 % are the double nearest to the exact value', () => {
    const errors = rows.flatMap(({ logits, temperature, [key]: expected }) => {
      const { values } = softmaxMatrix(logits, 1, logits.length, { op, temperature })
      return Array.from(values, (value, index) => ulps(value, expected[index]!))
    })
    const exact = errors.filter((error) => error === 0).length / errors.length
    if (process.env.ROWS) console.log(`${op}: worst ${Math.max(...errors.slice(0, 1e5))} ulp, ${100 * exact} % exact`)
    expect(errors.every((error) => error <= 1)).toBe(true)
    expect(exact).toBeGreaterThan(0.99)
  })

  it.each([
    { logit: Number.POSITIVE_INFINITY, sigmoid: 1, 'log-sigmoid': 0 },
    { logit: Number.NEGATIVE_INFINITY, sigmoid: 0, 'log-sigmoid': Number.NEGATIVE_INFINITY },
    { logit: -1000, sigmoid: 0, 'log-sigmoid': -1000 },
    { logit: 1000, sigmoid: 1, 'log-sigmoid': 0 },
  ])('of $logit is its limit', ({ logit, ...expected }) => {
    expect([...softmaxMatrix([0, logit], 1, 2, { op }).values][1]).toBe(expected[op])
  })

  it('of NaN is an error, or NaN where that is asked for, and leaves the other classes alone', () => {
    const logits = [0, Number.NaN]
    expect(() => softmaxMatrix(logits, 1, 2, { op })).toThrow(expect.objectContaining({ code: 'E_NONFINITE' }))
    const [first, second] = softmaxMatrix(logits, 1, 2, { op, nonfinite: 'propagate' }).values
    expect(first).toBe(op === 'sigmoid' ? 0.5 : -Math.LN2)
    expect(second).toBe(Number.NaN)
  })

  it('is the same in every lane, for every width of rows', async () => {
    for (const classes of [1, 2, 3, 10, 300]) {
      const all = rows.flatMap(({ logits, temperature }) => (temperature === 1 ? logits : []))
      const matrix = all.slice(0, Math.floor(all.length / classes) * classes)
      const lines = Array.from({ length: matrix.length / classes }, (_, row) =>
        matrix.slice(row * classes, (row + 1) * classes).join(','),
      )
      const header = Array.from({ length: classes }, (_, index) => `logit_${index}`).join(',')
      const text = Buffer.from(`${[header, ...lines].join('\n')}\n`)
      const options: ScoreOptions = { op, keep: false, emit: 'probs', outputHeader: false }
      const { values } = softmaxMatrix(matrix, lines.length, classes, { op })
      for (const lane of ['fast', 'general'] as const) {
        const { bytes } = await run(text, { ...options, lane })
        expect(bytes.toString().trim().split(/[\n,]/).map(Number), `${lane}, ${classes}`).toEqual([...values])
      }
    }
  })
})

it('gives each class its confidence, and no number to all of them together', () => {
  const { confidence, margin } = softmaxMatrix([0, 2, 1], 1, 3, { op: 'sigmoid', emit: 'confidence,margin' })
  expect([...confidence!]).toEqual([0.8807970779778824])
  expect([...margin!]).toEqual([0.8807970779778824 - 0.7310585786300049])
  for (const emit of ['entropy', 'logsumexp'] as const) {
    expect(() => softmaxMatrix([0, 2, 1], 1, 3, { op: 'sigmoid', emit })).toThrow(
      expect.objectContaining({ code: 'E_CONFLICT', message: expect.stringContaining(emit) }),
    )
  }
})

it('streams predictions', async () => {
  const predictions = await Readable.from([[0, -40]])
    .compose(sigmoid())
    .toArray()
  expect(predictions).toEqual([{ probabilities: [0.5, 4.248354255291589e-18], index: 0, label: '0' }])
  const logs = await Readable.from([[0, -40]])
    .compose(logSigmoid())
    .toArray()
  expect(logs).toEqual([{ logProbabilities: [-Math.LN2, -40], index: 0, label: '0' }])
})
