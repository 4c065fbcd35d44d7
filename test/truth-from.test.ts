/** True classes that count from 1: the metrics are those of scikit-learn for the same classes by name. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Table, tableToIPC, vectorFromArray } from 'apache-arrow'
import { calibrate, type EvaluateOptions, evaluate, type Metrics } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run } from './streams.js'
import { command, predict, ROOT } from './support.js'

const DIGITS = readFileSync(join(ROOT, 'fixtures/digits-logits.csv'), 'utf8')
const EXPECTED: Metrics = JSON.parse(readFileSync(join(ROOT, 'fixtures/metrics.json'), 'utf8')).digits
const LANES = ['fast', 'general'] as const

const NAMES = DIGITS.slice(0, DIGITS.indexOf('\n'))
  .split(',')
  .slice(2)
  .map((name) => name.replace('logit_', ''))
/** The rows of the digits: their logits, and the positions of their true classes from 1. */
const ROWS = DIGITS.trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','))
  .map(([, truth, ...logits]) => ({ y: NAMES.indexOf(truth!) + 1, logits: logits.map(Number) }))

/** The digits as delimited text, as JSON and as Arrow. */
const csv = (rows = ROWS) =>
  `${NAMES.map((name) => `logit_${name},`).join('')}y\n${rows.map(({ y, logits }) => `${logits},${y}\n`).join('')}`
const lists = () => ROWS.map((row) => `${JSON.stringify(row)}\n`).join('')
const objects = () =>
  ROWS.map(({ y, logits }) =>
    JSON.stringify({ logits: Object.fromEntries(NAMES.map((name, index) => [name, logits[index]])), y }),
  ).join('\n')
const nested = () =>
  Array.from({ length: Math.ceil(ROWS.length / 3) }, (_, nth) => ROWS.slice(3 * nth, 3 * nth + 3))
    .map((some) => JSON.stringify({ logits: some.map(({ logits }) => logits), y: some.map(({ y }) => y) }))
    .join('\n')
const arrow = () => {
  const columns = NAMES.map((name, index) => [`logit_${name}`, ROWS.map(({ logits }) => logits[index]!)] as const)
  const numbers = [...columns, ['y', ROWS.map(({ y }) => y)] as const]
  return Buffer.from(
    tableToIPC(new Table(Object.fromEntries(numbers.map(([name, values]) => [name, vectorFromArray(values)])))),
  )
}

const evaluated = (input: string | Buffer, options: Partial<EvaluateOptions> = {}) =>
  evaluate([Readable.from([Buffer.from(input)])], { truth: 'y', truthFrom: 1, ...options })

const MEASURED = { rows: EXPECTED.rows, accuracy: EXPECTED.accuracy, confusion: EXPECTED.confusion }

describe('true classes that count from 1', () => {
  it.each(LANES)('are those of scikit-learn in CSV, in lane %s', async (lane) => {
    expect(await evaluated(csv(), { lane })).toMatchObject(MEASURED)
    const doubles = csv().replaceAll(/,(\d+)\n/g, ',$1.0\n')
    expect(await evaluated(doubles, { lane })).toMatchObject(MEASURED)
    const german = csv().replaceAll(',', ';').replaceAll('.', ',')
    expect(await evaluated(german, { lane, delimiter: ';', decimal: ',' })).toMatchObject(MEASURED)
  })

  it.each([
    ['lists', lists, { from: 'ndjson' }],
    ['objects', objects, { from: 'ndjson' }],
    ['nested lists', nested, { from: 'ndjson', logits: 'logits' }],
    ['Arrow', arrow, { from: 'arrow' }],
  ] as const)('are those of scikit-learn in %s', async (_, input, options) => {
    expect(await evaluated(input(), options)).toMatchObject(MEASURED)
  })

  it('are those of scikit-learn if the classes have no names', async () => {
    const { rows, accuracy, confusion, classes } = await evaluated(lists(), { from: 'ndjson' })
    expect({ rows, accuracy, confusion }).toEqual(MEASURED)
    expect(classes.map(({ label }) => label)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
  })

  it.each(LANES)('give each row the same loss, rank and correctness as names do, in lane %s', async (lane) => {
    const named = csv().replaceAll(/,(\d+)\n/g, (_, y) => `,${NAMES[Number(y) - 1]}\n`)
    const options = { truth: 'y', emit: 'loss,rank,correct', keep: false, lane } as const
    const byName = await run(named, options)
    expect(byName.error).toBeUndefined()
    expect((await run(csv(), { ...options, truthFrom: 1 })).text).toBe(byName.text)
  })

  it.each(LANES)('may be several of a row, in lane %s', async (lane) => {
    const rows = 'logit_a,logit_b,logit_c,y\n2,1,-1,1|2\n-2,1,3,3\n-1,-1,-2,[]\n1,1,1,"[1,3]"\n'
    const byName = rows.replace('1|2', 'a|b').replace('3,3', '3,c').replace('"[1,3]"', 'a|c')
    const options = { op: 'sigmoid', lane } as const
    expect(await evaluated(rows, options)).toEqual(await evaluated(byName, { ...options, truthFrom: 0 }))
  })

  it('are read from objects', async () => {
    const options = { truth: 'y', truthFrom: 1, emit: ['correct'], labels: ['a', 'b'] } as const
    const rows = [
      { logits: [2, 1], y: 1 },
      { logits: [2, 1], y: 2 },
      { logits: [2, 1], y: 'a' },
    ]
    expect((await predict(rows, options)).predictions).toMatchObject([
      { correct: true },
      { correct: false },
      { correct: true },
    ])
  })

  it('are calibrated as names are', async () => {
    const bytes = (text: string) => [Readable.from([Buffer.from(text)])]
    const byName = await calibrate(bytes(DIGITS), { truth: 'truth' })
    expect(await calibrate(bytes(csv()), { truth: 'y', truthFrom: 1 })).toEqual(byName)
  })

  it.each([...LANES])('are not 0, in lane %s', async (lane) => {
    await expect(evaluated('logit_a,logit_b,y\n1,2,1\n1,2,0\n', { lane })).rejects.toThrow(
      '"0" is not a class, nor the position of one; the classes are "a", "b"; positions count from 1, as truthFrom: 1 says; ',
    )
  })

  it('are an error if numbers are names, or if there are no true classes', async () => {
    await expect(evaluated('logit_10,logit_20,y\n1,2,2\n')).rejects.toThrow(
      'the class "10" has a number as its name, so numbers in truth are names, not positions; leave out truthFrom',
    )
    const { error } = await run('logit_a,logit_b\n1,2\n', { truthFrom: 1 })
    expect(error).toMatchObject({
      code: 'E_CONFLICT',
      message: expect.stringContaining('truthFrom works only with truth, the column of true classes;'),
    })
  })
})

describe('true classes that are read as positions from 0', () => {
  /** Without the class nine, whose position from 1 is that of no class from 0. */
  const shifted = csv(ROWS.filter(({ y }) => y < 10))
  const right = ROWS.filter(({ y, logits }) => y < 10 && logits.indexOf(Math.max(...logits)) === y - 1).length
  const warning = new RegExp(
    `^softmax: warning: no true class is "zero", position 0; of \\d+ rows, \\d+ are predicted as the true class and ${right} as the class before it; if the true classes are positions that count from 1, use --truth-from 1$`,
    'm',
  )

  it.each([
    ['evaluate', ['evaluate', '-', '--truth', 'y']],
    ['evaluate as JSON', ['evaluate', '-', '--truth', 'y', '--json']],
    ['scoring with metrics', ['-', '--truth', 'y', '--metrics', '/dev/null']],
    ['calibrate', ['calibrate', '-', '--truth', 'y']],
  ])('cause a warning of %s if they probably count from 1', (_, args) => {
    expect(command(args, { stdin: shifted }).stderr).toMatch(warning)
    const { stderr, status } = command([...args, '--truth-from', '1'], { stdin: shifted })
    expect(status).toBe(0)
    expect(stderr).not.toContain('position 0')
  })

  it('cause it also if sums are merged, and if there are too many classes for a matrix', () => {
    const half = shifted.indexOf('\n', shifted.length / 2) + 1
    const header = shifted.slice(0, shifted.indexOf('\n') + 1)
    const parts = [shifted.slice(0, half), header + shifted.slice(half)]
    const sums = parts.map((stdin) => command(['evaluate', '-', '--truth', 'y', '--partial'], { stdin }).stdout)
    expect(command(['evaluate', '--merge'], { stdin: sums.join('') }).stderr).toMatch(warning)
    const rows = [1, 2, 3].map(
      (y) => `${JSON.stringify({ logits: Array.from({ length: 5000 }, (_, n) => (n === y - 1 ? 1 : 0)), y })}\n`,
    )
    expect(command(['evaluate', '-f', 'ndjson', '--truth', 'y'], { stdin: rows.join('') }).stderr).toContain(
      'no true class is "0", position 0; of 3 rows, 0 are predicted as the true class and 3 as the class before it;',
    )
  })

  it.each([
    ['the first class occurs', 'logit_a,logit_b,logit_c,y\n1,0,0,1\n0,1,0,2\n0,1,0,2\n0,0,1,0\n'],
    ['only one class occurs', 'logit_a,logit_b,logit_c,y\n1,0,0,1\n1,0,0,1\n'],
    ['more rows are right', 'logit_a,logit_b,logit_c,y\n1,0,0,1\n0,1,0,1\n0,0,1,2\n'],
    ['numbers are names', 'logit_10,logit_20,logit_30,y\n1,0,0,20\n0,1,0,30\n'],
  ])('cause no warning if %s', (_, stdin) => {
    const { stderr, status } = command(['evaluate', '-', '--truth', 'y'], { stdin })
    expect(status).toBe(0)
    expect(stderr).not.toContain('no true class')
  })
})
