/** Calibration against scipy, netcal and MAPIE: see `fixtures/calibration.py`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  type CalibrateOptions,
  type Calibration,
  calibrate,
  evaluate,
  type ScoreOptions,
  score,
  softmax,
} from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { npyFile } from './npy.js'
import { randomFrom } from './random.js'
import { run } from './streams.js'
import { calibrationOf, command, folder, openFiles, ROOT, shell } from './support.js'

const FIXTURES = join(ROOT, 'fixtures/')

interface Expected extends Pick<Calibration, 'temperature' | 'log_loss' | 'ece'> {
  file: string
}

const EXPECTED: Record<string, Expected> = JSON.parse(readFileSync(`${FIXTURES}calibration.json`, 'utf8'))

const calibrated = (text: string | readonly string[], options: Partial<CalibrateOptions> = {}) =>
  calibrate([Readable.from(typeof text === 'string' ? [text] : text)], { truth: 'y', ...options })

describe.each(Object.entries(EXPECTED))('a temperature of %s', async (_, { file, ...expected }) => {
  const path = FIXTURES + file
  const calibration = await calibrate([path], { truth: 'truth' })
  const { temperature, log_loss, ece } = calibration

  it('is that of scipy, within 1e-6', () => {
    expect(Math.abs(temperature / expected.temperature - 1)).toBeLessThan(1e-6)
  })

  it('has its log loss before and after, within 1e-12', () => {
    for (const when of ['before', 'after'] as const) {
      expect(Math.abs(log_loss[when] / expected.log_loss[when] - 1)).toBeLessThan(1e-12)
    }
    expect(log_loss.after).toBeLessThan(log_loss.before)
  })

  it('has the calibration errors of netcal', () => {
    expect(Math.abs(ece.before - expected.ece.before)).toBeLessThan(1e-12)
    // Its derivative with respect to the temperature is below 1, and the temperature is accurate to 1e-6.
    expect(Math.abs(ece.after - expected.ece.after)).toBeLessThan(1e-6)
  })

  it('is the same bits in every lane, on any number of threads, in any chunks and any order of rows', async () => {
    for (const options of [{ lane: 'general' }, { lane: 'fast', jobs: 1 }, { jobs: 3 }] as const) {
      expect(await calibrate([path], { truth: 'truth', ...options })).toEqual(calibration)
    }
    const random = randomFrom(3)
    const [header, ...lines] = readFileSync(path, 'utf8').trim().split('\n')
    const order = lines.map((line) => [random.below(1 << 30), line] as const).sort(([a], [b]) => a - b)
    const bytes = Buffer.from(`${[header, ...order.map(([, line]) => line)].join('\n')}\n`)
    const chunks = Array.from({ length: Math.ceil(bytes.length / 999) }, (_, nth) =>
      bytes.subarray(999 * nth, 999 * (nth + 1)),
    )
    expect(await calibrate([Readable.from(chunks)], { truth: 'truth' })).toEqual(calibration)
  })

  it('is applied by what evaluates, with the figures that it states', async () => {
    const cwd = folder({ 'c.json': JSON.stringify(calibration) })
    for (const given of [calibration, join(cwd, 'c.json')]) {
      const metrics = await evaluate([path], { truth: 'truth', calibration: given })
      expect([metrics.log_loss, metrics.ece]).toEqual([log_loss.after, ece.after])
    }
    const { stdout } = command(['evaluate', path, '--truth', 'truth', '--calibration', 'c.json', '--json'], { cwd })
    expect(JSON.parse(stdout)).toMatchObject({ log_loss: log_loss.after, ece: ece.after })
  })
})

describe('a calibration', () => {
  it('is the same of every format', async () => {
    const labels = ['cat', 'dog', 'a bird, or two']
    const expected = await calibrate([`${FIXTURES}metrics-three.csv`], { truth: 'truth' })
    for (const format of ['parquet', 'arrow', 'ndjson']) {
      expect(await calibrate([`${FIXTURES}metrics-three.${format}`], { truth: 'truth' })).toEqual(expected)
    }
    for (const lane of ['fast', 'general'] as const) {
      const lists = await calibrate([`${FIXTURES}metrics-three-lists.ndjson`], { truth: 'truth', labels, lane })
      expect(lists).toEqual(expected)
    }
    expect(await calibrate([`${FIXTURES}metrics-three.npz`], { truth: 'truth', labels })).toEqual(expected)
  })

  it('is the same of logits of any size and of rows wider than the kernel takes at once', async () => {
    const random = randomFrom(9)
    const classes = 17_000
    const header = [...Array.from({ length: classes }, (_, index) => `logit_${index}`), 'y'].join()
    const rows = Array.from({ length: 3 }, () => {
      const logits = Array.from({ length: classes }, () => random.below(400) / 100)
      const truth = random.below(classes)
      // So likely that few temperatures are tried.
      logits[truth] = 11
      return [...logits, truth].join()
    })
    const text = `${[header, ...rows].join('\n')}\n`
    const [fast, general] = [await calibrated(text, { lane: 'fast' }), await calibrated(text, { lane: 'general' })]
    expect(fast).toEqual(general)
  })

  it.each([
    [1e-5, 1],
    [1e5, 1],
    [1, 3],
  ])(
    'of logits times %d has as large a temperature, and does not depend on what is added to them: %d',
    async (scale, shift) => {
      const random = randomFrom(4)
      const rows = Array.from({ length: 300 }, () => [
        random.below(1000) / 256,
        random.below(1000) / 256,
        random.below(2),
      ])
      const text = (scale: number, shift: number) =>
        `logit_a,logit_b,y\n${rows.map(([a, b, y]) => `${a! * scale + shift},${b! * scale + shift},${b! + 2 * y! > a! ? 1 : 0}`).join('\n')}\n`
      const [one, other] = [await calibrated(text(1, 0)), await calibrated(text(scale, shift * scale))]
      expect(Math.abs(other.temperature / (one.temperature * scale) - 1)).toBeLessThan(1e-6)
      expect(other.log_loss.after).toBeCloseTo(one.log_loss.after, 12)
    },
  )

  /** More in `npm run test:lanes`. */
  const TRIALS = process.env.COUNT ? 200 : 20

  it('never makes the log loss larger', async () => {
    const random = randomFrom(7)
    for (let trial = 0; trial < TRIALS; trial++) {
      const classes = 2 + random.below(4)
      const scale = 10 ** (random.below(5) - 2)
      const row = () => [
        ...Array.from({ length: classes }, () => (random.below(999) - 500) * scale),
        random.below(classes),
      ]
      const header = [...Array.from({ length: classes }, (_, index) => `logit_${index}`), 'y'].join()
      const { log_loss } = await calibrated(
        `${[header, ...Array.from({ length: 1 + random.below(30) }, row)].join('\n')}\n`,
      )
      expect(log_loss.after).toBeLessThanOrEqual(log_loss.before)
    }
  })

  it('of rows that are all right ends at the lowest temperature, with a warning', async () => {
    const { temperature, warnings, log_loss } = await calibrated('logit_a,logit_b,y\n2,1,a\n1,3,b\n'.repeat(1))
    expect([temperature, log_loss.after]).toEqual([2 ** -20, 0])
    expect(warnings).toContainEqual(expect.stringMatching(/every row is right; 9.5367431640625e-7 is the lowest/))
    const ties = await calibrated('logit_a,logit_b,logit_c,y\n1,1,0,b\n')
    expect([ties.temperature, ties.log_loss.after]).toEqual([2 ** -20, Math.LN2])
  })

  it('of rows that are all wrong ends at the highest', async () => {
    const { temperature, warnings } = await calibrated('logit_a,logit_b,y\n2,1,b\n1,3,a\n')
    expect(temperature).toBe(2 ** 20)
    expect(warnings).toContainEqual(expect.stringMatching(/1048576 is the highest/))
  })

  it('of equal logits leaves the temperature as it is', async () => {
    const { temperature, warnings, log_loss } = await calibrated('logit_a,logit_b,y\n2,2,b\n3,3,a\n')
    expect([temperature, log_loss.before]).toEqual([1, Math.LN2])
    expect(warnings).toContainEqual(expect.stringMatching(/the same at every temperature/))
  })

  it('of few rows says so', async () => {
    expect((await calibrated('logit_a,logit_b,y\n2,1,a\n')).warnings[0]).toBe(
      '1 row is too few for a reliable calibration',
    )
  })

  it.each([
    ['no row has a true class', 'logit_a,logit_b,y\n1,2,\n', { code: 'E_VALIDATION' }],
    ['there is no row', 'logit_a,logit_b,y\n', { code: 'E_VALIDATION' }],
    ['there is one class', 'logit_a,y\n1,a\n', { code: 'E_CONFLICT' }],
    ['a true class is masked', 'logit_a,logit_b,y\n-inf,2,a\n2,1,a\n', { code: 'E_VALIDATION' }],
    ['a row is bad', 'logit_a,logit_b,y\nx,2,a\n', { code: 'E_CELL' }],
  ])('is an error where %s', async (_, text, error) => {
    await expect(calibrated(text)).rejects.toMatchObject(error)
  })

  it('is an error where there is one class with a name', async () => {
    await expect(calibrated('logit_a,y\n1,a\n', { labels: 'a' })).rejects.toMatchObject({ code: 'E_VALIDATION' })
  })

  it.each(['fast', 'general'] as const)(
    'is an error that counts the rows whose true class is masked, and names the first, in the %s lane',
    async (lane) => {
      const folderOf = folder({
        'a.csv': 'logit_a,logit_b,y\n1,2,a\nx,1,b\n',
        'b.csv': `logit_a,logit_b,y\n${'1,2,a\n'.repeat(30_000)}x,1,b\n-inf,2,\n-inf,2,a\nx,1,b\n1,-inf,b\n`,
        'c.csv': 'logit_a,logit_b,y\n-inf,2,a\n',
      })
      const files = ['a.csv', 'b.csv', 'c.csv'].map((name) => join(folderOf, name))
      const options = { truth: 'y', onError: 'skip', lane } as const
      await expect(calibrate(files, options)).rejects.toThrow(
        `no temperature can be found: 3 rows have a logit of -inf for the true class (the first is "${files[1]}", row 30003), so the log loss is infinite; leave these rows out, or replace -inf by a finite logit, such as the log of the smallest probability [E_VALIDATION]`,
      )
      await expect(calibrate(files[2]!, { truth: 'y', lane })).rejects.toThrow(
        `: 1 row has a logit of -inf for the true class ("${files[2]}", row 1), so `,
      )
    },
  )

  it('is an error that names the row of objects whose true class is masked, which a stream has no file for', async () => {
    const lines = '{"logits":[1,2],"y":0}\n{"logits":[1,"-inf"],"y":1}\n'
    await expect(calibrated(lines)).rejects.toThrow(': 1 row has a logit of -inf for the true class (row 2), so ')
  })

  it('is an error where the true class is a logit, or an option would do nothing', async () => {
    const text = 'logit_a,logit_b,y\n1,2,a\n'
    await expect(calibrated(text, { truth: 'logit_a', logits: 'logit_*' })).rejects.toMatchObject({
      code: 'E_CONFLICT',
    })
    for (const option of [
      { temperature: 2 },
      { calibration: 'c.json' },
      { op: 'sigmoid' },
      { emit: 'label' },
      { minConfidence: 0.9 },
      { oneVsRest: true },
    ]) {
      await expect(calibrated(text, option as object)).rejects.toMatchObject({ code: 'E_CONFLICT' })
    }
    await expect(calibrated(text, { coverage: 1 })).rejects.toMatchObject({ code: 'E_OPTION' })
    await expect(calibrate(['in.csv'], {} as CalibrateOptions)).rejects.toMatchObject({ code: 'E_OPTION' })
  })

  it('leaves out rows that are bad, and reports each once', async () => {
    const rejects: number[] = []
    const text = 'logit_a,logit_b,y\n2,1,a\nx,1,a\n2,1,b\n2,1,\n2,1,a\n'
    const { rows, temperature } = await calibrated(text, { onReject: ({ row }) => void rejects.push(row!) })
    expect([rows, rejects]).toEqual([3, [2]])
    // Two of three rows are right: p = 2/3 when the logit difference, 1, is divided by 1 / log 2.
    expect(temperature).toBeCloseTo(1 / Math.LN2, 6)
  })

  it('of rows of one logit is that of two, of which one is 0', async () => {
    const rows = [1, 2, -1, 0.5, -2, 3].map((logit, row) => [logit, row % 3 === 0 ? 'no' : 'yes'] as const)
    const pairs = `logit_no,logit_yes,y\n${rows.map(([logit, y]) => `0,${logit},${y}\n`).join('')}`
    const singles = `logit,y\n${rows.map(([logit, y]) => `${logit},${y}\n`).join('')}`
    for (const lane of ['fast', 'general'] as const) {
      const options = { coverage: 0.5, lane }
      expect(await calibrated(singles, { binary: 'no,yes', ...options })).toEqual(await calibrated(pairs, options))
    }
  })

  it('of log-softmax is refused, as it would be the same', async () => {
    await expect(calibrated('logit_a,logit_b,y\n2,1,a\n', { op: 'log-softmax' } as object)).rejects.toMatchObject({
      code: 'E_CONFLICT',
      message: expect.stringContaining(
        "calibrate writes no logarithms, so op: 'log-softmax' has no effect; leave it out",
      ),
    })
  })

  it('ends with its signal', async () => {
    const signal = AbortSignal.abort()
    await expect(calibrated('logit_a,logit_b,y\n2,1,a\n', { signal })).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('softmax calibrate', () => {
  const ROWS = 'logit_a,logit_b,y\n2,1,a\n2,1,b\n2,1,a\n'

  it('writes a file that scoring takes, of a file, of standard input and of a named pipe', () => {
    const cwd = folder({ 'v.csv': ROWS })
    expect(command(['calibrate', 'v.csv', '--truth', 'y', '-q', '-o', 'c.json'], { cwd })).toMatchObject({ status: 0 })
    const file = readFileSync(join(cwd, 'c.json'), 'utf8')
    expect(JSON.parse(file)).toMatchObject({ version: 1, method: 'temperature', classes: ['a', 'b'], rows: 3 })
    expect(command(['calibrate', '--truth', 'y', '-q'], { stdin: ROWS }).stdout).toBe(file)
    expect(
      command(['calibrate', '--truth', 'y', '-q', 'v.csv', '-'], { cwd, stdin: 'logit_a,logit_b,y\n' }).stdout,
    ).toBe(file)
    const pipe = 'mkfifo p.csv; cat v.csv > p.csv & softmax calibrate p.csv --truth y -q'
    expect(shell(pipe, cwd)).toMatchObject({ status: 0, stdout: file })
    const scored = command(['--calibration', 'c.json', 'v.csv', '-p', '6'], { cwd })
    expect(scored.stdout.split('\n')[1]).toBe('a,0.666667,0.333333,a')
  })

  it('reads an input that is named twice as scoring does', () => {
    const twice = command(['calibrate', '-', '-', '--truth', 'y', '-q'], { stdin: ROWS })
    expect(twice.stdout).toBe(command(['calibrate', '--truth', 'y', '-q'], { stdin: ROWS }).stdout)
  })

  it('warns, and leaves no file where it fails', () => {
    const cwd = folder({
      'v.csv': 'logit_a,logit_b,y\n2,1,a\n',
      'bad.csv': 'logit_a,logit_b,y\nx,1,a\n',
      'c.json': 'old',
    })
    const { stderr } = command(['calibrate', 'v.csv', '--truth', 'y'], { cwd })
    expect(stderr).toMatch(/^softmax: warning: 1 row is too few .*\nsoftmax: warning: the log loss falls .*\n$/)
    expect(command(['calibrate', 'bad.csv', '--truth', 'y', '-o', 'c.json'], { cwd }).status).toBe(1)
    expect(readFileSync(join(cwd, 'c.json'), 'utf8')).toBe('old')
  })

  it('closes its temporary files', async () => {
    const before = openFiles().length
    await calibrated(ROWS)
    await expect(calibrated(`${ROWS}x,1,a\n`)).rejects.toMatchObject({ code: 'E_CELL' })
    expect(openFiles().length).toBe(before)
  })
})

describe('applying a calibration', () => {
  const CALIBRATION = calibrationOf({ temperature: 2 })
  const errorOf = async (text: string, calibration: unknown, options = {}) =>
    (await run(text, { calibration, ...options } as object)).error

  it('to other classes is an error that names them', async () => {
    expect(await errorOf('logit_a,logit_c\n1,2\n', CALIBRATION)).toMatchObject({
      code: 'E_CALIBRATION',
      message: expect.stringContaining(
        'it was made for the classes "a", "b", and "c" is not one of them; make one for these classes with calibrate()',
      ),
    })
    expect(await errorOf('logit_a,logit_b,logit_c\n1,2,3\n', CALIBRATION)).toMatchObject({
      message: expect.stringContaining('it was made for 2 classes, but the rows have 3'),
    })
    expect(await errorOf('logit\n1\n', CALIBRATION)).toMatchObject({
      message: expect.stringContaining("the rows have one logit, which binary: 'a,b' turns into two classes"),
    })
    expect(await errorOf('{"logits":[1,2]}\n', CALIBRATION, { labels: 'a,c' })).toMatchObject({ code: 'E_CALIBRATION' })
  })

  it('of classes without names to classes that have some says that they were not named', async () => {
    const unnamed = calibrationOf({ classes: ['0', '1'] })
    expect(await errorOf('logit_a,logit_b\n1,2\n', unnamed)).toMatchObject({
      code: 'E_CALIBRATION',
      message: expect.stringContaining(
        'its classes have no names, but those of the rows are "a", "b"; pass their names to calibrate(), too, with labels',
      ),
    })
  })

  it('to the same classes in another order, or to rows without names for them, is none', async () => {
    expect(await errorOf('logit_b,logit_a\n1,2\n', CALIBRATION)).toBeUndefined()
    expect(await errorOf('{"logits":[1,2]}\n', CALIBRATION)).toBeUndefined()
    expect(await errorOf('', CALIBRATION)).toBeUndefined()
  })

  it('to rows that do not name their classes says that they are taken in its order', async () => {
    const warningsOf = async (input: string, options = {}) =>
      (await run(input, { from: 'ndjson', calibration: CALIBRATION, ...options })).warnings
    const lists = '{"logits":[1,2]}\n'
    const warning =
      'the rows do not name their classes, which are assumed to be those of the calibration, in order: "a", "b"; labels names them'
    expect(await warningsOf(lists)).toEqual([warning])
    expect(await warningsOf(lists, { labels: 'a,b' })).toEqual([])
    expect(await warningsOf('{"logits":{"a":1,"b":2}}\n')).toEqual([])
    expect(await warningsOf(lists, { calibration: { ...CALIBRATION, classes: ['0', '1'] } })).toEqual([])
    const stream = softmax({ calibration: CALIBRATION })
    const warnings: string[] = []
    stream.on('warning', (text) => warnings.push(text))
    await Readable.from([[1, 2]])
      .compose(stream)
      .toArray()
    expect(warnings).toEqual([warning])
  })

  it('names the classes of rows that do not name them, unless labels does', async () => {
    const arrayOf = (numbers: number[], shape: number[]) =>
      npyFile('<f8', false, shape, new Uint8Array(new Float64Array(numbers).buffer))
    const npy = arrayOf([1, 2, 2, 1], [2, 2])
    const textOf = async (input: string | Buffer, options: ScoreOptions) =>
      (await run(input, { calibration: CALIBRATION, emit: 'label', ...options })).text
    expect(await textOf(npy, { to: 'csv' })).toBe('label\nb\na\n')
    expect(await textOf(npy, { to: 'csv', labels: 'x,y' })).toBe('')
    expect(await textOf(npy, { to: 'csv', labels: 'b,a' })).toBe('label\na\nb\n')
    expect(await textOf('1,2\n', { header: false, outputHeader: true })).toBe('label\nb\n')
    expect(await textOf('{"logits":[1,2]}\n', { from: 'ndjson', keep: false })).toBe('{"label":"b"}\n')
    expect((await run(arrayOf([1, 2, 3], [1, 3]), { to: 'csv', calibration: CALIBRATION })).error).toMatchObject({
      code: 'E_CALIBRATION',
      message: expect.stringContaining('it was made for 2 classes, but the rows have 3'),
    })
  })

  it('names them for true classes, too', async () => {
    const rows = '{"logits":[1,2],"y":"b"}\n{"logits":[3,2],"y":"b"}\n'
    const { accuracy, classes } = await evaluate([Readable.from([rows])], {
      from: 'ndjson',
      truth: 'y',
      calibration: CALIBRATION,
    })
    expect([accuracy, classes.map(({ label }) => label)]).toEqual([0.5, ['a', 'b']])
  })

  it('beside a temperature, or to sigmoid, is an error', async () => {
    for (const option of [{ temperature: 2 }, { temperature: 1 }]) {
      expect(() => score({ calibration: CALIBRATION, ...option })).toThrow(
        /calibration has a temperature; leave out temperature/,
      )
    }
    const error = await errorOf('logit_a,logit_b\n1,2\n', CALIBRATION, { op: 'sigmoid' })
    expect(error).toMatchObject({ code: 'E_CONFLICT', message: expect.stringContaining('sigmoid') })
  })

  it.each([
    ['it is not a calibration', []],
    ['it is not a calibration', { temperature: 2 }],
    ['its version is "2"', { ...CALIBRATION, version: 2 }],
    ['its method is "platt"', { ...CALIBRATION, method: 'platt' }],
    ['its temperature is not a number', { ...CALIBRATION, temperature: 0 }],
    ['its temperature is not a number', { ...CALIBRATION, temperature: '2' }],
    ['its classes are not a list', { ...CALIBRATION, classes: 'a,b' }],
    ['it has only one of coverage and quantile', { ...CALIBRATION, coverage: 0.9 }],
    ['its quantile is not a number', { ...CALIBRATION, coverage: 0.9, quantile: 2 }],
  ])('is an error where %s', (reason, calibration) => {
    const expected = { code: 'E_CALIBRATION', message: expect.stringContaining(reason) }
    expect(() => score({ calibration } as object)).toThrow(expect.objectContaining(expected))
    const path = join(folder({ 'c.json': JSON.stringify(calibration) }), 'c.json')
    expect(() => score({ calibration: path })).toThrow(expect.objectContaining(expected))
  })

  it('of a file that is not there, or no JSON, is an error', () => {
    const cwd = folder({ 'c.json': 'logit_a' })
    expect(() => score({ calibration: join(cwd, 'c.json') })).toThrow(/it is not JSON/)
    expect(() => score({ calibration: join(cwd, 'd.json') })).toThrow(/no such file/)
  })
})
