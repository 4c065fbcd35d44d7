/** Worker threads with requests and replies, from both sides. Independent of softmax. */
import {
  MessageChannel,
  type MessagePort,
  parentPort,
  Worker,
  type WorkerOptions,
  workerData,
} from 'node:worker_threads'

/** A message to another thread, and the memory to transfer. */
export interface Message {
  message: unknown
  moved?: ArrayBuffer[]
}

/**
 * execArgv is not inherited: under `node --input-type=module -e`, for instance, a worker would exit immediately. The
 * young generation is small, so that the memory of finished tasks is released soon.
 */
const OPTIONS: WorkerOptions = { execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: 2 } }

/** A thread that loads, and the port for what it starts with. */
interface LoadingThread {
  worker: Worker
  port: MessagePort
}

/** Threads that were started early, by file. */
const early = new Map<string, LoadingThread>()

/** Starts a thread for the next {@link WorkerThread} with this file: it loads while what it starts with is prepared. */
export function startEarly(file: URL): void {
  try {
    const thread = load(file)
    // If it fails, the thread that is started instead reports the error.
    for (const event of ['error', 'exit']) thread.worker.once(event, () => early.delete(file.href))
    early.set(file.href, thread)
  } catch {
    // The same error will be thrown again when a thread is needed.
  }
}

/** What a thread starts with has a port of its own: a module that the user preloads may listen to `parentPort`. */
function load(file: URL): LoadingThread {
  const { port1, port2 } = new MessageChannel()
  port1.unref()
  try {
    const worker = new Worker(file, { ...OPTIONS, workerData: port2, transferList: [port2] })
    // Until it has something to do.
    worker.unref()
    return { worker, port: port1 }
  } catch (error) {
    port1.close()
    throw error
  }
}

function start(file: URL, data: unknown): Worker {
  const { worker, port } = early.get(file.href) ?? load(file)
  early.delete(file.href)
  port.postMessage(data)
  worker.ref()
  return worker
}

/** Threads that were closed, but are still loading. */
const ending = new Set<unknown>()

/** Whether threads that were closed are still loading: others would only take their time. */
export function areEnding(): boolean {
  return ending.size > 0
}

/** A worker thread that uses {@link serve}. */
export class WorkerThread<Reply> {
  readonly #worker: Worker
  readonly #awaited: { resolve(reply: Reply): void; reject(error: Error): void }[] = []
  #failure: Error | undefined
  readonly started: Promise<Reply>
  hasStarted = false

  /** `data` is what the thread starts with; `failed` is called when it ends for any reason, busy or idle. */
  constructor(file: URL, data: unknown, failed: (error: Error) => void) {
    this.#worker = start(file, data)
    const fail = (error: Error) => {
      this.#failure ??= error
      for (const { reject } of this.#awaited.splice(0)) reject(this.#failure)
      failed(this.#failure)
    }
    this.#worker.on('message', (reply: Reply) => this.#awaited.shift()?.resolve(reply))
    this.#worker.on('messageerror', fail)
    this.#worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))))
    this.#worker.on('exit', (code) => fail(new Error(`it ended with status ${code}`)))
    this.started = this.#reply()
    const begun = () => {
      this.hasStarted = true
    }
    this.started.then(begun, () => {})
  }

  /** The number of outstanding replies. */
  get awaited(): number {
    return this.#awaited.length
  }

  /** Sends a message. Rejects if the thread fails, or has failed. */
  ask({ message, moved = [] }: Message): Promise<Reply> {
    if (this.#failure) return Promise.reject(this.#failure)
    this.#worker.postMessage(message, moved)
    return this.#reply()
  }

  /**
   * Ends the thread. One that has not started ends later, and false is returned: Node does not close the files of the
   * modules that a thread is loading when it is terminated.
   */
  async close(): Promise<boolean> {
    if (this.hasStarted) {
      await this.#worker.terminate()
      return true
    }
    this.#worker.unref()
    ending.add(this)
    this.started
      .catch(() => {})
      .then(() => {
        ending.delete(this)
        return this.#worker.terminate()
      })
    return false
  }

  #reply(): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#awaited.push({ resolve, reject })
    })
  }
}

/** Answers a request. */
type Answer<Request> = (request: Request) => Message | Promise<Message>

/**
 * The other side of {@link WorkerThread}: `start` is called with what the thread starts with, and returns the function
 * that answers requests, one after the other.
 */
export function serve<Data, Request>(start: (data: Data) => Answer<Request> | Promise<Answer<Request>>): void {
  const port = workerData as MessagePort
  port.once('message', (data: Data) => {
    answerAll(start(data)).catch(endThread)
    port.close()
  })
}

async function answerAll<Request>(started: Answer<Request> | Promise<Answer<Request>>): Promise<void> {
  const answer = await started
  let last: Promise<void> = Promise.resolve()
  parentPort!.on('message', (request: Request) => {
    last = last.then(() => reply(request)).catch(endThread)
  })
  parentPort!.postMessage(undefined)

  async function reply(request: Request): Promise<void> {
    const { message, moved = [] } = await answer(request)
    parentPort!.postMessage(message, moved)
  }
}

/** Throws an uncaught exception, which ends the thread however the process treats unhandled rejections. */
function endThread(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}
