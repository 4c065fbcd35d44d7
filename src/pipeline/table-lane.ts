/**
 * The table lane: typed columns, scored and encoded on several threads, of which this is one, which puts what became of them in
 * order. Where the input has parts, each thread reads some of these; else this thread reads, and the others are handed batches.
 */
import { setImmediate } from 'node:timers/promises'
import type { Encode, RecordBatch, RecordBatchReader, RecordBatchWriter, ScoredRows } from '../core/record-batch.js'
import { loadFormat } from '../formats/index.js'
import { recycle } from '../io/buffer-pool.js'
import { inOrder } from '../io/in-order.js'
import { type Again, type ErrorLimit, upToLimit } from './error-limit.js'
import { partLane } from './part-lane.js'
import { readerOptions } from './score-job.js'
import { scoreBatches } from './scorer.js'
import { isSendable, QUEUED, TablePool } from './table-pool.js'
import { partOf, type TableJob, type TablePart, tableSchema, tableTask } from './table-task.js'

/** Inputs up to so many logits are scored on this thread: a worker takes longer to start. */
const SMALL = 1 << 17

/** How many batches are under way on this thread, or wait to be taken. */
const AHEAD = 2

/** Scores the rows of a reader, on up to `jobs` threads. */
export async function* tableLane(
  reader: RecordBatchReader,
  table: TableJob,
  writer: RecordBatchWriter,
  jobs: number,
  limit: ErrorLimit,
): AsyncGenerator<ScoredRows> {
  const encode = writer.append && (await loadFormat(table.to)).encoder?.(tableSchema(table))
  if (!encode) return yield* scoreBatches(reader, table.job, writer, limit.left)
  const hasParts = reader.parts && jobs > 1 && !limit.isSet
  const lane = hasParts ? partLane(reader, table, encode, jobs) : batchLane(reader, table, encode, jobs, limit)
  for await (const scored of lane) {
    yield { ...scored, pieces: scored.pieces.flatMap(({ part }) => (part === undefined ? [] : writer.append!(part))) }
  }
}

/** Scores the batches of a reader, all of which this thread reads. */
async function* batchLane(
  reader: RecordBatchReader,
  table: TableJob,
  encode: Encode,
  jobs: number,
  limit: ErrorLimit,
): AsyncGenerator<ScoredRows<TablePart>> {
  const here = tableTask(table, encode)
  const pool = new TablePool(table)
  let seen = 0
  const score = async (batch: RecordBatch): Promise<Again<TablePart>> => {
    seen += batch.logits.length
    if (seen > SMALL) pool.start(jobs - 1)
    // Without this, nothing of what workers answer is heard while batches come from memory.
    if (!pool.isFree) await setImmediate()
    // What a worker fails at is scored here.
    const scored = (pool.isFree && isSendable(batch) ? await pool.score(batch) : undefined) ?? here(batch)
    if (limit.isSet && scored.errors.length > 0) {
      return { ...partOf(scored, batch), again: (left) => partOf(here(batch, left), batch) }
    }
    recycle(new Uint8Array(batch.logits.buffer))
    return partOf(scored, batch)
  }
  try {
    const ahead = jobs > 1 ? AHEAD + QUEUED * (jobs - 1) : 1
    yield* upToLimit(inOrder(reader.batches(readerOptions(table.job)), score, ahead), limit)
  } finally {
    await pool.close()
  }
}
