import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow'
import { softmaxMatrix } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { run as score } from './streams.js'
import { BIN } from './support.js'
import { ulps } from './ulp.js'

interface Golden {
  logits: number[]
  softmax: number[]
  log_softmax: number[]
  argmax: number
}

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))
const golden = readFileSync(fixture('golden.ndjson'), 'utf8').trim().split('\n').map(readGolden)

/** Python writes -Infinity as a bare word. */
function readGolden(line: string): Golden {
  return JSON.parse(line.replaceAll('-Infinity', '"-Infinity"'), (_, value) =>
    value === '-Infinity' ? -Infinity : value,
  )
}

const OPERATIONS = [
  { op: 'softmax', key: 'softmax', flags: [] },
  { op: 'log-softmax', key: 'log_softmax', flags: ['--log'] },
] as const

/** The largest error in ulps, and the share of correctly rounded values. */
function accuracy(results: number[][], expected: number[][]) {
  const errors = results.flatMap((row, index) => row.map((value, column) => ulps(value, expected[index]![column]!)))
  return {
    worst: Math.max(...errors),
    equal: errors.filter((error) => error === 0).length / errors.length,
    values: errors.length,
  }
}

function throughApi(op: 'softmax' | 'log-softmax') {
  return golden.map(({ logits }) => {
    const { values, index } = softmaxMatrix(logits, 1, logits.length, { op })
    return { values: Array.from(values), index: index[0]! }
  })
}

/** Rows of one width form one file, which one run of the command scores. */
function throughCommand(flags: readonly string[]) {
  const results: { values: number[]; index: number }[] = []
  for (const width of new Set(golden.map(({ logits }) => logits.length))) {
    const rows = [...golden.keys()].filter((row) => golden[row]!.logits.length === width)
    const input = rows.map((row) => `${golden[row]!.logits.join(',')}\n`).join('')
    const args = [BIN, '--no-header', '--logits', `1-${width}`, '--emit', 'probs,index', ...flags]
    const { stdout, status } = spawnSync(process.execPath, args, { input, encoding: 'utf8', maxBuffer: 1 << 28 })
    expect(status).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(rows.length)
    for (const [line, row] of rows.entries()) {
      const cells = lines[line]!.split(',').map(Number)
      results[row] = { index: cells.pop()!, values: cells }
    }
  }
  return results
}

/** Rows of one width form one Arrow file with a column per class. */
async function throughColumns(op: 'softmax' | 'log-softmax') {
  const results: { values: number[]; index: number }[] = []
  for (const width of new Set(golden.map(({ logits }) => logits.length))) {
    const rows = [...golden.keys()].filter((row) => golden[row]!.logits.length === width)
    const column = (at: number) => Float64Array.from(rows, (row) => golden[row]!.logits[at]!)
    const columns = Array.from({ length: width }, (_, at) => [`logit_${at}`, column(at)])
    const input = Buffer.from(tableToIPC(tableFromArrays(Object.fromEntries(columns)), 'file'))
    const { bytes } = await score(input, { from: 'arrow', to: 'arrow', op, emit: 'probs,index', logits: '/./' })
    const values = tableFromIPC(bytes).toArray()
    for (const [at, row] of rows.entries()) {
      const cells: number[] = Object.values(values[at].toJSON())
      results[row] = { index: Number(cells.pop()), values: cells }
    }
  }
  return results
}

describe.each(OPERATIONS)('$op of golden.ndjson', ({ op, key, flags }) => {
  const expected = golden.map((row) => row[key])
  const argmax = golden.map((row) => row.argmax)

  it.each([
    { name: 'the API', run: () => throughApi(op) },
    { name: 'the command', run: () => throughCommand(flags) },
    { name: 'columns', run: () => throughColumns(op) },
  ])('through $name is within 1 ulp, and at least 99.5 % correctly rounded', async ({ name, run }) => {
    const results = await run()
    const { worst, equal, values } = accuracy(
      results.map((result) => result.values),
      expected,
    )
    console.log(`${op}, ${name}: ${values} values, worst ${worst} ulp, ${(100 * equal).toFixed(3)} % correctly rounded`)
    expect(results.map((result) => result.index)).toEqual(argmax)
    expect(worst).toBeLessThanOrEqual(1)
    expect(equal).toBeGreaterThanOrEqual(0.995)
  })
})

describe('published vectors', () => {
  it.each([
    [
      [1, 2, 3],
      [0.09003057317038046, 0.24472847105479764, 0.6652409557748219],
    ],
    [
      [0, 1, 2, 3],
      [0.03205860328008499, 0.08714431874203257, 0.23688281808991013, 0.6439142598879724],
    ],
    [
      [0.7, 1.5, 4.8],
      [0.01573172289563197, 0.03501159317993099, 0.9492566839244371],
    ],
    [
      [1, 325, 749, 750],
      [0, 1.9444526359919375e-185, 0.2689414213699951, 0.7310585786300049],
    ],
    [
      [0, -745],
      [1, 5e-324],
    ],
    [
      [709, 0],
      [1, 1.216780750623423e-308],
    ],
  ])('softmax of %j', (logits, expected) => {
    expect(Array.from(softmaxMatrix(logits, 1, logits.length).values)).toEqual(expected)
  })

  it.each([
    [
      [1, 2, 3],
      [-2.40760596444438, -1.4076059644443804, -0.4076059644443803],
    ],
    [
      [0, -40],
      [-4.248354255291589e-18, -40],
    ],
    [
      [0, -745],
      [-5e-324, -745],
    ],
    [
      [1000, 1],
      [-0, -999],
    ],
  ])('log-softmax of %j', (logits, expected) => {
    const { values } = softmaxMatrix(logits, 1, logits.length, { op: 'log-softmax' })
    expect(Array.from(values, (value) => value + 0)).toEqual(expected.map((value) => value + 0))
  })
})
