/**
 * `softmax evaluate --partial` and `--merge`: the metrics of rows split over several processes equal those of a single
 * one, byte for byte.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { randomFrom } from './random.js'
import { command, folder } from './support.js'

const FIXTURES = new URL('../fixtures/', import.meta.url).pathname

/** The command's output for all rows, and for parts of them evaluated separately and merged. */
function both(csv: string, starts: readonly number[], options: readonly string[] = []) {
  const [header, ...rows] = csv.trimEnd().split('\n')
  const parts = starts.map((start, nth) => rows.slice(start, starts[nth + 1]))
  const evaluate = (lines: readonly string[], ...flags: string[]) => {
    const stdin = [header, ...lines, ''].join('\n')
    return command(['evaluate', '--truth', 'truth', ...options, ...flags], { stdin }).stdout
  }
  const lines = parts.map((part) => evaluate(part, '--partial'))
  const merged = command(['evaluate', '--merge', '--json'], { stdin: lines.join('') }).stdout
  return { merged, whole: evaluate(rows, '--json') }
}

describe('merged metrics', () => {
  it.each(['digits-logits', 'metrics-three', 'metrics-hundred', 'metrics-two'])(
    'of %s are those of one run',
    (name) => {
      const csv = readFileSync(join(FIXTURES, `${name}.csv`), 'utf8')
      const random = randomFrom(7)
      const rows = csv.trimEnd().split('\n').length - 1
      const starts = Array.from({ length: 4 }, () => random.below(rows)).sort((a, b) => a - b)
      const { merged, whole } = both(csv, [0, ...starts])
      expect(JSON.parse(whole).rows).toBeGreaterThan(100)
      expect(merged).toBe(whole)
    },
  )

  it('count rows that are bad, without a true class or without a label', () => {
    const csv = readFileSync(join(FIXTURES, 'metrics-gaps.csv'), 'utf8')
    const { merged, whole } = both(csv, [0, 3, 40], ['--on-error', 'skip', '--min-confidence', '0.6'])
    expect(JSON.parse(whole)).toMatchObject({ rejected: expect.any(Number), abstained: expect.any(Number) })
    expect(merged).toBe(whole)
  })

  it('have an infinite loss', () => {
    const { merged, whole } = both('logit_a,logit_b,truth\n1,-inf,b\n2,1,a\n', [0, 1])
    expect(JSON.parse(whole).log_loss).toBe('Infinity')
    expect(merged).toBe(whole)
  })

  it('are of rows with several true classes', () => {
    const csv = 'logit_a,logit_b,logit_c,truth\n2,1,-1,a|b\n-2,1,3,c\n0.5,0,-3,\n1,1,1,a|c\n'
    const { merged, whole } = both(csv, [0, 1, 3], ['--sigmoid'])
    expect(JSON.parse(whole).hamming_loss).toBeGreaterThan(0)
    expect(merged).toBe(whole)
  })

  it('are of more classes than a matrix is made of', () => {
    const names = Array.from({ length: 5000 }, (_, nth) => `logit_c${nth}`)
    const row = (nth: number) => [...names.map((_, at) => (at === (nth * 997) % 5000 ? 3 : 0)), `c${nth % 2500}`].join()
    const csv = [[...names, 'truth'].join(), ...Array.from({ length: 8 }, (_, nth) => row(nth)), ''].join('\n')
    const { merged, whole } = both(csv, [0, 3, 5])
    expect(JSON.parse(whole).confusion).toHaveLength(8)
    expect(merged).toBe(whole)
  })

  it('are of no rows where all parts are empty', () => {
    const { merged, whole } = both('logit_a,logit_b,truth\n', [0, 0])
    expect(JSON.parse(whole)).toMatchObject({ rows: 0, accuracy: null })
    expect(merged).toBe(whole)
  })

  it('are a table without --json, and go to a file', () => {
    const cwd = folder({ 'in.csv': 'logit_a,logit_b,truth\n2,1,a\n2,1,b\n' })
    command(['evaluate', 'in.csv', '--truth', 'truth', '--partial', '-o', 'sums.ndjson'], { cwd })
    command(['evaluate', '--merge', 'sums.ndjson', 'sums.ndjson', '-o', 'table.txt'], { cwd })
    expect(readFileSync(join(cwd, 'table.txt'), 'utf8')).toMatch(/^4 rows\n\naccuracy +0\.5000\n/)
  })
})

describe('merging', () => {
  it('gives sums, which may be merged again', () => {
    const csv = ['logit_a,logit_b,truth\n2,1,a\n', 'logit_a,logit_b,truth\n1,2,a\n', 'logit_a,logit_b,truth\n1,5,b\n']
    const [one, two, three] = csv.map(
      (stdin) => command(['evaluate', '--truth', 'truth', '--partial'], { stdin }).stdout,
    )
    const merge = (stdin: string, flag: string) => command(['evaluate', '--merge', flag], { stdin }).stdout
    const steps = merge(merge(one! + two!, '--partial') + three!, '--partial')
    expect(steps).toBe(merge(one! + two! + three!, '--partial'))
    expect(JSON.parse(merge(steps, '--json'))).toMatchObject({ rows: 3, accuracy: 2 / 3 })
  })

  const sums = (header: string) =>
    command(['evaluate', '--truth', 'truth', '--partial'], { stdin: `${header},truth\n2,1,0\n` }).stdout

  it.each([
    [
      'other classes',
      sums('logit_a,logit_b') + sums('logit_b,logit_a'),
      'it has the same classes in another order than those before; --labels a,b orders those of objects, --logits columns',
    ],
    ['a line that is cut', sums('logit_a,logit_b').slice(0, 50), 'it is not JSON'],
    ['nothing', '', 'it is empty'],
    ...Object.entries({
      rows: 'x',
      ranks: [1],
      sums: [['zz', '0']],
      bins: [],
      curve: [[1e9, 1, 1]],
      roc: [[[5, 1, 2]]],
      pairs: [[9, 0, 1]],
    }).map(([key, value]) => [
      `a line with other ${key}`,
      JSON.stringify({ ...JSON.parse(sums('logit_a,logit_b')), [key]: value }),
      'it contains no sums of this version',
    ]),
    [
      'a line with ROC bins of other classes',
      JSON.stringify({ ...JSON.parse(sums('logit_a,logit_b')), roc: [[], []] }),
      'it contains no sums of this version',
    ],
  ])('refuses %s', (_, stdin, reason) => {
    const { status, stdout, stderr } = command(['evaluate', '--merge'], { stdin })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(`stdin: ${reason}`)
    expect(stderr).toContain('[E_SUMS]')
  })

  it('stops where no row of all has a true class', () => {
    const part = (row: string) =>
      command(['evaluate', '--truth', 'y', '--partial', '--on-error', 'skip'], { stdin: `logit_a,logit_b,y\n${row}\n` })
    const [unlabelled, bad] = [part('1,2,'), part('1,x,a')]
    expect([unlabelled.status, bad.status]).toEqual([0, 0])
    const { status, stderr } = command(['evaluate', '--merge'], { stdin: unlabelled.stdout + bad.stdout })
    expect(status).toBe(1)
    expect(stderr).toContain('none of the 2 rows has a true class in "y"')
    expect(
      command(['evaluate', '--merge', '--json'], { stdin: unlabelled.stdout + part('1,2,b').stdout }),
    ).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"rows":1,"unlabelled":1'),
    })
  })

  it('says which file is missing', () => {
    expect(command(['evaluate', '--merge', 'missing.json'])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('missing.json: '),
    })
  })
})
