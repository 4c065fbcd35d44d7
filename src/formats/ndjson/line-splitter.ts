/** Splits UTF-8 text into blocks of complete lines. */
import type { Block, OversizedRow } from '../../core/record-batch.js'
import { acquireJoined, release } from '../../io/buffer-pool.js'
import { type Clock, coalesce } from '../../io/coalesce.js'

const LF = 10

/**
 * Yields blocks of complete lines in order; the last line may lack its newline. A long line makes a long block, up to
 * `limit` bytes; a longer one is skipped.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>, limit: number, clock?: Clock): AsyncGenerator<Block> {
  let buffered: Buffer[] = []
  let length = 0
  let long: OversizedRow | undefined
  for await (const chunk of coalesce(chunks, MOST, clock)) {
    for (let from = 0, end = 0; from < chunk.length; from += end) {
      const part = chunk.subarray(from)
      const first = part.indexOf(LF) + 1
      end = first || part.length
      if (long || length + end > limit) {
        long ??= oversized(length, Buffer.concat([...buffered, part], limit), limit)
        long.bytes += end
        long.end = long.bytes - Math.min(first, 1)
        ;[buffered, length] = [[], 0]
        if (first > 0) yield { ...long, lines: 1 }
        if (first > 0) long = undefined
      } else if (first > 0) {
        end = wholeEnd(part, first, limit)
        yield acquireJoined([...buffered, part.subarray(0, end)])
        ;[buffered, length] = [[], 0]
      } else {
        buffered.push(Buffer.from(part))
        length += part.length
      }
    }
    release(chunk)
  }
  if (long) yield long
  else if (length > 0) yield acquireJoined(buffered)
}

function oversized(bytes: number, start: Buffer, limit: number): OversizedRow {
  return { code: 'E_ROW_TOO_LONG', info: { limit }, at: 0, bytes, lines: 0, end: bytes, start }
}

/** The maximum number of bytes of a chunk per block. */
const MOST = 1 << 19

/** The end of the last complete line within the limit; `first` is the end of the first line. */
function wholeEnd(part: Buffer, first: number, limit: number): number {
  let end = first
  for (let next = first; next > 0; end += next) next = part.subarray(end, end + limit).lastIndexOf(LF) + 1
  return end
}

/** The start, end (without newline) and line number of each nonblank line in a block. */
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
