/**
 * The table lane: whatever comes in or goes out as something else than delimited text, but lines of JSON that the fast
 * lane takes. A reader gives batches, the kernel scores them, a writer makes bytes of them; one batch is under way at a
 * time.
 */
import { fieldsOf, needSummary } from '../columns.js'
import type { Batch, Fault, ReadPlan, Scored, Table, Trouble, WritePlan, Writer } from '../formats/batch.js'
import { type Scores, scoreMatrix } from '../kernel.js'
import { printer, rounder } from '../number.js'
import type { SettingsOf } from '../options.js'
import type { Schema } from '../schema.js'
import { nonfinite } from './general.js'

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
export interface TableJob {
  settings: TableSettings
  schema: Schema
  /** Whether rows are taken over as the JSON objects that they are, and whether columns have types. */
  objects: boolean
  typed: boolean
  /** Whether the bytes of bad rows are wanted. */
  wantRaw: boolean
}

/** Scores the batches of a table one after the other. */
export async function* tableLane(table: Table, job: TableJob, writer: Writer): AsyncGenerator<Scored> {
  const score = batchScorer(job)
  const round = rounding(job.settings)
  for await (const batch of table.batches(readPlan(job))) {
    const { scores, good, faults, rows } = score(batch)
    const pieces = good.length > 0 ? await writer.write({ batch, scores: round(scores), good }) : []
    yield { pieces, rows, written: good.length, lines: batch.lines, bytes: batch.bytes, faults }
  }
}

/** A function that scores a batch, and tells its good rows from its bad ones; under `fail`, up to the first of these. */
export function batchScorer(job: TableJob) {
  const { schema, settings } = job
  const { log, topK: top, emit } = schema
  const options = { log, temperature: settings.temperature, top, summary: needSummary(emit) }
  return (batch: Batch): { scores: Scores; rows: number; good: number[]; faults: Fault[] } => {
    const scores = scoreMatrix(batch.logits, batch.rows, schema.classes.length, options)
    return { scores, ...sortOut(batch, settings, (row) => nonfinite(scores, row, job)) }
  }
}

/** Tells the good rows of a batch from its bad ones; under `fail`, up to the first of these. */
export function sortOut(
  batch: Batch,
  { onError }: Pick<TableSettings, 'onError'>,
  troubleOf: (row: number) => Trouble | undefined = () => undefined,
): { rows: number; good: number[]; faults: Fault[] } {
  const faults: Fault[] = []
  const good: number[] = []
  let rows = 0
  while (rows < batch.rows) {
    const row = rows++
    const trouble = batch.bad.get(row) ?? troubleOf(row)
    if (!trouble) good.push(row)
    else faults.push(batch.locate(trouble, row))
    if (trouble && onError === 'fail') break
  }
  return { rows, good, faults }
}

/** What a reader needs to know of a run. */
export function readPlan({ schema, settings: { missing }, objects, typed, wantRaw }: TableJob): ReadPlan {
  const { logits, kept, classes, names, whole = false } = schema
  return { logits, whole, kept, classes: classes.length, objects: objects ? names : undefined, typed, missing, wantRaw }
}

/** What a writer of a run's results needs to know; `single` says that no other input comes after. */
export function writePlan(
  { settings, schema }: TableJob,
  table: Pick<Table, 'columns' | 'rows'>,
  single: boolean,
): WritePlan {
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
