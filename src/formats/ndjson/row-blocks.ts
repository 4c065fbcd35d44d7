/** The rows of a JSON text as blocks of lines, however they lie in it. */
import type { Block, Relocate } from '../../core/record-batch.js'
import { Peekable } from '../../io/peekable.js'
import { layoutOf, undecidedLayout } from './layout.js'
import { splitLines } from './line-splitter.js'
import { type Origin, splitValues } from './value-splitter.js'

interface RowBlocks {
  blocks: AsyncGenerator<Block>
  /** Puts what is known of the rows of a block where they are in the input, where they are no lines there. */
  relocate: Relocate | undefined
}

/** Blocks of lines, and how to find their rows in the input. */
export async function rowBlocks(chunks: AsyncGenerator<Buffer>, limit: number): Promise<RowBlocks> {
  const text = new Peekable(chunks)
  const layout = (await text.peek(layoutOf, limit)) ?? undecidedLayout(text.start)
  if (layout === 'lines') return { blocks: splitLines(text.rest(), limit), relocate: undefined }
  const origins: Origin[] = []
  return { blocks: withOrigins(text.rest(), limit, origins), relocate: relocator(origins) }
}

async function* withOrigins(chunks: AsyncGenerator<Buffer>, limit: number, origins: Origin[]): AsyncGenerator<Block> {
  for await (const { block, origin } of splitValues(chunks, limit)) {
    origins.push(origin)
    yield block
  }
}

/** Blocks come back in the order in which they were given; behind them may come what was added up, which is of no block. */
function relocator(origins: Origin[]): Relocate {
  return (scored) => {
    const origin = origins.shift()
    if (!origin) return scored
    const { rows, bytes, lines } = origin
    const errors = scored.errors.map((rowError) => {
      const { start, end, line } = rows[rowError.info.row]!
      return { ...rowError, info: { ...rowError.info, line, byte: start }, start, end }
    })
    return { ...scored, errors, lines, bytes }
  }
}
