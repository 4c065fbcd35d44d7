/** Results in the order of their tasks, and worker threads that do one task at a time. Independent of softmax. */
import { Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * Runs a task for each item, some of them at once, and gives the results in the order of the items. No more than
 * `limit` are under way or waiting to be taken.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  run: (item: Item) => Promise<Result>,
  limit: number,
): AsyncGenerator<Result> {
  const source = items[Symbol.asyncIterator]()
  const running: Promise<Result>[] = []
  let next: Promise<IteratorResult<Item>> | undefined = quiet(source.next())
  try {
    while (next || running.length > 0) {
      const [head] = running
      if (head && (!next || running.length >= limit || (await isFirst(head, next)))) {
        yield await head
        running.shift()
        continue
      }
      const { done, value }: IteratorResult<Item> = await next!
      next = done ? undefined : quiet(source.next())
      if (!done) running.push(quiet(run(value)))
    }
  } finally {
    // Not awaited: a source that has nothing to give yet would delay the end, and the error that led to it.
    quiet(Promise.resolve(source.return?.()))
  }
}

/** True if a result is there before the next item, so that a slow source does not delay it. */
function isFirst(result: Promise<unknown>, item: Promise<unknown>): Promise<boolean> {
  return Promise.race([result.then(() => true), item.then(() => false)])
}

/** A promise whose rejection is seen where it is awaited, and is not an unhandled one before. */
function quiet<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {})
  return promise
}

/** What is sent to another thread, and the memory that goes with it. */
export interface Message {
  message: unknown
  moved?: ArrayBuffer[]
}

/** A worker thread: it says a first message when it has started, and then answers each message with one, in order. */
export class WorkerThread<Reply> {
  readonly #worker: Worker
  readonly #asked: { resolve(reply: Reply): void; reject(error: Error): void }[] = []
  #failure: Error | undefined
  readonly started: Promise<Reply>

  /** `failed` is called where the thread ends, for whatever reason, be it busy or idle. */
  constructor(file: URL, options: WorkerOptions, failed: (error: Error) => void) {
    this.#worker = new Worker(file, options)
    const fail = (error: Error) => {
      this.#failure ??= error
      for (const { reject } of this.#asked.splice(0)) reject(this.#failure)
      failed(this.#failure)
    }
    this.#worker.on('message', (reply: Reply) => this.#asked.shift()?.resolve(reply))
    this.#worker.on('messageerror', fail)
    this.#worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))))
    this.#worker.on('exit', (code) => fail(new Error(`it ended with status ${code}`)))
    this.started = quiet(this.#reply())
  }

  /** How many answers it owes. */
  get asked(): number {
    return this.#asked.length
  }

  /** Sends a message. Rejects where the thread fails, or has failed. */
  ask({ message, moved = [] }: Message): Promise<Reply> {
    if (this.#failure) return Promise.reject(this.#failure)
    this.#worker.postMessage(message, moved)
    return this.#reply()
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #reply(): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject })
    })
  }
}
