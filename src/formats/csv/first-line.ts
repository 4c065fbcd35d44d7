/** Skips what precedes the header of delimited text, and detects the delimiter and newline. */
import { type Dialect, fromBytes, toBytes } from '../../core/dialect.js'
import { OPTIONS, type SettingsOf } from '../../core/options.js'
import { byteOrderMark } from '../../io/byte-order-mark.js'
import { ByteQueue } from '../../io/byte-queue.js'
import { NewlineFinder } from './scanner.js'

/** The beginning of a text, from its header on, as far as it was read. */
interface FirstLine {
  bytes: Buffer
  dialect: Dialect
  /** The newlines and bytes before it: a BOM, skipped lines, a `sep=` line. */
  skipped: { lines: number; bytes: number }
}

/** Reads until the delimiter and newline are known, up to a limit. */
export async function readFirstLine(
  chunks: AsyncGenerator<Buffer>,
  requested: Omit<Dialect, 'newline'>,
  settings: SettingsOf<'bytes'>,
): Promise<FirstLine> {
  const buffered = new ByteQueue(1 << 16)
  const lines = new LineSkipper(settings.skipLines)
  let begun: { delimiter: string; finder: NewlineFinder } | undefined
  const skipped = { lines: settings.skipLines, bytes: 0 }
  const drop = (count: number) => {
    skipped.bytes += count
    buffered.drop(count)
  }
  for (;;) {
    const { done = false, value } = await chunks.next()
    if (value) buffered.append(value)
    if (!lines.done) drop(lines.pass(buffered.bytes, done))
    if (!lines.done && !done) continue
    const final = done || buffered.bytes.length > settings.maxRowBytes
    if (!begun) {
      const isStart = skipped.bytes === 0
      if (isStart && !final && mayBeByteOrderMark(buffered.bytes)) continue
      const markLength = isStart ? byteOrderMark(buffered.bytes) : 0
      const line = separatorLine(buffered.bytes.subarray(markLength), requested, final)
      if (!line) continue
      drop(markLength + line.length)
      if (line.length > 0) skipped.lines++
      const delimiter = settings.delimiter === undefined ? (line.delimiter ?? requested.delimiter) : requested.delimiter
      begun = { delimiter, finder: new NewlineFinder({ ...requested, delimiter }) }
    }
    const { delimiter, finder } = begun
    const newline = finder.find(buffered.bytes, final)
    if (newline || final)
      return { bytes: buffered.bytes, dialect: { ...requested, delimiter, newline: newline ?? '\n' }, skipped }
  }
}

/** Whether there are too few bytes to recognize a BOM. */
function mayBeByteOrderMark(start: Buffer): boolean {
  return start.length < 3 && [undefined, 0xef].includes(start[0])
}

/**
 * The `sep=;` line with which Excel declares a delimiter; its length is 0 if there is none. Undefined if more bytes are
 * needed.
 */
function separatorLine(
  bytes: Buffer,
  { quote, comment }: Pick<Dialect, 'quote' | 'comment'>,
  final: boolean,
): { delimiter?: string; length: number } | undefined {
  const text = bytes.toString('latin1', 0, LONGEST)
  const isComplete = final || text.length === LONGEST
  const [all, delimiterBytes = '', returns = '', newline] = /^"?sep=([^"\r\n]+)"?(\r*)(\n?)/i.exec(text) ?? []
  if (all === undefined) return isComplete || !mayBeSeparator(text) ? { length: 0 } : undefined
  if (newline === '' && all.length === text.length && !isComplete) return undefined
  const delimiter = fromBytes(delimiterBytes)
  const isOne = OPTIONS.delimiter.kind.accepts(delimiter) && ![quote, comment].includes(delimiterBytes)
  if (!isOne || (returns === '' && newline === '')) return { length: 0 }
  // A lone carriage return also ends the line; a second one belongs to the next line.
  const length = newline === '' ? all.length - returns.length + 1 : all.length
  return { delimiter: toBytes(delimiter), length }
}

function mayBeSeparator(text: string): boolean {
  return ['sep=', '"sep='].some((start) => start.startsWith(text.toLowerCase()) || text.toLowerCase().startsWith(start))
}

/** Longer than any such line. */
const LONGEST = 64

const LF = 10
const CR = 13

/**
 * Skips lines ended by `
 * `, `\r
 * ` or `\r`. Buffers at most the carriage returns before a possible `
 * `.
 */
class LineSkipper {
  #left: number

  constructor(count: number) {
    this.#left = count
  }

  get done(): boolean {
    return this.#left === 0
  }

  /** How many of the bytes belong to the skipped lines. */
  pass(bytes: Buffer, final: boolean): number {
    let at = 0
    for (; this.#left > 0; this.#left--) {
      const end = newlineEnd(bytes, at, final)
      if (end === undefined) return final ? bytes.length : returnsStart(bytes, at)
      at = end
    }
    return at
  }
}

/** The position after the first newline; undefined if there is none, or if more bytes are needed. */
function newlineEnd(bytes: Buffer, from: number, final: boolean): number | undefined {
  let at = from
  while (at < bytes.length && bytes[at] !== CR && bytes[at] !== LF) at++
  const first = at
  while (bytes[at] === CR) at++
  if (bytes[at] === LF) return at + 1
  return first === at || (at === bytes.length && !final) ? undefined : first + 1
}

function returnsStart(bytes: Buffer, from: number): number {
  let at = bytes.length
  while (at > from && bytes[at - 1] === CR) at--
  return at
}
