/**
 * Rows of delimited text: csv-parse reads them, csv-stringify writes them, block by block.
 *
 * A kept cell comes out as the bytes that went in: text is latin1 (see `dialect.ts`), and a cell that stood in quotes
 * keeps them. csv-parse does not say which cells did, save through a callback that makes it six times as slow, and takes
 * 100 µs to tell of a bad row, or of one of another width; so rows with quotes, and the odd rows of the fast lane, are
 * split here.
 */
import type { Options } from 'csv-parse/sync'
import type { Dialect } from '../../core/dialect.js'
import { csvParse, csvStringify } from '../../io/packages.js'
import { type ByteRange, lineEnd, NOT_CLOSED, rowRanges } from './row-splitter.js'

/** The cells of a row as they stand in the input, quotes and all; or why it is not a row, and at which of its bytes. */
export type Row = string[] | InvalidRow

interface InvalidRow {
  code: 'E_QUOTE'
  info: { reason: string }
  at: number
}

/** The rows of a block of whole rows; blank lines and comments are left out. */
export function readRows(block: Buffer, dialect: Dialect): Row[] {
  if (block.includes(dialect.quote)) return readRowsAt(rowRanges(block, dialect), block, dialect)
  return csvParse().parse(block, parserOptions(block, dialect))
}

/** The rows that stand at some places of a block. */
export function readRowsAt(places: Iterable<ByteRange>, block: Buffer, dialect: Dialect): Row[] {
  return Array.from(places, ({ start, end }) => cellsOf(block.toString('latin1', start, end), dialect))
}

/** The row that a block is. */
export function readRow(block: Buffer, dialect: Dialect): Row {
  return cellsOf(block.toString('latin1'), dialect)
}

/** Writes rows of cells, each ended by a newline, as latin1 text. `encoded` cells are written as they are. */
export function writeRows(rows: string[][], { delimiter, quote, escape }: Dialect, encoded: boolean): string {
  const quotes = encoded ? { quote: '', escape: '' } : { quote, escape }
  return csvStringify().stringify(rows, {
    delimiter,
    record_delimiter: '\n',
    quoted_empty: !encoded && rows[0]?.length === 1,
    quote_record_delimiter: true,
    ...quotes,
  })
}

/** A cell as it is written in a dialect: in quotes where it needs them, or would be an empty line by itself. */
export function encodeCell(text: string, dialect: Dialect): string {
  return /^\w+$/.test(text) ? text : writeRows([[text]], dialect, false).slice(0, -1)
}

/** The text of a cell, without its quotes and escapes; an escape is one only before a quote or itself. */
export function decodeCell(cell: string, { quote, escape }: Dialect): string {
  if (!cell.startsWith(quote)) return cell
  let text = ''
  for (let at = 1; at < cell.length - 1; at++) {
    if (cell[at] === escape && (cell[at + 1] === quote || cell[at + 1] === escape)) at++
    text += cell[at]
  }
  return text
}

function parserOptions(block: Buffer, { delimiter, comment, newline }: Dialect): Options {
  return {
    encoding: 'latin1',
    delimiter,
    quote: null,
    escape: null,
    comment: comment ?? null,
    comment_no_infix: true,
    // Looking for two of them at each byte takes a tenth of the time.
    record_delimiter: newline === '\n' && block.includes('\r') ? ['\r\n', '\n'] : [newline],
    relax_column_count: true,
    skip_empty_lines: true,
  }
}

const CLOSED_EARLY = 'text follows a closing quote; a quote inside a cell is written twice'
const OPENED_LATE = 'a quote stands in a cell without quotes; such a cell needs quotes, and the quote is written twice'

/** The cells of a row; or why it is none, if its quotes are not as they should be. */
function cellsOf(text: string, dialect: Dialect): Row {
  const { delimiter, quote } = dialect
  const line = text.slice(0, lineEnd(text, dialect))
  if (!line.includes(quote)) return line.split(delimiter)
  const bad = (reason: string, at = 0): InvalidRow => ({ code: 'E_QUOTE', info: { reason }, at })
  const cells: string[] = []
  for (let at = 0; at <= line.length; at += delimiter.length) {
    const isQuoted = line.startsWith(quote, at)
    const next = isQuoted ? quotesEnd(line, at, dialect) : line.indexOf(delimiter, at)
    if (isQuoted && next < 0) return bad(NOT_CLOSED, at)
    const end = next < 0 ? line.length : next
    if (end < line.length && !line.startsWith(delimiter, end)) return bad(CLOSED_EARLY)
    const cell = line.slice(at, end)
    if (!isQuoted && cell.includes(quote)) return bad(OPENED_LATE)
    cells.push(cell)
    at = end
  }
  return cells
}

/** Behind the quote that closes a cell; -1 if none does. */
function quotesEnd(text: string, open: number, { quote, escape }: Dialect): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === escape && (escape !== quote || text[at + 1] === quote)) at++
    else if (text[at] === quote) return at + 1
  }
  return -1
}
