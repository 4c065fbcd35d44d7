/** The progress line: percent, rows, rate, time left. */
import type { SettingsOf } from '../core/options.js'
import { totalSize } from './inputs.js'

/** A line on a terminal that is rewritten in place. */
export interface Progress {
  update(bytes: number, rows: number): void
  /** Erases the line. */
  clear(): void
}

/** Milliseconds between updates. */
const INTERVAL = 200

/** A progress line on stderr, where it is asked for or of use: rows on the same terminal would run through it. */
export function progressOf(
  settings: SettingsOf<'command'>,
  inputs: readonly string[],
  apart = settings.output !== undefined || !process.stdout.isTTY,
): Progress | undefined {
  const asked = settings.progress ?? (!settings.quiet && apart)
  return asked && process.stderr.isTTY ? showProgress(process.stderr, totalSize(inputs)) : undefined
}

/** A progress line on `terminal`; `total` is the size of the input in bytes, if known. */
export function showProgress(terminal: NodeJS.WriteStream, total: number | undefined): Progress {
  const start = performance.now()
  let last = start
  return {
    update(bytes, rows) {
      const now = performance.now()
      if (now - last < INTERVAL) return
      last = now
      const line = progressLine({ bytes, rows, seconds: (now - start) / 1000, total })
      terminal.write(`\r${line.slice(0, (terminal.columns || 80) - 1)}\x1b[K`)
    },
    clear() {
      if (last !== start) terminal.write('\r\x1b[K')
    },
  }
}

interface State {
  bytes: number
  rows: number
  seconds: number
  total: number | undefined
}

/** `42%  420,000 rows  1,050,000 rows/s  0:01 left` */
export function progressLine({ bytes, rows, seconds, total }: State): string {
  const counts = [`${grouped(rows)} rows`, `${grouped(rows / seconds)} rows/s`]
  if (total === undefined || bytes === 0) return counts.join('  ')
  const done = Math.min(bytes / total, 1)
  return [`${Math.floor(done * 100)}%`, ...counts, `${clock((seconds * (1 - done)) / done)} left`].join('  ')
}

function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds)
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const padded = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${padded(minutes)}:${padded(rest)}` : `${minutes}:${padded(rest)}`
}
