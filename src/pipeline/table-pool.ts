/** The worker threads of the table lane; batches are sent through shared memory. */
import { compactColumn, hasDictionary } from '../core/column-compact.js'
import type { ColumnData } from '../core/column-data.js'
import { SoftmaxError } from '../core/errors.js'
import { speaking } from '../core/option-words.js'
import { isColumnData, type RecordBatch } from '../core/record-batch.js'
import { adoptedFrom, SharedRoom } from '../io/shared-columns.js'
import { ThreadPool, threadFile, type WorkerStart } from '../io/thread-pool.js'
import { kernelModule } from '../kernel/host/wasm.js'
import type { TableJob, TablePart, TableRows } from './table-task.js'
import type { TableReply, TableRequest } from './table-worker.js'
import { sendable } from './text-job.js'

/** The number of batches per worker: one in progress and one queued. */
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

  /** Starts workers until there are `count`. */
  start(count: number): void {
    this.#pool.start(count)
  }

  /** Scores a batch on a worker; undefined if the worker fails. */
  async score(batch: RecordBatch): Promise<TablePart | undefined> {
    const put = (room: SharedRoom) => {
      const returned = room.returned.splice(0)
      const message: TableRequest = { rows: shared(batch, room), returned }
      return { message, moved: returned }
    }
    const take = (reply: TableReply, free: () => void, room: SharedRoom) => {
      free()
      // The memory is returned with the next request: fresh memory per result would pile up as garbage on both threads,
      // 64 MB at a time.
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

/** Dictionaries are shared by many batches and not sent with each one. */
export function isSendable({ kept }: RecordBatch): boolean {
  return kept.every((column) => isColumnData(column) && !hasDictionary(column))
}

/** Copies a batch to shared memory. */
function shared({ numRows, logits, byClass = false, kept, errors }: RecordBatch, room: SharedRoom): TableRows {
  const column: ColumnData = { type: DOUBLE, length: logits.length, nullCount: 0, values: logits }
  const [first, ...rest] = room.copy([column, ...(kept as ColumnData[]).map(compactColumn)])
  return { numRows, logits: first!.values as Float64Array, byClass, kept: rest, errors }
}

const DOUBLE = { kind: 'float', bitWidth: 64 } as const

function startOf(table: TableJob): WorkerStart<SharedRoom> {
  const options = {
    workerData: { softmaxKernel: { own: kernelModule('own') }, table, speaker: speaking() },
    // execArgv is not inherited: under `node --input-type=module -e`, for instance, a worker would exit immediately.
    execArgv: [],
    // A small young generation, so that the memory of finished batches is released soon.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  }
  const memories = Array.from({ length: QUEUED }, () => new SharedRoom())
  return { file: threadFile('table-worker', import.meta.url), options, queued: QUEUED, memories }
}
