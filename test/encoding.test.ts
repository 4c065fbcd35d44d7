/** Text in other encodings, and bytes that are not text. */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { runInNewContext } from 'node:vm'
import { read, type ScoreOptions, score } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { P21, run } from './streams.js'
import { command, folder } from './support.js'

/** Text in various encodings, as written by Python's codecs: `fixtures/encodings.py`. */
const ENCODED: { encoding: string; text: string; base64: string }[] = JSON.parse(
  readFileSync(new URL('../fixtures/encodings.json', import.meta.url), 'utf8'),
)

const file = (cell: string) => `t,logit_x,logit_y\n${cell},2,1\n`
const scored = (cell: string) => `t,p_x,p_y,label\n${cell},${P21},x\n`
const latin1 = (text: string) => Buffer.from(text, 'latin1')
const LANES = ['general', 'fast'] as const

describe.each(ENCODED)('text in $encoding', ({ encoding, text, base64 }) => {
  it.each(LANES)('comes out as UTF-8, on the %s lane', async (lane) => {
    const { text: written, error } = await run(Buffer.from(base64, 'base64'), { encoding, lane, emit: 'label' })
    expect(error).toBeUndefined()
    const [header, ...rows] = text.trimEnd().split('\n')
    const labels = header!
      .split(',')
      .slice(1)
      .map((name) => name.replace('logit_', ''))
    expect(written).toBe(
      ['t,label', ...rows.map((row) => `${row.split(',')[0]},${labels[Number(row.endsWith('2'))]}`), ''].join('\n'),
    )
  })

  it('is decoded in bytes as in one piece', async () => {
    const bytes = Buffer.from(base64, 'base64')
    expect((await run(bytes, { encoding }, 1)).text).toBe((await run(bytes, { encoding })).text)
  })
})

describe('an encoding', () => {
  it('may be called by its other names', async () => {
    for (const encoding of ['latin1', 'Latin-1', 'ISO-8859-1']) {
      // As in the Encoding Standard, which leaves no byte undefined.
      expect((await run(latin1(file('\xe9\x80\x84\x81')), { encoding })).text).toBe(scored('é€„\u0081'))
    }
    for (const encoding of ['windows-1252', 'CP1252']) {
      expect((await run(latin1(file('\xe9\x80')), { encoding })).text).toBe(scored('é€'))
    }
  })

  it('that nobody knows is a usage error', () => {
    const { status, stderr } = command(['--encoding', 'klingon'], { stdin: file('a') })
    expect(status).toBe(2)
    expect(stderr).toContain('--encoding takes an encoding, such as utf-8, utf-16le, latin1 or windows-1252')
  })

  it('of a format that is no text is a conflict', async () => {
    const { error } = await run(latin1('PAR1'), { encoding: 'latin1' })
    expect(error).toMatchObject({ code: 'E_CONFLICT' })
  })

  it('is that of the byte order mark, whatever is asked for, with a warning', async () => {
    const utf16 = Buffer.from(`\ufeff${file('é')}`, 'utf16le')
    const { text, warnings } = await run(utf16, { encoding: 'latin1' })
    expect(text).toBe(scored('é'))
    expect(warnings).toEqual([expect.stringContaining('read as utf-16le')])
    expect(await run(utf16, { encoding: 'utf-16' })).toMatchObject({ text: scored('é'), warnings: [] })
    expect((await run(utf16)).text).toBe(scored('é'))
    expect((await run(Buffer.from(utf16).swap16())).text).toBe(scored('é'))
  })

  it('reads every text format, and rows as objects', async () => {
    const lines = Buffer.from('{"t":"é","logits":[2,1]}\n', 'utf16le').swap16()
    const { text } = await run(lines, { encoding: 'utf-16be', emit: 'label' })
    expect(text).toBe('{"t":"é","logits":[2,1],"label":"0"}\n')
    const stream = read('tsv', { encoding: 'windows-1252' })
    stream.end(latin1('t\tlogit_x\n\x80\t2\n'))
    expect(await stream.toArray()).toEqual([{ t: '€', logit_x: '2' }])
  })

  it('shows rejected rows as text', async () => {
    const rejects: unknown[] = []
    const options = { encoding: 'latin1', onReject: (reject: unknown) => void rejects.push(reject) }
    await run(latin1(`${file('a')}\xe9,x,1\n`), options)
    expect(rejects).toMatchObject([{ row: 2, line: 3, code: 'E_CELL', raw: 'é,x,1' }])
  })
})

describe('UTF-8 that is read in an encoding of one byte per character', () => {
  const looksLike = (encoding: string) => `its text looks like UTF-8, not ${encoding}; leave out encoding`
  const warningsOf = async (input: string | Buffer, options: ScoreOptions, size?: number) =>
    (await run(input, options, size)).warnings

  it.each(['latin1', 'ISO-8859-1', 'windows-1252', 'windows-1251', 'iso-8859-15', 'koi8-r', 'macintosh', 'cp866'])(
    'causes a warning: %s',
    async (encoding) => {
      const known: Record<string, string> = { 'ISO-8859-1': 'latin1' }
      for (const lane of LANES) {
        expect(await warningsOf(file('Jörg'), { encoding, lane })).toEqual([looksLike(known[encoding] ?? encoding)])
      }
    },
  )

  it('is recognized wherever chunks end', async () => {
    for (const size of [1, 2, 3, 5, 7]) {
      const text = file('ö€\u{1f600}')
      expect(await warningsOf(text, { encoding: 'latin1' }, size)).toEqual([looksLike('latin1')])
      expect(await warningsOf(text.trimEnd(), { encoding: 'latin1', head: 1 }, size)).toEqual([looksLike('latin1')])
    }
  })

  it('is not ASCII, nor text with a single byte that is not UTF-8', async () => {
    const other = [
      file('a'),
      latin1(file('J\xf6rg')),
      latin1(`${file('\xc3\xb6')}\xe9,2,1\n`),
      latin1(`${file('\xc3\xb6')}1,2,1\xc3`),
    ]
    for (const input of other) {
      for (const size of [1, 3, 1000]) {
        expect(await warningsOf(input, { encoding: 'latin1', onError: 'skip' }, size)).toEqual([])
      }
    }
  })

  it('is not in question if the encoding has several bytes per character, or is UTF-8', async () => {
    for (const encoding of ['utf-8', 'gbk', 'shift_jis', 'ascii']) {
      expect(await warningsOf(file('Jörg'), { encoding, onError: 'skip' })).toEqual([])
    }
  })

  it('is recognized by its first MiB', async () => {
    const ascii = 'a,2,1\n'.repeat(180_000)
    expect(await warningsOf(`${file('ö')}${ascii}`, { encoding: 'latin1' }, 65_536)).toEqual([looksLike('latin1')])
    expect(await warningsOf(`${file('a')}${ascii}ö,2,1\n`, { encoding: 'latin1' }, 65_536)).toEqual([])
    const late = Buffer.concat([Buffer.from(`${file('ö')}${ascii}`), latin1('\xe9,2,1\n')])
    expect(await warningsOf(late, { encoding: 'latin1' }, 65_536)).toEqual([looksLike('latin1')])
  })

  it('is reported once for all inputs of the command', () => {
    const cwd = folder({ 'a.csv': file('ö'), 'b.csv': file('é') })
    const { status, stderr } = command(['a.csv', 'b.csv', '--encoding', 'latin1', '-o', 'out.csv'], { cwd })
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'softmax: warning: a.csv: its text looks like UTF-8, not latin1; leave out --encoding\n',
    })
    expect(
      command(['.', '--encoding', 'latin1', '-o', 'out'], { cwd: folder({ 'a.csv': file('ö') }) }).stderr,
    ).toContain('looks like UTF-8')
  })

  it('causes a warning of objects, too', async () => {
    const stream = read('csv', { encoding: 'latin1' })
    const warnings: string[] = []
    stream.on('warning', (text: string) => warnings.push(text))
    stream.end(file('ö'))
    await stream.toArray()
    expect(warnings).toEqual([looksLike('latin1')])
  })
})

describe('UTF-16 without a byte order mark', () => {
  it.each(['utf-16le', 'utf-16be'])('is named: %s', async (encoding) => {
    const text = Buffer.from(file('a'), 'utf16le')
    const input = encoding === 'utf-16le' ? text : text.swap16()
    const { error } = await run(input)
    expect(error).toMatchObject({ code: 'E_ENCODING', status: 1, info: { remedy: `encoding: '${encoding}' reads it` } })
    expect((await run(input, { encoding })).text).toBe(scored('a'))
  })

  it('is no text with a NUL here and there', async () => {
    expect((await run('a\0b,2,1\n', { header: false, logits: '2-3' })).text).toBe(`a\0b,${P21},0\n`)
  })
})

describe('bytes that are not valid', () => {
  const remedy = (guess: string) => expect.stringContaining(`encoding: '${guess}'`)

  it.each(['csv', 'tsv'] as const)('in a kept cell pass through to %s, unless an encoding is named', async (to) => {
    const input = latin1(file('caf\xe9'))
    for (const lane of LANES) {
      const { bytes, error } = await run(input, { to, lane })
      expect(error).toBeUndefined()
      expect(bytes.includes(latin1('caf\xe9'))).toBe(true)
      const named = await run(input, { to, lane, encoding: 'utf-8' })
      expect(named.error).toMatchObject({ code: 'E_CELL_ENCODING', info: { line: 2, row: 1, byte: 18, column: 't' } })
    }
  })

  it.each(['ndjson', 'parquet', 'arrow', 'arrows'] as const)(
    'in a kept cell are a bad row on the way to %s',
    async (to) => {
      const input = latin1(`${file('a')}caf\xe9,2,1\n\x93b\x94,2,1\nc,2,1\n`)
      const { error } = await run(input, { to })
      expect(error).toMatchObject({
        code: 'E_CELL_ENCODING',
        info: { line: 3, row: 2, column: 't', remedy: remedy('latin1') },
      })
      const rejects: unknown[] = []
      const { stats } = await run(input, { to, onReject: (reject) => void rejects.push(reject) })
      expect(stats).toMatchObject({ read: 4, written: 2, rejected: { E_CELL_ENCODING: 2 } })
      expect(rejects).toMatchObject([
        { row: 2, rawBase64: latin1('caf\xe9,2,1').toString('base64') },
        { row: 3, message: remedy('windows-1252') },
      ])
    },
  )

  it('are no reason to refuse a column that is left out', async () => {
    const { text, error } = await run(latin1(file('\xe9')), { to: 'ndjson', keep: false, emit: 'label' })
    expect({ text, error }).toEqual({ text: '{"label":"x"}\n', error: undefined })
  })

  it.each([
    ['a class', 't,logit_caf\xe9,logit_b'],
    ['a kept column', 'caf\xe9,logit_a,logit_b'],
  ])('in the name of %s stop the run', async (_, header) => {
    const { error, text } = await run(latin1(`${header}\na,2,1\n`))
    expect(error).toMatchObject({ code: 'E_ENCODING', info: { line: 1, remedy: remedy('latin1') } })
    expect(text).toBe('')
  })

  it.each([
    ['windows-1252', latin1(file('\x81'))],
    ['ascii', latin1(file('\xe9'))],
    ['shift_jis', latin1(file('\x81\xff'))],
    ['euc-kr', latin1(file('\xff'))],
    ['utf-16le', Buffer.concat([Buffer.from(file('a'), 'utf16le'), latin1('\x00\xdc,\x002\x00,\x001\x00\n\x00')])],
  ])('in %s are a bad row', async (encoding, input) => {
    for (const lane of LANES) {
      const { error } = await run(input, { encoding, lane })
      expect(error).toMatchObject({
        code: 'E_CELL_ENCODING',
        info: { column: 't', remedy: expect.stringContaining('encoding') },
      })
      expect(error!.message).toContain(encoding)
      expect(error!.message).not.toContain('\ufffd')
    }
  })

  it('are never U+FFFD, which may be in the input', async () => {
    const input = file('\ufffd')
    expect((await run(input, { to: 'ndjson', emit: 'label' })).text).toBe('{"t":"\ufffd","label":"x"}\n')
    expect((await run(Buffer.from(`\ufeff${input}`, 'utf16le'))).text).toBe(scored('\ufffd'))
  })
})

describe('chunks', () => {
  const text = file('\u{1f600} é')
  const all = async (chunks: (string | Uint8Array)[], options?: ScoreOptions) =>
    String(Buffer.concat(await Readable.from(chunks).compose(score(options)).toArray()))

  it('of text may be cut within a character', async () => {
    for (let size = 1; size < 5; size++) {
      const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g'))!
      expect(await all(chunks)).toBe(scored('\u{1f600} é'))
    }
  })

  it('of text with half of a character are refused, as no bytes stand for it', async () => {
    const refused = { code: 'E_ENCODING', message: expect.stringContaining('half of a character') }
    for (const half of ['\ud83d', '\ude00', '\ude00\ud83d']) {
      await expect(all([file(half)])).rejects.toMatchObject(refused)
      await expect(all([`${text}${half}`])).rejects.toMatchObject(refused)
      await expect(all([half, Buffer.from(text)])).rejects.toMatchObject(refused)
    }
  })

  it('of text are read in the encoding that they are written with', async () => {
    const stream = score()
    stream.write(Buffer.from(text).toString('base64'), 'base64')
    stream.end('1,2,1\n', 'latin1')
    expect(String(Buffer.concat(await stream.toArray()))).toBe(`${scored('\u{1f600} é')}1,${P21},x\n`)
  })

  it('may be bytes of another realm', async () => {
    const bytes = runInNewContext('Uint8Array.from(bytes)', { bytes: Buffer.from(text) })
    expect(await all([bytes])).toBe(scored('\u{1f600} é'))
  })
})

describe('control characters', () => {
  it.each(['\0', '\x01', '\x1b', '\x7f', '\xc2\x85'])('in a header stop the run: %j', async (control) => {
    const options: ScoreOptions = { logits: '1' }
    const { error, text } = await run(latin1(`logit_${control}a,b\n1,2\n`), options)
    expect(error).toMatchObject({ code: 'E_ENCODING', status: 1, info: { line: 1 } })
    expect(error!.message).toContain('control character')
    expect(text).toBe('')
  })

  it.each(['a\tb', '"a\nb"', '"a\r\nb"'])('are no tabs, nor newlines in quotes: %j', async (name) => {
    expect((await run(`${name},logit_x,logit_y\n1,2,1\n`)).text).toBe(`${name},p_x,p_y,label\n1,${P21},x\n`)
  })

  it('stop random bytes that are taken for CSV', () => {
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 2654435761) >>> 13))
    const { status, stdout } = command(['in.csv', '--logits', '1'], { cwd: folder({ 'in.csv': bytes }) })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  })
})

describe('UTF-32', () => {
  const input = 'id,logit_x,logit_y\na,2,1\n'
  /** As Python's codecs utf-32-le and utf-32-be encode it: four bytes per character. */
  const utf32 = (text: string, isBig: boolean) => {
    const bytes = Buffer.from(Uint32Array.from(text, (c) => c.codePointAt(0)!).buffer)
    return isBig ? bytes.swap32() : bytes
  }

  it.each([
    ['utf-32le', utf32(input, false)],
    ['utf-32be', utf32(input, true)],
    ['utf-32le', utf32(`\ufeff${input}`, false)],
    ['utf-32be', utf32(`\ufeff${input}`, true)],
    ['utf-32le', utf32('{"logits":[2,1]}\n', false)],
    ['utf-32be', utf32('é,b\n1,2\n', true)],
    ['utf-32le', utf32('a,b\n1,2\n', false)],
  ])('is named, with what converts it: %s', (encoding, bytes) => {
    const cwd = folder({ 'my in.csv': bytes, 'in.csv': bytes })
    const { status, stdout, stderr } = command(['my in.csv'], { cwd })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(`the input is ${encoding}; `)
    expect(stderr).toContain(`run iconv -f ${encoding} -t utf-8 'my in.csv' | softmax`)
    expect(command(['in.csv', '--encoding', encoding], { cwd }).stderr).toContain('iconv')
  })

  it('is no reason to take UTF-16 for it', async () => {
    const { error } = await run(Buffer.from(input, 'utf16le'))
    expect(error).toMatchObject({ code: 'E_ENCODING', message: expect.stringContaining("encoding: 'utf-16le'") })
    const behind = await run(Buffer.from(`名前,${input.slice(3)}`, 'utf16le'))
    expect(behind.error!.message).toContain("encoding: 'utf-16le' reads it")
  })
})

it('the API takes the option, and refuses nonsense', () => {
  expect(() => score({ encoding: '' })).toThrow(expect.objectContaining({ code: 'E_OPTION' }))
  expect(() => score({ encoding: 'klingon' })).toThrow(expect.objectContaining({ code: 'E_OPTION' }))
})
