/** The beginning of an input: which format it has. */
import type { Source } from './batch.js'
import { type FormatName, formatOf, formatOfBytes, tableFormat } from './index.js'

/** What is known of an input before it is read. */
export interface Input extends Source {
  /** What it is called in messages; the ending tells its format where no option does. */
  name?: string | undefined
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
  const { start, chunks } = await peek(input.chunks)
  const told = asked ?? formatOf(input.name ?? '')
  const found = formatOfBytes(start) ?? 'none'
  const format = found !== 'none' && !(asked && tableFormat(found)!.text) ? found : (told ?? 'csv')
  if (told && told !== format) warn(`it is read as ${format}, as its first bytes tell, and not as ${told}`)
  return { ...input, chunks, format }
}

/** As many bytes of a source as tell its format, and all of it. */
async function peek(source: AsyncGenerator<Buffer>): Promise<{ start: Buffer; chunks: AsyncGenerator<Buffer> }> {
  const pieces: Buffer[] = []
  let start = Buffer.alloc(0)
  while (start.length < START && formatOfBytes(start) === undefined) {
    const { done, value } = await source.next()
    if (done) break
    pieces.push(value)
    start = Buffer.concat([start, value.subarray(0, START)])
  }
  async function* all() {
    yield* pieces
    yield* source
  }
  return { start, chunks: all() }
}

/** How many bytes are looked at: blanks may stand before a row. */
const START = 64
