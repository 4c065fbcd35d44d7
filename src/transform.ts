/** A stream that is made of a generator: what is written to it goes in, and what it yields is read. */
import type { Duplex, TransformOptions } from 'node:stream'
import { through2 } from './packages.js'

/**
 * The stream. Nothing is taken in while what was yielded before is not read: so what stands before an error is never lost
 * with it, and memory does not grow.
 */
export function transform(
  options: Pick<TransformOptions, 'readableObjectMode'> & { signal: AbortSignal | undefined },
  generate: (chunks: AsyncIterable<unknown>) => AsyncGenerator<unknown>,
): Duplex {
  const { signal, ...modes } = options
  const stream = through2()(
    {
      ...modes,
      writableObjectMode: true,
      writableHighWaterMark: 1,
      readableHighWaterMark: 0,
      ...(signal && { signal }),
    },
    async function* (chunks: AsyncIterable<unknown>) {
      yield* generate(chunks)
    },
  ) as unknown as Duplex
  return withWrites(stream)
}

/**
 * Lets writes go on. through2 has a `_read` of its own for generators, in place of Transform's, which is where Transform
 * goes on with a write that it held back because what was pushed before was not taken yet: without it that write, and
 * the stream, would wait for ever.
 */
function withWrites(stream: Duplex): Duplex {
  const { _read: wakeGenerator } = stream
  const { _read: goOnWriting } = Object.getPrototypeOf(stream) as Duplex
  stream._read = function (size) {
    goOnWriting.call(this, size)
    wakeGenerator.call(this, size)
  }
  return stream
}
