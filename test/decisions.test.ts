/** Labels that are chosen by thresholds: see `fixtures/decisions.py`. */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { logSigmoid, read, type ScoreOptions, score, sigmoid, softmaxMatrix, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { both } from './agree.js'
import { randomFrom } from './random.js'
import { run } from './streams.js'
import { command, predict, thrown } from './support.js'

type Threshold = NonNullable<ScoreOptions['threshold']>

interface Fixture {
  labels: { classes: string[]; logits: number[][]; cases: { threshold: Threshold; labels: string[][] }[] }
}

const FIXTURE: Fixture = JSON.parse(readFileSync(new URL('../fixtures/decisions.json', import.meta.url), 'utf8'))
const LANES = ['fast', 'general'] as const

/** Rows of logits as delimited text. */
function csvOf(classes: readonly string[], logits: readonly number[][]): string {
  const lines = logits.map((row, id) => `${id},${row.join()}\n`)
  return `id,${classes.map((name) => `logit_${name}`).join()}\n${lines.join('')}`
}

/** The rows of an output, whatever its format. */
async function rowsOf(bytes: Buffer, format: 'csv' | 'ndjson' | 'parquet' | 'arrow') {
  return Readable.from([bytes]).compose(read(format)).toArray()
}

describe.each(FIXTURE.labels.cases)('labels with the threshold $threshold', ({ threshold, labels }) => {
  const { classes, logits } = FIXTURE.labels
  const text = csvOf(classes, logits)
  const options: ScoreOptions = { emit: 'labels', threshold, keep: false }

  it.each(['sigmoid', 'log-sigmoid'] as const)('are those of numpy, by %s, in every lane and format', async (op) => {
    for (const lane of LANES) {
      const cells = await run(text, { ...options, op, lane })
      expect(cells.error).toBeUndefined()
      const lines = cells.text.trimEnd().split('\n').slice(1)
      expect(lines).toEqual(labels.map((names) => names.join('|') || '""'))
      for (const to of ['ndjson', 'parquet', 'arrow'] as const) {
        const { bytes } = await run(text, { ...options, op, to, lane: to === 'ndjson' ? lane : 'auto' })
        expect(await rowsOf(bytes, to)).toEqual(labels.map((names) => ({ labels: names })))
      }
    }
  })

  it('are those of predictions and of matrices', async () => {
    for (const stream of [sigmoid, logSigmoid]) {
      const rows = logits.map((row) => Object.fromEntries(row.map((logit, index) => [classes[index], logit])))
      const { predictions } = await predict(rows, { emit: 'labels', threshold, logits: classes }, stream)
      expect(predictions.map((one) => one.labels)).toEqual(labels)
    }
    if (typeof threshold !== 'number') return
    const matrix = softmaxMatrix(logits.flat(), logits.length, classes.length, {
      op: 'log-sigmoid',
      emit: 'labels',
      threshold,
    })
    expect(matrix.labels).toEqual(
      Uint8Array.from(labels.flatMap((names) => classes.map((name) => (names.includes(name) ? 1 : 0)))),
    )
  })
})

describe('labels', () => {
  const ROWS = 'id,logit_a,logit_b,logit_c\n1,2,-1,0\n2,-1,-1,-1\n'
  const OPTIONS: ScoreOptions = { op: 'sigmoid', emit: 'labels' }

  it('have the classes of at least one half, between bars in a cell', async () => {
    const { text } = await run(ROWS, OPTIONS)
    expect(text).toBe('id,labels\n1,a|c\n2,\n')
  })

  it('stand beside label, which is the largest, and go by the name that is asked for', async () => {
    const { text } = await run(ROWS, { ...OPTIONS, emit: 'label,labels=tags' })
    expect(text).toBe('id,label,tags\n1,a,a|c\n2,a,\n')
  })

  it('are chosen before probabilities are rounded', async () => {
    const input = 'id,logit_a,logit_b\n1,-0.01,0.01\n'
    for (const lane of LANES) {
      for (const to of ['csv', 'parquet'] as const) {
        const options: ScoreOptions = { op: 'sigmoid', emit: 'probs,labels', precision: 1, float32: true, lane, to }
        const { bytes } = await run(input, to === 'csv' ? options : { ...options, lane: 'auto' })
        const [row] = await rowsOf(bytes, to)
        expect(row).toMatchObject({ labels: to === 'csv' ? 'b' : ['b'] })
        expect(Number((row as Record<string, unknown>).p_a)).toBe(0.5)
      }
    }
  })

  it('are a list of text that may not be null in Parquet and Arrow, whose batches are cut alike', async () => {
    const rows = Array.from({ length: 3000 }, (_, id) => `${id},${(id % 7) - 3},${(id % 5) - 2},${(id % 3) - 1}\n`)
    const input = `id,logit_a,logit_b,logit_c\n${rows.join('')}`
    for (const to of ['parquet', 'arrow'] as const) {
      const outputs = await Promise.all([
        run(input, { ...OPTIONS, to }),
        run(input, { ...OPTIONS, to, lane: 'general' }),
        run(input, { ...OPTIONS, to, jobs: 2 }, 977),
      ])
      expect(outputs.every(({ bytes }) => bytes.equals(outputs[0]!.bytes))).toBe(true)
      const found = (await rowsOf(outputs[0]!.bytes, to)) as { id: string; labels: string[] }[]
      expect(found.length).toBe(3000)
      expect(found[2999]).toEqual({ id: '2999', labels: ['a', 'b', 'c'] })
    }
  })

  it('pass through files of columns that are scored', async () => {
    const input = Readable.from([
      { a: 2, b: -1 },
      { a: -1, b: 3 },
    ]).compose(write('parquet'))
    const scored = input.compose(score({ ...OPTIONS, logits: 'a,b', to: 'parquet', from: 'parquet' }))
    expect(await rowsOf(Buffer.concat(await scored.toArray()), 'parquet')).toEqual([
      { labels: ['a'] },
      { labels: ['b'] },
    ])
  })

  it('are the same in both lanes, of rows that the kernel defers, too', async () => {
    const random = randomFrom(7)
    for (let trial = 0; trial < 60; trial++) {
      const classes = 1 + random.below(6)
      const names = Array.from({ length: classes }, (_, index) => `${random.of(['x', 'é', 'a b'])}${index}`)
      const cell = () => random.of(['0', '-0', '1.5', '-2', '"3"', 'inf', '-inf', 'nan', '1e3', ' 1', '-0.5', ''])
      const lines = Array.from({ length: 40 }, (_, id) => `${id},${names.map(cell).join()}\n`)
      await both(
        `id,${names.map((name) => `logit_${name}`).join()}\n${lines.join('')}`,
        {
          op: random.of(['sigmoid', 'log-sigmoid']),
          emit: random.of(['labels', 'probs,labels', 'labels,label,confidence']),
          threshold: random.of([0, 0.5, 1, 0.8]),
          keep: random.of([true, false]),
          to: random.of(['csv', 'ndjson']),
          onError: 'skip',
          nonfinite: random.of(['error', 'propagate']),
          missing: random.of(['error', '-inf']),
        },
        [{ size: 1 << 20, jobs: 1 }],
      )
    }
  })

  it('whose names need quotes are in quotes together', async () => {
    const input = 'id,"logit_a,b",logit_c\n1,1,1\n'
    const { text, stats } = await run(input, OPTIONS)
    expect([text, stats.lane]).toEqual(['id,labels\n1,"a,b|c"\n', 'general'])
    expect((await run(input, { ...OPTIONS, to: 'ndjson' })).text).toBe('{"id":"1","labels":["a,b","c"]}\n')
  })

  it('are of names that a cell keeps apart', async () => {
    for (const labels of [
      ['a|b', 'c', 'd'],
      ['', 'c', 'd'],
    ]) {
      for (const lane of LANES) {
        expect((await run(ROWS, { ...OPTIONS, labels, lane })).error).toMatchObject({ code: 'E_CONFLICT' })
      }
      expect((await run(ROWS, { ...OPTIONS, labels, to: 'ndjson' })).error).toBeUndefined()
    }
    const rows = Readable.from([{ probabilities: [1], label: 'x', index: 0, labels: ['a|b'] }])
    await expect(rows.compose(write('csv', { emit: 'labels' })).toArray()).rejects.toMatchObject({ code: 'E_CONFLICT' })
  })

  it('are written of predictions, in text, and as lists', async () => {
    const rows = () => Readable.from([{ id: 1, logits: [2, -1] }]).compose(sigmoid({ labels: 'a,b', emit: 'labels' }))
    const csv = await rows()
      .compose(write('csv', { emit: 'labels' }))
      .toArray()
    expect(Buffer.concat(csv).toString()).toBe('id,labels\n1,a\n')
    for (const format of ['parquet', 'arrow', 'ndjson'] as const) {
      const bytes = Buffer.concat(
        await rows()
          .compose(write(format, { emit: 'labels' }))
          .toArray(),
      )
      expect(await rowsOf(bytes, format)).toEqual([{ id: 1, labels: ['a'] }])
    }
    const wrong = Readable.from([{ probabilities: [1], label: 'x', index: 0, labels: 'a' }])
    await expect(wrong.compose(write('csv', { emit: 'labels' })).toArray()).rejects.toMatchObject({ code: 'E_RECORD' })
  })

  it('are wanted of the sigmoid, in formats that hold text', async () => {
    for (const options of [
      { emit: 'labels' },
      { threshold: 0.3 },
      { op: 'sigmoid', threshold: 0.3 },
      { ...OPTIONS, to: 'npy' },
      { ...OPTIONS, to: 'npz' },
    ] as ScoreOptions[]) {
      expect((await run(ROWS, options)).error).toMatchObject({ code: 'E_CONFLICT' })
    }
    expect((await predict([[1, 2]], { emit: 'labels' })).error).toMatchObject({ code: 'E_CONFLICT' })
    expect(thrown(() => softmaxMatrix([1], 1, 1, { emit: 'labels' }))).toMatchObject({ code: 'E_CONFLICT' })
  })

  it('of rows wider than the memory of the kernel are chosen chunk by chunk', () => {
    const classes = 20_000
    const logits = Array.from({ length: classes }, (_, index) => (index % 5000 === 0 ? 1 : -1))
    for (const op of ['sigmoid', 'log-sigmoid'] as const) {
      const { labels } = softmaxMatrix(logits, 1, classes, { op, emit: 'labels' })
      expect([...labels!.entries()].filter(([, is]) => is === 1).map(([index]) => index)).toEqual([
        0, 5000, 10_000, 15_000,
      ])
    }
  })
})

describe('thresholds', () => {
  it('of classes that there are none of end the run, and name the nearest', () => {
    const stdin = 'logit_cat,logit_dog\n1,2\n'
    const args = ['--sigmoid', '-e', 'labels', '--threshold', '{"cats":0.3}']
    const { status, stderr } = command(args, { stdin })
    expect([status, stderr]).toEqual([2, expect.stringContaining('the nearest is "cat"')])
  })
})
