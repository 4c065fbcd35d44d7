/** A logit that only a later row of objects has: without it, the probabilities of that row would be wrong. */
import { Readable } from 'node:stream'
import { type ReadOptions, read, type ScoreOptions, type SoftmaxOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run } from './streams.js'
import { predict } from './support.js'

const ROWS = [
  { id: 1, logit_cat: 1, logit_cow: 2 },
  { id: 2, logit_cat: 1, logit_cow: 2, logit_dog: 3 },
]
const LINES = ROWS.map((row) => `${JSON.stringify(row)}\n`).join('')
const REASON =
  'the object has an unknown class "logit_dog" (classes: "logit_cat", "logit_cow"); logits: \'logit_cat,logit_cow\' reads only those of the first row'

/** Selections that the later key would be one of. */
const SELECTIONS = [{}, { logits: 'logit_*' }, { logits: '/^logit/' }, { logits: '!id' }] as const

describe.each(SELECTIONS)('a key that would be a logit, with %j', (selection) => {
  it.each<ScoreOptions>([{}, { to: 'csv', keep: 'id' }, { to: 'arrow', keep: false }, { lane: 'general' }])(
    'makes its row bad in JSON lines, with %j',
    async (options) => {
      const all = { from: 'ndjson', ...selection, ...options } as const
      const { error } = await run(LINES, all)
      expect(error).toMatchObject({ code: 'E_WIDTH', info: { row: 2 }, message: expect.stringContaining(REASON) })
      const { stats } = await run(LINES, { ...all, onError: 'skip' })
      expect(stats).toMatchObject({ read: 2, written: 1, rejected: { E_WIDTH: 1 } })
    },
  )

  it('makes its row bad in objects', async () => {
    const { error } = await predict(ROWS, selection)
    expect(error).toMatchObject({ code: 'E_WIDTH', info: { row: 2 }, message: expect.stringContaining(REASON) })
    const { predictions } = await predict(ROWS, { ...selection, onError: 'skip' })
    expect(predictions).toMatchObject([{ id: 1, label: 'cow' }])
  })
})

describe('a key that only later rows have', () => {
  it('is read as any other if the logits are listed', async () => {
    const options = { logits: 'logit_cat,logit_cow' } satisfies SoftmaxOptions
    expect((await predict(ROWS, options)).predictions).toMatchObject([{ label: 'cow' }, { label: 'cow', logit_dog: 3 }])
    const { text } = await run(LINES, { from: 'ndjson', ...options, keep: false, emit: 'label' })
    expect(text).toBe('{"label":"cow"}\n{"label":"cow"}\n')
  })

  it('is no logit if it is null', async () => {
    const rows = [ROWS[0], { ...ROWS[0], logit_dog: null }]
    expect((await predict(rows)).predictions).toHaveLength(2)
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    expect((await run(lines, { from: 'ndjson' })).stats).toMatchObject({ written: 2 })
  })

  it('makes its row bad if it would have made a guess unnecessary', async () => {
    const rows = [
      { a: 0.5, b: -1.5, c: 2.2 },
      { a: 1.5, b: 2.25, c: -0.3, logits: [1, 2, 3] },
    ]
    const reason = 'the object has an unknown class "logits" (classes: "a", "b", "c")'
    expect((await predict(rows)).error).toMatchObject({ code: 'E_WIDTH', message: expect.stringContaining(reason) })
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    const { error } = await run(lines, { from: 'ndjson' })
    expect(error).toMatchObject({ code: 'E_WIDTH', message: expect.stringContaining(reason) })
  })

  it('makes its row bad in what is read with a pattern', async () => {
    const options: ReadOptions = { logits: 'logit_*' }
    const rows = Readable.from([Buffer.from(LINES)]).compose(read('ndjson', options))
    await expect(rows.toArray()).rejects.toMatchObject({ code: 'E_WIDTH', message: expect.stringContaining(REASON) })
  })
})
