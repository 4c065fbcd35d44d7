/** Labels chosen by thresholds: see `fixtures/decisions.py`. */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import {
  evaluate,
  logSigmoid,
  type Metrics,
  read,
  type ScoreOptions,
  score,
  sigmoid,
  softmax,
  softmaxMatrix,
  write,
} from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { both } from './agree.js'
import { randomFrom } from './random.js'
import { run } from './streams.js'
import { command, folder, predict, thrown } from './support.js'

type Threshold = NonNullable<ScoreOptions['threshold']>

/** The metrics of labels, from scikit-learn. */
interface Figures extends Pick<Metrics, 'accuracy' | 'balanced_accuracy' | 'confusion'> {
  averages: Pick<Metrics, 'macro' | 'weighted'>
}

interface Fixture {
  binary: {
    logits: number[]
    truth: string[]
    probs: number[][]
    log_loss: number
    brier: number
    cases: ({ threshold: number; label: string[] } & Figures)[]
  }
  abstaining: {
    logits: number[][]
    truth: string[]
    log_loss: number
    top_1: number
    cases: ({ minConfidence: number; abstained: number; label: (string | null)[] } & Figures)[]
  }
  labels: { classes: string[]; logits: number[][]; cases: { threshold: Threshold; labels: string[][] }[] }
}

const FIXTURE: Fixture = JSON.parse(readFileSync(new URL('../fixtures/decisions.json', import.meta.url), 'utf8'))
const LANES = ['fast', 'general'] as const

/** Rows of logits as delimited text. */
function csvOf(classes: readonly string[], logits: readonly number[][]): string {
  const lines = logits.map((row, id) => `${id},${row.join()}\n`)
  return `id,${classes.map((name) => `logit_${name}`).join()}\n${lines.join('')}`
}

/** The rows of an output in any format. */
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
      const to = random.of(['csv', 'copy', 'ndjson'] as const)
      await both(
        `id,${names.map((name) => `logit_${name}`).join()}\n${lines.join('')}`,
        {
          op: random.of(['sigmoid', 'log-sigmoid']),
          emit: random.of(['labels', 'probs,labels', 'labels,label,confidence']),
          threshold: random.of([0, 0.5, 1, 0.8]),
          keep: to === 'copy' || random.of([true, false]),
          to,
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
      ['a|b', 'x', 'y'],
      ['', 'x', 'y'],
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

  it('are wanted of the sigmoid', async () => {
    for (const options of [
      { emit: 'labels' },
      { threshold: 0.3 },
      { op: 'sigmoid', threshold: 0.3 },
    ] as ScoreOptions[]) {
      expect((await run(ROWS, options)).error).toMatchObject({ code: 'E_CONFLICT' })
    }
    expect((await predict([[1, 2]], { emit: 'labels' })).error).toMatchObject({
      code: 'E_CONFLICT',
      message: expect.stringMatching(
        /^emit: 'labels' works only with .*; with softmax it has one, in label \[E_CONFLICT\]$/,
      ),
    })
    expect(thrown(() => softmaxMatrix([1], 1, 1, { emit: 'labels' }))).toMatchObject({ code: 'E_CONFLICT' })
    const { message } = thrown(() => softmaxMatrix([1, 2], 1, 2, { emit: 'probs,label' }))
    expect(message).toContain('index is the position of the class')
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
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining('--threshold: there is no class "cats"; did you mean "cat"?'),
    ])
  })

  it('of classes without names may be in their order', () => {
    const matrix = (threshold: object) => () =>
      softmaxMatrix([1, 2], 1, 2, { op: 'sigmoid', emit: 'labels', threshold: threshold as number[] })
    expect(thrown(matrix({ toxic: 0.7 })).message).toBe(
      'threshold: there is no class "toxic"; the classes are "0", "1"; a list has one threshold per class, in order [E_OPTION]',
    )
    // 1 / (1 + exp(-1)) = 0.73, and 1 / (1 + exp(-2)) = 0.88
    expect(matrix([0.8, 0.7])()).toMatchObject({ labels: Uint8Array.of(0, 1) })
  })

  it('do not name a class that has one', () => {
    const args = ['--sigmoid', '-e', 'labels', '--threshold', '{"cat":0.4,"cats":0.3}']
    const { stderr } = command(args, { stdin: 'logit_cat,logit_dog\n1,2\n' })
    expect(stderr).toContain('--threshold: there is no class "cats"; the classes are "cat", "dog"')
  })

  it('may be in a file', () => {
    const cwd = folder({ 'in.csv': 'logit_cat,logit_dog\n-0.5,1\n', 'least.json': '{"cat":0.3,"dog":0.9}' })
    const args = ['in.csv', '--sigmoid', '-e', 'labels', '--no-keep', '--threshold']
    // 1 / (1 + exp(0.5)) = 0.38, and 1 / (1 + exp(-1)) = 0.73
    expect(command([...args, '@least.json'], { cwd }).stdout).toBe('labels\ncat\n')
    expect(command([...args, '@most.json'], { cwd })).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('most.json: cannot read'),
    })
  })
})

/** Metrics of labels equal those of scikit-learn: bit for bit, except averages. */
function expectFigures(metrics: Metrics, { averages, accuracy, balanced_accuracy, confusion }: Figures) {
  const { macro, weighted } = metrics
  expect({ accuracy: metrics.accuracy, confusion: metrics.confusion }).toEqual({ accuracy, confusion })
  expect(metrics.balanced_accuracy).toBeCloseTo(balanced_accuracy!, 12)
  for (const [key, value] of Object.entries({ macro, weighted })) {
    for (const score of ['precision', 'recall', 'f1'] as const) {
      expect(value[score]).toBeCloseTo(averages[key as keyof typeof averages][score], 12)
    }
  }
}

describe.each(FIXTURE.binary.cases)('two classes of one logit, with the threshold $threshold', (expected) => {
  const { logits, truth, probs } = FIXTURE.binary
  const { threshold, label } = expected
  const text = `id,logit,y\n${logits.map((logit, id) => `${id},${logit},${truth[id]}\n`).join('')}`
  const options: ScoreOptions = { binary: 'no,yes', threshold }

  it('have the probabilities of softmax and labels by the threshold, in every lane and format', async () => {
    for (const lane of LANES) {
      for (const to of ['csv', 'ndjson', 'parquet', 'arrow'] as const) {
        const wanted = to === 'csv' || to === 'ndjson' ? lane : 'auto'
        const { bytes, error } = await run(text, {
          ...options,
          to,
          lane: wanted,
          emit: 'probs,label,index',
          keep: false,
        })
        expect(error).toBeUndefined()
        const rows = (await rowsOf(bytes, to)) as Record<string, unknown>[]
        expect(rows.map((row) => row.label)).toEqual(label)
        expect(rows.map((row) => Number(row.index))).toEqual(label.map((name) => Number(name === 'yes')))
        rows.forEach((row, index) => {
          expect(Number(row.p_no)).toBeCloseTo(probs[index]![0]!, 14)
          expect(Number(row.p_yes)).toBeCloseTo(probs[index]![1]!, 14)
        })
      }
    }
  })

  it('have the metrics of scikit-learn', async () => {
    const input = () => Readable.from([text], { objectMode: false })
    for (const lane of LANES) {
      const metrics = await evaluate([input()], { ...options, emit: undefined, truth: 'y', lane } as never)
      expectFigures(metrics, expected)
      expect(metrics.log_loss).toBeCloseTo(FIXTURE.binary.log_loss, 12)
      expect(metrics.brier).toBeCloseTo(FIXTURE.binary.brier, 12)
      // These are about probabilities and do not depend on the threshold: compare with the labels at one half.
      const half = FIXTURE.binary.cases.find((one) => one.threshold === 0.5)!
      expect(metrics.top_k_accuracy['1']).toBe(half.accuracy)
    }
  })

  it('are the same of objects, of matrices and of lists, with the same bits', async () => {
    const { text: csv } = await run(text, { ...options, to: 'ndjson', keep: false })
    const bits = csv
      .trim()
      .split('\n')
      .map((line) => Object.values(JSON.parse(line) as Record<string, unknown>))
    for (const rows of [
      logits.map((logit) => [logit]),
      logits.map((logit) => ({ logits: { x: logit } })),
      logits.map((logit) => ({ logit })),
    ]) {
      const { predictions, error } = await predict(rows, { binary: ['no', 'yes'], threshold })
      expect(error).toBeUndefined()
      expect(predictions.map((one) => [...one.probabilities!, one.label])).toEqual(bits)
    }
    const { values, index } = softmaxMatrix(logits, logits.length, 1, { binary: 'no,yes', threshold })
    expect([...values]).toEqual(bits.flatMap((row) => row.slice(0, 2)))
    expect([...index]).toEqual(label.map((name) => Number(name === 'yes')))
    const lines = logits.map((logit) => `{"logits":[${logit}]}\n`).join('')
    for (const lane of LANES) {
      const listed = await run(lines, { ...options, from: 'ndjson', to: 'csv', emit: 'probs,label', lane })
      expect(listed.text.trim().split('\n').slice(1)).toEqual(bits.map((row) => row.join()))
    }
  })

  it('are an array of two numbers a row, of one of single numbers', async () => {
    const { bytes } = await run(`logit\n${logits.join('\n')}\n`, {
      to: 'npy',
      emit: 'logsumexp',
      logits: 'logit',
      binary: 'no,yes',
    })
    expect(bytes.toString('latin1')).toContain(`'shape': (${logits.length},)`)
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (250,), }".padEnd(117)
    const flat = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\0v\0', 'latin1'),
      Buffer.from(`${header}\n`),
      Buffer.from(Float64Array.from(logits).buffer),
    ])
    const scored = await run(flat, { binary: 'no,yes', from: 'npy', emit: 'probs' })
    expect([scored.error, scored.warnings]).toEqual([undefined, []])
    expect(scored.bytes.toString('latin1')).toContain("'shape': (250, 2)")
    const back = new Float64Array(new Uint8Array(scored.bytes.subarray(scored.bytes.length - 8 * 500)).buffer)
    const { values } = softmaxMatrix(logits, logits.length, 1, { binary: 'no,yes', threshold })
    expect(back).toEqual(values)
  })
})

describe('two classes of one logit', () => {
  const ROWS = 'id,logit\n1,0\n2,-3\n'

  it('have the positive label from one half on', async () => {
    for (const lane of LANES) {
      const { text } = await run(ROWS, { binary: ['no', 'yes'], emit: 'label,confidence', lane })
      expect(text).toBe('id,label,confidence\n1,yes,0.5\n2,no,0.9525741268224333\n')
    }
  })

  it('have logarithms, and the most probable first', async () => {
    for (const lane of LANES) {
      const log = await run(ROWS, { binary: 'no,yes', op: 'log-softmax', emit: 'probs', lane })
      expect(log.text).toBe(
        'id,logp_no,logp_yes\n1,-0.6931471805599453,-0.6931471805599453\n2,-0.04858735157374206,-3.048587351573742\n',
      )
      const top = await run(ROWS, { binary: 'no,yes', topK: 1, emit: 'probs', lane })
      expect(top.text).toBe('id,label_1,p_1\n1,no,0.5\n2,no,0.9525741268224333\n')
    }
  })

  it('are asked for by an error where there is one logit', async () => {
    const { error } = await run(ROWS, {})
    expect(error).toMatchObject({
      code: 'E_CONFLICT',
      message: expect.stringContaining(
        `"logit" is the only class, so its probability would be 1 in every row; binary: 'no,yes' turns one logit into two classes, op: 'sigmoid', or the function sigmoid(), gives it a probability of its own, labels: 'logit' accepts one class`,
      ),
    })
  })

  it('are asked for by a warning, once, where one logit is selected or named', async () => {
    const warning =
      "is the only class, so its probability is 1 in every row; binary: 'no,yes' turns one logit into two classes"
    expect((await run(ROWS, { logits: 'logit' })).warnings).toEqual([`"logit" ${warning}`])
    expect((await run(ROWS, { labels: 'spam' })).warnings).toEqual([`"spam" ${warning}`])
    const { stderr } = command(['-', '-', '--logits', 'logit'], { stdin: ROWS })
    expect(stderr.split('only class').length).toBe(2)
  })

  it.each<[ScoreOptions, string]>([
    [{ binary: 'no,yes', labels: 'a,b' }, 'labels'],
    [{ binary: 'no,yes', op: 'sigmoid' }, 'sigmoid'],
    [{ binary: 'no,yes', logits: 'id,logit' }, 'there are 2'],
    [{ binary: 'no,yes', topK: 3 }, '2'],
    [{ binary: 'no,yes', threshold: { maybe: 0.3 } }, '"maybe"'],
    [{ binary: 'no,yes', emit: 'labels' }, 'label'],
  ])('are refused with %j', async (options, text) => {
    const { error } = await run(ROWS, options)
    expect(error).toMatchObject({ status: 2, message: expect.stringContaining(text) })
  })

  it('name the flag or the option of the sigmoid where it is needed', async () => {
    for (const [options, flags] of [
      [{ threshold: 0.3 }, ['--threshold', '0.3']],
      [{ emit: 'labels' }, ['--emit', 'labels']],
    ] as const) {
      const { error } = await run('a,b\n1,2\n', { ...options, logits: '1-2' } as ScoreOptions)
      expect(error!.message).toContain("works only with op: 'sigmoid'")
      const { stderr } = command(['--logits', '1-2', ...flags], { stdin: 'a,b\n1,2\n' })
      expect(stderr).toContain('works only with --sigmoid')
    }
  })

  it('have a threshold where something shows it', async () => {
    const errorOf = async (options: ScoreOptions) =>
      (await run(ROWS, { binary: 'no,yes', threshold: 0.9, ...options })).error
    expect(await errorOf({ emit: 'probs' })).toMatchObject({
      code: 'E_CONFLICT',
      message: expect.stringContaining('threshold works only with label and index, and emit lists neither'),
    })
    expect(await errorOf({ emit: 'probs,label' })).toBeUndefined()
    expect(await errorOf({ emit: 'index' })).toBeUndefined()
    expect(
      await errorOf({ emit: 'probs', truth: 'id', labels: undefined, onError: 'skip', maxErrors: 9 }),
    ).not.toMatchObject({
      code: 'E_CONFLICT',
    })
    const { predictions } = await predict([[1]], { binary: 'no,yes', threshold: 0.9 })
    expect(predictions).toMatchObject([{ label: 'no' }])
    const { error } = await predict([[1]], { binary: 'no,yes', threshold: 0.9, emit: 'probs' })
    expect(error).toMatchObject({ code: 'E_CONFLICT' })
  })

  it('may have the threshold of the positive class', async () => {
    const { text } = await run(ROWS, { binary: 'no,yes', threshold: { yes: 0.01 }, emit: 'label' })
    expect(text).toBe('id,label\n1,yes\n2,yes\n')
  })
})

describe.each(FIXTURE.abstaining.cases)('rows whose largest probability is below $minConfidence', (expected) => {
  const { logits, truth } = FIXTURE.abstaining
  const { minConfidence, label, abstained } = expected
  const header = 'logit_a,logit_b,logit_c,y\n'
  const text = `${header}${logits.map((row, id) => `${row.join()},${truth[id]}\n`).join('')}`
  const options: ScoreOptions = { minConfidence, emit: 'label,index', keep: false }

  it.each(['softmax', 'log-softmax'] as const)('have no label, by %s, in every lane and format', async (op) => {
    for (const lane of LANES) {
      const { text: csv, stats } = await run(text, { ...options, op, lane })
      expect(
        csv
          .trim()
          .split('\n')
          .slice(1)
          .map((line) => line.split(',')[0]),
      ).toEqual(label.map((name) => name ?? ''))
      expect(stats).toMatchObject({ read: 400, written: 400, abstained })
      for (const to of ['ndjson', 'parquet', 'arrow'] as const) {
        const typed = await run(text, { ...options, op, to, lane: to === 'ndjson' ? lane : 'auto' })
        expect(((await rowsOf(typed.bytes, to)) as { label: unknown }[]).map((row) => row.label)).toEqual(label)
        expect(typed.stats.abstained).toBe(abstained)
      }
    }
  })

  it('have no label among predictions, and are reported of by matrices', async () => {
    const { predictions } = await predict(logits, { minConfidence, labels: 'a,b,c' })
    expect(predictions.map((one) => one.label)).toEqual(label)
    const stream = softmax({ minConfidence })
    await Readable.from(logits).compose(stream).toArray()
    expect(stream.stats).toMatchObject({ written: 400, abstained })
    const matrix = softmaxMatrix(logits.flat(), 400, 3, { minConfidence })
    expect([...matrix.abstained!]).toEqual(label.map((name) => Number(name === null)))
  })

  it('are left out of what metrics make of labels, and not of what they make of probabilities', async () => {
    for (const lane of LANES) {
      const input = Readable.from([text], { objectMode: false })
      const metrics = await evaluate([input], { minConfidence, truth: 'y', lane })
      expectFigures(metrics, expected)
      expect(metrics).toMatchObject({ rows: 400, abstained, unlabelled: 0 })
      expect(metrics.log_loss).toBeCloseTo(FIXTURE.abstaining.log_loss, 12)
      expect(metrics.top_k_accuracy['1']).toBe(FIXTURE.abstaining.top_1)
    }
  })

  it('come out of Parquet as they do of text', async () => {
    const rows = Readable.from(logits.map(([a, b, c], id) => ({ logit_a: a, logit_b: b, logit_c: c, y: truth[id] })))
    const input = Buffer.concat(await rows.compose(write('parquet')).toArray())
    const direct = await run(text, options)
    const stream = score({ ...options, from: 'parquet', to: 'csv', truth: 'y' })
    const bytes = Buffer.concat(await Readable.from([input]).compose(stream).toArray())
    expect(bytes.toString()).toBe(direct.text)
    expect([stream.stats.abstained, stream.metrics()!.abstained]).toEqual([abstained, abstained])
  })
})

describe('rows without a label', () => {
  const ROWS = 'logit_a,logit_b,y\n1,1,a\n3,0,a\n"+0",0,b\n0,4,a\n'

  it('are neither right nor wrong, and keep loss and rank', async () => {
    for (const lane of LANES) {
      const { text, stats } = await run(ROWS, {
        minConfidence: 0.7,
        truth: 'y',
        emit: 'label,rank,correct',
        keep: false,
        lane,
      })
      expect(text).toBe('label,rank,correct\n,1,\na,1,true\n,2,\nb,2,false\n')
      expect(stats.abstained).toBe(2)
    }
  })

  it.each([
    [{ emit: 'probs' }, 'works only with label, which emit does not list; add label to it'],
    [{ emit: 'index' }, 'works only with label'],
    [{ topK: 2, emit: 'probs' }, 'works only with label'],
    [
      { to: 'npy' },
      "npy stores only numbers; leave it out, or write the probability that it is compared with: emit: 'confidence'",
    ],
    [
      { to: 'npz' },
      "npz stores only numbers; leave it out, or write the probability that it is compared with: emit: 'probs,index,confidence'",
    ],
    [{ to: 'safetensors', emit: 'index' }, 'safetensors stores only numbers'],
  ] as const)('are refused where nothing shows that they have no label, as with %j', async (options, text) => {
    const { error } = await run('logit_a,logit_b\n1,1\n', { minConfidence: 0.7, ...options })
    expect(error).toMatchObject({ code: 'E_CONFLICT', message: expect.stringContaining(text) })
  })

  it('are refused of objects, too, and not where true classes show them', async () => {
    const { error } = await predict([[1, 1]], { minConfidence: 0.7, emit: 'probs,index' })
    expect(error).toMatchObject({ code: 'E_CONFLICT' })
    const { text } = await run('logit_a,logit_b,y\n1,1,a\n', { minConfidence: 0.7, truth: 'y', emit: 'correct' })
    expect(text).toBe('y,correct\na,\n')
  })

  it('are an empty cell in quotes, where it stands alone', async () => {
    for (const lane of LANES) {
      const { text } = await run('logit_a,logit_b\n1,1\n', { minConfidence: 0.7, emit: 'label', lane })
      expect(text).toBe('label\n""\n')
    }
  })

  it('are null in columns that are null throughout, too', async () => {
    for (const to of ['parquet', 'arrow'] as const) {
      const { bytes } = await run('logit_a,logit_b\n1,1\n1,1\n', { minConfidence: 0.7, emit: 'label', to })
      expect(await rowsOf(bytes, to)).toEqual([{ label: null }, { label: null }])
    }
  })

  it('are counted up to a bad row that ends the run', async () => {
    for (const lane of LANES) {
      const { error, stats } = await run(`${ROWS}x,1,a\n1,1,a\n`, { minConfidence: 0.7, lane })
      expect(error).toMatchObject({ code: 'E_CELL' })
      expect(stats).toMatchObject({ read: 5, written: 4, abstained: 2 })
    }
  })

  it('are written to the file of statistics, and to the table of metrics', () => {
    const { stderr } = command(['--min-confidence', '0.7', '--stats', '/dev/stderr'], { stdin: ROWS })
    expect(JSON.parse(stderr)).toMatchObject({ written: 4, abstained: 2 })
    const { stdout } = command(['evaluate', '--truth', 'y', '--min-confidence', '0.7'], { stdin: ROWS })
    expect(stdout).toContain('4 rows, 2 abstained')
    // Only rows with a label can have a wrong one; probabilities are those of all rows.
    expect(stdout).toMatch(/^accuracy +\d\.\d{4} \(of 2 rows with a label, 50\.0 %\)$/m)
    expect(stdout).toMatch(/^balanced accuracy +\d\.\d{4} \(of 2 rows with a label, 50\.0 %\)$/m)
    for (const name of ['log loss', 'Brier score', 'ECE', 'AURC']) {
      expect(stdout).toMatch(new RegExp(`^${name} +\\d\\.\\d{4} \\(of all rows\\)$`, 'm'))
    }
    expect(stdout).toContain('\nof 2 rows with a label, 50.0 %:\nclass ')
    expect(command(['evaluate', '--truth', 'y'], { stdin: ROWS }).stdout).not.toMatch(/of (2|all) rows/)
  })

  it('are all that have NaN, with two classes of one logit too', async () => {
    for (const lane of LANES) {
      const { text } = await run('logit\nnan\n3\n', {
        binary: 'no,yes',
        minConfidence: 0.6,
        nonfinite: 'propagate',
        emit: 'label',
        lane,
      })
      expect(text).toBe('label\n""\nyes\n')
    }
  })

  it('are decided before results are rounded, the sigmoid among them', async () => {
    for (const lane of LANES) {
      const { text } = await run('logit_a,logit_b\n2.19,0\n', {
        minConfidence: 0.9,
        op: 'sigmoid',
        emit: 'label,confidence',
        precision: 1,
        lane,
      })
      expect(text).toBe('label,confidence\n,0.9\n')
    }
  })

  it('may be wider than the memory of the kernel', () => {
    const logits = new Float64Array(40_000)
    logits[1] = 12
    logits[20_003] = 9
    for (const op of ['softmax', 'log-softmax'] as const) {
      const { abstained } = softmaxMatrix(logits, 2, 20_000, { op, minConfidence: 0.5 })
      expect([...abstained!]).toEqual([0, 1])
    }
  })
})
