/** Joins output pieces: each costs a write and several turns of the event loop. */
import { acquireJoined, release } from './buffer-pool.js'

/** Larger pieces are written as they are. */
export const LARGE = 1 << 18
/** The maximum size of a joined piece. */
const MOST = 1 << 20

/** The same bytes in fewer pieces, which are joined lazily. */
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

/** A single piece is passed on as is, since it may be releasable. */
function joined(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  if (pieces.length <= 1) return pieces
  const all = acquireJoined(pieces)
  pieces.forEach(release)
  return [all]
}
