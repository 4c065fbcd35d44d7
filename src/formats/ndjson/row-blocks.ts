/** Converts the rows of a JSON text to blocks of lines, whatever their layout. */
import { extended } from '../../core/extended.js'
import type { Block, Relocate } from '../../core/record-batch.js'
import { Peekable } from '../../io/peekable.js'
import { layoutOf, undecidedLayout } from './layout.js'
import { splitLines } from './line-splitter.js'
import { type Origin, splitValues } from './value-splitter.js'

interface RowBlocks {
  blocks: AsyncGenerator<Block>
  /** Translates the positions of a block's rows back to the input, if rows are not lines there. */
  relocate: Relocate | undefined
}

/** Blocks of lines, with the translation of row positions. */
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

/** Blocks must come back in the order in which they were produced. A final result without a block may follow. */
function relocator(origins: Origin[]): Relocate {
  return (scored) => {
    const origin = origins.shift()
    if (!origin) return scored
    const { rows, bytes, lines } = origin
    const errors = scored.errors.map((rowError) => {
      const { start, end, line } = rows[rowError.info.row]!
      return extended(rowError, { info: extended(rowError.info, { line, byte: start }), start, end })
    })
    return { ...scored, errors, lines, bytes }
  }
}
