/**
 * The table lane for a file with row groups: each thread, including this one, reads, scores and encodes row groups, and
 * this one puts the results in order. It does so only while the consumer waits for rows.
 */
import { setImmediate } from 'node:timers/promises'
import { hasDictionary } from '../core/data-type.js'
import { WATCHED } from '../core/probabilities.js'
import type { RecordBatch, SharedRowGroups } from '../core/record-batch.js'
import { recycle } from '../io/buffer-pool.js'
import { type ClaimedGroup, GroupQueue } from './group-queue.js'
import { readerOptions } from './score-job.js'
import { SMALL, TablePool } from './table-pool.js'
import type { ScoreTable, TableJob, TablePart } from './table-task.js'

/** The maximum size of a row group: its results wait in memory until those of earlier ones are written. */
const MOST_NUMBERS = 1 << 22
const MOST_BYTES = 1 << 25

/** How many row groups may be claimed besides those that threads are working on. */
const WAITING = 2

/**
 * Whether several threads should share the row groups: they have enough rows in all and not too many each, none has most
 * of the rows, and the first one, which this thread reads, has all rows that are checked for probabilities.
 */
export function isDivisible(
  { rows, bytes }: SharedRowGroups,
  { job: { schema }, kept }: TableJob,
  threads: number,
): boolean {
  const most = largest(rows)
  const all = rows.reduce((sum, count) => sum + count, 0)
  const classes = schema.classes.length
  const isRightSize =
    all * classes > SMALL && most * (classes + kept.length) <= MOST_NUMBERS && largest(bytes) <= MOST_BYTES
  // Dictionaries are written in the order of the batches that they come with.
  const isIndependent = !kept.some(({ field }) => field && hasDictionary(field.type))
  return threads > 1 && isRightSize && isIndependent && most * threads <= all && rows[0]! >= WATCHED
}

function largest(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), 0)
}

/** Scores row groups on several threads; this one uses `here`. */
export async function* groupLane(
  groups: SharedRowGroups,
  table: TableJob,
  here: ScoreTable,
  { threads, sharesResults }: { threads: number; sharesResults: boolean },
): AsyncGenerator<TablePart> {
  const plan = readerOptions(table.job)
  const queue = new GroupQueue(
    groups.rows.map((_, group) => groups.batchCount(plan, group)),
    threads + WAITING,
  )
  const own = new OwnGroups(queue, (group) => groups.batches(plan, group), here)
  const others = Array.from({ length: threads - 1 }, () => {
    return new WorkerGroups(queue, new TablePool(table, sharesResults), (bytes) => groups.count(bytes))
  })
  const more = async () => {
    for (const other of others) other.fill()
    const reply = queue.reply()
    if (!(await own.step())) await reply
    // Batches may come from memory without a turn of the event loop, and replies from workers would starve.
    else await setImmediate()
  }
  try {
    yield* queue.results(more)
  } finally {
    await Promise.all(others.map((other) => other.close()))
  }
}

/** The row groups that this thread scores, one batch at a time. */
class OwnGroups {
  readonly #queue: GroupQueue
  readonly #batchesOf: (group: number) => AsyncGenerator<RecordBatch>
  readonly #score: ScoreTable
  /** In the order in which they are scored. */
  readonly #open: OpenGroup[] = []

  constructor(queue: GroupQueue, batchesOf: (group: number) => AsyncGenerator<RecordBatch>, score: ScoreTable) {
    this.#queue = queue
    this.#batchesOf = batchesOf
    this.#score = score
    // Before any other thread claims one: the first row group must be read by this thread.
    this.#claim()
  }

  /** Scores a batch; false if there is nothing to do now. */
  async step(): Promise<boolean> {
    const lost = this.#queue.claimLost()
    if (lost) this.#open.unshift(this.#opened(lost))
    if (this.#open.length === 0) this.#claim()
    const [first] = this.#open
    if (!first || !this.#queue.mayProceed(first.group)) return false
    if (!(await this.#scoreNext(first))) this.#open.shift()
    return true
  }

  /** False at the end of the row group. */
  async #scoreNext(open: OpenGroup): Promise<boolean> {
    const { group, batches } = open
    try {
      // What a failed thread has delivered is read again, but not scored.
      for (; open.skip > 0; open.skip--) await batches.next()
      // The next row group is read while the last batch of this one is scored.
      if (group.received === group.batches - 1 && this.#open.length === 1) this.#claim()
      const { value: batch } = await batches.next()
      group.add(batch && this.#scored(batch))
      return batch !== undefined
    } catch (error) {
      group.fail(error)
      return false
    }
  }

  #scored(batch: RecordBatch): TablePart {
    const part = this.#score(batch)
    recycle(new Uint8Array(batch.logits.buffer))
    return part
  }

  #claim(): void {
    const group = this.#queue.claim()
    if (group) this.#open.push(this.#opened(group))
  }

  #opened(group: ClaimedGroup): OpenGroup {
    return { group, batches: this.#batchesOf(group.index), skip: group.received }
  }
}

interface OpenGroup {
  group: ClaimedGroup
  batches: AsyncGenerator<RecordBatch>
  /** The number of results that are known already. */
  skip: number
}

/** The row groups that a worker scores. */
class WorkerGroups {
  readonly #queue: GroupQueue
  readonly #pool: TablePool
  readonly #count: (bytes: number) => void
  #current: ClaimedGroup | undefined
  #requested = 0
  #isLost = false

  constructor(queue: GroupQueue, pool: TablePool, count: (bytes: number) => void) {
    this.#queue = queue
    this.#pool = pool
    this.#count = count
  }

  /** Starts the worker, and sends it as many requests as it can take. */
  fill(): void {
    this.#pool.start(1)
    while (this.#pool.isFree && !this.#isLost) {
      // One more than it has batches, for its end.
      if (this.#current && this.#requested > this.#current.batches) this.#current = undefined
      if (!this.#current) this.#requested = 0
      this.#current ??= this.#queue.claim()
      if (!this.#current || !this.#queue.mayProceed(this.#current)) return
      this.#requested++
      this.#ask(this.#current)
    }
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  async #ask(group: ClaimedGroup): Promise<void> {
    try {
      const reply = await this.#pool.scoreNext(group.index)
      if (reply) {
        this.#count(reply.bytes)
        group.add(reply.part)
      } else this.#lose(group)
    } catch (error) {
      group.fail(error)
    }
    this.fill()
    this.#queue.replied()
  }

  #lose(group: ClaimedGroup): void {
    this.#isLost = true
    this.#queue.lose(group)
  }
}
