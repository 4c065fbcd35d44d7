/**
 * Cuts a stream of bytes into blocks of whole rows, which know nothing of each other: what both lanes work on.
 *
 * A newline ends a row unless it is inside quotes; a quote opens only at the start of a cell, so one in the middle of
 * a cell (`5" disk`) swallows nothing. Nor does one that is never closed, or closed in the middle of text, as an opening
 * quote far below does: the row ends with the line in which it was opened, and the next line is a row again.
 *
 * Bytes are searched for quotes and newlines, not looked at one by one. Those behind such a quote are searched twice, no
 * oftener: it is not closed because no quote in them is one that opens. So the time is linear in the length. No more than
 * the longest row that is allowed is held, save for what else a chunk has; a longer one is passed over.
 */

import type { Dialect } from '../../core/dialect.js'
import type { Block, OversizedRow } from '../../core/record-batch.js'
import { acquire, acquireCopy, recycle, release } from '../../io/buffer-pool.js'
import { type Clock, coalesce } from '../../io/coalesce.js'

/** Blocks in order. A block takes in `size` bytes at once; a longer row makes a longer block, up to `limit` bytes. */
export async function* splitRows(
  chunks: AsyncIterable<Buffer>,
  dialect: Dialect,
  { size, limit, clock }: { size: number; limit: number; clock?: Clock },
): AsyncGenerator<Block> {
  const cutter = new RowSplitter(dialect, size, limit)
  for await (const chunk of coalesce(chunks, size, clock)) {
    yield* cutter.take(chunk, false)
    release(chunk)
  }
  yield* cutter.take(new Uint8Array(), true)
}

/** Where a row stands in a block, its newline included. */
export interface ByteRange {
  start: number
  end: number
}

/** The place of each row of a block; blank lines and comments are left out. */
export function* rowRanges(block: Buffer, dialect: Dialect): Generator<ByteRange> {
  const scanner = new Scanner(dialect)
  for (let start = 0; start < block.length; ) {
    const end = scanner.rowEnd(block, true)
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

/** Where the text of a row ends, before its newline. */
export function lineEnd(text: string, { newline }: Dialect): number {
  if (!text.endsWith(newline)) return text.length
  return text.length - (newline === '\n' && text.at(-2) === '\r' ? 2 : 1)
}

/** Finds what ends rows, told by the first that ends: `\r` where it is followed by no `\n`. */
export class NewlineFinder {
  readonly #scanners: { scanner: Scanner; newline: number }[]
  readonly #ends = [0, 0]

  constructor(dialect: Omit<Dialect, 'newline'>) {
    this.#scanners = (['\n', '\r'] as const).map((newline) => ({
      scanner: new Scanner({ ...dialect, newline }),
      newline: newline.charCodeAt(0),
    }))
  }

  /** Undefined where no row ends in the bytes, which are those of the last call and more; or that cannot be told yet. */
  find(bytes: Buffer, final: boolean): Dialect['newline'] | undefined {
    const [lf, cr] = this.#scanners.map(({ scanner, newline }, index) => {
      const end = this.#ends[index] || scanner.rowEnd(bytes, final)
      this.#ends[index] = bytes[end - 1] === newline ? end : 0
      return this.#ends[index]
    })
    if (!cr || (lf && lf < cr)) return lf ? '\n' : undefined
    if (cr === bytes.length) return final ? '\r' : undefined
    return bytes[cr] === LF ? '\n' : '\r'
  }
}

/** What is wrong with a row whose last quote is not closed. */
export const NOT_CLOSED =
  'a quote is not closed, or not within the bytes that a row may have; one inside a cell is written twice'

const LF = 10
const CR = 13

function isSkipped(block: Buffer, start: number, { comment, newline }: Dialect): boolean {
  const first = block[start]
  if (comment !== undefined && first === comment.charCodeAt(0)) return true
  return first === newline.charCodeAt(0) || (newline === '\n' && first === CR && block[start + 1] === LF)
}

/** Bytes that grow at the end and are given away, or dropped, at the start. */
export class ByteQueue {
  /** How much room there is at first for what comes. */
  readonly #size: number
  #room: Buffer = Buffer.alloc(0)
  #from = 0
  #to = 0

  constructor(size: number) {
    this.#size = size
  }

  get bytes(): Buffer {
    return this.#room.subarray(this.#from, this.#to)
  }

  append(more: Uint8Array): void {
    if (this.#to + more.length > this.#room.length) {
      const length = this.#to - this.#from
      recycle(this.#move(Math.max(length + more.length, length === 0 ? this.#size : 2 * length)))
    }
    this.#room.set(more, this.#to)
    this.#to += more.length
  }

  /** Gives bytes away, in memory that holds nothing else: what is shorter is copied, they or those behind them. */
  give(count: number): Buffer {
    const { bytes } = this
    const [given, rest] = [bytes.subarray(0, count), bytes.subarray(count)]
    this.#from += count
    if (count < rest.length) return acquireCopy(given)
    this.#move(rest.length + this.#size)
    return given
  }

  drop(count: number): void {
    this.#from += count
  }

  /** Goes on in other memory, with room for so many bytes. */
  #move(size: number): Buffer {
    const old = this.#room
    const { bytes } = this
    this.#room = acquire(size)
    this.#room.set(bytes)
    this.#from = 0
    this.#to = bytes.length
    return old
  }
}

class RowSplitter {
  readonly #dialect: Dialect
  readonly #size: number
  readonly #limit: number
  readonly #held: ByteQueue
  #scanner: Scanner
  /** How much of what is held is whole rows. */
  #whole = 0
  /** How much was scanned: of a row no more than the limit, so that it does not matter how the bytes came. */
  #seen = 0
  /** The row that is passed over, as far as it has come. */
  #long: OversizedRow | undefined
  /** The last byte of it. */
  #last: number | undefined

  constructor(dialect: Dialect, size: number, limit: number) {
    this.#dialect = dialect
    this.#size = size
    this.#limit = limit
    this.#held = new ByteQueue(size)
    this.#scanner = new Scanner(dialect)
  }

  /** Takes in bytes; gives the blocks that are whole. `final` says that no more come. */
  *take(more: Uint8Array, final: boolean): Generator<Block> {
    this.#held.append(more)
    for (;;) {
      yield* this.#scan(final)
      const rest = this.#held.bytes
      if (!final || rest.length === 0) return
      // What the last row lacks is its newline, or the end of its quotes: then there are rows behind it.
      const row = this.#held.give(this.#scanner.rowEnd(rest, true))
      this.#restart()
      yield row
    }
  }

  *#scan(final: boolean): Generator<Block> {
    if (this.#long) yield* this.#passOver(this.#long, final)
    for (let { bytes } = this.#held; this.#seen < bytes.length; { bytes } = this.#held) {
      if (this.#seen < this.#whole + this.#limit) {
        this.#seen = Math.min(bytes.length, this.#seen + this.#size, this.#whole + this.#limit)
        this.#whole = this.#scanner.lastRowEnd(bytes.subarray(0, this.#seen)) || this.#whole
        // After a row was given up, up to the limit is held: it leaves in blocks of the usual size.
        if (this.#whole > 0 && bytes.length - this.#seen >= this.#size) yield this.#release()
      } else if (this.#whole > 0) yield this.#release()
      else yield* this.#giveUp(bytes, final)
    }
    if (this.#whole > 0) yield this.#release()
  }

  /** Gives whole rows away, and goes on where the scanner stands. */
  #release(): Buffer {
    const end = this.#whole
    this.#whole = 0
    this.#seen -= end
    this.#scanner.moveBack(end)
    return this.#held.give(end)
  }

  /** Scans anew what is held. */
  #restart(): void {
    this.#scanner = new Scanner(this.#dialect)
    this.#seen = 0
  }

  /** The first row has come to the limit without an end. */
  *#giveUp(bytes: Buffer, final: boolean): Generator<Block> {
    const { lineEnd, quote } = this.#scanner
    this.#restart()
    if (lineEnd > 0) return yield this.#held.give(lineEnd)
    const isComment = bytes[0] === this.#dialect.comment?.charCodeAt(0)
    const start = Buffer.from(bytes.subarray(0, this.#limit))
    this.#held.drop(this.#limit)
    this.#last = start.at(-1)
    this.#long = {
      code: isComment ? undefined : quote >= 0 ? 'E_QUOTE' : 'E_ROW_TOO_LONG',
      info: quote >= 0 ? { reason: NOT_CLOSED } : { limit: this.#limit },
      at: Math.max(0, quote),
      bytes: start.length,
      lines: countLines(start, this.#dialect),
      end: 0,
      start,
    }
    yield* this.#passOver(this.#long, final)
  }

  *#passOver(long: OversizedRow, final: boolean): Generator<Block> {
    const { bytes } = this.#held
    const newline = bytes.indexOf(this.#dialect.newline)
    const passed = newline < 0 ? bytes.length : newline + 1
    const before = bytes.subarray(0, newline < 0 ? passed : newline).at(-1) ?? this.#last
    this.#last = before
    this.#held.drop(passed)
    this.#restart()
    long.bytes += passed
    long.end = long.bytes
    if (newline < 0 && !final) return
    if (newline >= 0) {
      long.lines++
      long.end -= before === CR && this.#dialect.newline === '\n' ? 2 : 1
    }
    this.#long = undefined
    yield long
  }
}

/** Bytes that are looked at one by one: quotes stand close to each other, and a search by Node takes as long as these. */
const NEAR = 32

/** Where a byte first stands from `from` on, before `to`; `to` where it does not. */
function find(bytes: Buffer, byte: number, from: number, to = bytes.length): number {
  const near = Math.min(from + NEAR, to)
  for (let at = from; at < near; at++) if (bytes[at] === byte) return at
  const found = near < to ? bytes.subarray(near, to).indexOf(byte) : -1
  return found < 0 ? to : near + found
}

/** Where a byte last stands from `from` on, before `to`; -1 where it does not. */
function findLast(bytes: Buffer, byte: number, from: number, to: number): number {
  const near = Math.max(from, to - NEAR)
  for (let at = to - 1; at >= near; at--) if (bytes[at] === byte) return at
  const found = from < near ? bytes.subarray(from, near).lastIndexOf(byte) : -1
  return found < 0 ? -1 : from + found
}

/** Finds where rows end. It remembers where it stands, so bytes that were looked at once are not looked at again. */
class Scanner {
  readonly #delimiter: Buffer
  readonly #quoteByte: number
  readonly #escape: number
  readonly #comment: number
  readonly #newline: number
  #at = 0
  /** Where the row begins; and from where on a delimiter has not been looked for. */
  #row = 0
  #sought = 0
  /** Where the quote stands that is open, -1 where none is; and where its line ends, 0 where that is not known. */
  quote = -1
  lineEnd = 0

  constructor({ delimiter, quote, escape, comment, newline }: Dialect) {
    this.#delimiter = Buffer.from(delimiter, 'latin1')
    this.#quoteByte = quote.charCodeAt(0)
    this.#escape = escape.charCodeAt(0)
    this.#comment = comment?.charCodeAt(0) ?? -1
    this.#newline = newline.charCodeAt(0)
  }

  /** Where the last whole row ends; 0 if none does. Goes from quote to quote, past all rows between them. */
  lastRowEnd(bytes: Buffer): number {
    let last = 0
    for (;;) {
      if (this.quote >= 0) {
        const behind = this.#passQuotes(bytes, false)
        if (behind === 'nothing') return last
        if (behind === 'text') last = this.#endRow(this.lineEnd)
        continue
      }
      const quote = find(bytes, this.#quoteByte, this.#at)
      const newline = findLast(bytes, this.#newline, this.#at, quote)
      if (newline >= 0) last = this.#endRow(newline + 1)
      if (quote < bytes.length && bytes[this.#row] === this.#comment) {
        const end = find(bytes, this.#newline, quote)
        if (end < bytes.length) last = this.#endRow(end + 1)
        else this.#at = end
      } else this.#meet(bytes, quote)
      if (this.#at === bytes.length && this.quote < 0) return last
    }
  }

  /** Where the next row ends; 0 if that cannot be told yet. `final` says that no more bytes come. */
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
      if (end < bytes.length) return this.#endRow(end + 1)
      return final ? this.#endRow(bytes.length) : 0
    }
  }

  /** Counts from `end` on: what stood before is gone. */
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

  /** Goes to a quote, which opens if it is the first byte of a cell; or to the end of the bytes. */
  #meet(bytes: Buffer, at: number): void {
    if (at < bytes.length && bytes[at] === this.#quoteByte && this.#beginsCell(bytes, at)) this.quote = at
    this.#at = Math.min(at + 1, bytes.length)
  }

  #beginsCell(bytes: Buffer, at: number): boolean {
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
   * Goes on inside quotes: to what ends their cell, to text that follows them though they hold a newline, which makes the
   * line they began in a row; or to nothing, where the bytes end first.
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

  /** True behind an odd number of escapes, where the escape is not the quote. */
  #isEscaped(bytes: Buffer, at: number): boolean {
    if (this.#escape === this.#quoteByte) return false
    let before = at - 1
    while (before > this.quote && bytes[before] === this.#escape) before--
    return (at - before) % 2 === 0
  }

  /** True if what stands at `at`, behind quotes, ends their cell; undefined if that cannot be told yet. */
  #endsCell(bytes: Buffer, at: number, final: boolean): boolean | undefined {
    const byte = bytes[at]
    if (byte === undefined) return final || undefined
    if (byte === this.#newline) return true
    if (byte === CR && this.#newline === LF)
      return bytes[at + 1] === undefined && !final ? undefined : bytes[at + 1] === LF
    const { length } = this.#delimiter
    if (length === 1) return byte === this.#delimiter[0]
    if (at + length > bytes.length && !final) return undefined
    return this.#delimiter.equals(bytes.subarray(at, at + length))
  }
}
