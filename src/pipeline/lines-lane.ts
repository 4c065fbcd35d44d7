/**
 * Lines of NDJSON that come out as they went in, with more keys, on the fast lane: what its kernel has to know of them,
 * and the lane that takes any line, over the functions of the table lane.
 */
import { fieldsOf } from '../core/output-columns.js'
import type { JsonColumn, OversizedLine, ScoredRows } from '../core/record-batch.js'
import { longBatch, readBatch, write } from '../formats/ndjson/ndjson.js'
import { type BatchJob, batchScorer, outputSchema, readerOptions } from './batch-lane.js'

/** What the lanes of lines need to know of a run; it can be sent to another thread. Texts are UTF-8 in latin1. */
export interface LinesJob extends BatchJob {
  columns: readonly JsonColumn[]
  /** The most bytes of a line. */
  limit: number
  /** The names of the classes as they are written. */
  labels: string[]
  /** The key of the logits, and then those that are new. */
  keys: string[]
  /** What stands before each new value. */
  leads: string[]
}

/** Why the fast lane cannot do a job of lines, or undefined if it can. */
export function linesRefusal({ schema, objects }: BatchJob, columns: readonly JsonColumn[]): string | undefined {
  const [{ name, path }] = schema.logits.map((index) => columns[index]!) as [JsonColumn]
  if (!objects) return 'rows that do not come out as they are'
  if (schema.shape !== 'list') return 'logits that are not in a list'
  if (path.length > 1) return 'logits in a nested object'
  // There is no such text in UTF-8, but there is the one that would stand for it.
  if (/\p{Surrogate}/u.test(name)) return 'a key that is half a character'
  return undefined
}

export function linesJob(job: BatchJob, columns: readonly JsonColumn[], limit: number): LinesJob {
  const { schema } = job
  const { temperature, precision, float32, onError, missing, nonfinite, header, outputHeader, escapeFormulas } =
    job.settings
  return {
    ...job,
    settings: { temperature, precision, float32, onError, missing, nonfinite, header, outputHeader, escapeFormulas },
    columns,
    limit,
    labels: schema.classes.map((name) => latin1(JSON.stringify(name))),
    keys: [...schema.logits.map((index) => columns[index]!.name), ...schema.names].map(latin1),
    leads: fieldsOf(schema.emit, schema).map(({ name }) => latin1(`,${JSON.stringify(name)}:`)),
  }
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** A function that scores one block of lines after the other, whatever they are. */
export function linesLane(job: LinesJob): (block: Buffer | OversizedLine) => ScoredRows {
  const { columns, limit } = job
  const plan = readerOptions(job)
  const score = batchScorer(job)
  const writer = write(outputSchema(job, { columns: [...columns] }, true))
  return (block) => {
    const batch = Buffer.isBuffer(block) ? readBatch(block, columns, plan) : longBatch(block, plan, limit)
    const { scores, rows, good, rowErrors } = score(batch)
    const pieces = good.length > 0 ? writer.write({ batch, scores, good }) : []
    return { pieces, rows, written: good.length, lines: batch.lines, bytes: batch.bytes, errors: rowErrors }
  }
}
