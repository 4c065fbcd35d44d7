import fc from 'fast-check'
import { softmaxMatrix } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { ulps } from './ulp.js'

const softmax = (logits: number[], temperature = 1) =>
  Array.from(softmaxMatrix(logits, 1, logits.length, { temperature }).values)
const logSoftmax = (logits: number[]) =>
  Array.from(softmaxMatrix(logits, 1, logits.length, { op: 'log-softmax' }).values)

const logit = fc.double({ min: -1000, max: 1000, noNaN: true })
const logits = fc.array(logit, { minLength: 1, maxLength: 50 })
/** Logits on a grid of 2^-20, which integers shift exactly. */
const gridLogits = fc
  .array(fc.integer({ min: -(2 ** 28), max: 2 ** 28 }), { minLength: 1, maxLength: 50 })
  .map((whole) => whole.map((n) => n / 2 ** 20))

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
const wrong = (values: number[], expected: number[]) => Math.max(...values.map((value, i) => ulps(value, expected[i]!)))

describe('softmax', () => {
  it('does not change when all logits are shifted', () => {
    fc.assert(
      fc.property(gridLogits, fc.integer({ min: -(2 ** 20), max: 2 ** 20 }), (row, shift) => {
        expect(wrong(softmax(row.map((x) => x + shift)), softmax(row))).toBe(0)
      }),
    )
  })

  it('of a row is the same bits alone and among others', () => {
    const shapes = fc.tuple(fc.integer({ min: 2, max: 5 }), fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(140)))
    const rows = shapes.chain(([count, classes]) => {
      const x = fc.oneof(fc.double({ min: -30, max: 30, noNaN: true }), { weight: 1, arbitrary: logit })
      const odd = fc.oneof({ weight: 40, arbitrary: x }, fc.constantFrom(-Infinity, Infinity, Number.NaN, 3000, 0, -0))
      return fc.array(fc.array(odd, { minLength: classes, maxLength: classes }), { minLength: count, maxLength: count })
    })
    fc.assert(
      fc.property(rows, fc.constantFrom(1, 0.37, 8), (rows, temperature) => {
        const options = { temperature, nonfinite: 'propagate' } as const
        const all = softmaxMatrix(rows.flat(), rows.length, rows[0]!.length, options)
        const each = rows.map((row) => softmaxMatrix(row, 1, row.length, options))
        expect(Array.from(all.values)).toEqual(each.flatMap(({ values }) => Array.from(values)))
        expect(Array.from(all.index)).toEqual(each.map(({ index }) => index[0]))
      }),
      { numRuns: 500 },
    )
  })

  it('keeps the order of the logits', () => {
    fc.assert(
      fc.property(logits, (row) => {
        for (const values of [softmax(row), logSoftmax(row)]) {
          const byLogit = [...row.keys()].sort((a, b) => row[a]! - row[b]!)
          for (let rank = 1; rank < row.length; rank++) {
            expect(values[byLogit[rank]!]!).toBeGreaterThanOrEqual(values[byLogit[rank - 1]!]!)
          }
        }
      }),
    )
  })

  it('gives equal logits equal probabilities', () => {
    fc.assert(
      fc.property(logit, fc.integer({ min: 1, max: 100 }), (x, classes) => {
        expect(new Set(softmax(Array(classes).fill(x)))).toEqual(new Set([1 / classes]))
      }),
    )
  })

  it('permutes with the classes, within 1 ulp', () => {
    fc.assert(
      fc.property(
        logits.chain((row) =>
          fc.tuple(fc.constant(row), fc.shuffledSubarray([...row.keys()], { minLength: row.length })),
        ),
        ([row, order]) => {
          for (const f of [softmax, logSoftmax]) {
            const plain = f(row)
            expect(
              wrong(
                f(order.map((i) => row[i]!)),
                order.map((i) => plain[i]!),
              ),
            ).toBeLessThanOrEqual(1)
          }
        },
      ),
    )
  })

  it('gives probabilities in [0, 1] that sum to 1 within n ulp', () => {
    fc.assert(
      fc.property(logits, (row) => {
        const values = softmax(row)
        expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
        expect(Math.max(...values)).toBeLessThanOrEqual(1)
        expect(Math.abs(sum(values) - 1)).toBeLessThanOrEqual(row.length * 2 ** -52)
      }),
    )
  })

  it('gives a class at -inf nothing, and the others what they have without it', () => {
    fc.assert(
      fc.property(logits, fc.nat(), (row, place) => {
        const at = place % (row.length + 1)
        const masked = row.toSpliced(at, 0, -Infinity)
        expect(softmax(masked)[at]).toBe(0)
        expect(logSoftmax(masked)[at]).toBe(-Infinity)
        expect(wrong(softmax(masked).toSpliced(at, 1), softmax(row))).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('is the logistic sigmoid for [x, 0]', () => {
    fc.assert(
      fc.property(fc.double({ min: -30, max: 30, noNaN: true }), (x) => {
        const [p, q] = softmax([x, 0])
        expect(Math.abs(p! * (1 + Math.exp(-x)) - 1)).toBeLessThanOrEqual(1e-15)
        expect(Math.abs(p! + q! - 1)).toBeLessThanOrEqual(2 ** -52)
      }),
    )
  })

  it('tends to the uniform distribution as temperature grows, and to one class as it falls', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 20 }), (row) => {
        for (const p of softmax(row, 1e12)) expect(Math.abs(p * row.length - 1)).toBeLessThan(1e-8)
        const winner = row.indexOf(Math.max(...row))
        expect(softmax(row, 1e-3)).toEqual(row.map((_, i) => (i === winner ? 1 : 0)))
      }),
    )
  })
})

describe('log-softmax', () => {
  it('is the logarithm of softmax, where that can be reported', () => {
    fc.assert(
      fc.property(logits, (row) => {
        const values = softmax(row)
        logSoftmax(row).forEach((logP, i) => {
          if (values[i]! > 1e-300 && values[i]! < 0.9) expect(logP / Math.log(values[i]!)).toBeCloseTo(1, 13)
        })
      }),
    )
  })

  it('is never above 0, and keeps what a probability of 1 loses', () => {
    fc.assert(
      fc.property(fc.double({ min: 38, max: 700, noNaN: true }), (gap) => {
        const [winner, loser] = logSoftmax([gap, 0])
        expect(softmax([gap, 0])[0]).toBe(1)
        expect(winner! / -Math.exp(-gap)).toBeCloseTo(1, 12)
        expect(loser).toBe(-gap)
      }),
    )
  })
})
