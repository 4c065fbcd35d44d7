/** The rows at the start of NDJSON, which define its columns. */
import type { Block } from '../../core/record-batch.js'
import { byteOrderMark } from '../../io/byte-order-mark.js'
import { lookAhead, PATIENCE } from '../../io/look-ahead.js'
import { isOpen } from './columns.js'
import { linesOf } from './line-splitter.js'
import { type ParsedRow, parseRow } from './row.js'

/**
 * The rows that may define the columns, within limits: one of them, and those after it if it leaves a column open or
 * the output has types. Their number does not depend on block boundaries.
 */
export class FirstRows {
  /** The input read so far. */
  readonly buffered: Block[] = []
  /** The start of the first row: 3 after a BOM. */
  rowOffset: 0 | 3 = 0
  readonly #rows: ParsedRow[] = []
  /** What is not read yet. */
  #rest: AsyncGenerator<Block>
  readonly #isTyped: boolean
  readonly #more: AsyncGenerator<ParsedRow>

  constructor(blocks: AsyncGenerator<Block>, isTyped: boolean) {
    this.#rest = blocks
    this.#isTyped = isTyped
    this.#more = this.#read()
  }

  /** A row by index, and the rows after it that it needs; empty if there is no such row. */
  async from(row: number): Promise<ParsedRow[]> {
    while (this.#rows.length < row + this.#needed(row)) {
      const { done, value } = await this.#more.next()
      if (done) break
      this.#rows.push(value)
    }
    return this.#rows.slice(row, row + this.#needed(row))
  }

  #needed(row: number): number {
    return this.#isTyped ? TYPE_ROWS : isOpen(this.#rows[row]?.value) ? OPEN_ROWS : 1
  }

  async *#read(): AsyncGenerator<ParsedRow> {
    for (let bytes = 0; bytes < SEARCH; ) {
      const { done, value } = await this.#rest.next()
      if (done) return
      const isFirst = this.buffered.length === 0
      if (isFirst && Buffer.isBuffer(value)) this.rowOffset = byteOrderMark(value)
      const block = isFirst && Buffer.isBuffer(value) ? value.subarray(this.rowOffset) : value
      this.buffered.push(block)
      if (Buffer.isBuffer(block)) yield* this.#rowsOf(block, SEARCH - bytes)
      bytes += sizeOf(value)
    }
  }

  /** The rows of a block within `bytes` bytes: objects or lists, whichever the first is. */
  *#rowsOf(block: Buffer, bytes: number): Generator<ParsedRow> {
    for (const { start, end } of linesOf(block)) {
      if (end > bytes && this.#rows.length > 0) return
      const row = parseRow(block.subarray(start, end))
      if ('value' in row && this.#isLikeFirst(row)) yield row
    }
  }

  #isLikeFirst({ value }: ParsedRow): boolean {
    return this.#rows.length === 0 || Array.isArray(value) === Array.isArray(this.#rows[0]!.value)
  }

  /** Visits the first rows, as long as they are wanted and arrive in time; returns whether there may be more. */
  async visit(wants: (row: ParsedRow) => boolean): Promise<boolean> {
    let [bytes, isFirst, mayBeMore] = [0, true, true]
    const wantsMore = (block: Block) => {
      const isDone = Buffer.isBuffer(block) && !visit(block, SEARCH - bytes, isFirst, wants)
      bytes += sizeOf(block)
      isFirst = false
      return !isDone && bytes < SEARCH
    }
    const ended = () => {
      mayBeMore = false
    }
    if (this.buffered.every(wantsMore)) this.#rest = await lookAhead(this.#rest, wantsMore, PATIENCE, ended)
    return mayBeMore
  }

  /** All blocks of the input. */
  async *blocks(): AsyncGenerator<Block> {
    yield* this.buffered
    yield* this.#rest
  }
}

/**
 * Limits: the bytes searched for rows that define the columns, and the rows used for types and for columns that the
 * first row leaves open.
 */
const SEARCH = 1 << 20
export const TYPE_ROWS = 1000
export const OPEN_ROWS = 100

/** Visits the rows of a block within `bytes` bytes, at least its first one if `isFirst`; returns whether more are wanted. */
function visit(block: Buffer, bytes: number, isFirst: boolean, wants: (row: ParsedRow) => boolean): boolean {
  let mayBeLonger = isFirst
  for (const { start, end } of linesOf(block)) {
    if (end > bytes && !mayBeLonger) return true
    const row = parseRow(block.subarray(start, end))
    if (!('value' in row)) continue
    if (!wants(row)) return false
    mayBeLonger = false
  }
  return true
}

function sizeOf(block: Block): number {
  return Buffer.isBuffer(block) ? block.length : block.bytes
}
