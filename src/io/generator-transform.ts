/** A stream made of an async generator: what is written to the stream goes in, and what the generator yields is read. */
import type { Duplex, DuplexOptions } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { transform } from 'through2'

interface Options extends Pick<DuplexOptions, 'readableObjectMode' | 'writableHighWaterMark' | 'signal'> {
  /**
   * How many turns of the event loop an error comes after what was read before it. A stream that fails ends all those
   * behind it, and they drop what they hold, one that `compose` made too. So they get some time; more of it from a stream
   * further in front, whose error is of a later row than theirs.
   */
  errorTurns: number
}

/**
 * The stream. Chunks are taken, and the generator goes on, only while nothing that it yielded waits to be read: so memory
 * is bounded, and an error never overtakes what came before it. Where the stream is destroyed, the generator ends at its
 * next step, with an AbortError if it waits for a chunk. Its reader is done where the generator is; what is written after
 * that is dropped.
 */
export function generatorTransform<Chunk, Piece>(
  { errorTurns, ...options }: Options,
  generate: (chunks: AsyncGenerator<Chunk>) => AsyncGenerator<Piece>,
): Duplex {
  const gate = new Gate()
  const stream: Duplex = transform(
    { writableHighWaterMark: 1, ...options, writableObjectMode: true, readableHighWaterMark: 1 },
    async function* (source: AsyncIterable<Chunk>) {
      const chunks = source[Symbol.asyncIterator]()
      try {
        for await (const piece of generate(chunksOf(chunks, gate, () => stream.destroyed))) {
          gate.close()
          yield piece
          gate.open()
          if (stream.destroyed) return
        }
      } catch (error) {
        for (let turn = 0; turn < errorTurns; turn++) await setImmediate()
        throw error
      }
      stream.push(null)
      while (!(await chunks.next()).done);
    },
  )
  return stream.once('close', () => gate.open())
}

/** The chunks that are written. Ends in an error where the stream is destroyed before all of them came. */
async function* chunksOf<Chunk>(
  chunks: AsyncIterator<Chunk>,
  gate: Gate,
  isDestroyed: () => boolean,
): AsyncGenerator<Chunk> {
  for (;;) {
    // through2 forgets a write that it finishes while its readable side is full.
    await gate.opened
    const { done, value } = await chunks.next()
    if (isDestroyed()) throw new DOMException('the stream is destroyed', 'AbortError')
    if (done) return
    yield value
  }
}

/** What is open, or is waited for. */
class Gate {
  opened = Promise.resolve()
  open = () => {}

  close(): void {
    this.opened = new Promise((resolve) => {
      this.open = resolve
    })
  }
}
