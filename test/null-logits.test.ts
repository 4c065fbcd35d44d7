/** Inputs in which all logits are null, as a model that is down leaves them behind: their rows are bad, and no others. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { parquetMetadata, parquetSchema } from 'hyparquet'
import { type Reject, type ScoreOptions, scoreFiles } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { command, folder, ROOT } from './support.js'

const fixture = (name: string) => readFileSync(join(ROOT, 'fixtures', name))

/** Three rows each, with the ids 1 to 3. */
const NULLS: Record<string, string | Buffer> = {
  'null.ndjson': [1, 2, 3].map((id) => `{"id":${id},"logits":null}\n`).join(''),
  'empty.ndjson': [1, 2, 3].map((id) => `{"id":${id},"logits":[]}\n`).join(''),
  'no-keys.ndjson': [1, 2, 3].map((id) => `{"id":${id},"logits":{}}\n`).join(''),
  'null.csv': 'id,logits\n1,\n2,\n3,\n',
  'null-lists.parquet': fixture('null-lists.parquet'),
  'null-column.parquet': fixture('null-column.parquet'),
  'null-lists.arrow': fixture('null-lists.arrow'),
}

/** A row with logits, in text formats; by numpy, softmax([2, 1, 1]). */
const GOOD = { 'good.ndjson': '{"id":4,"logits":[2,1,1]}\n', 'good.csv': 'id,logits\n4,"[2, 1, 1]"\n' }
const PROBS = [0.5761168847658291, 0.21194155761708544, 0.21194155761708544]

/** Scores files, and collects the bad rows and warnings. */
async function scored(inputs: (string | Readable)[], options: ScoreOptions = {}) {
  const rejects: Reject[] = []
  const warnings: string[] = []
  const stream = scoreFiles(inputs, { to: 'ndjson', ...options, onReject: (reject) => void rejects.push(reject) })
  stream.on('warning', (text) => warnings.push(text))
  const rows = Buffer.concat(await stream.toArray())
    .toString()
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  return { rows, rejects, warnings }
}

const isCsv = (name: string) => name.endsWith('csv')
const goodOf = (name: string) => (isCsv(name) ? 'good.csv' : 'good.ndjson')
const files = () => folder({ ...NULLS, ...GOOD })

describe.each(Object.keys(NULLS))('%s', (name) => {
  it.each(['before', 'after'])('is rejected %s a file with logits, whose rows are scored', async (place) => {
    const cwd = files()
    const path = join(cwd, name)
    const inputs = [path, join(cwd, goodOf(name))]
    const { rows, rejects, warnings } = await scored(place === 'before' ? inputs : inputs.toReversed(), { keep: false })
    expect(rows).toEqual([{ probs: PROBS, label: '0' }])
    expect(rejects.map(({ source, row }) => [source, row])).toEqual([1, 2, 3].map((row) => [path, row]))
    expect(warnings).toEqual([])
  })

  it('has no row that can be scored, whether its classes are named or not', async () => {
    for (const options of [{}, { labels: 'a,b,c' }, { missing: 'nan', nonfinite: 'propagate' }] as const) {
      const failure = scored([join(files(), name)], { keep: false, ...options })
      await expect(failure).rejects.toMatchObject({ code: 'E_NO_ROWS', info: { rows: 3 } })
    }
  })

  it('fails at its first row if bad rows are not skipped', async () => {
    const stream = scoreFiles(join(files(), name))
    await expect(stream.toArray()).rejects.toMatchObject({
      code: expect.stringMatching(/E_ROW|E_MISSING/),
      info: { row: 1 },
    })
  })

  it('has the columns of the other parts of a folder', async () => {
    const cwd = files()
    const { status, stderr } = command(
      [name, goodOf(name), '-o', 'out/', '-t', 'parquet', '--rejects', 'bad.ndjson', '--no-keep'],
      { cwd },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('3 of 4 rows rejected') })
    expect(stderr).not.toContain('lacks')
    const part = readFileSync(join(cwd, 'out', name.replace(/\.\w+$/, '.parquet')))
    const all = readFileSync(join(cwd, 'out', 'good.parquet'))
    const columnsOf = ({ buffer, byteOffset, byteLength }: Buffer) =>
      parquetSchema(parquetMetadata(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer))
    expect(columnsOf(part)).toEqual(columnsOf(all))
  })
})

it('does not take the only logit for a list if a sigmoid gives its probability, or it is that of two classes', async () => {
  const rows = '{"logits":null}\n{"logits":0}\n'
  const { rows: sigmoid } = await scored([Readable.from([rows])], { op: 'sigmoid', keep: false, from: 'ndjson' })
  expect(sigmoid).toEqual([expect.objectContaining({ p_logits: 0.5 })])
  const { rows: two } = await scored([Readable.from([rows])], { binary: 'no,yes', keep: false, from: 'ndjson' })
  expect(two).toEqual([{ p_no: 0.5, p_yes: 0.5, label: 'yes' }])
})

describe('a file in which all logits are null or empty, before one of another form', () => {
  const EMPTY = ['null', '[]', '{}'].map((logits) => [logits, `{"id":1,"logits":${logits}}\n`] as const)

  it.each(EMPTY)('leaves the order of keys to labels: %s', async (_, first) => {
    const cwd = folder({ 'first.ndjson': first, 'keys.ndjson': '{"id":2,"logits":{"a":2,"b":1}}\n' })
    const inputs = [join(cwd, 'first.ndjson'), join(cwd, 'keys.ndjson')]
    for (const [labels, label] of [
      [undefined, 'a'],
      ['b,a', 'a'],
      ['x,y', 'x'],
    ] as const) {
      const { rows, rejects } = await scored(inputs, { keep: false, emit: 'label', ...(labels && { labels }) })
      expect(rows).toEqual([{ label }])
      expect(rejects.map(({ source, row }) => [source, row])).toEqual([[inputs[0], 1]])
    }
  })

  it.each(EMPTY)('leaves nested lists as they are, which may all be empty: %s', async (logits, first) => {
    const cwd = folder({ 'first.ndjson': first, 'lists.ndjson': '{"id":2,"logits":[[2,1],[1,2]]}\n' })
    const inputs = [join(cwd, 'first.ndjson'), join(cwd, 'lists.ndjson')]
    for (const paths of [inputs, inputs.toReversed()]) {
      const { rows, rejects } = await scored(paths, { keep: 'id', emit: 'label', logits: 'logits', labels: 'x,y' })
      expect(rows).toContainEqual({ id: 2, label: ['x', 'y'] })
      const isEmpty = logits === '[]'
      if (isEmpty) expect(rows).toContainEqual({ id: 1, label: [] })
      expect(rejects.map(({ source, row }) => [source, row])).toEqual(isEmpty ? [] : [[inputs[0], 1]])
    }
  })
})

describe('rows with logits after more than 1 MiB without', () => {
  const rows = `${`{"id":1,"text":"${'-'.repeat(1000)}","logits":null}\n`.repeat(1100)}{"id":2,"logits":[2,1,1]}\n`

  it('are scored if the classes are named, or a later file shows how many there are', async () => {
    const cwd = folder({ 'late.ndjson': rows, ...GOOD })
    const named = await scored([join(cwd, 'late.ndjson')], { labels: 'a,b,c', keep: 'id' })
    expect(named).toMatchObject({ rows: [{ id: 2, probs: PROBS, label: 'a' }], warnings: [] })
    expect(named.rejects).toHaveLength(1100)
    const shown = await scored([join(cwd, 'late.ndjson'), join(cwd, 'good.ndjson')], { keep: 'id' })
    expect(shown.rows.map(({ id }) => id)).toEqual([2, 4])
  })

  it('are bad otherwise, and a warning says how they are read', async () => {
    const warnings: string[] = []
    const stream = scoreFiles(Readable.from([rows]), { from: 'ndjson', onError: 'skip' })
    stream.on('warning', (text) => warnings.push(text))
    await expect(stream.toArray()).rejects.toMatchObject({ code: 'E_NO_ROWS', info: { rows: 1101 } })
    expect(warnings).toEqual([expect.stringContaining('name the classes with labels')])
  })
})

it('is not measured: the accuracy of rows without logits is unknown', () => {
  const cwd = folder({ 'in.ndjson': '{"y":"a","logits":null}\n'.repeat(3) })
  for (const more of [[], ['--labels', 'a,b']]) {
    const { status, stderr } = command(['evaluate', 'in.ndjson', '--truth', 'y', '--on-error', 'skip', ...more], {
      cwd,
    })
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('E_NO_ROWS') })
  }
})
