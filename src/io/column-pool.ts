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

/** Memory of one array each. */
const single = new WeakSet<ArrayBufferLike>()

/** An array like another, of so many numbers of any value, in memory of the pool; {@link asPiece} hands it over. */
export function acquireNumbers(like: NumberArray, length: number): NumberArray {
  const { buffer, byteOffset } = acquire(length * like.BYTES_PER_ELEMENT)
  single.add(buffer)
  if (like instanceof Uint8Array) return new Uint8Array(buffer, byteOffset, length)
  return new (like.constructor as NumberArrayConstructor)(buffer, byteOffset, length)
}

type NumberArrayConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => NumberArray

/** Bytes as a piece of an output: those of {@link acquireNumbers} are released once they are written, and not used any more then. */
export function asPiece(bytes: Uint8Array): Uint8Array {
  return single.delete(bytes.buffer) ? releasableOf(bytes) : bytes
}
