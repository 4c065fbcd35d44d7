/** Prediction sets with a requested coverage, compared with MAPIE: see `fixtures/calibration.py`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  type Calibration,
  calibrate,
  evaluate,
  read,
  type ScoreOptions,
  score,
  scoreFiles,
  sigmoid,
  softmaxMatrix,
  write,
} from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { type Random, randomFrom } from './random.js'
import { run } from './streams.js'
import { calibrationOf, command, folder, predict, ROOT } from './support.js'

const FIXTURES = join(ROOT, 'fixtures/')

interface Case {
  coverage: number
  quantile: number
  covered: number
  mean_set_size: number
  sets: string[]
}

const EXPECTED: Record<string, { file: string; conformal: Case[] }> = JSON.parse(
  readFileSync(`${FIXTURES}calibration.json`, 'utf8'),
)
const CASES = Object.entries(EXPECTED).flatMap(([name, { file, conformal }]) =>
  conformal.map((one) => ({ name, file, ...one })),
)

/** The rows of a delimited file: the first and the second half. */
function halvesOf(file: string): [string, string] {
  const [header, ...lines] = readFileSync(FIXTURES + file, 'utf8')
    .trimEnd()
    .split('\n')
  const half = lines.length >> 1
  return [textOf(header!, lines.slice(0, half)), textOf(header!, lines.slice(half))]
}

function textOf(header: string, lines: readonly string[]): string {
  return `${header}\n${lines.map((line) => `${line}\n`).join('')}`
}

async function rowsOf(text: string, options: ScoreOptions & { to: 'csv' | 'ndjson' | 'parquet' | 'arrow' }) {
  const bytes = Buffer.concat(await scoreFiles([Readable.from([text])], { keep: false, ...options }).toArray())
  return (await Readable.from([bytes]).compose(read(options.to)).toArray()) as Record<string, unknown>[]
}

/** The logits of delimited text, and the positions of their true classes. */
async function logitsOf(text: string, classes: readonly string[]) {
  const rows = (await Readable.from([text]).compose(read('csv')).toArray()) as Record<string, string>[]
  return {
    logits: rows.flatMap((row) => classes.map((name) => Number(row[`logit_${name}`]))),
    truths: rows.map(({ truth }) => classes.indexOf(truth!)),
  }
}

describe.each(CASES)(
  'sets of $name with a coverage of $coverage',
  async ({ file, coverage, quantile, sets, ...of }) => {
    const [first, second] = halvesOf(file)
    const calibration = await calibrate([Readable.from([first])], { truth: 'truth', coverage })
    const { classes } = calibration
    const expected = sets.map((positions) =>
      positions.split(' ').flatMap((at) => (at === '' ? [] : [classes[Number(at)]!])),
    )

    it('have the quantile of MAPIE, as near as the temperatures are', () => {
      expect(calibration.coverage).toBe(coverage)
      expect(Math.abs(calibration.quantile! - quantile)).toBeLessThan(1e-6)
    })

    it('have the exact order statistic, of probabilities as they are given', async () => {
      const { logits, truths } = await logitsOf(first, classes)
      const { temperature } = calibration
      const { values } = softmaxMatrix(logits, truths.length, classes.length, { temperature })
      const scores = truths.map((truth, row) => 1 - values[row * classes.length + truth]!).sort((a, b) => a - b)
      const rank = Math.ceil(Math.round((truths.length + 1) * coverage * 1e6) / 1e6)
      expect(Math.abs(calibration.quantile! - scores[rank - 1]!)).toBeLessThanOrEqual(2 ** -53)
      expect(1 - calibration.quantile!).toBeLessThanOrEqual(1 - scores[rank - 1]!)
    })

    it('do not depend on lanes, threads and chunks', async () => {
      for (const options of [{ lane: 'general' }, { lane: 'fast', jobs: 1 }, { jobs: 3 }] as const) {
        const chunks = [first.slice(0, 777), first.slice(777)]
        expect(await calibrate([Readable.from(chunks)], { truth: 'truth', coverage, ...options })).toEqual(calibration)
      }
    })

    it.each(['csv', 'ndjson', 'parquet', 'arrow'] as const)('are those of MAPIE, in %s', async (to) => {
      for (const lane of ['auto', 'general'] as const) {
        const rows = await rowsOf(second, { calibration, emit: 'set,set_size', to, lane })
        const namesOf = (set: unknown) => (to === 'csv' ? String(set).split('|').filter(Boolean) : set)
        expect(rows.map(({ set }) => namesOf(set))).toEqual(expected)
        expect(rows.map(({ set_size }) => Number(set_size))).toEqual(expected.map(({ length }) => length))
      }
    })

    it('are those of predictions, and of matrices', async () => {
      const { logits } = await logitsOf(second, classes)
      const rows = expected.map((_, row) => logits.slice(row * classes.length, (row + 1) * classes.length))
      const { predictions } = await predict(rows, { calibration, labels: classes, emit: 'set,set_size' })
      expect(predictions.map(({ set }) => set)).toEqual(expected)
      expect(predictions.map(({ set_size }) => set_size)).toEqual(expected.map(({ length }) => length))
      const matrix = softmaxMatrix(logits, rows.length, classes.length, { calibration, emit: 'set,set_size' })
      const marks = expected.flatMap((names) => classes.map((name) => Number(names.includes(name))))
      expect(matrix.set).toEqual(Uint8Array.from(marks))
      expect(matrix.set_size).toEqual(Uint32Array.from(expected, ({ length }) => length))
    })

    it('have the coverage and the mean size that MAPIE gives, in every lane and format, and merged', async () => {
      const measured = { coverage: of.covered, mean_set_size: of.mean_set_size }
      const options = { truth: 'truth', calibration }
      for (const way of [{ lane: 'general' }, { lane: 'fast', jobs: 1 }] as const) {
        expect(await evaluate([Readable.from([second])], { ...options, ...way })).toMatchObject(measured)
        const stream = scoreFiles([Readable.from([second])], { ...options, ...way, emit: 'set', to: 'ndjson' })
        await stream.toArray()
        expect(stream.metrics()).toMatchObject(measured)
      }
      const parquet = await scoreFiles([Readable.from([second])], {
        emit: 'probs=logit_',
        op: 'log-softmax',
        to: 'parquet',
      }).toArray()
      expect(await evaluate([Readable.from(parquet)], { ...options, from: 'parquet' })).toMatchObject(measured)
      const cwd = folder({ 'c.json': JSON.stringify(calibration), 'in.csv': second })
      const args = ['evaluate', 'in.csv', '--truth', 'truth', '--calibration', 'c.json']
      const lines = command([...args, '--partial'], { cwd }).stdout
      expect(JSON.parse(command(['evaluate', '--merge', '--json'], { stdin: lines + lines }).stdout)).toMatchObject(
        measured,
      )
      expect(command(args, { cwd }).stdout).toContain(`\nset coverage        ${of.covered.toFixed(4)}\n`)
    })

    it('are the same beside logarithms and rounded results', async () => {
      const options = {
        calibration,
        emit: 'probs,set',
        op: 'log-softmax',
        float32: true,
        precision: 2,
        to: 'ndjson',
      } as const
      for (const lane of ['fast', 'general'] as const) {
        expect((await rowsOf(second, { ...options, lane })).map(({ set }) => set)).toEqual(expected)
      }
    })
  },
)

it('sets that only some of the rows have are not merged', async () => {
  const [first, second] = halvesOf(CASES[0]!.file)
  const calibration = await calibrate([Readable.from([first])], { truth: 'truth', coverage: CASES[0]!.coverage })
  const cwd = folder({ 'c.json': JSON.stringify(calibration), 'in.csv': second })
  const args = ['evaluate', 'in.csv', '--truth', 'truth', '--partial']
  const lines = [args, [...args, '--calibration', 'c.json']].map((args) => command(args, { cwd }).stdout)
  expect(command(['evaluate', '--merge'], { stdin: lines.reverse().join('') })).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/some of the rows have prediction sets.*\[E_SUMS\]\n$/),
  })
})

/** The same items in random order. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = items.map((item) => [random.below(1 << 30), item] as const)
  return order.sort(([a], [b]) => a - b).map(([, item]) => item)
}

/** How many random splits are tried: more in `npm run test:lanes`. */
const SPLITS = process.env.COUNT ? 200 : 20

it(`have the true class as often as is asked for, over ${SPLITS} random splits`, { timeout: 300_000 }, async () => {
  const coverage = 0.9
  const random = randomFrom(11)
  const [header, ...lines] = readFileSync(`${FIXTURES}metrics-two.csv`, 'utf8').trimEnd().split('\n')
  const half = lines.length / 2
  const classes = ['no', 'yes']
  const { logits, truths } = await logitsOf(textOf(header!, lines), classes)
  const items = lines.map((line, row) => ({ line, logits: logits.slice(2 * row, 2 * row + 2), truth: truths[row]! }))
  // For one split, the number of later rows covered has a beta-binomial distribution.
  const deviation = Math.sqrt(coverage * (1 - coverage) * (1 / half + 1 / (half + 2)))
  const shares: number[] = []
  for (let split = 0; split < SPLITS; split++) {
    const order = shuffled(items, random)
    const first = textOf(
      header!,
      order.slice(0, half).map(({ line }) => line),
    )
    const calibration = await calibrate([Readable.from([first])], { truth: 'truth', coverage, jobs: 1 })
    expect(calibration.classes).toEqual(classes)
    const later = order.slice(half)
    const all = later.flatMap(({ logits }) => logits)
    const { set } = softmaxMatrix(all, half, 2, { calibration, emit: 'set' })
    shares.push(later.reduce((sum, { truth }, row) => sum + set![2 * row + truth]!, 0) / half)
    expect(Math.abs(shares.at(-1)! - coverage)).toBeLessThan(4.5 * deviation)
  }
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  const expected = Math.ceil((half + 1) * coverage) / (half + 1)
  expect(Math.abs(mean - expected)).toBeLessThan((4 * deviation) / Math.sqrt(shares.length))
})

describe('a quantile', () => {
  const rowsOfDifferences = (differences: readonly number[]) =>
    textOf(
      'logit_a,logit_b,y',
      differences.map((difference) => `${difference},0,a`),
    )

  it('of too few rows is 1, with a warning: every set has all classes', async () => {
    const text = rowsOfDifferences([1, -1, 2, -0.5, 3, 4, 0.1, 1])
    const calibration = await calibrate([Readable.from([text])], { truth: 'y', coverage: 0.9 })
    expect(calibration.quantile).toBe(1)
    expect(calibration.warnings).toContain(
      'a coverage of 0.9 needs at least 9 rows; with 8, every set holds all classes',
    )
    const { text: scored } = await run('logit_a,logit_b\n900000,-inf\n0,0\n', { calibration, emit: 'set' })
    expect(scored).toBe('set\na|b\na|b\n')
  })

  it('of as many rows as it takes is that of the largest score', async () => {
    const text = rowsOfDifferences([1, -1, 2, -0.5, 3, 4, 0.1, 1, -3])
    const { quantile, temperature } = await calibrate([Readable.from([text])], { truth: 'y', coverage: 0.9 })
    const [largest] = softmaxMatrix([-3, 0], 1, 2, { temperature }).values
    expect(quantile).toBeCloseTo(1 - largest!, 15)
  })

  it.each([
    [999, 0.55, 550],
    [99, 0.07, 7],
    [9, 0.3, 3],
  ])(
    'of %d rows and the coverage %d is the score of rank %d, though products of doubles are above',
    async (rows, coverage, rank) => {
      const random = randomFrom(rows)
      const differences = Array.from({ length: rows }, () => random.below(1 << 20) / (1 << 17) - 3)
      const text = rowsOfDifferences(differences)
      const { quantile, temperature } = await calibrate([Readable.from([text])], { truth: 'y', coverage })
      const { values } = softmaxMatrix(
        differences.flatMap((one) => [one, 0]),
        rows,
        2,
        { temperature },
      )
      const scores = differences.map((_, row) => 1 - values[2 * row]!).sort((a, b) => a - b)
      expect(Math.abs(quantile! - scores[rank - 1]!)).toBeLessThanOrEqual(2 ** -53)
    },
  )

  it('of scores that are equal is that score', async () => {
    const text = rowsOfDifferences([1, 1, 1, -1])
    const { quantile } = await calibrate([Readable.from([text])], { truth: 'y', coverage: 0.5 })
    // Three of four are right, so the temperature makes their probability 3/4.
    expect(quantile).toBeCloseTo(0.25, 6)
  })
})

describe('a set', () => {
  const CALIBRATION = calibrationOf({ coverage: 0.5, quantile: 0.4, classes: ['a', 'b', 'c'] })
  const ROWS = 'id,logit_a,logit_b,logit_c\n1,5,1,1\n2,1,1,1\n'

  it('may be empty: no class is likely enough', async () => {
    expect((await run(ROWS, { calibration: CALIBRATION, emit: 'set,set_size' })).text).toBe(
      'id,set,set_size\n1,a,1\n2,,0\n',
    )
    const { text } = await run(ROWS, { calibration: CALIBRATION, emit: 'set,set_size', to: 'ndjson' })
    expect(text).toBe('{"id":"1","set":["a"],"set_size":1}\n{"id":"2","set":[],"set_size":0}\n')
  })

  it('has classes of exactly the least probability', async () => {
    const calibration = { ...CALIBRATION, quantile: 0.5, classes: ['a', 'b'] }
    expect((await run('logit_a,logit_b\n0,0\n', { calibration, emit: 'set' })).text).toBe('set\na|b\n')
  })

  it('goes by the name that is asked for, and is written of predictions', async () => {
    const options: ScoreOptions = { calibration: CALIBRATION, emit: 'set=classes,set_size=count', keep: false }
    expect((await run(ROWS, options)).text).toBe('classes,count\na,1\n,0\n')
    const { predictions } = await predict([[5, 1, 1]], {
      calibration: CALIBRATION,
      labels: 'a,b,c',
      emit: 'label,set,set_size',
    })
    const bytes = await Readable.from(predictions)
      .compose(write('csv', { emit: 'label,set,set_size' }))
      .toArray()
    expect(Buffer.concat(bytes).toString()).toBe('label,set,set_size\na,a,1\n')
  })

  it('is counted in formats of numbers, or a boolean for each class', () => {
    const cwd = folder({ 'c.json': JSON.stringify(CALIBRATION), 'in.csv': ROWS })
    const args = ['in.csv', '--calibration', 'c.json', '--no-keep', '-o', 'out.npz']
    expect(command([...args, '-e', 'probs,set_size'], { cwd })).toMatchObject({ status: 0, stderr: '' })
    expect(command([...args, '-e', 'probs,set'], { cwd })).toMatchObject({ status: 0, stderr: '' })
  })

  it('is measured of rows with a true class only, of wider ones than the kernel holds, and not of others', async () => {
    const classes = Array.from({ length: 20_000 }, (_, nth) => String(nth))
    const row = (at: number, y: number | null) =>
      JSON.stringify({ logits: classes.map((_, nth) => (nth === at ? 20 : 0)), y })
    const text = [row(7, 7), row(9, 8), row(1, null), ''].join('\n')
    const calibration: Calibration = { ...CALIBRATION, classes, quantile: 0.5 }
    for (const lane of ['general', 'fast'] as const) {
      const metrics = await evaluate([Readable.from([text])], { truth: 'y', calibration, from: 'ndjson', lane })
      expect(metrics).toMatchObject({ rows: 2, unlabelled: 1, coverage: 0.5, mean_set_size: 1 })
    }
    const none = await evaluate([Readable.from(['logit_a,logit_b,y\n1,2,a\n'])], { truth: 'y' })
    expect(Object.keys(none)).not.toContain('coverage')
  })

  it('without a calibration, or of one without a coverage, is an error', async () => {
    const { coverage, quantile, ...plain } = CALIBRATION
    for (const calibration of [undefined, plain]) {
      for (const emit of ['set', 'set_size'] as const) {
        expect((await run(ROWS, { calibration, emit })).error).toMatchObject({
          code: 'E_CONFLICT',
          message: expect.stringContaining('calibrate() with coverage: 0.9 makes one'),
        })
      }
    }
    const { error } = await predict([[1, 2, 3]], { emit: 'set' }, sigmoid)
    expect(error).toMatchObject({ code: 'E_CONFLICT' })
    expect(score({ calibration: CALIBRATION, emit: 'set' }).destroy().destroyed).toBe(true)
  })

  it('is what the command writes', () => {
    const cwd = folder({ 'v.csv': readFileSync(`${FIXTURES}metrics-three.csv`) })
    const calibrated = command(['calibrate', 'v.csv', '--truth', 'truth', '--coverage', '0.9', '-o', 'c.json'], { cwd })
    expect(calibrated).toEqual({ status: 0, stdout: '', stderr: '' })
    const { stdout } = command(['v.csv', '--calibration', 'c.json', '-e', 'set_size', '--no-keep'], { cwd })
    const sizes = stdout.trim().split('\n').slice(1).map(Number)
    expect(sizes.length).toBe(1000)
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(3)
  })
})
