/** A stream that is made of a generator: what is written to it goes in, and what it yields is read. */
import { EventEmitter, on } from 'node:events'
import { type Duplex, type DuplexOptions, Transform } from 'node:stream'
import { through2 } from './packages.js'

/**
 * The stream. Nothing is taken in while what was yielded before is not read: so what stands before an error is never lost
 * with it, and memory does not grow. Where it is destroyed its generator ends; with an error, if it waits for a chunk.
 */
export function generatorTransform(
  options: Pick<DuplexOptions, 'readableObjectMode' | 'signal'>,
  generate: (chunks: AsyncIterable<unknown>) => AsyncGenerator<unknown>,
): Duplex {
  const { options: whenRead, allRead } = readWhenEmpty()
  const input = new EventEmitter()
  const gone = new AbortController()
  const writes = on(input, 'write', { close: ['end'], signal: gone.signal }) as AsyncIterable<Write>
  const stream = through2()(
    { ...options, ...whenRead, writableObjectMode: true, writableHighWaterMark: 1 },
    // Nobody listens where the generator has ended before its input: the rest goes by.
    (chunk, _, done) => void (input.emit('write', chunk, done) || done()),
    (done) => {
      input.emit('end')
      ended.then(done, () => {})
    },
  )
  const pump = async () => {
    for await (const piece of generate(chunksOf(writes))) {
      stream.push(piece)
      await allRead(stream)
      if (stream.destroyed) return
    }
    // Its reader is done, though more may be written, which goes by.
    stream.push(null)
  }
  const ended = pump()
  ended.catch((error) => stream.destroy(error))
  return stream.once('close', () => gone.abort())
}

type Write = [chunk: unknown, done: () => void]

/** What is written, chunk by chunk; a write is done where the next one is asked for. */
async function* chunksOf(writes: AsyncIterable<Write>): AsyncGenerator<unknown> {
  for await (const [chunk, done] of writes) {
    try {
      yield chunk
    } finally {
      done()
    }
  }
}

/** Options of a stream, by which it asks for more where nothing is left to read, and what waits for that or its end. */
export function readWhenEmpty() {
  let wake = () => {}
  const options: DuplexOptions = {
    readableHighWaterMark: 0,
    read(size) {
      // Transform's own goes on with a write that it held back as there was something left to read.
      Transform.prototype._read.call(this, size)
      wake()
    },
    destroy(error, done) {
      wake()
      done(error)
    },
  }
  const allRead = async ({ readableLength }: Duplex) => {
    if (readableLength > 0) await new Promise<void>((resolve) => (wake = resolve))
  }
  return { options, allRead }
}
