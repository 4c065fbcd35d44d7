/** The area under the ROC curve and average precision, compared with scikit-learn: see `fixtures/roc.py`. */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { type EvaluateOptions, evaluate, type Metrics, score } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { randomFrom } from './random.js'
import { chunksOf } from './streams.js'
import { command } from './support.js'

type Ranks = Pick<Metrics, 'auroc' | 'average_precision'>
type Made<Row, Truth> = { logits: Row[]; truth: Truth[] } & Ranks
type Several = Made<number[], number[]> & { classes: Ranks[] }
type Rest = Made<number[], number> & { classes: Ranks[] }

const FIXTURE: {
  two: Made<number[], number>
  rare: Made<number, number>
  ties: Made<number, number>
  few: Several
  many: Several
  rest: Rest
  restTies: Rest
  restAbsent: Rest
  restMost: Rest
} = JSON.parse(readFileSync(new URL('../fixtures/roc.json', import.meta.url), 'utf8'))

const measure = (csv: string, options: Partial<EvaluateOptions>, size?: number) =>
  evaluate([Readable.from(chunksOf(csv, size ?? csv.length))], { truth: 'y', ...options })

const KEYS = ['auroc', 'average_precision'] as const
/** The error of sums of doubles. */
const ROUNDING = 1e-13

function expectRanks(found: Partial<Metrics>, expected: Ranks, limit = 1e-4) {
  for (const key of KEYS) {
    if (expected[key] === null) expect([found[key], found[`${key}_bound`]]).toEqual([null, null])
    else {
      expect(Math.abs(found[key]! - expected[key])).toBeLessThanOrEqual(found[`${key}_bound`]! + ROUNDING)
      expect(found[`${key}_bound`]).toBeLessThan(limit)
    }
  }
}

const table = (header: string, rows: readonly unknown[], truth: readonly unknown[]) =>
  `${header},y\n${rows.map((row, nth) => `${row},${truth[nth]}\n`).join('')}`
const bits = (truth: readonly number[]) => `"[${truth.map((bit) => bit === 1)}]"`

const namesOf = ({ classes }: Pick<Several, 'classes'>) => classes.map((_, nth) => `logit_c${nth}`).join()
const ONE = { logits: 'x', binary: 'no,yes' } as const
const SIGMOID = { op: 'sigmoid' } as const
const REST = { oneVsRest: true } as const
const restTable = (name: 'rest' | 'restTies' | 'restAbsent' | 'restMost'): [string, Partial<EvaluateOptions>] => [
  table(namesOf(FIXTURE[name]), FIXTURE[name].logits, FIXTURE[name].truth),
  REST,
]
const TABLES: Record<string, [csv: string, options: Partial<EvaluateOptions>]> = {
  two: [table('logit_no,logit_yes', FIXTURE.two.logits, FIXTURE.two.truth), {}],
  rare: [table('x', FIXTURE.rare.logits, FIXTURE.rare.truth), ONE],
  ties: [table('x', FIXTURE.ties.logits, FIXTURE.ties.truth), ONE],
  few: [table(namesOf(FIXTURE.few), FIXTURE.few.logits, FIXTURE.few.truth.map(bits)), SIGMOID],
  many: [table(namesOf(FIXTURE.many), FIXTURE.many.logits, FIXTURE.many.truth.map(bits)), SIGMOID],
  rest: restTable('rest'),
  restTies: restTable('restTies'),
  restAbsent: restTable('restAbsent'),
  restMost: restTable('restMost'),
}

describe('the area under the ROC curve, and average precision', () => {
  it.each(['two', 'rare'] as const)('of the second of two classes are those of scikit-learn: %s', async (name) => {
    expectRanks(await measure(...TABLES[name]!), FIXTURE[name])
  })

  it('count rows of equal probability as scikit-learn does', async () => {
    const metrics = await measure(...TABLES.ties!)
    for (const key of KEYS) {
      expect(metrics[key]).toBeCloseTo(FIXTURE.ties[key]!, 13)
      expect(metrics[`${key}_bound`]).toBe(0)
    }
  })

  it.each([
    ['few', 2e-4],
    ['many', 2e-3],
  ] as const)('of %s classes of the sigmoid are those of scikit-learn, and their means', async (name, limit) => {
    const metrics = await measure(...TABLES[name]!)
    expectRanks(metrics, FIXTURE[name], limit / 2)
    for (const [nth, one] of FIXTURE[name].classes.entries()) expectRanks(metrics.classes[nth]!, one, limit)
  })

  it.each([
    ['rest', 4e-4, 1e-3],
    ['restAbsent', 4e-3, 1e-2],
    // With so few rows of a class, two of them in one bin matter.
    ['restMost', 2e-2, 0.2],
  ] as const)('of each class against the rest are those of scikit-learn: %s', async (name, limit, limitOfOne) => {
    const metrics = await measure(...TABLES[name]!)
    expectRanks(metrics, FIXTURE[name], limit)
    expect(metrics.classes).toHaveLength(FIXTURE[name].classes.length)
    for (const [nth, one] of FIXTURE[name].classes.entries()) expectRanks(metrics.classes[nth]!, one, limitOfOne)
  })

  it('of one class against the rest count rows of equal probability as scikit-learn does', async () => {
    const metrics = await measure(...TABLES.restTies!)
    for (const [found, expected] of [
      [metrics, FIXTURE.restTies],
      ...FIXTURE.restTies.classes.map((one, nth) => [metrics.classes[nth]!, one] as const),
    ] as const) {
      for (const key of KEYS) {
        expect(found[key]).toBeCloseTo(expected[key]!, 13)
        expect(found[`${key}_bound`]).toBe(0)
      }
    }
  })

  it('of the second of two classes are not changed by one class against the rest', async () => {
    const [csv] = TABLES.two!
    expect(await measure(csv, REST)).toEqual(await measure(csv, {}))
  })

  it('of one class of the sigmoid are those of the class', async () => {
    const { logits, truth } = FIXTURE.rare
    const metrics = await measure(table('logit_a', logits, truth), SIGMOID)
    expectRanks(metrics, FIXTURE.rare)
    expect(metrics.classes[0]).toMatchObject({ auroc: metrics.auroc, average_precision: metrics.average_precision })
  })

  it.each(Object.keys(TABLES))(
    'are the same bits in every lane, on any number of threads, and in any chunks: %s',
    async (name) => {
      const [csv, options] = TABLES[name]!
      const metrics = await measure(csv, options)
      for (const lane of [{ lane: 'general' }, { lane: 'fast', jobs: 1 }, { jobs: 3 }] as const) {
        expect(await measure(csv, { ...options, ...lane })).toEqual(metrics)
        expect(await measure(csv, { ...options, ...lane }, 5000)).toEqual(metrics)
      }
    },
  )

  it.each(['two', 'few', 'rest'])('are the same bits in any order, on threads of a large input: %s', async (name) => {
    const [csv, options] = TABLES[name]!
    const [header, ...lines] = csv.trimEnd().split('\n')
    const random = randomFrom(3)
    const repeats = Math.ceil(3e6 / csv.length)
    const many = () => Array.from({ length: repeats }, () => lines).flat()
    const shuffled = many()
      .map((line) => [random.below(1 << 30), line] as const)
      .sort(([a], [b]) => a - b)
      .map(([, line]) => line)
    const [one, other] = [many(), shuffled].map((rows) => `${header}\n${rows.join('\n')}\n`)
    const metrics = await measure(one!, { ...options, lane: 'general' })
    expect(metrics.auroc).toBeCloseTo((await measure(csv, options)).auroc!, 3)
    for (const jobs of [1, 3]) expect(await measure(other!, { ...options, jobs })).toEqual(metrics)
  })

  it.each(['two', 'few', 'rest'])('leave out rows that are bad or unlabelled: %s', async (name) => {
    const [csv, options] = TABLES[name]!
    const [header, ...lines] = csv.trimEnd().split('\n')
    const width = header!.split(',').length - 1
    const more = lines.flatMap((line, nth) => [
      line,
      ...(nth % 5 === 0 ? [`${Array(width).fill(9)},`] : []),
      ...(nth % 7 === 0 ? [`${Array(width).fill('x')},0`] : []),
    ])
    const metrics = await measure(csv, options)
    for (const lane of ['fast', 'general'] as const) {
      const found = await measure(`${header}\n${more.join('\n')}\n`, { ...options, lane, onError: 'skip' })
      expect(found.unlabelled).toBeGreaterThan(100)
      expect(found.rejected).toBeGreaterThan(50)
      const { unlabelled: _, rejected: __, ...rest } = found
      expect(metrics).toMatchObject(rest)
    }
  })

  it.each(['two', 'few', 'rest', 'restMost'])(
    'are the same bits of logarithms, and of a run that writes: %s',
    async (name) => {
      const [csv, { op = 'softmax', ...options }] = TABLES[name]!
      const metrics = await measure(csv, { op, ...options })
      const log = op === 'softmax' ? 'log-softmax' : 'log-sigmoid'
      for (const written of [{ to: 'csv' }, { to: 'parquet' }, { lane: 'general' }, { precision: 1 }] as const) {
        const both = [
          { op: log, ...written },
          { op, ...written },
        ] as const
        for (const asked of both) {
          const stream = score({ truth: 'y', ...options, ...asked })
          await Readable.from([Buffer.from(csv)])
            .compose(stream)
            .toArray()
          expect(stream.metrics()).toEqual(metrics)
        }
      }
    },
  )

  it.each(['parquet', 'arrow', 'npz', 'ndjson'] as const)(
    'of each class against the rest are the same bits from %s, of bad rows, too',
    async (format) => {
      const options = { truth: 'truth', oneVsRest: true } as const
      const one = (name: string) => new URL(`../fixtures/metrics-three.${name}`, import.meta.url).pathname
      const { classes, ...metrics } = await evaluate(one('csv'), options)
      for (const lane of ['auto', 'general'] as const) {
        const { classes: found, ...others } = await evaluate(one(format), { ...options, lane })
        expect(others).toEqual(metrics)
        expect(found.map(({ label: _, ...scores }) => scores)).toEqual(classes.map(({ label: _, ...scores }) => scores))
      }
      expect(metrics.auroc).toBeGreaterThan(0.5)
    },
  )

  it('of each class against the rest are the same bits of nested lists, next to rows without a softmax', async () => {
    const { logits, truth } = FIXTURE.restTies
    const lists = logits.map((row, nth) => `{"x":[[${row}],[9,9,9]],"y":[${truth[nth]},-100]}\n`)
    const bad = '{"x":[["nan",1,2],[1,2,3]],"y":[0,1]}\n'
    const text = lists.map((line, nth) => (nth % 9 === 0 ? bad + line : line)).join('')
    const asked = { from: 'ndjson', logits: 'x', labels: 'c0,c1,c2', onError: 'skip', ...REST } as const
    const { rejected, unlabelled, ...metrics } = await measure(text, asked)
    expect([rejected, unlabelled]).toEqual([45, 400])
    expect(await measure(...TABLES.restTies!)).toMatchObject(metrics)
  })
})

/** Both metrics by definition: from each pair of rows, and from the rows at least as probable as each true one. */
function byDefinition(p: readonly number[], truth: readonly boolean[]): Ranks {
  const [right, wrong] = [true, false].map((is) => p.filter((_, nth) => truth[nth] === is))
  const pairs = right!.flatMap((a) => wrong!.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)))
  const share = (values: readonly number[]) => values.reduce<number>((sum, value) => sum + value, 0) / values.length
  const precision = (least: number) => share(p.flatMap((one, nth) => (one >= least ? [Number(truth[nth])] : [])))
  return { auroc: share(pairs), average_precision: share(right!.map(precision)) }
}

it('are within their bounds for probabilities of any size, also 0 and 1', async () => {
  const random = randomFrom(64)
  const EDGES = ['-inf', 'inf', 0, 1e-300, -1e-300, ...[-800, -745, -60, -44.4, -44.3, -36.8, -11.1, 11.1, 36.8, 40]]
  for (let set = 0; set < 30; set++) {
    const sizes = [0.01, 1, 10, 100].slice(0, 1 + random.below(4))
    const logit = () => (random.below(3) === 0 ? random.of(EDGES) : (random.below(2001) / 1000 - 1) * random.of(sizes))
    const rows = Array.from({ length: 100 }, () => [logit(), random.below(3) === 0] as const)
    const [logits, truth] = [rows.map(([x]) => x), rows.map(([, isTrue]) => isTrue)]
    const csv = table('logit_a', logits, truth.map(Number))
    const probabilities = score({ op: 'sigmoid', keep: false, emit: 'probs' })
    const text = Buffer.concat(await Readable.from([csv]).compose(probabilities).toArray()).toString()
    const p = text.trim().split('\n').slice(1).map(Number)
    for (const lane of ['fast', 'general'] as const) {
      expectRanks(await measure(csv, { ...SIGMOID, lane }), byDefinition(p, truth), 1)
    }
  }
})

describe('no area under the ROC curve', () => {
  const NONE = { auroc: null, auroc_bound: null, average_precision: null, average_precision_bound: null }

  it('is measured of more than two classes of the softmax, unless it is of one class against the rest', async () => {
    const csv = 'logit_a,logit_b,logit_c,y\n1,2,3,a\n2,1,0,b\n'
    const metrics = await measure(csv, {})
    expect(metrics).toMatchObject(NONE)
    expect(metrics.classes[0]).not.toHaveProperty('auroc')
    expect(await measure(csv, REST)).toMatchObject({ auroc: 0.25 })
  })

  it('is measured of one class against the rest where there are more than 128', async () => {
    const names = Array.from({ length: 129 }, (_, nth) => `logit_${nth}`)
    const csv = `${names},y\n${names.map((_, nth) => nth)},5\n`
    await expect(measure(csv, REST)).rejects.toMatchObject({
      code: 'E_CONFLICT',
      message: expect.stringContaining('oneVsRest works with at most 128 classes, and there are 129; leave it out'),
    })
  })

  it('is measured of more than 128 classes of the sigmoid', async () => {
    const csv = (classes: number) => {
      const names = Array.from({ length: classes }, (_, nth) => `logit_${nth}`).join()
      const row = (size: number) => Array.from({ length: classes }, (_, nth) => (nth % 7) * size).join()
      return `${names},y\n${row(1)},5\n${row(-1)},6\n`
    }
    for (const lane of ['fast', 'general'] as const) {
      const most = await measure(csv(128), { ...SIGMOID, lane })
      expect(most).toMatchObject({ auroc: 0.5, average_precision: 0.75, auroc_bound: 0, average_precision_bound: 0 })
      const more = await measure(csv(129), { ...SIGMOID, lane })
      expect(more).toMatchObject(NONE)
      expect(more.classes[5]).toMatchObject({ support: 1, ...NONE })
    }
  })

  it('is of rows of one class only; their average precision is 1', async () => {
    expect(await measure('logit_a,logit_b,y\n1,2,a\n', {})).toMatchObject(NONE)
    expect(await measure('logit_a,logit_b,y\n1,2,b\n2,1,b\n', {})).toMatchObject({
      auroc: null,
      average_precision: 1,
    })
    expect(await measure('logit_a,logit_b,y\n', {})).toMatchObject({ rows: 0, ...NONE })
  })
})

describe('sums of parts', () => {
  it.each(['two', 'ties', 'few', 'rest', 'restAbsent'])('have the same metrics as one run: %s', (name) => {
    const [csv, { op, logits, binary, oneVsRest }] = TABLES[name]!
    const options = [
      oneVsRest && '--one-vs-rest',
      op && '--sigmoid',
      logits && `--logits=${logits}`,
      binary && `--binary=${binary}`,
    ]
    const flags = ['evaluate', '--truth', 'y', ...options.filter((flag) => flag !== undefined)] as string[]
    const [header, ...lines] = csv.trimEnd().split('\n')
    const part = (from: number, to?: number) =>
      command([...flags, '--partial'], { stdin: `${header}\n${lines.slice(from, to).join('\n')}\n` }).stdout
    const merged = command(['evaluate', '--merge', '--json'], { stdin: part(0, 5) + part(5, 300) + part(300) })
    expect(merged.stdout).toBe(command([...flags, '--json'], { stdin: csv }).stdout)
  })

  it('of an earlier version have none', () => {
    const part = command(['evaluate', '--truth', 'y', '--partial'], { stdin: 'logit_a,logit_b,y\n1,2,a\n2,1,b\n' })
    const { roc, ...earlier } = JSON.parse(part.stdout)
    expect(roc).toHaveLength(1)
    const { stdout } = command(['evaluate', '--merge', '--json'], {
      stdin: `${JSON.stringify(earlier)}\n${part.stdout}`,
    })
    expect(JSON.parse(stdout)).toMatchObject({ rows: 4, auroc: null, average_precision: null })
  })
})

it('of each class are of all parts or of none', () => {
  const stdin = 'logit_a,logit_b,logit_c,y\n1,2,3,a\n2,1,0,b\n'
  const part = (...flags: string[]) => command(['evaluate', '--truth', 'y', '--partial', ...flags], { stdin }).stdout
  const { status, stderr } = command(['evaluate', '--merge'], { stdin: part('--one-vs-rest') + part() })
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining('some of the sums are made with --one-vs-rest, and some'),
  ])
  const { roc, ...other } = JSON.parse(part('--one-vs-rest'))
  expect(roc).toHaveLength(3)
  const fewer = command(['evaluate', '--merge'], { stdin: JSON.stringify({ ...other, roc: roc.slice(1) }) })
  expect([fewer.status, fewer.stderr]).toEqual([1, expect.stringContaining('[E_SUMS]')])
})

it('are in the table of the command where they are measured', () => {
  const evaluated = (stdin: string, ...flags: string[]) =>
    command(['evaluate', '--truth', 'y', ...flags], { stdin }).stdout
  const pattern = /^AUROC +0\.7500\naverage precision +0\.8333$/m
  expect(evaluated('logit_a,logit_b,y\n0,3,b\n0,2,a\n0,1,b\n0,0,a\n')).toMatch(pattern)
  expect(evaluated('logit_a,y\n3,1\n2,0\n1,1\n0,0\n', '--sigmoid')).toMatch(pattern)
  expect(evaluated('logit_a,logit_b,logit_c,y\n1,2,3,a\n')).not.toMatch(/AUROC|average precision/)
})

it('of each class against the rest are in the table of the command, of all rows', () => {
  const stdin = 'logit_a,logit_b,logit_c,y\n4,1,0,a\n3,2,0,b\n2,2,1,a\n0,0,0,a\n'
  const flags = ['evaluate', '--truth', 'y', '--one-vs-rest', '--min-confidence', '0.4']
  const text = command(flags, { stdin }).stdout
  expect(text).toMatch(/^AUROC +0\.3333 \(of all rows\)\naverage precision +0\.5694 \(of all rows\)$/m)
  const rows = text.split('\n\n')[2]!.trimEnd().split('\n')
  expect(rows.map((row) => row.trim().split(/ {2,}/))).toEqual([
    ['of 3 rows with a label, 75.0 %; AUROC and AP: of all rows:'],
    ['class', 'precision', 'recall', 'f1', 'AUROC', 'AP', 'support'],
    ['a', '0.6667', '1.0000', '0.8000', '0.3333', '0.8056', '2'],
    ['b', '0.0000', '0.0000', '0.0000', '0.3333', '0.3333', '1'],
    ['c', '0.0000', '0.0000', '0.0000', '-', '-', '0'],
    ['macro average', '0.3333', '0.5000', '0.4000', '0.3333', '0.5694'],
    ['weighted average', '0.4444', '0.6667', '0.5333'],
  ])
})

it('are in the table of classes where rows may have several, without those that have no meaning', () => {
  const stdin = 'logit_a,logit_b,y\n3,1,a\n2,1,[]\n1,0,a\n0,-1,[]\n'
  const { stdout } = command(['evaluate', '--truth', 'y', '--sigmoid'], { stdin })
  const rows = stdout.split('\n\n')[2]!.trimEnd().split('\n')
  expect(rows.map((row) => row.trim().split(/ {2,}/))).toEqual([
    ['class', 'precision', 'recall', 'f1', 'AUROC', 'AP', 'support'],
    ['a', '0.5000', '1.0000', '0.6667', '0.7500', '0.8333', '2'],
    ['b', '0.0000', '0.0000', '0.0000', '-', '-', '0'],
    expect.arrayContaining(['micro average']),
    ['macro average', '0.2500', '0.5000', '0.3333', '0.7500', '0.8333'],
    ['weighted average', '0.5000', '1.0000', '0.6667'],
  ])
})
