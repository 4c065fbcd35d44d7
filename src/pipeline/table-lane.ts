/**
 * The table lane: batches of typed columns, scored and encoded by several threads including this one, which also reads
 * the input and puts the results in order.
 */
import { setImmediate } from 'node:timers/promises'
import { speaking } from '../core/option-words.js'
import {
  isColumnData,
  type RecordBatch,
  type RecordBatchReader,
  type RecordBatchWriter,
  type ScoredRows,
  type SharedRowGroups,
} from '../core/record-batch.js'
import { loadFormat } from '../formats/index.js'
import { recycle } from '../io/buffer-pool.js'
import { shareInputs, unsharedColumns } from '../io/column-pool.js'
import { inOrder } from '../io/in-order.js'
import { compileLate } from '../io/late-compilation.js'
import { type Again, upToLimit } from './error-limit.js'
import { groupLane, isDivisible } from './group-lane.js'
import { readerOptions } from './score-job.js'
import { scoreBatches } from './scorer.js'
import { isSendable, QUEUED, SMALL, TablePool } from './table-pool.js'
import { type ScoreTable, type TableJob, type TablePart, type TableRows, tableSchema, tableTask } from './table-task.js'
import type { Threads } from './worker-pool.js'

/** Inputs of Arrow into columns with up to this many logits stay on this thread: they need no decoding, so one thread almost keeps up with reads and writes. */
const SMALL_PLAIN = 1 << 24

/** The number of batches in progress or finished on this thread. */
const AHEAD = 1

/** Scores the batches of a reader, on up to `jobs` threads. */
export async function* tableLane(
  reader: RecordBatchReader,
  table: TableJob,
  writer: RecordBatchWriter,
  threads: TableThreads,
): AsyncGenerator<ScoredRows> {
  const { jobs, limit, releasesChunks = false } = threads
  const encode = writer.append && (await loadFormat(table.to)).encoder?.(tableSchema(table))
  if (!encode) return yield* scoreBatches(reader, table.job, writer, limit.left)
  // A library must not change V8 flags of its host program.
  if (speaking() === 'command') compileLate()
  const task = tableTask(table, encode)
  const here: ScoreTable = (batch, left) => task(releasesChunks ? batch : withUnsharedKept(batch), left)
  const { groups } = reader
  const isDivided = groups && !limit.isSet && isDivisible(groups, table, jobs)
  const parts = isDivided ? byGroup(groups, table, here, threads) : byBatch(reader, table, here, threads)
  for await (const scored of parts) {
    yield { ...scored, pieces: scored.pieces.flatMap(({ part }) => (part === undefined ? [] : writer.append!(part))) }
  }
}

type TableThreads = Threads & { isPlain: boolean }

/** Scores row groups, each of which is read by the thread that scores it. */
async function* byGroup(
  groups: SharedRowGroups,
  table: TableJob,
  here: ScoreTable,
  { jobs, releasesChunks = false }: TableThreads,
): AsyncGenerator<ScoredRows<TablePart>> {
  for await (const part of groupLane(groups, table, here, { threads: jobs, sharesResults: releasesChunks })) {
    yield scoredPart(part, { lines: 0, bytes: 0 })
  }
}

/** Scores batches, all of which this thread reads. */
async function* byBatch(
  reader: RecordBatchReader,
  table: TableJob,
  here: ScoreTable,
  threads: TableThreads,
): AsyncGenerator<ScoredRows<TablePart>> {
  const { jobs, limit, releasesChunks = false } = threads
  const pool = new TablePool(table, releasesChunks)
  const ahead = jobs > 1 ? AHEAD + QUEUED * (jobs - 1) : 1
  try {
    const score = batchTask(pool, table, here, threads)
    yield* upToLimit(inOrder(reader.batches(readerOptions(table.job)), score, ahead), limit)
  } finally {
    await pool.close()
  }
}

/** Creates the function that scores a batch on a worker that is free, or on this thread. */
function batchTask(
  pool: TablePool,
  { job }: TableJob,
  here: ScoreTable,
  { jobs, limit, isPlain }: TableThreads,
): (batch: RecordBatch) => Promise<Again<TablePart>> {
  const small = isPlain && !job.output ? SMALL_PLAIN : SMALL
  let seen = 0
  return async (batch) => {
    seen += batch.logits.length
    if (seen > small && jobs > 1) {
      shareInputs()
      pool.start(jobs - 1)
    }
    // Batches may come from memory without a turn of the event loop, and replies from workers would starve.
    if (!pool.isFree) await setImmediate()
    const sent = pool.isFree && isSendable(batch) ? await pool.score(batch) : undefined
    // If the worker fails, the batch is scored here.
    const scored = sent ?? here(batch)
    if (limit.isSet && scored.errors.length > 0) {
      return { ...scoredPart(scored, batch), again: (left) => scoredPart(here(batch, left), batch) }
    }
    recycle(new Uint8Array(batch.logits.buffer))
    // Kept columns encoded on this thread may become part of the output.
    if (sent) batch.recycleKept?.()
    return scoredPart(scored, batch)
  }
}

function scoredPart(part: TablePart, { lines, bytes }: Pick<RecordBatch, 'lines' | 'bytes'>): ScoredRows<TablePart> {
  return { ...part, pieces: [part], lines, bytes }
}

/** Kept columns encoded on this thread may become part of the output, and programs may not expect shared memory. */
function withUnsharedKept(batch: TableRows): TableRows {
  return batch.kept.every(isColumnData) ? { ...batch, kept: [...unsharedColumns(batch.kept)] } : batch
}
