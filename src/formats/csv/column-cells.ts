/**
 * Writes delimited text from typed columns in the kernel, without creating JavaScript values for numbers and plain
 * text. Other values are formatted here, cell by cell.
 */
import type { ColumnData } from '../../core/column-data.js'
import { textReader } from '../../core/column-values.js'
import { type Dialect, isEscaped, toBytes } from '../../core/dialect.js'
import { extensionOf } from '../../core/extension-types.js'
import { escapeFormula } from '../../core/formula.js'
import type { Column, OutputSchema, ScoredBatch } from '../../core/record-batch.js'
import { cellOf } from '../../core/value-text.js'
import { acquireJoined } from '../../io/buffer-pool.js'
import { type CellValues, writeCells } from '../../kernel/host/cells.js'
import { isWritten, keptColumns, newValues, numbersOf, textValues } from '../cell-values.js'
import { joinedFields } from '../class-columns.js'
import { cellEncoder } from './rows.js'

type Schema = OutputSchema & { dialect: Dialect }

/**
 * Creates the function that writes rows with typed kept columns and returns undefined for other rows; undefined if the
 * kernel cannot write the output.
 */
export function columnCells(schema: Schema): ((rows: ScoredBatch) => Uint8Array[] | undefined) | undefined {
  const { kept, fields, rounding, dialect, cells } = schema
  const fits = dialect.delimiter.length === 1 && dialect.blanks === 'keep' && kept.length + fields.length > 1
  const joined = joinedFields(fields)
  if (!rounding || cells !== 'text' || !fits || !joined.every(isWritten)) return undefined
  const delimiter = Buffer.from(dialect.delimiter)
  const layout = { tail: Buffer.from('\n'), delimiter: dialect.delimiter, ...rounding }
  const cellOfText = textCell(schema)
  const names = schema.classes.map((name) => Buffer.from(cellOfText(name), 'latin1'))
  return (rows) => {
    const columns = keptColumns(rows)
    if (!columns || (isEscaped(dialect) && columns.some(({ nullCount }) => nullCount > 0))) return undefined
    const values = [
      ...columns.map((data, index) => keptValues(data, kept[index]!, schema, cellOfText)),
      ...joined.map((field) => ({ values: newValues(field, rows, names, schema.classes) })),
    ]
    const all = values.map((cell, index) => ({ lead: index === 0 ? NONE : delimiter, ...cell }))
    return Array.from(writeCells(all, rows.good.length, layout), (piece) => acquireJoined([piece]))
  }
}

const NONE = new Uint8Array()

/** Creates the function that formats a string as a cell, in latin1. */
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
  return {
    values: textValues(
      Buffer.from(cells.join(''), 'latin1'),
      cells.map(({ length }) => length),
    ),
  }
}

/** Strings that need no quotes or escapes. */
function textsOf({ type, values, offsets }: ColumnData, { dialect, escapeFormulas }: Schema): CellValues | undefined {
  if (type.kind !== 'utf8' || !(offsets instanceof Int32Array) || escapeFormulas) return undefined
  const bytes = values as Uint8Array
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).subarray(offsets[0], offsets.at(-1))
  const special = ['\r', '\n', dialect.delimiter, dialect.quote, dialect.escape].filter((text) => text !== '')
  return special.some((text) => all.includes(text)) ? undefined : { kind: 'texts', offsets, bytes }
}
