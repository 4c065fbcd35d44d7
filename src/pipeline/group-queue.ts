/** The row groups of a file, which several threads claim, and their results in order. */
import { sizeOfArrays } from '../io/thread-messages.js'
import type { TablePart } from './table-task.js'

/** A row group that a thread has claimed, and its results as they arrive. */
export class ClaimedGroup {
  /** Its number in the file. */
  readonly index: number
  /** The number of its batches. */
  readonly batches: number
  /** The number of results so far. */
  received = 0
  /** The size of the results that are not taken yet, in bytes. */
  waiting = 0
  /** Whether the thread that claimed it first has failed. */
  isLost = false
  readonly #next: ({ part: TablePart | undefined; size: number } | { error: unknown })[] = []

  constructor(index: number, batches: number) {
    this.index = index
    this.batches = batches
  }

  get hasNext(): boolean {
    return this.#next.length > 0
  }

  /** The next result; undefined at the end. Throws the error that ended the row group. */
  take(): TablePart | undefined {
    const next = this.#next.shift()!
    if ('error' in next) throw next.error
    this.waiting -= next.size
    return next.part
  }

  /** Adds a result; undefined at the end. */
  add(part: TablePart | undefined): void {
    if (part) this.received++
    const size = sizeOfArrays(part)
    this.waiting += size
    this.#next.push({ part, size })
  }

  fail(error: unknown): void {
    this.#next.push({ error })
  }
}

/** The maximum size of results that wait for those of earlier row groups, in bytes, before no more are made. */
const MOST_WAITING = 1 << 26

/** The queue of row groups. */
export class GroupQueue {
  /** The number of batches of each row group. */
  readonly #batches: readonly number[]
  readonly #most: number
  /** Those that were claimed and whose results are not used up, in order. */
  readonly #open: ClaimedGroup[] = []
  /** Those of threads that failed, to be claimed again. */
  readonly #lost: ClaimedGroup[] = []
  #claimed = 0
  #notify = () => {}

  /** `most` is the number of row groups whose results may be in memory. */
  constructor(batches: readonly number[], most: number) {
    this.#batches = batches
    this.#most = most
  }

  /** Claims the next row group; undefined if there is none, or if too many others are claimed. */
  claim(): ClaimedGroup | undefined {
    if (this.#claimed === this.#batches.length || this.#open.length === this.#most) return undefined
    const claimed = new ClaimedGroup(this.#claimed, this.#batches[this.#claimed]!)
    this.#claimed++
    this.#open.push(claimed)
    return claimed
  }

  /** Whether results of a row group may be made now: they are the next ones, or not too many wait. */
  mayProceed(group: ClaimedGroup): boolean {
    const waiting = this.#open.reduce((sum, { waiting }) => sum + waiting, 0)
    return group === this.#open[0] || waiting < MOST_WAITING
  }

  /** Claims a row group of a thread that failed, of which some results may have been received. */
  claimLost(): ClaimedGroup | undefined {
    return this.#lost.shift()
  }

  /** May be called for each request that a failed thread has not answered. */
  lose(group: ClaimedGroup): void {
    if (!group.isLost) this.#lost.push(group)
    group.isLost = true
  }

  /** The results in the order of the rows; calls `more` as long as there are none. */
  async *results(more: () => Promise<void>): AsyncGenerator<TablePart> {
    for (const _ of this.#batches) {
      while (this.#open.length === 0) await more()
      yield* resultsOf(this.#open[0]!, more)
      this.#open.shift()
    }
  }

  /** Resolves when another thread replies. */
  reply(): Promise<void> {
    return new Promise((resolve) => {
      this.#notify = resolve
    })
  }

  /** Must be called when another thread has replied. */
  replied(): void {
    this.#notify()
  }
}

async function* resultsOf(group: ClaimedGroup, more: () => Promise<void>): AsyncGenerator<TablePart> {
  for (;;) {
    while (!group.hasNext) await more()
    const part = group.take()
    if (!part) return
    yield part
  }
}
