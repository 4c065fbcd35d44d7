/**
 * Cuts a stream of bytes into blocks of whole rows, which know nothing of each other: what both lanes work on.
 *
 * A newline ends a row unless it is inside quotes; a quote opens only at the start of a cell, so one in the middle of
 * a cell (`5" disk`) swallows nothing. Bytes are looked at once and copied once, or twice on average where a row is
 * longer than a chunk: the time is linear in the length, the memory held is at most twice the longest row.
 */
import { lend, takeBack } from '../buffers.js'
import type { Dialect } from './dialect.js'

enum Inside {
  /** At the first byte of a row, which may be a comment's. */
  Row,
  /** At the first byte of a later cell. */
  Cell,
  /** In the middle of a cell, outside quotes. */
  Text,
  Quotes,
  Comment,
}

/**
 * Blocks of one or more whole rows, in order; the last may lack its newline. A block takes in `size` bytes at once; a longer
 * row makes a longer block.
 */
export async function* cut(chunks: AsyncIterable<Buffer>, dialect: Dialect, size: number): AsyncGenerator<Buffer> {
  let held = new Held(0)
  let scanner = new Scanner(dialect)
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += size) {
      held.append(chunk.subarray(from, from + size))
      const end = scanner.lastRowEnd(held.bytes)
      if (end === 0) continue
      yield held.bytes.subarray(0, end)
      held = new Held(size, held.bytes.subarray(end))
      scanner = scanner.movedBack(end)
    }
  }
  if (held.bytes.length > 0) yield held.bytes
}

/** Start and end of each row of a block, its newline included; blank lines and comments are left out. */
export function* rowsOf(block: Buffer, dialect: Dialect): Generator<{ start: number; end: number }> {
  const scanner = new Scanner(dialect)
  for (let start = 0; start < block.length; ) {
    const end = scanner.rowEnd(block, true) || block.length
    if (!isSkipped(block, start, dialect)) yield { start, end }
    start = end
  }
}

/** The number of newlines in some bytes, those in quotes included. */
export function countLines(bytes: Buffer, { newline }: Dialect): number {
  let count = 0
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) count++
  return count
}

/** Where the quote stands that the last row opens and does not close. */
export function openQuote(row: Buffer, dialect: Dialect): number {
  const scanner = new Scanner(dialect)
  while (scanner.rowEnd(row, true) > 0);
  return scanner.quote
}

/**
 * What ends rows, told by the first that ends: `\r` where it is followed by no `\n`. Undefined where none ends, or that
 * cannot be told yet.
 */
export function findNewline(bytes: Buffer, dialect: Omit<Dialect, 'newline'>): Dialect['newline'] | undefined {
  const [lf, cr] = (['\n', '\r'] as const).map((newline) => new Scanner({ ...dialect, newline }).rowEnd(bytes, false))
  if (!cr || (lf && lf < cr)) return lf ? '\n' : undefined
  if (cr === bytes.length) return undefined
  return bytes[cr] === LF ? '\n' : '\r'
}

const LF = 10
const CR = 13

function isSkipped(block: Buffer, start: number, { comment, newline }: Dialect): boolean {
  const first = block[start]
  if (comment !== undefined && first === comment.charCodeAt(0)) return true
  return first === newline.charCodeAt(0) || (newline === '\n' && first === CR && block[start + 1] === LF)
}

/** Bytes that grow at the end, in a buffer that doubles. */
class Held {
  #room: Buffer
  #length = 0

  /** Begins with some bytes, and room for more. */
  constructor(room: number, first: Uint8Array = new Uint8Array()) {
    this.#room = lend(first.length + room)
    this.append(first)
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length)
  }

  append(more: Uint8Array): void {
    const length = this.#length + more.length
    if (length > this.#room.length) {
      const room = lend(Math.max(length, 2 * this.#room.length))
      this.#room.copy(room, 0, 0, this.#length)
      takeBack(this.#room)
      this.#room = room
    }
    this.#room.set(more, this.#length)
    this.#length = length
  }
}

/** Finds where rows end. It remembers where it stands, so bytes that were looked at once are not looked at again. */
class Scanner {
  readonly #dialect: Dialect
  readonly #delimiter: Buffer
  readonly #quoteByte: number
  readonly #escape: number
  readonly #comment: number
  readonly #newline: number
  #at = 0
  #inside = Inside.Row
  /** Where the last quoted cell begins. */
  quote = 0

  constructor(dialect: Dialect) {
    this.#dialect = dialect
    this.#delimiter = Buffer.from(dialect.delimiter, 'latin1')
    this.#quoteByte = dialect.quote.charCodeAt(0)
    this.#escape = dialect.escape.charCodeAt(0)
    this.#comment = dialect.comment?.charCodeAt(0) ?? -1
    this.#newline = dialect.newline.charCodeAt(0)
  }

  /** Where the last whole row ends; 0 if none does. */
  lastRowEnd(bytes: Buffer): number {
    if (this.#isPlain(bytes)) return this.#lastNewline(bytes)
    let last = 0
    for (let end = this.rowEnd(bytes, false); end > 0; end = this.rowEnd(bytes, false)) last = end
    return last
  }

  /** A scanner of what follows `end`, as far along as this one. */
  movedBack(end: number): Scanner {
    const moved = new Scanner(this.#dialect)
    moved.#at = this.#at - end
    moved.#inside = this.#inside
    return moved
  }

  /** Where the next row ends; 0 if that cannot be told yet. `final` says that no more bytes come. */
  rowEnd(bytes: Buffer, final: boolean): number {
    while (this.#at < bytes.length && (final || !this.#needsMore(bytes))) {
      if (this.#step(bytes)) return this.#at
    }
    return 0
  }

  /** True if nothing ahead needs more than a search for newlines, which is many times as fast as stepping. */
  #isPlain(bytes: Buffer): boolean {
    const open = this.#inside === Inside.Quotes || this.#inside === Inside.Comment
    if (open || this.#delimiter.length > 1) return false
    return !bytes.includes(this.#quoteByte, this.#at) && (this.#comment < 0 || !bytes.includes(this.#comment, this.#at))
  }

  #lastNewline(bytes: Buffer): number {
    const newline = bytes.subarray(this.#at).lastIndexOf(this.#newline)
    const passed = newline < 0 ? 0 : this.#at + newline + 1
    const last = bytes.at(-1)
    if (last !== undefined && this.#at < bytes.length) {
      this.#inside = last === this.#newline ? Inside.Row : last === this.#delimiter[0] ? Inside.Cell : Inside.Text
    }
    this.#at = bytes.length
    return passed
  }

  /** True if what stands here cannot be told without the bytes that follow. */
  #needsMore(bytes: Buffer): boolean {
    const byte = bytes[this.#at]
    if (this.#inside === Inside.Quotes) return byte === this.#escape && this.#at + 1 === bytes.length
    return byte === this.#delimiter[0] && this.#at + this.#delimiter.length > bytes.length
  }

  /** Passes one byte, delimiter or escaped pair; true if it ended a row. */
  #step(bytes: Buffer): boolean {
    const byte = bytes[this.#at]!
    if (this.#inside === Inside.Quotes) {
      this.#stepInQuotes(bytes, byte)
      return false
    }
    if (byte === this.#newline) {
      this.#at++
      this.#inside = Inside.Row
      return true
    }
    this.#stepInText(bytes, byte)
    return false
  }

  #stepInQuotes(bytes: Buffer, byte: number): void {
    const escapes =
      byte === this.#escape && (this.#escape !== this.#quoteByte || bytes[this.#at + 1] === this.#quoteByte)
    this.#at += escapes ? 2 : 1
    if (!escapes && byte === this.#quoteByte) this.#inside = Inside.Text
  }

  #stepInText(bytes: Buffer, byte: number): void {
    const first = this.#inside === Inside.Row || this.#inside === Inside.Cell
    if (this.#inside === Inside.Comment) this.#at++
    else if (this.#inside === Inside.Row && byte === this.#comment) this.#enter(Inside.Comment, 1)
    else if (first && byte === this.#quoteByte) this.#open()
    else if (this.#atDelimiter(bytes, byte)) this.#enter(Inside.Cell, this.#delimiter.length)
    else this.#enter(Inside.Text, 1)
  }

  #open(): void {
    this.quote = this.#at
    this.#enter(Inside.Quotes, 1)
  }

  #enter(inside: Inside, bytes: number): void {
    this.#inside = inside
    this.#at += bytes
  }

  #atDelimiter(bytes: Buffer, byte: number): boolean {
    if (byte !== this.#delimiter[0]) return false
    if (this.#delimiter.length === 1) return true
    return this.#delimiter.compare(bytes, this.#at, this.#at + this.#delimiter.length) === 0
  }
}
