/** Rows without any logits, where these are a list or an object: with `missing`, they are read like rows of empty cells. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  type FormatName,
  read,
  type ScoreOptions,
  type SoftmaxOptions,
  score,
  scoreFiles,
  sigmoid,
} from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { both } from './agree.js'
import { run } from './streams.js'
import { command, folder, predict, ROOT } from './support.js'

const NAN = { missing: 'nan', nonfinite: 'null' } as const

/** By numpy: softmax([2, 1, 1]) and softmax([1, 1, 2]); of a row of NaN, and of one of -inf, each result is NaN. */
const [LARGE, SMALL] = [0.5761168847658291, 0.21194155761708544]
const [FIRST, LAST] = [
  [LARGE, SMALL, SMALL],
  [SMALL, SMALL, LARGE],
]
const FOUND = [null, FIRST, null, LAST]

const fixture = (name: string) => readFileSync(join(ROOT, 'fixtures', name))
const linesOf = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

const LISTS = [{ logits: null }, { logits: [2, 1, 1] }, { logits: null }, { logits: [1, 1, 2] }]
const RECORDS = [{ logits: null }, { logits: { a: 2, b: 1, c: 1 } }, {}, { logits: { c: 2, b: 1, a: 1 } }]
const INPUTS: Record<string, [FormatName, string | Buffer]> = {
  'JSON lines': ['ndjson', linesOf(LISTS)],
  'JSON lines with objects': ['ndjson', linesOf(RECORDS)],
  'a JSON array': ['ndjson', JSON.stringify(LISTS)],
  'list cells': ['csv', 'logits\n""\n"[2, 1, 1]"\n""\n"[1, 1, 2]"\n'],
  ...Object.fromEntries(
    ['lists', 'fixed', 'structs'].flatMap((kind) =>
      (['parquet', 'arrow'] as const).map((from) => {
        const name = `missing-${kind}.${from}`
        return [name, [from, fixture(name)]] as const
      }),
    ),
  ),
}

/** The probabilities of all rows, in class order. */
async function probsOf(input: string | Buffer, options: ScoreOptions) {
  const { text, error, stats } = await run(input, { keep: false, to: 'ndjson', emit: 'probs', ...options })
  const rows = text.trimEnd().split('\n').filter(Boolean)
  const probs = rows.map((line) => JSON.parse(line).probs).map((found) => found && Object.values(found))
  return { probs, error, stats }
}

describe.each(Object.entries(INPUTS))('a row without logits in %s', (_, [from, input]) => {
  it.each(['auto', 'general'] as const)('has null results, in the lane %s', async (lane) => {
    const { probs, error, stats } = await probsOf(input, { ...NAN, from, lane })
    expect({ error, probs }).toEqual({ error: undefined, probs: FOUND })
    expect(stats).toMatchObject({ read: 4, written: 4, nan: 2 })
  })

  it('is all -inf under that rule, which has no softmax either', async () => {
    expect((await probsOf(input, { ...NAN, missing: '-inf', from })).probs).toEqual(FOUND)
    const { error } = await probsOf(input, { missing: '-inf', from })
    expect(error).toMatchObject({ code: 'E_NONFINITE', info: { row: 1, reason: 'all logits are -inf' } })
  })

  it('is bad unless results may be NaN', async () => {
    const { probs, error } = await probsOf(input, { missing: 'nan', from })
    expect(probs).toEqual([])
    expect(error).toMatchObject({ code: 'E_NONFINITE', info: { row: 1 } })
    const { probs: propagated } = await probsOf(input, { missing: 'nan', nonfinite: 'propagate', from, to: 'ndjson' })
    expect(propagated.map((row) => row.every((value: unknown) => typeof value === 'number'))).toEqual(
      FOUND.map((row) => row !== null),
    )
  })

  it('is missing by default, and the message says how to read it', async () => {
    const { probs, error } = await probsOf(input, { from })
    expect(probs).toEqual([])
    expect(error).toMatchObject({ code: 'E_MISSING', info: { row: 1 } })
    expect(error!.message).toContain(
      "the logits are missing; onError: 'skip' skips such rows, missing: 'nan' reads NaN [E_MISSING]",
    )
    const { probs: good } = await probsOf(input, { from, onError: 'skip' })
    expect(good).toEqual([FIRST, LAST])
  })

  it('stays in place among those that are skipped', async () => {
    expect((await probsOf(input, { ...NAN, from, onError: 'skip' })).probs).toEqual(FOUND)
  })

  it('is scored by softmax() after read()', async () => {
    const rows = await Readable.from([Buffer.from(input)])
      .pipe(read(from, { missing: 'nan' }))
      .toArray()
    const { predictions } = await predict(rows, NAN)
    expect(predictions.map(({ probabilities }) => probabilities)).toEqual(FOUND)
  })
})

it('is the same in all lanes, with any chunks and threads', async () => {
  const text = linesOf(Array.from({ length: 400 }, (_, id) => ({ id, ...(id % 3 === 0 ? LISTS[0] : LISTS[1]) })))
  for (const missing of ['nan', '-inf', 'error'] as const)
    for (const nonfinite of ['error', 'propagate', 'null'] as const)
      for (const onError of ['fail', 'skip'] as const)
        await both(text, { from: 'ndjson', missing, nonfinite, onError }, [
          { size: 7, jobs: 1 },
          { size: 1000, jobs: 2 },
        ])
})

describe('the number of logits', () => {
  const NULLS = { 'null.ndjson': '{"id":1,"logits":null}\n'.repeat(2), 'null.csv': 'id,logits\n1,\n2,\n' }
  const FILES = {
    ...NULLS,
    'null-lists.parquet': fixture('null-lists.parquet'),
    'null-column.parquet': fixture('null-column.parquet'),
    'null-lists.arrow': fixture('null-lists.arrow'),
    'good.ndjson': '{"id":4,"logits":[2,1,1]}\n',
  }
  const names = Object.keys(FILES).filter((name) => !name.startsWith('good'))

  it.each(names)('of %s is that of the labels, or of an earlier or later file', async (name) => {
    const cwd = folder(FILES)
    const rowsOf = async (inputs: string[], options: ScoreOptions = {}) => {
      const paths = inputs.map((input) => join(cwd, input))
      const bytes = await scoreFiles(paths, { ...NAN, to: 'ndjson', keep: false, ...options }).toArray()
      return Buffer.concat(bytes).toString().trimEnd().split('\n')
    }
    const missing = '{"probs":null,"label":null}'
    const good = `{"probs":${JSON.stringify(FIRST)},"label":"0"}`
    const named = await rowsOf([name], { labels: 'a,b,c' })
    expect(new Set(named)).toEqual(new Set([missing]))
    const all = named.map(() => missing)
    expect(await rowsOf([name, 'good.ndjson'])).toEqual([...all, good])
    expect(await rowsOf(['good.ndjson', name])).toEqual([good, ...all])
  })

  it.each(names)('of %s is unknown otherwise, and the message says what names the classes', async (name) => {
    const stream = scoreFiles(join(folder(FILES), name), NAN)
    await expect(stream.toArray()).rejects.toMatchObject({
      code: 'E_MISSING',
      message: expect.stringContaining('none of the first rows shows how many there are; labels names the classes'),
      info: { row: 1 },
    })
  })

  it('may be that of a row after hundreds without logits', async () => {
    const rows = linesOf([...Array(300).fill(LISTS[0]), LISTS[1]])
    const cells = `logits\n${'""\n'.repeat(300)}"[2, 1, 1]"\n`
    for (const [from, text] of [
      ['ndjson', rows],
      ['csv', cells],
    ] as const)
      for (const lane of ['auto', 'general'] as const) {
        const { probs, error } = await probsOf(text, { ...NAN, from, lane })
        expect({ error, probs }).toEqual({ error: undefined, probs: [...Array(300).fill(null), FIRST] })
      }
  })
})

describe('a row of lists of logits', () => {
  it.each([
    ['ndjson', linesOf([{ logits: [[2, 1, 1], null] }, { logits: [[1, 1, 2]] }])],
    ['csv', 'logits\n"[[2, 1, 1], null]"\n"[[1, 1, 2]]"\n'],
    ['parquet', fixture('missing-inner.parquet')],
    ['arrow', fixture('missing-inner.arrow')],
  ] as const)('has a null result for an inner list that is null: %s', async (from, input) => {
    const { probs, error } = await probsOf(input, { ...NAN, from, logits: 'logits' })
    expect({ error, probs }).toEqual({ error: undefined, probs: [[FIRST, null], [LAST]] })
  })

  it.each([
    ['ndjson', linesOf([{ logits: [[2, 1, 1]] }, { logits: null }])],
    ['csv', 'logits\n"[[2, 1, 1]]"\n""\n'],
  ] as const)('is bad if the outer list is null, as it has no number of results: %s', async (from, input) => {
    const { error } = await probsOf(input, { ...NAN, from, logits: 'logits' })
    expect(error).toMatchObject({ code: 'E_MISSING', info: { row: 2 } })
    expect(error!.message).toMatch(/the logits are missing; onError: 'skip' skips such rows \[E_MISSING\]$/)
  })
})

it('is not a list without logits, which has the wrong number of them', async () => {
  const { error } = await probsOf('{"logits":[2,1,1]}\n{"logits":[]}\n', { ...NAN, from: 'ndjson' })
  expect(error).toMatchObject({ code: 'E_WIDTH', info: { row: 2, cells: 0 } })
})

it('may be a text that the option null gives', async () => {
  const options = { ...NAN, null: 'NA' } as const
  const { probs } = await probsOf('logits\n"[2, 1, 1]"\nNA\n', { ...options, from: 'csv' })
  expect(probs).toEqual([FIRST, null])
  const rows = [{ logits: [2, 1, 1] }, { logits: 'NA' }]
  expect((await probsOf(linesOf(rows), { ...options, from: 'ndjson' })).probs).toEqual([FIRST, null])
  const { predictions } = await predict(rows.toReversed(), options)
  expect(predictions.map(({ probabilities }) => probabilities)).toEqual([null, FIRST])
})

describe('an object without logits', () => {
  const probabilitiesOf = async (rows: unknown[], options: SoftmaxOptions = {}) => {
    const { predictions, error } = await predict(rows, { ...NAN, ...options })
    return { found: predictions.map(({ probabilities }) => probabilities), error }
  }

  it.each([
    ['null', { logits: null }],
    ['undefined', { logits: undefined }],
    ['an empty text', { logits: '' }],
  ])('has null results: %s', async (_, row) => {
    for (const onError of ['fail', 'skip'] as const) {
      const { found, error } = await probabilitiesOf([row, LISTS[1], row], { onError })
      expect({ found, error }).toEqual({ found: [null, FIRST, null], error: undefined })
    }
    expect((await probabilitiesOf([LISTS[1], {}])).found).toEqual([FIRST, null])
  })

  it('has as many as another row, an object of them, or labels', async () => {
    expect((await probabilitiesOf(RECORDS)).found).toEqual(FOUND)
    expect((await probabilitiesOf([LISTS[0]], { labels: 'a,b,c' })).found).toEqual([null])
    const inner = [{ out: { s: null } }, { out: { s: [2, 1, 1] } }, { out: null }]
    expect((await probabilitiesOf(inner, { logits: 'out.s' })).found).toEqual([null, FIRST, null])
    expect((await probabilitiesOf(inner.slice(0, 1), { logits: 'out.s', labels: 'a,b,c' })).found).toEqual([null])
  })

  it('is bad if nothing shows how many', async () => {
    const { error } = await probabilitiesOf([LISTS[0], LISTS[0]])
    expect(error).toMatchObject({ code: 'E_MISSING', info: { row: 1 } })
    expect(error!.message).toContain('none of the first rows shows how many there are; labels names the classes')
    const skipped = await probabilitiesOf(Array(5000).fill(LISTS[0]), { onError: 'skip' })
    expect(skipped.error).toMatchObject({ code: 'E_NO_ROWS', info: { rows: 5000 } })
    const limited = await probabilitiesOf(Array(5000).fill(LISTS[0]), { onError: 'skip', maxErrors: 3 })
    expect(limited.error).toMatchObject({ code: 'E_TOO_MANY', info: { row: 4 } })
  })

  it('has a single logit with the sigmoid, or of two classes', async () => {
    const rows = [{ logits: null }, { logits: 0 }]
    const { predictions } = await predict(rows, NAN, sigmoid)
    expect(predictions.map(({ probabilities }) => probabilities)).toEqual([null, [0.5]])
    expect((await probabilitiesOf(rows, { binary: 'no,yes' })).found).toEqual([null, [0.5, 0.5]])
  })
})

it('is written by the command as empty cells', () => {
  const cwd = folder({ 'in.ndjson': '{"id":1,"logits":null}\n{"id":2,"logits":[2,1,1]}\n{"id":3}\n' })
  const args = ['in.ndjson', '-t', 'csv', '--missing', 'nan', '--nonfinite', 'null']
  const { stdout, stderr, status } = command(args, { cwd })
  expect({ stdout, stderr, status }).toEqual({
    stdout: `id,p_0,p_1,p_2,label\n1,,,,\n2,${FIRST},0\n3,,,,\n`,
    stderr: 'softmax: 2 of 3 rows written as null\n',
    status: 0,
  })
})

it('has NaN in typed columns', async () => {
  const text = linesOf(LISTS.slice(0, 2))
  const stream = Readable.from([text]).pipe(
    score({ from: 'ndjson', to: 'npy', missing: 'nan', nonfinite: 'propagate', emit: 'probs' }),
  )
  const bytes = Buffer.concat(await stream.toArray())
  const values = Array.from({ length: 6 }, (_, at) => bytes.readDoubleLE(bytes.length - 48 + 8 * at))
  expect(values).toEqual([Number.NaN, Number.NaN, Number.NaN, ...FIRST])
})
