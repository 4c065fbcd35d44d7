/** Worker threads with places each: for the task that a thread does, and for the next ones. When one fails, all have. */
import { extname } from 'node:path'
import type { WorkerOptions } from 'node:worker_threads'
import { WorkerThread } from './in-order.js'

/** How a thread is started, and its places. */
export interface Start<Place> {
  file: URL
  options: WorkerOptions
  places: readonly Place[]
}

/** The file of a thread: it is beside the module that starts it, which is ESM, or CommonJS in the bundle of the command. */
export function threadFile(name: string, starter: string): URL {
  return new URL(`./${name}${extname(starter)}`, starter)
}

interface Slot<Place, Reply> {
  thread: WorkerThread<Reply>
  place: Place
}

export class ThreadPool<Place, Reply> {
  readonly #startOf: () => Start<Place>
  readonly #threads: WorkerThread<Reply>[] = []
  readonly #free: Slot<Place, Reply>[] = []
  failure: Error | undefined

  constructor(startOf: () => Start<Place>) {
    this.#startOf = startOf
  }

  /** Whether a thread can take a task now. */
  get isFree(): boolean {
    return this.#free.length > 0
  }

  /** Starts threads until there are so many. */
  start(count: number): void {
    try {
      while (this.#threads.length < count && !this.failure) this.#threads.push(this.#start())
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  /** Has a thread do a task: `put` puts it in a place, and makes the message; `take` takes over what it answers. */
  async run<Result>(put: (place: Place) => unknown, take: (reply: Reply) => Result): Promise<Result> {
    if (this.failure) throw this.failure
    const slot = this.#free.shift()!
    const result = take(await slot.thread.ask(put(slot.place)))
    this.#free.push(slot)
    return result
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  #start(): WorkerThread<Reply> {
    const { file, options, places } = this.#startOf()
    const thread = new WorkerThread<Reply>(file, options, (error) => this.#fail(error))
    const ready = () => this.#free.push(...places.map((place) => ({ thread, place })))
    thread.started.then(ready, () => {})
    return thread
  }

  #fail(error: Error): void {
    this.failure ??= error
  }
}
