/** The worker threads of the table lane: batches go to them through memory that they share with this thread. */
import { compactColumn, hasDictionary } from '../core/column-compact.js'
import type { ColumnData } from '../core/column-data.js'
import { SoftmaxError } from '../core/errors.js'
import { speaking } from '../core/option-words.js'
import { isColumnData, type RecordBatch } from '../core/record-batch.js'
import { adoptedFrom, SharedRoom } from '../io/shared-columns.js'
import { type Start, ThreadPool, threadFile } from '../io/thread-pool.js'
import { kernelModule } from '../kernel/host/wasm.js'
import type { TableJob, TablePart, TableRows } from './table-task.js'
import type { TableReply, TableRequest } from './table-worker.js'
import { sendable } from './text-job.js'

/** How many batches a worker has: the one that it scores, and the next. */
export const QUEUED = 2

export class TablePool {
  readonly #pool: ThreadPool<SharedRoom, TableReply>

  constructor(table: TableJob) {
    this.#pool = new ThreadPool(() => startOf({ ...table, job: sendable(table.job) }))
  }

  /** Whether a worker can take a batch now. */
  get isFree(): boolean {
    return this.#pool.isFree
  }

  /** Starts workers until there are so many. */
  start(count: number): void {
    this.#pool.start(count)
  }

  /** Has a worker score a batch; undefined where it fails. */
  async score(batch: RecordBatch): Promise<TablePart | undefined> {
    const put = (room: SharedRoom) => {
      const returned = room.returned.splice(0)
      const message: TableRequest = { rows: placed(batch, room), returned }
      return { message, moved: returned }
    }
    const take = (reply: TableReply, free: () => void, room: SharedRoom) => {
      free()
      // It goes back with the next request: fresh memory for each result would be garbage on both threads, 64 MB at a time.
      return adoptedFrom(reply, (memory) => room.returned.push(memory))
    }
    const reply = await this.#pool.run(put, take).catch(() => undefined)
    if (reply && 'error' in reply) throw new SoftmaxError(reply.error.code, reply.error.info)
    return reply?.part
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}

/** Dictionaries are shared by many batches, and not sent with each. */
export function isSendable({ kept }: RecordBatch): boolean {
  return kept.every((column) => isColumnData(column) && !hasDictionary(column))
}

/** A batch in memory that is shared. */
function placed({ numRows, logits, byClass = false, kept, errors }: RecordBatch, room: SharedRoom): TableRows {
  const column: ColumnData = { type: DOUBLE, length: logits.length, nullCount: 0, values: logits }
  const [first, ...rest] = room.copy([column, ...(kept as ColumnData[]).map(compactColumn)])
  return { numRows, logits: first!.values as Float64Array, byClass, kept: rest, errors }
}

const DOUBLE = { kind: 'float', bitWidth: 64 } as const

function startOf(table: TableJob): Start<SharedRoom> {
  const options = {
    workerData: { softmaxKernel: { own: kernelModule('own') }, table, speaker: speaking() },
    // Flags of this process may be none for a worker: it ends at once under `node --input-type=module -e`.
    execArgv: [],
    // What a batch leaves behind is given back with each collection of what is young.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  }
  const memories = Array.from({ length: QUEUED }, () => new SharedRoom())
  return { file: threadFile('table-worker', import.meta.url), options, queued: QUEUED, memories }
}
