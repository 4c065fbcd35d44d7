/** Reads the beginning of an input: encoding, newline, header and first row; and the rest in blocks. */

import type { Dialect } from '../../core/dialect.js'
import { type HeaderInfo, SoftmaxError } from '../../core/errors.js'
import { isNumber, withPoint } from '../../core/number.js'
import type { SettingsOf } from '../../core/options.js'
import type { Block, OversizedRow } from '../../core/record-batch.js'
import { lookAhead } from '../../io/look-ahead.js'
import { copiedRowWarning, isCopiedRow } from './copied-row.js'
import { readFirstLine } from './first-line.js'
import { commentPrefix, delimiterBehindQuote } from './likely-delimiter.js'
import { hasOtherNewline } from './row-shape.js'
import { splitRows } from './row-splitter.js'
import { type Row, readRowAt } from './rows.js'
import { countLines, rowRanges } from './scanner.js'

/** The result of reading the beginning of an input. Cells are raw. */
export interface CsvHeader {
  dialect: Dialect
  header: string[] | undefined
  /** The first row; undefined if there is none, or if there is a header and what follows is not a row. */
  first: string[] | undefined
  /** A warning about the shape of the rows. */
  warning: string | undefined
  /** Whether there is no row, not even a bad one. */
  isEmpty?: true
  /** The line of the header, or of the first row if there is no header. */
  line: number
  /** The newlines and bytes before the blocks. */
  lines: number
  bytes: number
  /** All rows after the header, in blocks of complete rows. */
  blocks: AsyncGenerator<Block>
}

/**
 * Reads up to the first row. Undefined if there is neither header nor row. Throws E_ENCODING, and E_QUOTE or
 * E_ROW_TOO_LONG for an unreadable header (or first row without a header).
 */
export async function readHeader(
  chunks: AsyncGenerator<Buffer>,
  requested: Omit<Dialect, 'newline'>,
  settings: SettingsOf<'bytes'>,
): Promise<CsvHeader | undefined> {
  const { bytes, dialect, skipped } = await readFirstLine(chunks, requested, settings)
  const limits = { size: BLOCK_SIZE[settings.lane], limit: settings.maxRowBytes }
  const blocks = splitRows(prepend([bytes], chunks), dialect, limits)
  return new HeadReader(dialect, settings, skipped).read(blocks)
}

/**
 * Small blocks for the general lane, so that csv-parse's results die young; large ones for the fast lane, which has a
 * cost per block.
 */
const BLOCK_SIZE = { general: 1 << 16, fast: 1 << 19, auto: 1 << 19 }

/**
 * The first `count` rows with `width` cells, up to one that is enough, within a byte limit, and all blocks. Throws
 * E_HEADER if there are none and the header seems to be further down.
 */
export async function readFirstRows(
  { dialect, header, line, lines }: CsvHeader,
  blocks: AsyncGenerator<Block>,
  width: number,
  count: number,
  isEnough: (row: string[]) => boolean = () => false,
): Promise<{ rows: string[][]; blocks: AsyncGenerator<Block> }> {
  const rows: string[][] = []
  const search = new HeaderSearch(lines)
  let bytes = 0
  let isDone = false
  const wantsMore = (block: Block) => {
    for (const { row, start } of rowsIn(block, dialect)) {
      // Decided by the row's position, because block sizes depend on the lane.
      if (isDone || bytes + start > SEARCH) break
      if (!Array.isArray(row) || row.length !== width) continue
      rows.push(row)
      isDone = rows.length === count || isEnough(row)
    }
    search.add(block, dialect)
    bytes += sizeOf(block)
    return !isDone && bytes <= SEARCH
  }
  const all = await lookAhead(blocks, wantsMore)
  const isText = rows.every((row) => !hasNumbers(row, dialect))
  const above = header && isText ? search.linesAbove(header) : undefined
  if (above) throw new SoftmaxError('E_HEADER', { line, ...above })
  return { blocks: all, rows }
}

function hasNumbers(row: readonly string[], { decimalComma }: Dialect): boolean {
  return row.some((cell) => isNumber(decimalComma ? withPoint(cell) : cell))
}

/** Searches for the header of a table below lines that were mistaken for it. */
class HeaderSearch {
  /**
   * For each of the first rows: its number of cells, the lines before it, whether it has numbers, and its comment
   * prefix.
   */
  readonly #rows: { cells: number; lines: number; hasNumbers: boolean; comment: string | undefined }[] = []
  #lines: number

  /** `lines` are those before the blocks: up to the supposed header, and blank ones below it. */
  constructor(lines: number) {
    this.#lines = lines
  }

  add(block: Block, dialect: Dialect): void {
    let counted = 0
    for (const { row, start } of rowsIn(block, dialect)) {
      if (this.#rows.length === SAMPLE) return
      if (!Array.isArray(row) || !Buffer.isBuffer(block)) continue
      this.#lines += countLines(block.subarray(counted, start), dialect)
      counted = start
      this.#rows.push({
        cells: row.length,
        lines: this.#lines,
        hasNumbers: hasNumbers(row, dialect),
        comment: commentPrefix(row),
      })
    }
    this.#lines += Buffer.isBuffer(block) ? countLines(block.subarray(counted), dialect) : block.lines
  }

  /**
   * The number of lines above the real header, if the supposed header has fewer cells than the rows below and these all
   * have the same width. Also their comment prefix, if the header does not have it.
   */
  linesAbove(names: readonly string[]): Pick<HeaderInfo, 'above' | 'comment'> | undefined {
    const cells = names.length
    const width = this.#rows.at(-1)?.cells ?? 0
    const first = this.#rows.findIndex((row) => row.cells === width)
    const table = this.#rows.slice(first)
    // One extra cell, from a first row with numbers on, is R's row names.
    const isRowNames = first === 0 && table[0]?.hasNumbers === true
    const isWider = width > cells + (isRowNames ? 1 : 0)
    if (!isWider || table.length < 2 || table.some((row) => row.cells !== width)) return undefined
    const comment = commentPrefix(names)
    const isComment = comment !== undefined && table[0]!.comment === undefined
    return { above: { lines: table[0]!.lines, cells, width }, ...(isComment && { comment }) }
  }
}

async function* prepend<T>(first: T[], rest: AsyncGenerator<T>): AsyncGenerator<T> {
  yield* first
  yield* rest
}

/**
 * Reads blocks until there are a header and a row of the same width, or without a header, a row that defines the number
 * of columns.
 */
class HeadReader {
  #dialect: Dialect
  readonly #settings: SettingsOf<'bytes'>
  /** The newlines and bytes consumed. */
  #lines: number
  #bytes: number
  #header: string[] | undefined
  #mayHaveHeader: boolean
  #warning: string | undefined
  #line = 0
  /** Blocks read so far without a row that defines the columns. */
  readonly #passed: Block[] = []
  /** Blocks whose rows show whether each ends in a delimiter. */
  #sampled: Block[] = []

  constructor(dialect: Dialect, settings: SettingsOf<'bytes'>, skipped: { lines: number; bytes: number }) {
    this.#dialect = dialect
    this.#settings = settings
    this.#mayHaveHeader = settings.header !== false
    this.#lines = skipped.lines
    this.#bytes = skipped.bytes
  }

  async read(blocks: AsyncGenerator<Block>): Promise<CsvHeader | undefined> {
    let searched = 0
    for (let next = await blocks.next(); !next.done; next = await blocks.next()) {
      const block = this.#mayHaveHeader && !this.#header ? this.#readHeader(next.value) : next.value
      if (!block) continue
      blocks = await this.#sample(block, blocks)
      const found = this.#findFirst(block, searched)
      searched += sizeOf(block)
      if (found) return this.#head(found.first, prepend([...this.#passed, block], blocks))
      this.#pass(block)
    }
    const [bad] = this.#passed
    if (!this.#header && !bad) return undefined
    if (bad) this.#setMisfit(rowsIn(bad, this.#dialect).next().value?.row)
    const head = this.#head(this.#header || !bad ? undefined : this.#looseCells(bad), prepend(this.#passed, blocks))
    return this.#passed.every((block) => rowsIn(block, this.#dialect).next().done) ? { ...head, isEmpty: true } : head
  }

  #head(first: string[] | undefined, blocks: AsyncGenerator<Block>): CsvHeader {
    const [line, warning] = [this.#line || 1, this.#warning]
    const read = { dialect: this.#dialect, header: this.#header, lines: this.#lines, bytes: this.#bytes }
    return { ...read, first, line, warning, blocks }
  }

  /** Handles a first row that does not fit the header. Throws E_QUOTE if the header ends unlike all other lines. */
  #setMisfit(row: Row | OversizedRow | undefined): void {
    if (!this.#header) return
    if (this.#dialect.newline === '\r' && Array.isArray(row) && hasOtherNewline(row)) {
      throw new SoftmaxError('E_QUOTE', { line: this.#line, reason: HEADER_RETURN })
    }
    this.#dialect = { ...this.#dialect, misfit: true }
  }

  /** Removes the header from a block; returns the rest, if any, or all if it has none. */
  #readHeader(block: Block): Block | undefined {
    const found = rowsIn(block, this.#dialect).next().value
    const end = found?.end ?? sizeOf(block)
    this.#line = this.#lineOf(block, found?.start ?? 0)
    const cells = found && this.#requireCells(found, block, {})
    if (cells && this.#isRow(cells)) {
      this.#mayHaveHeader = false
      this.#warning = copiedRowWarning(cells)
      return block
    }
    if (cells) this.#header = this.#named(cells)
    this.#drop(block, end)
    return Buffer.isBuffer(block) && end < block.length ? block.subarray(end) : undefined
  }

  /** Whether a first line is evidently none of names, in a format whose files usually have no header. */
  #isRow(cells: string[]): boolean {
    const { from, header, rowNames } = this.#settings
    const { decimalComma } = this.#dialect
    return (
      from === 'copy' && header === undefined && !rowNames && isCopiedRow(decimalComma ? cells.map(withPoint) : cells)
    )
  }

  /** The header with a name added for R's row name column. */
  #named(header: string[]): string[] {
    return this.#settings.rowNames ? [ROW_NAMES, ...header] : header
  }

  /** The first row that defines the columns; bad rows before it are passed over under `skip`. */
  #findFirst(block: Block, searched: number): { first: string[] | undefined } | undefined {
    for (const found of rowsIn(block, this.#dialect)) {
      const { row } = found
      if (!this.#header) this.#line ||= this.#lineOf(block, found.start)
      if (Array.isArray(row) && (!this.#header || row.length === this.#header.length)) return { first: row }
      if (
        Array.isArray(row) &&
        this.#header &&
        hasCommentPrefix(this.#header) &&
        row.length === this.#header.length - 1
      ) {
        this.#header = this.#header.slice(1)
        return { first: row }
      }
      if (this.#header && this.#passed.length === 0) {
        const first = this.#withoutTrailing(row)
        if (first) return { first }
      }
      if (this.#settings.onError === 'skip' && searched + found.start <= SEARCH) continue
      this.#setMisfit(row)
      return { first: this.#header ? undefined : this.#requireCells(found, block, { row: 1 }) }
    }
    return undefined
  }

  /**
   * Samples rows: if those of a block all end in an extra delimiter, or only the header does, also those of the next
   * blocks, as a block may be a single row on a busy machine. Returns the blocks after the first.
   */
  async #sample(block: Block, blocks: AsyncGenerator<Block>): Promise<AsyncGenerator<Block>> {
    if (!this.#header || this.#passed.length > 0) return blocks
    this.#sampled = [block]
    const wantsMore = (next: Block) => {
      this.#sampled.push(next)
      return this.#isUndecided()
    }
    return this.#isUndecided() ? lookAhead(blocks, wantsMore) : blocks
  }

  /** Whether more rows could show that not all have the extra delimiter, or lack it. */
  #isUndecided(): boolean {
    const bytes = this.#sampled.reduce((sum, block) => sum + sizeOf(block), 0)
    const isSmall = bytes <= SAMPLE_BYTES && this.#sampled.length < SAMPLE
    return isSmall && (this.#rowsEnd() || this.#headerEnds())
  }

  /** The first row, if either all rows or the header end in an extra delimiter. */
  #withoutTrailing(row: Row | OversizedRow): string[] | undefined {
    if (!Array.isArray(row)) return undefined
    if (this.#rowsEnd()) {
      this.#dialect = { ...this.#dialect, trailing: true }
      this.#warning = TRAILING_ROWS
      return row.slice(0, -1)
    }
    if (!this.#headerEnds()) return undefined
    this.#header = this.#header!.slice(0, -1)
    this.#warning = TRAILING_HEADER
    return row
  }

  /** Whether all sampled rows end in a delimiter, but not the header. */
  #rowsEnd(): boolean {
    const { length } = this.#header!
    return this.#isEach((cells) => cells.length === length + 1 && cells.at(-1) === '')
  }

  /** Whether the header ends in a delimiter, but none of the sampled rows. */
  #headerEnds(): boolean {
    const header = this.#header!
    const endsInDelimiter = header.length > 1 && header.at(-1) === ''
    return endsInDelimiter && this.#isEach(({ length }) => length === header.length - 1)
  }

  /** Whether all sampled rows pass a test. */
  #isEach(test: (cells: string[]) => boolean): boolean {
    let [rows, bytes] = [0, 0]
    for (const block of this.#sampled) {
      for (const { row, start } of rowsIn(block, this.#dialect)) {
        if (bytes + start > SAMPLE_BYTES || rows === SAMPLE) return rows > 0
        if (!Array.isArray(row) || !test(row)) return false
        rows++
      }
      bytes += sizeOf(block)
    }
    return rows > 0
  }

  /** The first row split without regard to quotes: even if no row is valid, there must be columns. */
  #looseCells(block: Block): string[] {
    if (!Buffer.isBuffer(block)) return block.start.toString('latin1').split(this.#dialect.delimiter)
    const [first] = rowRanges(block, this.#dialect)
    return block.toString('latin1', first!.start, first!.end).trimEnd().split(this.#dialect.delimiter)
  }

  /** Keeps a block for later, without what precedes the first row. */
  #pass(block: Block): void {
    const isEmpty = rowsIn(block, this.#dialect).next().done
    if (isEmpty && this.#passed.length === 0) this.#drop(block, sizeOf(block))
    else this.#passed.push(block)
  }

  #drop(block: Block, end: number): void {
    this.#bytes += end
    this.#lines += Buffer.isBuffer(block) ? countLines(block.subarray(0, end), this.#dialect) : block.lines
  }

  #lineOf(block: Block, start: number): number {
    return 1 + this.#lines + (Buffer.isBuffer(block) ? countLines(block.subarray(0, start), this.#dialect) : 0)
  }

  #requireCells({ row, start }: Found, block: Block, position: { row?: number }): string[] {
    if (Array.isArray(row)) return row
    const delimiter = this.#settings.delimiter === undefined ? delimiterBehindQuote(block, start) : undefined
    if (delimiter) throw new SoftmaxError('E_DELIMITER', { line: this.#lineOf(block, start), delimiter })
    const byte = this.#bytes + start + row.at
    throw new SoftmaxError(row.code!, { ...row.info, ...position, line: this.#lineOf(block, start), byte } as never)
  }
}

/** Whether a header begins with a comment character followed by a blank, as numpy's `savetxt` writes it. */
function hasCommentPrefix([first = '', ...names]: string[]): boolean {
  return /^#+$/.test(first) && names.length > 0
}

const HEADER_RETURN = String.raw`a carriage return in the header is read as its end; tr '\r' ' ' replaces it with a space`
const TRAILING_ROWS =
  'the first rows end in a delimiter, unlike the header; the empty last cell of each row is left out'
const TRAILING_HEADER = 'the header ends in a delimiter, unlike the first rows; the empty last name is left out'

/** The name given to the column of row names. */
const ROW_NAMES = 'row_names'
/** Limits on the rows sampled for trailing delimiters; less than a block of either lane. */
const SAMPLE = 100
const SAMPLE_BYTES = 1 << 15

/** How many bytes to search for a row that defines the columns. */
const SEARCH = 1 << 20

/** A row near the beginning, and its byte range in the block. */
interface Found {
  row: Row | OversizedRow
  start: number
  end: number
}

function* rowsIn(block: Block, dialect: Dialect): Generator<Found> {
  if (!Buffer.isBuffer(block)) {
    if (block.code) yield { row: block, start: 0, end: block.bytes }
    return
  }
  for (const range of rowRanges(block, dialect)) yield { row: readRowAt(range, block, dialect), ...range }
}

function sizeOf(block: Block): number {
  return Buffer.isBuffer(block) ? block.length : block.bytes
}
