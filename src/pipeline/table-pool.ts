/** The worker threads of the table lane: batches go to them through memory that they share with this thread. */
import { compactColumn, hasDictionary } from '../core/column-compact.js'
import type { ColumnData } from '../core/column-data.js'
import { SoftmaxError } from '../core/errors.js'
import { speaking } from '../core/option-words.js'
import { isColumnData, type RecordBatch } from '../core/record-batch.js'
import { SharedRoom } from '../io/shared-columns.js'
import { type Start, ThreadPool, threadFile } from '../io/thread-pool.js'
import { kernelModule } from '../kernel/host/wasm.js'
import type { TableJob, TablePart, TableRows } from './table-task.js'
import type { TableReply, TableRequest, TableWorkerData } from './table-worker.js'
import { sendable } from './text-job.js'

/** How many batches a worker has: the one that it scores, and the next. */
export const QUEUED = 2

export class TablePool {
  readonly #pool: ThreadPool<SharedRoom, TableReply>

  /** `source` is that of the parts of the input, where workers read some of these. */
  constructor(table: TableJob, source?: unknown) {
    this.#pool = new ThreadPool(() => startOf({ ...table, job: sendable(table.job) }, source))
  }

  /** Whether a worker can take a batch now. */
  get isFree(): boolean {
    return this.#pool.isFree
  }

  get hasFailed(): boolean {
    return this.#pool.failure !== undefined
  }

  /** Starts workers until there are so many. */
  start(count: number): void {
    this.#pool.start(count)
  }

  /** Resolves when a worker can take a part, or one fails. */
  nextFree(): Promise<void> {
    return this.#pool.nextFree()
  }

  /** Has a worker score a batch; undefined where it fails. */
  async score(batch: RecordBatch): Promise<TablePart | undefined> {
    const parts = await this.#ask((room) => placed(batch, room))
    return parts?.[0]
  }

  /** Has a worker read and score a part of the input: its batches; undefined where it fails. */
  scorePart(part: number): Promise<TablePart[] | undefined> {
    return this.#ask(() => ({ part }))
  }

  async #ask(request: (room: SharedRoom) => TableRequest): Promise<TablePart[] | undefined> {
    const taken = (reply: TableReply, free: () => void) => {
      free()
      return reply
    }
    const reply = await this.#pool.run(request, taken).catch(() => undefined)
    if (reply && 'error' in reply) throw new SoftmaxError(reply.error.code, reply.error.info)
    return reply?.parts
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

function startOf(table: TableJob, source: unknown): Start<SharedRoom> {
  const data: TableWorkerData = { table, source, speaker: speaking() }
  const options = {
    workerData: { softmaxKernel: { own: kernelModule('own') }, ...data },
    // Flags of this process may be none for a worker: it ends at once under `node --input-type=module -e`.
    execArgv: [],
    // What a batch leaves behind is given back with each collection of what is young.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  }
  const memories = Array.from({ length: QUEUED }, () => new SharedRoom())
  return {
    file: threadFile('table-worker', import.meta.url),
    options,
    queued: source === undefined ? QUEUED : 1,
    memories,
  }
}
