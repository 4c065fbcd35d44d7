/** Converts whatever was written to a stream to buffers. */
import { isUint8Array } from 'node:util/types'
import { SoftmaxError } from '../core/errors.js'
import { kindOf } from '../core/kind-of.js'
import type { Stats } from './row-counts.js'

/** Throws E_CHUNK for chunks that are neither bytes nor text, E_ENCODING for text that has no bytes in UTF-8. */
export async function* toBuffers(chunks: AsyncIterable<unknown>, stats: Stats): AsyncGenerator<Buffer> {
  let half = ''
  for await (const chunk of chunks) {
    const text = typeof chunk === 'string' ? half + chunk : half
    half = typeof chunk === 'string' && endsInHalf(text) ? text.slice(-1) : ''
    const complete = bytesOf(half === '' ? text : text.slice(0, -1))
    const bytes = typeof chunk === 'string' ? complete : bufferOf(chunk)
    stats.bytes += bytes.length
    yield bytes
  }
  bytesOf(half)
}

/** Whether a text ends with the first of two code units of a character; the next text has the second. */
function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last < 0xdc00
}

/** The bytes of a text. Throws where it has half a character, of which Node would make U+FFFD. */
function bytesOf(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text)
  const remedy = 'pass complete characters, or bytes'
  throw new SoftmaxError('E_ENCODING', { reason: 'the text has half of a character (a lone surrogate)', remedy })
}

/** Views bytes as a Buffer; a Buffer is returned as is, so that its owner can recycle it. Bytes of another realm are bytes. */
function bufferOf(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk
  if (isUint8Array(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
  throw new SoftmaxError('E_CHUNK', {
    takes: 'bytes or text',
    got: kindOf(chunk),
    remedy: "pass rows to softmax(), or make bytes of them: .compose(write('ndjson'))",
  })
}
