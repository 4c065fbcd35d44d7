/** Ordered concurrency, and worker threads with request and reply. Independent of softmax. */
import { Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * Runs a task per item, several concurrently, and yields the results in item order. At most `limit` are in progress or
 * waiting to be consumed.
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
    // Not awaited: a source that is waiting for data would delay the end, and the error that caused it.
    quiet(Promise.resolve(source.return?.()))
  }
}

/** Whether a result is available before the next item, so that a slow source does not delay it. */
function isFirst(result: Promise<unknown>, item: Promise<unknown>): Promise<boolean> {
  return Promise.race([result.then(() => true), item.then(() => false)])
}

/** Marks a promise as handled, as its rejection will be observed later. */
function quiet<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {})
  return promise
}

/** A message to another thread, and the memory to transfer. */
export interface Message {
  message: unknown
  moved?: ArrayBuffer[]
}

/** A worker thread: sends one message when it has started, then replies to each message in order. */
export class WorkerThread<Reply> {
  readonly #worker: Worker
  readonly #asked: { resolve(reply: Reply): void; reject(error: Error): void }[] = []
  #failure: Error | undefined
  readonly started: Promise<Reply>

  /** `failed` is called when the thread ends for any reason, busy or idle. */
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

  /** The number of outstanding replies. */
  get asked(): number {
    return this.#asked.length
  }

  /** Sends a message. Rejects if the thread fails, or has failed. */
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
