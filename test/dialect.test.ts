import { spawnSync } from 'node:child_process'
/** Delimited text that deviates from RFC 4180: lines above the header, delimiters, blanks around cells, line ends. */
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import { calibrate, evaluate, read, type ScoreOptions, scoreFiles, softmax } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { randomFrom } from './random.js'
import { P21, run } from './streams.js'
import { command, folder } from './support.js'

const HEADER = 't,logit_x,logit_y'
const SCORED = 't,p_x,p_y,label'
const scored = (...cells: string[]) => [SCORED, ...cells.map((cell) => `${cell},${P21},x`), ''].join('\n')
const LANES = ['general', 'auto'] as const

/** Scores a text in every lane, in one piece and byte by byte; all results must agree. */
async function everyWay(input: string | Buffer, options: ScoreOptions = {}) {
  const first = await run(input, { ...options, lane: 'general' })
  for (const lane of LANES) {
    for (const size of [1, 7, Number.POSITIVE_INFINITY]) {
      const other = await run(input, { ...options, lane }, size)
      expect({ text: other.text, message: other.error?.message }).toEqual({
        text: first.text,
        message: first.error?.message,
      })
      if (!first.error) expect({ ...other.stats, lane: '' }).toEqual({ ...first.stats, lane: '' })
    }
  }
  return first
}

/** The rejected rows of a text, by code, line and raw text. */
async function rejectsOf(input: string | Buffer, options: ScoreOptions = {}) {
  const rejects: unknown[] = []
  const { text, stats } = await run(input, { ...options, onReject: (reject) => void rejects.push(reject) })
  expect(stats.read).toBe(stats.written + rejects.length)
  return { text, rejects }
}

describe('a line sep=', () => {
  const rows = (delimiter: string) => ['t,logit_x,logit_y', 'a,2,1', ''].join('\n').replaceAll(',', delimiter)
  const result = (delimiter: string) => scored('a').replaceAll(',', delimiter)

  it.each([
    ['sep=;\n', ';'],
    ['sep=;\r\n', ';'],
    ['sep=;\r\r\n', ';'],
    ['"sep=;"\n', ';'],
    ['SEP=|\n', '|'],
    ['\ufeffsep=;\n', ';'],
    ['sep=\t\n', '\t'],
    ['sep=,\n', ','],
    ['sep=§\n', '§'],
  ])('names the delimiter: %j', async (line, delimiter) => {
    const { text, error } = await everyWay(line + rows(delimiter))
    expect({ text, error }).toEqual({ text: result(delimiter), error: undefined })
  })

  it('is followed by lines that end in CR, too', async () => {
    expect((await everyWay(`sep=;\r${rows(';').replaceAll('\n', '\r')}`)).text).toBe(result(';'))
  })

  it('counts as a line and its bytes', async () => {
    const { error } = await everyWay('sep=;\nt;logit_x\na;x\n')
    expect(error).toMatchObject({ code: 'E_CELL', info: { line: 3, row: 1, byte: 6 + 10 + 2 } })
  })

  it('is no row either where the delimiter is asked for', async () => {
    expect((await everyWay(`sep=;\n${rows('|')}`, { delimiter: '|' })).text).toBe(result('|'))
    expect((await everyWay(`sep=;\n${rows(';')}`, { from: 'tsv' })).text).toBe(result(';'))
  })

  it.each(LANES)('of one input does not change the delimiter of an output of several, in lane %s', async (lane) => {
    const commas = 't,logit_x,logit_y\na,2,1\n'
    const semicolons = 'sep=;\nt;logit_x;logit_y\n"x;y";2;1\nz,z;2;1\n'
    const all = async (...texts: string[]) => {
      const inputs = texts.map((text) => Readable.from([Buffer.from(text)]))
      return String(Buffer.concat(await scoreFiles(inputs, { lane }).toArray()))
    }
    expect(await all(commas, semicolons)).toBe(scored('a', 'x;y', '"z,z"'))
    expect(await all(semicolons, commas)).toBe(scored('"x;y"', 'z|z', 'a').replaceAll(',', ';').replace('z|z', 'z,z'))
    const json = '{"t":"j","logit_x":2,"logit_y":1}\n'
    expect(await all(semicolons, json)).toMatch(/\nj;[\d.]+;[\d.]+;x\n$/)
  })

  it.each(['sep=a', 'sep=', 'sep', 'sepal,logit_x', 'sep=ab,logit_x'])(
    'is a header where it names none: %s',
    async (header) => {
      const width = header.split(',').length
      const { text } = await everyWay(`${header}\n${Array(width).fill('1').join()}\n`, {
        logits: String(width),
        emit: 'index',
      })
      expect(text).toBe(width === 2 ? `${header.split(',')[0]},index\n1,0\n` : 'index\n0\n')
    },
  )
})

describe('skipLines', () => {
  it.each(['\n', '\r\n', '\r', '\r\r\n'])('leaves out lines above the header, which end in %j', async (newline) => {
    const lines = ['made by "hand', '\t5" disk, a', HEADER, 'a,2,1', 'b,2,1', ''].join(newline)
    const { text, error } = await everyWay(lines, { skipLines: 2 })
    expect({ text, error }).toEqual({ text: scored('a', 'b'), error: undefined })
  })

  it('counts them, and their bytes', async () => {
    const { error } = await everyWay('\ufeffone\n\nt,logit_x\na,x\n', { skipLines: 2 })
    expect(error).toMatchObject({ info: { line: 4, row: 1, byte: 3 + 4 + 1 + 10 + 2 } })
  })

  it('stands before a line sep=, and before rows without a header', async () => {
    expect((await everyWay('x\nsep=;\nt;logit_x;logit_y\na;2;1\n', { skipLines: 1 })).text).toBe(
      scored('a').replaceAll(',', ';'),
    )
    expect((await everyWay('x\n1,2\n', { skipLines: 1, header: false, emit: 'index' })).text).toBe('1\n')
  })

  it('may be more than there are', async () => {
    expect(await everyWay('a\nb', { skipLines: 3 })).toMatchObject({ text: '', error: undefined })
  })

  it('holds none of a long line', async () => {
    const long = Array.from({ length: 64 }, () => Buffer.alloc(1 << 20, 'x'))
    const { text } = await run([...long, Buffer.from(`\n${HEADER}\na,2,1\n`)], { skipLines: 1, maxRowBytes: 1000 })
    expect(text).toBe(scored('a'))
  })

  it('is of each input', () => {
    const cwd = folder({ 'a.csv': `#\n${HEADER}\na,2,1\n`, 'b.csv': `#\n${HEADER}\nb,2,1\n` })
    expect(command(['--skip-lines', '1', 'a.csv', 'b.csv'], { cwd }).stdout).toBe(scored('a', 'b'))
  })
})

describe('quote none', () => {
  const options: ScoreOptions = { quote: 'none' }

  it('takes quotes for text, wherever they stand', async () => {
    const cells = ['5" disk', '"a', 'b"', '"', '""', '"c"d', '37°48\'N 2"W']
    const { text, error, stats } = await everyWay(
      `${HEADER}\n${cells.map((cell) => `${cell},2,1\n`).join('')}`,
      options,
    )
    expect({ text, error }).toEqual({ text: scored(...cells), error: undefined })
    expect(stats.lane).toBe('general')
    expect((await run(`${HEADER}\na",2,1\n`, options)).stats.lane).toBe('fast')
  })

  it('of CSV is written with quotes in other formats', async () => {
    const input = `t,logit_x,logit_y\n"a,2,1\n`
    expect((await everyWay(input, { ...options, to: 'tsv' })).text).toBe(scored('"""a"').replaceAll(',', '\t'))
    expect((await everyWay(input, { ...options, to: 'ndjson', emit: 'label' })).text).toBe('{"t":"\\"a","label":"x"}\n')
  })

  it('has no logits in quotes', async () => {
    expect((await everyWay(`${HEADER}\na,"2",1\n`, options)).error).toMatchObject({
      code: 'E_CELL',
      info: { cell: '"2"' },
    })
  })

  it('has no quotes for what needs some', async () => {
    const labels = ['a,b', 'c']
    expect((await everyWay('logit_x,logit_y\n2,1\n', { ...options, labels })).error).toMatchObject({
      code: 'E_CONFLICT',
    })
    const { rejects } = await rejectsOf(`${HEADER}\na\rb,2,1\nc,2,1\n`, options)
    expect(rejects).toMatchObject([{ code: 'E_QUOTE', line: 2, raw: 'a\rb,2,1' }])
  })

  it('goes with no escape but a backslash', async () => {
    expect(() => read('csv', { quote: 'none', escape: '^' })).toThrow(expect.objectContaining({ code: 'E_CONFLICT' }))
  })
})

describe('lazyQuotes', () => {
  const options: ScoreOptions = { lazyQuotes: true }

  it('takes a quote for text in a cell that does not begin with one', async () => {
    const cells = ['5" disk', 'b"', '37.8"N', 'a "b" c', '"quoted, ""twice"""', '"a\nb"', ' "c"']
    const { text, error, stats } = await everyWay(
      `${HEADER}\n${cells.map((cell) => `${cell},2,1\n`).join('')}`,
      options,
    )
    expect({ text, error }).toEqual({ text: scored(...cells), error: undefined })
    expect(stats).toMatchObject({ read: cells.length })
  })

  it('is what a message about such a cell names', async () => {
    const { error } = await everyWay(`${HEADER}\n5" disk,2,1\n`)
    expect(error).toMatchObject({ code: 'E_QUOTE', info: { line: 2 } })
    expect(error!.message).toContain('lazyQuotes: true')
    const json = await run('{"id":1,"logits":[2,1]}\n', { from: 'csv' })
    expect(json.error!.message).toContain(
      "the row is a JSON object; from: 'ndjson', or read('ndjson'), reads such rows",
    )
    const cell = await run('payload,logit_a,logit_b\n{"x":1},2,3\n', { from: 'csv' })
    expect(cell.error!.message).toContain('lazyQuotes: true')
  })

  it('is of headers, too', async () => {
    const { text } = await everyWay('5" disk,logit_x"y,logit_z\na,2,1\n', options)
    expect(text).toBe(`5" disk,"p_x""y",p_z,label\na,${P21},"x""y"\n`)
  })

  it.each(['"a"b,2,1', '"a,2,1'])(
    'still is no text behind a closing quote, nor a quote that is not closed: %s',
    async (row) => {
      expect((await everyWay(`${HEADER}\n${row}\n`, options)).error).toMatchObject({ code: 'E_QUOTE' })
    },
  )

  it('doubles them where they get quotes', async () => {
    const { text } = await everyWay(`${HEADER}\n5" disk,2,1\n`, { ...options, to: 'tsv' })
    expect(text).toBe(scored('"5"" disk"').replaceAll(',', '\t'))
  })
})

describe('trim', () => {
  const options: ScoreOptions = { trim: true }

  it('drops blanks around cells, names and quotes', async () => {
    const { text, error } = await everyWay(
      ' t , logit_x,\tlogit_y\n a , 2 ,1 \n "b, " ,2,\t"1"\n  ""  ,2, 1\n   \n',
      options,
    )
    expect({ text, error }).toEqual({ text: scored('a', '"b, "', '""'), error: undefined })
  })

  it('keeps tabs where they stand between cells', async () => {
    const { text } = await everyWay('t \t logit_x\tlogit_y\n\t2\t1\n', { ...options, from: 'tsv' })
    expect(text).toBe(scored('').replaceAll(',', '\t'))
  })

  it('is done in the fast lane, unless the names of logits are numbers', async () => {
    const row = ' a , 2 , "1" \n'
    expect((await run(`${HEADER}\n${row}`, options)).stats).toMatchObject({ lane: 'fast', written: 1 })
    const named = { ...options, logits: '2-3', header: true }
    expect((await run(`t, 0 ,1\n${row}`, named)).stats).toMatchObject({ lane: 'general', written: 1 })
    const { error } = await run(`t, 0 ,1\n${row}`, { ...named, lane: 'fast' })
    expect(error!.message).toContain('does not support blanks around cells below numeric column names')
  })

  it('knows newlines in quotes behind blanks', async () => {
    expect((await everyWay(`${HEADER}\n  "a\nb"  ,2,1\n`, options)).text).toBe(scored('"a\nb"'))
  })

  it.each([
    [' "a",2,1', 'trim: true'],
    ['"a" ,2,1', 'trim: true'],
    ['"a" b,2,1', 'closing quote'],
  ])('is what a message names: %s', async (row, says) => {
    const { error } = await everyWay(`${HEADER}\n${row}\n`)
    expect(error).toMatchObject({ code: 'E_QUOTE' })
    expect(error!.message).toContain(says)
  })

  it('tells where a cell stands', async () => {
    const { error } = await everyWay(`${HEADER}\n a ,  x  , 1\n`, options)
    expect(error).toMatchObject({ code: 'E_CELL', info: { column: 'logit_x', byte: 18 + 6, cell: 'x' } })
  })
})

describe('the delimiter whitespace', () => {
  const options: ScoreOptions = { delimiter: 'whitespace' }
  const spaced = (text: string) => text.replaceAll(',', ' ')

  it('is any run of spaces and tabs, but for those at the ends', async () => {
    const input = '  t   logit_x\tlogit_y\na 2 1\n\t"b c" \t 2   1  \n   \n\nd\t2\t1'
    const { text, error } = await everyWay(input, options)
    expect({ text, error }).toEqual({ text: spaced(scored('a', '"b§c"', 'd')).replace('§', ' '), error: undefined })
  })

  it('reads what numpy prints', async () => {
    const { text } = await everyWay('  1.0   2.0\n -3.5e+00  4.\n', { ...options, header: false, emit: 'index' })
    expect(text).toBe('1\n1\n')
  })

  it('writes cells that a reader of it takes for what they are', async () => {
    const labels = ['', 'a\tb']
    const { text } = await everyWay('logit_x logit_y\n2 1\n1 2\n', { ...options, labels, emit: 'label,index' })
    expect(text).toBe('label index\n"" 0\n"a\tb" 1\n')
  })

  it('tells where a cell stands', async () => {
    const { error } = await everyWay('t  logit_x\n  a \t x\n', options)
    expect(error).toMatchObject({ code: 'E_CELL', info: { byte: 11 + 6, line: 2 } })
  })

  it('is what a message about a file of such rows names', async () => {
    for (const text of ['logit_a   logit_b\n1.5   2.5\n', ' 1   2\n 3   4\n', 'logit_a \t logit_b\n1\t2\n']) {
      const { error } = await everyWay(text)
      expect(error).toMatchObject({ code: 'E_DELIMITER', info: { delimiter: 'whitespace' } })
    }
    expect((await everyWay('1 2\n3 4\n')).error).toMatchObject({ code: 'E_DELIMITER', info: { delimiter: ' ' } })
    // Split at blanks, its rows would have as many cells, but different ones.
    const tabs = 'at\tnote\tlogit_a\tlogit_b\n2026-11-28 00:00\t\t1.5\t2\n'
    expect((await everyWay(tabs)).error).toMatchObject({ code: 'E_DELIMITER', info: { delimiter: '\t' } })
  })

  it('may be called so on the command line, as a tab may', () => {
    expect(command(['-d', 'whitespace'], { stdin: 't  logit_x  logit_y\na  2 1\n' }).stdout).toBe(spaced(scored('a')))
    const tabs = scored('a').replaceAll(',', '\t')
    expect(command(['-d', 'tab'], { stdin: 't\tlogit_x\tlogit_y\na\t2\t1\n' }).stdout).toBe(tabs)
    const controls = scored('a').replaceAll(',', '\x01')
    expect(command(['-d', '\\x01'], { stdin: 't\x01logit_x\x01logit_y\na\x012\x011\n' }).stdout).toBe(controls)
  })
})

describe('lines above the header', () => {
  it.each([
    ['a line', 'made by x\n', 1],
    ['a line with a comma, and one that is blank', 'made by x, v2\n\n', 2],
    ['two lines of other lengths', 'made by x\nv2, 2026\n', 2],
    ['two lines that look like a table', 'made by x\nof y\n\n', 3],
  ])('%s: the message has the number to leave out', async (_, above, lines) => {
    const text = `${above}id,text,cat,dog\n1,a,1.5,-2\n2,b,-2.5,1\n`
    const { error } = await everyWay(text)
    expect(error).toMatchObject({ code: 'E_HEADER', status: 2 })
    expect(error!.message).toContain(`skipLines: ${lines} skips the lines before the header`)
    expect((await everyWay(text, { skipLines: lines, logits: 'cat,dog' })).error).toBeUndefined()
    const { error: unknown } = await everyWay(text, { logits: 'cat,dog' })
    expect(unknown).toMatchObject({ code: 'E_HEADER', info: { above: { lines } } })
  })

  it('are counted with a blank line that arrives later', async () => {
    async function* slow() {
      for (const text of ['made by x, v2\n', '\n', 'id,text,cat,dog\n1,a,1.5,-2\n2,b,-2.5,1\n']) {
        yield Buffer.from(text)
        await setTimeout(30)
      }
    }
    const { error } = await run(slow())
    expect(error!.message).toContain('skipLines: 2 skips the lines before the header')
  })

  it('are proposed where there is a line less than a column, too, but not where R left out the name of the row names', async () => {
    const { error } = await everyWay('made by x, 2026\nid,cat,dog\na,1.5,-2\nb,-2.5,1\n')
    expect(error).toMatchObject({ code: 'E_HEADER', info: { above: { lines: 1 } } })
    expect((await everyWay('"cat","dog"\na,1.5,-2\nb,-2.5,1\n')).error).toMatchObject({ code: 'E_WIDTH' })
  })
})

describe('a delimiter at the end', () => {
  it('of every row but not of the header has no cell behind it', async () => {
    const { text, error, warnings } = await everyWay(`${HEADER}\na,2,1,\n"b",2,1,\n`)
    expect({ text, error }).toEqual({ text: scored('a', '"b"'), error: undefined })
    expect(warnings).toEqual([expect.stringContaining('the first rows end in a delimiter')])
  })

  it('of every row has to be at the end of each, and nothing behind it', async () => {
    const rows = 'a,2,1,\n'.repeat(200)
    const { rejects } = await rejectsOf(`${HEADER}\n${rows}b,2,1\nc,2,1,4\nd,2,\ne,2,1,0,\n`)
    expect(rejects).toMatchObject([
      { code: 'E_WIDTH', line: 202, message: expect.stringContaining('the row does not end in a delimiter') },
      { code: 'E_WIDTH', line: 203, message: expect.stringContaining('has 4 cells where 3 are expected') },
      { code: 'E_WIDTH', line: 204, message: expect.stringContaining('has 2 cells where 3 are expected') },
      { code: 'E_WIDTH', line: 205, message: expect.stringContaining('has 4 cells where 3 are expected') },
    ])
  })

  it('of rows after the first hundred makes them bad in either lane', async () => {
    const text = `${HEADER}\nb\n${'a,2,1,\n'.repeat(20_000)}c,2,1\n`
    for (const lane of ['general', 'fast'] as const) {
      const { stats, text: out } = await run(text, { onError: 'skip', lane })
      expect({ rejected: stats.rejected, out }).toEqual({ rejected: { E_WIDTH: 20_001 }, out: scored('c') })
    }
  })

  it('of some rows makes them bad, and is named', async () => {
    const { rejects, text } = await rejectsOf(`${HEADER}\na,2,1\nb,2,1,\n`)
    expect(rejects).toMatchObject([{ code: 'E_WIDTH', message: expect.stringContaining('it ends in a delimiter') }])
    expect(text).toBe(scored('a'))
  })

  it.each([
    ['a,2,1\nb,2,1,\n', `${HEADER},\n`],
    ['a,2,1,\nb,2,1\n', `${HEADER}\n`],
  ])('is looked for in rows that arrive later, too: %j', async (rows, header) => {
    async function* slow() {
      for (const line of (header + rows).match(/.*\n/g)!) {
        yield Buffer.from(line)
        await setTimeout(10)
      }
    }
    const whole = await run(header + rows)
    const { text, error } = await run(slow())
    expect({ text, message: error?.message }).toEqual({ text: whole.text, message: whole.error?.message })
    expect(error).toMatchObject({ code: 'E_WIDTH', info: { row: 1 } })
  })

  it('of the header but of no row has no name behind it', async () => {
    const { text, error, warnings } = await everyWay(`${HEADER},\na,2,1\n"b",2,1\n`)
    expect({ text, error }).toEqual({ text: scored('a', '"b"'), error: undefined })
    expect(warnings).toEqual([expect.stringContaining('the header ends in a delimiter')])
  })

  it.each([
    ['a,2,1\nb,2,1,\n', 2],
    ['a,2,1,\nb,2,1\n', 3],
  ])('of the header and some rows makes the others bad, and is named: %j', async (rows, line) => {
    const { error } = await everyWay(`${HEADER},\n${rows}`)
    expect(error).toMatchObject({ code: 'E_WIDTH', info: { line } })
    expect(error!.message).toContain('the header ends in a delimiter')
  })

  it('of all lines is an empty column', async () => {
    expect((await everyWay(`${HEADER},\na,2,1,\n`)).text).toBe(`t,,p_x,p_y,label\na,,${P21},x\n`)
  })

  it('is left out of objects, too', async () => {
    const stream = read('csv')
    const warnings: string[] = []
    stream.on('warning', (text) => warnings.push(text))
    stream.end('a,b\n1,2,\n')
    expect(await stream.toArray()).toEqual([{ a: '1', b: '2' }])
    expect(warnings).toHaveLength(1)
  })
})

describe('names in quotes with another delimiter between them', () => {
  it.each([';', '|', '\t', ' '])('are named with the delimiter that the message proposes: %j', async (delimiter) => {
    const text = '"t","logit_x","logit_y"\n"a",2,1\n'.replaceAll(',', delimiter)
    const { error } = await everyWay(text)
    expect(error).toMatchObject({ code: 'E_DELIMITER', info: { line: 1, delimiter } })
    expect((await everyWay(text, { delimiter, emit: 'index' })).text).toBe(`"t"${delimiter}index\n"a"${delimiter}0\n`)
  })

  it('are not proposed where a delimiter was given', async () => {
    expect((await everyWay('"t";"x"\n1;2\n', { delimiter: ',' })).error).toMatchObject({ code: 'E_QUOTE' })
  })
})

describe('a title above a header', () => {
  const table = (delimiter: string) => 't,logit_x,logit_y\na,2,1\n'.replaceAll(',', delimiter)

  it('is left out by the number of lines that the message proposes, though it has a number in it', async () => {
    const text = `Report of 2020\n\n${table(',')}`
    const { error } = await everyWay(text)
    expect(error).toMatchObject({ code: 'E_HEADER', info: { above: { lines: 2, cells: 1, width: 3 } } })
    expect((await everyWay(text, { skipLines: 2 })).text).toBe(scored('a'))
  })

  it.each([';', '|', '\t'])('does not hide another delimiter: %j', async (delimiter) => {
    const text = `My report\n${table(delimiter)}`
    expect((await everyWay(text)).error).toMatchObject({ code: 'E_DELIMITER', info: { delimiter } })
    expect((await everyWay(text, { delimiter })).error).toMatchObject({
      code: 'E_HEADER',
      info: { above: { lines: 1 } },
    })
    const { text: out } = await everyWay(text, { delimiter, skipLines: 1 })
    expect(out).toBe(scored('a').replaceAll(',', delimiter))
  })

  it('is none above a sentence', async () => {
    const rows = await Readable.from(['note\nfirst; then; last\n']).compose(read('csv')).toArray()
    expect(rows).toEqual([{ note: 'first; then; last' }])
  })
})

describe('decimals with a comma', () => {
  const COMMA = { decimal: ',', delimiter: ';' } as const
  const random = randomFrom(11)
  const printed = Array.from({ length: 400 }, (_, index) => {
    const number = `${random.sign()}${random.below(20)}.${random.digits(1 + random.below(16))}`
    return index % 5 === 0 ? `${number}e${random.sign()}${random.below(2)}` : number
  })
  const cells = ['0.5', '.25', '1.', '-1.25e-3', '+2.0', '-3e1', '7', ...printed]
  const points = [
    'preis;logit_a;logit_b;wahr',
    ...cells.map(
      (cell, index) => `${index}.5 DM;${cell};${cells[(index * 7) % cells.length]};${index % 3 ? 'a' : '1.0'}`,
    ),
    '',
  ].join('\n')
  const commas = points.replaceAll('.', ',')

  it('are missing where a text of --null with points says so', async () => {
    for (const text of ['n.a.', 'k.A.', '.']) {
      const options = { ...COMMA, null: text, missing: '-inf', emit: 'probs,label' } as const
      const { text: out, error } = await everyWay(`t;logit_x;logit_y\na;0,5;${text}\n`, options)
      expect(error).toBeUndefined()
      expect(out).toBe('t;p_x;p_y;label\na;1;0;x\n')
      const { error: missing } = await everyWay(`t;logit_x;logit_y\na;0,5;${text}\n`, { ...COMMA, null: text })
      expect(missing).toMatchObject({ code: 'E_MISSING' })
    }
  })

  it('give the bits of those with a point, with kept cells as they are', async () => {
    const { text, error, stats } = await everyWay(commas, COMMA)
    expect({ error, written: stats.written }).toEqual({ error: undefined, written: cells.length })
    const { text: other } = await run(points, { delimiter: ';' })
    const rows = (all: string) => all.split('\n').map((row) => row.split(';'))
    const results = (all: string) => rows(all).map((row) => row.slice(2).join())
    expect(results(text)).toEqual(results(other).map((row) => row.replaceAll('.', ',')))
    expect(rows(text).map(([kept]) => kept)).toEqual(rows(commas).map(([kept]) => kept))
  })

  it('have the same metrics, calibration and columns of the truth', async () => {
    const cwd = folder({ 'commas.csv': commas, 'points.csv': points })
    const [comma, point] = [join(cwd, 'commas.csv'), join(cwd, 'points.csv')]
    const truth = 'wahr'
    expect(await evaluate([comma], { ...COMMA, truth })).toEqual(await evaluate([point], { delimiter: ';', truth }))
    const calibration = await calibrate([comma], { ...COMMA, truth, coverage: 0.9 })
    expect(calibration).toEqual(await calibrate([point], { delimiter: ';', truth, coverage: 0.9 }))
    const options = { truth, calibration, emit: 'loss,rank,correct,set', keep: false } as const
    const { text } = await everyWay(commas, { ...COMMA, ...options })
    expect(text).toBe((await run(points, { delimiter: ';', ...options })).text.replaceAll('.', ','))
  })

  it('are written so in the same format, and with a point in others', async () => {
    const line = '9,50;0,5;1,25'
    const [a, b] = ['0.320821300824607', '0.679178699175393']
    const [p, q] = [a, b].map((number) => number.replace('.', ','))
    const scored = async (text: string, options: ScoreOptions) =>
      (await everyWay(text, { decimal: ',', ...options })).text
    const header = 'price;logit_a;logit_b\n'
    expect(await scored(header + line, { delimiter: ';' })).toBe(`price;p_a;p_b;label\n9,50;${p};${q};b\n`)
    expect(await scored('price,logit_a,logit_b\n9,"0,5","1,25"\n', { delimiter: ',' })).toBe(
      `price,p_a,p_b,label\n9,"${p}","${q}",b\n`,
    )
    expect(await scored(header + line, { delimiter: ';', to: 'tsv' })).toBe(
      `price\tp_a\tp_b\tlabel\n9,50\t${a}\t${b}\tb\n`,
    )
    expect(await scored(header + line, { delimiter: ';', to: 'ndjson' })).toBe(
      `{"price":"9,50","p_a":${a},"p_b":${b},"label":"b"}\n`,
    )
    const logs = await scored(header + line, { delimiter: ';', op: 'log-softmax', emit: 'probs', keep: false })
    expect(await scored(logs, { delimiter: ';', logits: '1-2', emit: 'label' })).toContain('b\n')
  })

  it('show which columns are logits, and that a line is a row', async () => {
    const bare = 'name;cat;dog\nx;0,5;1,5\ny;0,5;2,5\n'
    expect((await everyWay(bare, { ...COMMA, emit: 'label' })).text).toBe('name;label\nx;dog\ny;dog\n')
    expect((await everyWay(bare, { delimiter: ';' })).error!.message).toContain("comma, which decimal: ',' reads")
    for (const text of ['0,5;1,5\n2,5;0,5\n', 'x;0,5;1,5\ny;2,5;0,5\n']) {
      const logits = text.startsWith('x') ? { logits: '2-3' } : {}
      expect((await everyWay(text, { ...COMMA, ...logits })).error).toMatchObject({ code: 'E_HEADER' })
      const { text: out } = await everyWay(text, { ...COMMA, ...logits, header: false, emit: 'index', keep: false })
      expect(out).toBe('1\n0\n')
    }
  })

  it.each([
    [';', "to read a decimal comma, add decimal: ','"],
    [',', "to read a decimal comma, add decimal: ',', delimiter: ','"],
  ])('are an error that names what reads them: between them %j', async (delimiter, says) => {
    const text = 'logit_a,logit_b\n"0,5","1,25"\n'.replaceAll(/(?<!\d),/g, delimiter)
    const { error } = await everyWay(text, { delimiter })
    expect(error).toMatchObject({ code: 'E_CELL', info: { cell: '0,5', decimal: '.', delimiter } })
    expect(error!.message).toContain(says)
    expect((await everyWay(text, { delimiter, decimal: ',', emit: 'label' })).text).toBe('label\nb\n')
  })

  it.each(['0.5', '1.234,5', '1,2,3', '0x1', ','])('are no reason to take %j for a number', async (cell) => {
    const { error } = await everyWay(`logit_a;logit_b\n1,5;${cell}\n`, COMMA)
    expect(error).toMatchObject({ code: 'E_CELL', info: { cell, column: 'logit_b' } })
    if (cell === '0.5') expect(error!.message).toContain("decimal: ',' is given, so 1.5 must be written 1,5")
  })

  it('have another delimiter than the comma, unless that is asked for; and are of delimited text', async () => {
    expect((await everyWay(commas, { decimal: ',' })).error).toMatchObject({
      code: 'E_CONFLICT',
      message: expect.stringContaining("requires an explicit delimiter: delimiter: ';' or"),
    })
    expect((await everyWay(`sep=;\n${commas}`, { decimal: ',' })).text).toBe((await everyWay(commas, COMMA)).text)
    expect((await run('logit_a\tlogit_b\n1,5\t2\n', { decimal: ',', from: 'tsv', emit: 'label' })).text).toBe(
      'label\nb\n',
    )
    expect((await run('[1,2]\n', { decimal: ',', from: 'ndjson' })).error).toMatchObject({ code: 'E_CONFLICT' })
  })

  it('are read in the fast lane, except between commas without quotes', async () => {
    expect((await run(commas, COMMA)).stats.lane).toBe('fast')
    const options = { decimal: ',', delimiter: ',', quote: 'none', emit: 'label' } as const
    const { text, stats } = await everyWay('logit_a,logit_b\n1,2\n', options)
    expect({ text, lane: stats.lane }).toEqual({ text: 'label\nb\n', lane: 'general' })
    expect((await run('logit_a,logit_b\n1,2\n', { ...options, lane: 'fast' })).error).toMatchObject({
      code: 'E_CONFLICT',
    })
  })
})

describe('comments above a header', () => {
  const table = (delimiter: string) => 't,logit_x,logit_y\na,2,1\nb,2,1\n'.replaceAll(',', delimiter)

  it.each([
    ['two lines', '# made by x\n# 2024\n', ';', undefined],
    ['a line', '# made by x\n', ';', ';'],
    ['a line that has the delimiter', '# made by x; y\n', ';', ';'],
    ['a line above tabs', '# made by x\n', '\t', '\t'],
    ['a line of LaTeX', '% made by x\n', '|', '|'],
  ])('have a message that says so: %s', async (_, above, delimiter, said) => {
    const [comment] = above as '#' | '%'
    const { error } = await everyWay(`${above}${table(delimiter)}`)
    expect(error).toMatchObject({ code: 'E_HEADER', info: { line: 1, comment } })
    expect((error!.info as { delimiter?: string }).delimiter).toBe(said)
    expect(error!.message).toContain(`comment: '${comment}' skips all such lines, skipLines the first ones`)
    const { text } = await everyWay(`${above}${table(delimiter)}`, { comment, delimiter })
    expect(text).toBe(`${scored('a')}b,${P21},x\n`.replaceAll(',', delimiter))
  })

  it('are two classes without names, too', async () => {
    const { error } = await everyWay('# made by x\n0.5;1.5\n2;3\n')
    expect(error).toMatchObject({ code: 'E_HEADER', info: { comment: '#', delimiter: ';' } })
  })

  it('are said beside the number of lines where rows below are wider, unless the header begins so, too', async () => {
    const { error } = await everyWay(`# made by x\n# 2024, May\n${table(',')}`)
    expect(error!.message).toContain("skipLines: 2 skips the lines before the header; comment: '#' skips lines")
    const marked = await everyWay(`# made by x\n# ${table(',')}`)
    expect(marked.error).toMatchObject({ code: 'E_HEADER', info: { above: { lines: 1 } } })
    expect(marked.error!.info).not.toHaveProperty('comment')
    expect((await everyWay(`# made by x\n# ${table(',')}`, { skipLines: 1 })).error).toBeUndefined()
  })

  it('are no reason to refuse a header that numpy has marked', async () => {
    expect((await everyWay('# logit_x,logit_y\n2,1\n')).text).toBe(`p_x,p_y,label\n${P21},x\n`)
    expect((await everyWay('# logit_x;logit_y\n2;1\n')).error).toMatchObject({ code: 'E_DELIMITER' })
  })
})

describe('control characters between cells', () => {
  it.each(['\x01', '\x1f', '\0'])('are proposed as the delimiter, as Hive writes them: %j', async (delimiter) => {
    const text = 't,logit_x,logit_y\na,2,1\n'.replaceAll(',', delimiter)
    const { error } = await everyWay(text)
    expect(error).toMatchObject({ code: 'E_DELIMITER', info: { delimiter } })
    const written = `\\x${delimiter.charCodeAt(0).toString(16).padStart(2, '0')}`
    expect(error!.message).toContain(`delimiter: '${written}'`)
    expect((await everyWay(text, { delimiter })).text).toBe(scored('a').replaceAll(',', delimiter))
  })
})

describe('a delimiter of several bytes', () => {
  const rows = (delimiter: string) =>
    `${HEADER}\na,2,1\n"§",2,"1"\nb~c,2,1\n`.replaceAll(',', delimiter).replaceAll('§', delimiter)

  it.each(['::', '€', ' | ', ', ', '~~~', '~~~~~~~~', '~~~~~~~~~'])('is read and written: %j', async (delimiter) => {
    const { text, error } = await everyWay(rows(delimiter), { delimiter })
    const cells = scored('a', '"§"', 'b~c').replaceAll(',', delimiter).replaceAll('§', delimiter)
    expect({ text, error }).toEqual({ text: cells, error: undefined })
    const { stats } = await run(rows(delimiter), { delimiter })
    expect(stats.lane).toBe(delimiter.length > 8 ? 'general' : 'fast')
  })

  it('may end every row', async () => {
    const { text } = await everyWay('t::logit_x::logit_y\na::2::1::\n', { delimiter: '::', emit: 'label' })
    expect(text).toBe('t::label\na::x\n')
  })
})

describe('an option is named that reads', () => {
  it.each<[string, string, ScoreOptions, string]>([
    ['backslashes before quotes', `${HEADER}\n"a\\"b",2,1\n`, { escape: '\\' }, "escape: '\\\\'"],
    ['a comment between rows', `${HEADER}\n# c\na,2,1\n`, { comment: '#' }, "comment: '#'"],
    ["cells in '", `'t','logit_x','logit_y'\n'a','2','1'\n`, { quote: "'" }, "quote: '\\''"],
    ['colons between cells', 't:logit_x:logit_y\na:2:1\n', { delimiter: ':' }, "delimiter: ':'"],
    ['pairs of colons', 't::logit_x::logit_y\na::2::1\n', { delimiter: '::' }, "delimiter: '::'"],
    ['tildes', 'logit_x~logit_y\n2~1\n', { delimiter: '~' }, "delimiter: '~'"],
  ])('%s', async (_, text, options, named) => {
    const { error } = await everyWay(text)
    expect(error!.message).toContain(named)
    const { text: out, error: none } = await everyWay(text, { ...options, emit: 'index', keep: false })
    expect({ out, none }).toEqual({ out: 'index\n0\n', none: undefined })
  })

  it.each(['start:end\nnoon:3\n', 'https://a\nhttps://b\n', 'a/b\n1/2/3\n'])(
    'not where cells are none: %j',
    async (text) => {
      expect(await Readable.from([text]).compose(read('csv')).toArray()).toHaveLength(1)
    },
  )
})

describe('a mark of comments before a header', () => {
  // Written by numpy.savetxt(f, [[2, 1]], header='logit_x logit_y').
  const saved = '# logit_x logit_y\n2.000000000000000000e+00 1.000000000000000000e+00\n'

  it('is no column where blanks are the delimiter, which the message proposes', async () => {
    expect((await everyWay(saved)).error).toMatchObject({ code: 'E_DELIMITER', info: { delimiter: ' ' } })
    for (const delimiter of [' ', 'whitespace']) {
      expect((await everyWay(saved, { delimiter })).text).toBe(`p_x p_y label\n${P21.replace(',', ' ')} x\n`)
    }
  })

  it('is one where rows have a cell for it', async () => {
    const { text } = await everyWay('# logit_x logit_y\n7 2 1\n', { delimiter: ' ', emit: 'index' })
    expect(text).toBe('# index\n7 0\n')
  })
})

describe('rowNames', () => {
  const input = '"cat","dog"\n"1",0.5,2\n"2",3,1\n'

  it('is what a message names where rows have a cell more than the header', async () => {
    const { error } = await everyWay(input)
    expect(error).toMatchObject({ code: 'E_WIDTH', info: { cells: 3, width: 2 } })
    expect(error!.message).toContain('rowNames: true')
  })

  it('is not named where a row is as wide as the header', async () => {
    const { error } = await everyWay('logit_x,logit_y\n2,1\n2,1,0\n')
    expect(error).toMatchObject({ code: 'E_WIDTH', info: { line: 3 } })
    expect(error!.message).not.toContain('rowNames')
  })

  it('keeps the first cell of each row as row_names', async () => {
    const { text, error } = await everyWay(input, { rowNames: true, emit: 'label', logits: 'cat,dog' })
    expect({ text, error }).toEqual({ text: 'row_names,label\n"1",dog\n"2",cat\n', error: undefined })
  })

  it('does not go with a header that has all names', async () => {
    expect((await everyWay(`${HEADER}\na,2,1\n`, { rowNames: true })).error).toMatchObject({ code: 'E_WIDTH' })
  })
})

describe('newlines of several kinds', () => {
  it('CR CR LF, as Python writes under Windows, is one', async () => {
    const input = 'note,logit_x,logit_y\r\r\na,2,1\r\r\n"b\r\r\nc",2,1\r\r\n\r\r\nd,2,1\r\r\n'
    const { text, error, stats } = await everyWay(input)
    expect(error).toBeUndefined()
    expect(text).toBe(scored('a', '"b\r\r\nc"', 'd').replace('t', 'note'))
    expect(stats).toMatchObject({ read: 3 })
  })

  it('CR CR LF may stand among others, behind logits and kept cells', async () => {
    expect((await everyWay('logit_x,logit_y,t\n2,1,a\r\r\n2,1,b\r\n2,1,c\n')).text).toBe(scored('a', 'b', 'c'))
    expect((await everyWay('t,logit_x,logit_y\na,2,1\r\r\nb,2,1\r\nc,2,1\n')).text).toBe(scored('a', 'b', 'c'))
  })

  it('a cell that has the other one stands in quotes in the output', async () => {
    expect((await everyWay('t,logit_x,logit_y\ra\nb,2,1\r')).text).toBe(scored('"a\nb"'))
    expect((await everyWay('logit_x,logit_y,t\n2,1,a\rb\n')).text).toBe(scored('"a\rb"'))
    expect((await everyWay('t,logit_x,logit_y\na\rb,2,1\n', { to: 'tsv' })).text).toBe(
      scored('"a\rb"').replaceAll(',', '\t'),
    )
  })

  it('are named where they make rows too wide', async () => {
    const { error } = await everyWay('t,logit_x,logit_y\na,2,1\rb,2,1\n')
    expect(error).toMatchObject({ code: 'E_WIDTH', info: { cells: 5, width: 3 } })
    expect(error!.message).toContain('newline of another kind')
    expect(error!.message).toContain(String.raw`tr '\r' ' ' replaces carriage returns`)
  })

  it.each(['a,2,1\r', '"a",2,"1"\r'])('a file that is cut between CR and LF is reported to be: %j', async (end) => {
    for (const header of [HEADER, 'logit_x,logit_y,t']) {
      const { error } = await everyWay(
        `${header}\r\n${header === HEADER ? end : end.replace(/^(.*?),(.*)\r/, '$2,$1\r')}`,
      )
      expect(error).toMatchObject({ code: 'E_QUOTE', info: { line: 2, row: 1 } })
      expect(error!.message).toMatch(/truncated|closing quote/)
    }
  })
})

describe('files that were joined', () => {
  it.each([
    ['a header', `${HEADER}\na,2,1\n${HEADER}\nb,2,1\n`],
    ['a header and a byte order mark', `\ufeff${HEADER}\na,2,1\n\ufeff${HEADER}\nb,2,1\n`],
    ['a header in quotes', `"t","logit_x","logit_y"\na,2,1\n"t","logit_x","logit_y"\nb,2,1\n`],
  ])('have %s in the middle, which is named and no row', async (_, input) => {
    const { error } = await everyWay(input)
    expect(error).toMatchObject({ code: 'E_REPEATED', info: { line: 3, row: 2 } })
    expect(error!.message).toContain('pass the files as separate inputs')
    const { rejects, text } = await rejectsOf(input)
    expect(rejects).toHaveLength(1)
    expect(text.split('\n').slice(1)).toEqual(scored('a', 'b').split('\n').slice(1))
  })

  it.each([
    ['in quotes, unlike the first', `"t","logit_x","logit_y"`, HEADER, {}],
    ['where --row-names names the first column', '"logit_x","logit_y"', '"logit_x","logit_y"', { rowNames: true }],
    ['behind a comment character', '# logit_x logit_y', '# logit_x logit_y', { delimiter: ' ' }],
  ] as const)('have the same header %s, which is left out', async (_, first, second, options) => {
    const row = 'delimiter' in options ? '2 1' : 'a,2,1'
    const input = `${first}\n${row}\n${second}\n${row}\n`
    expect((await everyWay(input, options)).error).toMatchObject({ code: 'E_REPEATED', info: { line: 3, row: 2 } })
    const { stats } = await everyWay(input, { ...options, onError: 'skip' })
    expect(stats).toMatchObject({ read: 3, written: 2, rejected: { E_REPEATED: 1 } })
  })

  it.each([
    ['all columns in another order', HEADER, 'logit_y,t,logit_x', {}],
    ['logits in another order', HEADER, 't,logit_y,logit_x', {}],
    ['logits in another order, in quotes', HEADER, '"t","logit_y","logit_x"', {}],
    ['logits in another order, behind a byte order mark', HEADER, '\ufefft,logit_y,logit_x', {}],
    ['kept columns in another order', 't,u,logit_x,logit_y', 'u,t,logit_x,logit_y', {}],
    ['a column without a name in another place', ',logit_x,logit_y', 'logit_x,,logit_y', {}],
    ['another class', HEADER, 't,logit_x,logit_z', {}],
    ['another class, whose name says nothing', 't,cat,dog', 't,cat,boat', { logits: 'cat,dog' }],
    ['a column more', HEADER, 't,logit_x,logit_y,logit_z', {}],
    ['a column less', 't,u,logit_x,logit_y', 't,logit_x,logit_y', {}],
    ['names that are numbers in another order', 't,0,1', '0,1,t', { logits: '2-3' }],
    ['a list of logits in another place', 't,logits', 'logits,t', {}],
  ] as const)(
    'have a header with %s, which ends the run even if bad rows are skipped',
    async (_, first, second, options) => {
      const cells = first.split(',').map((name) => (name === 'logits' ? '"[2,1]"' : /^[tu]?$/.test(name) ? 'a' : '1'))
      const input = `${first}\n${cells}\n${second}\n${cells}\n`
      const header = second.replace(/"/g, '').split(',')
      const cut = (await run(`${first}\n${cells}\n`, options)).text
      for (const limits of [{}, { onError: 'skip' }, { maxErrors: 0 }, { maxErrors: 5 }] as const) {
        const { error, text, stats } = await everyWay(input, { ...options, ...limits })
        expect(error).toMatchObject({ code: 'E_SCHEMA', status: 1, info: { line: 3, row: 2, header } })
        expect(error!.message).toContain('score each file separately')
        expect(text).toBe(cut)
        expect(stats).toMatchObject({ read: 2, written: 1, rejected: { E_SCHEMA: 1 } })
      }
    },
  )

  it.each([
    ['a word in place of a logit that is its name', 'a,logit_x,1'],
    ['words in place of logits', 'a,b,c'],
    ['the class of another column', 'a,b,logit_x'],
    ['nothing but the name of a column', 'a,,logit_x'],
  ])('are not assumed because of %s', async (_, row) => {
    const { stats, text } = await everyWay(`${HEADER}\na,2,1\n${row}\nb,2,1\n`, { onError: 'skip' })
    expect(stats).toMatchObject({ read: 3, written: 2 })
    expect(text).toBe(scored('a', 'b'))
  })

  it('are not assumed where there is no header', async () => {
    const { stats } = await everyWay('a,2,1\nlogit_y,t,logit_x\nb,2,1\n', {
      header: false,
      logits: '2-3',
      onError: 'skip',
    })
    expect(stats).toMatchObject({ read: 3, written: 2, rejected: { E_CELL: 1 } })
  })

  it('end at the second header on any number of threads, wherever it stands in a block', async () => {
    const rows = (from: number, to: number) =>
      Array.from(
        { length: to - from },
        (_, row) => `r${from + row},${row % 7},x${row % 9 === 0 ? '' : `,${row % 5}`}\n`,
      )
    const text = [`t,logit_x,u,logit_y\n`, ...rows(0, 70_000), 't,logit_y,u,logit_x\n', ...rows(70_000, 100_000)].join(
      '',
    )
    const general = await run(text, { onError: 'skip', lane: 'general' })
    expect(general.error).toMatchObject({ code: 'E_SCHEMA', info: { row: 70_001, line: 70_002 } })
    for (const jobs of [1, 2, 3]) {
      const { bytes, error, stats } = await run(text, { onError: 'skip', jobs })
      expect(bytes.equals(general.bytes)).toBe(true)
      expect(error!.message).toBe(general.error!.message)
      expect({ ...stats, bytes: 0, lane: '' }).toEqual({ ...general.stats, bytes: 0, lane: '' })
    }
  })

  it('end at the second header as objects, too', async () => {
    const input = `${HEADER}\na,2,1\nlogit_y,t,logit_x\nb,2,1\n`
    for (const logits of [undefined, 'logit_x,logit_y']) {
      const stream = Readable.from([Buffer.from(input)])
        .compose(read('csv', logits === undefined ? {} : { logits }))
        .compose(softmax({ onError: 'skip' }))
      const found: unknown[] = []
      await expect(async () => {
        for await (const { label } of stream) found.push(label)
      }).rejects.toMatchObject({ code: 'E_SCHEMA', info: { row: 2, header: ['logit_y', 't', 'logit_x'] } })
      expect(found).toEqual(['x'])
    }
  })

  it('are found where the names of logits are numbers, so that the header could be a row', async () => {
    const input = 'id,0,1\na,2,1\nid,0,1\nb,2,1\n'
    const texts: [string, ScoreOptions][] = [
      [input, {}],
      [input.replaceAll('0,1', '"0","1"'), {}],
      [input.replace('id,0,1', 'id , 0 , 1'), { trim: true }],
      [input.replaceAll(',', ';').replaceAll('0;1', '0,5;1,5'), { delimiter: ';', decimal: ',', header: true }],
    ]
    for (const [text, options] of texts) {
      const { error } = await everyWay(text, { logits: '2-3', ...options })
      expect(error).toMatchObject({ code: 'E_REPEATED', info: { line: 3 } })
    }
  })

  it('may have a row of the numbers that the columns are called', async () => {
    expect((await everyWay('0,1,2\n0,1,2\n', { emit: 'index' })).text).toBe('index\n2\n')
  })

  it('have a byte order mark before a row, which is named where it is before a logit', async () => {
    const { error } = await everyWay('2,1\n\ufeff2,1\n', { header: false, logits: '1-2' })
    expect(error).toMatchObject({ code: 'E_CELL', info: { line: 2, row: 2, cell: '\ufeff2' } })
    expect(error!.message).toContain('byte order mark')
    const { text } = await everyWay('a,2,1\n\ufeffb,2,1\n', { header: false, logits: '2-3', emit: 'index' })
    expect(text).toBe('a,0\n\ufeffb,0\n')
    const marked = await run('{"logits":[2,1]}\n\ufeff{"logits":[2,1]}\n')
    expect(marked.error).toMatchObject({ code: 'E_JSON', info: { line: 2 } })
    expect(marked.error!.message).toContain('byte order mark')
  })
})

describe('rows of which none can be read', () => {
  it('are all rejected, where there is no header that tells the columns', async () => {
    const rejects: unknown[] = []
    const options: ScoreOptions = { header: false, logits: '1', onReject: (reject) => void rejects.push(reject) }
    const { error, text } = await run('1,a"b\n2,c"d\n', options)
    expect(error).toMatchObject({ code: 'E_NO_ROWS', status: 1, info: { rows: 2 } })
    expect(rejects).toMatchObject([
      { code: 'E_QUOTE', row: 1, line: 1, raw: '1,a"b' },
      { code: 'E_QUOTE', row: 2, line: 2, raw: '2,c"d' },
    ])
    expect(text).toBe('')
  })
})

describe('a carriage return in the header of lines that end in line feeds', () => {
  it.each(['id\rx,logit_a,logit_b\n1,2,1\n2,1,2\n', 'id,logit_a,logit_b\rx\n1,2,1\n2,1,2\n'])(
    'stops the run, and the message has what mends it: %j',
    async (input) => {
      for (const onError of ['fail', 'skip'] as const) {
        const { error, text } = await run(input, { onError })
        expect(error).toMatchObject({ code: 'E_QUOTE', status: 1, info: { line: 1 } })
        expect(error!.message).toContain(String.raw`tr '\r' ' '`)
        expect(text).toBe('')
      }
      expect((await run(input.replaceAll('\r', ' '))).text).toContain(`\n1,${P21},a\n`)
    },
  )
})

describe('a delimiter or newline behind a backslash', () => {
  const header = 'id,logit_a,logit_b\n'

  it.each([
    [`${header}a\\,b,2,1\n`, 'a,b'],
    [`${header}c,2,1\na\\\nb,2,1\n`, 'a\nb'],
    [`${header}c,2,1\na\\\\\\,b,2,1\n`, 'a\\,b'],
    ['i\\,d,logit_a,logit_b\nc,2,1\n', 'i,d'],
    ['id;logit_a;logit_b\na\\;b;2;1\n', 'a;b'],
  ])('makes a row of another width, and the message has what reads it: %j', async (input, cell) => {
    const { error } = await run(input, input.includes(';') ? { delimiter: ';' } : {})
    expect(error).toMatchObject({ code: 'E_WIDTH' })
    const [, code] = /python -c "([^"]+)"/.exec(error!.message)!
    const { stdout, status } = spawnSync('python3', ['-c', code!], { input })
    expect(status).toBe(0)
    const { text, error: none } = await run(stdout)
    expect(none).toBeUndefined()
    expect((parse(text) as string[][]).map(([first]) => first)).toContain(cell)
  })

  it.each([`${header}C:\\dir\\,2,1,3\n`.replace('dir\\,', 'dir,'), `${header}a\\\\,b,2,1\n`])(
    'is not found where a backslash stands elsewhere: %j',
    async (input) => {
      expect((await run(input)).error!.message).not.toContain('backslash')
    },
  )
})
