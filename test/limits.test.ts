import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ScoreOptions } from 'softmax-stream'
import { score } from 'softmax-stream'
import { describe, expect, it, vi } from 'vitest'
import { P21, reported, run } from './streams.js'
import { BIN, folder } from './support.js'

vi.setConfig({ testTimeout: 60_000 })

const HEADER = 't,logit_x,logit_y\n'
const SCORED = 't,p_x,p_y,label\n'
const scored = (cell: string) => `${cell},${P21},x\n`

/** Scores an input in both lanes and in various chunk sizes; all results must agree. */
async function everyWay(input: string, options: ScoreOptions) {
  const whole = await run(input, { ...options, lane: 'general' })
  for (const lane of options.comment ? (['general'] as const) : (['general', 'fast'] as const)) {
    for (const size of [1, 2, 7, 50, 1000]) {
      const { text, error, stats } = await run(input, { ...options, lane }, size)
      expect({ text, error: reported(error) }).toEqual({ text: whole.text, error: reported(whole.error) })
      if (!error) expect(stats).toEqual({ ...whole.stats, lane })
    }
  }
  return whole
}

describe('a row longer than --max-row-bytes', () => {
  const long = `a${'x'.repeat(60)},2,1\n`

  it('is a bad row, and the next line is read on', async () => {
    const { error } = await everyWay(`${HEADER}a,2,1\n${long}b,2,1\n`, { maxRowBytes: 50 })
    expect(error).toMatchObject({ code: 'E_ROW_TOO_LONG', status: 1, info: { line: 3, row: 2, byte: 24, limit: 50 } })
    const { text, stats } = await everyWay(`${HEADER}a,2,1\n${long}b,2,1\n${long}\nc,2,1\n${long.trim()}`, {
      maxRowBytes: 50,
      onError: 'skip',
    })
    expect(text).toBe(SCORED + ['a', 'b', 'c'].map(scored).join(''))
    expect(stats).toMatchObject({ read: 6, written: 3, rejected: { E_ROW_TOO_LONG: 3 } })
  })

  it('has places behind it right', async () => {
    const input = `${HEADER}${long}b,2,1\nc,z,1\n`
    const { error } = await everyWay(input, { maxRowBytes: 50, maxErrors: 1 })
    expect(error).toMatchObject({ code: 'E_TOO_MANY', info: { line: 4, row: 3 } })
    expect(error!.message).toContain(`byte ${HEADER.length + long.length + 6 + 2})`)
  })

  it('is one with its newline: as long as that it is good', async () => {
    const options = { maxRowBytes: 20, onError: 'skip' } as const
    const fits = `${'x'.repeat(15)},2,1\n`
    expect((await everyWay(HEADER + fits + fits, options)).stats).toMatchObject({ read: 2, written: 2 })
    expect((await everyWay(`${HEADER}y${fits}${fits}`, options)).stats).toMatchObject({ read: 2, written: 1 })
  })

  it('may hold newlines in quotes', async () => {
    const row = `"${'x\n'.repeat(40)}",2,1\n`
    const { stats, text } = await everyWay(`${HEADER}a,2,1\n${row}b,2,1\n`, { maxRowBytes: 100 })
    expect(stats).toMatchObject({ read: 3, written: 3 })
    expect(text).toContain(scored(row.slice(0, -5)))
  })

  it('is no fault where it is a comment', async () => {
    const comment = `#${'c'.repeat(90)}\n`
    const { text } = await everyWay(`${comment}${HEADER}${comment}a,2,1\n`, { maxRowBytes: 50, comment: '#' })
    expect(text).toBe(SCORED + scored('a'))
  })

  it('is reported as the header, or as the first row, too', async () => {
    const header = await everyWay(`\n${'h'.repeat(60)},logit_x\n1,2\n`, { maxRowBytes: 50 })
    expect(header.error).toMatchObject({ code: 'E_ROW_TOO_LONG', info: { line: 2, byte: 1 } })
    const first = await everyWay(`${long}a,2,1\n`, { maxRowBytes: 50, header: false, logits: '2-3' })
    expect(first.error).toMatchObject({ code: 'E_ROW_TOO_LONG', info: { line: 1, row: 1, byte: 0 } })
    const skipped = await everyWay(`${HEADER}${long}a,2,1\n`, { maxRowBytes: 50, onError: 'skip' })
    expect(skipped.text).toBe(SCORED + scored('a'))
  })

  it('is held to 16 MiB unless reported otherwise', async () => {
    const row = (length: number) => `${'x'.repeat(length - 5)},2,1\n`
    const { stats, error } = await run(`${HEADER}${row(1 << 24)}${row((1 << 24) + 1)}a,2,1\n`, { onError: 'skip' }, 1e6)
    expect(error).toBeUndefined()
    expect(stats).toMatchObject({ read: 3, written: 2, rejected: { E_ROW_TOO_LONG: 1 } })
  })

  it('is not held', async () => {
    const stream = score({ maxRowBytes: 1 << 20, onError: 'skip' })
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    stream.resume()
    stream.write(`${HEADER}a,2,1\n`)
    const chunk = Buffer.alloc(1 << 20, 'x')
    for (let written = 0; written < 128; written++) {
      await new Promise((done) => stream.write(chunk, done))
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
    }
    await new Promise((done) => stream.end('\nb,2,1\n').on('end', done))
    expect(stream.stats).toMatchObject({ read: 3, written: 2 })
    expect(most).toBeLessThan(64 << 20)
  })
})

describe('a quote that is not closed', () => {
  it('makes the line it stands in a bad row, and the next line is read on', async () => {
    const { text, stats } = await everyWay(`${HEADER}a,2,1\nb,"2,1\nc,2,1\n"d,2,1\n\ne,2,1\n`, { onError: 'skip' })
    expect(text).toBe(SCORED + ['a', 'c', 'e'].map(scored).join(''))
    expect(stats).toMatchObject({ read: 5, written: 3, rejected: { E_QUOTE: 2 } })
  })

  it('is reported with its place', async () => {
    const { error } = await everyWay(`${HEADER}a,2,1\nb,"2,1\nc,2,1\n`, {})
    expect(error).toMatchObject({ code: 'E_QUOTE', info: { line: 3, row: 2, byte: 18 + 6 + 2 } })
  })

  it('is not looked for beyond --max-row-bytes', async () => {
    const good = 'c,2,1\n'.repeat(30)
    const { text, stats } = await everyWay(`${HEADER}b,"2,1\n${good}d,2,1,"\n`, { onError: 'skip', maxRowBytes: 100 })
    expect(text).toBe(SCORED + scored('c').repeat(30))
    expect(stats).toMatchObject({ read: 32, rejected: { E_QUOTE: 2 } })
  })

  it('in the first row is reported where it stands, and left out under skip', async () => {
    const input = `\n${HEADER}\n"b,2,1\nc,2,1\n`
    expect((await everyWay(input, {})).error).toMatchObject({ code: 'E_QUOTE', info: { line: 4, row: 1, byte: 20 } })
    expect((await everyWay(input, { onError: 'skip' })).text).toBe(SCORED + scored('c'))
  })

  it('with no newline behind it is passed over to the next', async () => {
    const { text, stats } = await everyWay(`${HEADER}"${'b'.repeat(99)}\nc,2,1\n`, { onError: 'skip', maxRowBytes: 50 })
    expect(text).toBe(SCORED + scored('c'))
    expect(stats).toMatchObject({ read: 2, rejected: { E_QUOTE: 1 } })
  })

  it('leaves quoted cells of several lines as they are', async () => {
    const { text, stats } = await everyWay(`${HEADER}"a\nb",2,1\n"c",2,1\n`, { onError: 'skip' })
    expect(text).toBe(`${SCORED}"a\nb",${P21},x\n"c",${P21},x\n`)
    expect(stats).toMatchObject({ read: 2, written: 2 })
  })
})

describe('work grows as the input', () => {
  /** How many bytes are searched and copied in buffers while an input is scored. */
  const work = async (...args: Parameters<typeof measured>) => (await measured(...args)).bytes

  /** The same, and how many rows are written. */
  async function measured(input: Buffer, options: ScoreOptions, size: number) {
    let bytes = 0
    const { indexOf, lastIndexOf, copy, set } = Buffer.prototype
    const search = (from: number, found: number, length: number) => (found < 0 ? length : found) - from + 1
    Buffer.prototype.indexOf = function (this: Buffer, ...args: unknown[]) {
      const found = indexOf.apply(this, args as never)
      bytes += search((args[1] as number) ?? 0, found, this.length)
      return found
    } as never
    Buffer.prototype.lastIndexOf = function (this: Buffer, ...args: unknown[]) {
      const found = lastIndexOf.apply(this, args as never)
      bytes += this.length - Math.max(0, found)
      return found
    } as never
    Buffer.prototype.copy = function (this: Buffer, ...args: unknown[]) {
      const copied = copy.apply(this, args as never)
      bytes += copied
      return copied
    } as never
    Buffer.prototype.set = function (...args: [ArrayLike<number>, number?]) {
      bytes += args[0].length
      return set.apply(this, args)
    }
    try {
      const { written } = (await run(input, options, size)).stats
      return { bytes, written }
    } finally {
      Object.assign(Buffer.prototype, { indexOf, lastIndexOf, copy })
      delete (Buffer.prototype as Partial<Buffer>).set
    }
  }

  const SIZE = 1 << 16
  const repeat = (text: string, size: number) => text.repeat(Math.ceil(size / text.length)).slice(0, size)
  const inputs: Record<string, (size: number) => string> = {
    'no newline': (size) => repeat('x', size),
    'no newline behind a header': (size) => HEADER + repeat('x', size),
    'nothing but quotes': (size) => repeat('"', size),
    'nothing but quotes behind a header': (size) => HEADER + repeat('"', size),
    'nothing but quotes and newlines': (size) => HEADER + repeat('"\n', size),
    'quotes in the middle of cells': (size) => HEADER + repeat('5" x', size),
    'a quote that is not closed in the header': (size) => `id,"logit_x\n${repeat('1,2\n', size)}`,
    'a quote that is not closed in each row': (size) => HEADER + repeat('a,2,"1\n', size),
    'a quote that is not closed, before doubled ones': (size) => `${HEADER}"""\n${repeat('"""",2,1\n', size)}`,
    'blank lines before the header': (size) => repeat('\n', size) + HEADER,
    'blank lines before the first row': (size) => `${HEADER}${repeat('\r\n', size)}\na,2,1\n`,
    'rows that are too narrow': (size) => HEADER + repeat('1\n', size),
    'rows that are too long': (size) => HEADER + repeat(`${'x'.repeat(20_000)}\n`, size),
    'one wide row': (size) => `${HEADER}${repeat('1,', size)}\n`,
  }

  describe.each(['general', 'fast'] as const)('in the %s lane', (lane) => {
    it.each(Object.entries(inputs))('with %s', async (_, make) => {
      const options = { lane, onError: 'skip', maxRowBytes: 1 << 13 } as const
      const once = await work(Buffer.from(make(SIZE)), options, 4096)
      const twice = await work(Buffer.from(make(2 * SIZE)), options, 4096)
      expect(once).toBeGreaterThan(SIZE / 2)
      expect(once).toBeLessThan(40 * SIZE)
      expect(twice).toBeLessThan(2.3 * once)
    })
  })

  it('with a row of 4 MiB, and with 50,000 cells', async () => {
    const long = (size: number) => Buffer.from(`${HEADER}"${repeat('x""\n', size)}",2,1\n`)
    const [once, twice] = [await work(long(1 << 21), {}, 1 << 16), await work(long(1 << 22), {}, 1 << 16)]
    expect(twice).toBeLessThan(2.3 * once)
    const wide = (columns: number) =>
      Buffer.from(`${repeat('"a",', columns * 4)}logit_x,logit_y\n${repeat('"1",', columns * 4)}2,1\n`)
    const options = { logits: 'logit_*' }
    const narrow = await work(wide(25_000), options, 1 << 16)
    const wider = await measured(wide(50_000), options, 1 << 16)
    expect(wider.written).toBe(1)
    expect(wider.bytes).toBeLessThan(2.3 * narrow)
  })
})

describe('a cell of 8 MB that is no list', () => {
  const HEAP = 160
  const MB = 1 << 20

  it.each([
    ['lists in a row', '[]'.repeat(4 * MB)],
    ['brackets', '['.repeat(8 * MB)],
    ['quotes', '""'.repeat(4 * MB)],
    ['points', `[${'.'.repeat(8 * MB)}`],
  ])(`is read in a heap of ${HEAP} MB: %s`, (_, cell) => {
    const cwd = folder({ 'in.csv': `id,scores\n1,"[2, 1]"\n2,"${cell}"\n` })
    const flags = [`--max-old-space-size=${HEAP}`, BIN]
    const args = ['in.csv', '-l', 'scores', '--emit', 'index', '--on-error', 'skip', '-q']
    const { status, stdout } = spawnSync(process.execPath, [...flags, ...args], { cwd, encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'id,index\n1,0\n' })
  })
})

describe('quotes that are never closed, with megabytes of rows between them', () => {
  const HEAP = 48
  const ROWS = 1_200_000

  it.each([
    ['in the first cell', '"1,2\n'],
    ['in a later cell', '1,"x\n'],
  ])(`are rows read in a heap of ${HEAP} MB: %s`, (_, unclosed) => {
    const good = '1,2\n'.repeat(ROWS)
    const cwd = folder({ 'in.csv': `logit_a,logit_b\n${unclosed}${good}${unclosed}${good}` })
    const flags = [`--max-old-space-size=${HEAP}`, BIN]
    const args = ['in.csv', '--emit', 'index', '--on-error', 'skip', '--stats', 'stats.json']
    const { status } = spawnSync(process.execPath, [...flags, ...args, '-o', 'out.csv'], { cwd })
    const { rejected } = JSON.parse(readFileSync(join(cwd, 'stats.json'), 'utf8'))
    expect({ status, rejected }).toEqual({ status: 0, rejected: { E_QUOTE: 2 } })
    expect(readFileSync(join(cwd, 'out.csv')).equals(Buffer.from(`index\n${'1\n'.repeat(2 * ROWS)}`))).toBe(true)
  })
})
