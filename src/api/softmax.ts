/** Object mode: a stream of rows -> a stream of predictions; and the matrix call both are made of. */
import type { Duplex } from 'node:stream'
import { isLogitName } from '../core/column-name.js'
import { type Position, SoftmaxError } from '../core/errors.js'
import { logitOf } from '../core/logit.js'
import { EVIDENCE_ROWS } from '../core/logit-columns.js'
import type { MissingRule } from '../core/missing.js'
import { rounder } from '../core/number.js'
import { type OptionsOf, parseOptions, type SettingsOf } from '../core/options.js'
import { COLUMNS, type Layout, needSummary, type OutputColumn, SUMMARIES } from '../core/output-columns.js'
import type { RowError } from '../core/record-batch.js'
import { rejectOf, tooMany } from '../core/reject.js'
import { classWarnings, resolveLayout, resolveSchema, type Schema } from '../core/schema.js'
import { typeOf } from '../core/value-type.js'
import { readWhenEmpty } from '../io/generator-transform.js'
import { PATIENCE } from '../io/look-ahead.js'
import { through2 } from '../io/packages.js'
import { type Scores, STATUS, scoreMatrix } from '../kernel/host/matrix.js'
import { rejectedOf } from '../pipeline/row-counts.js'
import { nullsOf } from '../pipeline/scorer.js'

/** Options of {@link softmax} and {@link logSoftmax}; all have defaults. See `OPTIONS` for each. */
export type SoftmaxOptions = OptionsOf<'objects'>

/** Options of {@link softmaxMatrix}; all have defaults. See `OPTIONS` for each. */
export type MatrixOptions = OptionsOf<'matrix'>

/**
 * A row of logits: an array or typed array; a record whose `logits` is one, or is a record with one property a class; or a
 * record with one property a class itself, as csv-parse gives with `columns: true`. A logit is a number, or a text that is
 * one.
 */
export type LogitsRow =
  | ArrayLike<number | string>
  | { logits: ArrayLike<number | string> | Record<string, number | string> }
  | Record<string, unknown>

/** What comes out for a row: the rest of its record, and these. */
export interface Prediction {
  /** The probability of each class, in column order, in [0, 1]; not with `topK`, nor from {@link logSoftmax}. */
  probabilities?: number[]
  /** The natural logarithm of each, from {@link logSoftmax}. */
  logProbabilities?: number[]
  /** The position, from 0, of the largest logit; of the first, on a tie. */
  index: number
  /** The name of that class. */
  label: string
  /** With `topK`: the most probable classes, in order. */
  top?: { label: string; index: number; probability?: number; logProbability?: number }[]
  /** The largest probability. */
  confidence?: number
  /** The largest probability less the second. */
  margin?: number
  /** Entropy of the probabilities, in nats. */
  entropy?: number
  /** log(sum(exp(logits))), of the logits divided by the temperature. */
  logsumexp?: number
  [rest: string]: unknown
}

/** The stream of {@link softmax} and {@link logSoftmax}. */
export interface PredictionStream extends Duplex {
  /** What it has done so far: rows read, predictions made of them, and bad rows left out, by error code. */
  readonly stats: { read: number; written: number; rejected: Record<string, number> }
}

/**
 * A stream of rows of logits -> a stream of {@link Prediction}s with class probabilities.
 *
 * All rows have as many logits as the first. Rows are scored in batches of what is waiting, so a slow source sees no
 * delay; a consumer that stops leaves at most 128 rows inside.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION at once; as the stream's `error` event E_ROW, E_WIDTH, E_CELL, E_MISSING,
 * E_OVERFLOW, E_NONFINITE for a bad row (left out under `onError: 'skip'`, counted in
 * `stats`, and told to `onReject`), E_NAME, E_LABELS, E_COLUMNS, E_SELECTOR.
 *
 * @example
 * for await (const { label, probabilities } of Readable.from([[1, 2, 3]]).compose(softmax())) …
 */
export function softmax(options: SoftmaxOptions = {}): PredictionStream {
  return predictions(options, 'softmax')
}

/**
 * As {@link softmax}, with log-softmax: natural logarithms of the probabilities, exact where a probability rounds to 0
 * or 1.
 *
 * @example
 * const [{ logProbabilities }] = await Readable.from([[0, -40]]).compose(logSoftmax()).toArray()
 * // [-4.248354255291589e-18, -40]
 */
export function logSoftmax(options: SoftmaxOptions = {}): PredictionStream {
  return predictions(options, 'log-softmax')
}

/** Results of {@link softmaxMatrix}: `values` is rows x classes, row after row; all else has one number a row. */
export interface MatrixScores {
  /** Probabilities, or their natural logarithms with `op: 'log-softmax'`. */
  values: Float64Array | Float32Array
  /** Position of the largest logit of each row. */
  index: Uint32Array
  /** With `topK`: positions of the most probable classes, rows x topK. */
  top?: Uint32Array
  /** With `emit`: the largest probability of each row. */
  confidence?: Float64Array | Float32Array
  /** With `emit`: that less the second. */
  margin?: Float64Array | Float32Array
  /** With `emit`: in nats. */
  entropy?: Float64Array | Float32Array
  /** With `emit`: log(sum(exp(logits))), of the logits divided by the temperature. */
  logsumexp?: Float64Array | Float32Array
}

/**
 * Softmax (or log-softmax) of each row of a matrix, at once.
 *
 *     softmax(x)_i = exp(x_i - max x) / sum_j exp(x_j - max x)
 *     log-softmax(x)_i = (x_i - max x) - log(sum_j exp(x_j - max x))
 *
 * within 1 ulp; see `kernel/assembly/softmax.ts` for the algorithm, its error bound and its references.
 *
 * @param logits rows x classes numbers, row after row; they are not changed
 * @throws {SoftmaxError} E_SHAPE where the length is not rows x classes; E_NONFINITE for a row with NaN, +inf or
 * nothing but -inf, unless `nonfinite: 'propagate'`; E_FLAG, E_OPTION.
 *
 * @example
 * softmaxMatrix([1, 2, 3], 1, 3).values // [0.09003057317038046, 0.24472847105479764, 0.6652409557748219]
 */
export function softmaxMatrix(
  logits: ArrayLike<number>,
  rows: number,
  classes: number,
  options: MatrixOptions = {},
): MatrixScores {
  const settings = parseOptions(options, 'matrix')
  if (![rows, classes].every((size) => Number.isSafeInteger(size) && size >= 0) || logits.length !== rows * classes) {
    throw new SoftmaxError('E_SHAPE', { length: logits.length, rows, classes })
  }
  const { emit, topK, log } = resolveLayout(settings, undefined, classes)
  const summary = needSummary(emit)
  const matrix = logits instanceof Float64Array ? logits : Float64Array.from(logits)
  const scores = scoreMatrix(matrix, rows, classes, { log, temperature: settings.temperature, top: topK, summary })
  for (let row = 0; row < rows; row++) requireFinite(scores, row, settings, { row: row + 1 })
  const narrow = (values: Float64Array) => (settings.float32 ? Float32Array.from(values) : values)
  const asked = SUMMARIES.filter((name) => emit.includes(name)).map((name) => [name, narrow(scores[name])])
  const top = topK > 0 && { top: scores.top }
  return { values: narrow(scores.values), index: scores.index, ...top, ...Object.fromEntries(asked) }
}

/** The most rows scored at once. */
const BATCH = 64

function predictions(options: SoftmaxOptions, op: 'softmax' | 'log-softmax'): PredictionStream {
  const settings = parseOptions(options, 'objects')
  const predict = predictor(settings, op, (event, what) => stream.emit(event, what))
  const stats: PredictionStream['stats'] = { read: 0, written: 0, rejected: {} }
  const waiting: unknown[] = []
  const { options: whenRead, allRead } = readWhenEmpty()
  const work = (stream: Duplex, done: (error?: Error | null) => void) => {
    let batch: Batch
    try {
      batch = predict(waiting.splice(0))
    } catch (error) {
      return done(error as Error)
    }
    for (const prediction of batch.predictions) stream.push(prediction)
    stats.read += batch.rows
    stats.written += batch.predictions.length
    if (batch.rowErrors.length > 0 || batch.error) {
      // What was pushed and is not read is lost where the stream ends in an error.
      const told = reportRowErrors(batch.rowErrors, stats, settings).finally(() => allRead(stream))
      return void told.then(() => done(batch.error as Error), done)
    }
    // Rows that come before the next tick are written while this one is under way, and so make the next batch.
    process.nextTick(done)
  }
  const first = new FirstRows((row) => needsFirstRows(row, settings))
  const stream: Duplex = through2()(
    { ...whenRead, objectMode: true, writableHighWaterMark: BATCH, signal: settings.signal },
    function (row, _, done) {
      waiting.push(row)
      const isHeld = first.holds(waiting, () => work(this, (error) => error && this.destroy(error)))
      if (isHeld || (this.writableLength > 1 && waiting.length < BATCH)) return done()
      work(this, done)
    },
    function (done) {
      first.end()
      if (waiting.length > 0) work(this, done)
      else done()
    },
  )
  return Object.assign(
    stream.once('close', () => first.end()),
    { stats },
  )
}

/** Holds back the first rows of a stream where they are needed together, until there are enough or they come too slowly. */
class FirstRows {
  readonly #areNeeded: (row: unknown) => boolean
  #isOver = false
  #timer: NodeJS.Timeout | undefined

  constructor(areNeeded: (row: unknown) => boolean) {
    this.#areNeeded = areNeeded
  }

  /** Whether rows are to be held longer; if not before, `release` is called when they come too slowly. */
  holds(rows: readonly unknown[], release: () => void): boolean {
    if (this.#isOver) return false
    if (rows.length === EVIDENCE_ROWS || !this.#areNeeded(rows[0])) this.end()
    else this.#timer ??= setTimeout(() => this.end(release), PATIENCE)
    return !this.#isOver
  }

  end(release?: () => void): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    release?.()
  }
}

/** Whether the first rows say together which properties of a record are logits. */
function needsFirstRows(row: unknown, { logits }: Settings): boolean {
  if (logits !== undefined || !isRecord(row)) return false
  return !isList(row.logits) && !isRecord(row.logits) && !Object.keys(row).some(isLogitName)
}

/** Counts bad rows and hands them on, in order; gives up at one too many. */
async function reportRowErrors(
  rowErrors: Fault[],
  stats: PredictionStream['stats'],
  settings: Settings,
): Promise<void> {
  const { onReject, maxErrors = Infinity } = settings
  let rejected = rejectedOf(stats)
  for (const { error, row } of rowErrors) {
    stats.rejected[error.code] = (stats.rejected[error.code] ?? 0) + 1
    const reject = { ...rejectOf(error.code, error.info), raw: row }
    await onReject?.(reject)
    if (++rejected > maxErrors) throw tooMany(error.code, error.info, maxErrors)
  }
}

type Settings = SettingsOf<'objects'>
type Op = 'softmax' | 'log-softmax'

/** What all rows of a stream have in common, settled from the first. */
interface Shape {
  layout: Layout & { emit: OutputColumn[] }
  /** Of records with a property a class. */
  schema?: Schema
  /** What the logits are called in errors. */
  columns: readonly string[]
  /** Takes a row apart; undefined where it is not one of this shape. */
  split(row: unknown): { logits: ArrayLike<unknown>; rest: Record<string, unknown> } | undefined
}

/** A row that can be scored. */
interface Sample {
  logits: Float64Array
  rest: Record<string, unknown>
  place: Position
  row: unknown
}

/** A bad row that is left out, and why. */
interface Fault {
  error: SoftmaxError
  row: unknown
}

/** What became of some rows: the error is that of the row that ended it. */
interface Batch {
  rows: number
  predictions: Prediction[]
  rowErrors: Fault[]
  error?: unknown
}

/** Emits an event of the stream. */
type Emit = (event: 'schema' | 'warning', what: unknown) => void

function predictor(settings: Settings, op: Op, emit: Emit): (rows: unknown[]) => Batch {
  const rule: MissingRule = { missing: settings.missing, nulls: nullsOf(settings) }
  let shape: Shape | undefined
  let seen = 0
  const readRow = (row: unknown, rows: readonly unknown[]): Sample => {
    const place = { row: ++seen }
    if (!shape) {
      shape = resolveShape(row, rows, settings, op, place)
      if (shape.schema) emit('schema', shape.schema)
      for (const warning of classWarnings(shape.layout)) emit('warning', warning)
    }
    return sampleOf(row, shape, settings, rule, place)
  }
  return (rows) => {
    const { samples, ...batch } = readRows(rows, readRow, settings)
    if (!shape) return { ...batch, predictions: [] }
    const { predictions, rowErrors, error } = predict(samples, shape.layout, settings)
    const all = [...batch.rowErrors, ...rowErrors].sort((a, b) => a.error.info.row! - b.error.info.row!)
    return { rows: batch.rows, predictions, rowErrors: all, error: error ?? batch.error }
  }
}

/** The samples of some rows: without the bad ones, or, under `fail`, up to the first of them. */
function readRows(
  rows: unknown[],
  read: (row: unknown, rows: readonly unknown[]) => Sample,
  { onError }: Settings,
): { rows: number; samples: Sample[]; rowErrors: Fault[]; error?: unknown } {
  const samples: Sample[] = []
  const rowErrors: Fault[] = []
  for (const [index, row] of rows.entries()) {
    try {
      samples.push(read(row, rows))
    } catch (error) {
      if (onError === 'fail' || !isBadRow(error)) return { rows: index + 1, samples, rowErrors, error }
      rowErrors.push({ error, row })
    }
  }
  return { rows: rows.length, samples, rowErrors }
}

function isBadRow(error: unknown): error is SoftmaxError {
  return error instanceof SoftmaxError && error.status === 1
}

function resolveShape(row: unknown, rows: readonly unknown[], settings: Settings, op: Op, place: Position): Shape {
  if (hasNoClass(row)) throw badRow('a row without logits', place)
  if (isList(row))
    return listShape(row, (list) => (isList(list) ? { logits: list, rest: {} } : undefined), settings, op)
  if (typeof row !== 'object' || row === null) throw badRow(nameOf(row), place)
  if ('logits' in row && isList(row.logits)) return listShape(row.logits, splitRecord, settings, op)
  if ('logits' in row && isRecord(row.logits)) return nestedShape(row.logits, settings, op)
  return recordShape(row as Record<string, unknown>, rows.filter(isRecord), settings, op)
}

function listShape(first: ArrayLike<unknown>, split: Shape['split'], settings: Settings, op: Op): Shape {
  const layout = resolveLayout({ ...settings, op }, undefined, first.length)
  return { layout, columns: layout.classes, split }
}

function splitRecord(row: unknown): ReturnType<Shape['split']> {
  if (typeof row !== 'object' || row === null || !('logits' in row) || !isList(row.logits)) return undefined
  const { logits, ...rest } = row
  return { logits, rest }
}

/** Records in whose `logits` there is one property a class: those of the first, in any order. */
function nestedShape(first: Record<string, unknown>, settings: Settings, op: Op): Shape {
  const columns = Object.keys(first)
  const layout = resolveLayout({ ...settings, op }, columns, columns.length)
  const valuesOf = (record: Record<string, unknown>) => {
    const isOther = Object.keys(record).some((name) => !Object.hasOwn(first, name))
    // More than there are classes, where there is another among them.
    return columns.map((name) => (Object.hasOwn(record, name) ? record[name] : undefined)).concat(isOther ? [null] : [])
  }
  const split = (row: unknown) => {
    if (!isRecord(row) || !isRecord(row.logits)) return undefined
    const { logits, ...rest } = row
    return { logits: valuesOf(logits), rest }
  }
  return { layout, columns, split }
}

/** Records with one property a class, chosen as the columns of a file with a header are. */
function recordShape(
  first: Record<string, unknown>,
  rows: readonly Record<string, unknown>[],
  settings: Settings,
  op: Op,
): Shape {
  const header = Object.keys(first)
  const columns = header.map((name) => ({
    name,
    type: typeOf(first[name]) ?? ('text' as const),
    cells: rows.map((row) => (Object.hasOwn(row, name) ? textOf(row[name]) : '')),
  }))
  const schema = resolveSchema({ ...settings, op }, columns, true)
  const names = schema.logits.map((index) => header[index]!)
  const chosen = new Set(names)
  return {
    layout: schema,
    schema,
    columns: names,
    split: (row) => {
      if (typeof row !== 'object' || row === null) return undefined
      const rest = Object.entries(row).filter(([name]) => !chosen.has(name))
      return {
        logits: names.map((name) => (Object.hasOwn(row, name) ? (row as Record<string, unknown>)[name] : undefined)),
        rest: Object.fromEntries(rest),
      }
    },
  }
}

function sampleOf(
  row: unknown,
  { layout, columns, split }: Shape,
  settings: Settings,
  rule: MissingRule,
  place: Position,
): Sample {
  const parts = split(row)
  if (!parts) throw badRow(nameOf(row), place)
  const width = layout.classes.length
  if (parts.logits.length !== width) {
    throw new SoftmaxError('E_WIDTH', { ...place, cells: parts.logits.length, width })
  }
  const logits = Float64Array.from(parts.logits, (value, index) =>
    readLogit(value, rule, { ...place, column: columns[index]! }),
  )
  return { logits, rest: settings.keep ? parts.rest : {}, place, row }
}

function readLogit(value: unknown, rule: MissingRule, place: Position): number {
  const logit = typeof value === 'bigint' ? notANumber(String(value)) : logitOf(value, rule)
  if (typeof logit === 'number') return logit
  throw new SoftmaxError(logit.code, { ...logit.info, ...place } as never)
}

function notANumber(cell: string): RowError {
  return { code: 'E_CELL', info: { cell } }
}

/** A value as a cell would have it: nothing for null and undefined, what it is where it has no text of its own. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' || typeof value === 'symbol' ? nameOf(value) : String(value)
}

function predict(samples: Sample[], layout: Shape['layout'], settings: Settings): Omit<Batch, 'rows'> {
  const { log, topK, emit, classes } = layout
  const matrix = new Float64Array(samples.length * classes.length)
  for (const [row, { logits }] of samples.entries()) matrix.set(logits, row * classes.length)
  const options = { log, temperature: settings.temperature, top: topK, summary: needSummary(emit) }
  const scores = scoreMatrix(matrix, samples.length, classes.length, options)
  const columns = [...new Set<OutputColumn>(['probs', 'index', 'label', ...emit])].map((name) => COLUMNS[name])
  const round = rounder(settings)
  const predictions: Prediction[] = []
  const rowErrors: Fault[] = []
  for (const [row, { rest, place, row: input }] of samples.entries()) {
    try {
      requireFinite(scores, row, settings, place)
      const found = Object.assign({}, ...columns.map((column) => column.properties(scores, row, layout, round)))
      requireNew(found, rest, place)
      predictions.push({ ...rest, ...found })
    } catch (error) {
      if (settings.onError === 'fail' || !isBadRow(error)) return { predictions, rowErrors, error }
      rowErrors.push({ error, row: input })
    }
  }
  return { predictions, rowErrors }
}

function isFinite({ status }: Scores, row: number, { nonfinite }: Pick<Settings, 'nonfinite'>): boolean {
  return nonfinite === 'propagate' || status[row] === 0
}

function requireFinite(scores: Scores, row: number, settings: Pick<Settings, 'nonfinite'>, place: Position): void {
  if (!isFinite(scores, row, settings)) {
    throw new SoftmaxError('E_NONFINITE', { ...place, reason: STATUS[scores.status[row]!]! })
  }
}

function requireNew(found: object, rest: Record<string, unknown>, place: Position): void {
  const name = Object.keys(found).find((name) => Object.hasOwn(rest, name))
  if (name !== undefined) throw new SoftmaxError('E_NAME', { ...place, name })
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView || value instanceof Buffer))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

/** True for a list or a record of nothing. */
function hasNoClass(row: unknown): boolean {
  if (typeof row !== 'object' || row === null) return false
  const list = 'logits' in row && typeof row.logits === 'object' && row.logits !== null ? row.logits : row
  return isList(list) ? list.length === 0 : Object.keys(row).length === 0
}

function nameOf(value: unknown): string {
  return value === null ? 'null' : `a ${typeof value}`
}

function badRow(what: string, place: Position): SoftmaxError {
  return new SoftmaxError('E_ROW', { ...place, reason: `${what} is not a row` })
}
