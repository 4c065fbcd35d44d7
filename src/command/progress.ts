/** The progress line: percent, rows, rate, time left. */
import { fstatSync } from 'node:fs'
import type { SettingsOf } from '../core/options.js'
import { descriptorOf, STDOUT } from './descriptor.js'
import { totalSize } from './inputs.js'
import { eraseBefore } from './messages.js'

/** A line on a terminal that is redrawn, or lines in a log. */
export interface Progress {
  update(bytes: number, rows: number): void
  /** Erases the line. */
  clear(): void
}

/** Milliseconds between updates: of a redrawn line, of lines on a terminal that cannot redraw, and of log lines. */
const INTERVAL = 200
const LINE_INTERVAL = 5000
const LOG_INTERVAL = 10_000

/** Progress on stderr, if requested or useful. */
export function progressOf(
  settings: SettingsOf<'command'>,
  inputs: readonly string[] | (() => number),
  isElsewhere = showsRowsElsewhere(settings),
): Progress | undefined {
  const requested = settings.progress ?? (process.stderr.isTTY && !settings.quiet && isElsewhere)
  if (!requested) return undefined
  return showProgress(process.stderr, typeof inputs === 'function' ? inputs() : totalSize(inputs))
}

/**
 * Whether the rows go to a file: on the terminal they would interleave with the line, and the reader of a pipe, such as
 * less, may use the terminal.
 */
export function showsRowsElsewhere({ output }: Pick<SettingsOf<'command'>, 'output'>): boolean {
  if (output !== undefined && descriptorOf(output) !== STDOUT) return true
  try {
    const stdout = fstatSync(STDOUT)
    return !process.stdout.isTTY && !stdout.isFIFO() && !stdout.isSocket()
  } catch {
    return true
  }
}

/**
 * Progress on a terminal, according to its `TERM`, or in a log; `total` is the size of the input in bytes, if known.
 */
export function showProgress(
  stream: NodeJS.WriteStream,
  total: number | undefined,
  isDumb = process.env.TERM === 'dumb',
): Progress {
  const line = !stream.isTTY ? logLines(stream) : isDumb ? plainLines(stream) : redrawnLine(stream)
  let start = performance.now()
  let [drawn, pass] = [start, 1]
  let state = { bytes: 0, rows: 0 }
  const draw = () => {
    const now = performance.now()
    if (now - drawn < line.interval || now === start) return
    drawn = now
    const text = progressLine({ ...state, seconds: (now - start) / 1000, total })
    line.draw(pass > 1 ? `pass ${pass}  ${text}` : text)
  }
  // The timer shows that a stalled source is being waited for.
  const timer = setInterval(draw, line.interval / 4).unref()
  eraseBefore(line)
  return {
    update(bytes, rows) {
      // The inputs are read again.
      if (bytes < state.bytes) [start, pass] = [performance.now(), pass + 1]
      state = { bytes, rows }
      draw()
    },
    clear() {
      clearInterval(timer)
      line.erase()
      eraseBefore(undefined)
    },
  }
}

interface Line {
  interval: number
  draw(text: string): void
  erase(): void
}

/** One line per update, without control characters. */
function plainLines(terminal: NodeJS.WriteStream): Line {
  return { interval: LINE_INTERVAL, draw: (text) => void terminal.write(`${text}\n`), erase() {} }
}

/** Log lines, prefixed with the name of the program. */
function logLines(log: NodeJS.WriteStream): Line {
  return { interval: LOG_INTERVAL, draw: (text) => void log.write(`softmax: ${text}\n`), erase() {} }
}

/**
 * One line, truncated to the width of the terminal. If the terminal has become narrower, the previous line wraps onto
 * several.
 */
function redrawnLine(terminal: NodeJS.WriteStream): Line {
  let shown = 0
  const width = () => terminal.columns || 80
  const above = () => Math.max(0, Math.ceil(shown / width()) - 1)
  return {
    interval: INTERVAL,
    draw(text) {
      const fitting = text.slice(0, width() - 1)
      const lines = above()
      terminal.write(lines === 0 ? `\r${fitting}\x1b[K` : `\r\x1b[${lines}A${fitting}\x1b[J`)
      shown = fitting.length
    },
    erase() {
      const lines = above()
      if (shown > 0) terminal.write(lines === 0 ? '\r\x1b[K' : `\r\x1b[${lines}A\x1b[J`)
      shown = 0
    },
  }
}

interface State {
  bytes: number
  rows: number
  seconds: number
  total: number | undefined
}

/** `42%  420,000 rows  1,050,000 rows/s  0:01 left`; if the size is unknown, the elapsed time. */
export function progressLine({ bytes, rows, seconds, total }: State): string {
  const counts = [rowsText(rows), rateOf(rows, seconds)]
  if (!total || bytes === 0) return [...counts, clock(Math.floor(seconds))].join('  ')
  const done = Math.min(bytes / total, 1)
  return [`${Math.floor(done * 100)}%`, ...counts, `${clock((seconds * (1 - done)) / done)} left`].join('  ')
}

/** `420,000 rows` */
export function rowsText(rows: number): string {
  return `${grouped(rows)} row${rows === 1 ? '' : 's'}`
}

/** `1,050,000 rows/s` */
export function rateOf(rows: number, seconds: number): string {
  return `${grouped(rows / seconds)} rows/s`
}

/** `1,050,000`. Not by toLocaleString, whose first call loads all locale data, which takes 10 ms. */
export function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

function clock(seconds: number): string {
  const rounded = Math.ceil(seconds)
  const [hours, minutes, rest] = [Math.floor(rounded / 3600), Math.floor(rounded / 60) % 60, rounded % 60]
  const padded = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${padded(minutes)}:${padded(rest)}` : `${minutes}:${padded(rest)}`
}
