/** JSON rows that are not lines: arrays of rows, and concatenated values, on any number of lines. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { read, type ScoreOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { P21, run } from './streams.js'
import { command, folder } from './support.js'

const ROWS = [
  { id: 1, note: 'a, "b"\n\\ {[', logits: [2, 1] },
  { id: 2, note: '}]', logits: [1.5, -2e-3] },
  { id: '3', note: 'żółw 🐢', logits: [0, 1e10] },
]
const LINES = ROWS.map((row) => `${JSON.stringify(row)}\n`).join('')

/** How programs write such rows. */
const WAYS: Record<string, string> = {
  'an array on one line': JSON.stringify(ROWS),
  'an array that is indented': `${JSON.stringify(ROWS, null, 2)}\n`,
  'an array that is indented by tabs, with CR LF': JSON.stringify(ROWS, null, '\t').replaceAll('\n', '\r\n'),
  'an array with a row on each line': `[\n${ROWS.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`,
  'an array with a byte order mark': `\ufeff${JSON.stringify(ROWS, null, 1)}`,
  'objects that are indented': ROWS.map((row) => `${JSON.stringify(row, null, 4)}\n`).join(''),
  'objects with nothing between': ROWS.map((row) => JSON.stringify(row)).join(''),
  'objects that are indented, and a line': `${JSON.stringify(ROWS[0], null, 1)}\n${LINES.split('\n').slice(1).join('\n')}`,
  'several arrays': ROWS.map((row) => `[${JSON.stringify(row)}]\n`).join(''),
  'blanks everywhere': ` \n[\t${ROWS.map((row) => `\n ${JSON.stringify(row, null, 3)} `).join(',')}\n ] \n\n`,
}

const valuesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

describe.each(Object.entries(WAYS))('%s', (_, input) => {
  it.each(['general', 'fast'] as const)('gives what lines give, on the %s lane', async (lane) => {
    const lines = await run(LINES, { lane })
    const { text, error, stats } = await run(input, { lane })
    expect(error).toBeUndefined()
    expect(text.split('\n')).toHaveLength(ROWS.length + 1)
    expect(valuesOf(text)).toEqual(valuesOf(lines.text))
    expect(stats).toMatchObject({
      read: 3,
      written: 3,
      bytes: Buffer.byteLength(input),
      lane: lane === 'fast' ? 'fast' : 'table',
    })
  })

  it('gives the same wherever it is cut', async () => {
    const bytes = Buffer.from(input)
    const { text } = await run(bytes)
    for (const size of [1, 2, 3, 5]) expect((await run(bytes, {}, size)).text).toBe(text)
  })

  it.each(['csv', 'tsv', 'npy'] as const)('gives what lines give in %s', async (to) => {
    expect((await run(input, { to })).bytes).toEqual((await run(LINES, { to })).bytes)
  })

  it('gives rows as objects', async () => {
    const stream = read('ndjson')
    stream.end(input)
    expect(await stream.toArray()).toEqual(ROWS)
  })
})

describe('arrays of arrays', () => {
  it.each(['[[2,1],[1,2]]', '[\n [2, 1],\n [1, 2]\n]', '[\n2,\n1\n]\n[1,2]', '[\n[2,\n1]\n,[1,2]]\n'])(
    'are rows of logits: %j',
    async (input) => {
      const { text, error } = await run(input, { to: 'csv', from: 'ndjson' })
      expect({ text, error }).toEqual({
        text: `p_0,p_1,label\n${P21},0\n${P21.split(',').reverse().join()},1\n`,
        error: undefined,
      })
    },
  )
})

describe('an array without rows', () => {
  it.each(['[]', '[ ]\n', '[\n\n]\n', '\ufeff[]'])('gives nothing: %j', async (input) => {
    expect(await run(input, { from: 'ndjson' })).toMatchObject({ text: '', error: undefined, stats: { read: 0 } })
    expect((await run(input, { from: 'ndjson', requireRows: true })).error).toMatchObject({ code: 'E_EMPTY' })
  })
})

describe('a bad row', () => {
  const input =
    '[\n  {"logits": [2, 1]},\n\n  {"logits":\n    [2, "x"]},\n  7, oops,\n  {"logits": [1]},\n{"logits": [1, 2]}]\n'
  const placed = (text: string) => ({ byteStart: input.indexOf(text), byteEnd: input.indexOf(text) + text.length })

  it.each([1, 2, 1000])('is reported with its line and bytes in the input, in chunks of %i', async (size) => {
    for (const lane of ['general', 'fast'] as const) {
      const rejects: unknown[] = []
      const options: ScoreOptions = { lane, onReject: (reject) => void rejects.push(reject) }
      const { text, stats } = await run(input, options, size)
      expect(rejects).toMatchObject([
        { code: 'E_CELL', row: 2, line: 4, ...placed('{"logits":\n    [2, "x"]}'), raw: '{"logits": [2, "x"]}' },
        { code: 'E_ROW', row: 3, line: 6, ...placed('7'), raw: '7' },
        { code: 'E_JSON', row: 4, line: 6, ...placed('oops'), raw: 'oops' },
        { code: 'E_WIDTH', row: 5, line: 7, ...placed('{"logits": [1]}') },
      ])
      expect(stats).toMatchObject({ read: 6, written: 2 })
      expect(valuesOf(text)).toHaveLength(2)
    }
  })

  it('stops the run at its place, be it the first', async () => {
    const { error } = await run(input, { source: 'in.json' })
    expect(error!.message).toMatch(/^in\.json:4: class 1 \(row 2, byte 27\): "x" is not a number/)
    const first = await run('[\n\n  {"logits": [1,,2]}]', { from: 'ndjson' })
    expect(first.error).toMatchObject({ code: 'E_JSON', info: { line: 3, row: 1, byte: 5 } })
  })

  it('that is too long is not held, and the next is read', async () => {
    const long = `{"x":${JSON.stringify('x'.repeat(5000))}, "logits": [2, 1]}`
    const good = '{"logits": [2, 1]}'
    for (const text of [`[${good},\n${long},\n${good}]`, `[${long}, ${good}, ${good}]`]) {
      for (const size of [1, 100, 1e9]) {
        const rejects: { line?: number; byteStart?: number; byteEnd?: number; raw?: unknown }[] = []
        const options: ScoreOptions = { maxRowBytes: 1000, onReject: (reject) => void rejects.push(reject) }
        const { stats, error } = await run(text, options, size)
        expect(error).toBeUndefined()
        expect(stats).toMatchObject({ read: 3, written: 2, rejected: { E_ROW_TOO_LONG: 1 } })
        expect(rejects[0]!.raw).toHaveLength(1000)
        const start = text.indexOf('{"x"')
        expect(rejects[0]).toMatchObject({ byteStart: start, byteEnd: start + long.length, line: start > 1 ? 2 : 1 })
      }
    }
  })
})

describe('brackets and commas', () => {
  const row = '{"logits": [2, 1]}'

  it.each([
    ['an array that is not closed', `[${row}`, 'E_CORRUPT', 3],
    ['an array that ends behind a comma', `[${row},\n`, 'E_CORRUPT', 3],
    ['an object that is not closed', `${row.replace(',', ',\n')}\n{"logits":\n[2,`, 'E_CORRUPT', 3],
    ['a text that is not closed', `[${row}, {"a": "b`, 'E_CORRUPT', 3],
    ['a comma too many', `[${row},]`, 'E_JSON', 1],
    ['a comma too few', `[${row} ${row}]`, 'E_JSON', 1],
    ['a comma first', `[\n${row}\n,,${row}]`, 'E_JSON', 1],
    ['a bracket that closes another', `[${row}, {"logits": [2, 1}}]`, 'E_JSON', 1],
    ['a line that ends within a text', `[${row}, {"a": "b\n"}]`, 'E_JSON', 1],
    ['what is behind the end', `[${row}]\n]`, 'E_JSON', 1],
  ])('stop the run behind the rows before: %s', async (_, input, code, status) => {
    for (const size of [1, 1e9]) {
      const { error, text } = await run(input, { onError: 'skip', emit: 'label' }, size)
      expect(error).toMatchObject({ code, status })
      expect(valuesOf(text)).toEqual([{ logits: [2, 1], label: '0' }])
    }
  })

  it('are reported with their place', async () => {
    const { error } = await run(`[\n${row},\n${row}\n${row}]`)
    expect(error).toMatchObject({ code: 'E_JSON', info: { line: 4, row: 3, byte: 2 + 2 * row.length + 3 } })
  })

  it('that are not as they should be in a line make that line bad alone', async () => {
    for (const bad of ['{"logits": [2, 1', '{"logits": [2, 1}', '{"a": "b', '{"logits": [2, 1]},', '[{']) {
      const { stats, error } = await run(`${row}\n${bad}\n${row}\n`, { onError: 'skip' })
      expect({ error, stats }).toMatchObject({
        error: undefined,
        stats: { read: 3, written: 2, rejected: { E_JSON: 1 } },
      })
    }
    for (const bad of ['{"logits": [2, 1', '{"logits": [2, 1}', '{"a": "b']) {
      const { stats, error } = await run(`${bad}\n${row}\n`, { onError: 'skip', from: 'ndjson' })
      expect({ error, stats }).toMatchObject({
        error: undefined,
        stats: { read: 2, written: 1, rejected: { E_JSON: 1 } },
      })
    }
  })
})

it('an array is evaluated as lines are, with metrics beside the scores too', () => {
  const rows = [
    { logits: [2, 1], y: 0 },
    { logits: [2, 1], y: 1 },
  ]
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  const evaluated = [JSON.stringify(rows), JSON.stringify(rows, null, 2), lines].map((stdin) =>
    command(['evaluate', '-f', 'ndjson', '--truth', 'y', '--json'], { stdin }),
  )
  expect(JSON.parse(evaluated[2]!.stdout)).toMatchObject({ rows: 2, accuracy: 0.5 })
  for (const one of evaluated) expect(one).toEqual(evaluated[2])
  const cwd = folder({ 'a.json': JSON.stringify(rows) })
  expect(command(['a.json', '--truth', 'y', '--metrics', 'm.json'], { cwd }).status).toBe(0)
  expect(readFileSync(join(cwd, 'm.json'), 'utf8')).toBe(evaluated[2]!.stdout)
})

it('a file called .json may hold either', () => {
  const cwd = folder({ 'a.json': JSON.stringify(ROWS, null, 2), 'b.json': LINES })
  const [a, b] = ['a.json', 'b.json'].map((name) => command([name, '-t', 'csv'], { cwd }))
  expect(a).toEqual(b)
  expect(a).toMatchObject({ status: 0, stderr: '' })
})
