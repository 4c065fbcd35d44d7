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
import { release } from '../../io/buffer-pool.js'
import { ByteQueue } from '../../io/byte-queue.js'
import { type Clock, coalesce } from '../../io/coalesce.js'
import { countLines, NOT_CLOSED, Scanner } from './scanner.js'

const CR = 13

/** Blocks in order. A block takes in `size` bytes at once; a longer row makes a longer block, up to `limit` bytes. */
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
