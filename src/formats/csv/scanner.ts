/** Finds the boundaries of rows in delimited text. */
import { type Dialect, isEscaped } from '../../core/dialect.js'

const LF = 10
const CR = 13

/** The byte range of a row in a block, including its newline. */
export interface ByteRange {
  start: number
  end: number
}

/** The error for a row with an unclosed quote. */
export const NOT_CLOSED = 'a quote is not closed; write a quote inside a cell as two quotes'

/** The byte range of each row in a block, without blank lines and comments. */
export function* rowRanges(block: Buffer, dialect: Dialect): Generator<ByteRange> {
  const scanner = new Scanner(dialect)
  for (let start = 0; start < block.length; ) {
    const end = scanner.rowEnd(block, true)
    if (!isSkipped(block, start, dialect)) yield { start, end }
    start = end
  }
}

/** The number of newlines, including quoted ones. */
export function countLines(bytes: Buffer, { newline }: Dialect): number {
  let count = 0
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) count++
  return count
}

/** The end of a row without its newline: a line feed and all carriage returns before it, as some programs write two. */
export function textEnd(block: Buffer, { start, end }: ByteRange, { newline }: Dialect): number {
  let at = end
  if (at === start || block[at - 1] !== newline.charCodeAt(0)) return at
  at--
  if (newline === '\n') while (at > start && block[at - 1] === CR) at--
  return at
}

/** Whether a line is a comment or blank; if blanks are trimmed, a line of blanks is blank. */
function isSkipped(block: Buffer, start: number, dialect: Dialect): boolean {
  const { comment, newline } = dialect
  if (comment !== undefined && block[start] === comment.charCodeAt(0)) return true
  let at = start
  if (dialect.blanks !== 'keep') {
    while (isBlank(block[at], dialect)) at++
    if (at === block.length) return true
  }
  if (newline === '\n') while (block[at] === CR) at++
  return block[at] === newline.charCodeAt(0)
}

/** Whether a byte is a space or tab that is not part of the delimiter. */
export function isBlank(
  byte: number | undefined,
  { blanks, delimiter }: Pick<Dialect, 'blanks' | 'delimiter'>,
): boolean {
  if (byte !== SPACE && byte !== TAB) return false
  return blanks === 'delimit' || !delimiter.includes(String.fromCharCode(byte))
}

const SPACE = 32
const TAB = 9

/**
 * The distance to scan byte by byte: quotes are often close, and the cost of a call to indexOf is that of as many
 * bytes.
 */
const NEAR = 32

/** The first position of a byte in `from`..`to`; `to` if there is none. */
function find(bytes: Buffer, byte: number, from: number, to = bytes.length): number {
  if (byte === NO_QUOTE) return to
  const near = Math.min(from + NEAR, to)
  for (let at = from; at < near; at++) if (bytes[at] === byte) return at
  const found = near < to ? bytes.subarray(near, to).indexOf(byte) : -1
  return found < 0 ? to : near + found
}

/** The last position of a byte in `from`..`to`; -1 if there is none. */
function findLast(bytes: Buffer, byte: number, from: number, to: number): number {
  const near = Math.max(from, to - NEAR)
  for (let at = to - 1; at >= near; at--) if (bytes[at] === byte) return at
  const found = from < near ? bytes.subarray(from, near).lastIndexOf(byte) : -1
  return found < 0 ? -1 : from + found
}

/** The quote byte of a dialect without quotes. */
const NO_QUOTE = -1

/** Finds row ends. It keeps its state, so no byte is scanned twice. */
export class Scanner {
  readonly #dialect: Pick<Dialect, 'blanks' | 'delimiter'>
  readonly #delimiter: Buffer
  readonly #quoteByte: number
  readonly #escape: number
  readonly #comment: number
  readonly #newline: number
  /** Whether an escaped newline is part of a cell, as in PostgreSQL and MySQL. */
  readonly #escapesNewlines: boolean
  #at = 0
  /** The start of the current row, and how far it was searched for a delimiter. */
  #row = 0
  #sought = 0
  /** The position of the open quote, or -1; and the end of its line, or 0 if unknown. */
  quote = -1
  lineEnd = 0
  /** Whether {@link lastRowEnd} ended at a line with an invalid quote, far beyond which bytes may have been searched. */
  isEarly = false

  constructor({ delimiter, quote, escape, comment, newline, blanks }: Dialect) {
    this.#dialect = { blanks, delimiter }
    this.#delimiter = Buffer.from(delimiter, 'latin1')
    this.#quoteByte = quote === '' ? NO_QUOTE : quote.charCodeAt(0)
    this.#escape = escape.charCodeAt(0)
    this.#comment = comment?.charCodeAt(0) ?? -1
    this.#newline = newline.charCodeAt(0)
    this.#escapesNewlines = isEscaped({ quote, escape })
  }

  /**
   * The end of the last complete row, or of the first line with an invalid quote; 0 if there is none. Jumps from quote to
   * quote, skipping all rows in between.
   */
  lastRowEnd(bytes: Buffer): number {
    let last = 0
    this.isEarly = false
    for (;;) {
      if (this.quote >= 0) {
        const behind = this.#passQuotes(bytes, false)
        if (behind === 'nothing') return last
        if (behind === 'end') continue
        this.isEarly = true
        return this.#endRow(this.lineEnd)
      }
      const quote = find(bytes, this.#quoteByte, this.#at)
      const newline = this.#lastNewline(bytes, quote)
      if (newline >= 0) last = this.#endRow(newline + 1)
      if (quote < bytes.length && bytes[this.#row] === this.#comment) {
        const end = find(bytes, this.#newline, quote)
        if (end < bytes.length) last = this.#endRow(end + 1)
        else this.#at = end
      } else this.#meet(bytes, quote)
      if (this.#at === bytes.length && this.quote < 0) return last
    }
  }

  /** The end of the next row; 0 if not known yet. `final` means that no more bytes follow. */
  rowEnd(bytes: Buffer, final: boolean): number {
    for (let end = -1; ; ) {
      if (this.quote >= 0) {
        const behind = this.#passQuotes(bytes, final)
        if (behind === 'nothing' && !final) return 0
        if (behind !== 'end') return this.#endRow(this.lineEnd || bytes.length)
      }
      if (end < this.#at) end = find(bytes, this.#newline, this.#at)
      const isComment = bytes[this.#row] === this.#comment
      const quote = isComment ? end : find(bytes, this.#quoteByte, this.#at, end)
      this.#meet(bytes, quote)
      if (quote < end) continue
      if (end < bytes.length && !isComment && this.#isData(bytes, end)) continue
      if (end < bytes.length) return this.#endRow(end + 1)
      return final ? this.#endRow(bytes.length) : 0
    }
  }

  /** Rebases all positions after the first `end` bytes were removed. */
  moveBack(end: number): void {
    this.#at -= end
    this.#row -= end
    this.#sought -= end
    if (this.quote >= 0) this.quote -= end
    if (this.lineEnd > 0) this.lineEnd -= end
  }

  #endRow(end: number): number {
    this.#at = end
    this.#row = end
    this.#sought = end
    this.quote = -1
    this.lineEnd = 0
    return end
  }

  /** The last newline before `to` that certainly ends a row; an escaped one does so only in a comment. */
  #lastNewline(bytes: Buffer, to: number): number {
    let at = findLast(bytes, this.#newline, this.#at, to)
    while (at >= 0 && this.#isData(bytes, at)) at = findLast(bytes, this.#newline, this.#at, at)
    return at
  }

  /** Whether a newline is part of a cell: escaped, in a dialect without quotes. */
  #isData(bytes: Buffer, newline: number): boolean {
    if (!this.#escapesNewlines) return false
    let before = newline - 1
    while (bytes[before] === this.#escape) before--
    return (newline - before) % 2 === 0
  }

  /** Advances to a quote, which opens if it is the first byte of a cell, or to the end of the bytes. */
  #meet(bytes: Buffer, at: number): void {
    if (at < bytes.length && bytes[at] === this.#quoteByte && this.#beginsCell(bytes, at)) this.quote = at
    this.#at = Math.min(at + 1, bytes.length)
  }

  #beginsCell(bytes: Buffer, quote: number): boolean {
    const { blanks } = this.#dialect
    let at = quote
    if (blanks !== 'keep') while (at > this.#row && isBlank(bytes[at - 1], this.#dialect)) at--
    if (blanks === 'delimit') return at < quote || at === this.#row
    return this.#followsDelimiter(bytes, at)
  }

  #followsDelimiter(bytes: Buffer, at: number): boolean {
    const { length } = this.#delimiter
    if (at === this.#row) return true
    if (length === 1) return bytes[at - 1] === this.#delimiter[0]
    let cell = -1
    for (;;) {
      const offset = bytes.subarray(this.#sought, at).indexOf(this.#delimiter)
      if (offset < 0) break
      cell = this.#sought + offset + length
      this.#sought = cell
    }
    this.#sought = Math.max(this.#sought, at - length + 1)
    return cell === at
  }

  /**
   * Advances inside quotes: to the end of their cell; to text after them although they contain a newline, which makes
   * the line in which they opened a row; or to the end of the bytes.
   */
  #passQuotes(bytes: Buffer, final: boolean): 'end' | 'text' | 'nothing' {
    for (;;) {
      const at = find(bytes, this.#quoteByte, this.#at)
      this.#noteLineEnd(bytes, at)
      this.#at = at
      if (at === bytes.length) return 'nothing'
      if (this.#isEscaped(bytes, at)) {
        this.#at++
        continue
      }
      if (this.#escape === this.#quoteByte && bytes[at + 1] === this.#quoteByte) {
        this.#at += 2
        continue
      }
      const ends = this.#endsCell(bytes, at + 1, final)
      if (ends === undefined) return 'nothing'
      if (!ends && this.lineEnd > 0) return 'text'
      this.#at++
      this.#sought = this.#at
      this.quote = -1
      this.lineEnd = 0
      return 'end'
    }
  }

  #noteLineEnd(bytes: Buffer, to: number): void {
    if (this.lineEnd > 0) return
    const newline = find(bytes, this.#newline, this.#at, to)
    if (newline < to) this.lineEnd = newline + 1
  }

  /** Whether a byte is escaped, that is, preceded by an odd number of escapes, if the escape is not the quote. */
  #isEscaped(bytes: Buffer, at: number): boolean {
    if (this.#escape === this.#quoteByte) return false
    let before = at - 1
    while (before > this.quote && bytes[before] === this.#escape) before--
    return (at - before) % 2 === 0
  }

  /** Whether the bytes after a quote end its cell; undefined if not known yet. */
  #endsCell(bytes: Buffer, behind: number, final: boolean): boolean | undefined {
    const { blanks } = this.#dialect
    let at = behind
    if (blanks !== 'keep') while (isBlank(bytes[at], this.#dialect)) at++
    if (blanks === 'delimit' && at > behind) return true
    const byte = bytes[at]
    if (byte === undefined) return final || undefined
    if (byte === this.#newline) return true
    if (byte === CR && this.#newline === LF) {
      while (bytes[at] === CR) at++
      return bytes[at] === undefined && !final ? undefined : bytes[at] === LF
    }
    const { length } = this.#delimiter
    if (length === 1) return byte === this.#delimiter[0]
    if (at + length > bytes.length && !final) return undefined
    return this.#delimiter.equals(bytes.subarray(at, at + length))
  }
}

/**
 * Detects the newline from the first line that ends: `\r` if no `
 * ` follows it.
 */
export class NewlineFinder {
  readonly #scanners: { scanner: Scanner; newline: number }[]
  readonly #ends = [0, 0]

  constructor(dialect: Omit<Dialect, 'newline'>) {
    this.#scanners = (['\n', '\r'] as const).map((newline) => ({
      scanner: new Scanner({ ...dialect, newline }),
      newline: newline.charCodeAt(0),
    }))
  }

  /** Undefined if no row ends within the bytes, which extend those of the last call, or if that is not known yet. */
  find(bytes: Buffer, final: boolean): Dialect['newline'] | undefined {
    const [lf, cr] = this.#scanners.map(({ scanner, newline }, index) => {
      const end = this.#ends[index] || scanner.rowEnd(bytes, final)
      this.#ends[index] = bytes[end - 1] === newline ? end : 0
      return this.#ends[index]
    })
    if (!cr || (lf && lf < cr)) return lf ? '\n' : undefined
    let at = cr
    while (bytes[at] === CR) at++
    if (at === bytes.length) return final ? '\r' : undefined
    return bytes[at] === LF ? '\n' : '\r'
  }
}
