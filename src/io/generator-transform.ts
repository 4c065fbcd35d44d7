/** A stream made of an async generator: what is written to the stream goes in, and what the generator yields is read. */
import type { Duplex, DuplexOptions } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { transform } from 'through2'

interface Options extends Pick<DuplexOptions, 'readableObjectMode' | 'signal'> {
  /** The most chunks that the generator takes at once. As many may wait. */
  batch?: number
  /**
   * How many turns of the event loop an error comes after what was read before it. A stream that fails ends all those
   * behind it, and they drop what they hold, one that `compose` made too. So they get some time; more of it from a stream
   * further in front, whose error is of a later row than theirs.
   */
  errorTurns: number
}

/**
 * The stream. A batch is what is written before the event loop has gone round, so that no chunk waits for the next one. The
 * generator goes on only while nothing that it yielded waits to be read: so memory is bounded, and an error never overtakes
 * what came before it. Where the stream is destroyed, the generator ends at its next step, with an AbortError if it waits for
 * a batch. The reader is done where the generator is; what is written after that is dropped.
 */
export function generatorTransform<Chunk, Piece>(
  { errorTurns, batch = 1, ...options }: Options,
  generate: (batches: AsyncGenerator<Chunk[]>) => AsyncGenerator<Iterable<Piece>>,
): Duplex {
  const inlet = new Inlet<Chunk>(batch)
  const stream: Duplex = transform(
    { ...options, writableObjectMode: true, writableHighWaterMark: batch, readableHighWaterMark: 1 },
    (chunk, _encoding, done) => inlet.put(chunk, done),
    (done) => inlet.end(done),
  )
  const isRead = readerOf(stream)
  const run = async () => {
    for await (const pieces of generate(inlet.batches())) {
      let isWaiting = false
      for (const piece of pieces) isWaiting = !stream.push(piece)
      // Who waits for a stream that is closed already waits for ever.
      if (isWaiting && !stream.destroyed) await isRead()
      if (stream.destroyed) return
    }
    stream.push(null)
    inlet.drop()
  }
  run().catch(async (error) => {
    for (let turns = 0; turns < errorTurns && !stream.destroyed; turns++) await turn()
    stream.destroy(error)
  })
  return stream.once('close', () => inlet.close())
}

/** The function that waits until all that was pushed is read, or the stream is destroyed. */
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

/** What was written and is not taken yet. */
class Inlet<Chunk> {
  readonly #size: number
  #chunks: Chunk[] = []
  /** Whether what there is is a batch. */
  #isDue = false
  #isEnded = false
  #isClosed = false
  #isDropped = false
  /** Ends the write that filled a batch, once that is done with; and the stream, once the generator is. */
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

  /** Takes nothing any more. */
  drop(): void {
    this.#isDropped = true
    this.#take()
    this.#endWrite()
    this.#finished?.()
  }

  /** The batches that are written. Ends in an error where the stream is destroyed before all of them came. */
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

  /** More may be written then, and at once, where it waits. */
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
