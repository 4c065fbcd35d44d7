/**
 * Writes delimited text from typed columns in the kernel, without creating JavaScript values for numbers and plain
 * text. Other values are formatted here, cell by cell.
 */
import type { ColumnData } from '../../core/column-data.js'
import { textReader } from '../../core/column-values.js'
import { type Dialect, isEscaped, toBytes } from '../../core/dialect.js'
import { extensionOf } from '../../core/extension-types.js'
import { formulaEscaper } from '../../core/formula.js'
import type { Column, OutputSchema, ScoredBatch, Value } from '../../core/record-batch.js'
import { cellOf } from '../../core/value-text.js'
import { acquireJoined } from '../../io/buffer-pool.js'
import { type CellValues, writeCells } from '../../kernel/host/cells.js'
import { formatted, keptColumns, newCells, numbersOf, type TextOf } from '../cell-values.js'
import { joinedFields } from '../class-columns.js'
import { cellEncoder } from './rows.js'

type Schema = OutputSchema & { dialect: Dialect }

/**
 * Creates the function that writes rows with typed kept columns and returns undefined for other rows; undefined if the
 * kernel cannot write the output. Null is written as `none`.
 */
export function columnCells(
  schema: Schema,
  none: string,
  textOf: TextOf,
): ((rows: ScoredBatch) => Uint8Array[] | undefined) | undefined {
  const { kept, fields, rounding, dialect, cells } = schema
  const isUsual = dialect.delimiter.length === 1 && dialect.blanks === 'keep' && !dialect.decimalComma
  const fits = isUsual && kept.length + fields.length > 1
  const joined = joinedFields(fields)
  if (!rounding || cells !== 'text' || !fits || joined.some(({ type }) => type === 'nested')) return undefined
  const delimiter = Buffer.from(dialect.delimiter)
  const layout = { tail: Buffer.from('\n'), delimiter: dialect.delimiter, ...rounding }
  const cellOfText = textCell(schema)
  const names = schema.classes.map((name) => Buffer.from(cellOfText(name), 'latin1'))
  const added = joined.map((field) => ({
    cellsOf: newCells(field, schema.classes, names, textOf, 'latin1'),
    none: Array.from({ length: field.type === 'classes' ? schema.classes.length : 1 }, () => none).join(
      dialect.delimiter,
    ),
  }))
  return (rows) => {
    const columns = keptColumns(rows)
    if (!columns) return undefined
    const cells = [
      ...columns.map((data, index) => ({ none, ...keptCells(data, kept[index]!, schema, cellOfText, none) })),
      ...added.map(({ cellsOf, none }) => ({ none, ...cellsOf(rows) })),
    ]
    const before = (index: number) => (index === 0 ? NOTHING : delimiter)
    const all = cells.map(({ none, ...cell }, index) => ({
      lead: before(index),
      none: Buffer.from(none, 'latin1'),
      ...cell,
    }))
    return Array.from(writeCells(all, rows.good.length, layout), (piece) => acquireJoined([piece]))
  }
}

const NOTHING = new Uint8Array()

/** Creates the function that formats a string as a cell, in latin1. */
function textCell({ dialect, escapeFormulas }: Schema): (text: string) => string {
  const encode = cellEncoder(dialect)
  const safe = formulaEscaper(escapeFormulas, dialect)
  return (text) => encode(toBytes(safe(text)))
}

function keptCells(
  data: ColumnData,
  { field }: Column,
  schema: Schema,
  cellOfText: (text: string) => string,
  none: string,
) {
  const { validity, length } = data
  const plain = extensionOf(field) ? undefined : (numbersOf(data) ?? textsOf(data, schema))
  if (plain) return { values: plain, validity, empty: Buffer.from(cellOfText(''), 'latin1') }
  const read = textReader(data, field)
  const cell = (value: Value) => (value === null ? none : cellOfText(cellOf(value)))
  return {
    values: formatted(
      Array.from({ length }, (_, row) => cell(read(row))),
      'latin1',
    ),
  }
}

/** Strings that need no quotes or escapes. */
function textsOf({ type, values, offsets }: ColumnData, { dialect, escapeFormulas }: Schema): CellValues | undefined {
  if (type.kind !== 'utf8' || !(offsets instanceof Int32Array) || escapeFormulas) return undefined
  const bytes = values as Uint8Array
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).subarray(offsets[0], offsets.at(-1))
  const { delimiter, quote, escape } = dialect
  const special = ['\r', '\n', delimiter, ...(isEscaped(dialect) ? ['\t', escape] : [quote, escape])].filter(
    (text) => text !== '',
  )
  return special.some((text) => all.includes(text)) ? undefined : { kind: 'texts', offsets, bytes }
}
