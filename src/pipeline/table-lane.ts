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
  { jobs, limit, releasesChunks = false, isPlain }: Threads & { isPlain: boolean },
): AsyncGenerator<ScoredRows> {
  const encode = writer.append && (await loadFormat(table.to)).encoder?.(tableSchema(table))
  if (!encode) return yield* scoreBatches(reader, table.job, writer, limit.left)
  // A library must not change V8 flags of its host program.
  if (speaking() === 'command') compileLate()
  const task = tableTask(table, encode)
  const here: ScoreTable = (batch, left) => task(releasesChunks ? batch : withUnsharedKept(batch), left)
  const { groups } = reader
  if (groups && !limit.isSet && isDivisible(groups, table, jobs)) {
    const parts = groupLane(groups, table, here, { threads: jobs, sharesResults: releasesChunks })
    for await (const { part, ...counts } of parts) {
      yield { ...counts, pieces: part === undefined ? [] : writer.append!(part), lines: 0, bytes: 0 }
    }
    return
  }
  const pool = new TablePool(table, releasesChunks)
  const small = isPlain && !table.job.output ? SMALL_PLAIN : SMALL
  let seen = 0
  const partOf = (part: TablePart, { lines, bytes }: RecordBatch) => ({ ...part, pieces: [part], lines, bytes })
  const score = async (batch: RecordBatch): Promise<Again<TablePart>> => {
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
      return { ...partOf(scored, batch), again: (left) => partOf(here(batch, left), batch) }
    }
    recycle(new Uint8Array(batch.logits.buffer))
    // Kept columns encoded on this thread may become part of the output.
    if (sent) batch.recycleKept?.()
    return partOf(scored, batch)
  }
  try {
    const ahead = jobs > 1 ? AHEAD + QUEUED * (jobs - 1) : 1
    const scoredInOrder = inOrder(reader.batches(readerOptions(table.job)), score, ahead)
    for await (const scored of upToLimit(scoredInOrder, limit)) {
      yield { ...scored, pieces: scored.pieces.flatMap(({ part }) => (part === undefined ? [] : writer.append!(part))) }
    }
  } finally {
    await pool.close()
  }
}

/** Kept columns encoded on this thread may become part of the output, and programs may not expect shared memory. */
function withUnsharedKept(batch: TableRows): TableRows {
  return batch.kept.every(isColumnData) ? { ...batch, kept: [...unsharedColumns(batch.kept)] } : batch
}
