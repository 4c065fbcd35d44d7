/** The worker threads of the table lane; batches are sent in shared memory. */
import { compactColumn, hasDictionary } from '../core/column-compact.js'
import type { ColumnData } from '../core/column-data.js'
import { SoftmaxError } from '../core/errors.js'
import { speaking } from '../core/option-words.js'
import { isColumnData, type RecordBatch } from '../core/record-batch.js'
import { receivedErrors } from '../core/row-errors.js'
import { copiedColumns, recycleColumns } from '../io/column-pool.js'
import { adoptedFrom, transferable } from '../io/thread-messages.js'
import { ThreadPool, threadFile, type WorkerStart } from '../io/thread-pool.js'
import { startEarly } from '../io/worker-thread.js'
import { kernelModule } from '../kernel/host/wasm.js'
import type { TableJob, TablePart } from './table-task.js'
import type { TableMessage, TableReply, TableRequest, TableWorkerData } from './table-worker.js'
import { sendable } from './text-job.js'

/** The number of batches per worker: one in progress and one queued. */
export const QUEUED = 2

/** Inputs with up to this many logits stay on one thread: starting a worker takes longer. */
export const SMALL = 1 << 17

/** Memory of a worker's results, which is returned to it. */
type Returned = ArrayBufferLike[]

export class TablePool {
  readonly #pool: ThreadPool<Returned, TableReply>

  /** `sharesResults`: whether results may be in shared memory, as long as they are written by this package. */
  constructor(table: TableJob, sharesResults: boolean) {
    this.#pool = new ThreadPool(() => startOf({ ...table, job: sendable(table.job) }, sharesResults))
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
    const { numRows, logits, byClass = false, badLogits, errors } = batch
    const columns = batch.kept as ColumnData[]
    // Columns that can be recycled were copied into shared memory when they were read.
    const kept = batch.recycleKept ? columns : [...copiedColumns(columns.map(compactColumn))]
    const reply = await this.#ask({
      rows: { numRows, logits, byClass, ...(badLogits && { badLogits }), kept, errors },
    })
    if (!batch.recycleKept) recycleColumns(kept)
    return reply?.part
  }

  /** The same for the next batch of a row group, which the worker reads: `bytes` were read. No `part` after the last one. */
  scoreNext(group: number): Promise<{ part: TablePart | undefined; bytes: number } | undefined> {
    return this.#ask({ group })
  }

  async #ask(request: TableRequest): Promise<{ part: TablePart | undefined; bytes: number } | undefined> {
    const put = (memories: Returned) => {
      const returned = memories.splice(0)
      const message: TableMessage = { ...request, returned }
      return { message, moved: transferable(returned) }
    }
    const take = (reply: TableReply, free: () => void, memories: Returned) => {
      free()
      // The memory is returned with the next request: fresh memory per result would pile up as garbage on both threads.
      return adoptedFrom(reply, (memory) => memories.push(memory))
    }
    const reply = await this.#pool.run(put, take).catch(() => undefined)
    if (reply && 'error' in reply) throw new SoftmaxError(reply.error.code, reply.error.info)
    return reply?.part ? { ...reply, part: { ...reply.part, errors: receivedErrors(reply.part.errors) } } : reply
  }

  async close(): Promise<void> {
    await this.#pool.close()
  }
}

/** Dictionaries are shared by many batches and not sent with each one. */
export function isSendable({ kept }: RecordBatch): boolean {
  return kept.every((column) => isColumnData(column) && !hasDictionary(column))
}

/** Starts a worker that the next run will need. */
export function startTableWorkerEarly(): void {
  startEarly(workerFile())
}

const workerFile = () => threadFile('table-worker', import.meta.url)

function startOf(table: TableJob, sharesResults: boolean): WorkerStart<Returned> {
  const data: TableWorkerData = { modules: { own: kernelModule('own') }, table, speaker: speaking(), sharesResults }
  const memories = Array.from({ length: QUEUED }, () => [] as Returned)
  return { file: workerFile(), data, queued: QUEUED, memories }
}
