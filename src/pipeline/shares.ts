/** The row groups of a file as shares of several threads, and their results in order. */
import { sizeOfArrays } from '../io/thread-messages.js'
import type { TablePart } from './table-task.js'

/** A row group that a thread has claimed, and its results as they arrive. */
export class Share {
  readonly group: number
  /** The number of its batches. */
  readonly batches: number
  /** The number of results so far. */
  received = 0
  /** The size of the results that are not taken yet, in bytes. */
  waiting = 0
  readonly #next: ({ part: TablePart | undefined; size: number } | { error: unknown })[] = []

  constructor(group: number, batches: number) {
    this.group = group
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
    const size = sizeOfArrays(part?.part)
    this.waiting += size
    this.#next.push({ part, size })
  }

  fail(error: unknown): void {
    this.#next.push({ error })
  }
}

/** The maximum size of results that wait for those of earlier row groups, in bytes, before no more are made. */
const MOST_WAITING = 1 << 26

export class Shares {
  /** The number of batches of each row group. */
  readonly #batches: readonly number[]
  readonly #most: number
  /** Those that were claimed and whose results are not used up, in order. */
  readonly #open: Share[] = []
  /** Those of threads that failed. */
  readonly #lost = new Set<Share>()
  #claimed = 0
  #notify = () => {}

  /** `most` is the number of row groups whose results may be in memory. */
  constructor(batches: readonly number[], most: number) {
    this.#batches = batches
    this.#most = most
  }

  /** Claims the next row group; undefined if there is none, or if too many others are claimed. */
  claim(): Share | undefined {
    if (this.#claimed === this.#batches.length || this.#open.length === this.#most) return undefined
    const share = new Share(this.#claimed, this.#batches[this.#claimed]!)
    this.#claimed++
    this.#open.push(share)
    return share
  }

  /** Whether results of a share may be made now: they are the next ones, or not too many wait. */
  mayProceed(share: Share): boolean {
    const waiting = this.#open.reduce((sum, { waiting }) => sum + waiting, 0)
    return share === this.#open[0] || waiting < MOST_WAITING
  }

  /** Claims a share of a thread that failed, of which some results may have been received. */
  claimLost(): Share | undefined {
    const [share] = this.#lost
    if (share) this.#lost.delete(share)
    return share
  }

  lose(share: Share): void {
    this.#lost.add(share)
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

async function* resultsOf(share: Share, more: () => Promise<void>): AsyncGenerator<TablePart> {
  for (;;) {
    while (!share.hasNext) await more()
    const part = share.take()
    if (!part) return
    yield part
  }
}
