/**
 * Delimited text out of typed columns, in the kernel: numbers and plain text are never JavaScript values. What else there is
 * becomes text here, a cell at a time.
 */
import type { ColumnData } from '../../core/column-data.js'
import { takeRows } from '../../core/column-slices.js'
import { textReader } from '../../core/column-values.js'
import { type Dialect, isEscaped, toBytes } from '../../core/dialect.js'
import { extensionOf } from '../../core/extension-types.js'
import { escapeFormula } from '../../core/formula.js'
import type { Field as OutputField } from '../../core/output-columns.js'
import { type Column, isColumnData, type OutputSchema, type ScoredBatch } from '../../core/record-batch.js'
import { cellOf } from '../../core/value-text.js'
import { acquireJoined } from '../../io/buffer-pool.js'
import { type CellValues, writeCells } from '../../kernel/host/cells.js'
import { joinedFields } from '../class-columns.js'
import { positionsOf, resultsOf } from '../columnar.js'
import { cellEncoder } from './rows.js'

type Schema = OutputSchema & { dialect: Dialect }

/** The most bytes of text that the kernel is handed in a column. */
const MOST_TEXT = 1 << 27

/**
 * The function that writes rows whose kept columns are typed, and gives undefined for others; undefined itself where the
 * output is not one that the kernel writes.
 */
export function columnCells(schema: Schema): ((rows: ScoredBatch) => Uint8Array[] | undefined) | undefined {
  const { kept, fields, rounding, dialect, cells } = schema
  const fits = dialect.delimiter.length === 1 && dialect.blanks === 'keep' && kept.length + fields.length > 1
  const joined = joinedFields(fields)
  const isKnown = joined.every(
    ({ type, position, nullable }) =>
      type !== 'names' && type !== 'nested' && (type !== 'text' || position) && !nullable,
  )
  if (!rounding || cells !== 'text' || !fits || !isKnown) return undefined
  const delimiter = Buffer.from(dialect.delimiter)
  const layout = { tail: Buffer.from('\n'), delimiter: dialect.delimiter, ...rounding }
  const cellOfText = textCell(schema)
  const names = schema.classes.map((name) => Buffer.from(cellOfText(name), 'latin1'))
  return (rows) => {
    const columns = keptColumns(rows)
    if (!columns || (isEscaped(dialect) && columns.some(({ nullCount }) => nullCount > 0))) return undefined
    const values = [
      ...columns.map((data, index) => keptValues(data, kept[index]!, schema, cellOfText)),
      ...joined.map((field) => ({ values: newValues(field, rows, names, schema) })),
    ]
    const all = values.map((cell, index) => ({ lead: index === 0 ? NONE : delimiter, ...cell }))
    return Array.from(writeCells(all, rows.good.length, layout), (piece) => acquireJoined([piece]))
  }
}

const NONE = new Uint8Array()

/** The good rows of the kept columns; undefined where they have no types, or more text than the kernel has room for. */
function keptColumns({ batch, good }: ScoredBatch): ColumnData[] | undefined {
  const columns = batch.kept.filter(isColumnData)
  const isSmall = columns.every(({ values }) => (values?.byteLength ?? 0) < MOST_TEXT)
  if (columns.length < batch.kept.length || !isSmall) return undefined
  return columns.map((data) => (data.length === good.length ? data : takeRows(data, good)))
}

function newValues(
  field: OutputField,
  { scores, good }: ScoredBatch,
  names: readonly Uint8Array[],
  { classes }: Schema,
): CellValues {
  const { position, type } = field
  if (position) return { kind: 'names', positions: positionsOf(field, scores, good), names }
  if (type === 'count') return { kind: 'numbers', numbers: positionsOf(field, scores, good) }
  const numbers = resultsOf(field, classes, scores, good)
  return { kind: 'results', numbers, count: type === 'classes' ? classes.length : 1 }
}

/** The function that makes a cell, as latin1 text, of a text. */
function textCell({ dialect, escapeFormulas }: Schema): (text: string) => string {
  const encode = cellEncoder(dialect)
  return (text) => encode(toBytes(escapeFormulas ? escapeFormula(text) : text))
}

function keptValues(data: ColumnData, { field }: Column, schema: Schema, cellOfText: (text: string) => string) {
  const { validity } = data
  const plain = extensionOf(field) ? undefined : (numbersOf(data) ?? textsOf(data, schema))
  if (plain) return { values: plain, validity, empty: Buffer.from(cellOfText(''), 'latin1') }
  const read = textReader(data, field)
  const cells: string[] = []
  for (let row = 0; row < data.length; row++) {
    const value = read(row)
    cells.push(value === null ? '' : cellOfText(cellOf(value)))
  }
  return { values: { kind: 'texts', offsets: offsetsOf(cells), bytes: Buffer.from(cells.join(''), 'latin1') } as const }
}

function offsetsOf(cells: readonly string[]): Int32Array {
  const offsets = new Int32Array(cells.length + 1)
  for (let at = 0; at < cells.length; at++) offsets[at + 1] = offsets[at]! + cells[at]!.length
  return offsets
}

/** Numbers that print as JavaScript prints them, those of 32 bits in the fewest digits that read back as the same. */
function numbersOf({ type, values, length }: ColumnData): CellValues | undefined {
  if (type.kind === 'float' && type.bitWidth > 16) {
    return { kind: 'numbers', numbers: (values as Float64Array | Float32Array).subarray(0, length) }
  }
  if (type.kind !== 'int' || values instanceof BigUint64Array) return undefined
  const isWide = values instanceof BigInt64Array || values instanceof Int32Array || values instanceof Uint32Array
  return { kind: 'numbers', numbers: isWide ? values : Int32Array.from(values as Int16Array) }
}

/** Text that nothing has to be done to. */
function textsOf({ type, values, offsets }: ColumnData, { dialect, escapeFormulas }: Schema): CellValues | undefined {
  if (type.kind !== 'utf8' || !(offsets instanceof Int32Array) || escapeFormulas) return undefined
  const bytes = values as Uint8Array
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).subarray(offsets[0], offsets.at(-1))
  const special = ['\r', '\n', dialect.delimiter, dialect.quote, dialect.escape].filter((text) => text !== '')
  return special.some((text) => all.includes(text)) ? undefined : { kind: 'texts', offsets, bytes }
}
