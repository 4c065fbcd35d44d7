import { chmodSync, linkSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { evaluate, type Reject, type ScoreOptions, score, softmax } from 'softmax-stream'
import { describe, expect, it, vi } from 'vitest'
import { P21, run } from './streams.js'
import { command, folder, predict, shell } from './support.js'

const HEADER = 'id,logit_a,logit_b\n'
const GOOD = `${HEADER}7,2,1\n`
const SCORED = `id,p_a,p_b,label\n7,${P21},a\n`

/** Bad rows of every kind, with the code and column of each. */
const BAD: [string | Buffer, string, string?][] = [
  ['1,x,1', 'E_CELL', 'logit_a'],
  ['2,1,"1,5"', 'E_CELL', 'logit_b'],
  ['3,,1', 'E_MISSING', 'logit_a'],
  ['4,1,1e400', 'E_OVERFLOW', 'logit_b'],
  ['5,nan,1', 'E_NONFINITE', 'logit_a'],
  ['6,inf,1', 'E_NONFINITE', 'logit_a'],
  ['7,-inf,-inf', 'E_NONFINITE'],
  ['8,1', 'E_WIDTH'],
  ['9,1,2,3', 'E_WIDTH'],
  ['"10"x,2,1', 'E_QUOTE'],
  ['"11,2,1', 'E_QUOTE'],
  ['12"x,2,1', 'E_QUOTE'],
  ['"a\nb",2,z', 'E_CELL', 'logit_b'],
  ['ż🐢,2,y', 'E_CELL', 'logit_b'],
  [Buffer.from('\xff\xfe,2,y', 'latin1'), 'E_CELL', 'logit_b'],
  [`${'x'.repeat(90)},2,1`, 'E_ROW_TOO_LONG'],
]

/** A file with good rows before each bad one; the good rows alone; and the expected reports. */
function made(newline: string, between: number, kinds = BAD) {
  const parts: Buffer[] = [Buffer.from(HEADER.replace('\n', newline))]
  const expected: object[] = []
  let [row, line, length] = [0, 2, parts[0]!.length]
  const good = `g,2,1${newline}`
  for (const [text, code, column] of kinds) {
    const raw = Buffer.from(text)
    const utf8 = raw.equals(Buffer.from(raw.toString()))
    parts.push(Buffer.from(good.repeat(between)))
    length += good.length * between
    row += between + 1
    line += between
    const reported = code === 'E_ROW_TOO_LONG' ? raw.subarray(0, 80) : raw
    const byteStart = length
    const bytes = utf8 ? { raw: reported.toString() } : { rawBase64: reported.toString('base64') }
    expected.push({ row, line, byteStart, byteEnd: byteStart + raw.length, code, ...(column && { column }), ...bytes })
    line += raw.toString('latin1').split('\n').length
    parts.push(raw, Buffer.from(newline))
    length += raw.length + newline.length
  }
  const rows = between * kinds.length
  return { input: Buffer.concat(parts), clean: HEADER.replace('\n', newline) + good.repeat(rows), expected, rows }
}

describe('onReject', () => {
  it.each([
    ['\n', 3, 1000],
    ['\r\n', 3, 1000],
    ['\n', 1, 1],
    ['\r\n', 0, 7],
    ['\n', 2000, 65_536],
  ])(
    'is reported of each bad row, in order, with its place and bytes: %j, %i rows apart',
    async (newline, apart, size) => {
      const { input, clean, expected, rows } = made(newline, apart)
      for (const options of [{ lane: 'general' }, { lane: 'fast', jobs: 1 }, { lane: 'fast', jobs: 3 }] as const) {
        const rejects: Reject[] = []
        const { text, stats, error } = await run(
          input,
          { ...options, maxRowBytes: 80, source: 'in.csv', onReject: (reject) => void rejects.push(reject) },
          size,
        )
        expect(error?.code).toBe(rows === 0 ? 'E_NO_ROWS' : undefined)
        expect(rejects.map(({ message, source, ...rest }) => rest)).toEqual(expected)
        expect(rejects.every(({ message, source }) => message.startsWith('in.csv:') && source === 'in.csv')).toBe(true)
        if (rows > 0) expect(text === (await run(clean)).text).toBe(true)
        expect(stats).toMatchObject({ read: rows + BAD.length, written: rows })
      }
    },
  )

  it('is waited for: meanwhile nothing is read on', async () => {
    const rows = `${'7,2,1\n'.repeat(20_000)}8,x,1\n`
    const release: (() => void)[] = []
    const stream = score({ onReject: () => new Promise<void>((resolve) => release.push(resolve)) })
    stream.resume()
    for (const text of [HEADER, ...Array(20).fill(rows)]) stream.write(text)
    stream.end()
    const reported = async () => {
      while (release.length === 0) await sleep(5)
    }
    await reported()
    await sleep(100)
    expect(release).toHaveLength(1)
    expect(stream.stats.read).toBeLessThan(100_000)
    const ended = new Promise((resolve) => stream.on('end', resolve))
    for (let row = 0; row < 20; row++) {
      await reported()
      release.shift()!()
    }
    await ended
    expect(stream.stats).toMatchObject({ read: 400_020, written: 400_000, rejected: { E_CELL: 20 } })
  })

  it('that fails is the error of the stream', async () => {
    const failure = new Error('no room')
    const ended = run(`${GOOD}8,x,1\n`, { onReject: () => Promise.reject(failure) })
    await expect(ended).rejects.toBe(failure)
  })

  it.each([undefined, null, 0])('that fails with %s is an error, too', async (reason) => {
    const text = 'logit_a,logit_b,y\nx,1,a\n2,1,a\n'
    const options = { onReject: () => Promise.reject(reason) }
    const runs = [
      () => Readable.from([text]).compose(score(options)).toArray(),
      () =>
        Readable.from([['x', 1]])
          .compose(softmax(options))
          .toArray(),
      () => evaluate(Readable.from([text]), { truth: 'y', ...options }),
    ]
    for (const run of runs) await expect(run()).rejects.toThrow(`onReject failed with ${reason}`)
  })

  it('is not reported of a row that is truncated as the stream is destroyed', async () => {
    const rejects: Reject[] = []
    const stream = score({ onReject: (reject) => void rejects.push(reject) })
    stream.resume().write('logit_a,logit_b\n1,2\n1,')
    await vi.waitFor(() => expect(stream.stats.read).toBe(1), 10_000)
    stream.destroy()
    await sleep(20)
    expect([stream.stats.read, rejects]).toEqual([1, []])
  })

  it('is reported of bad rows of objects, which are counted too', async () => {
    const rejects: Reject[] = []
    const rows = [[2, 1], 'text', [2], [Number.NaN, 1], ['x', 1], [2, 1]]
    const { predictions, error } = await predict(rows, { onReject: async (reject) => void rejects.push(reject) })
    expect(error).toBeUndefined()
    expect(predictions).toHaveLength(2)
    expect(rejects.map(({ row, code, raw }) => ({ row, code, raw }))).toEqual([
      { row: 2, code: 'E_ROW', raw: 'text' },
      { row: 3, code: 'E_WIDTH', raw: [2] },
      { row: 4, code: 'E_NONFINITE', raw: [Number.NaN, 1] },
      { row: 5, code: 'E_CELL', raw: ['x', 1] },
    ])
  })

  it('is reported with the class of a logit in a list, by its name if it has one', async () => {
    const good = { logits: [3, 2, 1] }
    const bad = { logits: [3, 2, 'x'] }
    const lines = `${JSON.stringify(good)}\n${JSON.stringify(bad)}\n`
    for (const [labels, column] of [
      [['ham', 'spam', 'fraud'], 'fraud'],
      [['10', '1', '0'], '0'],
      [undefined, '2'],
    ] as const) {
      const expected = { code: 'E_CELL', column, message: expect.stringContaining(`class ${column} (row 2`) }
      const rejects: Reject[] = []
      const options = { labels, onError: 'skip', onReject: (reject: Reject) => rejects.push(reject) } as const
      await predict([good, bad], options)
      await run(lines, { from: 'ndjson', ...options })
      await run(lines, { from: 'ndjson', lane: 'general', ...options })
      expect(rejects).toMatchObject([expected, expected, expected])
      const info = { row: 2, column, classIndex: 2 }
      expect((await run(lines, { from: 'ndjson', labels })).error).toMatchObject({ info })
      expect((await predict([good, bad], { labels })).error).toMatchObject({ info })
    }
  })

  it('is reported of each row if none has the logits that an option names, before the stream ends', async () => {
    for (const rows of [[{ x: 1 }], [{ m: null }, { m: {} }, { x: 1 }], Array(100).fill({ id: 0 })]) {
      const rejects: Reject[] = []
      const onReject = (reject: Reject) => void rejects.push(reject)
      const { error } = await predict(rows, { logits: 'm.s', labels: ['a', 'b'], onReject })
      expect(error).toMatchObject({ code: 'E_SELECTOR' })
      expect(rejects.map(({ row, raw }) => ({ row, raw }))).toEqual(rows.map((raw, at) => ({ row: at + 1, raw })))
    }
    const { error } = await predict([{ x: 1 }], { logits: 'm.s' })
    expect(error).toMatchObject({ code: 'E_SELECTOR' })
  })

  it('is not too many if an option is mistyped, whatever the limit', async () => {
    for (const maxErrors of [0, 2, 100]) {
      const rejects: Reject[] = []
      const rows = Array(5).fill({ id: 0, logit_a: 1, logit_b: 2 })
      const onReject = (reject: Reject) => void rejects.push(reject)
      const { error } = await predict(rows, { logits: 'lgoit_*', maxErrors, onReject })
      expect(error).toMatchObject({ code: 'E_SELECTOR', status: 2 })
      expect(rejects.length).toBe(Math.min(maxErrors, 5))
    }
  })

  it('is JSON whatever its row contains', async () => {
    const row = {
      id: 2n ** 63n - 1n,
      small: -7n,
      bytes: new Uint8Array([255, 0]),
      buffer: Buffer.from([255, 0]),
      list: [Float32Array.of(0.5), 2n ** 64n],
      at: new Date(0),
      none: undefined,
      logits: [Number.NaN, -Infinity],
    }
    const cycle: Record<string, unknown> = { logits: ['x', 1] }
    cycle.self = cycle
    const rejects: Reject[] = []
    const onReject = (reject: Reject) => {
      reject.source = 'a.parquet'
      rejects.push(reject)
    }
    await predict([{ id: 1, logits: [2, 1] }, row, cycle], { onReject })
    expect(rejects[0]!.raw).toBe(row)
    const [first, second] = JSON.parse(JSON.stringify(rejects))
    expect(first).toEqual({
      source: 'a.parquet',
      row: 2,
      column: '0',
      code: 'E_NONFINITE',
      message: rejects[0]!.message,
      raw: {
        id: '9223372036854775807',
        small: -7,
        bytes: '/wA=',
        buffer: '/wA=',
        list: [[0.5], '18446744073709551616'],
        at: '1970-01-01T00:00:00.000Z',
        logits: ['NaN', '-Infinity'],
      },
    })
    expect(second).toMatchObject({ row: 3, code: 'E_CELL' })
    expect(second).not.toHaveProperty('raw')
  })
})

describe('the message of a bad row that is left out', () => {
  it.each([
    [
      '8,,1',
      { maxErrors: 9 },
      "the logit is missing; missing: 'nan' reads NaN, missing: '-inf' masks the class [E_MISSING]",
    ],
    ['8,1', {}, 'the row has 2 cells where 3 are expected [E_WIDTH]'],
    ['c,2,1', { truth: 'id' }, 'the classes are "a", "b"; labels sets other names [E_TRUTH]'],
  ])('does not advise to leave it out: %s', async (row, options: ScoreOptions, end) => {
    const rejects: Reject[] = []
    const input = `${HEADER}a,2,1\n${row}\n`
    const { error } = await run(input, { ...options, onReject: (reject) => void rejects.push(reject) })
    expect([error, rejects.map(({ message }) => message)]).toEqual([undefined, [expect.stringContaining(end)]])
    const failed = await run(input, { ...options, maxErrors: undefined })
    expect(failed.error?.message).toContain("; onError: 'skip' skips such rows")
    const tooMany = await run(input, { ...options, maxErrors: 0 })
    expect(tooMany.error?.message).toContain(end.replace(/E_[A-Z]+/, 'E_TOO_MANY'))
  })
})

describe('--rejects', () => {
  const lines = (cwd: string, name = 'r.ndjson') =>
    readFileSync(join(cwd, name), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))

  it('writes each bad row as a line of JSON that only its owner may read', () => {
    const { input, expected, clean } = made('\n', 50)
    const cwd = folder({ 'in.csv': input, 'clean.csv': clean, 'r.ndjson': 'old\n' })
    chmodSync(join(cwd, 'r.ndjson'), 0o644)
    const args = ['in.csv', '--rejects', 'r.ndjson', '-o', 'out.csv', '--max-row-bytes', '80']
    const { status, stderr } = command(args, { cwd })
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringMatching(/^softmax: 16 of 816 rows/) })
    const reported = lines(cwd)
    expect(reported.map(({ message, source, ...rest }) => rest)).toEqual(expected)
    expect(reported[0]).toMatchObject({
      source: 'in.csv',
      message: expect.stringMatching(/^in\.csv:52: .*\[E_CELL\]$/),
    })
    expect(statSync(join(cwd, 'r.ndjson')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe(command(['clean.csv'], { cwd }).stdout)
  })

  it.each([1, 3])('has each bad row of a large file in which one of a hundred is, on %i threads', (jobs) => {
    const { input, expected, clean } = made('\n', 99, Array(150).fill(BAD.slice(0, -1)).flat())
    const cwd = folder({ 'in.csv': input, 'clean.csv': clean })
    const args = ['in.csv', '-q', '--rejects', 'r.ndjson', '-o', 'out.csv', '-j', String(jobs)]
    expect(command(args, { cwd })).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(lines(cwd).map(({ message, source, ...rest }) => rest)).toEqual(expected)
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8') === command(['clean.csv'], { cwd }).stdout).toBe(true)
  })

  it('is empty where no row is bad, and has the rows of all inputs with their names', () => {
    const cwd = folder({ 'a.csv': `${GOOD}8,x,1\n`, 'b.csv': `${GOOD}9,y,1\n`, 'good.csv': GOOD })
    expect(command(['good.csv', '--rejects', 'r.ndjson'], { cwd })).toEqual({ status: 0, stdout: SCORED, stderr: '' })
    expect(lines(cwd)).toEqual([])
    command(['a.csv', 'b.csv', '--rejects', 'r.ndjson'], { cwd })
    expect(lines(cwd).map(({ source, line }) => [source, line])).toEqual([
      ['a.csv', 3],
      ['b.csv', 3],
    ])
  })

  it('has them where no row could be scored, or there were too many', () => {
    const cwd = folder({ 'in.csv': `${HEADER}${'1,x,1\n'.repeat(5)}` })
    const none = command(['in.csv', '--rejects', 'r.ndjson'], { cwd })
    expect([none.status, none.stderr]).toEqual([
      1,
      expect.stringMatching(/; rejects so far: r\.ndjson \[E_NO_ROWS\]\n$/),
    ])
    expect(lines(cwd)).toHaveLength(5)
    const { status, stderr } = command(['in.csv', '--rejects', 'r.ndjson', '--max-errors', '2'], { cwd })
    expect(stderr).toMatch(
      /^softmax: in\.csv:4: .*more than 2 bad rows \(--max-errors 2\).*; rejects so far: r\.ndjson \[E_TOO_MANY\]\n$/,
    )
    expect(status).toBe(1)
    expect(lines(cwd)).toHaveLength(3)
  })

  it.each(['1', '3'])(
    'has all rows that were read and not written, where there were too many, on %s threads',
    (jobs) => {
      const rows = Array.from({ length: 20_000 }, (_, row) => `${row},${row % 100 === 99 ? 'x' : 2},1\n`)
      const cwd = folder({ 'in.csv': `${HEADER}${rows.join('')}` })
      const args = ['in.csv', '--rejects', 'r.ndjson', '--max-errors', '5', '--stats', 's.json', '-j', jobs]
      const { status, stdout, stderr } = command(args, { cwd })
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^softmax: in\.csv:601: .*\[E_TOO_MANY\]\n$/)])
      const { read, written, rejected } = JSON.parse(readFileSync(join(cwd, 's.json'), 'utf8'))
      const found = lines(cwd).length
      expect({ found, read, written, rejected }).toEqual({ found: 6, read: 600, written: 594, rejected: { E_CELL: 6 } })
      expect(stdout.split('\n').length - 2).toBe(written)
    },
  )

  it.each(['/dev/full', 'missing/r.ndjson'])('that cannot be written ends the run with 3: %s', (path) => {
    const cwd = folder({ 'in.csv': `${GOOD}8,x,1\n`, 'out.csv': 'old\n' })
    const { status, stderr } = command(['in.csv', '--rejects', path, '-o', 'out.csv'], { cwd })
    expect(stderr).toMatch(/^softmax: cannot write .* \[E_OUTPUT\]\n$/)
    expect(stderr).toContain(path)
    expect(status).toBe(3)
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe('old\n')
    expect(readdirSync(cwd).sort()).toEqual(['in.csv', 'out.csv'])
  })

  it('that becomes full ends the run with 3, and the old output stays', () => {
    const cwd = folder({ 'in.csv': GOOD + '8,x,1\n'.repeat(2000), 'out.csv': 'old\n' })
    const { status, stderr } = shell('ulimit -f 8; softmax in.csv --rejects r.ndjson -o out.csv', cwd)
    expect(stderr).toMatch(/^softmax: cannot write "r\.ndjson": .*\[E_OUTPUT\]\n$/)
    expect(status).toBe(3)
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe('old\n')
  })

  it.each([
    ['an input', 'in.csv'],
    ['an input, by a symbolic link', 'symbolic'],
    ['an input, by a hard link', 'hard'],
    ['the output', './out.csv'],
    ['the stats file', 'stats.json'],
  ])('is refused where it is %s, before anything is written', (_, path) => {
    const cwd = folder({ 'in.csv': GOOD })
    symlinkSync('in.csv', join(cwd, 'symbolic'))
    linkSync(join(cwd, 'in.csv'), join(cwd, 'hard'))
    const { status, stderr } = command(['in.csv', '--rejects', path, '-o', 'out.csv', '--stats', 'stats.json'], { cwd })
    expect(stderr).toMatch(/\[E_SAME_FILE\]\n$/)
    expect(status).toBe(2)
    expect(readdirSync(cwd).sort()).toEqual(['hard', 'in.csv', 'symbolic'])
    expect(readFileSync(join(cwd, 'in.csv'), 'utf8')).toBe(GOOD)
  })

  it('may be a pipe or a device', () => {
    const cwd = folder({ 'in.csv': `${GOOD}8,x,1\n` })
    const { status, stdout } = shell('{ softmax in.csv -q --rejects /dev/stderr 2>&1 >/dev/null; } | cat', cwd)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ row: 2, raw: '8,x,1' })
    expect(shell('softmax in.csv -q -o /dev/null --rejects /dev/null', cwd).status).toBe(0)
  })
})

describe('bad rows', () => {
  it('are one error where it is asked for both to fail and to go on', async () => {
    for (const args of [
      ['--rejects', 'r'],
      ['--max-errors', '1'],
    ]) {
      expect(command(['--on-error', 'fail', ...args], { stdin: GOOD, cwd: folder() })).toMatchObject({ status: 2 })
    }
    expect(() => score({ onError: 'fail', maxErrors: 1 })).toThrow(expect.objectContaining({ code: 'E_CONFLICT' }))
  })

  it('that are more than --max-errors end the run, with all that is before them written', async () => {
    const input = `${GOOD}8,x,1\n7,2,1\n9,,1\n`
    for (const lane of ['general', 'fast'] as const) {
      const options: ScoreOptions = { lane, maxErrors: 1, source: 'in.csv' }
      const { error, text } = await run(input, options)
      expect(error).toMatchObject({ code: 'E_TOO_MANY', status: 1, info: { line: 5, row: 4, most: 1 } })
      expect(text).toBe(`${SCORED}7,${P21},a\n`)
      expect((await run(input, { ...options, maxErrors: 2 })).error).toBeUndefined()
    }
    expect(
      (
        await predict(
          [
            [2, 1],
            ['x', 1],
          ],
          { maxErrors: 0 },
        )
      ).error,
    ).toMatchObject({ code: 'E_TOO_MANY' })
  })
})

describe('an input file that changes while it is read', () => {
  it.each([
    ['shrinks', 'truncate -s 9000019 in.csv'],
    ['grows', 'echo 7,2,1 >>in.csv'],
  ])('and %s ends the run with 3, after its rows', (_, change) => {
    const cwd = folder({ 'in.csv': HEADER + '7,2,1\n'.repeat(2_000_000) })
    const status = 'echo "$' + '{PIPESTATUS[0]}"'
    const { stdout, stderr } = shell(`softmax in.csv | (read line; ${change}; cat >/dev/null); ${status}`, cwd)
    expect(stdout).toBe('3\n')
    expect(stderr).toMatch(/^softmax: in\.csv: cannot read: it changed while it was read.* \[E_INPUT\]\n$/)
  })

  it.each([
    ['shrinks', 'truncate -s 2000000 in.csv'],
    ['grows', 'echo 7,2,1 >>in.csv'],
  ])('and %s leaves the old output as it was', (_, change) => {
    const cwd = folder({ 'in.csv': HEADER + `${'7,2,1\n'.repeat(99)}7,x,1\n`.repeat(10_000), 'out.csv': 'old\n' })
    // Waiting for a slow reader blocks the run.
    const line = `mkfifo r.pipe; softmax in.csv -q --rejects r.pipe -o out.csv & (read line; ${change}; cat >/dev/null) <r.pipe; wait $!`
    const { status, stderr } = shell(line, cwd)
    expect(stderr).toMatch(/^softmax: in\.csv: cannot read: it changed while it was read.* \[E_INPUT\]\n$/)
    expect(status).toBe(3)
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe('old\n')
    expect(readdirSync(cwd).sort()).toEqual(['in.csv', 'out.csv', 'r.pipe'])
  })

  it('is none where it is made up by the system, or a pipe', () => {
    const args = ['--no-header', '-l', '2', '-d', ' ']
    expect(command([...args, '/proc/uptime']).status).toBe(0)
    expect(shell('softmax <(echo logit_a,logit_b; echo 1,2)', folder()).status).toBe(0)
  })
})
