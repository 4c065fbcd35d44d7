/**
 * Rows of JSON that are no lines: the items of an array, or values one after the other, on as many lines as they take.
 *
 * Each becomes a line, as NDJSON has it, so that whatever reads lines reads these; where it stood is kept beside its block.
 * Brackets and texts are followed byte by byte; whether a row is JSON is for its reader to say. No more is held than a
 * block and the longest row that is allowed.
 */
import { corruptData } from '../../core/corrupt-data.js'
import { SoftmaxError } from '../../core/errors.js'
import type { Block, OversizedRow } from '../../core/record-batch.js'
import { release } from '../../io/buffer-pool.js'
import { ByteQueue } from '../../io/byte-queue.js'
import { type Clock, coalesce } from '../../io/coalesce.js'
import { putLine } from './compact.js'

/** Where the rows of a block stood, counted from the end of the block before: their bytes, and the newlines before each. */
export interface Origin {
  rows: { start: number; end: number; line: number }[]
  bytes: number
  lines: number
}

/** A block of rows, a line each, and where they stood. */
interface PlacedBlock {
  block: Block
  origin: Origin
}

/** Blocks of the rows of a text. Throws E_JSON where brackets do not match, E_CORRUPT where the end is missing. */
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

/** How many bytes make a block. */
const SIZE = 1 << 19

const [LF, QUOTE, COMMA, BACKSLASH] = [10, 0x22, 0x2c, 0x5c]
const [BRACKET, END_BRACKET, BRACE, END_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d]
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/** Bytes that are looked at in a nested row; and in one that is not, which ends at a blank or a comma. All others are passed. */
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
  /** Lines that are whole, and what is known of their rows in the input. */
  #lines = new ByteQueue(SIZE)
  #rows: Origin['rows'] = []
  /** Bytes and newlines up to where the last block ended; those before the chunk; the newlines up to here. */
  #ended = { bytes: 0, lines: 0 }
  #passed = 0
  #newlines = 0
  /** What has to follow between rows: anything, a row or the end of their array, a row, a comma or the end. */
  #expects: 'any' | 'first' | 'row' | 'comma' = 'any'
  /** Where a bracket stands that opens the array of all rows, or a row that is an array. */
  #bracket: { start: number; line: number } | undefined
  /** The row that has begun; how much of it came with chunks before, of which more than the limit is not held. */
  #row: { start: number; line: number } | undefined
  #held = new ByteQueue(1 << 12)
  #length = 0
  /** What is open in it: brackets, by the ones that close them; and a text. */
  readonly #open: number[] = []
  #text: 'none' | 'open' | 'escaped' = 'none'
  #rowCount = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Takes in bytes; gives the rows that are whole, also where an error follows. */
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

  /** Gives what is left. Throws E_CORRUPT where something is open still. */
  *end(): Generator<PlacedBlock> {
    if (this.#row && this.#open.length === 0 && this.#text === 'none') {
      yield* this.#endRow(Buffer.alloc(0), this.#passed)
    }
    yield* this.#flush()
    if (this.#row || this.#bracket) throw corruptData('JSON', 'the last row is not closed')
    if (this.#expects !== 'any') throw corruptData('JSON', 'the array of rows is not closed')
    // What stands behind the last row has no row; an empty line stands for it.
    if (this.#passed > this.#ended.bytes) yield { block: Buffer.of(LF), origin: this.#origin(this.#passed) }
  }

  /** Passes blanks, commas, and the brackets around all rows, up to where a row begins. */
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

  /** Whether the bracket before a byte opens a row that is an array: else it is that of the array of all rows. */
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
      throw this.#error(`${JSON.stringify(String.fromCharCode(byte))} stands ${WHERE[this.#expects]}`, position)
    } else {
      this.#row = { start: position, line: this.#newlines }
      return true
    }
    return false
  }

  /** Behind the last byte of the row; -1 if it does not end in the chunk. */
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

  /** Notes what a byte opens or closes; true if it closes the row. */
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

  /** The quote that closes a text; -1 where it does not end in the chunk. */
  #textEnd(chunk: Buffer, from: number): number {
    let isEscaped = this.#text === 'escaped'
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (byte === LF) throw this.#error('a line ends within a text', this.#passed + at)
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
    if (room > 0) this.#held.append(part.subarray(0, room))
    this.#length += part.length
  }

  *#endRow(part: Buffer, position: number): Generator<PlacedBlock> {
    const { start, line } = this.#row!
    const isWhole = this.#length === 0
    if (!isWhole || part.length > this.#limit) this.#hold(part)
    const { bytes } = this.#held
    if (this.#length > this.#limit) yield* this.#flush()
    this.#rows.push({
      start: start - this.#ended.bytes,
      end: position - this.#ended.bytes,
      line: line - this.#ended.lines,
    })
    if (this.#length > this.#limit) yield { block: this.#oversized(Buffer.from(bytes)), origin: this.#origin(position) }
    else putLine(isWhole ? part : bytes, this.#lines)
    this.#held.drop(bytes.length)
    ;[this.#row, this.#length] = [undefined, 0]
    if (this.#expects !== 'any') this.#expects = 'comma'
    this.#rowCount++
    if (this.#lines.bytes.length >= SIZE) yield* this.#flush()
  }

  #oversized(start: Buffer): OversizedRow {
    const info = { limit: this.#limit }
    return { code: 'E_ROW_TOO_LONG', info, at: 0, bytes: start.length, lines: 0, end: start.length, start }
  }

  /** Gives the lines that are whole, if there are some. */
  *#flush(): Generator<PlacedBlock> {
    const { length } = this.#lines.bytes
    if (length === 0) return
    const end = this.#ended.bytes + this.#rows.at(-1)!.end
    yield { block: this.#lines.give(length), origin: this.#origin(end) }
  }

  /** Where the rows of a block stood that ends at a byte. */
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
  any: 'between rows that are in no array',
  first: 'where the first row is expected',
  row: 'where a row is expected, behind a comma',
  comma: 'where a comma or the end of the array is expected',
}
