/** Parses blocks of complete rows of delimited text into record batches. */
import { isUtf8 } from 'node:buffer'
import { type Dialect, fromBytes, isEscaped } from '../../core/dialect.js'
import { encodingInfo, isUtf8Text } from '../../core/encoding.js'
import { extended } from '../../core/extended.js'
import { logitOf } from '../../core/logit.js'
import { isNumber, withPoint } from '../../core/number.js'
import type { Cells, Column, LocatedRowError, ReaderOptions, RecordBatch, RowError } from '../../core/record-batch.js'
import { nullableCells, typedColumn } from './cell-columns.js'
import { NULL_CELL } from './escapes.js'
import { ListCells } from './list-cells.js'
import { headerError, shapeError } from './row-shape.js'
import { cellStart, decodeCell, parseRows, type Row, readRows, readRowsAt } from './rows.js'
import { type ByteRange, countLines, rowRanges, textEnd } from './scanner.js'

/** Parses the rows of a block; row boundaries are searched for unless `ranges` gives them. */
export function readBatch(
  block: Buffer,
  columns: readonly Column[],
  dialect: Dialect,
  options: ReaderOptions,
  ranges?: readonly ByteRange[],
): RecordBatch {
  const { cells = 'text' } = options
  // Typed and nullable columns need the raw cells of the input.
  const isPlain = ({ field, isNullable }: Column) => !field && !isNullable
  const isText = cells === 'text' && !ranges && options.kept.every((index) => isPlain(columns[index]!))
  const parsed = isText ? readParsed(block, columns, dialect, options) : undefined
  const textOf: TextOf = parsed ? (cell) => cell : (cell) => decodeCell(cell, dialect)
  const rows = parsed?.rows ?? (ranges ? readRowsAt(ranges, block, dialect) : readRows(block, dialect))
  const { errors, ...logits } = parsed ?? readLogits(rows, columns, dialect, textOf, options)
  const hasBytes = cells !== 'encoded' && isEscaped(dialect) && block.includes('\\')
  if (options.encoding !== undefined && (hasBytes || !isUtf8(block))) checkKept(rows, dialect, options, errors)
  const cellOf = cellReader(cells, textOf, dialect)
  const kept = options.kept.map((index) => {
    const cells = rows.map((row) => (Array.isArray(row) ? (row[index] ?? '') : ''))
    const column = columns[index]!
    if (column.isNullable) return nullableCells(cells, dialect, options)
    return column.field ? typedColumn(cells, column, index, dialect, options, errors) : cells.map(cellOf)
  })
  return {
    numRows: rows.length,
    ...logits,
    kept,
    errors,
    withPosition: locator(block, ranges ?? rowRanges(block, dialect), columns, dialect, options),
    lines: countLines(block, dialect),
    bytes: block.length,
  }
}

/** Parses rows and their logits with csv-parse; undefined if a row may be bad, which then needs its raw bytes. */
function readParsed(block: Buffer, columns: readonly Column[], dialect: Dialect, options: ReaderOptions) {
  const rows = parseRows(block, dialect)
  const read = rows && readLogits(rows, columns, dialect, (cell) => cell, options)
  return read && read.errors.size === 0 ? { rows, ...read } : undefined
}

type TextOf = (cell: string) => string

function cellReader(cells: Cells, textOf: TextOf, dialect: Dialect): (cell: string) => string | null {
  if (cells === 'encoded') return (cell) => cell
  const read: TextOf = cells === 'bytes' ? textOf : (cell) => fromBytes(textOf(cell))
  if (isEscaped(dialect)) return (cell) => (cell === NULL_CELL ? null : read(cell))
  // Under another dialect, a cell must stay null or empty as it was.
  return cells === 'bytes' ? (cell) => (cell === '' ? null : read(cell)) : read
}

/** Reads the logits of rows, and the errors of bad ones. */
function readLogits(
  rows: Row[],
  columns: readonly Column[],
  dialect: Dialect,
  textOf: TextOf,
  options: ReaderOptions,
): Pick<RecordBatch, 'logits' | 'nesting'> & { errors: Map<number, RowError> } {
  if (options.logitsList) return readLists(rows, columns, dialect, textOf, options)
  const { length } = options.logits
  const logits = new Float64Array(rows.length * length)
  const errors = new Map<number, RowError>()
  for (const [index, row] of rows.entries()) {
    const into = logits.subarray(index * length, (index + 1) * length)
    const rowError = Array.isArray(row) ? readRow(row, columns, into, dialect, textOf, options) : row
    if (rowError) errors.set(index, rowError)
  }
  return { logits, errors }
}

/** The same if one column holds all logits as list cells. */
function readLists(rows: Row[], columns: readonly Column[], dialect: Dialect, textOf: TextOf, options: ReaderOptions) {
  const [cell] = options.logits as [number]
  const lists = new ListCells(columns[cell]!, rows.length, options)
  const errors = new Map<number, RowError>()
  const listError = (row: string[], index: number): RowError | undefined => {
    const error = lists.put(textOf(row[cell]!), index)
    return error && (headerError(row, columns, dialect) ?? { ...error, info: asText(error.info), cell })
  }
  for (const [index, row] of rows.entries()) {
    const rowError = Array.isArray(row) ? (shapeError(row, columns, dialect) ?? listError(row, index)) : row
    if (rowError) errors.set(index, rowError)
    lists.endRow()
  }
  return { ...lists.batch, errors }
}

/** Reads the logits of a row; returns the error, if any. */
function readRow(
  row: string[],
  columns: readonly Column[],
  into: Float64Array,
  dialect: Dialect,
  textOf: TextOf,
  options: ReaderOptions,
): RowError | undefined {
  const { logits } = options
  const rowError = shapeError(row, columns, dialect)
  if (rowError) return rowError
  for (let index = 0; index < logits.length; index++) {
    const cell = logits[index]!
    const text = textOf(row[cell]!)
    const isNumeric = dialect.decimalComma && !options.nulls?.has(text)
    const logit = logitOf(isNumeric ? withPoint(text) : text, options)
    if (typeof logit !== 'number') {
      const header = headerError(row, columns, dialect)
      if (header) return header
      const isUsual = logit.code === 'E_CELL' && hasCommas(logits.map((cell) => textOf(row[cell]!)))
      return { ...logit, info: cellInfo(logit, text, dialect, isUsual), cell }
    }
    into[index] = logit
  }
  return undefined
}

/** Whether more of the logits have a decimal comma than a decimal point: a single one is more likely a mistake. */
function hasCommas(texts: readonly string[]): boolean {
  const commas = texts.filter((text) => text.includes(',') && isNumber(withPoint(text)))
  const points = texts.filter((text) => text.includes('.') && isNumber(text))
  return commas.length > points.length
}

/** Error details about a cell: its text, and how a decimal comma would be read if the row has such numbers. */
function cellInfo(
  { code, info }: RowError,
  text: string,
  { delimiter, decimalComma }: Dialect,
  commas: boolean,
): RowError['info'] {
  if (code !== 'E_CELL' && code !== 'E_OVERFLOW') return info
  const isOther = code === 'E_CELL' && (decimalComma ? isNumber(text) : commas && isNumber(withPoint(text)))
  const read = isOther && { decimal: decimalComma ? ',' : '.', delimiter: fromBytes(delimiter) }
  return { cell: fromBytes(text), ...read }
}

/** Finds rows with kept cells that are not valid text. */
function checkKept(
  rows: Row[],
  dialect: Dialect,
  { kept, encoding }: ReaderOptions,
  errors: Map<number, RowError>,
): void {
  for (const [index, row] of rows.entries()) {
    if (!Array.isArray(row) || errors.has(index)) continue
    const cell = kept.find((column) => !isUtf8Text(decodeCell(row[column]!, dialect)))
    if (cell === undefined) continue
    errors.set(index, {
      code: 'E_CELL_ENCODING',
      info: encodingInfo(bytesOf(decodeCell(row[cell]!, dialect)), 'the cell', encoding),
      cell,
    })
  }
}

function bytesOf(cell: string): Buffer {
  return Buffer.from(cell, 'latin1')
}

/** Decodes the cell bytes of an error to text. */
function asText({ cell, ...info }: RowError['info']): RowError['info'] {
  return typeof cell === 'string' ? { ...info, cell: fromBytes(cell) } : info
}

/** Creates the function that finds the positions of bad rows, which must be requested in order. */
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
  return ({ code, info, cell, column: item, at = 0 }: RowError, row: number): LocatedRowError => {
    const from = range.start
    for (; index < row; index++) range = rest.next().value!
    const { start } = range
    line += countLines(block.subarray(from, start), dialect)
    const end = textEnd(block, range, dialect)
    const before = cell === undefined ? 0 : cellStart(block.toString('latin1', start, end), cell, dialect)
    const byte = start + at + before
    const name = cell === undefined ? undefined : columns[cell]!.name
    const column = name !== undefined && { column: item === undefined ? name : `${name}.${item}` }
    // Copied to its own buffer, because a worker posts a view together with the complete buffer behind it.
    const raw = wantRaw && { raw: new Uint8Array(block.subarray(start, end)) }
    return { code, info: extended(info, { line, row, byte, ...column }), start, end, ...raw }
  }
}
