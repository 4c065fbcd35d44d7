import { createRequire } from 'node:module'
import { parse } from 'csv-parse/sync'
import { type ScoreOptions, score } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { P21, P123, rejected, run } from './streams.js'

interface Spectrum {
  name: string
  csv: Buffer
  json: Buffer
}

const spectrum = await new Promise<Spectrum[]>((resolve, reject) => {
  const load = createRequire(import.meta.url)('csv-spectrum') as (
    done: (error: unknown, all: Spectrum[]) => void,
  ) => void
  load((error, all) => (error ? reject(error) : resolve(all)))
})

/** The rows of a file with balanced quotes: each without its line end, and the line end. */
function spectrumRows(csv: Buffer): { row: string; end: string }[] {
  const rows: string[] = []
  let open = false
  for (const line of csv.toString('latin1').split(/(?<=\n)/)) {
    if (open) rows[rows.length - 1] += line
    else rows.push(line)
    if (line.split('"').length % 2 === 0) open = !open
  }
  return rows.map((row) => {
    const end = /\r?\n$/.exec(row)?.[0] ?? ''
    return { row: row.slice(0, row.length - end.length), end }
  })
}

const withCells = (rows: { row: string; end?: string }[], header: string, cells: string) =>
  rows.map(({ row, end = '\n' }, index) => `${row},${index === 0 ? header : cells}${end}`).join('')

/** These quotes are in the middle of cells; csv-spectrum treats them as data, we reject them. */
const STRAY = 'location_coordinates'

describe('csv-spectrum', () => {
  it('is here', () => {
    expect(spectrum).toHaveLength(12)
  })

  it.each(spectrum.filter(({ name }) => name !== STRAY))('keeps every cell of $name', async ({ csv, json }) => {
    const rows = spectrumRows(csv)
    const input = Buffer.from(withCells(rows, 'logit_0,logit_1,logit_2', '1,2,3'), 'latin1')
    const kept = rows.map(({ row }) => ({ row }))
    const { bytes, error } = await run(input)
    expect(error).toBeUndefined()
    expect(bytes.toString('latin1')).toBe(withCells(kept, 'p_0,p_1,p_2,label', `${P123},2`))
    const results = { p_0: '0.09003057317038046', p_1: '0.24472847105479764', p_2: '0.6652409557748219', label: '2' }
    const wanted = JSON.parse(json.toString()).map((record: object) => ({ ...record, ...results }))
    expect(parse(bytes, { columns: true })).toEqual(wanted)
  })

  it(`tells where a stray quote stands in ${STRAY}`, async () => {
    const rows = spectrumRows(spectrum.find(({ name }) => name === STRAY)!.csv)
    const { error } = await run(Buffer.from(withCells(rows, 'logit_0,logit_1,logit_2', '1,2,3'), 'latin1'))
    expect(error).toMatchObject({ code: 'E_QUOTE', info: { line: 2, row: 1 } })
  })
})

describe('kept cells', () => {
  it.each([
    ['delimiters, quotes and newlines in quotes', '"a,b ""c""\n\r\nd"'],
    ['quotes that are not needed', '"plain"'],
    ['an empty cell', ''],
    ['an empty cell in quotes', '""'],
    ['a cell of quotes only', '""""'],
    ['spaces around', '  a b\t'],
    ['text that looks like a formula', '=1+1'],
    ['a carriage return inside quotes', '"a\rb"'],
    ['a number that is not in shortest form', '1.50'],
    ['an apostrophe', "it's"],
    ['several bytes a character', 'żółw 🐢'],
  ])('come out byte for byte: %s', async (_, cell) => {
    const { text, error } = await run(`t,logit_x,logit_y,u\n${cell},2,1,${cell}\n${cell},2,1,${cell}\n`)
    expect(error).toBeUndefined()
    expect(text).toBe(`t,u,p_x,p_y,label\n${`${cell},${cell},${P21},x\n`.repeat(2)}`)
  })

  it.each([
    ['invalid UTF-8', Buffer.from([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x80])],
    ['NUL', Buffer.from([0x61, 0, 0x62])],
    ['other control characters', Buffer.from([1, 7, 0x1b, 0x5b, 0x7f, 0x85])],
  ])('come out byte for byte: %s', async (_, cell) => {
    for (const quote of ['', '"']) {
      const kept = Buffer.concat([Buffer.from(quote), cell, Buffer.from(quote)])
      const { bytes, error } = await run(
        Buffer.concat([Buffer.from('t,logit_x,logit_y\n'), kept, Buffer.from(',2,1\n')]),
      )
      expect(error).toBeUndefined()
      expect(bytes).toEqual(Buffer.concat([Buffer.from('t,p_x,p_y,label\n'), kept, Buffer.from(`,${P21},x\n`)]))
    }
  })

  it('keep their header names byte for byte, quotes too', async () => {
    const { text } = await run('"a ""b""","c,d","plain",logit_x,logit_y\n1,2,3,2,1\n')
    expect(text).toBe(`"a ""b""","c,d","plain",p_x,p_y,label\n1,2,3,${P21},x\n`)
  })

  it('are left out with keep: false', async () => {
    const { text } = await run('t,logit_x,logit_y\n"a\nb",2,1\n', { keep: false })
    expect(text).toBe(`p_x,p_y,label\n${P21},x\n`)
  })
})

describe('class names', () => {
  it('are quoted where they need it, in the header and as labels', async () => {
    const { text } = await run('"logit_a,""b""",logit_c\n2,1\n')
    expect(text).toBe(`"p_a,""b""",p_c,label\n${P21},"a,""b"""\n`)
  })

  it('may be those of object properties', async () => {
    const { text } = await run('logit___proto__,logit_constructor\n2,1\n')
    expect(text).toBe(`p___proto__,p_constructor,label\n${P21},__proto__\n`)
  })

  it('lose one separator to the prefix, so that two columns never become one', async () => {
    const { text } = await run('logit_a,logit__a\n2,1\n')
    expect(text).toBe(`p_a,p__a,label\n${P21},a\n`)
  })

  it('that are empty do not make a line that readers take for a blank one', async () => {
    const { text } = await run('a,b\n2,1\n', { labels: ['', 'b'], emit: 'label', keep: false })
    expect(text).toBe('label\n""\n')
  })
})

describe('logits in quotes', () => {
  it('are read', async () => {
    const { text } = await run('t,logit_x,"logit_y"\na,"2","1"\n"b",2," 1 "\n')
    expect(text).toBe(`t,p_x,p_y,label\na,${P21},x\n"b",${P21},x\n`)
  })

  it('are refused where what is in them is no number', async () => {
    const { error } = await run('t,logit_x,logit_y\na,"2",""""\n')
    expect(error).toMatchObject({
      code: 'E_CELL',
      info: { line: 2, row: 1, byte: 24, column: 'logit_y', cell: '"' },
    })
  })
})

describe('line ends', () => {
  const scored = `t,p_x,p_y,label\na,${P21},x\nb,${P21},x\n`

  it.each([
    ['LF', 't,logit_x,logit_y\na,2,1\nb,2,1\n'],
    ['CRLF', 't,logit_x,logit_y\r\na,2,1\r\nb,2,1\r\n'],
    ['LF, then CRLF', 't,logit_x,logit_y\na,2,1\r\nb,2,1\n'],
    ['CRLF, then LF', 't,logit_x,logit_y\r\na,2,1\nb,2,1\r\n'],
    ['bare CR', 't,logit_x,logit_y\ra,2,1\rb,2,1\r'],
    ['no final LF', 't,logit_x,logit_y\na,2,1\nb,2,1'],
    ['no final CRLF', 't,logit_x,logit_y\r\na,2,1\r\nb,2,1'],
    ['no final CR', 't,logit_x,logit_y\ra,2,1\rb,2,1'],
    ['a BOM', '\ufefft,logit_x,logit_y\na,2,1\nb,2,1\n'],
    ['a BOM before a quote', '\ufeff"t",logit_x,logit_y\na,2,1\nb,2,1\n'],
    ['a BOM and CRLF', '\ufefft,logit_x,logit_y\r\na,2,1\r\nb,2,1\r\n'],
    ['blank lines', '\n\nt,logit_x,logit_y\n\na,2,1\n\n\nb,2,1\n\n'],
    ['blank lines of CRLF', '\r\nt,logit_x,logit_y\r\n\r\na,2,1\r\n\r\nb,2,1\r\n\r\n'],
    ['blank lines of CR', 't,logit_x,logit_y\r\ra,2,1\r\rb,2,1\r\r'],
  ])('%s', async (name, input) => {
    const { text, error, stats } = await run(input)
    expect(error).toBeUndefined()
    expect(text).toBe(name.includes('quote') ? scored.replace('t', '"t"') : scored)
    expect(stats).toMatchObject({ read: 2, written: 2, rejected: {}, bytes: Buffer.byteLength(input) })
  })

  it('a bare CR is data where the first line does not end so', async () => {
    const { error } = await run('t,logit_x,logit_y\na,2,1\rb,2,1\n')
    expect(error).toMatchObject({ code: 'E_WIDTH', info: { line: 2, row: 1, cells: 5, width: 3 } })
  })

  it('a bare LF is data where the first line ends in CR, and stands in quotes where rows end in LF', async () => {
    for (const lane of ['general', 'fast'] as const) {
      const { text, error } = await run('t,logit_x,logit_y\ra\nb,2,1\r"a\nb",2,1\r\nc,2,1\r', { lane })
      expect(error).toBeUndefined()
      expect(text).toBe(`t,p_x,p_y,label\n"a\nb",${P21},x\n"a\nb",${P21},x\n"\nc",${P21},x\n`)
    }
  })

  it('a bare LF in a name stands in quotes too', async () => {
    const { text } = await run('#\ra\nb,logit_x,logit_y\rc,2,1\r', { comment: '#' })
    expect(text).toBe(`"a\nb",p_x,p_y,label\nc,${P21},x\n`)
  })

  it('in the quotes of the first line are not those of the file', async () => {
    const { text } = await run('"a\rb",logit_x,logit_y\nc,2,1\n')
    expect(text).toBe(`"a\rb",p_x,p_y,label\nc,${P21},x\n`)
  })

  it('are found after an escaped quote in the first line', async () => {
    const { text, error } = await run('"a\\"b",logit_x,logit_y\rc,2,1\rd,2,1', { escape: '\\' })
    expect(error).toBeUndefined()
    expect(text).toBe(`"a\\"b",p_x,p_y,label\nc,${P21},x\nd,${P21},x\n`)
  })

  it('are found after a comment with a lone quote in it', async () => {
    const { text, error } = await run('# 5" wide\rlogit_x,logit_y\r2,1\r2,1', { comment: '#' })
    expect(error).toBeUndefined()
    expect(text).toBe(`p_x,p_y,label\n${P21},x\n${P21},x\n`)
  })
})

describe('dialects', () => {
  it('comments are skipped, wherever they stand and whatever is in them', async () => {
    const input = '#one\n# "two\nt,logit_x,logit_y\n#three,"\n"#a",2,1\nb#,2,1\n#\n"c\n#d",2,1\n#the end'
    const { text, stats } = await run(input, { comment: '#' })
    expect(text).toBe(`t,p_x,p_y,label\n"#a",${P21},x\nb#,${P21},x\n"c\n#d",${P21},x\n`)
    expect(stats.read).toBe(3)
  })

  it('a comment character is data where none was named', async () => {
    const { text } = await run('t,logit_x,logit_y\n#a,2,1\n')
    expect(text).toBe(`t,p_x,p_y,label\n#a,${P21},x\n`)
  })

  it.each([';', '|', '\t', '||', ' :: ', '§', '→→'])('the delimiter may be %j', async (delimiter) => {
    const rows = [
      ['t', 'logit_x', 'logit_y'],
      ['a,b', '2', '1'],
      [`"b${delimiter}c"`, '"2"', '1'],
    ]
    const { text } = await run(rows.map((row) => `${row.join(delimiter)}\n`).join(''), { delimiter })
    const scored = [
      ['t', 'p_x', 'p_y', 'label'],
      ['a,b', ...P21.split(','), 'x'],
      [`"b${delimiter}c"`, ...P21.split(','), 'x'],
    ].map((row) => `${row.join(delimiter)}\n`)
    expect(text).toBe(scored.join(''))
  })

  it('the quote may be another character, and the usual one is then data', async () => {
    const { text } = await run(`t,logit_x,logit_y\n'a,''b''',2,1\n"c,2,'1'\n`, { quote: "'" })
    expect(text).toBe(`t,p_x,p_y,label\n'a,''b''',${P21},x\n"c,${P21},x\n`)
  })

  it('escapes of another character are kept byte for byte', async () => {
    const cell = '"a\\"b,\\\\"'
    const { text } = await run(`t,logit_x,logit_y\n${cell},2,1\n"\\\\",2,"1"\nback\\slash,2,1\n`, { escape: '\\' })
    expect(text).toBe(`t,p_x,p_y,label\n${cell},${P21},x\n"\\\\",${P21},x\nback\\slash,${P21},x\n`)
  })

  it('class names are quoted and escaped as the dialect has it', async () => {
    const { text } = await run('"logit_a;\\"b\\"";logit_c\n2;1\n', { escape: '\\', delimiter: ';' })
    expect(text).toBe(`"p_a;\\"b\\"";p_c;label\n${P21.replace(',', ';')};"a;\\"b\\""\n`)
  })

  it.each([
    { quote: ',' },
    { delimiter: "'", quote: "'" },
    { comment: ',' },
    { comment: '"' },
    { delimiter: '\t', comment: '\t' },
  ] satisfies ScoreOptions[])('one character for two things is refused: %j', async (options) => {
    expect(() => score(options)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^E_(OPTION|CONFLICT)$/) }),
    )
  })

  it('tsv is read with tabs, and written so', async () => {
    const { text } = await run('t\tlogit_x\tlogit_y\na,b\t2\t1\n"c\td"\t2\t1\n', { from: 'tsv' })
    expect(text).toBe(`t\tp_x\tp_y\tlabel\na,b\t${P21.replace(',', '\t')}\tx\n"c\td"\t${P21.replace(',', '\t')}\tx\n`)
  })

  it('csv written as tsv has its cells quoted anew', async () => {
    const rows = ['"a,b"', 'tab\there', '"say ""hi"""', '"two\nlines"', '"plain"', '""', 'ż'].map((t) => `${t},2,1\n`)
    const { text } = await run(`"t,""u""","logit_x,1",logit_y\n${rows.join('')}`, { to: 'tsv' })
    const kept = ['a,b', '"tab\there"', '"say ""hi"""', '"two\nlines"', 'plain', '""', 'ż']
    const scored = kept.map((cell) => `${cell}\t${P21.replace(',', '\t')}\tx,1\n`).join('')
    expect(text).toBe(`"t,""u"""\tp_x,1\tp_y\tlabel\n${scored}`)
  })

  it('a carriage return in a cell written as tsv stays in quotes, so that it is no line end to who reads it', async () => {
    const { text } = await run('"a\rb",logit_x,logit_y\n"c\rd",2,1\n', { to: 'tsv' })
    expect(text).toBe(`"a\rb"\tp_x\tp_y\tlabel\n"c\rd"\t${P21.replace(',', '\t')}\tx\n`)
    const again = await run(text, { from: 'tsv', logits: 'p_x,p_y', emit: 'index' })
    expect(again.text).toBe('"a\rb"\tlabel\tindex\n"c\rd"\tx\t0\n')
  })

  it('tsv written as csv has its cells quoted anew', async () => {
    const { text } = await run('t\tlogit_x\tlogit_y\na,b\t2\t1\n', { from: 'tsv', to: 'csv' })
    expect(text).toBe(`t,p_x,p_y,label\n"a,b",${P21},x\n`)
  })

  it('another escape written as tsv becomes a doubled quote', async () => {
    const { text } = await run('t,logit_x,logit_y\n"a\\"b\\\\",2,1\n', { escape: '\\', to: 'tsv' })
    expect(text).toBe(`t\tp_x\tp_y\tlabel\n"a""b\\"\t${P21.replace(',', '\t')}\tx\n`)
  })
})

describe('rows that are none', () => {
  const header = 't,logit_x,logit_y\n'

  it.each([
    ['a short row', 'a,2\n', 'E_WIDTH', { cells: 2, width: 3 }],
    ['a long row', 'a,2,1,0\n', 'E_WIDTH', { cells: 4, width: 3 }],
    ['a delimiter at the end', 'a,2,1,\n', 'E_WIDTH', { cells: 4, width: 3 }],
    ['a quote that is not closed', '"a,2,1\n', 'E_QUOTE', { byte: 24 }],
    ['a quote that is not closed, further on', 'a,2,"1\n', 'E_QUOTE', { byte: 28 }],
    ['text after a closing quote', '"a"b,2,1\n', 'E_QUOTE', {}],
    ['a space after a closing quote', '"a" ,2,1\n', 'E_QUOTE', {}],
    ['a quote inside a cell', 'a "b",2,1\n', 'E_QUOTE', {}],
    ['a logit that is missing', 'a,,1\n', 'E_MISSING', { column: 'logit_x', byte: 26 }],
    ['a logit of blanks', 'a,2, \t\n', 'E_MISSING', { column: 'logit_y', byte: 28 }],
    ['a logit that is text', 'a,2,one\n', 'E_CELL', { column: 'logit_y', byte: 28, cell: 'one' }],
    ['a logit with a NUL', 'a,2,1\0\n', 'E_CELL', { column: 'logit_y', byte: 28 }],
    ['a logit too large', 'a,1e400,1\n', 'E_OVERFLOW', { column: 'logit_x', byte: 26, cell: '1e400' }],
    ['a logit of +inf', 'a,inf,1\n', 'E_NONFINITE', { column: 'logit_x' }],
    ['a logit of NaN', 'a,2,nan\n', 'E_NONFINITE', { column: 'logit_y' }],
    ['nothing but -inf', 'a,-inf,-inf\n', 'E_NONFINITE', {}],
  ])('%s stops the run where it stands, after what is before it', async (_, row, code, info) => {
    const { text, error, stats } = await run(`${header}b,2,1\n${row}`)
    expect(text).toBe(`t,p_x,p_y,label\nb,${P21},x\n`)
    expect(error).toMatchObject({ code, status: 1, info: { line: 3, row: 2, ...info } })
    expect(stats).toMatchObject({ read: 2, written: 1, rejected: { [code]: 1 } })
  })

  it('are left out and counted under skip', async () => {
    const rows = ['b,2,1', 'a,2', 'a,2,x', 'a,2,', 'a,2,1e999', 'a,nan,1', 'a "b",2,1', '"a"b,2,1', 'a,2,y', 'c,2,1']
    const outcome = await run(`${header}${rows.join('\n')}\n"d,2,1\ne,2,1\n`, { onError: 'skip' })
    expect(outcome.error).toBeUndefined()
    expect(outcome.text).toBe(`t,p_x,p_y,label\n${['b', 'c', 'e'].map((cell) => `${cell},${P21},x\n`).join('')}`)
    const { read, written, rejected: counts } = outcome.stats
    expect(counts).toEqual({ E_WIDTH: 1, E_CELL: 2, E_MISSING: 1, E_OVERFLOW: 1, E_NONFINITE: 1, E_QUOTE: 3 })
    expect({ read, written }).toEqual({ read: 12, written: 3 })
    expect(read).toBe(written + rejected(outcome))
  })

  it('are an error at the end where there are no others', async () => {
    const { text, error, stats } = await run(`${header}a,2\n\na,x,1\n`, { onError: 'skip' })
    expect(text).toBe('t,p_x,p_y,label\n')
    expect(error).toMatchObject({ code: 'E_NO_ROWS', status: 1, info: { rows: 2, line: 2, row: 1 } })
    expect(error!.message).toMatch(
      / no row could be scored \(2 read: 1 E_WIDTH, 1 E_CELL\); the first: the row has 2 cells where 3 are exp/,
    )
    expect(stats).toMatchObject({ read: 2, written: 0, rejected: { E_WIDTH: 1, E_CELL: 1 } })
  })

  it('are left out under skip when they come first', async () => {
    for (const row of ['a,2', '"a"b,2,1', 'a,x,1']) {
      const { text, stats } = await run(`${header}${row}\nb,2,1\n`, { onError: 'skip' })
      expect(text).toBe(`t,p_x,p_y,label\nb,${P21},x\n`)
      expect(stats).toMatchObject({ read: 2, written: 1 })
    }
  })

  it('are left out under skip when they come first and there is no header', async () => {
    const { text, error } = await run('"1"0,2,1\n2,2,1\n', { onError: 'skip', header: false, logits: '2-3' })
    expect(error).toBeUndefined()
    expect(text).toBe(`2,${P21},0\n`)
  })

  it('of other widths that come first, under names that say nothing, are reported or left out as any other', async () => {
    const { error } = await run('cat,dog\n\n2\n2,1\n')
    expect(error).toMatchObject({ code: 'E_WIDTH', info: { line: 3, row: 1, byte: 9, cells: 1, width: 2 } })
    const { text, stats } = await run('cat,dog\n\n2\n2,1\n', { onError: 'skip' })
    expect(text).toBe(`p_cat,p_dog,label\n${P21},cat\n`)
    expect(stats).toMatchObject({ read: 2, written: 1, rejected: { E_WIDTH: 1 } })
  })

  it('have their line counted through blank lines, comments and newlines in quotes', async () => {
    const { error } = await run('#c\n\nt,logit_x,logit_y\n"a\n\nb",2,1\n\n#d\n"e\n",2,z\n', { comment: '#' })
    expect(error).toMatchObject({ code: 'E_CELL', info: { line: 9, row: 2, byte: 44, column: 'logit_y', cell: 'z' } })
  })

  it('have their bytes counted from the BOM on, not in characters', async () => {
    const { error } = await run('\ufefft,logit_x,logit_y\nżó,2,z\n')
    expect(error).toMatchObject({ info: { line: 2, row: 1, byte: 3 + 18 + 4 + 1 + 2 } })
  })

  it('are named with their line where the input has no name', async () => {
    const { error } = await run(`${header}a,2,x\n`)
    expect(error!.message).toBe(
      `line 2: column logit_y (row 1, byte 22): "x" is not a number; onError: 'skip' skips such rows [E_CELL]`,
    )
  })

  it('do not propose decimal commas for one cell among others with a point', async () => {
    const messageOf = async (row: string) =>
      (await run(`logit_x;logit_y;logit_z\n${row}\n`, { delimiter: ';' })).error!.message
    expect(await messageOf('0.5;1,5;2.5')).toMatch(/"1,5" is not a number; decimals need a point \[E_CELL\]$/)
    expect(await messageOf('1,5;0.5;2,5')).toContain("decimal: ','")
    expect(await messageOf('1;1,5;2')).toContain("decimal: ','")
  })

  it('are named with their file', async () => {
    const { error } = await run(`${header}a,2,"1,5"\n`, { source: 'in.csv' })
    expect(error!.message).toBe(
      "in.csv:2: column logit_y (row 1, byte 22): \"1,5\" is not a number; decimals need a point; to read a decimal comma, add decimal: ',', delimiter: ',' [E_CELL]",
    )
  })

  it('with a decimal comma have a hint in a file of semicolons', async () => {
    const { error } = await run('t;logit_x;logit_y\na;1,5;2\n', { delimiter: ';' })
    expect(error).toMatchObject({ code: 'E_CELL', info: { cell: '1,5' } })
    expect(error!.message).toContain('decimals need a point')
  })

  it.each([
    ['[1.5, 2.5]', 'it is a list, and lists in delimited text are read only from a single column'],
    ...['1,234.5', '-1,234,567', "1'234.5", '1 234', '1\u00a0234', '1_000'].map((cell) => [
      cell,
      'not be grouped: 1234.5',
    ]),
    ['1.234,5', 'digits must not be grouped: 1234.5, or 1234,5 with a decimal comma'],
    ['\u22121.5', 'its minus sign is not - (U+002D)'],
    ['\uff11\uff12', 'its digits are not the ASCII digits 0 to 9'],
    ['\u0663.\u0665', 'its digits are not the ASCII digits 0 to 9'],
    ['5%', 'a logit is not a percentage'],
    ['0x1F', 'it is hexadecimal, and logits must be decimal'],
    ['1.5D+3', 'an exponent is written with e: 1.5e3'],
  ])('says what to write in place of %j', async (cell, hint) => {
    const { error } = await run(`id,logit_a,logit_b\n1,"${cell}",2\n`)
    expect(error).toMatchObject({ code: 'E_CELL', info: { cell } })
    expect(error!.message).toContain(hint)
  })

  it('cannot put control characters of theirs into messages, nor more than 80 characters', async () => {
    const { error } = await run(`${header}a,2,\u001b[31mred\n`)
    expect(error!.message).toContain('\\u001b[31mred')
    expect(error!.message).not.toContain('\u001b')
    const long = (await run(`${header}a,2,${'x'.repeat(1000)}\n`)).error!
    expect(long.message.match(/x+/g)!.map((run) => run.length)).toContain(77)
    expect(long.message.length).toBeLessThan(200)
  })
})

describe('headers that are none', () => {
  it.each([';', '\t', '|'])('a file of %j is not one of commas', async (delimiter) => {
    const { error } = await run(`logit_a${delimiter}logit_b\n1${delimiter}2\n`)
    expect(error).toMatchObject({ code: 'E_DELIMITER', status: 1, info: { delimiter } })
    expect(error!.message).toContain(`delimiter: '${delimiter === '\t' ? '\\t' : delimiter}'`)
  })

  it('a file of commas is not one of tabs', async () => {
    const { error } = await run('logit_a,logit_b\n1,2\n', { from: 'tsv' })
    expect(error).toMatchObject({ code: 'E_DELIMITER', info: { delimiter: ',' } })
  })

  it('a file of numbers with blanks between, as numpy writes it, is not one of commas', async () => {
    for (const header of [true, false]) {
      const { error } = await run('1.5 -2e0\n3 4\n', { header })
      expect(error).toMatchObject({ code: 'E_DELIMITER', info: { delimiter: ' ' } })
    }
    expect((await run('logit of cat\n1\n', { labels: 'cat' })).error).toBeUndefined()
  })

  it.each(['0,1', '1,2'])('a first line of %s, which counts columns, is one of names, with a warning', async (line) => {
    const { text, warnings } = await run(`${line}\n2,1\n`, { emit: 'index' })
    expect({ text, warnings }).toEqual({ text: 'index\n0\n', warnings: [expect.stringContaining('header: false')] })
  })

  it('a wrong delimiter is reported where there is no header, too', async () => {
    const { error } = await run('1.5;2.5\n1.5;2.5\n', { header: false })
    expect(error).toMatchObject({ code: 'E_DELIMITER', status: 1, info: { delimiter: ';' } })
  })

  it('the only column may have the delimiter in its name, in quotes', async () => {
    const { text, error } = await run('"logit_a,b"\n7\n', { logits: '1' })
    expect(error).toBeUndefined()
    expect(text).toBe('"p_a,b",label\n1,"a,b"\n')
  })

  it('a header of bad quotes is an error that says on which line', async () => {
    const { error } = await run('\n\n"a"b,logit_x\n1,2\n')
    expect(error).toMatchObject({ code: 'E_QUOTE', status: 1, info: { line: 3 } })
  })

  it('two columns of one name are warned of, once', async () => {
    const { warnings, text } = await run('t,t,t,logit_x,logit_y\n1,2,3,2,1\n')
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('t')
    expect(text).toBe(`t,t,t,p_x,p_y,label\n1,2,3,${P21},x\n`)
  })

  it('two columns of one name cannot be selected by it', async () => {
    const { error } = await run('a,a,b\n1,2,3\n', { logits: 'a,b' })
    expect(error).toMatchObject({ code: 'E_SELECTOR', status: 2 })
  })
})

describe('inputs of little', () => {
  it.each(['', '\ufeff', '\n', '\r\n\r\n', '#only\n'])('%j gives nothing', async (input) => {
    const { bytes, error, stats } = await run(input, { comment: '#' })
    expect(error).toBeUndefined()
    expect(bytes).toHaveLength(0)
    expect(stats).toMatchObject({ read: 0, written: 0, rejected: {}, bytes: Buffer.byteLength(input) })
  })

  it.each(['id,logit_x,logit_y', 'id,logit_x,logit_y\n', 'id,logit_x,logit_y\r\n', '\ufeffid,logit_x,logit_y\n\n'])(
    'a header alone gives a header: %j',
    async (input) => {
      const { text, error, stats } = await run(input)
      expect(error).toBeUndefined()
      expect(text).toBe('id,p_x,p_y,label\n')
      expect(stats).toMatchObject({ read: 0, written: 0 })
    },
  )

  it('a row without a header gives a row without one, or with', async () => {
    expect((await run('2,1', { header: false })).text).toBe(`${P21},0\n`)
    expect((await run('2,1', { header: false, outputHeader: true })).text).toBe(`p_0,p_1,label\n${P21},0\n`)
    expect((await run('logit_x,logit_y\n2,1', { outputHeader: false })).text).toBe(`${P21},x\n`)
  })
})

describe('wide rows', () => {
  /** Equal logits have equal probabilities, 1 / n. */
  it.each([300, 100_000])('%i columns', async (count) => {
    const header = Array.from({ length: count }, (_, index) => `logit_c${index}`).join(',')
    const { text, error } = await run(`id,${header}\n7,${'1.25,'.repeat(count - 1)}1.25\n`, {}, 65_536)
    expect(error).toBeUndefined()
    const [names, values, rest] = text.split('\n').map((line) => line.split(','))
    expect(names).toEqual(['id', ...Array.from({ length: count }, (_, index) => `p_c${index}`), 'label'])
    expect(values).toEqual(['7', ...Array(count).fill(String(1 / count)), 'c0'])
    expect(rest).toEqual([''])
  })
})

describe('numbers', () => {
  /** The logsumexp of one logit is that logit, so it shows what was read. */
  const read = (cell: string, options: ScoreOptions = {}) =>
    run(`logit_x;t\n${cell};\n`, { delimiter: ';', emit: 'logsumexp', keep: false, ...options })

  it.each([
    ['1', '1'],
    ['+1', '1'],
    ['-1', '-1'],
    ['007', '7'],
    ['1.', '1'],
    [' 1.', '1'],
    ['.5', '0.5'],
    ['-.5', '-0.5'],
    ['+.5E-3', '0.0005'],
    ['-1.5e3', '-1500'],
    ['1.e2', '100'],
    ['1e+2', '100'],
    ['1E05', '100000'],
    ['\t 2.5 \t', '2.5'],
    ['"2.5"', '2.5'],
    ['" 2.5"', '2.5'],
    ['0', '0'],
    ['1e-400', '0'],
    ['0e9999999999', '0'],
    ['1e-9223372036854775809', '0'],
    ['9007199254740993.0', '9007199254740992'],
    ['42823146028335318693e-128', '4.282314602833532e-109'],
    ['0.63571428571428568', '0.6357142857142857'],
    ['1.7976931348623158079e308', '1.7976931348623157e+308'],
    ['2.4703282292062328e-324', '5e-324'],
    ['2.4703282292062327e-324', '0'],
    ['123456789012345680000', '123456789012345680000'],
    ['6.602e-5', '0.00006602'],
    [`1${'0'.repeat(400)}e-400`, '1'],
    [`0.${'0'.repeat(400)}1e401`, '1'],
  ])('%j is read', async (cell, value) => {
    const { text, error } = await read(cell)
    expect(error).toBeUndefined()
    expect(text).toBe(`logsumexp\n${value}\n`)
  })

  it.each([
    ...['0x10', '0b1', '0o7', '1_000', '1e', '1e+', 'e5', '.', '-', '+', '+-1', '--1', '- 1', '1 2', '1.2.3', '1e2.5'],
    ...['true', 'null', 'NA', 'one', '1f', '1n', '$1', '1%', '(1)', "'1'", '٣', '१', '１', '\u00a01', '1\u2003', '\v1'],
    ...['\ufeff1', '−1', '∞', 'infinit', 'infinityx', 'in f', 'nan(1)', '1.#INF', 'İnf', 'ıNF', '1,5', '1,000'],
  ])('%j is refused', async (cell) => {
    const { error, stats } = await read(cell)
    expect(error).toMatchObject({ code: 'E_CELL', info: { column: 'logit_x', cell } })
    expect(stats).toMatchObject({ read: 1, written: 0 })
  })

  it.each(['', ' ', '\t', '""', '" "'])('%j is missing, or masked where that is asked', async (cell) => {
    expect((await read(cell)).error).toMatchObject({ code: 'E_MISSING' })
    const { text } = await run(`logit_x;logit_y\n${cell};7\n`, { delimiter: ';', missing: '-inf' })
    expect(text).toBe('p_x;p_y;label\n0;1;y\n')
  })

  it.each(['', '" "'])('%j is NaN where that is asked, as torch and scipy would have it', async (cell) => {
    const unknown = { delimiter: ';', missing: 'nan' } as const
    const { text } = await run(`logit_x;logit_y\n${cell};7\n`, { ...unknown, nonfinite: 'propagate' })
    expect(text).toBe('p_x;p_y;label\nNaN;NaN;\n')
    expect((await run(`logit_x;logit_y\n${cell};7\n`, unknown)).error).toMatchObject({ code: 'E_NONFINITE' })
  })

  it.each(['1e400', '-1e400', '1.797693134862315808e308', '1e99999999999999999999'])('%j overflows', async (cell) => {
    expect((await read(cell)).error).toMatchObject({ code: 'E_OVERFLOW', info: { cell } })
    expect((await read(cell, { nonfinite: 'propagate' })).error).toMatchObject({ code: 'E_OVERFLOW' })
  })

  it.each(['-inf', '-Infinity', '-INF', ' -iNfInItY\t', '"-inf"'])('%j masks its class', async (cell) => {
    const { text } = await run(`logit_x;logit_y;logit_z\n2;${cell};1\n`, { delimiter: ';' })
    expect(text).toBe(`p_x;p_y;p_z;label\n${P21.replace(',', ';0;')};x\n`)
  })

  it.each(['inf', '+inf', 'Infinity', 'INF', 'nan', 'NaN', '-nan', '+NAN'])(
    '%j has no softmax, unless NaN is asked for',
    async (cell) => {
      const input = `logit_x,logit_y\n${cell},1\n`
      expect((await run(input)).error).toMatchObject({ code: 'E_NONFINITE', status: 1 })
      const { text } = await run(input, { nonfinite: 'propagate', emit: 'probs' })
      expect(text.split('\n')[1]!.split(',')[0]).toBe('NaN')
    },
  )
})
