/**
 * The table lane: whatever comes in or goes out as something else than delimited text. A reader gives batches, the
 * kernel scores them, a writer makes bytes of them; one batch is under way at a time.
 */
import { fieldsOf, needSummary } from '../columns.js'
import type { Fault, ReadPlan, Table, WritePlan, Writer } from '../formats/batch.js'
import { type Scores, scoreMatrix } from '../kernel.js'
import { printer, rounder } from '../number.js'
import type { SettingsOf } from '../options.js'
import type { Schema } from '../schema.js'
import { nonfinite } from './general.js'

/** What became of a batch; under `fail`, what follows a bad row is left out. */
export interface ScoredBatch {
  pieces: Uint8Array[]
  rows: number
  written: number
  lines: number
  bytes: number
  faults: Fault[]
}

/** What the lane needs to know of a run. */
export interface TableJob {
  settings: SettingsOf<'bytes'>
  schema: Schema
  /** Whether rows are taken over as the JSON objects that they are, and whether columns have types. */
  objects: boolean
  typed: boolean
}

/** Scores the batches of a table one after the other. */
export async function* tableLane(table: Table, job: TableJob, writer: Writer): AsyncGenerator<ScoredBatch> {
  const { schema, settings } = job
  const plan = readPlan(job)
  const options = {
    log: schema.log,
    temperature: settings.temperature,
    top: schema.topK,
    summary: needSummary(schema.emit),
  }
  const round = rounding(settings)
  for await (const batch of table.batches(plan)) {
    const scores = scoreMatrix(batch.logits, batch.rows, plan.classes, options)
    const faults: Fault[] = []
    const good: number[] = []
    let done = 0
    while (done < batch.rows) {
      const row = done++
      const trouble = batch.bad.get(row) ?? nonfinite(scores, row, job)
      if (!trouble) good.push(row)
      else faults.push(batch.locate(trouble, row))
      if (trouble && settings.onError === 'fail') break
    }
    const pieces = good.length > 0 ? await writer.write({ batch, scores: round(scores), good }) : []
    yield { pieces, rows: done, written: good.length, lines: batch.lines, bytes: batch.bytes, faults }
  }
}

function readPlan({ schema, settings, objects, typed }: TableJob): ReadPlan {
  const { missing, onReject } = settings
  const wantRaw = onReject !== undefined
  const { logits, kept, classes, names, whole = false } = schema
  return { logits, whole, kept, classes: classes.length, objects: objects ? names : undefined, typed, missing, wantRaw }
}

/** What a writer of a run's results needs to know; `single` says that no other input comes after. */
export function writePlan({ settings, schema }: TableJob, table: Table, single: boolean): WritePlan {
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
function rounding({ precision, float32 }: SettingsOf<'bytes'>): (scores: Scores) => Scores {
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
