/**
 * The fast lane on several threads. A block is copied into the memory that this thread shares with a worker, and what
 * was written is copied out of it before the worker gets its next.
 */
import { borrowKernel, kernelModule, newMemory, returnKernel } from '../kernel.js'
import { FastKernel, INPUT_ROOM } from './fast.js'
import { generalLane, type Job, type Scored } from './general.js'
import { inOrder, Thread } from './pool.js'

/** Inputs up to this many bytes are scored on this thread: a worker takes longer to start. */
const SMALL = 1 << 20

/** A block whose rows are lost with the worker that had it; `cause` is what became of the worker. */
export class LostBlock extends Error {
  readonly bytes: number

  constructor({ length }: Buffer, cause: unknown) {
    super(`a block of ${length} bytes is lost`, { cause })
    this.bytes = length
  }
}

/**
 * Scores blocks in order, on `jobs` worker threads where the input is large enough to be worth them. Throws LostBlock
 * where a worker failed, in the place of the first block that it could not do.
 */
export async function* fastLane(blocks: AsyncIterable<Buffer>, job: Job, jobs: number): AsyncGenerator<Scored> {
  const kernel = borrowKernel()
  const here = new FastKernel(job, kernel)
  const general = generalLane(job)
  const crew = new Crew(job, here)
  let seen = 0
  // One block at a time is in this thread's kernel.
  let last: Promise<unknown> = Promise.resolve()
  const scoreHere = async (block: Buffer): Promise<Scored> => {
    here.inputIn().set(block)
    return copied(await here.score(block.length))
  }
  const score = async (block: Buffer): Promise<Scored> => {
    if (block.length > INPUT_ROOM) return general(block)
    seen += block.length
    if (jobs > 1 && seen > SMALL) crew.hire(jobs)
    if (crew.ready) return crew.score(block)
    const scored = last.then(() => scoreHere(block))
    last = scored.catch(() => {})
    return scored
  }
  try {
    yield* inOrder(blocks, score, jobs)
  } finally {
    await crew.close()
    // Who borrows the kernel next must find nobody in it.
    await last
    returnKernel(kernel)
  }
}

/** Pieces that stand in a kernel's memory, in buffers of their own. */
function copied(scored: Scored): Scored {
  return { ...scored, pieces: scored.pieces.map((piece) => Buffer.from(piece)) }
}

/** A worker, and where in the memory that it shares its blocks go. */
interface Hand {
  thread: Thread<Scored>
  input: Uint8Array
}

/** Who waits for a worker that is free. */
interface Waiting {
  resolve(hand: Hand): void
  reject(error: Error): void
}

/** The workers of a run. When one fails, all have. */
class Crew {
  readonly #job: Job
  readonly #model: FastKernel
  readonly #hands: Hand[] = []
  readonly #free: Hand[] = []
  readonly #waiting: Waiting[] = []
  #failure: Error | undefined
  /** True once a worker has started, or failed. */
  ready = false

  constructor(job: Job, model: FastKernel) {
    this.#job = job
    this.#model = model
  }

  /** Starts workers until there are so many. */
  hire(jobs: number): void {
    try {
      while (this.#hands.length < jobs && !this.#failure) this.#hands.push(this.#newHand())
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  async score(block: Buffer): Promise<Scored> {
    try {
      const hand = await this.#freeHand()
      hand.input.set(block)
      const scored = copied(await hand.thread.ask(block.length))
      this.#release(hand)
      return scored
    } catch (error) {
      throw new LostBlock(block, error)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#hands.map(({ thread }) => thread.close()))
  }

  #newHand(): Hand {
    const memory = newMemory(this.#model.memorySize)
    const options = {
      workerData: { softmaxKernel: kernelModule, job: this.#job, memory },
      // Flags of this process may be none for a worker: it ends at once under `node --input-type=module -e`.
      execArgv: [],
      // A worker makes next to no garbage, and has no need of room for it.
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
    }
    const failed = (error: Error) => this.#fail(error)
    const hand = {
      thread: new Thread<Scored>(new URL('./worker.js', import.meta.url), options, failed),
      input: this.#model.inputIn(memory),
    }
    hand.thread.started.then(
      () => {
        this.ready = true
        this.#release(hand)
      },
      () => {},
    )
    return hand
  }

  async #freeHand(): Promise<Hand> {
    if (this.#failure) throw this.#failure
    return this.#free.pop() ?? new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  #release(hand: Hand): void {
    const next = this.#waiting.shift()
    if (next) next.resolve(hand)
    else this.#free.push(hand)
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.ready = true
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}
