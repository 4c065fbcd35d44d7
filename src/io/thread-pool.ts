/**
 * Worker threads with memory for the current and the queued tasks. If one fails, the pool fails; threads that the
 * system has no resources for are not started.
 */
import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import { areEnding, type Message, WorkerThread } from './worker-thread.js'

/**
 * How to start a thread: its file and what it starts with, its memories, and its queue length, which may be smaller than
 * the number of memories because results stay in them for longer.
 */
export interface WorkerStart<Memory> {
  file: URL
  data: unknown
  queued: number
  memories: readonly Memory[]
}

/** The file of a thread, next to the module that starts it: ESM, or CommonJS in the command's bundle. */
export function threadFile(name: string, starter: string): URL {
  return new URL(`./${name}${extname(starter)}`, starter)
}

/**
 * Whether the worker files are next to the module that starts them. In a user's bundle they are not, and it runs on one
 * thread. CommonJS may not know its location.
 */
export function hasThreads(names: readonly string[], starter: string | undefined): boolean {
  return starter !== undefined && names.every((name) => existsSync(threadFile(name, starter)))
}

interface Slot<Memory, Reply> {
  thread: WorkerThread<Reply>
  memory: Memory
  queued: number
}

/** Error codes for a lack of threads, file descriptors or memory. */
const NO_ROOM: ReadonlySet<string | undefined> = new Set(['ERR_WORKER_INIT_FAILED', 'E_MEMORY'])

export class ThreadPool<Memory, Reply> {
  readonly #startOf: () => WorkerStart<Memory>
  readonly #threads: WorkerThread<Reply>[] = []
  readonly #free: Slot<Memory, Reply>[] = []
  #isFull = false
  failure: Error | undefined

  constructor(startOf: () => WorkerStart<Memory>) {
    this.#startOf = startOf
  }

  /** Whether a thread can take a task now. */
  get isFree(): boolean {
    return this.#nextFree() >= 0
  }

  /** Starts threads until there are `count`, or as many as resources allow; none yet while others are still ending. */
  start(count: number): void {
    if (areEnding()) return
    try {
      while (this.#threads.length < count && !this.#isFull && !this.failure) this.#threads.push(this.#start())
    } catch (error) {
      this.#refuse(error as Error)
    }
  }

  /**
   * Runs a task on a thread: `put` writes it to a memory and returns the message; `take` receives the reply, and calls
   * back when the memory is free.
   */
  async run<Result>(
    put: (memory: Memory) => Message,
    take: (reply: Reply, free: () => void, memory: Memory) => Result,
  ): Promise<Result> {
    if (this.failure) throw this.failure
    const [slot] = this.#free.splice(this.#nextFree(), 1) as [Slot<Memory, Reply>]
    return take(await slot.thread.ask(put(slot.memory)), () => this.#free.push(slot), slot.memory)
  }

  /** Ends all threads; false if some had not started, and may still be using their memories for a moment. */
  async close(): Promise<boolean> {
    const ended = await Promise.all(this.#threads.map((thread) => thread.close()))
    return !ended.includes(false)
  }

  #nextFree(): number {
    return this.#free.findIndex(({ thread, queued }) => thread.awaited < queued)
  }

  #start(): WorkerThread<Reply> {
    const { file, data, queued, memories } = this.#startOf()
    const failed = (error: Error) => (thread.hasStarted ? this.#fail(error) : this.#refuse(error))
    const thread = new WorkerThread<Reply>(file, data, failed)
    const ready = () => {
      this.#free.push(...memories.map((memory) => ({ thread, memory, queued })))
    }
    thread.started.then(ready, () => {})
    return thread
  }

  /** A thread that fails to start has no task yet, so nothing is lost. */
  #refuse(error: Error): void {
    if (NO_ROOM.has((error as NodeJS.ErrnoException).code)) this.#isFull = true
    else this.#fail(error)
  }

  #fail(error: Error): void {
    this.failure ??= error
  }
}
