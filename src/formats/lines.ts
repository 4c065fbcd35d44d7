/** Lines of UTF-8 text, in blocks of whole ones. */
import { lendJoined, release } from '../buffers.js'
import { gather } from './gather.js'

const LF = 10

/** A line that is longer than is allowed. */
export interface LongLine {
  /** How long it is, its newline included, and whether it has one. */
  bytes: number
  lines: 0 | 1
  /** As much of its beginning as is allowed. */
  start: Buffer
}

/**
 * Blocks of one or more whole lines, in order; the last may lack its newline. A longer line makes a longer block, of up to
 * `limit` bytes; one that is longer still is passed over.
 */
export async function* cutLines(chunks: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer | LongLine> {
  // Lines that lie in one chunk are not longer than is allowed: only the first of a chunk can be.
  const size = Math.min(MOST, limit)
  let held: Buffer[] = []
  let length = 0
  let long: LongLine | undefined
  for await (const chunk of gather(chunks, size)) {
    let part = chunk
    const first = part.indexOf(LF) + 1
    if (long || length + (first || part.length) > limit) {
      long ??= { bytes: length, lines: 0, start: Buffer.concat([...held, part], limit) }
      long.bytes += first || part.length
      ;[held, length] = [[], 0]
      if (first === 0) continue
      yield { ...long, lines: 1 }
      long = undefined
      part = part.subarray(first)
    }
    const end = part.lastIndexOf(LF) + 1
    if (end > 0) yield lendJoined([...held, part.subarray(0, end)])
    if (end > 0) [held, length] = [[], 0]
    held.push(Buffer.from(part.subarray(end)))
    length += part.length - end
    release(chunk)
  }
  if (long) yield long
  else if (length > 0) yield lendJoined(held)
}

/** How many bytes of a chunk make a block. */
const MOST = 1 << 18

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
