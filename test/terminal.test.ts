/** Terminal output: colours, the progress line, the closing line. The terminals are real ones, from script(1). */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { closingLine } from '../dist/command/closing-line.js'
import { eraseBefore } from '../dist/command/messages.js'
import { progressLine, showProgress } from '../dist/command/progress.js'
import { BIN, command, FAST_CLOCK, folder } from './support.js'

const ROWS = 'logit_a,logit_b\n0,0\n1,x\n'
const ESC = '\x1b'

/** What a shell command, in which `softmax` is the command, prints on a terminal. */
function onTerminal(line: string, cwd: string, env: NodeJS.ProcessEnv = {}): string {
  const script = `softmax() { '${process.execPath}' '${BIN}' "$@"; }; ${line}`
  const quoted = `'${script.replaceAll("'", `'\\''`)}'`
  const { FORCE_COLOR: _, NO_COLOR: __, ...inherited } = { FORCE_COLOR: '', NO_COLOR: '', ...process.env }
  const { stdout } = spawnSync('script', ['-qec', `bash -c ${quoted}`, '/dev/null'], {
    cwd,
    env: { ...inherited, TERM: 'xterm', ...env },
    encoding: 'utf8',
  })
  return stdout.replaceAll('\r\n', '\n')
}

describe('colours', () => {
  const failing = (env: NodeJS.ProcessEnv) => onTerminal('softmax missing.csv', folder(), env)
  const MESSAGE = 'missing.csv: cannot read: no such file or directory (ENOENT) [E_INPUT]\n'

  it('are on a terminal', () => {
    expect(failing({})).toBe(`${ESC}[31msoftmax:${ESC}[39m ${MESSAGE}`)
    expect(onTerminal('softmax --help', folder())).toMatch(`${ESC}[1mOutput${ESC}[22m`)
  })

  it.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }, { FORCE_COLOR: '0' }])('are not there with %j', (env) => {
    expect(failing(env)).toBe(`softmax: ${MESSAGE}`)
    expect(onTerminal('softmax --help', folder(), env)).not.toContain(ESC)
  })

  it('are elsewhere with FORCE_COLOR only, which NO_COLOR does not change', () => {
    expect(command(['missing.csv']).stderr).toBe(`softmax: ${MESSAGE}`)
    const { stderr } = command(['missing.csv'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })
    expect(stderr).toBe(`${ESC}[31msoftmax:${ESC}[39m ${MESSAGE}`)
    expect(command(['--help'], { env: { FORCE_COLOR: '1' } }).stdout).toContain(`${ESC}[1mOutput${ESC}[22m`)
  })

  it('do not change what a file or a pipe gets', () => {
    const cwd = folder({ 'in.csv': 'logit_a,logit_b\n0,0\n' })
    onTerminal('softmax in.csv > out.csv; softmax --help > help.txt', cwd)
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe('p_a,p_b,label\n0.5,0.5,a\n')
    expect(readFileSync(join(cwd, 'help.txt'), 'utf8')).not.toContain(ESC)
  })
})

describe('the closing line', () => {
  const plain = { NO_COLOR: '1' }
  const files = { 'in.csv': ROWS, 'good.csv': 'logit_a,logit_b,y\n0,0,a\n1,2,b\n' }

  it('says how many rows went where, how fast, and what became of the others', () => {
    const cwd = folder(files)
    const seen = onTerminal('softmax in.csv -o out.csv --rejects bad.ndjson', cwd, plain)
    const line = /^softmax: out\.csv: 1 of 2 rows in \d+\.\d\d s, \d+ rows\/s; 1 in bad\.ndjson\n$/
    expect(seen.replace(/^softmax: 1 of 2 rows rejected: 1 E_CELL\n/, '')).toMatch(line)
    expect(onTerminal('softmax good.csv > out.csv', cwd, plain)).toMatch(/^softmax: standard output: 2 rows in /)
    const calibrated = onTerminal('softmax calibrate good.csv --truth y -o c.json', cwd, plain)
    expect(calibrated).toMatch(/softmax: c\.json: 2 rows in /)
    // A row of equal logits and a correct row have their minimum mean log loss, log(2) / 2, at the lowest temperature.
    expect(calibrated).toMatch(/softmax: temperature \S+: log loss 0\.5032 -> 0\.3466, ECE \d\.\d{4} -> \d\.\d{4}\n/)
  })

  it.each([
    'softmax good.csv -o out.csv --quiet',
    'softmax good.csv -o out.csv 2>&1 | cat',
    'softmax good.csv > out.csv 2> log.txt',
    'softmax good.csv | cat > out.csv',
    'softmax good.csv | cat > out.csv; softmax good.csv -qo out.csv',
  ])('is not there where nobody sees it or wants it, or where a pipe has the rows: %s', (line) => {
    const cwd = folder(files)
    expect(onTerminal(line, cwd, plain)).toBe('')
    expect(existsSync(join(cwd, 'out.csv'))).toBe(true)
    if (existsSync(join(cwd, 'log.txt'))) expect(readFileSync(join(cwd, 'log.txt'), 'utf8')).toBe('')
  })

  it('is not among rows on the same terminal', () => {
    expect(onTerminal('softmax good.csv', folder(files), plain)).toBe(
      'y,p_a,p_b,label\na,0.5,0.5,a\nb,0.2689414213699951,0.7310585786300049,b\n',
    )
  })

  it('counts in groups of digits', () => {
    const done = { read: 1_234_567, written: 1_234_500, rejected: { E_CELL: 60, E_WIDTH: 7 } }
    const settings = { output: 'out.csv', rejects: undefined }
    expect(closingLine(settings, done, 12.34)).toBe(
      'out.csv: 1,234,500 of 1,234,567 rows in 12.3 s, 100,046 rows/s; 67 rejected',
    )
  })
})

describe('the progress line', () => {
  interface Shown {
    columns?: number
    isDumb?: boolean
    total?: number
    isTTY?: boolean
    /** The timer functions that use the test's clock. */
    intervals?: ('setInterval' | 'clearInterval')[]
  }

  /** A recording terminal or log, and a progress display on it, one second after its start. */
  function shown({ columns = 80, isDumb = false, total, isTTY = true, intervals = [] }: Shown) {
    vi.useFakeTimers({ toFake: ['performance', ...intervals] })
    onTestFinished(() => {
      vi.useRealTimers()
      eraseBefore(undefined)
    })
    const written: string[] = []
    const terminal = { columns, isTTY, write: (text: string) => written.push(text) }
    const progress = showProgress(terminal as unknown as NodeJS.WriteStream, total, isDumb)
    return { progress, terminal, written }
  }

  it('erases all that it took where the terminal became narrower', () => {
    const { progress, terminal, written } = shown({ total: 100 })
    vi.advanceTimersByTime(1000)
    progress.update(50, 123_456)
    expect(written).toEqual([`\r50%  123,456 rows  123,456 rows/s  0:01 left${ESC}[K`])
    terminal.columns = 20
    vi.advanceTimersByTime(1000)
    progress.update(60, 123_456)
    // 45 characters take three lines of 20.
    expect(written[1]).toBe(`\r${ESC}[2A60%  123,456 rows  ${ESC}[J`)
    terminal.columns = 80
    progress.clear()
    expect(written[2]).toBe(`\r${ESC}[K`)
  })

  it('is whole lines without control characters, and few, on a terminal that cannot redraw', () => {
    const { progress, written } = shown({ isDumb: true, total: 100 })
    for (let second = 0; second < 10; second++) {
      vi.advanceTimersByTime(1000)
      progress.update(10 * second, 1000 * second)
    }
    progress.clear()
    expect(written).toEqual(['40%  4,000 rows  800 rows/s  0:08 left\n', '90%  9,000 rows  900 rows/s  0:02 left\n'])
  })

  it('is a line every ten seconds in a log, without control characters', () => {
    const { progress, written } = shown({ isTTY: false, total: 100 })
    for (let second = 0; second < 25; second++) {
      vi.advanceTimersByTime(1000)
      progress.update(4 * second, 1000 * second)
    }
    progress.clear()
    expect(written).toEqual([
      'softmax: 36%  9,000 rows  900 rows/s  0:18 left\n',
      'softmax: 76%  19,000 rows  950 rows/s  0:07 left\n',
    ])
  })

  it('goes on in a log while the input has nothing to give', () => {
    const { progress, written } = shown({ isTTY: false, intervals: ['setInterval', 'clearInterval'] })
    vi.advanceTimersByTime(11_000)
    progress.update(20, 1)
    vi.advanceTimersByTime(21_000)
    progress.clear()
    vi.advanceTimersByTime(60_000)
    expect(written).toEqual([
      'softmax: 0 rows  0 rows/s  0:10\n',
      'softmax: 1 row  0 rows/s  0:20\n',
      'softmax: 1 row  0 rows/s  0:30\n',
    ])
  })

  it('counts the passes over inputs that are read again, each from its start', () => {
    const { progress, written } = shown({ total: 100 })
    for (const bytes of [50, 100, 25, 75, 20]) {
      vi.advanceTimersByTime(1000)
      progress.update(bytes, bytes)
    }
    vi.advanceTimersByTime(1000)
    progress.update(40, 40)
    expect(written.map((text) => text.replace(`${ESC}[K`, '').slice(1))).toEqual([
      '50%  50 rows  50 rows/s  0:01 left',
      '100%  100 rows  50 rows/s  0:00 left',
      'pass 2  75%  75 rows  75 rows/s  0:01 left',
      'pass 3  40%  40 rows  40 rows/s  0:02 left',
    ])
  })

  it('is erased before a message, once', () => {
    const { progress, written } = shown({})
    vi.advanceTimersByTime(1000)
    progress.update(50, 1000)
    expect(written).toEqual([`\r1,000 rows  1,000 rows/s  0:01${ESC}[K`])
    progress.clear()
    progress.clear()
    expect(written).toHaveLength(2)
  })

  it('has no percentage of an input whose size is not known, or nothing', () => {
    const state = { bytes: 10, rows: 5, seconds: 61, total: undefined }
    expect(progressLine(state)).toBe('5 rows  0 rows/s  1:01')
    expect(progressLine({ ...state, total: 0 })).toBe('5 rows  0 rows/s  1:01')
  })

  /** Enough rows for several updates in the general lane, if the clock is fast. */
  const many = `logit_a,logit_b\n${'1,2\n'.repeat(60_000)}`

  it.each([
    ['two files', 'softmax in.csv in.csv -o out.csv', /\r\d+% {2}[\d,]+ rows {2}[\d,]+ rows\/s {2}\d:\d\d left<erase>/],
    ['a pipe', 'cat in.csv | softmax -o out.csv', /\r[\d,]+ rows {2}[\d,]+ rows\/s {2}\d:\d\d<erase>/],
    [
      'a file and a pipe',
      'cat in.csv | softmax in.csv - > out.csv',
      /\r[\d,]+ rows {2}[\d,]+ rows\/s {2}\d:\d\d<erase>/,
    ],
  ])('of %s is drawn, and erased before the closing line', (_, line, expected) => {
    const cwd = folder({ 'in.csv': many })
    const env = { NO_COLOR: '1', ...FAST_CLOCK }
    const seen = onTerminal(`${line} --lane general`, cwd, env).replaceAll(`${ESC}[K`, '<erase>')
    expect(seen).toMatch(expected)
    expect(seen).toMatch(/\r<erase>softmax: \S+( output)?: [\d,]+ rows in [^\r]+\n$/)
    expect(seen).not.toContain(ESC)
  })

  it('is not drawn over what reads the rows, unless it is asked for', () => {
    const cwd = folder({ 'in.csv': many })
    const reader = 'cat > out.csv'
    const env = { NO_COLOR: '1', ...FAST_CLOCK }
    expect(onTerminal(`softmax in.csv --lane general | ${reader}`, cwd, env)).toBe('')
    expect(onTerminal(`softmax in.csv --lane general --progress | ${reader}`, cwd, env)).toMatch(/\r\d+% /)
  })

  it('is in a log only where it is asked for, and ends with what was done', () => {
    const cwd = folder({ 'in.csv': ROWS })
    const args = ['in.csv', '-o', 'out.csv', '--rejects', 'bad.ndjson']
    const LEFT_OUT = 'softmax: 1 of 2 rows rejected: 1 E_CELL\n'
    expect(command(args, { cwd }).stderr).toBe(LEFT_OUT)
    const { stderr } = command([...args, '--progress'], { cwd })
    expect(stderr.replace(LEFT_OUT, '')).toMatch(
      /^softmax: out\.csv: 1 of 2 rows in \d+\.\d\d s, \d+ rows\/s; 1 in bad\.ndjson\n$/,
    )
  })

  it('has no control characters where TERM is dumb', () => {
    const env = { TERM: 'dumb', ...FAST_CLOCK }
    const seen = onTerminal('softmax in.csv --lane general -o out.csv', folder({ 'in.csv': many }), env)
    expect(seen).toMatch(/softmax: out\.csv: 60,000 rows in [^\r]+\n$/)
    expect(seen).not.toMatch(/[^ -~\n]/)
  })
})
