/** The beginning of an input: which format it has. */

import { type FormatName, formatOfBytes, isText } from '../core/formats.js'
import type { Source } from '../core/record-batch.js'
import { formatOf } from '../formats/index.js'
import { compressionOf, compressionOfBytes, decompress } from '../io/compression.js'

/** What is known of an input before it is read. */
export interface Input extends Source {
  /** What it is called in messages; the ending tells its format where no option does. */
  name?: string | undefined
  /** Says that no more of it is wanted, at once: a read may be under way that never ends. */
  close?(): void
  /** Throws E_INPUT where it changed while it was read. */
  requireUnchanged?(): void
}

/** An input whose format is known. */
export interface Opened extends Source {
  format: FormatName
}

/**
 * Finds out the format of an input: the one that is asked for, or the one of its name, or CSV; but where the first bytes
 * tell another, they win, with a warning. Those of a text tell less: they win over a name, not over what is asked for.
 */
export async function openInput(
  input: Input,
  asked: FormatName | undefined,
  warn: (text: string) => void,
): Promise<Opened> {
  const { name = '' } = input
  const plain = await unpack(input, warn)
  const { start, chunks } = await peek(plain.chunks, formatOfBytes)
  const told = asked ?? formatOf(name)
  const found = formatOfBytes(start) ?? 'none'
  const format = found !== 'none' && !(asked && isText(found)) ? found : (told ?? 'csv')
  if (told && told !== format) warn(`it is read as ${format}, as its first bytes tell, and not as ${told}`)
  return { ...plain, chunks, format }
}

/** An input without its compression. */
async function unpack(input: Input, warn: (text: string) => void): Promise<Source> {
  const { start, chunks } = await peek(input.chunks, compressionOfBytes)
  const found = compressionOfBytes(start) ?? 'none'
  const { compression = 'none' } = compressionOf(input.name ?? '')
  const isNamed = compression !== 'none' || formatOf(input.name ?? '') !== undefined
  if (isNamed && start.length > 0 && found !== compression) {
    const not = (name: string) => (name === 'none' ? 'not compressed' : `compressed with ${name}`)
    warn(`it is ${not(found)}, as its first bytes tell, though its name says otherwise`)
  }
  if (found !== 'none') return { chunks: decompress(found, chunks) }
  return { chunks, ...(input.path !== undefined && { path: input.path }) }
}

/** As many bytes of a source as tell what it is, and all of it. */
async function peek(
  source: AsyncGenerator<Buffer>,
  tell: (start: Buffer) => unknown,
): Promise<{ start: Buffer; chunks: AsyncGenerator<Buffer> }> {
  const pieces: Buffer[] = []
  let start = Buffer.alloc(0)
  while (start.length < START && tell(start) === undefined) {
    const { done, value } = await source.next()
    if (done) break
    pieces.push(value)
    start = Buffer.concat([start, value.subarray(0, START)])
  }
  async function* all() {
    try {
      yield* pieces
      yield* source
    } finally {
      await source.return(undefined)
    }
  }
  return { start, chunks: all() }
}

/** How many bytes are looked at: blanks may stand before a row. */
const START = 64
