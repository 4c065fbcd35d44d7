/** Truncated delimited text: unlike in JSON or a binary format, its last cell looks complete, and may be another number. */

/** Passes chunks of text on, and warns if they are many bytes and end inside a line, unless their source was closed. */
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

/** Repeated for each file, as each may be truncated. */
export const MAYBE_TRUNCATED = 'it ends without a newline; if it is truncated, its last row is wrong or incomplete'
