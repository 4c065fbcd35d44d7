/**
 * Splits JSON rows that are not lines: the items of an array, or concatenated values, on any number of lines.
 *
 * Each row becomes a line of NDJSON, so that every line reader can read it; its original position is kept with its
 * block. Brackets and strings are tracked byte by byte; validation is left to the reader. The buffer holds at most a
 * block plus the longest allowed row.
 */
import { corruptData } from '../../core/corrupt-data.js'
import { SoftmaxError } from '../../core/errors.js'
import type { Block, OversizedRow } from '../../core/record-batch.js'
import { release } from '../../io/buffer-pool.js'
import { ByteQueue } from '../../io/byte-queue.js'
import { type Clock, coalesce } from '../../io/coalesce.js'
import { putLine } from './compact.js'

/**
 * The original positions of a block's rows, relative to the end of the previous block: their bytes, and the newlines
 * before each.
 */
export interface Origin {
  rows: { start: number; end: number; line: number }[]
  bytes: number
  lines: number
}

/** A block with one row per line, and their original positions. */
interface PlacedBlock {
  block: Block
  origin: Origin
}

/** Yields blocks of rows. Throws E_JSON for mismatched brackets, E_CORRUPT for a truncated text. */
export async function* splitValues(
  chunks: AsyncIterable<Buffer>,
  limit: number,
  clock?: Clock,
): AsyncGenerator<PlacedBlock> {
  const splitter = new ValueSplitter(limit)
  for await (const chunk of coalesce(chunks, SIZE, clock)) {
    yield* splitter.take(chunk)
    release(chunk)
  }
  yield* splitter.end()
}

/** The block size in bytes. */
const SIZE = 1 << 19

const [LF, QUOTE, COMMA, BACKSLASH] = [10, 0x22, 0x2c, 0x5c]
const [BRACKET, END_BRACKET, BRACE, END_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d]
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/**
 * The bytes that matter inside a nested row, and inside a scalar row, which ends at whitespace or a comma. All others
 * are skipped.
 */
const NESTED = tableOf([LF, QUOTE, BRACKET, END_BRACKET, BRACE, END_BRACE])
const FLAT = tableOf([9, LF, 13, 32, QUOTE, COMMA, BRACKET, END_BRACKET, BRACE, END_BRACE])

function tableOf(bytes: number[]): Uint8Array {
  const table = new Uint8Array(256)
  for (const byte of bytes) table[byte] = 1
  return table
}

function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13)
}

class ValueSplitter {
  readonly #limit: number
  /** Complete lines, and the original positions of their rows. */
  #lines = new ByteQueue(SIZE)
  #rows: Origin['rows'] = []
  /** Byte and newline counts at the end of the last block, before the current chunk, and at the current position. */
  #ended = { bytes: 0, lines: 0 }
  #passed = 0
  #newlines = 0
  /** What must follow between rows: anything, a row or the end of the array, a row, or a comma or the end. */
  #expects: 'any' | 'first' | 'row' | 'comma' = 'any'
  /** A bracket that opens either the array of all rows, or a row that is an array. */
  #bracket: { start: number; line: number } | undefined
  /** The row in progress, and how much of it was in earlier chunks; no more than the limit is buffered. */
  #row: { start: number; line: number } | undefined
  #buffer = new ByteQueue(1 << 12)
  #length = 0
  /** Its open brackets, by their closing ones, and whether a string is open. */
  readonly #open: number[] = []
  #text: 'none' | 'open' | 'escaped' = 'none'
  #rowCount = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Consumes a chunk; yields complete rows, also those before an error. */
  *take(chunk: Buffer): Generator<PlacedBlock> {
    try {
      for (let at = 0; at < chunk.length; ) {
        if (!this.#row) at = this.#passBetween(chunk, at)
        if (!this.#row) break
        const end = this.#rowEnd(chunk, at)
        const part = chunk.subarray(at, end < 0 ? chunk.length : end)
        at = end < 0 ? chunk.length : end
        if (end < 0) this.#hold(part)
        else yield* this.#endRow(part, this.#passed + end)
      }
    } catch (error) {
      yield* this.#flush()
      throw error
    }
    this.#passed += chunk.length
    yield* this.#flush()
  }

  /** Yields the remaining rows. Throws E_CORRUPT if something is still open. */
  *end(): Generator<PlacedBlock> {
    if (this.#row && this.#open.length === 0 && this.#text === 'none') {
      yield* this.#endRow(Buffer.alloc(0), this.#passed)
    }
    yield* this.#flush()
    if (this.#row || this.#bracket) throw corruptData('JSON', 'the last row is not closed')
    if (this.#expects !== 'any') throw corruptData('JSON', 'the array of rows is not closed')
    // The bytes after the last row belong to no row; an empty line represents them.
    if (this.#passed > this.#ended.bytes) yield { block: Buffer.of(LF), origin: this.#origin(this.#passed) }
  }

  /** Skips whitespace, commas and the outer brackets up to the start of a row. */
  #passBetween(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (byte === LF) this.#newlines++
      const position = this.#passed + at
      if (isBlank(byte) || byte === BYTE_ORDER_MARK[position]) continue
      if (this.#bracket && this.#decide(byte)) return at
      if (this.#begins(byte, position)) return at
    }
    return chunk.length
  }

  /** Whether the pending bracket opens a row that is an array, as opposed to the array of all rows. */
  #decide(byte: number): boolean {
    const { start, line } = this.#bracket!
    this.#bracket = undefined
    this.#expects = 'first'
    if (byte === BRACE || byte === BRACKET || byte === END_BRACKET) return false
    this.#expects = 'any'
    this.#row = { start, line }
    this.#open.push(END_BRACKET)
    this.#hold(Buffer.of(BRACKET))
    return true
  }

  /** Whether a byte between rows begins one. */
  #begins(byte: number, position: number): boolean {
    if (byte === END_BRACKET && (this.#expects === 'first' || this.#expects === 'comma')) this.#expects = 'any'
    else if (byte === COMMA && this.#expects === 'comma') this.#expects = 'row'
    else if (byte === BRACKET && this.#expects === 'any') this.#bracket = { start: position, line: this.#newlines }
    else if (byte === COMMA || byte === END_BRACKET || byte === END_BRACE || this.#expects === 'comma') {
      throw this.#error(`unexpected ${JSON.stringify(String.fromCharCode(byte))} ${WHERE[this.#expects]}`, position)
    } else {
      this.#row = { start: position, line: this.#newlines }
      return true
    }
    return false
  }

  /** The position after the last byte of the row; -1 if it continues in the next chunk. */
  #rowEnd(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      if (this.#text !== 'none') {
        at = this.#textEnd(chunk, at)
        if (at < 0) return -1
        if (this.#open.length === 0) return at + 1
        continue
      }
      const isNested = this.#open.length > 0
      const special = isNested ? NESTED : FLAT
      while (at < chunk.length && special[chunk[at]!] === 0) at++
      if (at === chunk.length) return -1
      const byte = chunk[at]!
      const isFirst = at === from && this.#length === 0
      if (!isNested && !isFirst && byte !== QUOTE && !this.#opens(byte)) return at
      if (this.#pass(byte, this.#passed + at)) return at + 1
    }
    return -1
  }

  /** Tracks what a byte opens or closes; returns whether it closes the row. */
  #pass(byte: number, position: number): boolean {
    if (byte === QUOTE) this.#text = 'open'
    else if (byte === LF) this.#newlines++
    else if (byte === BRACE) this.#open.push(END_BRACE)
    else if (byte === BRACKET) this.#open.push(END_BRACKET)
    else if (this.#open.pop() !== byte) throw this.#error('its brackets do not match', position)
    else return this.#open.length === 0
    return false
  }

  #opens(byte: number): boolean {
    return byte === BRACE || byte === BRACKET
  }

  /** The closing quote of a string; -1 if it is not in the chunk. */
  #textEnd(chunk: Buffer, from: number): number {
    let isEscaped = this.#text === 'escaped'
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (byte === LF) throw this.#error('a string contains a newline', this.#passed + at)
      if (byte === QUOTE && !isEscaped) {
        this.#text = 'none'
        return at
      }
      isEscaped = byte === BACKSLASH && !isEscaped
    }
    this.#text = isEscaped ? 'escaped' : 'open'
    return -1
  }

  #hold(part: Buffer): void {
    const room = this.#limit - this.#length
    if (room > 0) this.#buffer.append(part.subarray(0, room))
    this.#length += part.length
  }

  *#endRow(part: Buffer, position: number): Generator<PlacedBlock> {
    const { start, line } = this.#row!
    const isComplete = this.#length === 0
    if (!isComplete || part.length > this.#limit) this.#hold(part)
    const { bytes } = this.#buffer
    if (this.#length > this.#limit) yield* this.#flush()
    this.#rows.push({
      start: start - this.#ended.bytes,
      end: position - this.#ended.bytes,
      line: line - this.#ended.lines,
    })
    if (this.#length > this.#limit) yield { block: this.#oversized(Buffer.from(bytes)), origin: this.#origin(position) }
    else putLine(isComplete ? part : bytes, this.#lines)
    this.#buffer.drop(bytes.length)
    ;[this.#row, this.#length] = [undefined, 0]
    if (this.#expects !== 'any') this.#expects = 'comma'
    this.#rowCount++
    if (this.#lines.bytes.length >= SIZE) yield* this.#flush()
  }

  #oversized(start: Buffer): OversizedRow {
    const info = { limit: this.#limit }
    return { code: 'E_ROW_TOO_LONG', info, at: 0, bytes: start.length, lines: 0, end: start.length, start }
  }

  /** Yields the complete lines, if any. */
  *#flush(): Generator<PlacedBlock> {
    const { length } = this.#lines.bytes
    if (length === 0) return
    const end = this.#ended.bytes + this.#rows.at(-1)!.end
    yield { block: this.#lines.give(length), origin: this.#origin(end) }
  }

  /** The original positions of the rows of a block that ends at a byte. */
  #origin(end: number): Origin {
    const lines = this.#row ? this.#row.line : this.#newlines
    const origin = { rows: this.#rows, bytes: end - this.#ended.bytes, lines: lines - this.#ended.lines }
    this.#rows = []
    this.#ended = { bytes: end, lines }
    return origin
  }

  #error(reason: string, byte: number): SoftmaxError {
    return new SoftmaxError('E_JSON', { reason, what: 'text', line: 1 + this.#newlines, row: this.#rowCount + 1, byte })
  }
}

const WHERE = {
  any: 'between rows outside an array',
  first: 'where the first row is expected',
  row: 'where a row is expected, after a comma',
  comma: 'where a comma or the end of the array is expected',
}
