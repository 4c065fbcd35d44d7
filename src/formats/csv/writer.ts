/**
 * Writes delimited text. Adjacent results are printed together, and already encoded cells are just joined:
 * csv-stringify examines every byte of a cell, which takes longer than printing a number.
 */

import { isNumeric } from '../../core/column-numbers.js'
import { textReader } from '../../core/column-values.js'
import { NAMES_DELIMITER, requireSeparable } from '../../core/decision.js'
import { COMMAS, type Dialect, isEscaped, toBytes } from '../../core/dialect.js'
import { SoftmaxError } from '../../core/errors.js'
import { formulaEscaper } from '../../core/formula.js'
import { type Field, mayBeNull } from '../../core/output-columns.js'
import { type Column, type OutputSchema, RawJson, type ScoredBatch, type Value } from '../../core/record-batch.js'
import { cellOf } from '../../core/value-text.js'
import { acquireText } from '../../io/buffer-pool.js'
import type { Scores } from '../../kernel/host/scores.js'
import { jsonText } from '../json-text.js'
import { columnCells } from './column-cells.js'
import { NULL_CELL } from './escapes.js'
import { cellEncoder, decodeCell, encodeCell, joinRows } from './rows.js'

/** A writer that produces bytes immediately. */
interface TextWriter {
  begin(): Uint8Array[]
  write(rows: ScoredBatch): Uint8Array[]
  append(part: unknown): Uint8Array[]
  end(): Iterable<Uint8Array>
}

/** The schema of delimited text, with its dialect; `encode` turns the bytes of a string into a cell. */
interface TextSchema extends OutputSchema {
  dialect: Dialect
  encode: (bytes: string) => string
}

/** Creates the writer of delimited text. */
export function write({ dialect = COMMAS, ...rest }: OutputSchema): TextWriter {
  const schema: TextSchema = { ...rest, dialect, encode: cellEncoder(dialect) }
  const { kept, fields, header, classes } = schema
  if (fields.some(({ type }) => type === 'names')) requireSeparable(classes)
  const keep = kept.map((column) => keptCellWriter(schema, column))
  const newCells = newCellWriter(schema)
  const writeColumns = columnCells(schema, noneCell(schema), (field) => {
    const cells = newCellWriter(schema, [field])
    return (scores, row) => cells(scores, row)[0]!
  })
  const bytesOf = (lines: string[][]) => {
    if (isEscaped(dialect)) requireNoBlankLine(lines)
    return [acquireText(joinRows(lines, dialect), 'latin1')]
  }
  return {
    begin: () =>
      header ? [Buffer.from(`${headerCells(kept, fields, schema).join(dialect.delimiter)}\n`, 'latin1')] : [],
    write(rows) {
      const { batch, scores, good } = rows
      if (good.length === 0) return []
      const pieces = writeColumns?.(rows)
      if (pieces) return pieces
      const kept = batch.kept.map((column, index) => textReader(column, schema.kept[index]!.field))
      return bytesOf(
        good.map((row) => [...kept.map((read, index) => keep[index]!(read(row))), ...newCells(scores, row)]),
      )
    },
    append: (part) => part as Uint8Array[],
    end: () => [],
  }
}

/** Throws E_CONFLICT for a row that is one empty cell, which needs quotes, if the dialect has none. */
function requireNoBlankLine(lines: readonly string[][]): void {
  if (!lines.some((cells) => cells.length === 1 && cells[0] === '')) return
  throw new SoftmaxError('E_CONFLICT', {
    reason: 'a row of one empty cell would be a blank line; write another column as well',
  })
}

/** The header cells; kept names are copied raw if cells are. */
function headerCells(
  kept: readonly Column[],
  fields: readonly Field[],
  { dialect, cells, escapeFormulas, encode }: TextSchema,
): string[] {
  const safe = formulaEscaper(escapeFormulas, dialect)
  const nameCell = (name: string) => encode(toBytes(safe(name)))
  const isChanged = ({ name }: Column) => safe(name) !== name
  return [
    ...kept.map((column) =>
      cells === 'encoded' && column.headerCell !== undefined && !isChanged(column)
        ? wholeLine(column.headerCell, dialect)
        : nameCell(column.name),
    ),
    ...fields.map(({ name }) => nameCell(name)),
  ]
}

/**
 * Creates the function that writes a kept cell. Null is the empty cell, so an empty string is quoted if the dialect has
 * quotes.
 */
function keptCellWriter(schema: TextSchema, column: Column): (value: Value) => string {
  const { cells, dialect, escapeFormulas, encode, quotesEmpty } = schema
  const safe = formulaEscaper(escapeFormulas, dialect)
  if (cells !== 'encoded') {
    const none = noneCell(schema)
    const textOf = dialect.decimalComma ? commaText(column) : cellOf
    const bytesOf = (value: Value) => (cells === 'text' ? toBytes(safe(textOf(value))) : safe(value as string))
    const cell = (bytes: string) => (bytes === '' && !quotesEmpty && !isEscaped(dialect) ? none : encode(bytes))
    return (value) => (value === null || value === undefined ? none : cell(bytesOf(value)))
  }
  if (!escapeFormulas) return (value) => wholeLine(value as string, dialect)
  return (value) => {
    const text = decodeCell(value as string, dialect)
    return safe(text) === text ? wholeLine(value as string, dialect) : encode(safe(text))
  }
}

/** Creates the function that formats a kept value with a decimal comma, if it is a number. */
function commaText({ field }: Column): (value: Value) => string {
  const isNumbers = field !== undefined && isNumeric(field.type)
  return (value) => {
    const isNumber = isNumbers || typeof value === 'number' || (value instanceof RawJson && /^[-\d]/.test(value.text))
    return isNumber ? cellOf(value).replace('.', ',') : cellOf(value)
  }
}

/** The cell for a missing value; a row of only this one must not be a blank line. */
function noneCell({ dialect, encode, kept, fields }: TextSchema): string {
  if (isEscaped(dialect)) return NULL_CELL
  const isLone = kept.length + fields.length === 1 || dialect.blanks === 'delimit'
  return isLone && dialect.quote !== '' ? encode('') : ''
}

/**
 * A raw cell, quoted if it contains a newline, which would otherwise depend on the newline kind. An escaped newline is
 * written as its letter, since other programs take every line for a row.
 */
function wholeLine(cell: string, dialect: Dialect): string {
  if (isEscaped(dialect)) return /[\r\n]/.test(cell) ? encodeCell(decodeCell(cell, dialect), dialect) : cell
  return /[\r\n]/.test(cell) && !cell.startsWith(dialect.quote) ? encodeCell(cell, dialect) : cell
}

type CellsOf = (scores: Scores, row: number) => string[]

/** Creates the function that writes the new cells of a row. */
function newCellWriter(schema: TextSchema, fields = schema.fields): CellsOf {
  const { classes, escapeFormulas, dialect, encode } = schema
  const print = numberPrinter(schema)
  const safe = formulaEscaper(escapeFormulas, dialect)
  const text = (value: string) => encode(toBytes(safe(value)))
  const empty = noneCell(schema)
  const noNames = isEscaped(dialect) ? '' : empty
  const writers = runsOf(fields).map((run): CellsOf => {
    const [field] = run as [Field]
    const { type, value } = field
    if (type === 'nested') {
      const list = jsonText(field, classes, schema.print)
      return (scores, row) => [text(list(scores, row))]
    }
    if (type === 'names') {
      const cell = (names: string[] | null) => (names === null ? empty : (namesCell(names, text) ?? noNames))
      return (scores, row) => [cell(value(scores, row) as string[] | null)]
    }
    if (isResult(field)) return numberWriter(run, print, empty)
    if (mayBeNull(field) && type === 'text') return memoized(value, (name) => (name === null ? empty : text(name)))
    if (mayBeNull(field)) return (scores, row) => [optional(value(scores, row), type, print) ?? empty]
    if (type === 'text') return memoized(value, (name) => text(name as string))
    return (scores, row) => [type === 'count' ? String(value(scores, row)) : print([value(scores, row) as number])]
  })
  return (scores, row) => writers.flatMap((write) => write(scores, row))
}

/** Labels are few and repeat. */
function memoized(value: Field['value'], text: (value: string | null) => string): CellsOf {
  const known = new Map<string | null, string>()
  return (scores, row) => {
    const name = value(scores, row) as string | null
    let cell = known.get(name)
    if (cell === undefined) {
      cell = text(name)
      if (known.size < MOST_KNOWN) known.set(name, cell)
    }
    return [cell]
  }
}

/** A cell of several names; undefined if there are none. */
function namesCell(names: readonly string[], text: (value: string) => string): string | undefined {
  requireSeparable(names)
  return names.length === 0 ? undefined : text(names.join(NAMES_DELIMITER))
}

const MOST_KNOWN = 1 << 16

/** Groups fields: adjacent results together, each other field by itself. */
function runsOf(fields: readonly Field[]): Field[][] {
  const runs: Field[][] = []
  for (const field of fields) {
    const last = runs.at(-1)
    if (last && isResult(field) && isResult(last[0]!)) last.push(field)
    else runs.push([field])
  }
  return runs
}

function isResult({ type, nullable }: Field): boolean {
  return type === 'result' && !nullable
}

/** A cell, or nothing if there is no value. */
function optional(value: unknown, type: Field['type'], print: OutputSchema['print']): string | undefined {
  if (value === null) return undefined
  return type === 'result' ? print([value as number]) : String(value)
}

/** Creates the function that prints adjacent results together, unless one is null, which is written as `empty`. */
function numberWriter(run: Field[], print: OutputSchema['print'], empty: string): CellsOf {
  return (scores, row) => {
    const numbers: (number | null)[] = []
    for (const { value } of run) numbers.push(value(scores, row) as number | null)
    if (numbers.includes(null)) return numbers.map((number) => optional(number, 'result', print) ?? empty)
    return [print(numbers as number[])]
  }
}

/** Creates the function that prints numbers as adjacent cells. A file has one decimal separator. */
function numberPrinter({ print, dialect, encode }: TextSchema): OutputSchema['print'] {
  const { delimiter, decimalComma } = dialect
  if (decimalComma) {
    const cellOf = (number: string) => encode(number.replace('.', ','))
    return (numbers) => print(numbers).split(',').map(cellOf).join(delimiter)
  }
  return delimiter === ',' ? print : (numbers) => print(numbers).replaceAll(',', delimiter)
}
