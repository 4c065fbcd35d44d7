import { Readable } from 'node:stream'
import { logSoftmax, type Prediction, softmax, softmaxMatrix } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { predict } from './support.js'

const P123 = [0.09003057317038046, 0.24472847105479764, 0.6652409557748219]

describe('what is whose', () => {
  it('a part of a buffer is read where it is given', () => {
    const whole = Float64Array.of(9, 9, 1, 2, 3, 9)
    expect(Array.from(softmaxMatrix(whole.subarray(2, 5), 1, 3).values)).toEqual(P123)
  })

  it('results are the caller’s: later calls do not change them', () => {
    const first = softmaxMatrix([1, 2, 3], 1, 3, { topK: 2, emit: 'confidence' })
    const copy = structuredClone(first)
    softmaxMatrix(Array(30_000).fill(5), 10, 3000, { topK: 2, emit: 'confidence' })
    softmaxMatrix(Array(30_000).fill(5), 1, 30_000, { topK: 30_000, emit: 'confidence' })
    expect(first).toEqual(copy)
  })

  it('predictions are the caller’s: to change one changes no other', async () => {
    const stream = Readable.from([
      [1, 2, 3],
      [1, 2, 3],
    ]).compose(softmax())
    const found: Prediction[] = []
    for await (const prediction of stream) {
      found.push(structuredClone(prediction))
      prediction.probabilities.fill(0)
    }
    expect(found).toEqual(Array(2).fill({ probabilities: P123, index: 2, label: '2' }))
  })

  it('two streams at once do not mix', async () => {
    const rows = Array.from({ length: 500 }, () => [1, 2, 3])
    const [some, others] = await Promise.all([
      Readable.from(rows).compose(softmax()).toArray(),
      Readable.from(rows)
        .compose(logSoftmax({ temperature: 2, topK: 1 }))
        .toArray(),
    ])
    for (const { probabilities } of some) expect(probabilities).toEqual(P123)
    for (const { top } of others) expect(top).toEqual(others[0].top)
    expect(some.length + others.length).toBe(1000)
  })

  it('a property that a record inherits is not one of its logits', async () => {
    const rows: object[] = [{ constructor: 1, b: 2 }, { b: 2 }]
    expect((await predict(rows, { logits: ['constructor', 'b'] })).error).toMatchObject({
      code: 'E_MISSING',
      info: { row: 2, column: 'constructor' },
    })
  })

  it('a logit that cannot be made text is a bad one, not a crash', async () => {
    for (const cell of [Symbol('x'), Object.create(null), { toString: null }]) {
      const { predictions, error } = await predict(
        [
          [1, 2],
          [1, cell],
          [1, 2],
        ],
        { onError: 'skip' },
      )
      expect(error).toBeUndefined()
      expect(predictions).toHaveLength(2)
    }
  })
})
