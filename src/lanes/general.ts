/**
 * The general lane: csv-parse -> rows -> softmax -> csv-stringify, a block of whole rows at a time. It takes every
 * dialect and every odd row, and it alone words errors.
 *
 * New cells of a row are joined here and handed to csv-stringify as one cell that needs no quoting: it spends 0.2 µs
 * on looking at a cell, more than it takes to print a number.
 */
import { COLUMNS, needSummary } from '../columns.js'
import { type Place, SoftmaxError } from '../errors.js'
import { decodeCell, encodeCell, type Row, readRows, writeRows } from '../formats/csv.js'
import { countLines, rowsOf } from '../formats/cutter.js'
import { type Dialect, fromBytes, sameCells, toBytes } from '../formats/dialect.js'
import type { Block } from '../head.js'
import { type Scores, STATUS, scoreMatrix } from '../kernel.js'
import { isOverflow, printer, readNumber } from '../number.js'
import type { SettingsOf } from '../options.js'
import type { Schema } from '../schema.js'

/** What the lane needs to know of a run. */
export interface Job {
  settings: SettingsOf<'bytes'>
  schema: Schema
  input: Dialect
  output: Dialect
}

/** What became of a block: what to write, how many rows were done, and the errors of those that are bad, in order. */
export interface Scored {
  bytes: Buffer
  rows: number
  errors: SoftmaxError[]
}

/** A function that scores one block after the other. Under `fail`, what follows a bad row is left out. */
export function generalLane(job: Job): (block: Block) => Scored {
  const write = rowWriter(job)
  return (block) => {
    const rows = readRows(block.bytes, job.input)
    const { logits, bad } = readLogits(rows, job)
    const scores = scoreMatrix(logits, rows.length, job.schema.logits.length, kernelOptions(job))
    const locate = locator(block, job)
    const errors: SoftmaxError[] = []
    const good: number[] = []
    for (let row = 0; row < rows.length; row++) {
      const fault = bad.get(row) ?? nonfinite(scores, row, job)
      if (!fault) good.push(row)
      else errors.push(locate(fault, row, rows[row]!))
      if (fault && job.settings.onError === 'fail') break
    }
    return { bytes: Buffer.from(write(rows, scores, good), 'latin1'), rows: good.length + errors.length, errors }
  }
}

/** A row's error before its place is known; `cell` is the position of the cell at fault. */
interface Fault {
  error(place: Place): SoftmaxError
  cell?: number
}

function readLogits(rows: Row[], job: Job): { logits: Float64Array; bad: Map<number, Fault> } {
  const { logits: columns } = job.schema
  const logits = new Float64Array(rows.length * columns.length)
  const bad = new Map<number, Fault>()
  rows.forEach((row, index) => {
    const fault = readRow(row, logits, index * columns.length, job)
    if (fault) bad.set(index, fault)
  })
  return { logits, bad }
}

/** Reads the logits of a row into `into` from `at` on; returns what is wrong with the row, if anything is. */
function readRow(row: Row, into: Float64Array, at: number, { schema, settings, input }: Job): Fault | undefined {
  if (!Array.isArray(row)) return { error: (place) => new SoftmaxError('E_QUOTE', { ...place, reason: row.reason }) }
  const width = schema.header.length
  if (row.length !== width) {
    return { error: (place) => new SoftmaxError('E_WIDTH', { ...place, cells: row.length, width }) }
  }
  for (const cell of schema.logits) {
    const text = decodeCell(row[cell]!, input)
    const value = readNumber(text) ?? missing(text, settings)
    if (value === undefined || isOverflow(value, text)) return { error: (place) => cellError(text, value, place), cell }
    into[at++] = value
  }
  return undefined
}

function missing(text: string, settings: Job['settings']): number | undefined {
  return settings.missing === '-inf' && /^[ \t]*$/.test(text) ? -Infinity : undefined
}

function cellError(text: string, value: number | undefined, place: Place): SoftmaxError {
  if (/^[ \t]*$/.test(text)) return new SoftmaxError('E_MISSING', place)
  return new SoftmaxError(value === undefined ? 'E_CELL' : 'E_OVERFLOW', { ...place, cell: fromBytes(text) })
}

function nonfinite({ status }: Scores, row: number, { settings }: Job): Fault | undefined {
  const reason = STATUS[status[row]!]
  if (!reason || settings.nonfinite === 'propagate') return undefined
  return { error: (place) => new SoftmaxError('E_NONFINITE', { ...place, reason }) }
}

/** A function that words the errors of a block's rows, asked for in order, with their places in the input. */
function locator(block: Block, { input, schema }: Job) {
  const starts = rowsOf(block.bytes, input)
  let [index, start, line] = [-1, 0, block.line]
  return (fault: Fault, row: number, cells: Row): SoftmaxError => {
    const from = start
    for (; index < row; index++) start = starts.next().value!.start
    line += countLines(block.bytes.subarray(from, start), input)
    const before = Array.isArray(cells) ? cells.slice(0, fault.cell ?? 0) : []
    return fault.error({
      line,
      row: block.row + row + 1,
      byte: block.byte + start + before.reduce((sum, cell) => sum + cell.length + input.delimiter.length, 0),
      ...(fault.cell !== undefined && { column: schema.header[fault.cell]! }),
    })
  }
}

function kernelOptions({ schema, settings }: Job) {
  const { log, topK, emit } = schema
  return { log, temperature: settings.temperature, top: topK, summary: needSummary(emit) }
}

/** The function that writes the good rows of a block: kept cells, then new ones. */
function rowWriter({ schema, settings, input, output }: Job) {
  const encoded = sameCells(input, output)
  const newCells = cellWriter(schema, settings, encoded ? output : undefined)
  return (rows: Row[], scores: Scores, good: number[]): string => {
    const lines = good.map((index) => {
      const row = rows[index] as string[]
      if (encoded) return [...schema.kept.map((cell) => row[cell]!), newCells(scores, index).join(output.delimiter)]
      return [...schema.kept.map((cell) => decodeCell(row[cell]!, input)), ...newCells(scores, index)]
    })
    return writeRows(lines, output, encoded)
  }
}

/** The function that writes the new cells of a row; encoded in a dialect, where there is one, runs of numbers joined. */
function cellWriter(schema: Schema, settings: Job['settings'], dialect: Dialect | undefined) {
  const print = printer(settings)
  const classes = schema.classes.map(toBytes).map((name) => (dialect ? encodeCell(name, dialect) : name))
  const layout = { ...schema, classes }
  const columns = schema.emit.map((name) => COLUMNS[name])
  const split = dialect ? numberJoiner(dialect) : (text: string) => text.split(',')
  return (scores: Scores, row: number): string[] => {
    const pieces: string[] = []
    for (const column of columns) {
      const cells = column.cells(scores, row, layout)
      if (typeof cells[0] === 'number') pieces.push(...split(print(cells as number[])))
      else for (const cell of cells) pieces.push(typeof cell === 'number' ? print([cell]) : cell)
    }
    return pieces
  }
}

function numberJoiner({ delimiter }: Dialect): (text: string) => string[] {
  return delimiter === ',' ? (text) => [text] : (text) => [text.replaceAll(',', delimiter)]
}
