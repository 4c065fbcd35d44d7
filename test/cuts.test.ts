import { gzipSync } from 'node:zlib'
import type { ScoreOptions } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { P21, reported, run } from './streams.js'

interface Case {
  name: string
  input: string | Buffer
  options?: ScoreOptions
  /** The result for the complete input, so that no truncation passes by giving nothing. */
  gives: string
  /** The code of the error at the end. */
  ends?: string
}

const header = 't,p_x,p_y,label\n'
const scored = (cell: string) => `${cell},${P21},x\n`

const CASES: Case[] = [
  {
    name: 'CRLF',
    input: 't,logit_x,logit_y\r\na,2,1\r\n\r\nb,2,1\r\n',
    gives: header + scored('a') + scored('b'),
  },
  { name: 'bare CR', input: 't,logit_x,logit_y\ra,2,1\r\rb,2,1', gives: header + scored('a') + scored('b') },
  {
    name: 'LF and CRLF, no final newline',
    input: 't,logit_x,logit_y\na,2,1\r\nb,2,1',
    gives: header + scored('a') + scored('b'),
  },
  {
    name: 'a BOM, and several bytes a character',
    input: '\ufeffż,logit_🐢,logit_→\nżółw,2,1\n🐢,2,1\n',
    gives: `ż,p_🐢,p_→,label\nżółw,${P21},🐢\n🐢,${P21},🐢\n`,
  },
  {
    name: 'a BOM before a quote',
    input: '\ufeff"t",logit_x,logit_y\na,2,1\n',
    gives: `"t",p_x,p_y,label\n${scored('a')}`,
  },
  {
    name: 'quotes with newlines, delimiters and quotes in them',
    input: '"t",logit_x,"logit_y"\r\n"a ""b""\r\n,c\n""",2,"1"\r\n"""",2,1\r\n"",2,1\n',
    gives: `"t",p_x,p_y,label\n${['"a ""b""\r\n,c\n"""', '""""', '""'].map(scored).join('')}`,
  },
  {
    name: 'another escape',
    input: '"t\\"",logit_x,logit_y\n"a\\\\",2,1\n"b\\"\n\\",",2,1\n',
    options: { escape: '\\' },
    gives: `"t\\"",p_x,p_y,label\n${scored('"a\\\\"')}${scored('"b\\"\n\\","')}`,
  },
  {
    name: 'another quote',
    input: "t,logit_x,logit_y\n'a''\n',2,1\n\"b,2,1\n",
    options: { quote: "'" },
    gives: header + scored("'a''\n'") + scored('"b'),
  },
  {
    name: 'a delimiter of several characters',
    input: 't::logit_x::logit_y\n"a::"::2::1\nb:c::2::1\n',
    options: { delimiter: '::' },
    gives: `t::p_x::p_y::label\n"a::"::${P21.replace(',', '::')}::x\nb:c::${P21.replace(',', '::')}::x\n`,
  },
  {
    name: 'a delimiter of several bytes',
    input: 't→logit_x→logit_y\r\n"→a"→2→1\r\n',
    options: { delimiter: '→' },
    gives: `t→p_x→p_y→label\n"→a"→${P21.replace(',', '→')}→x\n`,
  },
  {
    name: 'comments',
    input: '#one "\n\n#two,\nt,logit_x,logit_y\n#"\na#,2,1\n"#b\n#",2,1\n#end',
    options: { comment: '#' },
    gives: header + scored('a#') + scored('"#b\n#"'),
  },
  {
    name: 'long numbers',
    input: `t,logit_x,logit_y\na,2.${'0'.repeat(60)},${'0'.repeat(60)}1e${'0'.repeat(20)}\nb,+20000000000000000000e-19, 1.0\t\n`,
    gives: header + scored('a') + scored('b'),
  },
  {
    name: 'no header',
    input: 'a,2,1\r\n"b\n",2,1\r\n',
    options: { header: false, logits: '2-3' },
    gives: `a,${P21},0\n"b\n",${P21},0\n`,
  },
  {
    name: 'NUL and invalid UTF-8',
    input: Buffer.from('t,logit_x,logit_y\n\0\xff\xc3,2,1\n"\xed\xa0\x80",2,1\n', 'latin1'),
    gives: Buffer.from(header + scored('\0\xff\xc3') + scored('"\xed\xa0\x80"'), 'latin1').toString(),
  },
  {
    name: 'a bad row at the end',
    input: 't,logit_x,logit_y\r\n"a\n",2,1\r\nb,2,"1,5"\r\nc,2,1\r\n',
    gives: header + scored('"a\n"'),
    ends: 'E_CELL',
  },
  {
    name: 'a quote that is not closed',
    input: 't,logit_x,logit_y\na,2,1\nb,2,"1\nc,2,1\n',
    gives: header + scored('a'),
    ends: 'E_QUOTE',
  },
  {
    name: 'text after a closing quote',
    input: 't,logit_x,logit_y\n"a",2,1\n"b"\r,2,1\nc,2,1\n',
    gives: header + scored('"a"'),
    ends: 'E_QUOTE',
  },
  {
    name: 'a quote inside a cell',
    input: 't,logit_x,logit_y\n"a",2,1\n5" b,2,1\nc,2,1\n',
    gives: header + scored('"a"'),
    ends: 'E_QUOTE',
  },
  {
    name: 'bad rows of every kind under skip',
    input: 't,logit_x,logit_y\na,2\n"b"b,2,1\nc,2,1\n5",2,1\n\nd,,1\ne,2,1e999\nf,inf,1\n"g\n",2,1,\nh,2,1\n"i,2,1\n',
    options: { onError: 'skip' },
    gives: header + scored('c') + scored('h'),
  },
  {
    name: 'nothing but bad rows under skip',
    input: 't,logit_x,logit_y\na,2\r\nb,2,x\r\n',
    options: { onError: 'skip' },
    gives: header,
    ends: 'E_NO_ROWS',
  },
  { name: 'a header alone', input: '\ufefft,logit_x,logit_y\r\n', gives: header },
  {
    name: 'UTF-16',
    input: Buffer.from('\ufefft,logit_x,logit_y\r\nżółw 🐢,2,1\r\n"\n",2,1', 'utf16le'),
    gives: header + scored('żółw 🐢') + scored('"\n"'),
  },
  {
    name: 'UTF-16 that ends in half a character',
    input: Buffer.concat([Buffer.from('t,logit_x,logit_y\na,2,1\n\ud83d', 'utf16le').swap16(), Buffer.of(0xd8)]),
    options: { encoding: 'utf-16be' },
    gives: header + scored('a'),
    ends: 'E_WIDTH',
  },
  {
    name: 'UTF-16 without a byte order mark',
    input: Buffer.from('t,logit_x,logit_y\na,2,1\n', 'utf16le'),
    gives: '',
    ends: 'E_ENCODING',
  },
  {
    name: 'UTF-32',
    input: Buffer.from([0, 0, 0xfe, 0xff, 0, 0, 0, 0x61]),
    gives: '',
    ends: 'E_ENCODING',
  },
  {
    name: 'Shift JIS',
    input: Buffer.from('t,logit_x,logit_y\n\x83\x5c\x81\x5b,2,1\n', 'latin1'),
    options: { encoding: 'shift_jis' },
    gives: header + scored('ソー'),
  },
  {
    name: 'text of another kind of file',
    input: '<!DOCTYPE html>\n<html></html>\n',
    gives: '',
    ends: 'E_UNSUPPORTED',
  },
  { name: 'a wrong delimiter', input: 'logit_a;logit_b\r\n1;2\r\n', gives: '', ends: 'E_DELIMITER' },
  { name: 'a header of bad quotes', input: '"t"t,logit_x\n1,2\n', gives: '', ends: 'E_QUOTE' },
]

const all = async (input: Case['input'] | Buffer[], { options, name }: Case, size?: number) => {
  const { bytes, error, stats, warnings } = await run(input, { source: `${name}.csv`, ...options }, size)
  // An error ends the stream immediately: later bytes may not have been consumed.
  return {
    text: bytes.toString('latin1'),
    error: reported(error),
    stats: error ? { ...stats, bytes: 0 } : stats,
    warnings,
  }
}

describe.each(CASES)('an input with $name', (given) => {
  const bytes = Buffer.from(given.input)

  it('gives what it should in one piece', async () => {
    const { text, error } = await all(bytes, given)
    expect(Buffer.from(text, 'latin1').toString()).toBe(given.gives)
    expect(error?.code).toBe(given.ends)
  })

  it('gives the same cut in two at any byte', async () => {
    const whole = await all(bytes, given)
    for (let at = 0; at <= bytes.length; at++) {
      const halves = [bytes.subarray(0, at), bytes.subarray(at)]
      expect(await all(halves, given), `cut at ${at}`).toEqual(whole)
    }
  })

  it.each([1, 2, 3, 7])('gives the same in chunks of %i bytes', async (size) => {
    expect(await all(bytes, given, size)).toEqual(await all(bytes, given))
  })
})

describe('an input of several blocks', () => {
  const rows = Array.from({ length: 9000 }, (_, index) =>
    index % 10 === 9 ? `"row\r\n""${index}"",",2,1\r\n` : `row ${index},2,1\n`,
  )
  const kept = rows.map((row) => row.replace(/,2,1\r?\n$/, ''))
  const input = `t,logit_x,logit_y\n${rows.join('')}`
  const output = header + kept.map(scored).join('')

  it.each([1, 13, 1000, 65_535, 65_536, 65_537])('gives the same in chunks of %i bytes', async (size) => {
    const { text, error, stats } = await run(input, {}, size)
    expect(error).toBeUndefined()
    expect(text === output).toBe(true)
    expect(stats).toMatchObject({ read: 9000, written: 9000, bytes: Buffer.byteLength(input) })
  })

  it.each([1, 1000, 65_536, 1e9])('tells the same of a bad row, in chunks of %i bytes', async (size) => {
    const { text, error, stats } = await run(`${input}bad,2,1e\n`, {}, size)
    expect(text === output).toBe(true)
    const line = 2 + rows.join('').split('\n').length - 1
    expect(error).toMatchObject({
      code: 'E_CELL',
      info: { line, row: 9001, byte: input.length + 'bad,2,'.length, column: 'logit_y', cell: '1e' },
    })
    expect(stats).toMatchObject({ read: 9001, written: 9000, rejected: { E_CELL: 1 } })
  })

  it('reads a row longer than any block', async () => {
    const long = `"${'x'.repeat(300_000)}\n""${'y'.repeat(300_000)}"`
    const { text } = await run(`t,logit_x,logit_y\n${long},2,1\nb,2,1\n`, {}, 10_000)
    expect(text === header + scored(long) + scored('b')).toBe(true)
  })
})

describe('text that ends inside a line', () => {
  /** More than 1 MiB, in few rows. */
  const rows = `${'a'.repeat(2000)},2,1.25\n`.repeat(600)
  const TRUNCATED = ['it ends without a newline; if it is truncated, its last row is wrong or incomplete']

  it.each(['fast', 'general'] as const)('has a warning if it is large, in the %s lane', async (lane) => {
    const warningsOf = async (end: string, size?: number) =>
      (await run(`t,logit_x,logit_y\n${rows}${end}`, { lane }, size)).warnings
    expect(await warningsOf('b,2,1.2')).toEqual(TRUNCATED)
    expect(await warningsOf('b,2,1.2', 7777)).toEqual(TRUNCATED)
    for (const end of ['', 'b,2,1.2\n', 'b,2,1.2\r\n', '"b",2,1\r']) expect(await warningsOf(end)).toEqual([])
  })

  it('has none if it is small, or only its first rows are read', async () => {
    expect((await run('t,logit_x,logit_y\na,2,1')).warnings).toEqual([])
    expect((await run(`t,logit_x,logit_y\n${rows}b,2,1`, { head: 2 })).warnings).toEqual([])
  })

  it('has a warning if a pipe of UTF-16 or gzip ends in it', async () => {
    const text = `t,logit_x,logit_y\n${rows}b,2,1`
    const inputs = [Buffer.from(`\ufeff${text}`, 'utf16le'), gzipSync(text)]
    for (const input of inputs) expect((await run(input)).warnings).toEqual(TRUNCATED)
  })

  it('has a warning in JSON lines if the last one has no end, however small it is', async () => {
    const warningsOf = async (text: string, size?: number) =>
      (await run(text, { from: 'ndjson', onError: 'skip' }, size)).warnings
    const good = '{"t":"a","logits":[2,1]}\n'.repeat(3)
    for (const end of ['{', '{"t":"b","logits":[2', '{"t":{"u":1}', '{"t":"}', '{"t":"\\"}\\']) {
      for (const size of [undefined, 7]) {
        expect(await warningsOf(good + end, size)).toEqual([
          'it ends inside a line, which is a bad row; it may be truncated',
        ])
      }
    }
    for (const end of ['', '{"t":"b","logits":[2,1]}', '{"t":"b","logits":[2,NaN]} ', '{"t":\n']) {
      expect(await warningsOf(good + end)).toEqual([])
    }
  })

  it('has none in JSON of which the last line closes what earlier ones opened', async () => {
    const row = '{"t":"a","logits":[2,1]}'
    for (const text of [`[${row},\n${row}]`, `[\n${row},\n${row} ]`, '{"logits":[2,1],"t":[{"u":"{"},\n{"v":[]}]}']) {
      const { warnings, stats } = await run(text, { from: 'ndjson' })
      expect({ warnings, rejected: stats.rejected }).toEqual({ warnings: [], rejected: {} })
    }
  })
})
