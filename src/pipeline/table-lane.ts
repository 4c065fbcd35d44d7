/**
 * The table lane: batches of typed columns, scored and encoded on several threads, of which this is one. This thread reads,
 * and puts what the others made in order.
 */
import { setImmediate } from 'node:timers/promises'
import { compactColumn, hasDictionary } from '../core/column-compact.js'
import type { ColumnData } from '../core/column-data.js'
import { SoftmaxError } from '../core/errors.js'
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
import { inOrder } from '../io/in-order.js'
import { SharedRoom } from '../io/shared-columns.js'
import { AT_HAND, type Start, ThreadPool } from '../io/thread-pool.js'
import { kernelModule } from '../kernel/host/wasm.js'
import { readerOptions, scoreBatches } from './scorer.js'
import { type TableJob, type TablePart, type TableRows, tableSchema, tableTask } from './table-task.js'
import type { TableReply } from './table-worker.js'
import { sendable } from './text-job.js'
import { AHEAD } from './worker-pool.js'

/** Inputs up to so many logits are scored on this thread: a worker takes longer to start. */
const SMALL = 1 << 17

/** Scores the batches of a reader, on up to `jobs` threads. */
export async function* tableLane(
  reader: RecordBatchReader,
  table: TableJob,
  writer: RecordBatchWriter,
  jobs: number,
): AsyncGenerator<ScoredRows> {
  const encode = writer.append && (await loadFormat(table.to)).encoder?.(tableSchema(table))
  if (!encode) return yield* scoreBatches(reader, table.job, writer)
  const here = tableTask(table, encode)
  const pool = new ThreadPool<SharedRoom, TableReply>(() => startOf({ ...table, job: sendable(table.job) }))
  let seen = 0
  const score = async (batch: RecordBatch): Promise<ScoredRows<TablePart>> => {
    seen += batch.logits.length
    if (seen > SMALL) pool.start(jobs - 1)
    const { lines, bytes } = batch
    // Without this, nothing of what workers answer is heard while batches come from memory.
    if (!pool.isFree) await setImmediate()
    const scored = pool.isFree && isSendable(batch) ? await scoreThere(batch, pool, here) : here(batch)
    recycle(new Uint8Array(batch.logits.buffer))
    return { ...scored, pieces: [scored], lines, bytes }
  }
  try {
    const limit = jobs > 1 ? AHEAD + AT_HAND * (jobs - 1) : 1
    for await (const scored of inOrder(reader.batches(readerOptions(table.job)), score, limit)) {
      yield { ...scored, pieces: scored.pieces.flatMap(({ part }) => (part === undefined ? [] : writer.append!(part))) }
    }
  } finally {
    await pool.close()
  }
}

/** Dictionaries are shared by many batches, and not sent with each. */
function isSendable({ kept }: RecordBatch): boolean {
  return kept.every((column) => isColumnData(column) && !hasDictionary(column))
}

/** Has a worker score a batch; one that a worker fails at is scored here. */
async function scoreThere(
  { numRows, logits, byClass = false, kept, errors }: RecordBatch,
  pool: ThreadPool<SharedRoom, TableReply>,
  here: (rows: TableRows) => TablePart,
): Promise<TablePart> {
  const put = (room: SharedRoom): TableRows => {
    const column: ColumnData = { type: DOUBLE, length: logits.length, nullCount: 0, values: logits }
    const [first, ...rest] = room.copy([column, ...(kept as ColumnData[]).map(compactColumn)])
    return { numRows, logits: first!.values as Float64Array, byClass, kept: rest, errors }
  }
  const reply = await pool.run(put, (reply) => reply).catch(() => undefined)
  if (!reply) return here({ numRows, logits, byClass, kept, errors })
  if ('error' in reply) throw new SoftmaxError(reply.error.code, reply.error.info)
  return reply.part
}

const DOUBLE = { kind: 'float', bitWidth: 64 } as const

function startOf(table: TableJob): Start<SharedRoom> {
  const options = {
    workerData: { softmaxKernel: kernelModule, table, speaker: speaking() },
    // Flags of this process may be none for a worker: it ends at once under `node --input-type=module -e`.
    execArgv: [],
    // What a batch leaves behind is given back with each collection of what is young.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  }
  const places = Array.from({ length: AT_HAND }, () => new SharedRoom())
  return { file: new URL('./table-worker.js', import.meta.url), options, places }
}
