/** Lines of UTF-8 text, in blocks of whole ones. */

const LF = 10

/** Blocks of one or more whole lines, in order; the last may lack its newline. A longer line makes a longer block. */
export async function* cutLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += MOST) {
      const part = chunk.subarray(from, from + MOST)
      const end = part.lastIndexOf(LF) + 1
      if (end === 0) {
        held.push(part)
        continue
      }
      yield Buffer.concat([...held, part.subarray(0, end)])
      held = end < part.length ? [part.subarray(end)] : []
    }
  }
  if (held.length > 0) yield Buffer.concat(held)
}

/** How many bytes of a chunk make a block. */
const MOST = 1 << 17

/** Where each line of a block that is not blank begins and ends, its newline left out, and which line of it it is. */
export function* linesOf(block: Buffer): Generator<{ start: number; end: number; line: number }> {
  for (let start = 0, line = 0; start < block.length; line++) {
    const newline = block.indexOf(LF, start)
    const end = newline < 0 ? block.length : newline
    if (!isBlank(block, start, end)) yield { start, end, line }
    start = end + 1
  }
}

function isBlank(block: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (block[at]! > SPACE) return false
  return true
}

const SPACE = 32

/** The number of newlines in a block. */
export function countNewlines(block: Buffer): number {
  let count = 0
  for (let at = block.indexOf(LF); at >= 0; at = block.indexOf(LF, at + 1)) count++
  return count
}
