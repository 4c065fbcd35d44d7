/** Rows of delimited text that have the wrong width or are not rows, and the likely reason. */

import { type Dialect, fromBytes, isEscaped } from '../../core/dialect.js'
import { UTF8_BOM } from '../../core/magic-numbers.js'
import { isNumber } from '../../core/number.js'
import { optionText } from '../../core/option-words.js'
import type { Column, RowError } from '../../core/record-batch.js'
import { secondHeader } from '../../core/second-header.js'
import { endsEscaped } from './escapes.js'
import { decodeCell } from './rows.js'

/** The error of a row regardless of its logits; undefined if there is none. */
export function shapeError(row: string[], columns: readonly Column[], dialect: Dialect): RowError | undefined {
  const [first = '', ...rest] = row
  const withoutBom = first.startsWith(UTF8_BOM) ? [first.slice(UTF8_BOM.length), ...rest] : row
  if (isRepeated(withoutBom, columns)) return { code: 'E_REPEATED', info: {} }
  const width = dialect.trailing ? columns.length + 1 : columns.length
  const last = row.at(-1)!
  if (row.length !== width || (dialect.trailing && last !== '')) {
    const cells = dialect.trailing && last === '' ? row.slice(0, -1) : row
    return headerError(cells, columns, dialect) ?? widthError(cells, columns, dialect)
  }
  if (last.endsWith('\r')) return { code: 'E_QUOTE', info: { reason: TRUNCATED }, cell: columns.length - 1 }
  const bare = isEscaped(dialect) ? row.map(withoutEscapes) : row
  return dialect.quote === '' && bare.some(hasNewline) ? { code: 'E_QUOTE', info: { reason: unquotable() } } : undefined
}

/** The error of a row of the wrong width; `cells` are those that count, without an empty one at the end of each row. */
function widthError(cells: string[], columns: readonly Column[], dialect: Dialect): RowError {
  const width = columns.length
  const hint = widthHint(cells, width, columns, dialect)
  return { code: 'E_WIDTH', info: { cells: cells.length, width, ...(hint !== undefined && { hint }) } }
}

const TRUNCATED = 'the row ends in a carriage return without a line feed; the file may be truncated'

const unquotable = () =>
  `a cell contains a newline of another kind than the input, which cannot be written without quotes (${optionText('quote', 'none')})`

/** A cell without its escape sequences. */
function withoutEscapes(cell: string): string {
  return cell.includes('\\') ? cell.replace(/\\./gs, '') : cell
}

/** Whether a cell contains a newline: one of the other kind, or a quoted one. */
function hasNewline(cell: string): boolean {
  return /[\r\n]/.test(cell)
}

/** Whether a row repeats the header. A numeric header could be a row. */
function isRepeated(row: string[], columns: readonly Column[]): boolean {
  const isSame = row[0] === columns[0]?.headerCell && row.length === columns.length
  return isSame && columns.every(({ headerCell }, index) => row[index] === headerCell) && !row.every(isNumber)
}

/** The error of a bad row if it is a header; undefined if it is none, or if the input has no header. */
export function headerError(
  row: readonly string[],
  columns: readonly Column[],
  dialect: Dialect,
): RowError | undefined {
  if (columns[0]?.headerCell === undefined) return undefined
  const cells = row.map((cell) => fromBytes(decodeCell(cell, dialect)))
  return secondHeader(
    cells,
    columns.map(({ name }) => name),
  )
}

/** Whether a row contains an unquoted newline of the other kind, which does not end rows. */
export function hasOtherNewline(row: readonly string[]): boolean {
  return row.some((cell) => hasNewline(cell) && !cell.includes('"'))
}

/** The advice for files with mixed newlines. */
const OTHER_NEWLINE = String.raw`it contains a newline of another kind; tr '\r' ' ' replaces carriage returns with spaces, tr '\r' '\n' with newlines`

/**
 * The option that reads backslash-escaped delimiters and newlines, if that would join the cells to the right number.
 */
function escapedHint(row: readonly string[], columns: readonly Column[], dialect: Dialect): string | undefined {
  if (isEscaped(dialect)) return undefined
  const { delimiter } = dialect
  const isNarrow = row.length < columns.length && columns.some(({ headerCell = '' }) => endsEscaped(headerCell))
  const isWide = row.slice(0, -1).some(endsEscaped)
  const isBroken = row.length < columns.length && endsEscaped(row.at(-1)!)
  if (!isNarrow && !isWide && !isBroken) return undefined
  const named = delimiter === ',' ? '' : `, delimiter='${delimiter}'`
  const reader = `csv.reader(sys.stdin${named}, escapechar=chr(92))`
  return `a backslash does not escape delimiters or newlines here; python -c "import csv, sys; csv.writer(sys.stdout).writerows(${reader})" quotes such cells instead`
}

/** The line that ends COPY data in a SQL script. */
const END_OF_COPY = '\\.'

function widthHint(row: string[], width: number, columns: readonly Column[], dialect: Dialect): string | undefined {
  const { misfit = false, comment } = dialect
  if (hasOtherNewline(row)) return OTHER_NEWLINE
  if (isEscaped(dialect) && row.length === 1 && row[0] === END_OF_COPY)
    return 'it ends COPY data in a psql script; remove it'
  const escaped = escapedHint(row, columns, dialect)
  if (escaped !== undefined) return escaped
  if (row[0]!.startsWith('#') && comment === undefined)
    return `${optionText('comment', '#')} skips lines that begin with #`
  if (row.length === width + 1 && row.at(-1) === '') return 'it ends in a delimiter'
  if (row.length === width - 1 && columns.at(-1)?.name === '') return 'the header ends in a delimiter'
  if (row.length === width + 1 && misfit)
    return `${optionText('rowNames', true)} is for a header that lacks the name of the first column`
  if (row.length > width && dialect.quote !== '') return 'a cell that contains the delimiter needs quotes'
  return undefined
}
