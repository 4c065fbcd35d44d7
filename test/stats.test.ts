import { once } from 'node:events'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { softmax, write } from 'softmax-stream'
import { describe, expect, it } from 'vitest'
import { P21, run } from './streams.js'
import { command, folder, shell, start } from './support.js'

const HEADER = 'id,logit_a,logit_b\n'
const GOOD = `${HEADER}7,2,1\n`
const SCORED = `id,p_a,p_b,label\n7,${P21},a\n`
const BAD = `${GOOD}8,x,1\n`
const OLD = 'what was there before\n'

const contentOf = (cwd: string, name: string) => readFileSync(join(cwd, name), 'utf8')
const statsIn = (cwd: string) => JSON.parse(contentOf(cwd, 'stats.json'))

describe('rows written as NaN', () => {
  // A NaN, an infinity, only -inf: three of five rows, next to a bad one.
  const ROWS = 'logit_a,logit_b\n2,1\nnan,1\nx,1\ninf,1\n-inf,-inf\n1,-inf\n'
  const PROPAGATE = { nonfinite: 'propagate', onError: 'skip' } as const

  it('are counted in every lane and format, and where rows are bad', async () => {
    const [lines, typed] = await Promise.all([
      run('{"logits":[2,1]}\n{"logits":[NaN,1]}\n{"logits":[-Infinity,-Infinity]}\n', {
        ...PROPAGATE,
        from: 'ndjson',
      }),
      run(ROWS.replace('x,1\n', ''), { ...PROPAGATE, emit: 'logsumexp', to: 'parquet' }),
    ])
    expect(lines.stats).toMatchObject({ read: 3, nan: 2 })
    // logsumexp is 2.3, nan, inf, -inf and 1; its sigmoid, by numpy, is 0.91, nan, 1, 0 and 0.73.
    const table = await run(typed.bytes, {
      ...PROPAGATE,
      from: 'parquet',
      to: 'csv',
      logits: 'logsumexp',
      op: 'sigmoid',
    })
    expect(table.stats).toMatchObject({ lane: 'table', read: 5, written: 5, nan: 1 })
    for (const lane of ['fast', 'general'] as const) {
      for (const options of [{}, { emit: 'probs' }, { op: 'log-softmax' }, { to: 'arrow' }, { jobs: 1 }] as const) {
        const { stats } = await run(ROWS, { ...PROPAGATE, ...options, lane })
        expect(stats).toMatchObject({ read: 6, written: 5, nan: 3, rejected: { E_CELL: 1 } })
      }
      expect((await run(GOOD, { ...PROPAGATE, lane })).stats).not.toHaveProperty('nan')
    }
  })

  it('are counted in objects', async () => {
    const stream = softmax({ nonfinite: 'propagate' })
    await Readable.from([
      [Number.NaN, 1],
      [2, 1],
    ])
      .compose(stream)
      .toArray()
    expect(stream.stats).toMatchObject({ read: 2, written: 2, nan: 1 })
  })

  it('are printed at the end, unless --quiet, and are in the statistics', () => {
    const cwd = folder({ 'in.csv': ROWS.replace('x,1\n', '') })
    const args = ['in.csv', '--nonfinite', 'propagate', '-o', 'out.csv', '--stats', 'stats.json']
    expect(command(args, { cwd })).toMatchObject({ status: 0, stderr: 'softmax: 3 of 5 rows written as NaN\n' })
    expect(statsIn(cwd)).toMatchObject({ read: 5, written: 5, rejected: {}, nan: 3 })
    expect(command([...args, '-q'], { cwd })).toMatchObject({ status: 0, stderr: '' })
  })

  it('are counted over the parts of a folder, also of an earlier run', () => {
    const cwd = folder()
    mkdirSync(join(cwd, 'parts'))
    writeFileSync(join(cwd, 'parts/a.csv'), ROWS.replace('x,1\n', ''))
    writeFileSync(join(cwd, 'parts/b.csv'), 'logit_a,logit_b\nnan,1\n')
    const args = ['parts/', '-o', 'out/', '--nonfinite', 'propagate', '--resume']
    for (const _ of ['first', 'again']) {
      expect(command(args, { cwd }).stderr).toContain('softmax: 4 of 6 rows written as NaN\n')
    }
  })
})

describe('--stats', () => {
  it('is one line of JSON, in one order, of all inputs together', () => {
    const cwd = folder({ 'a.csv': BAD, 'b.csv': `${BAD}9,,1\n`, 'stats.json': OLD })
    const args = ['a.csv', 'b.csv', '--on-error', 'skip', '-q', '--stats', 'stats.json']
    expect(command(args, { cwd })).toMatchObject({ status: 0, stderr: '' })
    expect(contentOf(cwd, 'stats.json')).toMatch(
      /^\{"read":5,"written":2,"abstained":0,"rejected":\{"E_CELL":2,"E_MISSING":1\},"bytes":67,"seconds":\d+(\.\d+)?,"lane":"fast"\}\n$/,
    )
    expect(readdirSync(cwd).sort()).toEqual(['a.csv', 'b.csv', 'stats.json'])
  })

  it.each(['parquet', 'arrow'])('counts the bytes of a file of %s, which is not read in order', (format) => {
    const rows = Array.from({ length: 60_000 }, (_, row) => `${row % 997},${row / 7}\n`).join('')
    const cwd = folder({ 'in.csv': `logit_a,logit_b\n${rows}` })
    const first = command(['in.csv', '--emit', 'probs', '-o', `in.${format}`, '-q'], { cwd })
    const second = command([`in.${format}`, '--logits', 'p_a,p_b', '-o', 'out.csv', '--stats', 'stats.json', '-q'], {
      cwd,
    })
    expect([first.status, second.status]).toEqual([0, 0])
    expect(statsIn(cwd).bytes).toBe(statSync(join(cwd, `in.${format}`)).size)
  })

  it('has the seconds that the command took', async () => {
    const cwd = folder()
    const { child, ended } = start(['--stats', 'stats.json'], cwd)
    await wait(1200)
    child.stdin.end(GOOD)
    expect((await ended).status).toBe(0)
    expect(statsIn(cwd).seconds).toBeGreaterThan(0.3)
    expect(statsIn(cwd).seconds).toBeLessThan(60)
  })

  it.each([
    ['fast', GOOD, []],
    ['general', GOOD, ['--lane', 'general']],
    ['fast', GOOD.replaceAll('\n', '\r'), []],
    ['general', GOOD, ['--quote', "'"]],
    [null, '', []],
  ])('has the lane: %s', (lane, stdin, args) => {
    const cwd = folder()
    expect(command([...args, '--stats', 'stats.json'], { cwd, stdin }).status).toBe(0)
    expect(statsIn(cwd).lane).toBe(lane)
  })

  it('has the slowest lane that one of the inputs went to', async () => {
    const rows = Readable.from([{ id: '7', logit_a: 2, logit_b: 1 }]).compose(write('parquet'))
    const cwd = folder({ 'a.csv': GOOD })
    writeFileSync(join(cwd, 'b.parquet'), Buffer.concat(await rows.toArray()))
    for (const inputs of [
      ['a.csv', 'b.parquet'],
      ['b.parquet', 'a.csv'],
    ]) {
      expect(command([...inputs, '-t', 'csv', '--stats', 'stats.json'], { cwd }).status).toBe(0)
      expect(statsIn(cwd)).toMatchObject({ read: 2, written: 2, lane: 'table' })
    }
  })

  it('is written through a symbolic link, and to a pipe', () => {
    const cwd = folder({ 'in.csv': GOOD })
    symlinkSync('stats.json', join(cwd, 'link.json'))
    expect(command(['in.csv', '--stats', 'link.json'], { cwd }).status).toBe(0)
    expect(lstatSync(join(cwd, 'link.json')).isSymbolicLink()).toBe(true)
    expect(statsIn(cwd).read).toBe(1)
    const { status, stdout } = shell('mkfifo pipe; cat pipe & softmax in.csv -o out.csv --stats pipe && wait', cwd)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ read: 1, written: 1 })
    const reported = shell('softmax in.csv --stats /dev/stderr 2>&1 >out.csv | cat', cwd)
    expect(JSON.parse(reported.stdout)).toMatchObject({ read: 1, written: 1 })
    expect(contentOf(cwd, 'out.csv')).toBe(SCORED)
  })
})

describe('--stats of a run that failed', () => {
  it.each([
    ['E_CELL', 1, BAD, [], { read: 2, written: 1, rejected: { E_CELL: 1 }, bytes: 31, lane: 'fast' }],
    ['E_NO_ROWS', 1, `${HEADER}8,x,1\n`, ['--on-error', 'skip'], { read: 1, written: 0, rejected: { E_CELL: 1 } }],
    ['E_COLUMNS', 2, 'id,a,b\n1,2,3\n', [], { read: 0, written: 0, abstained: 0, rejected: {}, lane: null }],
    ['E_INPUT', 3, GOOD, ['-', 'missing.csv'], { read: 0, written: 0, bytes: 0, lane: null }],
    ['E_OUTPUT', 3, GOOD, ['-o', 'missing/out.csv'], { read: 0, written: 0, bytes: 0, lane: null }],
    ['E_OUTPUT', 3, GOOD, ['-o', '/dev/full'], { bytes: 25, lane: 'fast' }],
  ])('has the code of its error, %s, and what was done', (error, status, stdin, args, stats) => {
    const cwd = folder({ 'stats.json': OLD })
    const result = command([...args, '--stats', 'stats.json'], { cwd, stdin })
    expect(result.stderr).toMatch(new RegExp(`^softmax: [^\\n]+ \\[${error}\\]\\n$`))
    expect(result.status).toBe(status)
    expect(statsIn(cwd)).toMatchObject({ ...stats, error })
    expect(readdirSync(cwd)).toEqual(['stats.json'])
  })

  describe('before it started', () => {
    const ZERO = { read: 0, written: 0, abstained: 0, rejected: {}, bytes: 0, lane: null }
    const EMPTY = 'empty/'
    /** A folder with an input, its outputs, and the statistics of the run that wrote them. */
    const scoredOnce = () => {
      const cwd = folder({ 'in.csv': GOOD, 'file.gz': 'x' })
      for (const name of ['in', 'empty', 'other', 'deep/er']) mkdirSync(join(cwd, name), { recursive: true })
      for (const path of ['in/a.csv', 'other/b.csv', 'deep/er/c.csv']) writeFileSync(join(cwd, path), GOOD)
      expect(command(['in/', '-o', 'out/', '-q', '--stats', 'stats.json'], { cwd }).status).toBe(0)
      expect(statsIn(cwd)).toMatchObject({ read: 1, written: 1 })
      expect(statsIn(cwd)).not.toHaveProperty('error')
      return cwd
    }

    it.each([
      ['E_INPUT', 'an empty folder', [EMPTY, '-o', 'new/']],
      ['E_INPUT', 'a missing folder', ['missing/', '-o', 'new/']],
      ['E_RESUME', 'a foreign file in the output', ['other/', '-o', 'out/', '--resume']],
      ['E_RESUME', 'other options', ['in/', '-o', 'out/', '--resume', '-T', '2']],
      ['E_RESUME', 'an output of another run', ['in/', '-o', 'out/']],
      ['E_PARTS', 'two parts of one name', ['in/a.csv', 'in/a.csv', '-o', 'new/']],
      ['E_OUTPUT', 'a folder that cannot be made', ['in/', '-o', 'in.csv/new/']],
      ['E_INPUT', 'an empty folder, to one file', [EMPTY, '-o', 'new.csv']],
      ['E_PARTS', 'parts in a folder within one, to one file', ['deep/', '-o', 'new.csv']],
      ['E_INPUT', 'a missing input, to one file', ['missing.csv', '-o', 'new.csv']],
      ['E_OUTPUT', 'no folder for the file', ['in.csv', '-o', 'missing/new.csv']],
      ['E_OUTPUT', 'a file that is kept', ['in.csv', '-o', 'file.gz', '-t', 'csv', '--no-clobber']],
    ])('has the code %s and no counts: %s', (error, _, args) => {
      const cwd = scoredOnce()
      const { status, stderr } = command([...args, '--stats', 'stats.json'], { cwd })
      expect(stderr).toMatch(new RegExp(`^softmax: [^\\n]+ \\[${error}\\]\\n$`))
      expect(status).toBeGreaterThan(0)
      expect(statsIn(cwd)).toMatchObject({ ...ZERO, error })
    })

    it('has the code where an output exists that is kept', () => {
      const cwd = scoredOnce()
      mkdirSync(join(cwd, 'kept'))
      writeFileSync(join(cwd, 'kept/a.csv'), OLD)
      command(['in/', '-o', 'kept/', '--no-clobber', '--stats', 'stats.json'], { cwd })
      expect(statsIn(cwd)).toMatchObject({ ...ZERO, error: 'E_OUTPUT' })
      expect(contentOf(cwd, 'kept/a.csv')).toBe(OLD)
    })

    it.each([
      ['invalid options', ['in/', '-o', 'out/', '--resume', '--no-clobber']],
      ['an unknown option', ['in.csv', '--nonsense']],
      ['a dry run', [EMPTY, '-o', 'new/', '--dry-run']],
      ['an evaluation', ['evaluate', EMPTY, '--truth', 'y']],
      ['a file that is an input, too', ['in.csv', '-o', './stats.json']],
    ])('is unchanged by %s', (_, args) => {
      const cwd = scoredOnce()
      const before = contentOf(cwd, 'stats.json')
      expect(command([...args, '--stats', 'stats.json'], { cwd }).status).toBeGreaterThan(0)
      expect(contentOf(cwd, 'stats.json')).toBe(before)
    })

    it.each([
      ['in/a.csv', ['in/', 'deep/', '-o', 'new.csv']],
      ['in/a.csv', ['in/a.csv', 'deep/', '-o', 'new.csv']],
      ['deep/er/c.csv', ['deep/', '-o', 'new.csv']],
      ['in/a.csv', ['in/', '-o', 'new/']],
      ['link.json', ['in/', 'missing/', '-o', 'new/']],
      ['out.csv', ['deep/', '-o', 'out.csv']],
    ])('does not replace data: %s', (path, args) => {
      const cwd = scoredOnce()
      symlinkSync('in/a.csv', join(cwd, 'link.json'))
      writeFileSync(join(cwd, 'out.csv'), GOOD)
      expect(command([...args, '--stats', path], { cwd }).stderr).toMatch(/\[E_(INPUT|PARTS|SAME_FILE)\]\n$/)
      expect(contentOf(cwd, path)).toBe(GOOD)
    })

    it('replaces statistics in a folder of inputs', () => {
      const cwd = scoredOnce()
      expect(command(['in/', '-o', 'new/', '-q', '--stats', 'in/stats.json'], { cwd }).status).toBe(0)
      expect(command(['in/', '-o', 'new/', '--stats', 'in/stats.json'], { cwd }).status).toBe(2)
      expect(JSON.parse(contentOf(cwd, 'in/stats.json'))).toMatchObject({ ...ZERO, error: 'E_RESUME' })
    })

    it('is reported where it cannot be written, after which the error counts', () => {
      const { status, stderr } = command([EMPTY, '-o', 'new/', '--stats', 'missing/s.json'], { cwd: scoredOnce() })
      expect(stderr).toMatch(
        /^softmax: cannot write "missing[^\n]+ \[E_OUTPUT\]\nsoftmax: empty\/: [^\n]+ \[E_INPUT\]\n$/,
      )
      expect(status).toBe(3)
    })
  })

  it('counts the inputs before the one that failed, and what was done of it', () => {
    const cwd = folder({ 'a.csv': GOOD, 'b.csv': BAD })
    expect(command(['a.csv', 'b.csv', '--stats', 'stats.json'], { cwd }).status).toBe(1)
    expect(statsIn(cwd)).toMatchObject({ read: 3, written: 2, rejected: { E_CELL: 1 }, bytes: 56, error: 'E_CELL' })
  })

  it('is there when the reader of standard output has left', () => {
    const cwd = folder()
    const line = 'yes 2,1 | softmax --no-header -l 1- --stats stats.json | head -n 1; echo "$' + '{PIPESTATUS[1]}"'
    expect(shell(line, cwd)).toMatchObject({ stdout: `${P21},0\n141\n`, stderr: '' })
    expect(statsIn(cwd)).toMatchObject({ error: 'E_OUTPUT', lane: 'fast' })
  })

  it('does not say that all went well where the output could not take its place', async () => {
    const cwd = folder()
    const { child, ended } = start(['-o', 'out.csv', '--stats', 'stats.json'], cwd)
    child.stdin.write(GOOD)
    // Statistics are opened first: before the output has a temporary file, it may not be a file.
    // In this order, as the temporary file of the statistics is there before them.
    while (!existsSync(join(cwd, 'stats.json')) || !readdirSync(cwd).some((name) => name.endsWith('.tmp')))
      await wait(5)
    mkdirSync(join(cwd, 'out.csv'))
    child.stdin.end()
    const { status, stderr } = await ended
    expect(stderr).toMatch(/^softmax: cannot write "out\.csv": [^\n]+ \[E_OUTPUT\]\n$/)
    expect(status).toBe(3)
    expect(statsIn(cwd)).toMatchObject({ read: 1, written: 1, error: 'E_OUTPUT' })
    expect(readdirSync(cwd).sort()).toEqual(['out.csv', 'stats.json'])
  })

  it.each([0, 1, 2, 3])('is written where a second SIGINT follows the first at once, after %d ms', async (delay) => {
    const cwd = folder()
    const { child, ended } = start(['--stats', 'stats.json', '-o', 'out.csv'], cwd)
    child.stdin.write(GOOD)
    while (!(existsSync(join(cwd, 'stats.json')) && readdirSync(cwd).length > 1)) await wait(5)
    child.kill('SIGINT')
    await wait(delay)
    child.kill('SIGINT')
    expect((await ended).signal).toBe('SIGINT')
    expect(readdirSync(cwd)).toEqual(['stats.json'])
    expect(statsIn(cwd)).toMatchObject({ error: 'unfinished' })
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)('says that it is unfinished where %s ends the run', async (signal) => {
    const cwd = folder({ 'stats.json': OLD, 'metrics.json': OLD })
    const args = ['--stats', 'stats.json', '--truth', 'id', '--labels', '7,8', '--metrics', 'metrics.json']
    const { child, ended } = start([...args, '-l', 'logit_a,logit_b'], cwd)
    child.stdin.write(GOOD)
    await once(child.stdout, 'data')
    child.kill(signal)
    expect(await ended).toMatchObject({ signal, stderr: '' })
    const rows = signal === 'SIGTERM' ? 1 : 0
    expect(statsIn(cwd)).toMatchObject({ read: rows, written: rows, error: 'unfinished' })
    // The metrics are those of the rows in place, like the output.
    expect(contentOf(cwd, 'metrics.json')).toBe(OLD)
    if (signal === 'SIGTERM') expect(readdirSync(cwd).sort()).toEqual(['metrics.json', 'stats.json'])
  })
})

describe('--stats that cannot be written', () => {
  it.each(['missing/stats.json', 'in.csv/stats.json'])('ends with status 3 before anything is done: %s', (name) => {
    const cwd = folder({ 'in.csv': GOOD })
    const { status, stdout, stderr } = command(['in.csv', '--stats', name], { cwd })
    expect(stderr).toMatch(/^softmax: cannot write [^\n]+ \[E_OUTPUT\]\n$/)
    expect(stderr).toContain(name)
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
    expect(readdirSync(cwd)).toEqual(['in.csv'])
  })

  it('ends with status 3 where there is no space, and leaves the old output', () => {
    const cwd = folder({ 'in.csv': GOOD, 'out.csv': OLD })
    const { status, stderr } = command(['in.csv', '-o', 'out.csv', '--stats', '/dev/full'], { cwd })
    expect(stderr).toMatch(/^softmax: cannot write "\/dev\/full": [^\n]+ \[E_OUTPUT\]\n$/)
    expect(status).toBe(3)
    expect(contentOf(cwd, 'out.csv')).toBe(OLD)
    expect(readdirSync(cwd).sort()).toEqual(['in.csv', 'out.csv'])
  })

  it('is reported after the error that the run ended with, whose status counts', () => {
    const { status, stderr } = command(['--stats', '/dev/full'], { stdin: BAD })
    expect(stderr).toMatch(/^softmax: cannot write [^\n]+ \[E_OUTPUT\]\nsoftmax: stdin:3: [^\n]+ \[E_CELL\]\n$/)
    expect(status).toBe(1)
  })
})

describe('--stats is refused', () => {
  it.each([
    ['where it is an input', 'in.csv', []],
    ['where it is an input by another name', './x/../in.csv', []],
    ['where it is an input by a symbolic link', 'symbolic', []],
    ['where it is an input by a hard link', 'hard', []],
    ['where it is the output', 'out.csv', ['-o', 'out.csv']],
    ['where it is the output by a hard link', 'out-hard', ['-o', 'out.csv']],
    ['where it is the output, which is still to be made', 'new.csv', ['-o', './x/../new.csv']],
    ['where it is the output by a symbolic link that leads nowhere yet', 'new-link', ['-o', 'new.csv']],
  ])('%s', (_, stats, args) => {
    const cwd = folder({ 'in.csv': GOOD, 'out.csv': OLD })
    mkdirSync(join(cwd, 'x'))
    symlinkSync('in.csv', join(cwd, 'symbolic'))
    symlinkSync('new.csv', join(cwd, 'new-link'))
    linkSync(join(cwd, 'in.csv'), join(cwd, 'hard'))
    linkSync(join(cwd, 'out.csv'), join(cwd, 'out-hard'))
    const before = readdirSync(cwd)
    const { status, stdout, stderr } = command(['in.csv', ...args, '--stats', stats], { cwd })
    expect(stderr).toMatch(/^softmax: the stats file "[^\n]+" is (an input|the output); [^\n]+ \[E_SAME_FILE\]\n$/)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(readdirSync(cwd)).toEqual(before)
    expect([contentOf(cwd, 'in.csv'), contentOf(cwd, 'out.csv')]).toEqual([GOOD, OLD])
  })

  it('where it is standard input or output', () => {
    const cwd = folder({ 'in.csv': GOOD })
    for (const line of ['softmax --stats in.csv <in.csv', 'softmax in.csv --stats out.csv >out.csv']) {
      const { status, stderr } = shell(line, cwd)
      expect(stderr).toMatch(/^softmax: the stats file [^\n]+ \[E_SAME_FILE\]\n$/)
      expect(status).toBe(2)
    }
    expect(contentOf(cwd, 'in.csv')).toBe(GOOD)
  })
})
