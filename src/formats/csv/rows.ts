/**
 * Rows of delimited text, as latin1 strings (see `dialect.ts`). csv-parse decodes cells, but does not report which ones
 * were quoted. So cells that pass through as raw bytes, including quotes, are split here, and so are the rows of a
 * block that csv-parse rejects, to find the bad ones. csv-stringify writes text cells.
 */

import { csvParse, csvStringify } from '#csv-packages'
import { type Dialect, fromBytes, isEscaped } from '../../core/dialect.js'
import { SoftmaxError, shown } from '../../core/errors.js'
import { fromText, optionText } from '../../core/option-words.js'
import { endsEscaped, escapeCell, splitEscaped, unescapeCell } from './escapes.js'
import { type ByteRange, isBlank, NOT_CLOSED, rowRanges, textEnd } from './scanner.js'

/** The raw cells of a row, including quotes; or why it is not a row, and at which byte. */
export type Row = string[] | InvalidRow

interface InvalidRow {
  code: 'E_QUOTE'
  info: { reason: string }
  at: number
}

/** Parses the rows of a block, without blank lines and comments. */
export function readRows(block: Buffer, dialect: Dialect): Row[] {
  return readRowsAt(rowRanges(block, dialect), block, dialect)
}

/** The same with decoded cells; undefined if rows have to be read one by one. */
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
      // Searching for both delimiters at every byte costs a tenth of the time.
      record_delimiter: newline === '\n' && block.includes('\r') ? ['\r\n', '\n'] : [newline],
      relax_column_count: true,
      skip_empty_lines: true,
    })
  } catch {
    return undefined
  }
}

/** False if csv-parse would accept what it should reject, or drop a character that is not an escape. */
function isOrdinary(block: Buffer, { quote, escape, comment, newline, blanks, lazyQuotes }: Dialect): boolean {
  if (quote === '' || lazyQuotes || blanks !== 'keep') return false
  if (escape !== quote || (comment !== undefined && block.includes(quote + comment))) return false
  return newline === '\r' || !hasLoneReturn(block)
}

/** Whether there is a carriage return that no newline follows. */
function hasLoneReturn(block: Buffer): boolean {
  let at = block.indexOf('\r')
  while (at >= 0 && block[at + 1] === LF) at = block.indexOf('\r', at + 1)
  return at >= 0
}

const LF = 10

/** The rows at some byte ranges of a block. */
export function readRowsAt(ranges: Iterable<ByteRange>, block: Buffer, dialect: Dialect): Row[] {
  return Array.from(ranges, (range) => readRowAt(range, block, dialect))
}

/** The row at a byte range of a block. */
export function readRowAt(range: ByteRange, block: Buffer, dialect: Dialect): Row {
  return cellsOf(block.toString('latin1', range.start, textEnd(block, range, dialect)), dialect)
}

/** The byte offset of a cell in its row. */
export function cellStart(line: string, cell: number, dialect: Dialect): number {
  if (isEscaped(dialect)) return joinedLength(splitEscaped(line, dialect.delimiter).slice(0, cell), dialect)
  let index = 0
  for (const range of cellRanges(line, dialect)) if (index++ === cell && 'start' in range) return range.start
  return 0
}

/** The length of some cells including a delimiter after each. */
function joinedLength(cells: readonly string[], { delimiter }: Dialect): number {
  return cells.reduce((sum, { length }) => sum + length + delimiter.length, 0)
}

/** Joins encoded cells to rows, each ended by a newline. */
export function joinRows(rows: readonly string[][], { delimiter }: Dialect): string {
  let text = ''
  for (const cells of rows) text += `${cells.join(delimiter)}\n`
  return text
}

/** Encodes a cell, quoted if necessary or if it is empty. */
export function encodeCell(text: string, dialect: Dialect): string {
  return cellEncoder(dialect)(text)
}

/** Creates the function that encodes cells. Most contain nothing special. */
export function cellEncoder(dialect: Dialect): (text: string) => string {
  const { delimiter, quote, escape } = dialect
  const special = new RegExp(`[\\r\\n\\t${`${delimiter}${quote}${escape}`.replace(/[\\\]^-]/g, '\\$&')}]`)
  return (text) => (text !== '' && !special.test(text) ? text : encodeSpecial(text, dialect))
}

/** Throws E_CONFLICT if the cell needs quotes and the dialect has none. */
function encodeSpecial(text: string, dialect: Dialect): string {
  const { delimiter, quote, escape, blanks } = dialect
  if (isEscaped(dialect)) return escapeCell(text, delimiter)
  if (quote === '') requireBare(text, dialect)
  const options = {
    delimiter,
    quote,
    escape,
    record_delimiter: '\n',
    quote_record_delimiter: true,
    quoted_empty: true,
    eof: false,
    ...(blanks === 'delimit' && { quoted_match: '\t' }),
  }
  return csvStringify().stringify([[text]], options)
}

function requireBare(cell: string, { delimiter, blanks }: Dialect): void {
  if (!/[\r\n]/.test(cell) && !cell.includes(delimiter) && (blanks !== 'delimit' || /^[^\t]+$/.test(cell))) return
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${shown(fromBytes(cell))} cannot be written without quotes; leave out ${optionText('quote', 'none')}, or name the output with ${optionText('to')}`,
  })
}

/** Decodes a cell; an escape counts only before a quote or itself. */
export function decodeCell(cell: string, { quote, escape }: Dialect): string {
  if (isEscaped({ quote, escape })) return unescapeCell(cell)
  if (quote === '' || !cell.startsWith(quote)) return cell
  const text = cell.slice(1, -1)
  if (!text.includes(escape)) return text
  // One replacement, because appending character by character takes thirty times the memory.
  if (escape === quote) return text.replaceAll(quote + quote, () => quote)
  return text
    .split(escape + escape)
    .map((part) => part.replaceAll(escape + quote, () => quote))
    .join(escape)
}

const OPEN_ESCAPE = String.raw`the row ends in a backslash; a newline in a cell is written \n`
const CLOSED_EARLY = 'text follows a closing quote; a quote inside a cell is written twice'
const dropsBlanks = () => `${optionText('trim', true)} strips blanks around cells`
const openedLate = () =>
  `an unquoted cell contains a quote; ${optionText('lazyQuotes', true)} reads it as text, ${optionText('quote', 'none')} reads all quotes as text`

/** The cells of a row without its newline; or why its quotes are invalid. */
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

/** The byte range of each cell of a row; if its quotes are invalid, the error comes last. */
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
  if (before.at(-2) === '\\')
    return `${CLOSED_EARLY}; if it is escaped by a backslash, ${optionText('escape', '\\')} reads it`
  return text.trim() === '' ? `a blank follows a closing quote; ${dropsBlanks()}` : CLOSED_EARLY
}

function insideCell(line: string, cell: string, quote: string): string {
  if (isObject(line)) return `the row is a JSON object; ${fromText('ndjson')} reads such rows`
  return cell.trimStart().startsWith(quote) ? `a blank precedes a quote; ${dropsBlanks()}` : openedLate()
}

/** Whether the complete row is one JSON object; a cell could be followed by others. */
function isObject(line: string): boolean {
  try {
    return /^\s*\{/.test(line) && typeof JSON.parse(line) === 'object'
  } catch {
    return false
  }
}

/** The next delimiter; -1 if there is none in the row. */
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

/** The position after the closing quote of a cell; -1 if there is none. */
function quotesEnd(text: string, open: number, { quote, escape }: Dialect): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === escape && (escape !== quote || text[at + 1] === quote)) at++
    else if (text[at] === quote) return at + 1
  }
  return -1
}
