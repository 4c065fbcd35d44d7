/**
 * Rows of delimited text, as latin1 text (see `dialect.ts`). csv-parse reads cells as the text that they are. It does not
 * say which of them stood in quotes, so cells that pass through as the bytes that they are, quotes and all, are split here;
 * and so are the rows of a block that csv-parse refuses, to find the bad ones. csv-stringify writes cells of text.
 */
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

/** The rows of a block of whole rows, blank lines and comments left out. */
export function readRows(block: Buffer, dialect: Dialect): Row[] {
  return readRowsAt(rowRanges(block, dialect), block, dialect)
}

/** The same with the text of each cell; undefined where rows have to be read one by one. */
export function parseRows(block: Buffer, dialect: Dialect): string[][] | undefined {
  if (!isOrdinary(block, dialect)) return undefined
  const { delimiter, quote, comment, newline } = dialect
  try {
    return csvParse().parse(block, {
      encoding: 'latin1',
      delimiter,
      quote,
      escape: quote,
      comment: comment ?? null,
      comment_no_infix: true,
      // Looking for two of them at each byte takes a tenth of the time.
      record_delimiter: newline === '\n' && block.includes('\r') ? ['\r\n', '\n'] : [newline],
      relax_column_count: true,
      skip_empty_lines: true,
    })
  } catch {
    return undefined
  }
}

/** False where csv-parse reads what it should refuse, or drops what is no escape. */
function isOrdinary(block: Buffer, { quote, escape, comment, newline }: Dialect): boolean {
  if (escape !== quote || (comment !== undefined && block.includes(quote + comment))) return false
  return newline === '\r' || !hasLoneReturn(block)
}

/** True for a carriage return that is not before a newline. */
function hasLoneReturn(block: Buffer): boolean {
  let at = block.indexOf('\r')
  while (at >= 0 && block[at + 1] === LF) at = block.indexOf('\r', at + 1)
  return at >= 0
}

const LF = 10

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
  if (encoded) return `${rows.map((cells) => cells.join(delimiter)).join('\n')}\n`
  return csvStringify().stringify(rows, {
    delimiter,
    quote,
    escape,
    record_delimiter: '\n',
    quoted_empty: rows[0]?.length === 1,
    quote_record_delimiter: true,
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
