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

/** Scores blocks in order, on `jobs` worker threads where the input is large enough to be worth them. */
export async function* fastLane(blocks: AsyncIterable<Buffer>, job: Job, jobs: number): AsyncGenerator<Scored> {
  const kernel = borrowKernel()
  const here = new FastKernel(job, kernel)
  const general = generalLane(job)
  let crew: Crew | undefined
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
    if (jobs > 1 && seen > SMALL) crew ??= new Crew(job, jobs, here)
    if (crew?.ready) return crew.score(block)
    const scored = last.then(() => scoreHere(block))
    last = scored.catch(() => {})
    return scored
  }
  try {
    yield* inOrder(blocks, score, jobs)
  } finally {
    returnKernel(kernel)
    await crew?.close()
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

/** The workers of a run. */
class Crew {
  readonly #hands: Hand[]
  readonly #free: Hand[] = []
  readonly #waiting: ((hand: Hand) => void)[] = []
  /** True once a worker has started. */
  ready = false

  constructor(job: Job, jobs: number, model: FastKernel) {
    this.#hands = Array.from({ length: jobs }, () => {
      const memory = newMemory(model.memorySize)
      const thread = new Thread<Scored>(new URL('./worker.js', import.meta.url), {
        workerData: { softmaxKernel: kernelModule, job, memory },
        // A worker makes next to no garbage, and has no need of room for it.
        resourceLimits: { maxYoungGenerationSizeMb: 2 },
      })
      return { thread, input: model.inputIn(memory) }
    })
    for (const hand of this.#hands) {
      hand.thread.started.then(
        () => {
          this.ready = true
          this.#release(hand)
        },
        () => {},
      )
    }
  }

  async score(block: Buffer): Promise<Scored> {
    const hand = this.#free.pop() ?? (await new Promise<Hand>((resolve) => this.#waiting.push(resolve)))
    hand.input.set(block)
    const scored = copied(await hand.thread.ask(block.length))
    this.#release(hand)
    return scored
  }

  async close(): Promise<void> {
    await Promise.all(this.#hands.map(({ thread }) => thread.close()))
  }

  #release(hand: Hand): void {
    const next = this.#waiting.shift()
    if (next) next(hand)
    else this.#free.push(hand)
  }
}
