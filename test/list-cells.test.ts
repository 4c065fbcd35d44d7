import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { tableFromIPC } from 'apache-arrow'
import { parse } from 'csv-parse/sync'
import { calibrate, read, type ScoreOptions, type SoftmaxOptions, scoreFiles, softmax } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { P21, P123, run } from './streams.js'
import { command, folder, ROOT } from './support.js'

/** List cells as written by various programs, and scipy's results: see `fixtures/nested.py`. */
const CASES = (
  JSON.parse(readFileSync(join(ROOT, 'fixtures/nested.json'), 'utf8')) as {
    cells: { by: string; csv: string; probs: unknown[] }[]
  }
).cells

/** Numbers rounded to 12 digits, with the same nesting. */
function near(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(near)
  const number = value as number
  return expect.closeTo(number, 12 - Math.floor(Math.log10(number || 1)))
}

const parsed = (text: string) => text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))

/** The predictions of rows, and the messages of the bad ones. */
async function rejectedOf(rows: object[], options: SoftmaxOptions) {
  const rejects: string[] = []
  const stream = softmax({ ...options, onReject: ({ message }) => void rejects.push(message) })
  return { predictions: await Readable.from(rows).compose(stream).toArray(), rejects }
}

const SCORES: ScoreOptions = { logits: 'scores' }

describe.each(CASES)('lists in cells: $by', ({ csv, probs }) => {
  it('are lists in lines of JSON', async () => {
    const { text, stats } = await run(csv, { ...SCORES, to: 'ndjson' })
    expect(parsed(text).map((row) => row.probs)).toEqual(near(probs))
    expect(stats).toMatchObject({ read: probs.length, written: probs.length, lane: 'table' })
  })

  it('give what they give as columns or JSON lists, in chunks of any size and on any number of threads', async () => {
    const rows = parse(csv, { columns: true }) as Record<string, string>[]
    const isNumpy = !rows[0]!.scores!.includes(',')
    const lists = rows.map(({ scores }) => JSON.parse(isNumpy ? numpyAsJson(scores!) : scores!))
    const lines = lists.map((scores) => `${JSON.stringify({ scores })}\n`).join('')
    const options: ScoreOptions = { ...SCORES, keep: false, to: 'ndjson', emit: 'probs,label,entropy' }
    const expected = await run(lines, { ...options, from: 'ndjson' })
    for (const size of [1, 7, 1e9]) {
      for (const jobs of [1, 2]) expect((await run(csv, { ...options, jobs }, size)).text).toBe(expected.text)
    }
  })
})

/** numpy prints 1 as `1.`. */
const numpyAsJson = (cell: string) => `[${cell.slice(1, -1).trim().split(/\s+/).map(Number).join(',')}]`

describe('lists in cells', () => {
  it('become columns in CSV, beside cells that are kept as they are', async () => {
    const { text } = await run('id,scores,note\n1,"[1, 2, 3]","a ""b"", c"\n2,"[2,1,-inf]",[1]\n', SCORES)
    expect(text).toBe(`id,note,p_0,p_1,p_2,label\n1,"a ""b"", c",${P123},2\n2,[1],${P21},0,0\n`)
  })

  it.each([
    ['[1, 2, 3]', 'JSON'],
    ['[1.0, 2.0, 3.0]', 'Python'],
    ['{1,2,3}', 'PostgreSQL'],
    ['[1 2 3]', 'numpy'],
    ['[1. 2. 3.]', 'numpy, of floats'],
    ['[ 1\n  2  3 ]', 'numpy, in two lines'],
    ['[np.float64(1.0), np.float64(2.0), np.float64(3.0)]', "a list of numpy's numbers"],
    ['[np.float32(1.0), np.float32(2.0), np.float32(3.0)]', "a list of numpy's floats"],
    ['["1","2","3"]', 'texts of JSON'],
    ['  [1,2,3] ', 'with blanks around it'],
    ['[+1e0,.2e1,3]', "the product's own grammar"],
  ])('may be written %j, as %s', async (cell) => {
    const { text, error } = await run(`scores,id\n"${cell.replaceAll('"', '""')}",7\n`, SCORES)
    expect(error).toBe(undefined)
    expect(text).toBe(`id,p_0,p_1,p_2,label\n7,${P123},2\n`)
  })

  it('are read from tabs, semicolons and without a header', async () => {
    const expected = (delimiter: string) =>
      ['id,p_0,p_1,label', `7,${P21},0`].map((line) => `${line.replaceAll(',', delimiter)}\n`).join('')
    expect((await run('id\tscores\n7\t[2, 1]\n', { ...SCORES, from: 'tsv' })).text).toBe(expected('\t'))
    expect((await run('id;scores\n7;[2, 1]\n', { ...SCORES, delimiter: ';' })).text).toBe(expected(';'))
    expect((await run('7,"[2, 1]"\n', { logits: '2', header: false })).text).toBe(`7,${P21},0\n`)
  })

  it('keep the types that are inferred of other columns, in typed outputs', async () => {
    const cwd = folder({ 'in.csv': CASES[0]!.csv })
    const { status, stderr } = command(['in.csv', '-l', 'scores', '--types', 'infer', '-o', 'out.parquet'], { cwd })
    expect({ status, stderr }).toMatchObject({ status: 0 })
    const { stdout } = command(['out.parquet', '-l', 'probs', '-t', 'ndjson', '-e', 'index'], { cwd })
    expect(parsed(stdout).map(({ id, note }) => [id, note])).toEqual([
      [1, 'a'],
      [2, 'b, c'],
      [3, '[1]'],
    ])
  })

  it('are announced', () => {
    const input = 'id,scores\n1,"[2, 1]"\n'
    expect(command(['-l', 'scores'], { stdin: input }).stderr).toBe(
      'softmax: logits: lists of 2 numbers (scores); kept: id\n',
    )
    expect(command(['-l', 'scores', '-q'], { stdin: input }).stderr).toBe('')
    const nested = 'scores\n"[[2, 1], [1, 2]]"\n'
    expect(command(['-l', 'scores'], { stdin: nested }).stderr).toContain('logits: lists of lists of numbers (scores)')
  })

  it('of a column that is called logits need no option', async () => {
    expect((await run('id,logits\n7,"[2, 1]"\n')).text).toBe(`id,p_0,p_1,label\n7,${P21},0\n`)
  })

  it.each([
    ['id,scores\n1,"[2, 1]"\n', 'scores'],
    ['id,scores\n1,"{2, 1}"\n', 'scores'],
    ['id,scores\n1,"[[2, 1]]"\n', 'scores'],
    ['id,logits\n1,"[[2, 1]]"\n', 'logits'],
  ])('that are not selected stop the run with what selects them: %j', async (input, logits) => {
    const { error, text } = await run(input)
    expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits } })
    expect(text).toBe('')
  })

  it('do not stand in the way of columns of numbers', async () => {
    const { text } = await run('logit_a,logit_b,box\n2,1,"[1, 2]"\n')
    expect(text).toBe(`box,p_a,p_b,label\n"[1, 2]",${P21},a\n`)
    const { error } = await run('id,cat,dog,box\n1,0.5,-2.5,"[1, 2]"\n')
    expect(error).toMatchObject({ code: 'E_COLUMNS', info: { logits: 'cat,dog' } })
  })

  it('in what may be the first row, and not a header, stop the run', async () => {
    const { error } = await run('1,"[1, 2]"\n2,"[2, 1]"\n', { logits: '2' })
    expect(error).toMatchObject({ code: 'E_HEADER' })
  })

  it('are looked for in the next rows where the first has none', async () => {
    const input = 'id,scores\n1,\n2,\n3,"[2, 1]"\n'
    const { text, stats } = await run(input, { ...SCORES, onError: 'skip' })
    expect(text).toBe(`id,p_0,p_1,label\n3,${P21},0\n`)
    expect(stats.rejected).toEqual({ E_MISSING: 2 })
  })

  it('of several inputs have the length of the first, also where one has no list', async () => {
    const cwd = folder({ a: 'id,scores\n1,"[2, 1]"\n', b: 'id,scores\n', c: 'id,scores\n2,\n' })
    const paths = ['a', 'b', 'c', 'a'].map((name) => join(cwd, name))
    const pieces: Buffer[] = []
    for await (const piece of scoreFiles(paths, { ...SCORES, onError: 'skip' })) pieces.push(piece)
    expect(Buffer.concat(pieces).toString()).toBe(`id,p_0,p_1,label\n1,${P21},0\n1,${P21},0\n`)
    writeFileSync(join(cwd, 'd'), 'id,scores\n1,"[3, 2, 1]"\n')
    const { stderr, status } = command(['a', 'd', '-l', 'scores'], { cwd })
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('[E_SCHEMA]') })
  })

  it('are lists in streams of objects', async () => {
    const stream = read('csv', SCORES)
    stream.end('id,scores\n1,"[2, 1]"\n')
    const rows: unknown[] = []
    for await (const row of stream) rows.push(row)
    expect(rows).toEqual([{ id: '1', logits: [2, 1] }])
  })

  it('are read by softmax() as texts of objects, as csv-parse has them', async () => {
    const csv = 'id,scores,note\n1,"[2, 1]",[7]\n2,,\n3,"{2,1}",\n4,x,\n5,"[2,y]",\n6,[2],\n'
    const rows = parse(csv, { columns: true }) as { scores: string }[]
    const { predictions, rejects } = await rejectedOf(rows, { logits: 'scores' })
    const probabilities = P21.split(',').map(Number)
    expect(predictions).toEqual([
      { id: '1', note: '[7]', probabilities, index: 0, label: '0' },
      { id: '3', note: '', probabilities, index: 0, label: '0' },
    ])
    expect(rejects).toEqual([
      "column scores (row 2): the logits are missing; missing: 'nan' reads NaN [E_MISSING]",
      'column scores (row 4): "x" is not a list of numbers [E_CELL]',
      'class 1 (row 5): "y" is not a number [E_CELL]',
      "row 6: the list has 1 logit where 2 are expected; pad shorter lists with null, which missing: '-inf' masks [E_WIDTH]",
    ])
    const named = rows.map(({ scores: logits }) => ({ logits }))
    expect((await rejectedOf(named, {})).predictions).toHaveLength(2)
    const { message } = await rejectedOf(rows, {}).catch((error) => error)
    expect(message).toContain(`"scores" contains a list of numbers; if these are all the logits, use logits: 'scores'`)
  })

  it('have true classes beside them', () => {
    const cwd = folder({ 'in.csv': 'y,scores\n0,"[2, 1]"\n0,"[1, 2]"\n1,"[1, 2]"\n' })
    const { stdout } = command(['evaluate', 'in.csv', '-l', 'scores', '--truth', 'y', '--json'], { cwd })
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 3,
      accuracy: 2 / 3,
      confusion: [
        [1, 1],
        [0, 1],
      ],
    })
    const nested = folder({ 'in.csv': 'y,scores\n"[0, 1]","[[2, 1], [2, 1]]"\n' })
    const scored = command(['in.csv', '-l', 'scores', '--truth', 'y', '-e', 'correct', '-q'], { cwd: nested })
    expect(scored.stdout).toBe('y,correct\n"[0, 1]","[true,false]"\n')
  })

  it('are refused by the fast lane', async () => {
    const { error } = await run('scores\n"[2, 1]"\n', { ...SCORES, lane: 'fast' })
    expect(error).toMatchObject({ code: 'E_CONFLICT' })
    expect(error!.message).toContain('lists in cells')
  })
})

describe('a bad list in a cell', () => {
  it.each([
    ['[1, x]', 'E_CELL', 'column scores.1 (row 2, byte 21): "x" is not a number'],
    ['[1, ]', 'E_CELL', '"[1, ]" is not a list of numbers'],
    ['[1 2, 3]', 'E_CELL', 'is not a list of numbers'],
    ['[1, 2', 'E_CELL', 'is not a list of numbers'],
    ['[1, 2}', 'E_CELL', 'is not a list of numbers'],
    ['[1, 2] [3, 4]', 'E_CELL', 'is not a list of numbers'],
    ['{1 2}', 'E_CELL', 'is not a list of numbers'],
    ['1.5', 'E_CELL', '"1.5" is not a list of numbers'],
    ['none', 'E_CELL', '"none" is not a list of numbers'],
    ['{"a": 1, "b": 2}', 'E_CELL', 'is not a list of numbers'],
    ['[1, 2, 3]', 'E_WIDTH', 'the list has 3 logits where 2 are expected'],
    ['[]', 'E_WIDTH', 'the list has 0 logits where 2 are expected'],
    ['[1 ... 3]', 'E_CELL', 'numpy abbreviated the array with ...'],
    ['[1 ...]', 'E_CELL', 'write it again from x.tolist()'],
    ['[1, [2]]', 'E_CELL', 'column scores.1'],
    ['[1, None]', 'E_MISSING', 'column scores.1'],
    ['{1,NULL}', 'E_MISSING', 'column scores.1'],
    ['', 'E_MISSING', 'the logits are missing'],
    ['[1, 1e400]', 'E_OVERFLOW', '"1e400" is outside the range of a double'],
    ['[1, nan]', 'E_NONFINITE', 'NaN'],
  ])('%j says what is wrong, and where', async (cell, code, says) => {
    const input = `scores,id\n"[2, 1]",1\n"${cell.replaceAll('"', '""')}",2\n"[2, 1]",3\n`
    const { error, text } = await run(input, SCORES)
    expect(error).toMatchObject({ code, info: { row: 2, line: 3 } })
    expect(error!.message).toContain(says)
    expect(text).toBe(`id,p_0,p_1,label\n1,${P21},0\n`)
    const skipped = await run(input, { ...SCORES, onError: 'skip' })
    expect(skipped.text).toBe(`id,p_0,p_1,label\n1,${P21},0\n3,${P21},0\n`)
    expect(skipped.stats.rejected).toEqual({ [code]: 1 })
  })

  it('may have a masked class, or a text that is none', async () => {
    const input = 'scores\n"[2, 1, 0]"\n"[2, 1, None]"\n"[2, 1, NA]"\n'
    const { text } = await run(input, { ...SCORES, missing: '-inf', null: 'NA', emit: 'probs', head: 3 })
    expect(text.split('\n').slice(2)).toEqual([`${P21},0`, `${P21},0`, ''])
  })

  it.each([
    ['in the first row', '', `${'['.repeat(300_000)}1, 2${']'.repeat(300_000)}`],
    ['in another', '"[2, 1]"\n', `${'['.repeat(300_000)}1, 2${']'.repeat(300_000)}`],
    ['in another, as a number', '"[2, 1]"\n', `[1 ${'['.repeat(300_000)}2${']'.repeat(300_000)}]`],
  ])('may have more levels than a stack holds, %s', async (_, before, cell) => {
    const { error } = await run(`scores\n${before}"${cell}"\n`, SCORES)
    expect(error).toMatchObject({ code: 'E_CELL' })
  })

  it('among lists of lists leaves out the row', async () => {
    const input = 'scores\n"[[2, 1]]"\n"[[2, 1], [1]]"\n"[2, 1]"\n"[[2, x]]"\n"[[2, 1e400]]"\n[]\n'
    const { text, stats } = await run(input, { ...SCORES, onError: 'skip', emit: 'index', to: 'ndjson' })
    expect(text).toBe('{"index":[0]}\n{"index":[]}\n')
    expect(stats.rejected).toEqual({ E_WIDTH: 1, E_ROW: 1, E_CELL: 1, E_OVERFLOW: 1 })
  })
})

describe('cells as Python shows several numbers', () => {
  const SHOWN: [name: string, cell: string, says: RegExp][] = [
    ['a tuple', '(1.0, 2.0)', /it is a Python tuple: write it again as a list/],
    ['an array that numpy shortened', '[1. 2. ... 3. 4.]', /numpy abbreviated the array with \.\.\./],
    ['an array', 'array([1.0, 2.0])', /write it again from x\.tolist\(\)/],
    ['a tensor', 'tensor([1.0, 2.0])', /write it again from x\.tolist\(\)/],
    ['a dict', "{'a': 1, 'b': 2}", /it is an object: write JSON lines/],
    ['an object', '{"a": 1, "b": 2}', /it is an object: write JSON lines/],
  ]
  const csv = (name: string, cells: string[]) =>
    `id,${name}\n${cells.map((cell, at) => `${at},"${cell.replaceAll('"', '""')}"\n`).join('')}`

  it.each(SHOWN)('are called what they are: %s', async (_, cell, says) => {
    for (const lane of ['auto', 'general'] as const) {
      const { error } = await run(csv('logits', [cell]), { lane })
      expect(error).toMatchObject({ code: 'E_CELL', message: expect.stringMatching(says) })
    }
  })

  it.each(SHOWN)('are so among lists: %s', async (_, cell, says) => {
    const { error } = await run(csv('logits', ['[1, 2]', cell]))
    expect(error).toMatchObject({ code: 'E_CELL', info: { line: 3 }, message: expect.stringMatching(says) })
  })

  it.each(SHOWN)('are so where it is not known which column has the logits: %s', async (_, cell, says) => {
    const { error } = await run(csv('x', [cell]))
    expect(error).toMatchObject({ code: 'E_COLUMNS', message: expect.stringMatching(says) })
  })
})

describe('a column that may have lists, in an input without rows', () => {
  const header = 'id,logits\n'
  const abc: ScoreOptions = { labels: 'a,b,c' }
  const scored = `id,p_0,p_1,p_2,label\n1,${P123},2\n`
  const listed = `${header}1,"[1,2,3]"\n`

  it.each<[string, ScoreOptions, string]>([
    [header, abc, 'id,p_a,p_b,p_c,label\n'],
    [`${header}\n\n`, { ...abc, op: 'sigmoid' }, 'id,p_a,p_b,p_c,label\n'],
    ['id\tlogits\n', { ...abc, from: 'tsv' }, 'id\tp_a\tp_b\tp_c\tlabel\n'],
    ['id\tlogits\n', { ...abc, from: 'copy', header: true }, 'id\tp_a\tp_b\tp_c\tlabel\n'],
    ['id,scores\n', { ...abc, ...SCORES }, 'id,p_a,p_b,p_c,label\n'],
    [header, { ...abc, to: 'json' }, '[]\n'],
    [header, { logits: 'logits' }, 'id,label\n'],
  ])('has the classes of the labels: %j %j', async (input, options, output) => {
    for (const lane of ['auto', 'general'] as const) {
      const { text, error, stats } = await run(input, { ...options, lane })
      expect([error, text]).toEqual([undefined, output])
      expect(stats).toMatchObject({ read: 0, written: 0 })
    }
  })

  it('has lists of as many probabilities in a table', async () => {
    const { bytes } = await run(header, { ...abc, to: 'arrow' })
    expect(String(tableFromIPC(bytes).schema)).toBe(
      'Schema<{ 0: id: Utf8, 1: probs: FixedSizeList[3]<Float64>, 2: label: Utf8 }>',
    )
  })

  it.each<[ScoreOptions, string]>([
    [{ op: 'sigmoid' }, 'id,p_logits,label\n'],
    [{ binary: ['no', 'yes'] }, 'id,p_no,p_yes,label\n'],
    [{ labels: 'a' }, 'id,p_a,label\n'],
  ])('is a single logit where a row may have one: %j', async (options, output) => {
    expect((await run(header, options)).text).toBe(output)
  })

  it('is an error if rows are required', async () => {
    expect((await run(header, { ...abc, requireRows: true })).error).toMatchObject({ code: 'E_EMPTY' })
  })

  it.each([
    [[header, listed], scored],
    [[listed, header], scored],
    [[header, `${header}\n`, listed, header], scored],
    [['id;logits\n', 'id;logits\n'], 'id;p_a;p_b;p_c;label\n'],
  ])('has the classes of an input with rows: %j', async (inputs, output) => {
    const options = output.includes(';') ? { ...abc, delimiter: ';' } : {}
    const sources = inputs.map((input) => Readable.from([Buffer.from(input)]))
    expect(Buffer.concat(await scoreFiles(sources, options).toArray()).toString()).toBe(output)
  })

  it('is the only class if it has numbers in an input with rows', async () => {
    const sources = [header, 'id,logits\n1,2\n'].map((input) => Readable.from([Buffer.from(input)]))
    const bytes = Buffer.concat(await scoreFiles(sources, { op: 'sigmoid' }).toArray())
    // Python: 1 / (1 + math.exp(-2))
    expect(bytes.toString()).toBe('id,p_logits,label\n1,0.8807970779778824,logits\n')
  })

  it('has the classes of the calibration', async () => {
    const rows = 'y,logits\na,"[1,2]"\nb,"[2,1]"\nb,"[0,1]"\na,"[3,1]"\n'
    const calibration = await calibrate(Readable.from([Buffer.from(rows)]), { truth: 'y', labels: 'a,b' })
    expect((await run(header, { calibration })).text).toBe('id,p_a,p_b,label\n')
  })

  it('may get a type beside it, also as the first of several inputs', async () => {
    const sources = [header, listed].map((input) => Readable.from([Buffer.from(input)]))
    const pieces = await scoreFiles(sources, { to: 'arrow', types: 'id=int64' }).toArray()
    const table = tableFromIPC(Buffer.concat(pieces))
    expect([String(table.schema.fields[0]), table.numRows]).toEqual(['id: Int64', 1])
  })
})
