/** The output of the fast lane, in order: bytes of text, or columns. */
import type { Columns, RecordBatchWriter, ScoredRows } from '../core/record-batch.js'
import { acquireJoined, onRelease } from '../io/buffer-pool.js'
import { copiedColumns } from '../io/column-pool.js'
import { LARGE } from '../io/joined-pieces.js'

/** Some output rows as columns, kept ones before new ones; class names are stored as positions. */
export type ColumnPiece = Columns

export type Piece = Uint8Array | ColumnPiece

/** Takes ownership of pieces, some of which are in kernel memory; calls `free` once that memory is no longer used. */
export type Take = (scored: ScoredRows<Piece>, free: () => void) => ScoredRows<Piece>

/** Copies the pieces, of which there may be one per deferred row. */
export const copied: Take = (scored, free) => {
  const copy = inOwnMemory(scored)
  free()
  return copy
}

/**
 * Leaves a large text piece where it is until it is released. Copying it would take a tenth as long as scoring its rows.
 */
export const inPlace: Take = (scored, free) => {
  const [piece, ...others] = scored.pieces
  if (!(piece instanceof Uint8Array) || piece.length < LARGE || others.length > 0) return copied(scored, free)
  return { ...scored, pieces: [onRelease(Buffer.from(piece.buffer, piece.byteOffset, piece.length), free)] }
}

function inOwnMemory(scored: ScoredRows<Piece>): ScoredRows<Piece> {
  const [first] = scored.pieces
  if (first === undefined) return scored
  if (!(first instanceof Uint8Array)) return { ...scored, pieces: (scored.pieces as ColumnPiece[]).map(copiedColumns) }
  return { ...scored, pieces: [acquireJoined(scored.pieces as Uint8Array[])] }
}

/** Encodes the output of a lane as bytes. */
export async function* written(
  batches: AsyncIterable<ScoredRows<Piece>>,
  writer: RecordBatchWriter,
): AsyncGenerator<ScoredRows> {
  for await (const scored of batches) {
    const pieces: Uint8Array[][] = []
    for (const piece of scored.pieces) pieces.push(await bytesOf(piece, writer))
    yield { ...scored, pieces: pieces.flat() }
  }
}

async function bytesOf(piece: Piece, writer: RecordBatchWriter): Promise<Uint8Array[]> {
  if (piece instanceof Uint8Array) return [piece]
  return writer.addColumns ? writer.addColumns(piece) : writer.writeColumns!([piece])
}
