/**
 * The fast lane on several threads, of which this is one: workers have the next block queued when they are done with
 * one, and what they cannot take at once is scored here. So this thread reads, writes, and helps where it has the time.
 *
 * A block is copied into memory that this thread shares with a worker, and what was written is copied out of it.
 */

import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { speaking } from '../core/option-words.js'
import type { ScoredRows } from '../core/record-batch.js'
import { recycle } from '../io/buffer-pool.js'
import { inOrder } from '../io/in-order.js'
import { type Start, ThreadPool, threadFile } from '../io/thread-pool.js'
import { NoMemory } from '../kernel/host/no-memory.js'
import { borrowKernel, borrowMemory, kernelModule, type Memory, returnMemories } from '../kernel/host/wasm.js'
import { type Again, type ErrorLimit, upToLimit } from './error-limit.js'
import { FastKernel, isForKernel } from './kernel-lane.js'
import { copied, inPlace, type Piece, type Take } from './pieces.js'
import type { TextJob } from './text-job.js'

/** Inputs up to this many bytes are scored on this thread: a worker takes longer to start. A first block that is full is more. */
const SMALL = 400_000

/** How long this thread is watched, in ms, to see whether it has work for most of the time. */
const WATCHED = 50
/** The part of the time in which a thread that has as much work as it can do is busy; one that waits less keeps up with its source. */
const BUSY = 0.9

/**
 * Whether more threads pay. One that waits for a pipe needs no worker, whose start takes as long as 10 MB; a first block that is full
 * comes from a source that is fast.
 */
function watchLoad(): (block: Buffer) => boolean {
  let before: EventLoopUtilization | undefined
  let seen = 0
  return ({ length }) => {
    seen += length
    if (seen <= SMALL) return false
    if (seen === length) return true
    const now = performance.eventLoopUtilization()
    before ??= now
    const { idle, active, utilization } = performance.eventLoopUtilization(now, before)
    if (idle + active < WATCHED) return false
    before = now
    return utilization > BUSY
  }
}

/** A block whose rows are lost with the worker that had it; `cause` is what became of the worker. */
export class LostBlock extends Error {
  readonly bytes: number

  constructor({ length }: Buffer, cause: unknown) {
    super(`a block of ${length} bytes is lost`, { cause })
    this.bytes = length
  }
}

/** What a worker is asked: to score the block of that length in one of its memories. */
export interface Request {
  index: number
  length: number
}

/** The threads that score blocks. */
export interface Threads {
  /** How many there are at most, this one included. */
  jobs: number
  limit: ErrorLimit
  /** Whether who reads releases what it is given. */
  releasesChunks?: boolean | undefined
}

/**
 * Scores blocks in order, on `jobs` threads where the input is large enough to be worth workers. Throws LostBlock where
 * a worker failed, in the place of the first block that it could not do. `general` does what is not for the kernel: some
 * blocks, and a row that is too long to be held; and once more, up to its last row, the block that has one bad row too many.
 */
export async function* fastLane<Long>(
  blocks: AsyncIterable<Buffer | Long>,
  job: TextJob,
  general: (block: Buffer | Long, errorsLeft?: number) => ScoredRows<Piece>,
  { jobs, limit, releasesChunks = false }: Threads,
): AsyncGenerator<ScoredRows<Piece>> {
  const take = releasesChunks ? inPlace : copied
  const here = new OwnKernels(job, releasesChunks ? 1 + UNWRITTEN : 1, take)
  // A block may be scored once more, where the number of bad rows is limited.
  const taken = limit.isSet ? () => {} : recycle
  const workers = new WorkerPool(job, here.model, take, taken)
  const workersPay = watchLoad()
  // One block at a time is scored here.
  let last: Promise<unknown> = Promise.resolve()
  const scoreHere = async (block: Buffer): Promise<ScoredRows<Piece>> => {
    const scored = await here.score(block)
    taken(block)
    return scored
  }
  const score = async (block: Buffer | Long): Promise<Again<Piece>> => {
    const scored = await scoreOnce(block)
    if (!limit.isSet) return scored
    if (scored.errors.length > 0) return { ...scored, again: (left) => general(block, left) }
    if (Buffer.isBuffer(block)) recycle(block)
    return scored
  }
  const scoreOnce = async (block: Buffer | Long): Promise<ScoredRows<Piece>> => {
    if (!Buffer.isBuffer(block) || !isForKernel(block, job)) return general(block)
    if (workersPay(block)) workers.start(jobs - 1)
    if (workers.isFree) return workers.score(block)
    const scored = last.then(() => scoreHere(block))
    last = scored.catch(() => {})
    return scored
  }
  try {
    yield* upToLimit(inOrder(blocks, score, AHEAD + QUEUED * (jobs - 1)), limit)
    const judged = [...here.totals(), ...workers.totals()].filter((totals) => totals !== undefined)
    if (judged.length > 0) yield { ...NO_ROWS, judged }
  } finally {
    await workers.close()
    // Who borrows a kernel next must find it free.
    await last
    here.close()
  }
}

/**
 * How many blocks this thread scores before the workers have done earlier ones: with 1, both sides waited for each other,
 * which took a seventh more of the time.
 */
const AHEAD = 4

/**
 * How many blocks a worker has: this thread gives out none while it scores one, writes, or puts columns together, in which
 * time a worker does two.
 */
const QUEUED = 4

/** How many blocks that are scored may wait to be written in the memory of this thread's kernels, and of each worker's. */
const UNWRITTEN = 3

const NO_ROWS = { pieces: [], rows: 0, written: 0, lines: 0, bytes: 0, errors: [] }

/** The kernels of this thread, of which one is at work. */
class OwnKernels {
  /** One of them, of which nothing is asked but how it is set up. */
  readonly model: FastKernel
  readonly #job: TextJob
  readonly #take: Take
  readonly #all: FastKernel[]
  readonly #free: FastKernel[]
  #most: number
  #isFirst = true
  #isClosed = false

  /** There are `most` of them at most, and fewer where there is no room for them. */
  constructor(job: TextJob, most: number, take: Take) {
    this.#job = job
    this.#most = most
    this.#take = take
    this.model = new FastKernel(job, borrowKernel())
    this.#all = [this.model]
    this.#free = [this.model]
  }

  /** To be called once the block before is done. */
  async score(block: Buffer): Promise<ScoredRows<Piece>> {
    const kernel = this.#free.pop()!
    kernel.inputIn().set(block)
    const scored = await kernel.score(block.length)
    return (this.#hasNext() ? this.#take : copied)(scored, () => this.#give(kernel))
  }

  /** The metrics of the rows that were judged in each. */
  totals(): (Uint8Array | undefined)[] {
    return this.#all.map((kernel) => kernel.totalsIn())
  }

  /** Gives the kernels back; those whose results are not yet written once they are. */
  close(): void {
    this.#isClosed = true
    for (const kernel of this.#free.splice(0)) kernel.close()
  }

  /** Whether a kernel is free for the next block, for which one is made, but not at the first block: it may be the last. */
  #hasNext(): boolean {
    if (this.#free.length === 0 && !this.#isFirst && this.#all.length < this.#most) this.#add()
    this.#isFirst = false
    return this.#free.length > 0
  }

  #add(): void {
    try {
      const kernel = new FastKernel(this.#job, borrowKernel())
      this.#all.push(kernel)
      this.#free.push(kernel)
    } catch (error) {
      if (!(error instanceof NoMemory)) throw error
      this.#most = this.#all.length
    }
  }

  #give(kernel: FastKernel): void {
    if (this.#isClosed) kernel.close()
    else this.#free.push(kernel)
  }
}

/** One of a worker's memories, and where in it its blocks go. */
interface BlockMemory {
  memory: Memory
  index: number
  input: Uint8Array
}

/** The workers of a run. When one fails, all have. */
class WorkerPool {
  readonly #pool: ThreadPool<BlockMemory, ScoredRows<Piece>>
  readonly #memories: Memory[] = []
  /** Memories whose results are not yet written. */
  readonly #unwritten = new Set<Memory>()
  readonly #model: FastKernel
  readonly #take: Take
  readonly #taken: (block: Buffer) => void
  #isClosed = false

  /** `taken` is called with each block that a worker has a copy of. */
  constructor(job: TextJob, model: FastKernel, take: Take, taken: (block: Buffer) => void) {
    this.#take = take
    this.#taken = taken
    this.#model = model
    this.#pool = new ThreadPool(() => {
      const length = take === inPlace ? QUEUED + UNWRITTEN : QUEUED
      const memories = Array.from({ length }, () => borrowMemory(model.memorySize))
      // What rows of another run came to is there until a worker has begun, which it may never do.
      for (const memory of memories) model.totalsIn(memory)?.fill(0)
      this.#memories.push(...memories)
      return startOf(job, memories, model)
    })
  }

  /** The metrics of the rows that were judged on each thread: their memory is shared. */
  totals(): (Uint8Array | undefined)[] {
    return this.#memories.map((memory) => this.#model.totalsIn(memory))
  }

  /** Whether a worker can take a block now; or never will, which fails the block. */
  get isFree(): boolean {
    return this.#pool.isFree || this.#pool.failure !== undefined
  }

  /** Starts workers until there are so many. */
  start(count: number): void {
    this.#pool.start(count)
  }

  async score(block: Buffer): Promise<ScoredRows<Piece>> {
    const put = ({ index, input }: BlockMemory): { message: Request } => {
      input.set(block)
      this.#taken(block)
      return { message: { index, length: block.length } }
    }
    try {
      return await this.#pool.run(put, (scored, free, { memory }) => {
        this.#unwritten.add(memory)
        return this.#take(scored, () => this.#free(memory, free))
      })
    } catch (error) {
      throw new LostBlock(block, error)
    }
  }

  /** Ends the workers. Their memory is used again, unless one failed and may have ended anywhere. */
  async close(): Promise<void> {
    const { failure } = this.#pool
    await this.#pool.close()
    this.#isClosed = true
    if (!failure) returnMemories(this.#memories.filter((memory) => !this.#unwritten.has(memory)))
  }

  #free(memory: Memory, free: () => void): void {
    this.#unwritten.delete(memory)
    if (this.#isClosed) returnMemories([memory])
    else free()
  }
}

function startOf(job: TextJob, memories: Memory[], model: FastKernel): Start<BlockMemory> {
  const options = {
    workerData: { softmaxKernel: { shared: kernelModule('shared') }, job, memories, speaker: speaking() },
    // Flags of this process may be none for a worker: it ends at once under `node --input-type=module -e`.
    execArgv: [],
    // A worker makes next to no garbage, and has no need of room for it.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  }
  const blockMemories = memories.map((memory, index) => ({ memory, index, input: model.inputIn(memory) }))
  return { file: threadFile('worker', import.meta.url), options, queued: QUEUED, memories: blockMemories }
}
