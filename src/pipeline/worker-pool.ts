/**
 * The fast lane on several threads, including this one. Each worker has blocks queued, so it never waits; what the
 * workers cannot take at once is scored here. This thread reads, writes, and scores when it has time.
 *
 * Blocks are copied into memory shared with a worker, and results are copied out of it.
 */

import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { type Speaker, speaking } from '../core/option-words.js'
import type { ScoredRows } from '../core/record-batch.js'
import { receivedErrors } from '../core/row-errors.js'
import { recycle } from '../io/buffer-pool.js'
import { inOrder } from '../io/in-order.js'
import { ThreadPool, threadFile, type WorkerStart } from '../io/thread-pool.js'
import { startEarly } from '../io/worker-thread.js'
import { NoMemory } from '../kernel/host/no-memory.js'
import {
  borrowKernel,
  borrowMemory,
  type KernelModules,
  kernelModule,
  type Memory,
  returnMemories,
} from '../kernel/host/wasm.js'
import { type Again, type ErrorLimit, upToLimit } from './error-limit.js'
import { FastKernel, isForKernel } from './kernel-lane.js'
import { copied, inPlace, type Piece, type Take } from './lane-output.js'
import type { TextJob } from './text-job.js'

/** Inputs up to this many bytes stay on this thread: starting a worker takes longer. A full first block exceeds it. */
const SMALL = 400_000

/** How long the load of this thread is measured, in ms. */
const WATCHED = 50
/** The event loop utilization above which this thread counts as busy; below it, it keeps up with its source. */
const BUSY = 0.9

/**
 * Whether more threads pay off. A thread that waits for a pipe needs no worker, whose start takes as long as scoring 10
 * MB; a full first block indicates a fast source.
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

/** A block lost with its worker; `cause` is the worker's error. */
export class LostBlock extends Error {
  readonly bytes: number

  constructor({ length }: Buffer, cause: unknown) {
    super(`a block of ${length} bytes is lost`, { cause })
    this.bytes = length
  }
}

/** What a worker starts with. */
export interface WorkerData {
  modules: KernelModules
  job: TextJob
  memories: Memory[]
  speaker: Speaker
}

/** A request to a worker: score the block of this length in one of its memories. */
export interface Request {
  index: number
  length: number
}

/** The threads that score blocks. */
export interface Threads {
  /** The maximum number, including this one. */
  jobs: number
  limit: ErrorLimit
  /** Whether the consumer releases the chunks it is given. */
  releasesChunks?: boolean | undefined
}

/**
 * Scores blocks in order on up to `jobs` threads, with workers only if the input is large enough. Throws LostBlock if a
 * worker fails, at the position of the first block it did not finish. `general` handles what the kernel does not: some
 * blocks, rows too long to buffer, and the second pass over the block that exceeds the error limit.
 */
export async function* fastLane<Long>(
  blocks: AsyncIterable<Buffer | Long>,
  job: TextJob,
  general: (block: Buffer | Long, errorsLeft?: number) => ScoredRows<Piece>,
  { jobs, limit, releasesChunks = false }: Threads,
): AsyncGenerator<ScoredRows<Piece>> {
  const take = releasesChunks ? inPlace : copied
  const here = new OwnKernels(job, releasesChunks ? 1 + UNWRITTEN : 1, take)
  // With a limit on bad rows, a block may be scored again.
  const taken = limit.isSet ? () => {} : recycle
  const workers = new WorkerPool(job, here.model, take, taken)
  const workersPay = watchLoad()
  // This thread scores one block at a time.
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
    const evaluated = [...here.totals(), ...workers.totals()].filter((totals) => totals !== undefined)
    if (evaluated.length > 0) yield { ...NO_ROWS, evaluated }
  } finally {
    await workers.close()
    // The kernel must be idle before another run uses it.
    await last
    here.close()
  }
}

/**
 * How many blocks this thread may score ahead of the workers. With 1, both sides waited for each other, which cost a
 * seventh of the time.
 */
const AHEAD = 4

/**
 * The queue length per worker. This thread dispatches nothing while it scores, writes or coalesces columns, and a
 * worker finishes two blocks in that time.
 */
const QUEUED = 4

/** How many scored blocks may wait to be written in the kernel memory of this thread, and of each worker. */
const UNWRITTEN = 3

const NO_ROWS = { pieces: [], rows: 0, written: 0, lines: 0, bytes: 0, errors: [] }

/** The kernels of this thread; one is active at a time. */
class OwnKernels {
  /** One of them, used only for its configuration. */
  readonly model: FastKernel
  readonly #job: TextJob
  readonly #take: Take
  readonly #all: FastKernel[]
  readonly #free: FastKernel[]
  #most: number
  #isFirst = true
  #isClosed = false

  /** Creates at most `most` kernels, fewer if memory runs out. */
  constructor(job: TextJob, most: number, take: Take) {
    this.#job = job
    this.#most = most
    this.#take = take
    this.model = new FastKernel(job, borrowKernel())
    this.#all = [this.model]
    this.#free = [this.model]
  }

  /** Must not be called until the previous block is done. */
  async score(block: Buffer): Promise<ScoredRows<Piece>> {
    const kernel = this.#free.pop()!
    kernel.inputIn().set(block)
    const scored = await kernel.score(block.length)
    return (this.#hasNext() ? this.#take : copied)(scored, () => this.#give(kernel))
  }

  /** The metric totals of each kernel. */
  totals(): (Uint8Array | undefined)[] {
    return this.#all.map((kernel) => kernel.totalsIn())
  }

  /** Returns the kernels; those with unwritten results are returned once these are written. */
  close(): void {
    this.#isClosed = true
    for (const kernel of this.#free.splice(0)) kernel.close()
  }

  /**
   * Whether a kernel is free for the next block. One is created if needed, except for the first block, which may be the
   * last.
   */
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

/** One of a worker's memories, and the address of its block buffer. */
interface BlockMemory {
  memory: Memory
  index: number
  input: Uint8Array
}

/** The workers of a run. If one fails, all fail. */
class WorkerPool {
  readonly #pool: ThreadPool<BlockMemory, ScoredRows<Piece>>
  readonly #memories: Memory[] = []
  /** Memories with unwritten results. */
  readonly #unwritten = new Set<Memory>()
  readonly #model: FastKernel
  readonly #take: Take
  readonly #taken: (block: Buffer) => void
  #isClosed = false

  /** `taken` is called with each block after it was copied for a worker. */
  constructor(job: TextJob, model: FastKernel, take: Take, taken: (block: Buffer) => void) {
    this.#take = take
    this.#taken = taken
    this.#model = model
    this.#pool = new ThreadPool(() => {
      const length = take === inPlace ? QUEUED + UNWRITTEN : QUEUED
      const memories = Array.from({ length }, () => borrowMemory(model.memorySize))
      // The memory may hold totals of an earlier run until its worker starts, which may never happen.
      for (const memory of memories) model.totalsIn(memory)?.fill(0)
      this.#memories.push(...memories)
      return startOf(job, memories, model)
    })
  }

  /** The metric totals of each thread, read from shared memory. */
  totals(): (Uint8Array | undefined)[] {
    return this.#memories.map((memory) => this.#model.totalsIn(memory))
  }

  /** Whether a worker can take a block now, or all have failed, in which case scoring it reports the failure. */
  get isFree(): boolean {
    return this.#pool.isFree || this.#pool.failure !== undefined
  }

  /** Starts workers until there are `count`. */
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
        const received = { ...scored, errors: receivedErrors(scored.errors) }
        return this.#take(received, () => this.#free(memory, free))
      })
    } catch (error) {
      throw new LostBlock(block, error)
    }
  }

  /** Stops the workers. Their memory is reused unless one failed, or may still be starting to use it. */
  async close(): Promise<void> {
    const { failure } = this.#pool
    const haveEnded = await this.#pool.close()
    this.#isClosed = true
    if (!failure && haveEnded) returnMemories(this.#memories.filter((memory) => !this.#unwritten.has(memory)))
  }

  #free(memory: Memory, free: () => void): void {
    this.#unwritten.delete(memory)
    if (this.#isClosed) returnMemories([memory])
    else free()
  }
}

/** Starts a worker that the next run will need. */
export function startWorkerEarly(): void {
  startEarly(workerFile())
}

const workerFile = () => threadFile('worker', import.meta.url)

function startOf(job: TextJob, memories: Memory[], model: FastKernel): WorkerStart<BlockMemory> {
  const data: WorkerData = { modules: { shared: kernelModule('shared') }, job, memories, speaker: speaking() }
  const blockMemories = memories.map((memory, index) => ({ memory, index, input: model.inputIn(memory) }))
  return { file: workerFile(), data, queued: QUEUED, memories: blockMemories }
}
