/** What the fast lane gives, in order: bytes of text, or columns. */
import type { Columns, RecordBatchWriter, ScoredRows } from '../core/record-batch.js'
import { acquireJoined, onRelease } from '../io/buffer-pool.js'
import { copiedColumns } from '../io/column-pool.js'
import { LARGE } from '../io/pieces.js'

/** Some rows of the output as columns: the kept ones, then the new ones, of which names of classes are their positions. */
export type ColumnPiece = Columns

export type Piece = Uint8Array | ColumnPiece

/** Takes over pieces, of which some stand in a kernel's memory; calls `free` once none of them does. */
export type Take = (scored: ScoredRows<Piece>, free: () => void) => ScoredRows<Piece>

/** Copies pieces: there may be one for each odd row. */
export const copied: Take = (scored, free) => {
  const copy = inOwnMemory(scored)
  free()
  return copy
}

/** Leaves a large piece of text where it is until it is released. A copy of it takes a tenth as long as scoring its rows. */
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

/** What a lane gave, as bytes of the output. */
export async function* written(
  batches: AsyncIterable<ScoredRows<Piece>>,
  writer: RecordBatchWriter,
): AsyncGenerator<ScoredRows> {
  for await (const scored of batches) {
    const pieces: Uint8Array[] = []
    for (const piece of scored.pieces) pieces.push(...(await bytesOf(piece, writer)))
    yield { ...scored, pieces }
  }
}

async function bytesOf(piece: Piece, writer: RecordBatchWriter): Promise<Uint8Array[]> {
  if (piece instanceof Uint8Array) return [piece]
  return writer.addColumns ? writer.addColumns(piece) : writer.writeColumns!([piece])
}
