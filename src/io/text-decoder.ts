/** Decodes text of any encoding to UTF-8. */
import type { Decoder } from '../core/encoding.js'

/** Decodes the chunks of a text. */
export async function* decoded(chunks: AsyncGenerator<Buffer>, decoder: Decoder): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    const bytes = decoder.decode(chunk, false)
    if (bytes.length > 0) yield bytes
  }
  const rest = decoder.decode(Buffer.alloc(0), true)
  if (rest.length > 0) yield rest
}
