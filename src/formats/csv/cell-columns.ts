/** Types kept columns: infers types from the first rows, and converts cells. */
import { columnOfValues, inferType, misfitInfo } from '../../core/cell-types.js'
import type { DataType } from '../../core/data-type.js'
import { type Dialect, fromBytes, isEscaped } from '../../core/dialect.js'
import type { NullTexts } from '../../core/missing.js'
import { withPoint } from '../../core/number.js'
import type { Block, Column, KeptColumn, ReaderOptions, RowError } from '../../core/record-batch.js'
import { NULL_CELL } from './escapes.js'
import { decodeCell, readRowAt } from './rows.js'
import { rowRanges } from './scanner.js'

/** Limits on the rows and bytes used for type inference; the sample does not depend on block boundaries. */
const MOST_ROWS = 10_000
const MOST_BYTES = 1 << 20

/** Samples the first rows of the blocks, and returns all blocks. */
export async function peekRows(blocks: AsyncGenerator<Block>, dialect: Dialect) {
  const buffered: Block[] = []
  const sample: string[][] = []
  for (let bytes = 0; bytes < MOST_BYTES && sample.length < MOST_ROWS; ) {
    const { done, value } = await blocks.next()
    if (done) break
    buffered.push(value)
    bytes = Buffer.isBuffer(value) ? addRows(value, dialect, sample, bytes) : bytes + value.bytes
  }
  const all = async function* () {
    yield* buffered
    yield* blocks
  }
  return { sample, blocks: all() }
}

/** Adds the rows of a block to a sample of `bytes` bytes; returns its new size. */
function addRows(block: Buffer, dialect: Dialect, sample: string[][], bytes: number): number {
  for (const { start, end } of rowRanges(block, dialect)) {
    bytes += end - start
    if (bytes > MOST_BYTES || sample.length === MOST_ROWS) return MOST_BYTES
    const row = readRowAt({ start, end }, block, dialect)
    if (Array.isArray(row)) sample.push(row)
  }
  return bytes
}

/** The type of a column in the sample, ignoring rows of the wrong width; undefined means text. */
export function typeOfCells(
  index: number,
  rows: string[][],
  width: number,
  dialect: Dialect,
  nulls: NullTexts | undefined,
): DataType | undefined {
  const complete = rows.filter((row) => row.length === width)
  return inferType(complete.map((row) => valueOf(textOf(row[index]!, dialect), dialect, nulls) ?? ''))
}

/** A column with a type; text is the default, and nullable only if it is requested or inferred. */
export function withType(column: Column, type: DataType): Column {
  if (type.kind === 'utf8') return { ...column, isNullable: true }
  return { ...column, field: { name: column.name, type, nullable: true } }
}

/** Converts the cells of a nullable text column. */
export function nullableCells(cells: string[], dialect: Dialect, { nulls }: ReaderOptions): (string | null)[] {
  const hasEscapes = isEscaped(dialect)
  const isNull = nullTest(dialect, nulls)
  return cells.map((cell) => {
    if (hasEscapes && cell === NULL_CELL) return null
    return isNull(cell) ? null : textOf(cell, dialect)
  })
}

/**
 * Creates the test whether a cell is null in a nullable text column, and text in others. As in the CSV format of
 * PostgreSQL's COPY, cells in quotes are not null, and empty ones are only if no other text means null:
 * https://www.postgresql.org/docs/current/sql-copy.html
 */
export function nullTest(dialect: Dialect, nulls: NullTexts | undefined): (cell: string) => boolean {
  const hasEscapes = isEscaped(dialect)
  const isQuoted = (cell: string) => dialect.quote !== '' && cell.startsWith(dialect.quote)
  const isNull = nulls ? (text: string) => nulls.hasExactly(text) : (text: string) => text === '' && !hasEscapes
  return (cell) => isNull(textOf(cell, dialect)) && !isQuoted(cell)
}

/** Converts the cells of a column; a row with a cell that does not fit is bad. */
export function typedColumn(
  cells: string[],
  { field }: Column,
  index: number,
  dialect: Dialect,
  { types, nulls }: ReaderOptions,
  errors: Map<number, RowError>,
): KeptColumn {
  const texts = cells.map((cell) => textOf(cell, dialect))
  const { column, misfits } = columnOfValues(
    texts.map((text) => valueOf(text, dialect, nulls)),
    field!.type,
  )
  for (const row of misfits) {
    const info = misfitInfo(texts[row]!, field!, types)
    if (!errors.has(row)) errors.set(row, { code: 'E_CELL_TYPE', info, cell: index })
  }
  return column
}

function textOf(cell: string, dialect: Dialect): string {
  return fromBytes(decodeCell(cell, dialect))
}

/** The text of a value with a decimal point; null if it is missing. */
function valueOf(text: string, dialect: Dialect, nulls: NullTexts | undefined): string | null {
  const value = pointed(text, dialect)
  return value === '' || nulls?.has(value) || nulls?.has(text) ? null : value
}

/** Replaces a decimal comma by a point if the text is a number. */
function pointed(text: string, { decimalComma }: Dialect): string {
  return decimalComma && !/\s/.test(text) ? withPoint(text) : text
}
