/**
 * Worker threads, each with memories: for the task that it does, and for the next ones. When one fails, all have; those that
 * the system has no room for are done without.
 */
import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import type { WorkerOptions } from 'node:worker_threads'
import { type Message, WorkerThread } from './in-order.js'

/** How a thread is started, its memories, and how many tasks it has at most: fewer, where memories may be taken for longer. */
export interface Start<Memory> {
  file: URL
  options: WorkerOptions
  queued: number
  memories: readonly Memory[]
}

/** The file of a thread: it is beside the module that starts it, which is ESM, or CommonJS in the bundle of the command. */
export function threadFile(name: string, starter: string): URL {
  return new URL(`./${name}${extname(starter)}`, starter)
}

/**
 * Whether the files of threads are beside the module that starts them. Where a program is bundled they are not, and it has one
 * thread. CommonJS may not know where that module is.
 */
export function hasThreads(names: readonly string[], starter: string | undefined): boolean {
  return starter !== undefined && names.every((name) => existsSync(threadFile(name, starter)))
}

interface Slot<Memory, Reply> {
  thread: WorkerThread<Reply>
  memory: Memory
  queued: number
}

/** Codes of errors where the system allows for no more threads, open files or memory. */
const NO_ROOM: ReadonlySet<string | undefined> = new Set(['ERR_WORKER_INIT_FAILED', 'E_MEMORY'])

export class ThreadPool<Memory, Reply> {
  readonly #startOf: () => Start<Memory>
  readonly #threads: WorkerThread<Reply>[] = []
  readonly #free: Slot<Memory, Reply>[] = []
  #isFull = false
  failure: Error | undefined

  constructor(startOf: () => Start<Memory>) {
    this.#startOf = startOf
  }

  /** Whether a thread can take a task now. */
  get isFree(): boolean {
    return this.#nextFree() >= 0
  }

  /** Starts threads until there are so many, or as many as there is room for. */
  start(count: number): void {
    try {
      while (this.#threads.length < count && !this.#isFull && !this.failure) this.#threads.push(this.#start())
    } catch (error) {
      this.#refuse(error as Error)
    }
  }

  /**
   * Has a thread do a task: `put` puts it in a memory, and makes the message; `take` takes over what it answers, and says when the
   * memory is free.
   */
  async run<Result>(
    put: (memory: Memory) => Message,
    take: (reply: Reply, free: () => void, memory: Memory) => Result,
  ): Promise<Result> {
    if (this.failure) throw this.failure
    const [slot] = this.#free.splice(this.#nextFree(), 1) as [Slot<Memory, Reply>]
    return take(await slot.thread.ask(put(slot.memory)), () => this.#free.push(slot), slot.memory)
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  #nextFree(): number {
    return this.#free.findIndex(({ thread, queued }) => thread.asked < queued)
  }

  #start(): WorkerThread<Reply> {
    const { file, options, queued, memories } = this.#startOf()
    let hasStarted = false
    const failed = (error: Error) => (hasStarted ? this.#fail(error) : this.#refuse(error))
    const thread = new WorkerThread<Reply>(file, options, failed)
    const ready = () => {
      hasStarted = true
      this.#free.push(...memories.map((memory) => ({ thread, memory, queued })))
    }
    thread.started.then(ready, () => {})
    return thread
  }

  /** A thread that does not start has no task yet, so none is lost. */
  #refuse(error: Error): void {
    if (NO_ROOM.has((error as NodeJS.ErrnoException).code)) this.#isFull = true
    else this.#fail(error)
  }

  #fail(error: Error): void {
    this.failure ??= error
  }
}
