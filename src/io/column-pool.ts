/** Columns in memory that is used again once they are done with. */
import type { Columns } from '../core/record-batch.js'
import { acquire, recycle } from './buffer-pool.js'
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
