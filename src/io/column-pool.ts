/** Columns in pooled memory. */
import type { NumberArray } from '../core/column-data.js'
import type { Columns } from '../core/record-batch.js'
import { acquire, recycle, releasableOf } from './buffer-pool.js'
import { copyInto, sizeOf } from './shared-columns.js'

/** Copies columns into one buffer, to be passed to {@link recycleColumns}. */
export function copiedColumns(columns: Columns): Columns {
  const room = acquire(columns.reduce((sum, column) => sum + sizeOf(column), 0))
  return copyInto(columns, room.buffer, room.byteOffset)
}

/** Recycles the memory of {@link copiedColumns}. */
export function recycleColumns(columns: Columns): void {
  const numbers = columns[0]?.values ?? columns[0]?.children?.[0]?.values
  if (numbers) recycle(new Uint8Array(numbers.buffer))
}

/** Memory from which pieces are taken, with the number of pieces not yet taken. */
const pieces = new WeakMap<ArrayBufferLike, number>()

/** Allocates memory for `count` arrays of equal length, each of which {@link asPiece} takes. */
function acquirePieces(bytes: number, count: number): Buffer {
  const room = acquire(bytes, count)
  pieces.set(room.buffer, count)
  return room
}

/** Allocates an array of the same type with arbitrary contents, in pooled memory; {@link asPiece} takes it. */
export function acquireNumbers(like: NumberArray, length: number): NumberArray {
  const { buffer, byteOffset } = acquirePieces(length * like.BYTES_PER_ELEMENT, 1)
  if (like instanceof Uint8Array) return new Uint8Array(buffer, byteOffset, length)
  return new (like.constructor as NumberArrayConstructor)(buffer, byteOffset, length)
}

type NumberArrayConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => NumberArray

/**
 * Allocates doubles with arbitrary contents in pooled memory, as columns of equal length; {@link asPiece} takes each.
 */
export function acquireDoubles(length: number, columns: number): Float64Array {
  const { buffer, byteOffset } = acquirePieces(8 * length, columns)
  return new Float64Array(buffer, byteOffset, length)
}

/**
 * An output piece: memory of {@link acquireNumbers} and {@link acquireDoubles} is released once the piece is written,
 * and must not be used afterwards.
 */
export function asPiece(bytes: Uint8Array): Uint8Array {
  const left = pieces.get(bytes.buffer)
  if (!left) return bytes
  pieces.set(bytes.buffer, left - 1)
  return releasableOf(bytes)
}
