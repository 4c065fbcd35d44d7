/** Pieces of an output: each costs a write and some turns of the event loop, so that small ones are put together. */
import { acquireJoined, release } from './buffer-pool.js'

/** Larger pieces are written as they are. */
export const LARGE = 1 << 18
/** How many bytes are put together. */
const MOST = 1 << 20

/** The same bytes in fewer pieces, each of which is made when it is asked for. */
export function* joinedPieces(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let small: Uint8Array[] = []
  let size = 0
  for (const piece of pieces) {
    const isLarge = piece.length >= LARGE
    if (isLarge || size + piece.length > MOST) {
      yield* joined(small)
      small = []
      size = 0
    }
    if (isLarge) yield piece
    else if (piece.length > 0) small.push(piece)
    size += isLarge ? 0 : piece.length
  }
  yield* joined(small)
}

/** A single piece is left as it is: it may be one that is released. */
function joined(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  if (pieces.length <= 1) return pieces
  const all = acquireJoined(pieces)
  pieces.forEach(release)
  return [all]
}
