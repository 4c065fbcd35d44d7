/**
 * The way that every row can take: a reader gives record batches, the kernel scores them, a writer makes bytes of them; one
 * batch is under way at a time. The fast lane is a shortcut past it, and comes here with the rows that it defers.
 */

import { type Dialect, sameCells } from '../core/dialect.js'
import { NullTexts } from '../core/missing.js'
import { printer, rounder } from '../core/number.js'
import { items, type SettingsOf } from '../core/options.js'
import { fieldsOf, type Layout, needSummary, type OutputColumn } from '../core/output-columns.js'
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
import { emitBeside } from '../core/renaming.js'
import type { Schema } from '../core/schema.js'
import { type Scores, STATUS, scoreMatrix } from '../kernel/host/matrix.js'

/** What scoring needs to know of a run; it can be sent to another thread. */
export interface ScoreJob {
  settings: Pick<
    SettingsOf<'bytes'>,
    | 'temperature'
    | 'precision'
    | 'float32'
    | 'onError'
    | 'missing'
    | 'null'
    | 'nonfinite'
    | 'header'
    | 'outputHeader'
    | 'escapeFormulas'
    | 'encoding'
  >
  schema: Schema
  /** Whether rows are taken over as the JSON objects that they are, and whether columns have types. */
  rawRows: boolean
  typed: boolean
  /** Whether results are a column for each class from the start. */
  byClass: boolean
  /** Whether the bytes of bad rows are wanted. */
  wantRaw: boolean
  /** How delimited text comes in, where it does; and how it goes out, where it does. */
  input: Dialect | undefined
  output: Dialect | undefined
}

/** Scores the batches of a reader one after the other. */
export async function* scoreBatches(
  reader: RecordBatchReader,
  job: ScoreJob,
  writer: RecordBatchWriter,
): AsyncGenerator<ScoredRows> {
  const score = batchScorer(job)
  // What writes delimited text rounds what it prints.
  const round = job.output ? (scores: Scores) => scores : rounding(job.settings)
  for await (const batch of reader.batches(readerOptions(job))) {
    const { scores, good, rowErrors, rows } = score(batch)
    const pieces = good.length > 0 ? await writer.write({ batch, scores: round(scores), good }) : []
    yield { pieces, rows, written: good.length, lines: batch.lines, bytes: batch.bytes, errors: rowErrors }
  }
}

/**
 * A function that scores a batch, and parts its good rows from its bad ones; under `fail`, up to the first of these. Scores of
 * a batch before that is not needed any longer may be given, to be used again.
 */
export function batchScorer({
  schema,
  settings,
  byClass = false,
}: {
  schema: Layout & { emit: readonly OutputColumn[] }
  settings: Pick<SettingsOf<'objects'>, 'temperature' | 'onError' | 'nonfinite'>
  byClass?: boolean
}) {
  const { log, sigmoid, topK: top, emit } = schema
  const options = { log, sigmoid, temperature: settings.temperature, top, summary: needSummary(emit), byClass }
  return (batch: RecordBatch, before?: Scores) => {
    const again = before?.rows === batch.numRows ? before : undefined
    const scores = scoreMatrix(
      { numbers: batch.logits, byClass: batch.byClass },
      batch.numRows,
      schema.classes.length,
      options,
      again,
    )
    if (batch.errors.size === 0 && scores.unscored === 0) {
      return { scores, rows: batch.numRows, good: firstRows(batch.numRows), rowErrors: [] }
    }
    return { scores, ...partitionRows(batch, settings, (row) => nonfiniteError(scores, row, settings)) }
  }
}

let counted: readonly number[] = []
let first = counted

/** So many rows, all of which are good, as they are of most batches: the same array again and again. */
function firstRows(count: number): readonly number[] {
  if (first.length === count) return first
  if (counted.length < count) counted = Array.from(new Uint8Array(count).keys())
  first = counted.slice(0, count)
  return first
}

/** What is wrong with a row that was scored, if anything is. */
export function nonfiniteError(
  { status }: Pick<Scores, 'status'>,
  row: number,
  { nonfinite }: { nonfinite: 'error' | 'propagate' },
): RowError | undefined {
  const reason = STATUS[status[row]!]
  return reason && nonfinite !== 'propagate' ? { code: 'E_NONFINITE', info: { reason } } : undefined
}

/** Parts the good rows of a batch from its bad ones; under `fail`, up to the first of these. */
export function partitionRows(
  batch: RecordBatch,
  { onError }: { onError: 'fail' | 'skip' },
  errorOf: (row: number) => RowError | undefined = () => undefined,
): { rows: number; good: readonly number[]; rowErrors: LocatedRowError[] } {
  const rowErrors: LocatedRowError[] = []
  const good: number[] = []
  let rows = 0
  while (rows < batch.numRows) {
    const row = rows++
    const rowError = batch.errors.get(row) ?? errorOf(row)
    if (!rowError) good.push(row)
    else rowErrors.push(batch.withPosition(rowError, row))
    if (rowError && onError === 'fail') break
  }
  return { rows, good, rowErrors }
}

/** What a reader needs to know of a run. */
export function readerOptions(job: ScoreJob): ReaderOptions {
  const { schema, settings, rawRows, typed, wantRaw } = job
  const { logits, kept, classes, names, logitsList = false } = schema
  return {
    logits,
    logitsList,
    kept,
    classes: classes.length,
    rawRowKeys: rawRows ? names : undefined,
    emitBeside: (keys) => emitBeside(keys, schema),
    typed,
    missing: settings.missing,
    nulls: nullsOf(settings),
    wantRaw,
    cells: cellsOf(job),
    encoding: settings.encoding ?? (cellsOf(job) === 'text' ? 'utf-8' : undefined),
  }
}

/** The texts that are an empty logit, where there are some. */
export function nullsOf(settings: Pick<SettingsOf<'objects'>, 'null'>): NullTexts | undefined {
  return settings.null === undefined ? undefined : new NullTexts(items(settings.null))
}

/**
 * Kept cells of delimited text pass as the bytes that they are, where both ends are delimited text: so those of an
 * encoding that was not named come out unharmed. Where its name is known, or a cell has to become text, it must be valid.
 */
function cellsOf({ input, output }: ScoreJob): OutputSchema['cells'] {
  if (!input || !output) return 'text'
  return sameCells(input, output) ? 'encoded' : 'bytes'
}

/** What a writer of a run's results needs to know; `single` says that no other input comes after. */
export function outputSchema(
  job: ScoreJob,
  reader: Pick<RecordBatchReader, 'columns' | 'rows' | 'metadata' | 'shape'>,
  single: boolean,
): OutputSchema {
  const { settings, schema, output } = job
  const { rows, metadata, shape } = reader
  const isWhole = single && settings.onError === 'fail'
  return {
    kept: schema.kept.map((index) => reader.columns[index]!),
    fields: fieldsOf(schema.emit, schema),
    metadata,
    classes: schema.classes,
    byClass: job.byClass,
    print: printer(settings),
    rounding: { precision: settings.precision, float32: settings.float32 },
    float32: settings.float32,
    escapeFormulas: settings.escapeFormulas,
    header: settings.outputHeader ?? settings.header ?? true,
    rows: isWhole ? rows : undefined,
    ...(isWhole && shape && { shape }),
    dialect: output,
    cells: cellsOf(job),
  }
}

/** The function that rounds results as asked, for formats whose numbers are not text. */
export function rounding({ precision, float32 }: ScoreJob['settings']): (scores: Scores) => Scores {
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
