/** Metrics compared with scikit-learn, scipy and netcal: see `fixtures/metrics.py`. */
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type EvaluateOptions, evaluate, type Metrics, scoreFiles } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { randomFrom } from './random.js'
import { run } from './streams.js'
import { command, folder } from './support.js'
import { ulps } from './ulp.js'

const FIXTURES = new URL('../fixtures/', import.meta.url).pathname

type Averages = Pick<Metrics, 'macro' | 'weighted'>
type Expected = Omit<Metrics, 'macro' | 'weighted'> & {
  averages: Averages
  of_bins: { aurc: number; aurc_bound: number }
}

const EXPECTED: Record<string, Expected> = JSON.parse(readFileSync(`${FIXTURES}metrics.json`, 'utf8'))
const FILES = {
  digits: 'digits-logits.csv',
  three: 'metrics-three.csv',
  hundred: 'metrics-hundred.csv',
  two: 'metrics-two.csv',
  gaps: 'metrics-gaps.csv',
}

const measure = (name: keyof typeof FILES, options: Partial<EvaluateOptions> = {}) =>
  evaluate([FIXTURES + FILES[name]], { truth: 'truth', ...options })

describe.each(Object.keys(FILES) as (keyof typeof FILES)[])('metrics of %s', async (name) => {
  const expected = EXPECTED[name]!
  const metrics = await measure(name, { onError: name === 'gaps' ? 'skip' : 'fail' })

  it('are those of scikit-learn, where they are quotients of counts', () => {
    const { rows, accuracy, top_k_accuracy, confusion, classes } = metrics
    expect({ rows, accuracy, top_k_accuracy, confusion }).toEqual({
      rows: expected.rows,
      accuracy: expected.accuracy,
      top_k_accuracy: expected.top_k_accuracy,
      confusion: expected.confusion,
    })
    const seen = classes.filter(({ label }) => expected.classes.some((one) => one.label === label))
    expect(seen).toEqual(expected.classes)
  })

  it('are its averages, but for the order of the sums', () => {
    expect(ulps(metrics.balanced_accuracy!, expected.balanced_accuracy!)).toBeLessThanOrEqual(4)
    for (const average of ['macro', 'weighted'] as const) {
      for (const key of ['precision', 'recall', 'f1'] as const) {
        expect(ulps(metrics[average][key], expected.averages[average][key])).toBeLessThanOrEqual(4)
      }
    }
    expect(metrics.micro).toEqual({ precision: metrics.accuracy, recall: metrics.accuracy, f1: metrics.accuracy })
  })

  it.each(['log_loss', 'brier', 'ece', 'mce', 'mean_confidence', 'mean_entropy'] as const)(
    'have the %s, within 1e-12',
    (key) => {
      expect(Math.abs(metrics[key]! - expected[key]!)).toBeLessThan(1e-12 * Math.max(1, expected[key]!))
    },
  )

  it('have the area under the curve of risk, within the bound that they state', () => {
    expect(Math.abs(metrics.aurc! - expected.aurc!)).toBeLessThanOrEqual(metrics.aurc_bound!)
    expect(metrics.aurc_bound).toBeLessThan(0.0002)
    expect(Math.abs(metrics.aurc! - expected.of_bins.aurc)).toBeLessThan(1e-13)
    expect(Math.abs(metrics.aurc_bound! - expected.of_bins.aurc_bound)).toBeLessThan(1e-13)
  })

  it('are the same bits in every lane, on any number of threads', async () => {
    const onError = name === 'gaps' ? 'skip' : 'fail'
    for (const options of [{ lane: 'general' }, { lane: 'fast', jobs: 1 }, { jobs: 3 }] as const) {
      expect(await measure(name, { onError, ...options })).toEqual(metrics)
    }
  })
})

it('counts rows without a true class, and those that are bad', async () => {
  const { rows, unlabelled, rejected, abstained } = await measure('gaps', { onError: 'skip' })
  const expected = EXPECTED.gaps!
  expect({ rows, unlabelled, rejected, abstained }).toEqual({
    rows: expected.rows,
    unlabelled: expected.unlabelled,
    rejected: expected.rejected,
    abstained: 0,
  })
})

it.each([-1000, -300, -75, -66, -62, -40, 0, 5, 9, 30, 300])(
  'have sums without rounding, of losses about 2^%i',
  async (size) => {
    const random = randomFrom(11 + size)
    for (let set = 0; set < 8; set++) {
      // The loss is the logit difference if the smaller logit is true, and its exponential if the larger one is.
      const rows = Array.from({ length: 500 }, () => {
        const loss = 2 ** (size + random.below(4)) * (1 + random.below(1 << 30) / 2 ** 30)
        return size > 0 ? `${loss},0,b\n` : `${-Math.log(loss)},0,a\n`
      })
      const bytes = () => [Readable.from([Buffer.from(`logit_a,logit_b,truth\n${rows.join('')}`)])]
      const losses = await text(scoreFiles(bytes(), { truth: 'truth', emit: ['loss'], keep: false }))
      const { log_loss } = await evaluate(bytes(), { truth: 'truth' })
      expect(log_loss).toBe(exactSum(losses.trim().split('\n').slice(1).map(Number)) / rows.length)
    }
  },
)

/** The double nearest to a sum of integers in units of 2^-1074. */
function exactSum(numbers: number[]): number {
  const sum = numbers.reduce((total, x) => total + unitsOf(x), 0n)
  const excess = BigInt(Math.max(0, sum.toString(2).length - 60))
  // In two steps, because a power of two may underflow.
  const [half, rest] = [Math.floor((Number(excess) - 1075) / 2), Math.ceil((Number(excess) - 1075) / 2)]
  return Number(((sum >> excess) << 1n) | 1n) * 2 ** half * 2 ** rest
}

function unitsOf(x: number): bigint {
  const bits = new BigUint64Array(Float64Array.of(x).buffer)[0]!
  const exponent = bits >> 52n
  const digits = bits & ((1n << 52n) - 1n)
  return exponent === 0n ? digits : (digits | (1n << 52n)) << (exponent - 1n)
}

describe('metrics of three classes', async () => {
  const metrics = await measure('three')

  it.each(['metrics-three.parquet', 'metrics-three.arrow', 'metrics-three.ndjson'])(
    'are the same of %s',
    async (file) => {
      expect(await evaluate([FIXTURES + file], { truth: 'truth' })).toEqual(metrics)
    },
  )

  it('are the same of lists of logits, with positions for true classes', async () => {
    const labels = ['cat', 'dog', 'a bird, or two']
    for (const lane of ['fast', 'general'] as const) {
      const file = `${FIXTURES}metrics-three-lists.ndjson`
      expect(await evaluate([file], { truth: 'truth', labels, lane })).toEqual(metrics)
    }
  })

  it.each(['npz', 'safetensors'] as const)(
    'are the same of arrays of logits and positions of classes: .%s',
    async (format) => {
      const labels = ['cat', 'dog', 'a bird, or two']
      const file = `${FIXTURES}metrics-three.${format}`
      // The tensors have 20 x 3 x 50 logits, and 20 x 50 classes.
      const options = { truth: 'truth', labels, ...(format === 'safetensors' && { axis: 1 }) }
      expect(await evaluate([file], options)).toEqual(metrics)
      expect(await evaluate([createReadStream(file)], { from: format, ...options })).toEqual(metrics)
    },
  )

  it('are the same in whatever chunks and order the rows come, and of several inputs', async () => {
    const [header, ...lines] = readFileSync(`${FIXTURES}metrics-three.csv`, 'utf8').trim().split('\n')
    const random = randomFrom(5)
    for (const size of [1, 7, 1000]) {
      const order = lines.map((line) => [random.below(1 << 30), line] as const).sort(([a], [b]) => a - b)
      const parts = [order.slice(0, 400), order.slice(400)].map((some) => {
        const bytes = Buffer.from(`${[header, ...some.map(([, line]) => line)].join('\n')}\n`)
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        )
        return Readable.from(chunks)
      })
      expect(await evaluate(parts, { truth: 'truth' })).toEqual(metrics)
    }
  })

  it('come with the scores of a run, whatever its format', async () => {
    for (const to of ['csv', 'ndjson', 'parquet', 'arrow'] as const) {
      const stream = scoreFiles([`${FIXTURES}metrics-three.csv`], { truth: 'truth', to })
      await stream.resume().toArray()
      expect(stream.metrics()).toEqual(metrics)
    }
  })

  it('are printed as a table, or as JSON', () => {
    const table = command(['evaluate', `${FIXTURES}metrics-three.csv`, '--truth', 'truth'])
    expect(table.stdout).toMatch(/^1000 rows\n\naccuracy +0\.\d{4}\n/)
    expect(table.stdout).toContain('a bird, or two')
    const asked = ['evaluate', `${FIXTURES}metrics-three.csv`, '--truth', 'truth']
    const json = command([...asked, '--json'])
    expect(JSON.parse(json.stdout)).toEqual(metrics)
    const cwd = folder()
    command([...asked, '-o', 'metrics.json'], { cwd })
    expect(readFileSync(join(cwd, 'metrics.json'), 'utf8')).toBe(json.stdout)
  })

  it('list the 30 classes of the lowest F1, and say so if there are more', () => {
    /** One row per class, which is predicted and true, except that the row of c7 is of c8: an F1 of 0, and of 2/3. */
    const listed = (count: number) => {
      const names = Array.from({ length: count }, (_, nth) => `c${nth}`)
      const rows = names.map((name, nth) => [...names.map((_, at) => +(at === nth)), name === 'c7' ? 'c8' : name])
      const stdin = [[...names.map((name) => `logit_${name}`), 'y'], ...rows].join('\n')
      return command(['evaluate', '--truth', 'y'], { stdin }).stdout.split('\n\n').at(-1)!.split('\n')
    }
    const [note, header, ...lines] = listed(31)
    expect(note).toBe('30 of 31 classes, lowest f1 first; --json has all')
    expect(header).toMatch(/^class +precision +recall +f1 +support$/)
    const classes = lines.filter((line) => line.startsWith('c')).map((line) => line.split(/ +/))
    expect(classes).toHaveLength(30)
    expect(classes.slice(0, 3).map(([name, , , f1]) => [name, f1])).toEqual([
      ['c7', '0.0000'],
      ['c8', '0.6667'],
      ['c0', '1.0000'],
    ])
    expect(listed(30)[0]).toMatch(/^class /)
  })
})

describe('a true class', () => {
  const evaluated = (text: string, options: Partial<EvaluateOptions> = {}) =>
    evaluate([Readable.from([text])], { truth: 'y', ...options })

  it.each([
    ['the name of a class', 'logit_a,logit_b,y\n1,2,a\n2,1,a\n'],
    ['a position from 0, where no class has an integer for a name', 'logit_a,logit_b,y\n1,2,0\n2,1,0\n'],
    ['an integer that a program wrote as a double', 'logit_a,logit_b,y\n1,2,0.0\n2,1,0.000\n'],
    ['a whole number as numpy writes it', 'logit_a,logit_b,y\n1,2,0.000000e+00\n2,1,0.0e0\n'],
    ['in quotes or not', 'logit_a,logit_b,y\n1,2,"a"\n2,1,a\n'],
    ['none at -100, as in datasets of Hugging Face', 'logit_a,logit_b,y\n1,2,0\n2,1,0\n2,1,-100\n'],
    ['with blanks around it', 'logit_a,logit_b,y\n1,2, a\n2,1,a \n'],
  ])('is %s', async (_, text) => {
    for (const lane of ['fast', 'general'] as const) {
      expect((await evaluated(text, { lane })).confusion).toEqual([
        [1, 1],
        [0, 0],
      ])
    }
  })

  it('is a name before it is a position', async () => {
    const { confusion } = await evaluated('logit_1,logit_0,y\n5,1,1\n')
    expect(confusion).toEqual([
      [1, 0],
      [0, 0],
    ])
    await expect(evaluated('logit_1,logit_7,y\n5,1,0\n')).rejects.toMatchObject({ code: 'E_TRUTH' })
  })

  it('may be empty, or a text that stands for nothing', async () => {
    const text = 'logit_a,logit_b,y\n1,2,\n1,2,NA\n1,2,b\n'
    expect(await evaluated(text, { null: 'NA' })).toMatchObject({ rows: 1, unlabelled: 2 })
    const lines = '{"logits":[1,2],"y":null}\n{"logits":[1,2]}\n{"logits":[1,2],"y":1}\n'
    expect(await evaluated(lines)).toMatchObject({ rows: 1, unlabelled: 2 })
  })

  it('that is no class is an error that says what was meant', async () => {
    for (const lane of ['fast', 'general'] as const) {
      await expect(evaluated('logit_kitten,logit_dog,y\n1,2,kiten\n', { lane })).rejects.toMatchObject({
        code: 'E_TRUTH',
        message: expect.stringMatching(/"kiten" is not a class.*the nearest class is "kitten"/),
      })
    }
  })

  it('that is a position from 1 is an error that names the option with which it is read', async () => {
    const remedy = 'positions count from 0; if these count from 1, use truthFrom: 1; '
    await expect(evaluated('logit_a,logit_b,y\n1,2,1\n1,2,2\n')).rejects.toThrow(
      `"2" is not a class, nor the position of one; the classes are "a", "b"; ${remedy}`,
    )
    for (const stars of ['5', '5.0', '5.000e+00']) {
      for (const lane of ['fast', 'general'] as const) {
        const text = `logit_a,logit_b,logit_c,logit_d,logit_e,y\n1,2,3,4,9,${stars}\n9,2,3,4,5,${stars.replace('5', '1')}\n`
        await expect(evaluated(text, { lane })).rejects.toThrow(remedy)
        expect(await evaluated(text, { lane, truthFrom: 1 })).toMatchObject({ rows: 2, accuracy: 1 })
      }
    }
    await expect(evaluated('x,y\n1,2\n', { logits: 'x', binary: 'no,yes' })).rejects.toThrow(remedy)
    const many = JSON.stringify({ logits: Array.from({ length: 200 }, (_, index) => index), y: 200 })
    await expect(evaluated(many, { from: 'ndjson' })).rejects.toThrow(remedy)
  })

  it('that is a position is an error that says why it is none if classes are named by numbers', async () => {
    await expect(evaluated('logit_10,logit_20,y\n1,2,2\n')).rejects.toThrow(
      '"2" is not the name of a class; the classes are "10", "20"; positions are read only if no class has a number as its name; ',
    )
  })

  it('that is a list, or none of two classes of one logit, is an error that says what they are for', async () => {
    await expect(evaluated("logit_a,logit_b,y\n1,2,['a']\n")).rejects.toThrow(/; lists of classes need op: 'sigmoid';/)
    for (const [text, input] of [
      ['a|b', 'logit_a,logit_b,y\n1,2,a|b\n'],
      ['1 | 0', 'logit_a,logit_b,y\n1,2,1 | 0\n'],
    ] as const) {
      for (const lane of ['fast', 'general'] as const) {
        await expect(evaluated(input, { lane })).rejects.toThrow(
          `"${text}" is not a class, nor the position of one; the classes are "a", "b"; rows with several classes need op: 'sigmoid';`,
        )
      }
    }
    await expect(evaluated('logit_a,logit_b,y\n1,2,a|c\n')).rejects.toThrow(/; labels sets other names;/)
    const several = evaluated("logit_a,logit_b,y\n1,2,['a']\n", { op: 'sigmoid' })
    await expect(several).rejects.toThrow(/several are written as cat\|dog or \["cat","dog"\]/)
  })

  it('that is no class is an error that says which option names the classes, or could', async () => {
    const text = 'logit_a,logit_b,y\n1,2,q\n'
    for (const lane of ['fast', 'general'] as const) {
      await expect(evaluated(text, { lane })).rejects.toThrow(/; labels sets other names;/)
      await expect(evaluated(text, { lane, labels: 'x,y' })).rejects.toThrow(/"x", "y"; labels gives these names;/)
      const several = evaluated(text, { lane, labels: 'x,y', op: 'sigmoid' })
      await expect(several).rejects.toThrow(/"x", "y"; labels gives these names;/)
    }
    const options = { logits: 'x', binary: 'no,yes' }
    await expect(evaluated('x,y\n1,ham\n', options)).rejects.toThrow(/; binary gives these names;/)
  })

  it('is never taken for a logit', async () => {
    const text = 'logit_a,logit_b,logit_true\n1,2,0\n'
    const { classes } = await evaluated(text, { truth: 'logit_true' })
    const { warnings } = await run(text, { truth: 'logit_true', emit: 'rank' })
    expect(warnings).toEqual([
      '"logit_true" has the true classes, so it is not read as a logit; logits selects the logits',
    ])
    expect((await run(text, { truth: 'logit_true', logits: '1-2', emit: 'rank' })).warnings).toEqual([])
    expect(classes.map(({ label }) => label)).toEqual(['a', 'b'])
    await expect(evaluated(text, { truth: 'logit_a', logits: 'logit_*' })).rejects.toMatchObject({ code: 'E_CONFLICT' })
  })

  it('whose probability is 0 has an infinite loss', async () => {
    const { log_loss, brier } = await evaluated('logit_a,logit_b,y\n-inf,2,a\n0,0,a\n')
    expect(log_loss).toBe(Number.POSITIVE_INFINITY)
    expect(brier).toBe((2 + 0.5) / 2)
  })

  it('whose probability is 0 is counted, in every lane, on any number of threads and of any number of classes', async () => {
    const text = `logit_a,logit_b,y\n${'-inf,2,a\n0,0,a\n-inf,-3,b\n'.repeat(30_000)}`
    for (const options of [{ lane: 'general' }, { lane: 'fast', jobs: 2 }] as const) {
      expect(await evaluated(text, options)).toMatchObject({ rows: 90_000, infinite_losses: 30_000 })
    }
    const several = 'logit_a,logit_b,y\n-inf,inf,a\n0,inf,b\n0,inf,a\n0,0,[]\n'
    for (const lane of ['general', 'fast'] as const) {
      expect(await evaluated(several, { op: 'sigmoid', lane })).toMatchObject({ rows: 4, infinite_losses: 2 })
    }
    const wide = [0, 1].map((y) => JSON.stringify({ logits: Array.from({ length: 600 }, (_, nth) => nth), y }))
    const text600 = wide.join('\n').replaceAll('[0,', '["-inf",')
    expect(await evaluated(text600, { from: 'ndjson' })).toMatchObject({ rows: 2, infinite_losses: 1 })
    expect(await evaluated('logit_a,logit_b,y\n1,2,a\n')).not.toHaveProperty('infinite_losses')
  })

  it('whose probability is 0 has a loss that JSON tells from none', () => {
    const stdin = 'logit_a,logit_b,y\n-inf,2,a\n0,0,a\n'
    const { stdout } = command(['evaluate', '--truth', 'y', '--json'], { stdin })
    expect(JSON.parse(stdout).log_loss).toBe('Infinity')
    const none = command(['evaluate', '--truth', 'y', '--json'], { stdin: 'logit_a,logit_b,y\n' })
    expect(JSON.parse(none.stdout).log_loss).toBeNull()
    const table = command(['evaluate', '--truth', 'y'], { stdin })
    expect(table.stdout).toMatch(/^log loss +Infinity$/m)
    expect(table.stderr).toMatch(
      /^softmax: warning: the log loss is infinite: in 1 of 2 rows, infinite logits give the true class the probability 0; to find these rows, score with --truth and --emit loss\n$/,
    )
  })

  it('whose probability is 0, or another class of probability 1, is warned of with the sigmoid', () => {
    const args = ['evaluate', '--truth', 'y', '--sigmoid']
    const { stderr } = command(args, { stdin: 'logit_a,logit_b,y\n0,inf,a\n' })
    expect(stderr).toContain('give a true class the probability 0, or another class 1; to find these rows')
  })

  it('of a column that is not there is named, and so is one that is not given', async () => {
    await expect(evaluated('logit_a,logit_b,target\n1,2,a\n', { truth: 'taget' })).rejects.toMatchObject({
      message: expect.stringContaining("did you mean truth: 'target'?"),
    })
    const nested = '{"logits":[1,2],"meta":{"y":1},"target":0}\n'
    await expect(evaluated(nested, { truth: 'meta.taget', from: 'ndjson' })).rejects.toMatchObject({
      message: expect.stringContaining("did you mean truth: 'target'?"),
    })
    await expect(evaluated(nested, { truth: 'mta.y', from: 'ndjson' })).rejects.toMatchObject({
      code: 'E_SELECTOR',
      message: expect.stringContaining("did you mean truth: 'meta.y'?"),
    })
    await expect(evaluated(nested, { truth: 'meta.y', from: 'ndjson' })).resolves.toMatchObject({ rows: 1 })
    await expect(evaluated(nested, { truth: 'other.y', from: 'ndjson' })).rejects.toMatchObject({
      message: expect.stringMatching(/is not one of "logits", "meta", "target" \[/),
    })
    await expect(evaluate(['in.csv'], {} as EvaluateOptions)).rejects.toMatchObject({ code: 'E_OPTION' })
    await expect(evaluated('', { emit: 'label' } as object)).rejects.toMatchObject({ code: 'E_CONFLICT' })
  })
})

it('is nothing to the runs after it, which use its memory again', async () => {
  for (const truth of ['truth', undefined]) {
    const stream = scoreFiles([`${FIXTURES}digits-logits.csv`], { lane: 'fast', ...(truth && { truth }) })
    const bytes = Buffer.concat(await stream.toArray())
    expect(stream.stats.written).toBe(899)
    expect(bytes.toString().split('\n').length).toBe(901)
    expect(stream.metrics()?.rows).toBe(truth && 899)
  }
})

describe('an evaluation of what changes nothing is refused', () => {
  it.each([
    ['--log', 'evaluate writes no logarithms, so --log has no effect; leave it out'],
    [
      '--log-sigmoid',
      'evaluate writes no logarithms, so --log-sigmoid has no effect; use --sigmoid for the same metrics',
    ],
    ['--no-keep', 'evaluate writes no rows; leave out --no-keep'],
    ['--emit=label', 'evaluate writes no rows; leave out --emit'],
    [
      '--metrics=m.json',
      '--metrics works only when rows are scored; evaluate writes the metrics to --output FILE.json',
    ],
  ])('%s', (flag, says) => {
    const stdin = 'logit_a,logit_b,y\n2,1,a\n'
    const { status, stderr } = command(['evaluate', '--truth', 'y', flag], { stdin })
    expect({ status, stderr }).toEqual({ status: 2, stderr: `softmax: ${says} [E_CONFLICT]\n` })
    expect(command(['evaluate', '--truth', 'y'], { stdin }).stdout).toMatch(/^1 row\n/)
  })
})

it.each(['evaluate', 'calibrate'])('of rows that were scored, %s says how to read them', (verb) => {
  const of = (name: string, rows: string) => {
    const { status, stderr } = command([verb, '--truth', 'y'], { stdin: `id,y,${name}_a,${name}_b\n${rows}` })
    expect(status).toBe(2)
    return stderr
  }
  expect(of('logp', '1,a,-0.1,-2.35\n2,b,-0.3,-1.35\n')).toContain(
    `it appears to be scored already: to ${verb} these log-probabilities, use --logits logp_a,logp_b [E_COLUMNS]`,
  )
  expect(of('p', '1,a,0.9,0.1\n2,b,0.3,0.7\n')).toContain(
    `it appears to be scored already: ${verb} the original logits, or log p instead of p, as softmax(log p) = p; if these`,
  )
  expect(of('x', '1,a,0.9,0.1\n2,b,0.3,0.7\n')).toContain(`; ${verb} the original logits, or log p instead of p, as`)
})

describe('rows without a true class', () => {
  const ROWS = 'logit_a,logit_b,y\n1,2,\n2,1,\n'

  it.each(['auto', 'general'] as const)('are no evaluation where all are, in the lane %s', async (lane) => {
    for (const op of ['softmax', 'sigmoid'] as const) {
      const evaluated = evaluate([Readable.from([ROWS])], { truth: 'y', lane, op })
      await expect(evaluated).rejects.toMatchObject({ code: 'E_NO_ROWS', status: 1, info: { rows: 2, truth: 'y' } })
    }
  })

  it('end the command with an error, and leave no report', () => {
    const cwd = folder({ 'in.csv': ROWS })
    for (const args of [[], ['--json'], ['--report', 'r.html']]) {
      const { status, stdout, stderr } = command(['evaluate', 'in.csv', '--truth', 'y', ...args], { cwd })
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toBe(
        'softmax: none of the 2 rows has a true class in "y", so there is nothing to measure [E_NO_ROWS]\n',
      )
    }
    expect(existsSync(join(cwd, 'r.html'))).toBe(false)
  })

  it('are scored, with a warning that the metrics beside them are of none', () => {
    const cwd = folder({ 'in.csv': ROWS })
    const { status, stderr } = command(['in.csv', '--truth', 'y', '--metrics', 'm.json', '-o', 'out.csv'], { cwd })
    expect(status).toBe(0)
    expect(stderr).toContain('warning: no row has a true class in "y", so there is nothing to measure\n')
    const { rows, unlabelled, accuracy, log_loss, ece, aurc, top_k_accuracy } = JSON.parse(
      readFileSync(join(cwd, 'm.json'), 'utf8'),
    )
    expect({ rows, unlabelled, accuracy, log_loss, ece, aurc, top_k_accuracy }).toEqual({
      rows: 0,
      unlabelled: 2,
      accuracy: null,
      log_loss: null,
      ece: null,
      aurc: null,
      top_k_accuracy: {},
    })
  })
})

it('counts the pairs that occur where there are more classes than a table has room for', async () => {
  const classes = 5000
  const header = [...Array.from({ length: classes }, (_, index) => `logit_c${index}`), 'y'].join(',')
  const row = (largest: number, truth: number) =>
    [...Array.from({ length: classes }, (_, index) => (index === largest ? 9 : 0)), `c${truth}`].join(',')
  const text = `${[header, row(4999, 4999), row(3, 4998), row(3, 4998)].join('\n')}\n`
  const { confusion, accuracy } = await evaluate([Readable.from([text])], { truth: 'y' })
  expect(confusion).toEqual([
    [4998, 3, 2],
    [4999, 4999, 1],
  ])
  expect(accuracy).toBe(1 / 3)
})

it('are not made of rows without probabilities, which no count would have', async () => {
  const rows = () => Readable.from(['logit_a,logit_b,y\nNaN,1,a\n1,2,b\n'])
  const conflict = { code: 'E_CONFLICT', message: expect.stringContaining("onError: 'skip'") }
  await expect(evaluate([rows()], { truth: 'y', nonfinite: 'propagate' })).rejects.toMatchObject(conflict)
  expect(await evaluate([rows()], { truth: 'y', onError: 'skip' })).toMatchObject({ rows: 1, rejected: 1, accuracy: 1 })
})

it.each([
  ['evaluate', '--truth', 'y'],
  ['evaluate', '--truth', 'y', '--lane', 'general'],
  ['calibrate', '--truth', 'y'],
  ['--truth', 'y', '--metrics', 'm.json'],
])('a row without probabilities is left out by what its error says: %s %s %s %s', (...args) => {
  const cwd = folder({ 'in.csv': 'logit_a,logit_b,y\n1,2,b\nNaN,1,a\n3,1,a\n' })
  const { status, stderr } = command([...args, 'in.csv'], { cwd })
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr:
      'softmax: in.csv:3: column logit_a (row 2, byte 24): a logit is NaN, so the row has no softmax; --on-error skip skips such rows [E_NONFINITE]\n',
  })
  expect(command([...args, 'in.csv', '--on-error', 'skip'], { cwd }).status).toBe(0)
  command([...args, 'in.csv', '--rejects', 'bad.ndjson'], { cwd })
  const [reject] = readFileSync(join(cwd, 'bad.ndjson'), 'utf8').split('\n')
  expect(JSON.parse(reject!).message).toMatch(/a logit is NaN, so the row has no softmax \[E_NONFINITE\]$/)
})

it('a row without probabilities can be written with true classes, but without metrics', () => {
  const { stderr } = command(['--truth', 'y'], { stdin: 'logit_a,logit_b,y\nNaN,1,a\n' })
  expect(stderr).toContain('; --on-error skip skips such rows, --nonfinite propagate writes NaN [E_NONFINITE]')
})

it('has the progress of all its bytes on a terminal, and erases it before the table', () => {
  const rows = `logit_a,logit_b,t\n${'1,2,b\n'.repeat(150_000)}`
  const args = ['evaluate', '--truth', 't', '--progress', '--lane', 'general', 'in.csv']
  const { stdout, stderr } = command(args, { cwd: folder({ 'in.csv': rows }), terminal: 'stderr' })
  const shares = Array.from(stderr.matchAll(/\r(\d+)%/g), ([, share]) => Number(share))
  expect(shares.length).toBeGreaterThan(0)
  expect(shares).toEqual([...shares].sort((a, b) => a - b))
  expect(stderr.endsWith('\r\x1b[K')).toBe(true)
  expect(stdout).toMatch(/^150000 rows\n/)
})

it('are of the rows of one run alone, also where its workers have not begun before it ends', async () => {
  const rows = (count: number) => `logit_a,logit_b,t\n${'1.5,2,b\n'.repeat(count)}`
  const cwd = folder({ 'large.csv': rows(1_000_000), 'small.csv': rows(80_000) })
  for (const [name, count] of [['large', 1_000_000], ...Array(3).fill(['small', 80_000])]) {
    expect(await evaluate([`${cwd}/${name}.csv`], { truth: 't', jobs: 2 })).toMatchObject({ rows: count })
  }
})
