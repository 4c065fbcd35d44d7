/**
 * Rows of delimited text: csv-parse reads them, csv-stringify writes them, block by block.
 *
 * Both are told more than they do by default, so that a kept cell comes out as the bytes that went in: text is latin1
 * (see `dialect.ts`), and a cell that stood in quotes keeps them. csv-parse does not say which cells did, save through
 * a callback that makes it six times as slow; so they are found again in the row's text, which costs nothing where no
 * quote is in the block.
 */
import type { Options } from 'csv-parse/sync'
import { csvParse, csvStringify } from '../packages.js'
import { lineEnd, NOT_CLOSED, type Place, rowsOf } from './cutter.js'
import type { Dialect } from './dialect.js'

/** The cells of a row as they stand in the input, quotes and all; or why it is not a row, and at which of its bytes. */
export type Row = string[] | BadRow

interface BadRow {
  code: 'E_QUOTE'
  data: { reason: string }
  at: number
}

/** The rows of a block of whole rows, which stand at some places; blank lines and comments are left out. */
export function readRows(
  block: Buffer,
  dialect: Dialect,
  placesOf: () => Iterable<Place> = () => rowsOf(block, dialect),
): Row[] {
  if (!block.includes(dialect.quote)) return csvParse().parse(block, parserOptions(block, dialect, false))
  const places = Array.from(placesOf())
  const texts = places.map(({ start, end }) => block.toString('latin1', start, end))
  const bad = texts.map((text) => quoteTrouble(text, dialect))
  // csv-parse takes 100 µs to tell of a bad row, and knows nothing of those behind it.
  const good = bad.some(Boolean)
    ? Buffer.concat(places.flatMap(({ start, end }, index) => (bad[index] ? [] : [block.subarray(start, end)])))
    : block
  const rows = (csvParse().parse(good, parserOptions(good, dialect, true)) as unknown as string[][])[Symbol.iterator]()
  return texts.map((text, index) => bad[index] ?? inQuotes(text, rows.next().value!, dialect))
}

/** The row that a block is. */
export function readRow(block: Buffer, dialect: Dialect): Row {
  if (block.includes(dialect.quote)) return readRows(block, dialect)[0]!
  const text = block.toString('latin1')
  return text.slice(0, lineEnd(text, dialect)).split(dialect.delimiter)
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

function parserOptions(
  block: Buffer,
  { delimiter, quote, escape, comment, newline }: Dialect,
  quotes: boolean,
): Options {
  return {
    encoding: 'latin1',
    delimiter,
    quote: quotes ? quote : null,
    escape: quotes ? escape : null,
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

/** Why a row is none, if its quotes are not as they should be. */
function quoteTrouble(text: string, dialect: Dialect): BadRow | undefined {
  if (!text.includes(dialect.quote)) return undefined
  const end = lineEnd(text, dialect)
  const bad = (reason: string, at = 0): BadRow => ({ code: 'E_QUOTE', data: { reason }, at })
  for (let at = 0; at < end; at += dialect.delimiter.length) {
    if (text.startsWith(dialect.quote, at)) {
      const close = quotesEnd(text, at, dialect)
      if (close < 0) return bad(NOT_CLOSED, at)
      if (close < end && !text.startsWith(dialect.delimiter, close)) return bad(CLOSED_EARLY)
      at = close
    } else {
      const next = text.indexOf(dialect.delimiter, at)
      const stop = next < 0 ? end : next
      if (text.slice(at, stop).includes(dialect.quote)) return bad(OPENED_LATE)
      at = stop
    }
  }
  return undefined
}

/** Puts the quotes back around the cells that had them in the row's text. */
function inQuotes(text: string, cells: string[], dialect: Dialect): string[] {
  if (!text.includes(dialect.quote)) return cells
  let at = 0
  return cells.map((cell) => {
    const whole = text.startsWith(dialect.quote, at) ? text.slice(at, quotesEnd(text, at, dialect)) : cell
    at += whole.length + dialect.delimiter.length
    return whole
  })
}

/** Behind the quote that closes a cell; -1 if none does. */
function quotesEnd(text: string, open: number, { quote, escape }: Dialect): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === escape && (escape !== quote || text[at + 1] === quote)) at++
    else if (text[at] === quote) return at + 1
  }
  return -1
}
