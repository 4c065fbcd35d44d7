/** NUL characters in the text format of PostgreSQL's COPY, which other programs read, but PostgreSQL refuses. */

/** Passes bytes on, and warns once if they have a NUL. */
export async function* watchNul<T extends Uint8Array>(
  pieces: AsyncGenerator<T>,
  warn: (text: string) => void,
): AsyncGenerator<T> {
  let isFound = false
  for await (const piece of pieces) {
    if (!isFound && piece.includes(0)) {
      isFound = true
      warn(WARNING)
    }
    yield piece
  }
}

const WARNING = String.raw`the output has NUL characters, which PostgreSQL refuses in text; tr -d '\000' removes them`
