/** Columns in memory that is used again once they are done with. */
import type { NumberArray } from '../core/column-data.js'
import type { Columns } from '../core/record-batch.js'
import { acquire, recycle, releasableOf } from './buffer-pool.js'
import { copyInto, sizeOf } from './shared-columns.js'

/** Columns in one piece of memory, which {@link recycleColumns} takes back. */
export function copiedColumns(columns: Columns): Columns {
  const room = acquire(columns.reduce((sum, column) => sum + sizeOf(column), 0))
  return copyInto(columns, room.buffer, room.byteOffset)
}

/** Gives back the memory of {@link copiedColumns}. */
export function recycleColumns(columns: Columns): void {
  const numbers = columns[0]?.values ?? columns[0]?.children?.[0]?.values
  if (numbers) recycle(new Uint8Array(numbers.buffer))
}

/** Memory that is handed over in pieces, and of how many nothing is known yet. */
const pieces = new WeakMap<ArrayBufferLike, number>()

/** Room for arrays of the same length, each of which {@link asPiece} gives out. */
function acquirePieces(bytes: number, count: number): Buffer {
  const room = acquire(bytes, count)
  pieces.set(room.buffer, count)
  return room
}

/** An array like another, of so many numbers of any value, in memory of the pool; {@link asPiece} gives it out. */
export function acquireNumbers(like: NumberArray, length: number): NumberArray {
  const { buffer, byteOffset } = acquirePieces(length * like.BYTES_PER_ELEMENT, 1)
  if (like instanceof Uint8Array) return new Uint8Array(buffer, byteOffset, length)
  return new (like.constructor as NumberArrayConstructor)(buffer, byteOffset, length)
}

type NumberArrayConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => NumberArray

/** Doubles of any value in memory of the pool, as so many columns of the same length; {@link asPiece} gives each out. */
export function acquireDoubles(length: number, columns: number): Float64Array {
  const { buffer, byteOffset } = acquirePieces(8 * length, columns)
  return new Float64Array(buffer, byteOffset, length)
}

/**
 * Bytes as a piece of an output: those of {@link acquireNumbers} and {@link acquireDoubles} are released once they are written,
 * and not used any more then.
 */
export function asPiece(bytes: Uint8Array): Uint8Array {
  const left = pieces.get(bytes.buffer)
  if (!left) return bytes
  pieces.set(bytes.buffer, left - 1)
  return releasableOf(bytes)
}
