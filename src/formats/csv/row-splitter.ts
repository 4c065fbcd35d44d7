/**
 * Splits a byte stream into independent blocks of complete rows, the unit of work of both lanes.
 *
 * A newline ends a row unless it is quoted. A quote opens only at the start of a cell, so one in the middle (`5" disk`)
 * has no effect. Neither has one that is never closed, or that is closed in the middle of text, as happens if the next
 * quote far below was an opening one: the row then ends at the end of the line in which it was opened, and parsing
 * resumes on the next line.
 *
 * Quotes and newlines are found by search, not byte by byte. Bytes after an invalid quote are searched twice, never
 * more: it was not closed because no quote among them can open a cell. So the time is linear. The buffer holds at most
 * the longest allowed row plus the rest of a chunk; a longer row is skipped.
 */

import type { Dialect } from '../../core/dialect.js'
import type { Block, OversizedRow } from '../../core/record-batch.js'
import { release } from '../../io/buffer-pool.js'
import { ByteQueue } from '../../io/byte-queue.js'
import { type Clock, coalesce } from '../../io/coalesce.js'
import { countLines, NOT_CLOSED, Scanner } from './scanner.js'

const CR = 13

/**
 * Yields blocks in order. A block grows by `size` bytes at a time; a longer row makes a longer block, up to `limit`
 * bytes.
 */
export async function* splitRows(
  chunks: AsyncIterable<Buffer>,
  dialect: Dialect,
  { size, limit, clock }: { size: number; limit: number; clock?: Clock },
): AsyncGenerator<Block> {
  const splitter = new RowSplitter(dialect, size, limit)
  for await (const chunk of coalesce(chunks, size, clock)) {
    yield* splitter.take(chunk, false)
    release(chunk)
  }
  yield* splitter.take(new Uint8Array(), true)
}

class RowSplitter {
  readonly #dialect: Dialect
  readonly #size: number
  readonly #limit: number
  readonly #buffer: ByteQueue
  #scanner: Scanner
  /** How many buffered bytes are complete rows. */
  #complete = 0
  /**
   * How many bytes were scanned: never more than the limit per row, so that the result does not depend on chunk sizes.
   */
  #seen = 0
  /** The oversized row being skipped. */
  #long: OversizedRow | undefined
  /** Its last byte so far. */
  #last: number | undefined

  constructor(dialect: Dialect, size: number, limit: number) {
    this.#dialect = dialect
    this.#size = size
    this.#limit = limit
    this.#buffer = new ByteQueue(size)
    this.#scanner = new Scanner(dialect)
  }

  /** Appends bytes and yields the blocks that are complete. `final` means that no more bytes follow. */
  *take(more: Uint8Array, final: boolean): Generator<Block> {
    this.#buffer.append(more)
    for (;;) {
      yield* this.#scan(final)
      const rest = this.#buffer.bytes
      if (!final || rest.length === 0) return
      // The last row lacks either its newline or a closing quote; in the second case more rows follow it.
      const row = this.#buffer.give(this.#scanner.rowEnd(rest, true))
      this.#restart()
      yield row
    }
  }

  *#scan(final: boolean): Generator<Block> {
    if (this.#long) yield* this.#passOver(this.#long, final)
    for (let { bytes } = this.#buffer; this.#seen < bytes.length; { bytes } = this.#buffer) {
      if (this.#seen < this.#complete + this.#limit) {
        this.#seen = Math.min(bytes.length, this.#seen + this.#size, this.#complete + this.#limit)
        this.#complete = this.#scanner.lastRowEnd(bytes.subarray(0, this.#seen)) || this.#complete
        // Rows after an invalid quote are scanned in steps of the usual size, too.
        if (this.#scanner.isEarly) this.#seen = this.#complete
        // After a row was given up, the buffer may hold up to the limit; it is flushed in blocks of the usual size.
        const isFull = this.#seen >= this.#size && bytes.length - this.#seen >= this.#size
        if (this.#complete > 0 && isFull) yield this.#release()
      } else if (this.#complete > 0) yield this.#release()
      else yield* this.#giveUp(bytes, final)
    }
    if (this.#complete > 0) yield this.#release()
  }

  /** Removes complete rows from the buffer; scanning continues where it was. */
  #release(): Buffer {
    const end = this.#complete
    this.#complete = 0
    this.#seen -= end
    this.#scanner.moveBack(end)
    return this.#buffer.give(end)
  }

  /** Rescans the buffer. */
  #restart(): void {
    this.#scanner = new Scanner(this.#dialect)
    this.#seen = 0
  }

  /** The first row reached the limit without ending. */
  *#giveUp(bytes: Buffer, final: boolean): Generator<Block> {
    const { lineEnd, quote } = this.#scanner
    this.#restart()
    if (lineEnd > 0) return yield this.#buffer.give(lineEnd)
    const isComment = bytes[0] === this.#dialect.comment?.charCodeAt(0)
    const start = Buffer.from(bytes.subarray(0, this.#limit))
    this.#buffer.drop(this.#limit)
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
    const { bytes } = this.#buffer
    const newline = bytes.indexOf(this.#dialect.newline)
    const passed = newline < 0 ? bytes.length : newline + 1
    const before = bytes.subarray(0, newline < 0 ? passed : newline).at(-1) ?? this.#last
    this.#last = before
    this.#buffer.drop(passed)
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
