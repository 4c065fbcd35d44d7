/** Pieces of an output: each costs a write, so that small ones are put together. */

/** Larger pieces are written as they are. */
const LARGE = 1 << 16

/** The same bytes in fewer pieces. */
export function joinedPieces(pieces: readonly Uint8Array[]): Uint8Array[] {
  const all: Uint8Array[] = []
  let small: Uint8Array[] = []
  const flush = () => {
    if (small.length > 0) all.push(Buffer.concat(small))
    small = []
  }
  for (const piece of pieces) {
    if (piece.length < LARGE) small.push(piece)
    else {
      flush()
      all.push(piece)
    }
  }
  flush()
  return all
}
