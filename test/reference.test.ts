import { readFileSync } from 'node:fs'
import { softmaxMatrix } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { ulps } from './ulp.js'

interface Reference {
  logits: number[]
  temperature: number
  softmax: number[]
  log_softmax: number[]
  logsumexp: number
  entropy: number
}

const reviveMasked = (_: string, value: unknown) => (value === '-Infinity' ? -Infinity : value)
const rows: Reference[] = readFileSync(new URL('../fixtures/reference.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line, reviveMasked))

/** The largest difference in ulps between a row's columns and mpmath's values. */
function worst(actual: (row: Reference) => ArrayLike<number>, expected: (row: Reference) => number[]) {
  return Math.max(...rows.flatMap((row) => Array.from(actual(row), (value, i) => ulps(value, expected(row)[i]!))))
}

const score = (row: Reference, op: 'softmax' | 'log-softmax') =>
  softmaxMatrix(row.logits, 1, row.logits.length, {
    op,
    temperature: row.temperature,
    emit: 'confidence,margin,entropy,logsumexp',
  })

describe.each(['softmax', 'log-softmax'] as const)('%s of reference.ndjson', (op) => {
  it('is within 1 ulp', () => {
    expect(
      worst(
        (row) => score(row, op).values,
        (row) => (op === 'softmax' ? row.softmax : row.log_softmax),
      ),
    ).toBeLessThanOrEqual(1)
  })

  it('has the logsumexp, correctly rounded', () => {
    expect(
      worst(
        (row) => score(row, op).logsumexp!,
        (row) => [row.logsumexp],
      ),
    ).toBe(0)
  })

  it('has the entropy, within 4 ulp', () => {
    expect(
      worst(
        (row) => score(row, op).entropy!,
        (row) => [row.entropy],
      ),
    ).toBeLessThanOrEqual(4)
  })

  it('has the largest probability as confidence, and its distance from the second as margin', () => {
    const sorted = (row: Reference) => [...row.softmax, 0].sort((a, b) => b - a)
    expect(
      worst(
        (row) => score(row, op).confidence!,
        (row) => [sorted(row)[0]!],
      ),
    ).toBe(0)
    expect(
      worst(
        (row) => score(row, op).margin!,
        (row) => [sorted(row)[0]! - sorted(row)[1]!],
      ),
    ).toBe(0)
  })
})
