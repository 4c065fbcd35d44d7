/**
 * The general lane: csv-parse -> rows -> softmax -> csv-stringify, a block of whole rows at a time. It takes every
 * dialect and every odd row, and it alone tells what is wrong with one.
 *
 * New cells of a row are joined here and handed to csv-stringify as one cell that needs no quoting: it spends 0.2 µs
 * on looking at a cell, more than it takes to print a number.
 */

import { escapeFormula } from '../core/formula.js'
import { isOverflow, printer, readNumber } from '../core/number.js'
import type { SettingsOf } from '../core/options.js'
import { COLUMNS, needSummary } from '../core/output-columns.js'
import type { LocatedRowError, RowError, ScoredRows } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { type Dialect, fromBytes, sameCells, toBytes } from '../formats/csv/dialect.js'
import { type ByteRange, countLines, lineEnd, type OversizedRow, rowRanges } from '../formats/csv/row-splitter.js'
import { decodeCell, encodeCell, type Row, readRows, readRowsAt, writeRows } from '../formats/csv/rows.js'
import { type Scores, STATUS, scoreMatrix } from '../kernel/host/matrix.js'

/** What a lane needs to know of a run; it can be sent to another thread. */
export interface Job {
  settings: Pick<
    SettingsOf<'bytes'>,
    'temperature' | 'precision' | 'float32' | 'onError' | 'missing' | 'nonfinite' | 'escapeFormulas'
  >
  /** Whether the bytes of bad rows are wanted. */
  wantRaw: boolean
  schema: Schema
  input: Dialect
  output: Dialect
  /** The names of the classes as they are written in the output. */
  labels: string[]
}

/** Scores a block of whole rows; they stand where the cutter finds them, unless it is said where. */
export type ScoreBlock = (block: Buffer, places?: readonly ByteRange[]) => ScoredRows

/** A function that scores one block after the other. */
export function generalLane(job: Job): ScoreBlock {
  const write = rowWriter(job)
  return (block, places) => {
    const rows = places ? readRowsAt(places, block, job.input) : readRows(block, job.input)
    const { logits, bad } = readLogits(rows, job)
    const scores = scoreMatrix(logits, rows.length, job.schema.logits.length, kernelOptions(job))
    const locate = locator(block, places ?? rowRanges(block, job.input), job)
    const rowErrors: LocatedRowError[] = []
    const good: number[] = []
    let row = 0
    while (row < rows.length) {
      const rowError = bad.get(row) ?? nonfinite(scores, row, job)
      if (!rowError) good.push(row)
      else rowErrors.push(locate(rowError, row, rows[row]!))
      row++
      if (rowError && job.settings.onError === 'fail') break
    }
    const bytes = Buffer.from(write(rows, scores, good), 'latin1')
    return {
      pieces: bytes.length > 0 ? [bytes] : [],
      rows: row,
      written: good.length,
      lines: countLines(block, job.input),
      bytes: block.length,
      errors: rowErrors,
    }
  }
}

/** What became of a row that is too long to be held. */
export function scoreLong({ code, info: data, at, bytes, lines, start: raw, end }: OversizedRow): ScoredRows {
  const rowErrors: LocatedRowError[] = code
    ? [{ code, info: { ...data, line: 0, row: 0, byte: at }, start: 0, end, raw }]
    : []
  return { pieces: [], rows: rowErrors.length, written: 0, lines, bytes, errors: rowErrors }
}

/** What a reader of delimited rows needs to know. */
export type RowsJob = Pick<Job, 'schema' | 'input'> & { settings: Pick<Job['settings'], 'missing'> }

/** The logits of some rows, and what is wrong with the bad ones. */
export function readLogits(rows: Row[], job: RowsJob): { logits: Float64Array; bad: Map<number, RowError> } {
  const { logits: columns } = job.schema
  const logits = new Float64Array(rows.length * columns.length)
  const bad = new Map<number, RowError>()
  rows.forEach((row, index) => {
    const rowError = readRow(row, logits, index * columns.length, job)
    if (rowError) bad.set(index, rowError)
  })
  return { logits, bad }
}

/** Reads the logits of a row into `into` from `at` on; returns what is wrong with the row, if anything is. */
function readRow(row: Row, into: Float64Array, at: number, { schema, settings, input }: RowsJob): RowError | undefined {
  if (!Array.isArray(row)) return row
  const width = schema.header.length
  if (row.length !== width) return { code: 'E_WIDTH', info: { cells: row.length, width } }
  for (const cell of schema.logits) {
    const text = decodeCell(row[cell]!, input)
    const value = readNumber(text) ?? missing(text, settings)
    if (value === undefined || isOverflow(value, text)) return { ...cellTrouble(text, value), cell }
    into[at++] = value
  }
  if (row[width - 1]!.endsWith('\r')) return { code: 'E_QUOTE', info: { reason: STRAY_RETURN }, cell: width - 1 }
  return undefined
}

const STRAY_RETURN = 'the row ends in two carriage returns; a line ends in one, with a newline after it'

function missing(text: string, settings: RowsJob['settings']): number | undefined {
  return settings.missing === '-inf' && /^[ \t]*$/.test(text) ? -Infinity : undefined
}

function cellTrouble(text: string, value: number | undefined): RowError {
  if (/^[ \t]*$/.test(text)) return { code: 'E_MISSING', info: {} }
  return { code: value === undefined ? 'E_CELL' : 'E_OVERFLOW', info: { cell: fromBytes(text) } }
}

/** What is wrong with a row that was scored, if anything is. */
export function nonfinite(
  { status }: Scores,
  row: number,
  { settings }: { settings: Pick<Job['settings'], 'nonfinite'> },
): RowError | undefined {
  const reason = STATUS[status[row]!]
  if (!reason || settings.nonfinite === 'propagate') return undefined
  return { code: 'E_NONFINITE', info: { reason } }
}

/** A function that finds the places of a block's bad rows, asked for in order. */
export function locator(
  block: Buffer,
  places: Iterable<ByteRange>,
  { input, schema, wantRaw }: Pick<Job, 'schema' | 'input' | 'wantRaw'>,
) {
  const rest = places[Symbol.iterator]()
  let place = { start: 0, end: 0 }
  let [index, line] = [-1, 0]
  return ({ code, info: data, cell, at = 0 }: RowError, row: number, cells: Row): LocatedRowError => {
    const from = place.start
    for (; index < row; index++) place = rest.next().value!
    const { start } = place
    line += countLines(block.subarray(from, start), input)
    const tail = Math.max(start, place.end - 2)
    const end = tail + lineEnd(block.toString('latin1', tail, place.end), input)
    const before = Array.isArray(cells) ? cells.slice(0, cell ?? 0) : []
    const byte = start + at + before.reduce((sum, text) => sum + text.length + input.delimiter.length, 0)
    const column = cell !== undefined && { column: schema.header[cell]! }
    const raw = wantRaw && { raw: block.subarray(start, end) }
    return { code, info: { ...data, line, row, byte, ...column }, start, end, ...raw }
  }
}

function kernelOptions({ schema, settings }: Job) {
  const { log, topK, emit } = schema
  return { log, temperature: settings.temperature, top: topK, summary: needSummary(emit) }
}

/** The function that writes the good rows of a block: kept cells, then new ones. */
function rowWriter(job: Job) {
  const { schema, input, output, settings } = job
  const encoded = sameCells(input, output)
  const keep = cellKeeper(input, encoded ? output : undefined, settings.escapeFormulas)
  const newCells = cellWriter(job, encoded ? output : undefined)
  return (rows: Row[], scores: Scores, good: number[]): string => {
    const lines = good.map((index) => {
      const row = rows[index] as string[]
      const kept = schema.kept.map((cell) => keep(row[cell]!))
      return encoded ? [...kept, newCells(scores, index).join(output.delimiter)] : [...kept, ...newCells(scores, index)]
    })
    return writeRows(lines, output, encoded)
  }
}

/** The function that writes a cell of the input: as it stands, where it can; or as text, where there is no dialect to write. */
export function cellKeeper(input: Dialect, output: Dialect | undefined, escapeFormulas: boolean) {
  if (!escapeFormulas) return output ? (cell: string) => cell : (cell: string) => decodeCell(cell, input)
  return (cell: string): string => {
    const text = decodeCell(cell, input)
    const safe = escapeFormula(text)
    if (!output) return safe
    return safe === text ? cell : encodeCell(safe, output)
  }
}

/** The function that writes the new cells of a row; encoded in a dialect, where there is one, runs of numbers joined. */
function cellWriter({ schema, settings, labels }: Job, dialect: Dialect | undefined) {
  const print = printer(settings)
  const classes = dialect ? labels : schema.classes.map(toBytes)
  const layout = { ...schema, classes }
  const columns = schema.emit.map((name) => COLUMNS[name])
  const split = dialect ? numberJoiner(dialect) : (text: string) => text.split(',')
  return (scores: Scores, row: number): string[] => {
    const pieces: string[] = []
    for (const column of columns) {
      const cells = column.cells(scores, row, layout)
      if (typeof cells[0] === 'number') for (const piece of split(print(cells as number[]))) pieces.push(piece)
      else for (const cell of cells) pieces.push(typeof cell === 'number' ? print([cell]) : cell)
    }
    return pieces
  }
}

function numberJoiner({ delimiter }: Dialect): (text: string) => string[] {
  return delimiter === ',' ? (text) => [text] : (text) => [text.replaceAll(',', delimiter)]
}
