/** A stream built from an async generator, which receives what is written and yields what is read. */
import type { Duplex, DuplexOptions } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { transform } from 'through2'
import { asNodeStream } from './node-stream.js'

interface Options extends Pick<DuplexOptions, 'readableObjectMode' | 'signal'> {
  /** The maximum number of chunks per batch. As many again may be queued. */
  batch?: number
  /**
   * How many turns of the event loop to delay an error after the output before it. An error destroys all downstream
   * streams, including any made by `compose`, and they drop their buffers; the delay gives them time. Streams further
   * upstream need a longer one, as their error concerns a later row.
   */
  errorTurns: number
}

/**
 * Creates the stream. A batch is what is written within one turn of the event loop, so no chunk waits for the next one.
 * The generator continues only when everything it yielded was read: so memory is bounded, and an error never overtakes
 * earlier output. If the stream is destroyed, the generator ends at its next step, with an AbortError if it is waiting
 * for a batch. If the generator returns, the readable side ends, and later writes are dropped.
 *
 * After that, only others can destroy the stream with an error. Node.js does so in a chain of `compose` in which a later
 * stream fails, although it removes its own listener as soon as the writable side is finished: the error, which the end
 * of the chain reports, would also end the process. So the stream then has a listener of its own.
 */
export function generatorTransform<Chunk, Piece>(
  { errorTurns, batch = 1, ...options }: Options,
  generate: (batches: AsyncGenerator<Chunk[]>) => AsyncGenerator<Iterable<Piece>>,
): Duplex {
  const inlet = new Inlet<Chunk>(batch)
  const stream = asNodeStream(
    transform(
      { ...options, writableObjectMode: true, writableHighWaterMark: batch, readableHighWaterMark: 1 },
      (chunk, encoding, done) => inlet.put(encoded(chunk, encoding), done),
      (done) => inlet.end(done),
    ),
  )
  const pushAll = pusherOf(stream)
  const run = async () => {
    for await (const pieces of generate(inlet.batches())) if (!(await pushAll(pieces))) return
    stream.on('error', () => {}).push(null)
    inlet.drop()
  }
  run().catch(async (error) => {
    for (let turns = 0; turns < errorTurns && !stream.destroyed; turns++) await turn()
    stream.destroy(error)
  })
  return stream.once('close', () => inlet.close())
}

/** Creates the function that pushes a batch and waits until it is read; false if the stream is destroyed. */
function pusherOf(stream: Duplex): (pieces: Iterable<unknown>) => Promise<boolean> {
  const [isRead, pause] = [readerOf(stream), pauses()]
  return async (pieces) => {
    let [count, isWaiting] = [0, false]
    const whenRead = async () => {
      // Waiting for a stream that is already destroyed would never end.
      if (isWaiting && !stream.destroyed) await isRead()
      isWaiting = false
      await pause()
      return !stream.destroyed
    }
    for (const piece of pieces) {
      isWaiting = !stream.push(piece)
      if (++count % AT_ONCE === 0 && !(await whenRead())) return false
    }
    return whenRead()
  }
}

/** How many pieces may be queued to be read: of rows, a batch may have a million. */
const AT_ONCE = 1024

/**
 * How long pieces are pushed without a turn of the event loop, in milliseconds. Computing a batch comes on top: parsing a
 * block of 64 KiB of short rows takes 20 to 50 ms.
 */
const LONGEST = 10

/**
 * Creates the function that lets the event loop turn if it did not for long: promises may keep a source in memory
 * and its consumer going, and timers, requests and signals would wait for the end.
 */
function pauses(): () => Promise<void> | undefined {
  let latest = performance.now()
  return () => {
    if (performance.now() - latest < LONGEST) return undefined
    return turn().then(() => {
      latest = performance.now()
    })
  }
}

/** A text that is written with an encoding other than UTF-8 as its bytes, as in other streams. */
function encoded<Chunk>(chunk: Chunk, encoding: BufferEncoding): Chunk | Buffer {
  return typeof chunk === 'string' && !/^utf-?8$/i.test(encoding) ? Buffer.from(chunk, encoding) : chunk
}

/** Creates the function that waits until all pushed data is read, or the stream is destroyed. */
function readerOf(stream: Duplex): () => Promise<void> {
  let wake = () => {}
  const read = stream._read
  stream._read = (size) => {
    read.call(stream, size)
    wake()
  }
  stream.once('close', () => wake())
  return () =>
    new Promise((resolve) => {
      wake = resolve
    })
}

/** Written chunks that were not consumed yet. */
class Inlet<Chunk> {
  readonly #size: number
  #chunks: Chunk[] = []
  /** Whether the queued chunks form a batch. */
  #isDue = false
  #isEnded = false
  #isClosed = false
  #isDropped = false
  /**
   * Completes the write that filled a batch once the batch is processed, and ends the stream once the generator is
   * done.
   */
  #written: (() => void) | undefined
  #finished: (() => void) | undefined
  #wake = () => {}
  #turn: NodeJS.Immediate | undefined

  constructor(size: number) {
    this.#size = size
  }

  put(chunk: Chunk, done: () => void): void {
    if (!this.#isDropped) this.#chunks.push(chunk)
    if (this.#chunks.length < this.#size) {
      this.#turn ??= setImmediate(() => this.#give())
      done()
    } else {
      this.#written = done
      this.#give()
    }
  }

  end(done: () => void): void {
    this.#finished = done
    this.#isEnded = true
    this.#give()
    if (this.#isDropped) done()
  }

  close(): void {
    this.#isClosed = true
    this.#endWrite()
    this.#give()
  }

  /** Drops everything from now on. */
  drop(): void {
    this.#isDropped = true
    this.#take()
    this.#endWrite()
    this.#finished?.()
  }

  /** The written batches. Throws if the stream is destroyed before all of them arrived. */
  async *batches(): AsyncGenerator<Chunk[]> {
    for (;;) {
      this.#endWrite()
      if (!this.#isDue) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
      if (this.#isClosed) throw new DOMException('the stream is destroyed', 'AbortError')
      if (this.#chunks.length === 0) return
      yield this.#take()
    }
  }

  /** Completes a pending write immediately. */
  #endWrite(): void {
    const written = this.#written
    this.#written = undefined
    written?.()
  }

  #give(): void {
    this.#isDue = true
    this.#wake()
  }

  #take(): Chunk[] {
    const batch = this.#chunks
    this.#chunks = []
    this.#isDue = this.#isEnded
    clearImmediate(this.#turn)
    this.#turn = undefined
    return batch
  }
}
