/** Reads delimited text: blocks of whole rows into record batches. */

import { isUtf8 } from 'node:buffer'
import { type Dialect, fromBytes } from '../../core/dialect.js'
import { encodingInfo, isUtf8Text } from '../../core/encoding.js'
import { SoftmaxError, shown } from '../../core/errors.js'
import { looksLikeData } from '../../core/header-names.js'
import { logitOf } from '../../core/logit.js'
import { isNumber } from '../../core/number.js'
import { optionText } from '../../core/option-words.js'
import type { SettingsOf } from '../../core/options.js'
import type {
  Cells,
  Column,
  LocatedRowError,
  ReaderOptions,
  RecordBatch,
  RecordBatchReader,
  RowError,
  Source,
} from '../../core/record-batch.js'
import { oversizedBatch } from '../oversized.js'
import { peekRows, typedColumn, typeOfCells, withType } from './cell-columns.js'
import { type CsvHeader, dialectFromOptions, readFirstRows, readHeader } from './header.js'
import { type ByteRange, countLines, lineEnd, rowRanges } from './row-splitter.js'
import { decodeCell, parseRows, type Row, readRow, readRows, readRowsAt } from './rows.js'

/** Opens delimited text. Undefined where there is neither a header nor a row. */
export async function read({ chunks }: Source, settings: SettingsOf<'bytes'>): Promise<RecordBatchReader | undefined> {
  const head = await readHeader(chunks, dialectFromOptions(settings), settings)
  if (!head) return undefined
  requireText(head, settings.encoding)
  requireDelimiter(head.header ?? head.first ?? [], head.dialect, head.line)
  const columns = columnsOf(head)
  requireHeader(columns, head, settings)
  const { dialect, lines, bytes } = head
  const peeked = settings.types === 'infer' ? await peekRows(head.blocks, dialect) : { sample: [], blocks: head.blocks }
  const { sample } = peeked
  let { blocks } = peeked
  return {
    columns,
    named: head.header !== undefined,
    headerLine: head.line,
    start: { line: 1 + lines, row: 1, byte: bytes },
    async *batches(options) {
      for await (const block of blocks) {
        yield Buffer.isBuffer(block) ? readBatch(block, columns, dialect, options) : oversizedBatch(block, options)
      }
    },
    async firstRows(count) {
      const first = await readFirstRows(blocks, dialect, columns.length, count)
      blocks = first.blocks
      return columns.map((_, column) => first.rows.map((row) => fromBytes(decodeCell(row[column]!, dialect))))
    },
    text: { source: { format: 'csv', columns, dialect }, rowOffset: 0, blocks: () => blocks },
    inferTypes(kept, types = kept.map((index) => typeOfCells(index, sample, columns.length, dialect))) {
      for (const [nth, index] of kept.entries()) columns[index] = withType(columns[index]!, types[nth])
    },
  }
}

/** A first line of numbers may be a row. Throws E_HEADER, unless it is said to be a header. */
function requireHeader(columns: readonly Column[], { header, line }: CsvHeader, settings: SettingsOf<'bytes'>): void {
  if (!header || settings.header !== undefined) return
  if (looksLikeData(columns.map(({ name }) => name))) throw new SoftmaxError('E_HEADER', { line })
}

function columnsOf({ dialect, header, first }: CsvHeader): Column[] {
  const text = (cell: string) => fromBytes(decodeCell(cell, dialect))
  return (header ?? first ?? []).map((cell, index) => ({
    name: header ? text(cell) : String(index + 1),
    type: 'text',
    sample: text(first?.[index] ?? '0'),
    ...(header && { headerCell: cell }),
  }))
}

/** Names have to be text: a class would be called by them. A file that has no text has control characters soon. */
function requireText({ header = [], line }: CsvHeader, encoding: string | undefined): void {
  for (const cell of header) {
    if (!isUtf8Text(cell)) {
      throw new SoftmaxError('E_ENCODING', { ...encodingInfo(bytesOf(cell), 'the header', encoding), line })
    }
    const name = fromBytes(cell)
    if (CONTROL.test(name)) {
      const reason = `the header has a control character, in ${shown(name)}: it is no text, or no header`
      const remedy =
        encoding === 'latin1'
          ? `try ${optionText('encoding', 'windows-1252')}`
          : `${optionText('header', false)} reads it as a row`
      throw new SoftmaxError('E_ENCODING', { reason, remedy, line })
    }
  }
}

/** Control characters but for tabs and newlines. */
const CONTROL = /[^\P{Cc}\t\r\n]/u

/** One column with what other files have between cells in it is a file of another delimiter. */
function requireDelimiter([cell, more]: string[], { quote }: Dialect, line: number): void {
  if (cell === undefined || more !== undefined || cell.startsWith(quote)) return
  const delimiter = [';', '\t', '|', ','].find((candidate) => cell.includes(candidate)) ?? blankBetween(cell)
  if (delimiter) throw new SoftmaxError('E_DELIMITER', { line, delimiter })
}

/** A blank, where all that it stands between are numbers: names may have some. */
function blankBetween(cell: string): string | undefined {
  return cell.includes(' ') && cell.split(' ').every(isNumber) ? ' ' : undefined
}

/** The rows of a block; where they stand is found, unless it is known. */
export function readBatch(
  block: Buffer,
  columns: readonly Column[],
  dialect: Dialect,
  options: ReaderOptions,
  ranges?: readonly ByteRange[],
): RecordBatch {
  const { cells = 'text' } = options
  // Types are of cells as they stand in the input.
  const isTyped = options.kept.some((index) => columns[index]!.field)
  const parsed = cells === 'text' && !ranges && !isTyped ? parseRows(block, dialect) : undefined
  const rows = parsed ?? (ranges ? readRowsAt(ranges, block, dialect) : readRows(block, dialect))
  const textOf = parsed ? (cell: string) => cell : (cell: string) => decodeCell(cell, dialect)
  const { logits, errors } = readLogits(rows, columns.length, textOf, options)
  if (options.encoding !== undefined && !isUtf8(block)) checkKept(rows, options, errors)
  if (!parsed) refuseStrayReturns(rows, columns.length - 1, errors)
  const cellOf = cellReader(cells, textOf)
  const kept = options.kept.map((index) => {
    const cells = rows.map((row) => (Array.isArray(row) ? (row[index] ?? '') : ''))
    return columns[index]!.field ? typedColumn(cells, columns[index]!, index, dialect, errors) : cells.map(cellOf)
  })
  return {
    numRows: rows.length,
    logits,
    kept,
    errors,
    withPosition: locator(block, ranges ?? rowRanges(block, dialect), columns, dialect, options),
    lines: countLines(block, dialect),
    bytes: block.length,
  }
}

type TextOf = (cell: string) => string

function cellReader(cells: Cells, textOf: TextOf): TextOf {
  if (cells === 'encoded') return (cell) => cell
  if (cells === 'bytes') return textOf
  return (cell) => fromBytes(textOf(cell))
}

/** The logits of some rows, and what is wrong with the bad ones. */
function readLogits(rows: Row[], width: number, textOf: TextOf, options: ReaderOptions) {
  const { length } = options.logits
  const logits = new Float64Array(rows.length * length)
  const errors = new Map<number, RowError>()
  for (const [index, row] of rows.entries()) {
    const into = logits.subarray(index * length, (index + 1) * length)
    const rowError = Array.isArray(row) ? readLogitsOf(row, width, into, textOf, options) : row
    if (rowError) errors.set(index, rowError)
  }
  return { logits, errors }
}

/** Reads the logits of a row; returns what is wrong with it, if anything is. */
function readLogitsOf(
  row: string[],
  width: number,
  into: Float64Array,
  textOf: TextOf,
  options: ReaderOptions,
): RowError | undefined {
  if (row.length !== width) return { code: 'E_WIDTH', info: { cells: row.length, width } }
  const { logits } = options
  for (let index = 0; index < logits.length; index++) {
    const cell = logits[index]!
    const logit = logitOf(textOf(row[cell]!), options)
    if (typeof logit !== 'number') return { ...logit, info: asText(logit.info), cell }
    into[index] = logit
  }
  return undefined
}

/** Finds rows with a kept cell that is not text. */
function checkKept(rows: Row[], { kept, encoding }: ReaderOptions, errors: Map<number, RowError>): void {
  for (const [index, row] of rows.entries()) {
    if (!Array.isArray(row) || errors.has(index)) continue
    const cell = kept.find((column) => !isUtf8Text(row[column]!))
    if (cell === undefined) continue
    errors.set(index, { code: 'E_ENCODING', info: encodingInfo(bytesOf(row[cell]!), 'the cell', encoding), cell })
  }
}

function bytesOf(cell: string): Buffer {
  return Buffer.from(cell, 'latin1')
}

/** A carriage return at the end of a row is a part of its last cell, or of its end: so the row is bad. */
function refuseStrayReturns(rows: Row[], cell: number, errors: Map<number, RowError>): void {
  for (const [index, row] of rows.entries()) {
    if (!Array.isArray(row) || !row[cell]?.endsWith('\r') || errors.has(index)) continue
    errors.set(index, { code: 'E_QUOTE', info: { reason: STRAY_RETURN }, cell })
  }
}

/** Cells are bytes; errors show text. */
function asText({ cell, ...info }: RowError['info']): RowError['info'] {
  return typeof cell === 'string' ? { ...info, cell: fromBytes(cell) } : info
}

const STRAY_RETURN = 'the row ends in two carriage returns; a line ends in one, with a newline after it'

/** A function that finds the positions of a block's bad rows, asked for in order. */
function locator(
  block: Buffer,
  ranges: Iterable<ByteRange>,
  columns: readonly Column[],
  dialect: Dialect,
  { wantRaw }: ReaderOptions,
) {
  const rest = ranges[Symbol.iterator]()
  let range = { start: 0, end: 0 }
  let [index, line] = [-1, 0]
  return ({ code, info, cell, at = 0 }: RowError, row: number): LocatedRowError => {
    const from = range.start
    for (; index < row; index++) range = rest.next().value!
    const { start } = range
    line += countLines(block.subarray(from, start), dialect)
    const tail = Math.max(start, range.end - 2)
    const end = tail + lineEnd(block.toString('latin1', tail, range.end), dialect)
    const before = cell === undefined ? 0 : lengthBefore(cell, block.subarray(start, range.end), dialect)
    const byte = start + at + before
    const column = cell !== undefined && { column: columns[cell]!.name }
    // In a buffer of its own: what is sent from a worker is sent with all of its buffer.
    const raw = wantRaw && { raw: new Uint8Array(block.subarray(start, end)) }
    return { code, info: { ...info, line, row, byte, ...column }, start, end, ...raw }
  }
}

/** The bytes of a row before one of its cells. */
function lengthBefore(cell: number, row: Buffer, dialect: Dialect): number {
  const cells = readRow(row, dialect)
  if (!Array.isArray(cells)) return 0
  return cells.slice(0, cell).reduce((sum, text) => sum + text.length + dialect.delimiter.length, 0)
}
