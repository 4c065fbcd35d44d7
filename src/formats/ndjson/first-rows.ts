/** The rows at the start of NDJSON, which define its columns. */
import { isNumber } from '../../core/number.js'
import type { Block } from '../../core/record-batch.js'
import { byteOrderMark } from '../../io/byte-order-mark.js'
import { lookAhead } from '../../io/look-ahead.js'
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
  /** The forms of the first rows, and how many rows were compared. */
  readonly #forms = new Set<string>()
  #compared = 0
  #isLimited = false
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
    while (this.#rows.length < row + this.#needed(row)) if (!(await this.#readRow())) break
    return this.#rows.slice(row, row + this.#needed(row))
  }

  /**
   * The position, from `row` on, of the first row whose form no row before it has: others would define the same columns.
   * Undefined if there is none within the limits.
   */
  async nextForm(row: number): Promise<number | undefined> {
    for (let at = this.#compared; this.#forms.size < MOST_FORMS; at++) {
      if (at >= this.#rows.length && !(await this.#readRow())) return undefined
      this.#compared = at + 1
      const form = formOf(this.#rows[at]!.value)
      if (this.#forms.has(form)) continue
      this.#forms.add(form)
      if (at >= row) return at
    }
    return undefined
  }

  /** The limit at which the search for the next form ended, if there may be more. */
  get limit(): string | undefined {
    if (this.#forms.size === MOST_FORMS) return `none of the first ${MOST_FORMS} kinds of rows`
    return this.#isLimited ? 'none of the rows in the first 1 MiB' : undefined
  }

  async #readRow(): Promise<boolean> {
    const { done, value } = await this.#more.next()
    if (!done) this.#rows.push(value)
    return !done
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
    this.#isLimited = true
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
    if (this.buffered.every(wantsMore)) this.#rest = await lookAhead(this.#rest, wantsMore, ended)
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

/** How many rows of different forms may define the columns: each is compared with the options. */
const MOST_FORMS = 100

/** A description of a row that is the same for rows that define the same columns: keys, types, and lengths of lists. */
function formOf(value: unknown, deepest = FORM_LEVELS): string {
  if (typeof value === 'string')
    return isNumber(value.trim()) ? 'number' : `text ${value.trim() === '' ? '' : 'of words'}`
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  if (Array.isArray(value))
    return `${value.length}[${deepest === 0 || value.length === 0 ? '' : formOf(value[0], deepest - 1)}]`
  const members = Object.entries(value).map(
    ([key, one]) => `${JSON.stringify(key)}:${deepest === 0 ? '' : formOf(one, deepest - 1)}`,
  )
  return `{${members}}`
}

const FORM_LEVELS = 8

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
