/**
 * Rows with several true classes, and their metrics, compared with scikit-learn, scipy and numpy: see
 * `fixtures/decisions.py`.
 */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import {
  type EvaluateOptions,
  evaluate,
  logSigmoid,
  type Metrics,
  read,
  type ScoreOptions,
  score,
  sigmoid,
  softmax,
  softmaxMatrix,
} from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { randomFrom } from './random.js'
import { run } from './streams.js'
import { command, predict } from './support.js'
import { ulps } from './ulp.js'

interface Case extends Pick<Metrics, 'accuracy' | 'hamming_loss' | 'classes' | 'confusion'> {
  threshold: NonNullable<ScoreOptions['threshold']>
  averages: Pick<Metrics, 'macro' | 'micro' | 'weighted'>
  correct: boolean[]
}

interface Several {
  logits: number[][]
  truth: string[][]
  hot: number[][]
  loss: number[]
  log_loss: number
  brier: number
  ece: number
  mce: number
  mean_confidence: number
  cases: Case[]
  arrays: { npz: string; safetensors: string }
  two: { npz: string } & Pick<Metrics, 'accuracy' | 'hamming_loss' | 'confusion'>
}

const FIXTURE: { labels: { classes: string[] }; several: Several } = JSON.parse(
  readFileSync(new URL('../fixtures/decisions.json', import.meta.url), 'utf8'),
)
const { several } = FIXTURE
const { classes } = FIXTURE.labels
const names = classes.map((name) => `logit_${name}`)

/** The same rows with every spelling of true classes. */
const rows = several.logits.map((logits, row) => ({
  ...Object.fromEntries(logits.map((logit, index) => [names[index], logit])),
  logits,
  list: several.truth[row]!,
  hot: several.hot[row]!,
  positions: several.hot[row]!.flatMap((bit, index) => (bit === 1 ? [index] : [])),
}))
const csv = (truthOf: (row: (typeof rows)[number]) => string, header = 'y') =>
  `${header},${names.join()}\n${rows.map((row) => `${truthOf(row)},${row.logits.join()}\n`).join('')}`
const ndjson = (key: 'list' | 'hot' | 'positions') =>
  rows.map((row) => `${JSON.stringify({ logits: row.logits, y: row[key] })}\n`).join('')
/** The same with a typed column of lists of strings. */
const typed = async (to: 'parquet' | 'arrow') => {
  const header = `${classes.map((name) => `h_${name}`).join()},${names.join()}\n`
  const lines = rows.map(({ hot, logits }) => `${hot.map((bit) => (bit === 1 ? 5 : -5)).join()},${logits.join()}\n`)
  const options: ScoreOptions = { op: 'sigmoid', logits: 'h_*', labels: classes, emit: 'labels=y', types: 'infer', to }
  return (await run(header + lines.join(''), options)).bytes
}

type Input = [name: string, input: () => string | Buffer | Promise<Buffer>, options: Partial<EvaluateOptions>]

const cellOf = (list: readonly string[]) => (list.length > 0 ? list.join('|') : '[]')
const quoted = (list: readonly unknown[]) => `"${JSON.stringify(list).replaceAll('"', '""')}"`
const eachHeader = classes.map((name) => `is_${name}`)

const INPUTS: Input[] = [
  ['names between bars', () => csv(({ list }) => cellOf(list)), {}],
  ['positions between bars', () => csv(({ positions }) => cellOf(positions.map(String))), {}],
  ['a list of JSON in a cell', () => csv(({ list }) => quoted(list)), {}],
  ['a column for each class', () => csv(({ hot }) => hot.join(), eachHeader.join()), { truth: 'is_*' }],
  [
    'a column for each class in another order, by their names',
    () => csv(({ hot }) => hot.toReversed().join(), eachHeader.toReversed().join()),
    { truth: 'is_*' },
  ],
  [
    'true and false in a column for each class, in the order of the selector',
    () =>
      csv(
        ({ hot }) =>
          hot
            .map((bit) => (bit ? 'True' : 'False'))
            .toReversed()
            .join(),
        't5,t4,t3,t2,t1',
      ),
    { truth: 't1,t2,t3,t4,t5', logits: 'logit_*' },
  ],
  ['lists of JSON', () => ndjson('list'), { from: 'ndjson', labels: classes }],
  ['lists of positions', () => ndjson('positions'), { from: 'ndjson', labels: classes }],
  ['lists of bits', () => ndjson('hot'), { from: 'ndjson', labels: classes }],
]

const evaluated = async (input: string | Buffer, options: Partial<EvaluateOptions>) =>
  evaluate([Readable.from([Buffer.from(input)])], { truth: 'y', op: 'sigmoid', ...options })

function expectCase(metrics: Metrics, expected: Case) {
  const { accuracy, hamming_loss, confusion, macro, micro, weighted } = metrics
  expect({ rows: metrics.rows, accuracy, confusion }).toEqual({
    rows: 300,
    accuracy: expected.accuracy,
    confusion: expected.confusion,
  })
  expect(hamming_loss).toBeCloseTo(expected.hamming_loss!, 14)
  expect(metrics.classes.map(({ label, support }) => [label, support])).toEqual(
    expected.classes.map(({ label, support }) => [label, support]),
  )
  for (const key of ['precision', 'recall', 'f1'] as const) {
    for (const [index, one] of expected.classes.entries())
      expect(metrics.classes[index]![key]).toBeCloseTo(one[key], 14)
    for (const [name, one] of Object.entries({ macro, micro, weighted })) {
      expect(one[key]).toBeCloseTo(expected.averages[name as 'macro'][key], 13)
    }
  }
  expect(metrics.log_loss).toBeCloseTo(several.log_loss, 12)
  expect(metrics.brier).toBeCloseTo(several.brier, 12)
  expect(metrics.ece).toBeCloseTo(several.ece, 13)
  expect(metrics.mce).toBeCloseTo(several.mce, 13)
  expect(metrics.mean_confidence).toBeCloseTo(several.mean_confidence, 12)
  const { balanced_accuracy, aurc, mean_entropy, top_k_accuracy } = metrics
  expect([balanced_accuracy, aurc, mean_entropy, top_k_accuracy]).toEqual([null, null, null, {}])
}

describe.each(several.cases)('metrics of several classes a row, with the threshold $threshold', (expected) => {
  const { threshold } = expected

  it.each(INPUTS)('are those of scikit-learn, by %s', async (_, input, options) => {
    expectCase(await evaluated(await input(), { ...options, threshold }), expected)
  })

  it.each(['parquet', 'arrow'] as const)('are those of scikit-learn, of lists in %s', async (from) => {
    expectCase(await evaluated(await typed(from), { from, threshold }), expected)
  })

  it.each([
    ['npz', {}],
    ['safetensors', { axis: 1 }],
  ] as const)('are those of scikit-learn, of an array with a number for each class in .%s', async (from, options) => {
    const bytes = Buffer.from(several.arrays[from], 'base64')
    expectCase(await evaluated(bytes, { from, labels: classes, threshold, ...options }), expected)
  })

  it('are the same bits by log-sigmoid, and of a run that writes', async () => {
    const text = csv(({ list }) => cellOf(list))
    const metrics = await evaluated(text, { threshold })
    for (const [op, to] of [
      ['log-sigmoid', 'csv'],
      ['sigmoid', 'parquet'],
    ] as const) {
      const stream = score({ op, truth: 'y', threshold, to })
      await Readable.from([Buffer.from(text)])
        .compose(stream)
        .toArray()
      expect(stream.metrics()).toEqual(metrics)
    }
  })

  it('stand beside the loss of each row, and whether all of its classes are right', async () => {
    const text = csv(({ list }) => cellOf(list))
    for (const op of ['sigmoid', 'log-sigmoid'] as const) {
      const { text: csvOut } = await run(text, { op, truth: 'y', threshold, emit: 'loss,correct', keep: false })
      const cells = csvOut
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','))
      expect(cells.map(([, correct]) => correct === 'true')).toEqual(expected.correct)
      for (const [row, [loss]] of cells.entries())
        expect(ulps(Number(loss), several.loss[row]!)).toBeLessThanOrEqual(4n)
      const stream = op === 'sigmoid' ? sigmoid : logSigmoid
      for (const truth of ['list', 'hot', 'positions']) {
        const objects = rows.map(({ logits, ...rest }) => ({
          logits,
          list: rest.list,
          hot: rest.hot,
          positions: rest.positions,
        }))
        const found = await predict(objects, { truth, threshold, emit: 'loss,correct', labels: classes }, stream)
        expect(found.error).toBeUndefined()
        expect(found.predictions.map(({ loss, correct }) => [String(loss), correct])).toEqual(
          cells.map(([loss, correct]) => [loss, correct === 'true']),
        )
      }
    }
  })
})

describe('rows of several true classes', () => {
  const LANES: Pick<ScoreOptions, 'lane' | 'jobs'>[] = [{ lane: 'general' }, { lane: 'fast', jobs: 1 }, { jobs: 3 }]

  it.each(INPUTS)('have the same metrics and the same bytes in every lane, by %s', async (_, input, options) => {
    const text = await input()
    const [general, ...others] = await Promise.all(LANES.map((lane) => evaluated(text, { ...options, ...lane })))
    for (const metrics of others) expect(metrics).toEqual(general)
    for (const to of ['csv', 'ndjson'] as const) {
      const written = await Promise.all(
        LANES.map(async (lane) => (await scoredAndMeasured(text, { truth: 'y', to, ...options, ...lane })).output),
      )
      expect(new Set(written).size).toBe(1)
    }
  })

  it('have the same calibration errors by lanes, threads and chunks, beside rows that are bad or unlabelled', async () => {
    const random = randomFrom(15)
    const logits = () => Array.from({ length: 3 }, () => (random.below(120_000) / 1e4 - 8).toFixed(4))
    const truth = () => random.of(['a', 'a|c', 'b|c', '[]', '[]', 'c', '', 'no class'])
    const lines = Array.from({ length: 60_000 }, () => `${logits()},${truth()}\n`)
    const text = `logit_a,logit_b,logit_c,y\n${lines.join('')}`
    const options = { threshold: 0.3, onError: 'skip' } as const
    const general = await evaluated(text, { ...options, lane: 'general' })
    expect(general.ece).toBeCloseTo(calibrationError(lines), 12)
    for (const jobs of [1, 3]) expect(await evaluated(text, { ...options, lane: 'fast', jobs })).toEqual(general)
    const chunks = text.match(/[\s\S]{1,70000}/g)!.map((chunk) => Buffer.from(chunk))
    const settings = { truth: 'y', op: 'sigmoid', jobs: 3, ...options } as const
    expect(await evaluate([Readable.from(chunks)], settings)).toEqual(general)
  })

  it('have the same results and errors in every lane, whatever is in the cells', async () => {
    const random = randomFrom(77)
    const ITEMS = ['a', 'b', 'c', '0', '1', '2', '2.0', ' a', 'b ', '', 'x', '"a"', '[', 'true', 'NA', '\\N', '"']
    const cell = () => Array.from({ length: random.below(4) }, () => random.of(ITEMS)).join('|')
    const json = () =>
      random.of([
        JSON.stringify(
          Array.from({ length: random.below(4) }, () =>
            random.of<unknown>(['a', 'b', 'c', 0, 1, 2, 'x', null, ' a', [1]]),
          ),
        ),
        ...[
          'null',
          '""',
          '[ ]',
          '["a" , "c"]',
          '"a|b"',
          '"a"',
          '2',
          '[0,1,1]',
          '[true,false,true]',
          '["a","a"]',
          '{}',
          '[["a"]]',
        ],
      ])
    const bit = () => random.of(['0', '1', '0', '1', '0', '1', '', 'true', ' 1', '2', '"1"', 'NA', '1.0'])
    const bits = () => (random.below(6) === 0 ? ',,' : [bit(), bit(), bit()].join())
    const lines = (line: () => string) => Array.from({ length: 400 }, line).join('')
    const cases: [string, Partial<ScoreOptions>][] = [
      [`y,logit_a,logit_b,logit_c\n${lines(() => `${cell()},1,-2,3\n`)}`, { truth: 'y' }],
      [`y_a,y_b,y_c,logit_a,logit_b,logit_c\n${lines(() => `${bits()},1,-2,3\n`)}`, { truth: 'y_*' }],
      [lines(() => `{"logits":[1,-2,3],"y":${json()}}\n`), { truth: 'y', from: 'ndjson', labels: ['a', 'b', 'c'] }],
      [
        lines(() => `${cell().replaceAll('"', '')}\t1\t-2\t3\n`),
        { truth: '1', from: 'copy', to: 'ndjson', header: false, logits: '2-4', labels: ['a', 'b', 'c'] },
      ],
    ]
    for (const [text, options] of cases) {
      for (const lenient of [{ null: 'NA' }, {}]) {
        const [general, fast] = await Promise.all(
          (['general', 'fast'] as const).map((lane) =>
            scoredAndMeasured(text, { ...options, ...lenient, lane, onError: 'skip' }),
          ),
        )
        expect(fast).toEqual(general)
        expect(general!.metrics!.rows).toBeGreaterThan(40)
        expect(general!.errors.length).toBeGreaterThan(40)
      }
    }
  })
})

/** The expected calibration error of rows of the classes a, b and c: of each probability against 0 or 1, in 15 bins. */
function calibrationError(lines: readonly string[]): number {
  const bins = Array.from({ length: 15 }, () => ({ sum: 0, right: 0 }))
  let count = 0
  for (const line of lines) {
    const [a, b, c, y = ''] = line.trimEnd().split(',')
    if (y === '' || y === 'no class') continue
    for (const [name, x] of Object.entries({ a, b, c })) {
      const p = 1 / (1 + Math.exp(-Number(x)))
      const bin = bins[Math.floor(p * 15)]!
      bin.sum += p
      bin.right += y.split('|').includes(name) ? 1 : 0
      count++
    }
  }
  return bins.reduce((total, { sum, right }) => total + Math.abs(sum - right), 0) / count
}

it('two true classes are booleans for each class, or numbers that may be either', async () => {
  const row = (y: string) => `{"logits":[2,-1],"y":${y}}\n`
  for (const lane of ['general', 'fast'] as const) {
    const options = { from: 'ndjson', truth: 'y', emit: 'correct', keep: false, op: 'sigmoid', lane } as const
    const both = await run(row('[true,false]') + row('[false,true]') + row('[true,true]'), { ...options, to: 'csv' })
    expect(both.text).toBe('correct\ntrue\nfalse\nfalse\n')
    expect((await run(row('[1,0]'), options)).error).toMatchObject({ code: 'E_TRUTH' })
  }
})

/** The result for rows with their loss: output, metrics and errors. */
async function scoredAndMeasured(input: string | Buffer, options: Partial<ScoreOptions>) {
  const errors: string[] = []
  const stream = score({
    op: 'sigmoid',
    emit: 'labels,loss,correct',
    ...options,
    onReject: ({ message }) => void errors.push(message),
  })
  const chunks = await Readable.from([Buffer.from(input)])
    .compose(stream)
    .toArray()
  return { output: Buffer.concat(chunks).toString(), metrics: stream.metrics(), errors }
}

describe('several true classes a row', () => {
  const HEADER = 'logit_a,logit_b,logit_c,y\n'
  const OPTIONS: ScoreOptions = { op: 'sigmoid', truth: 'y', emit: 'loss,correct', keep: false }

  it('are none where the cell is empty, and no class where the list is', async () => {
    const metrics = await evaluated(`${HEADER}1,2,3,\n-1,-2,-3,[]\n1,-1,-1,a\n`, {})
    expect(metrics).toMatchObject({ rows: 2, unlabelled: 1, accuracy: 1, hamming_loss: 0 })
    const { text } = await run(`${HEADER}1,2,3,\n0,0,0,[]\n`, OPTIONS)
    expect(text).toBe('loss,correct\n,\n0.6931471805599453,false\n')
  })

  it.each([
    [`${HEADER}1,2,3,a|x\n`, 'y', '"x" is not a class'],
    [`${HEADER}1,2,3,a||b\n`, 'y', 'not a name'],
    ['logit_a,logit_b,p,q\n1,2,1,2\n', 'p,q', 'neither 0 nor 1'],
    ['logit_a,logit_b,p,q\n1,2,1,2\n', 'p,q', 'column q (row 1'],
    [
      'logit_a,logit_b,p,q\n1,2,1,\n',
      'p,q',
      'column q (row 1, byte 26): "" is empty, but other true classes of the row',
    ],
  ])('are bad rows where they are no classes: %j', async (input, truth, text) => {
    const { error, stats } = await run(input, { ...OPTIONS, truth, logits: 'logit*' })
    expect(error).toMatchObject({ code: 'E_TRUTH', message: expect.stringContaining(text), info: { line: 2 } })
    expect(stats.written).toBe(0)
    const skipped = await evaluated(`${input}`, { truth, logits: 'logit*', onError: 'skip' }).catch(({ code }) => code)
    expect(skipped).toBe('E_NO_ROWS')
  })

  it('need the sigmoid, which is said where columns are listed', async () => {
    const { error } = await run('logit_a,logit_b,p,q\n1,2,1,0\n', { truth: 'p,q', emit: 'loss' })
    expect(error).toMatchObject({ code: 'E_SELECTOR', message: expect.stringContaining("need op: 'sigmoid' [") })
  })

  it('are bad rows where integers of 64 bits are no bits', async () => {
    const rows = [{ logits: [1, 2], p: 1n, q: 2n }]
    const { error } = await predict(rows, { truth: 'p,q', emit: 'correct' }, sigmoid)
    expect(error).toMatchObject({ code: 'E_TRUTH', info: { row: 1, cell: '2' } })
  })

  it('are not guessed about where positions and bits are alike', async () => {
    const input = '{"logits":[1,2],"y":[0,1]}\n'
    expect((await run(input, { ...OPTIONS, from: 'ndjson' })).error).toMatchObject({ code: 'E_TRUTH' })
    const both = await evaluated('{"logits":[1,2],"y":[1,1]}\n{"logits":[1,2],"y":[1]}\n', { from: 'ndjson' })
    expect(both.classes.map(({ support }) => support)).toEqual([1, 2])
  })

  it.each(['general', 'fast'] as const)('are not guessed about in cells either, in the %s lane', async (lane) => {
    const cell = async (y: string, delimiter = ',') => {
      const input = ['logit_a', 'logit_b', 'y\n2', '-1', `"${y}"\n`].join(delimiter)
      return run(input, { ...OPTIONS, delimiter, emit: 'correct', keep: false, lane })
    }
    for (const y of ['[1, 0]', '[0,1]', '[1.0, 0.0]', ' [0, 1]']) {
      for (const delimiter of [',', '\t']) {
        expect((await cell(y, delimiter)).error, y).toMatchObject({ code: 'E_TRUTH', info: { row: 1, cell: y } })
      }
    }
    expect((await cell('[true,false]')).text).toBe('correct\ntrue\n')
    expect((await cell('[1,1]')).text).toBe('correct\nfalse\n')
    expect((await run('logit_a,y\n1,[1]\n', { ...OPTIONS, lane })).error).toMatchObject({ code: 'E_TRUTH' })
  })

  it('are bits in an array with a number for each class, of two classes too: those of scikit-learn', async () => {
    const { npz, accuracy, hamming_loss, confusion } = several.two
    const metrics = await evaluated(Buffer.from(npz, 'base64'), { from: 'npz' })
    expect(metrics).toMatchObject({ rows: 300, accuracy, confusion })
    expect(metrics.hamming_loss).toBeCloseTo(hamming_loss!, 14)
  })

  it('have the calibration errors of one probability by hand', async () => {
    // Probabilities of 1/2, one of four true; and of 3/4, of which all are.
    const rows = `0,0,a\n0,0,[]\n${Math.log(3)},${Math.log(3)},a|b\n`
    const metrics = await evaluated(`logit_a,logit_b,y\n${rows}`, {})
    expect(metrics.ece).toBeCloseTo((4 * 0.25 + 2 * 0.25) / 6, 15)
    expect(metrics.mce).toBeCloseTo(0.25, 15)
    const none = await evaluate([Readable.from([Buffer.from('logit_a,logit_b,y\n')])], { truth: 'y', op: 'sigmoid' })
    expect([none.ece, none.mce]).toEqual([null, null])
  })

  it('of one class are 0 or 1', async () => {
    const metrics = await evaluated('logit_a,y\n1,1\n-1,0\n2,0\n1,\n', {})
    expect(metrics).toMatchObject({ rows: 3, unlabelled: 1, confusion: [[1, 1, 0, 1]] })
  })

  it.each<[ScoreOptions, string]>([
    [{ emit: 'rank' }, 'rank'],
    [{ minConfidence: 0.5 }, 'minConfidence'],
    [{ truth: 'y,id' }, '2 columns, but there are 3 classes'],
    [{ truth: 'logit_a' }, 'cannot be a logit'],
  ])('are refused with %j', async (options, text) => {
    const { error } = await run(`id,${HEADER}7,1,2,3,a\n`, { ...OPTIONS, logits: 'logit*', ...options })
    expect(error).toMatchObject({ code: 'E_CONFLICT', message: expect.stringContaining(text) })
  })

  it('have a loss that is infinite where a class is certain and wrong', async () => {
    const { text } = await run('logit_a,logit_b,y\n-inf,0,a\n-inf,0,b\n', { ...OPTIONS, missing: '-inf' })
    expect(text).toBe('loss,correct\nInfinity,false\n0.34657359027997264,true\n')
  })

  it('are the same of rows wider than the memory of the kernel', async () => {
    const width = 20_000
    const logits = Array.from({ length: width }, (_, index) => (index % 7) - 3.5)
    const positions = [...logits.keys()].filter((index) => logits[index]! >= 0)
    const one = `${JSON.stringify({ logits, y: positions })}\n`
    const metrics = await evaluated(one, { from: 'ndjson' })
    expect(metrics).toMatchObject({ rows: 1, accuracy: 1, hamming_loss: 0 })
    const exact = logits.reduce((sum, x) => sum + Math.log1p(Math.exp(-Math.abs(x))), 0) / width
    expect(metrics.log_loss).toBeCloseTo(exact, 12)
    // All seven logits are in bins of their own, below and above 1/2: every gap is the smaller of p and 1 - p.
    const gaps = logits.map((x) => 1 / (1 + Math.exp(Math.abs(x))))
    expect(metrics.ece).toBeCloseTo(gaps.reduce((sum, gap) => sum + gap, 0) / width, 12)
    expect(softmaxMatrix(logits, 1, width, { op: 'sigmoid', emit: 'labels' }).labels!.reduce((a, b) => a + b, 0)).toBe(
      positions.length,
    )
  })

  it('make a table and JSON of the command', () => {
    const stdin = `${HEADER}1,-2,3,a|c\n-1,-2,-3,a\n`
    const table = command(['evaluate', '--truth', 'y', '--sigmoid'], { stdin })
    expect(table.stdout).toMatch(/accuracy +0\.5000\nHamming loss +0\.1667\n/)
    const json = command(['evaluate', '--truth', 'y', '--sigmoid', '--json', '--threshold', '0.1'], { stdin })
    expect(JSON.parse(json.stdout)).toMatchObject({ rows: 2, hamming_loss: 2 / 6 })
    const file = command(['--truth', 'y', '--sigmoid', '--metrics', '/dev/stderr'], { stdin })
    expect(JSON.parse(file.stderr)).toMatchObject({ accuracy: 0.5 })
  })

  it('come out of read as lists', async () => {
    const [row] = await Readable.from([ndjson('list')])
      .compose(read('ndjson'))
      .toArray()
    expect((row as { y: string[] }).y).toEqual(several.truth[0])
  })
})

/** For logits 2 and 1: log(1 + e^2) - 2 + log(1 + e^1) and the counterpart, from numpy, halved. */
const [A_IS_TRUE, B_IS_TRUE] = ['0.7200948492805976', '1.2200948492805979']

describe('columns of a bit for each class', () => {
  it.each([...['b,a', 'y_b,y_a', 'b_true,a_true', 'is b?,is a?', 'B,A', 'y_B,y_A', 'Y_b_1,Y_a_1'], ...['ab,aa']])(
    'are of the classes that their names say: %s',
    async (names) => {
      const { text } = await run(`${names},logit_a,logit_b\n1,0,2,1\n`, {
        op: 'sigmoid',
        truth: '1-2',
        emit: 'loss',
        keep: false,
      })
      expect(text).toBe(`loss\n${B_IS_TRUE}\n`)
    },
  )

  it('are in the order that is asked for, where their names say nothing', async () => {
    for (const [truth, loss] of [
      ['u,v', A_IS_TRUE],
      ['v,u', B_IS_TRUE],
    ] as const) {
      const { text } = await run('u,v,logit_a,logit_b\n1,0,2,1\n', { op: 'sigmoid', truth, emit: 'loss', keep: false })
      expect(text).toBe(`loss\n${loss}\n`)
    }
  })

  it.each([
    ['y_1,y_0', 'y_0,y_1', '1,0'],
    ['y2,y1', 'y1,y2', '2,1'],
  ])(
    'may not be asked for in another order than their numbers, by which they may be meant: %s',
    async (names, byNumber, labels) => {
      const text = `${names},logit_a,logit_b\n1,0,2,1\n`
      const options = { op: 'sigmoid', truth: '1-2', emit: 'loss', keep: false } as const
      const { error } = await run(text, options)
      const ways = `truth: '${byNumber}' is, and labels: '${labels}' keeps the order given`
      expect(error).toMatchObject({ code: 'E_SELECTOR', message: expect.stringContaining(ways) })
      expect((await run(text, { ...options, truth: byNumber })).text).toBe(`loss\n${B_IS_TRUE}\n`)
      expect((await run(text, { ...options, labels })).text).toBe(`loss\n${A_IS_TRUE}\n`)
    },
  )

  it.each(['b,x', 'b,b_a', 'y_b,y_c', 'true b,other'])(
    'are refused where only some names say it: %s',
    async (names) => {
      const { error } = await run(`${names},logit_a,logit_b\n1,0,2,1\n`, { op: 'sigmoid', truth: '1-2', emit: 'loss' })
      expect(error).toMatchObject({ code: 'E_SELECTOR', info: { item: names, option: 'truth' } })
    },
  )
})

describe('one column of true classes that is called like a class', () => {
  const text = (name: string, ...cells: (string | number)[]) =>
    `logit_cat,logit_dog,is_dog,${name}\n${cells.map((cell) => `1,2,0,${cell}\n`).join('')}`
  const objects = (name: string, cell: string | number) => [{ logits: { cat: 1, dog: 2 }, is_dog: 0, [name]: cell }]

  it.each([
    ['is_cat', 1, 'sigmoid', "truth: 'is_cat,is_dog' has one for each class"],
    ['is_cat', 0, 'sigmoid', "truth: 'is_cat,is_dog' has one for each class"],
    ['is_cat', 'true', 'log-sigmoid', "truth: 'is_cat,is_dog' has one for each class"],
    ['cat', 1, 'sigmoid', 'or one column for each class'],
    ['Cat?', '1.0', 'sigmoid', 'or one column for each class'],
    ['is_cat', 1, 'softmax', 'name a column with the class of each row, by name or position'],
  ] as const)('is refused where it has bits: %s, %s, %s', async (truth, cell, op, says) => {
    const { error } = await run(text(truth, cell), { truth, op })
    expect(error).toMatchObject({ code: 'E_CONFLICT', message: expect.stringContaining(says) })
    const stream = op === 'softmax' ? softmax : sigmoid
    if (op !== 'log-sigmoid') {
      const { error } = await predict(objects(truth, cell), { truth }, stream)
      expect(error).toMatchObject({ code: 'E_CONFLICT', message: expect.stringContaining(says) })
    }
  })

  it.each([
    ['of names', 'cat', 'cat', 'sigmoid'],
    ['of positions that are none of bits', 'cat', '0|1', 'sigmoid'],
    ['of the positions of two classes, of which it has the second', 'is_dog2', 1, 'softmax'],
    ['called like several classes', 'cat_or_dog', 1, 'sigmoid'],
    ['called otherwise', 'truth', 1, 'sigmoid'],
  ] as const)('is read %s', async (_, truth, cell, op) => {
    const name = truth.replace('2', ' ')
    const input = text(name, cell)
    expect((await run(input, { truth: name, op, emit: 'correct' })).error).toBeUndefined()
  })

  it('is read as what truths are called as a rule, though a class is, too', async () => {
    const input = 'logit_x,logit_y,logit_z,y\n1,2,3,1\n'
    expect((await run(input, { truth: 'y', emit: 'rank', keep: false })).text).toBe('rank\n2\n')
  })
})
