/**
 * The general lane, which can score every row: a reader produces record batches, the kernel scores them, and a writer
 * encodes them, one batch at a time. The fast lane uses it for the rows it defers.
 */

import type { Dialect } from '../core/dialect.js'
import { extended } from '../core/extended.js'
import { ofNamedClass } from '../core/logit.js'
import { indexPath, itemCount, itemRange, itemsOf, type Nesting } from '../core/nesting.js'
import { rounder } from '../core/number.js'
import type { SettingsOf } from '../core/options.js'
import { type Layout, needSummary, type OutputLayout } from '../core/output-columns.js'
import type {
  EvaluatedRows,
  LocatedRowError,
  RecordBatch,
  RecordBatchReader,
  RecordBatchWriter,
  RowError,
  RowErrors,
  ScoredRows,
} from '../core/record-batch.js'
import { RowErrorList } from '../core/row-errors.js'
import type { Schema } from '../core/schema.js'
import { EVALUATION_FIELDS, LOSS, NO_CLASS, TRUTH } from '../kernel/constants.js'
import { scoreMatrix } from '../kernel/host/matrix.js'
import type { Probe } from '../kernel/host/metrics.js'
import { roundDoubles } from '../kernel/host/rounding.js'
import { type KernelOptions, type Scores, STATUS } from '../kernel/host/scores.js'
import { rowOfLogits } from './batch-row.js'
import { isFatal } from './error-limit.js'
import { type Describe, rowReporter } from './row-text.js'
import { readerOptions, type ScoreJob } from './score-job.js'
import { truthReader } from './truths.js'

/** Scores the batches of a reader in order, each up to the first bad row after `errorsLeft` tolerated ones. */
export async function* scoreBatches(
  reader: RecordBatchReader,
  job: ScoreJob,
  writer: RecordBatchWriter,
  errorsLeft: () => number,
): AsyncGenerator<ScoredRows> {
  const score = batchScorer(job)
  // Writers of delimited text round when they print.
  const round = job.output ? (scores: Scores) => scores : rounding(job.settings)
  const labelled = truthReader(job)
  const plan = readerOptions(job)
  const withRow = rowReporter(job.columns, plan)
  for await (const read of reader.batches(plan)) {
    const batch = labelled(read)
    const { scores, good, rowErrors: errors, rows } = score(batch, errorsLeft(), withRow(read))
    const pieces = good.length > 0 ? await writer.write({ batch, scores: round(scores), good }) : []
    const evaluated = evaluatedOf(scores, good)
    const { lines, bytes } = batch
    yield { pieces, rows, written: good.length, ...countsOf(scores, good), lines, bytes, errors, evaluated }
  }
}

/**
 * Creates the function that scores a batch and separates good rows from bad ones, up to the first bad row after
 * `errorsLeft` tolerated ones, whose errors are described. The scores of an earlier batch may be passed in for reuse.
 */
export function batchScorer({
  schema,
  settings,
  byClass = false,
  probe,
  room,
  input,
  isMeasured = false,
}: {
  schema: OutputLayout & Partial<LogitPositions>
  settings: Pick<SettingsOf<'objects'>, 'temperature' | 'nonfinite'>
  byClass?: boolean
  probe?: Probe | undefined
  room?: KernelOptions['room']
  input?: Dialect | undefined
  isMeasured?: boolean
}) {
  const { log, sigmoid, topK: top, emit, decision, oneVsRest } = schema
  const { temperature } = settings
  const slope = probe !== undefined
  const columns = schema.binary ? 1 : schema.classes.length
  const summary = needSummary(emit)
  const options = { log, sigmoid, temperature, top, summary, slope, byClass, oneVsRest, decision, room }
  return (batch: RecordBatch, errorsLeft: number, describe: Describe = unchanged, before?: Scores) => {
    const named = (error: LocatedRowError) => describe(withClassName(error, schema))
    const { nesting } = batch
    const count = nesting ? itemCount(nesting) : batch.numRows
    const again = before?.rows === count ? before : undefined
    const scores = scoreMatrix(
      { ...logitsOf(batch, schema, count), truths: batch.truths, targets: batch.targets },
      count,
      schema.classes.length,
      options,
      again,
    )
    const nonfinite = (row: number) => nonfiniteIn(rowOfLogits(batch, columns, row))
    if (nesting) {
      const errorOf = (item: number) => {
        const error = nonfiniteError(scores, item, settings, isMeasured)
        return error && inList(error, indexPath(nesting, item), nonfinite(item), schema, input)
      }
      const found = partitionRows(batch, errorsLeft, firstError(nesting, errorOf), named)
      return { scores: { ...scores, nesting }, ...found }
    }
    if (batch.errors.size === 0 && scores.unscored === 0) {
      return { scores, rows: batch.numRows, good: firstRows(batch.numRows), rowErrors: [] }
    }
    const errorOf = (row: number) => {
      const error = nonfiniteError(scores, row, settings, isMeasured)
      return error && located(error, nonfinite(row), schema, input)
    }
    return { scores, ...partitionRows(batch, errorsLeft, errorOf, named) }
  }
}

/** The error of a nested row: that of the first of its lists that has one. */
function firstError(nesting: Nesting, errorOf: (item: number) => RowError | undefined) {
  return (row: number): RowError | undefined => {
    const [first, end] = itemRange(nesting, row)
    for (let item = first; item < end; item++) {
      const error = errorOf(item)
      if (error) return error
    }
    return undefined
  }
}

/** The logits of a batch; with one logit per row, the logits of both classes. */
function logitsOf({ logits, byClass }: RecordBatch, { binary = false }: Layout, rows: number) {
  return binary ? { numbers: withZeros(logits, rows) } : { numbers: logits, byClass }
}

/** Turns rows of one logit x into rows [0, x]. */
export function withZeros(logits: ArrayLike<number>, rows: number): Float64Array {
  const numbers = new Float64Array(2 * rows)
  for (let row = 0; row < rows; row++) numbers[2 * row + 1] = logits[row]!
  return numbers
}

/** The number of good rows without a label, and of those that are NaN; of nested rows, those with such a list. */
export function countsOf(scores: Scores, good: readonly number[]): Pick<ScoredRows, 'abstained' | 'nan'> {
  const { labels, nesting, status, unscored } = scores
  const count = (test: (row: number) => boolean) =>
    good.filter(nesting ? (row) => itemsOf(nesting, [row]).some(test) : test).length
  return {
    abstained: labels ? count((row) => labels[row] === NO_CLASS) : 0,
    nan: unscored > 0 ? count((row) => status[row] !== 0) : 0,
  }
}

/** The good rows to be evaluated, without those that have no softmax. */
export function evaluatedOf(scores: Scores, goodRows: readonly number[]): EvaluatedRows[] | undefined {
  const { evaluated, probabilities, classes, rows, status, unscored, targets, nesting } = scores
  if (!evaluated) return undefined
  const good = nesting ? itemsOf(nesting, goodRows) : goodRows
  const areAllScored = good.length === rows && unscored === 0
  const some = areAllScored ? good : good.filter((row) => status[row] === 0)
  const evaluatedRows = areAllScored ? evaluated : takeRows(evaluated, some, EVALUATION_FIELDS)
  if (!probabilities) return [evaluatedRows]
  if (!targets) {
    return [
      { rows: evaluatedRows, probabilities: areAllScored ? probabilities : takeRows(probabilities, some, classes) },
    ]
  }
  const known = some.filter((row) => evaluated[EVALUATION_FIELDS * row + TRUTH]! >= 0)
  return [{ rows: evaluatedRows, counts: classCounts(scores, known), ...evaluatedClasses(scores, known) }]
}

/** Some rows of `width` numbers each. */
function takeRows(numbers: Float64Array, rows: readonly number[], width: number): Float64Array {
  const found = new Float64Array(width * rows.length)
  for (const [nth, row] of rows.entries()) found.set(numbers.subarray(width * row, width * (row + 1)), width * nth)
  return found
}

/** The probabilities of the classes of some rows, and which are true. */
function evaluatedClasses({ targets, probabilities, classes, rows: all }: Scores, rows: readonly number[]) {
  if (rows.length === all) return { probabilities: probabilities!, targets: targets! }
  const found = new Uint8Array(rows.length * classes)
  for (const [nth, row] of rows.entries()) {
    found.set(targets!.subarray(row * classes, (row + 1) * classes), nth * classes)
  }
  return { probabilities: takeRows(probabilities!, rows, classes), targets: found }
}

/** Per class: the number of rows that have it, that get it as a label, and both. */
function classCounts({ targets, members, classes }: Scores, rows: readonly number[]): Float64Array {
  const counts = new Float64Array(3 * classes)
  for (const row of rows) {
    for (let index = 0, at = row * classes; index < classes; index++, at++) {
      counts[3 * index]! += targets![at]!
      counts[3 * index + 1]! += members![at]!
      counts[3 * index + 2]! += targets![at]! & members![at]!
    }
  }
  return counts
}

/** The last results of {@link firstRows}, by count. */
const counted = new Map<number, readonly number[]>()
const MOST_COUNTED = 4

/** The indices of `count` good rows; most batches have no bad ones and one of two sizes, so the arrays are reused. */
function firstRows(count: number): readonly number[] {
  const known = counted.get(count)
  if (known) return known
  if (counted.size === MOST_COUNTED) counted.clear()
  const rows = Array.from(new Uint8Array(count).keys())
  counted.set(count, rows)
  return rows
}

/** The error of a scored row, if any. */
export function nonfiniteError(
  { status }: Pick<Scores, 'status'>,
  row: number,
  { nonfinite }: Pick<SettingsOf<'objects'>, 'nonfinite'>,
  isMeasured = false,
): RowError | undefined {
  const reason = STATUS[status[row]!]
  if (!reason || nonfinite !== 'error') return undefined
  return { code: 'E_NONFINITE', info: { reason, ...(isMeasured && { isMeasured }) } }
}

/** The first logit that makes the softmax undefined; undefined if only their combination does. */
export function nonfiniteIn(logits: readonly number[]): number | undefined {
  const index = logits.findIndex((logit) => Number.isNaN(logit) || logit === Infinity)
  return index < 0 ? undefined : index
}

/** The columns of the logits; undefined for rows that are JavaScript values. */
type LogitPositions = Pick<Schema, 'header' | 'logits' | 'logitsList'> & { logitKeys?: readonly (string | undefined)[] }

/** Adds the column of a logit to its error; no column if its position is undefined. */
function located(
  error: RowError,
  index: number | undefined,
  { header, logits, logitsList, logitKeys }: Partial<LogitPositions>,
  input: Dialect | undefined,
): RowError {
  if (index === undefined) return error
  if (input)
    return extended(error, logitsList ? { cell: logits![0]!, column: String(index) } : { cell: logits![index]! })
  const name = logitKeys || logitsList ? logitKeys?.[index] : header?.[logits![index]!]
  return ofNamedClass(error, name, index)
}

/** Adds the name of the class to an error that has its index; with one logit for two classes, it is of neither. */
function withClassName(error: LocatedRowError, { classes, binary }: Layout): LocatedRowError {
  const { classIndex } = error.info
  const column = classIndex !== undefined && !binary ? classes[classIndex as number] : undefined
  return column === undefined ? error : { ...error, info: extended(error.info, { column }) }
}

/** Adds the index path of a nested logit to its error, or that of its list if the error concerns all of the list. */
function inList(
  { code, info }: RowError,
  { path }: { path: readonly number[] },
  index: number | undefined,
  { logits }: Partial<LogitPositions>,
  input: Dialect | undefined,
): RowError {
  const cell = input && { cell: logits![0]! }
  if (index !== undefined) return { code, info, ...cell, column: [...path, index].join('.') }
  return { code, info: extended(info, { of: `list ${path.join('.')}` }), ...cell }
}

/** Separates good rows from bad ones, up to a fatal one or the first bad row after `errorsLeft` tolerated ones. */
export function partitionRows(
  batch: RecordBatch,
  errorsLeft: number,
  errorOf: (row: number) => RowError | undefined = () => undefined,
  describe: Describe = unchanged,
): { rows: number; good: readonly number[]; rowErrors: RowErrors } {
  const rowErrors = new RowErrorList()
  const good: number[] = []
  let rows = 0
  while (rows < batch.numRows) {
    const row = rows++
    const rowError = batch.errors.get(row) ?? errorOf(row)
    if (!rowError) good.push(row)
    else rowErrors.add(describe(batch.withPosition(rowError, row)))
    if (rowErrors.length > errorsLeft || (rowError && isFatal(rowError))) break
  }
  return { rows, good, rowErrors: rowErrors.errors }
}

const unchanged: Describe = (error) => error

/**
 * Creates the function that rounds results to digits for formats that store binary numbers. Their writers store float32
 * as such, which rounds.
 */
export function rounding({ precision, float32 }: ScoreJob['settings']): (scores: Scores) => Scores {
  if (precision === undefined) return (scores) => scores
  const round = rounder({ precision, float32 })
  return (scores) => {
    const { values, confidence, margin, entropy, logsumexp, evaluated } = scores
    for (const numbers of [values, confidence, margin, entropy, logsumexp]) roundDoubles(numbers, precision, float32)
    // Metrics are computed from losses that are not rounded.
    const roundLoss = (value: number, at: number) => (at % EVALUATION_FIELDS === LOSS ? round(value) : value)
    return evaluated ? { ...scores, evaluated: evaluated.map(roundLoss) } : scores
  }
}
