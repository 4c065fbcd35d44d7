/**
 * The table lane: whatever comes in or goes out as something else than delimited text, but lines of JSON that the fast
 * lane takes. A reader gives batches, the kernel scores them, a writer makes bytes of them; one batch is under way at a
 * time.
 */

import { printer, rounder } from '../core/number.js'
import type { SettingsOf } from '../core/options.js'
import { fieldsOf, needSummary } from '../core/output-columns.js'
import type {
  LocatedRowError,
  OutputSchema,
  ReaderOptions,
  RecordBatch,
  RecordBatchReader,
  RecordBatchWriter,
  RowError,
  ScoredRows,
} from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { type Scores, scoreMatrix } from '../kernel/host/matrix.js'
import { nonfinite } from './general-lane.js'

type TableSettings = Pick<
  SettingsOf<'bytes'>,
  | 'temperature'
  | 'precision'
  | 'float32'
  | 'onError'
  | 'missing'
  | 'nonfinite'
  | 'header'
  | 'outputHeader'
  | 'escapeFormulas'
>

/** What the lane needs to know of a run. */
export interface BatchJob {
  settings: TableSettings
  schema: Schema
  /** Whether rows are taken over as the JSON objects that they are, and whether columns have types. */
  objects: boolean
  typed: boolean
  /** Whether the bytes of bad rows are wanted. */
  wantRaw: boolean
}

/** Scores the batches of a table one after the other. */
export async function* batchLane(
  table: RecordBatchReader,
  job: BatchJob,
  writer: RecordBatchWriter,
): AsyncGenerator<ScoredRows> {
  const score = batchScorer(job)
  const round = rounding(job.settings)
  for await (const batch of table.batches(readerOptions(job))) {
    const { scores, good, rowErrors, rows } = score(batch)
    const pieces = good.length > 0 ? await writer.write({ batch, scores: round(scores), good }) : []
    yield { pieces, rows, written: good.length, lines: batch.lines, bytes: batch.bytes, errors: rowErrors }
  }
}

/** A function that scores a batch, and tells its good rows from its bad ones; under `fail`, up to the first of these. */
export function batchScorer(job: BatchJob) {
  const { schema, settings } = job
  const { log, topK: top, emit } = schema
  const options = { log, temperature: settings.temperature, top, summary: needSummary(emit) }
  return (batch: RecordBatch): { scores: Scores; rows: number; good: number[]; rowErrors: LocatedRowError[] } => {
    const scores = scoreMatrix(batch.logits, batch.numRows, schema.classes.length, options)
    return { scores, ...partitionRows(batch, settings, (row) => nonfinite(scores, row, job)) }
  }
}

/** Tells the good rows of a batch from its bad ones; under `fail`, up to the first of these. */
export function partitionRows(
  batch: RecordBatch,
  { onError }: Pick<TableSettings, 'onError'>,
  troubleOf: (row: number) => RowError | undefined = () => undefined,
): { rows: number; good: number[]; rowErrors: LocatedRowError[] } {
  const rowErrors: LocatedRowError[] = []
  const good: number[] = []
  let rows = 0
  while (rows < batch.numRows) {
    const row = rows++
    const rowError = batch.errors.get(row) ?? troubleOf(row)
    if (!rowError) good.push(row)
    else rowErrors.push(batch.withPosition(rowError, row))
    if (rowError && onError === 'fail') break
  }
  return { rows, good, rowErrors }
}

/** What a reader needs to know of a run. */
export function readerOptions({ schema, settings: { missing }, objects, typed, wantRaw }: BatchJob): ReaderOptions {
  const { logits, kept, classes, names, logitsList: whole = false } = schema
  return {
    logits,
    logitsList: whole,
    kept,
    classes: classes.length,
    rawRowKeys: objects ? names : undefined,
    typed,
    missing,
    wantRaw,
  }
}

/** What a writer of a run's results needs to know; `single` says that no other input comes after. */
export function outputSchema(
  { settings, schema }: BatchJob,
  table: Pick<RecordBatchReader, 'columns' | 'rows'>,
  single: boolean,
): OutputSchema {
  const { rows } = table
  return {
    kept: schema.kept.map((index) => table.columns[index]!),
    fields: fieldsOf(schema.emit, schema),
    classes: schema.classes,
    print: printer(settings),
    float32: settings.float32,
    escapeFormulas: settings.escapeFormulas,
    header: settings.outputHeader ?? settings.header,
    rows: single && settings.onError === 'fail' ? rows : undefined,
  }
}

/** The function that rounds results as asked, for formats whose numbers are not text. */
function rounding({ precision, float32 }: TableSettings): (scores: Scores) => Scores {
  if (precision === undefined && !float32) return (scores) => scores
  const round = rounder({ precision, float32 })
  return (scores) => ({
    ...scores,
    values: scores.values.map(round),
    confidence: scores.confidence.map(round),
    margin: scores.margin.map(round),
    entropy: scores.entropy.map(round),
    logsumexp: scores.logsumexp.map(round),
  })
}
