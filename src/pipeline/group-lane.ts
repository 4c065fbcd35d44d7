/**
 * The table lane for a file with row groups: each thread, including this one, reads, scores and encodes row groups, and
 * this one puts the results in order. It does so only while the consumer waits for rows.
 */
import { setImmediate } from 'node:timers/promises'
import { hasDictionary } from '../core/data-type.js'
import { WATCHED } from '../core/probabilities.js'
import type { RecordBatch, SharedRowGroups } from '../core/record-batch.js'
import { recycle } from '../io/buffer-pool.js'
import { readerOptions } from './score-job.js'
import { type Share, Shares } from './shares.js'
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
  const shares = new Shares(
    groups.rows.map((_, group) => groups.batchCount(plan, group)),
    threads + WAITING,
  )
  const own = new OwnShares(shares, (group) => groups.batches(plan, group), here)
  const others = Array.from({ length: threads - 1 }, () => {
    return new WorkerShares(shares, new TablePool(table, sharesResults), (bytes) => groups.count(bytes))
  })
  const more = async () => {
    for (const other of others) other.fill()
    const reply = shares.reply()
    if (!(await own.step())) await reply
    // Batches may come from memory without a turn of the event loop, and replies from workers would starve.
    else await setImmediate()
  }
  try {
    yield* shares.results(more)
  } finally {
    await Promise.all(others.map((other) => other.close()))
  }
}

/** The row groups that this thread scores, one batch at a time. */
class OwnShares {
  readonly #shares: Shares
  readonly #batchesOf: (group: number) => AsyncGenerator<RecordBatch>
  readonly #score: ScoreTable
  /** In the order in which they are scored. */
  readonly #open: OpenShare[] = []

  constructor(shares: Shares, batchesOf: (group: number) => AsyncGenerator<RecordBatch>, score: ScoreTable) {
    this.#shares = shares
    this.#batchesOf = batchesOf
    this.#score = score
    // Before any other thread claims one: the first row group must be read by this thread.
    this.#claim()
  }

  /** Scores a batch; false if there is nothing to do now. */
  async step(): Promise<boolean> {
    const lost = this.#shares.claimLost()
    if (lost) this.#open.unshift(this.#opened(lost))
    if (this.#open.length === 0) this.#claim()
    const [first] = this.#open
    if (!first || !this.#shares.mayProceed(first.share)) return false
    if (!(await this.#scoreNext(first))) this.#open.shift()
    return true
  }

  /** False at the end of the row group. */
  async #scoreNext(open: OpenShare): Promise<boolean> {
    const { share, batches } = open
    try {
      // What a failed thread has delivered is read again, but not scored.
      for (; open.skip > 0; open.skip--) await batches.next()
      // The next row group is read while the last batch of this one is scored.
      if (share.received === share.batches - 1 && this.#open.length === 1) this.#claim()
      const { value: batch } = await batches.next()
      share.add(batch && this.#scored(batch))
      return batch !== undefined
    } catch (error) {
      share.fail(error)
      return false
    }
  }

  #scored(batch: RecordBatch): TablePart {
    const part = this.#score(batch)
    recycle(new Uint8Array(batch.logits.buffer))
    return part
  }

  #claim(): void {
    const share = this.#shares.claim()
    if (share) this.#open.push(this.#opened(share))
  }

  #opened(share: Share): OpenShare {
    return { share, batches: this.#batchesOf(share.group), skip: share.received }
  }
}

interface OpenShare {
  share: Share
  batches: AsyncGenerator<RecordBatch>
  /** The number of results that are known already. */
  skip: number
}

/** The row groups that a worker scores. */
class WorkerShares {
  readonly #shares: Shares
  readonly #pool: TablePool
  readonly #count: (bytes: number) => void
  #share: Share | undefined
  #asked = 0
  #isLost = false

  constructor(shares: Shares, pool: TablePool, count: (bytes: number) => void) {
    this.#shares = shares
    this.#pool = pool
    this.#count = count
  }

  /** Starts the worker, and sends it as many requests as it can take. */
  fill(): void {
    this.#pool.start(1)
    while (this.#pool.isFree && !this.#isLost) {
      // One more than it has batches, for its end.
      if (this.#share && this.#asked > this.#share.batches) this.#share = undefined
      if (!this.#share) this.#asked = 0
      this.#share ??= this.#shares.claim()
      if (!this.#share || !this.#shares.mayProceed(this.#share)) return
      this.#asked++
      this.#ask(this.#share)
    }
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  async #ask(share: Share): Promise<void> {
    try {
      const reply = await this.#pool.scoreNext(share.group)
      if (reply) {
        this.#count(reply.bytes)
        share.add(reply.part)
      } else this.#lose(share)
    } catch (error) {
      share.fail(error)
    }
    this.fill()
    this.#shares.replied()
  }

  #lose(share: Share): void {
    this.#isLost = true
    this.#shares.lose(share)
  }
}
