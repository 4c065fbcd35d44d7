/**
 * Rows of delimited text, as latin1 text (see `dialect.ts`). csv-parse reads cells as the text that they are. It does not
 * say which of them stood in quotes, so cells that pass through as the bytes that they are, quotes and all, are split here;
 * and so are the rows of a block that csv-parse refuses, to find the bad ones. csv-stringify writes cells of text.
 */

import { csvParse, csvStringify } from '#csv-packages'
import { type Dialect, fromBytes, isEscaped } from '../../core/dialect.js'
import { SoftmaxError, shown } from '../../core/errors.js'
import { optionText } from '../../core/option-words.js'
import { endsEscaped, escapeCell, splitEscaped, unescapeCell } from './escapes.js'
import { type ByteRange, isBlank, NOT_CLOSED, rowRanges, textEnd } from './scanner.js'

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
function isOrdinary(block: Buffer, { quote, escape, comment, newline, blanks, lazyQuotes }: Dialect): boolean {
  if (quote === '' || lazyQuotes || blanks !== 'keep') return false
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
  return Array.from(places, (place) => readRowAt(place, block, dialect))
}

/** The row at a place of a block. */
export function readRowAt(place: ByteRange, block: Buffer, dialect: Dialect): Row {
  return cellsOf(block.toString('latin1', place.start, textEnd(block, place, dialect)), dialect)
}

/** At which byte of a row's text a cell begins. */
export function cellStart(line: string, cell: number, dialect: Dialect): number {
  if (isEscaped(dialect)) return joinedLength(splitEscaped(line, dialect.delimiter).slice(0, cell), dialect)
  let index = 0
  for (const range of cellRanges(line, dialect)) if (index++ === cell && 'start' in range) return range.start
  return 0
}

/** The length of some cells with a delimiter behind each. */
function joinedLength(cells: readonly string[], { delimiter }: Dialect): number {
  return cells.reduce((sum, { length }) => sum + length + delimiter.length, 0)
}

/**
 * Writes rows of cells, each ended by a newline, as latin1 text. `encoded` cells are written as they are.
 *
 * @throws E_CONFLICT for a cell that needs quotes where there are none
 */
export function writeRows(rows: string[][], dialect: Dialect, encoded: boolean): string {
  const { delimiter, quote, escape, blanks } = dialect
  const quotes = encoded ? { quote: '', escape: '' } : { quote, escape }
  if (!encoded && isEscaped(dialect)) return writeRows(escapedRows(rows, delimiter), dialect, true)
  if (!encoded && quote === '') for (const row of rows) for (const cell of row) requireBare(cell, dialect)
  return csvStringify().stringify(rows, {
    delimiter,
    record_delimiter: '\n',
    quoted_empty: !encoded && (rows[0]?.length === 1 || blanks === 'delimit'),
    quote_record_delimiter: true,
    ...(blanks === 'delimit' && !encoded && { quoted_match: '\t' }),
    ...quotes,
  })
}

function escapedRows(rows: string[][], delimiter: string): string[][] {
  return rows.map((row) => row.map((cell) => escapeCell(cell, delimiter)))
}

/** A cell as it is written in a dialect: in quotes where it needs them, or is empty. */
export function encodeCell(text: string, dialect: Dialect): string {
  return cellEncoder(dialect)(text)
}

/** The function that makes cells of texts. Most have nothing special in them. */
export function cellEncoder(dialect: Dialect): (text: string) => string {
  const { delimiter, quote, escape } = dialect
  const special = new RegExp(`[\\r\\n\\t${`${delimiter}${quote}${escape}`.replace(/[\\\]^-]/g, '\\$&')}]`)
  return (text) => (text !== '' && !special.test(text) ? text : writeRows([[text]], dialect, false).slice(0, -1))
}

function requireBare(cell: string, { delimiter, blanks }: Dialect): void {
  if (!/[\r\n]/.test(cell) && !cell.includes(delimiter) && (blanks !== 'delimit' || /^[^\t]+$/.test(cell))) return
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${shown(fromBytes(cell))} cannot be written without quotes; leave out ${optionText('quote', 'none')}, or name the output with ${optionText('to')}`,
  })
}

/** The text of a cell, without its quotes and escapes; an escape is one only before a quote or itself. */
export function decodeCell(cell: string, { quote, escape }: Dialect): string {
  if (isEscaped({ quote, escape })) return unescapeCell(cell)
  if (quote === '' || !cell.startsWith(quote)) return cell
  const text = cell.slice(1, -1)
  if (!text.includes(escape)) return text
  // At once: a text that grows by a character takes thirty times its bytes.
  if (escape === quote) return text.replaceAll(quote + quote, () => quote)
  return text
    .split(escape + escape)
    .map((part) => part.replaceAll(escape + quote, () => quote))
    .join(escape)
}

const OPEN_ESCAPE = String.raw`the row ends in a backslash; a newline in a cell is written \n`
const CLOSED_EARLY = 'text follows a closing quote; a quote inside a cell is written twice'
const dropsBlanks = () => `${optionText('trim', true)} drops blanks around cells`
const openedLate = () =>
  `a quote stands in a cell without quotes; ${optionText('lazyQuotes', true)} takes it for text, ${optionText('quote', 'none')} takes all quotes for text`

/** The cells of a row, its newline left out; or why it is not a row, if its quotes are not as they should be. */
function cellsOf(line: string, dialect: Dialect): Row {
  const { quote, blanks, delimiter } = dialect
  if (isEscaped(dialect)) return endsEscaped(line) ? invalid(OPEN_ESCAPE) : splitEscaped(line, delimiter)
  if (blanks === 'keep' && (quote === '' || !line.includes(quote))) return line.split(delimiter)
  const cells: string[] = []
  for (const range of cellRanges(line, dialect)) {
    if ('code' in range) return range
    cells.push(line.slice(range.start, range.end))
  }
  return cells
}

/** Where each cell of a row stands in it; where its quotes are not as they should be, that comes last. */
function* cellRanges(line: string, dialect: Dialect): Generator<ByteRange | InvalidRow> {
  const { quote, blanks, lazyQuotes } = dialect
  for (let at = blanks === 'delimit' ? blankEnd(line, 0, dialect) : 0; ; ) {
    const start = blanks === 'trim' ? blankEnd(line, at, dialect) : at
    const isQuoted = quote !== '' && line.startsWith(quote, start)
    const closed = isQuoted ? quotesEnd(line, start, dialect) : start
    if (closed < 0) return yield invalid(NOT_CLOSED, start)
    const next = delimiterAt(line, closed, dialect)
    const end = blanks === 'trim' ? blankStart(line, closed, next.start, dialect) : next.start
    if (isQuoted && end > closed) return yield invalid(behindQuotes(line.slice(0, closed), line.slice(closed, end)))
    const cell = line.slice(start, end)
    if (!isQuoted && !lazyQuotes && quote !== '' && cell.includes(quote))
      return yield invalid(insideCell(line, cell, quote))
    yield { start, end }
    if (next.end < 0) return
    at = next.end
  }
}

function invalid(reason: string, at = 0): InvalidRow {
  return { code: 'E_QUOTE', info: { reason }, at }
}

function behindQuotes(before: string, text: string): string {
  if (before.at(-2) === '\\') return `${CLOSED_EARLY}, or is read with ${optionText('escape', '\\')}`
  return text.trim() === '' ? `a blank follows a closing quote; ${dropsBlanks()}` : CLOSED_EARLY
}

function insideCell(line: string, cell: string, quote: string): string {
  if (isObject(line)) return `the row is an object of JSON; ${optionText('from', 'ndjson')} reads such rows`
  return cell.trimStart().startsWith(quote) ? `a blank stands before a quote; ${dropsBlanks()}` : openedLate()
}

/** Whether a row is an object of JSON as a whole; one that is a cell may be followed by others. */
function isObject(line: string): boolean {
  try {
    return /^\s*\{/.test(line) && typeof JSON.parse(line) === 'object'
  } catch {
    return false
  }
}

/** The next delimiter; -1 at the end of the row. */
function delimiterAt(line: string, from: number, dialect: Dialect): ByteRange {
  const { delimiter, blanks } = dialect
  if (blanks !== 'delimit') {
    const start = line.indexOf(delimiter, from)
    return start < 0 ? { start: line.length, end: -1 } : { start, end: start + delimiter.length }
  }
  let start = from
  while (start < line.length && !isBlank(line.charCodeAt(start), dialect)) start++
  const end = blankEnd(line, start, dialect)
  return { start, end: end === line.length ? -1 : end }
}

function blankEnd(line: string, from: number, dialect: Dialect): number {
  let at = from
  while (isBlank(line.charCodeAt(at), dialect)) at++
  return at
}

function blankStart(line: string, from: number, to: number, dialect: Dialect): number {
  let at = to
  while (at > from && isBlank(line.charCodeAt(at - 1), dialect)) at--
  return at
}

/** Behind the quote that closes a cell; -1 if none does. */
function quotesEnd(text: string, open: number, { quote, escape }: Dialect): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === escape && (escape !== quote || text[at + 1] === quote)) at++
    else if (text[at] === quote) return at + 1
  }
  return -1
}
