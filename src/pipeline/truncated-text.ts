/** Text that may be truncated: unlike a binary format, it has no end of its own. */

/**
 * Passes chunks of delimited text on, and warns if they are many bytes and end inside a line, unless their source was
 * closed: its last cell looks complete, and may be another number.
 */
export async function* warnIfTruncated(
  chunks: AsyncGenerator<Buffer>,
  warn: (text: string) => void,
  isClosed = () => false,
): AsyncGenerator<Buffer> {
  let [bytes, last] = [0, NEWLINE]
  for await (const chunk of chunks) {
    bytes += chunk.length
    // Its memory is used again after the yield.
    last = chunk.at(-1) ?? last
    yield chunk
  }
  const isTruncated = bytes >= LARGE && last !== NEWLINE && last !== RETURN
  if (isTruncated && !isClosed()) warn(MAYBE_TRUNCATED)
}

/** People and short scripts often leave out the last newline; programs that write larger files hardly ever do. */
const LARGE = 1 << 20

const NEWLINE = 0x0a
const RETURN = 0x0d

const MAYBE_TRUNCATED = 'it ends without a newline; if it is truncated, its last row is wrong or incomplete'

/** The same for JSON lines, of any size: it warns if the last line is an object without its end. */
export async function* warnIfLineIsTruncated(
  chunks: AsyncGenerator<Buffer>,
  warn: (text: string) => void,
  isClosed = () => false,
): AsyncGenerator<Buffer> {
  const line = Buffer.allocUnsafe(MOST_OF_LINE)
  let length = 0
  for await (const chunk of chunks) {
    const start = chunk.lastIndexOf(NEWLINE) + 1
    if (start > 0) length = 0
    // Its memory is used again after the yield.
    if (length < MOST_OF_LINE) chunk.copy(line, length, start)
    length += chunk.length - start
    yield chunk
  }
  if (length <= MOST_OF_LINE && isTruncatedObject(line.toString('utf8', 0, length)) && !isClosed())
    warn(LINE_IS_TRUNCATED)
}

/** A longer line is not checked. */
const MOST_OF_LINE = 1 << 16

/** In text that is complete, what a line opens is closed in it; it may also close what earlier lines opened. */
function isTruncatedObject(line: string): boolean {
  const text = line.trim()
  return text.startsWith('{') && openings(text) > 0
}

/** How many more brackets a text opens than it closes. A string without its end counts as one. */
function openings(text: string): number {
  const brackets = text.replace(STRING, (_, end: string) => (end ? '' : '{')).replace(/[^[\]{}]/g, '')
  return 2 * brackets.replace(/[\]}]/g, '').length - brackets.length
}

const STRING = /"[^"\\]*(?:\\.?[^"\\]*)*("|$)/g

const LINE_IS_TRUNCATED = 'it ends inside a line, which is a bad row; it may be truncated'

/** The warnings that are repeated for each file. */
export const TRUNCATED: ReadonlySet<string> = new Set([MAYBE_TRUNCATED, LINE_IS_TRUNCATED])
