/** Columns in memory that is used again once they are done with. */
import type { ColumnData, NumberArray } from '../core/column-data.js'
import type { Columns } from '../core/record-batch.js'
import { acquire, recycle } from './buffer-pool.js'

/** Columns in one piece of memory, which {@link recycleColumns} takes back. */
export function copiedColumns(columns: Columns): Columns {
  const room = acquire(columns.reduce((sum, column) => sum + sizeOf(column), 0))
  let end = 0
  const copy = <T extends NumberArray | undefined>(numbers: T): T => {
    if (!numbers) return numbers
    const bytes = room.subarray(end, end + numbers.byteLength)
    bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
    end += aligned(numbers.byteLength)
    return new (numbers.constructor as Constructor<T>)(room.buffer, bytes.byteOffset, numbers.length)
  }
  return columns.map((column) => mapBuffers(column, copy))
}

type Constructor<T> = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T

function mapBuffers(column: ColumnData, map: <T extends NumberArray | undefined>(numbers: T) => T): ColumnData {
  const { validity, values, offsets, children } = column
  return {
    ...column,
    ...(validity && { validity: map(validity) }),
    ...(values && { values: map(values) }),
    ...(offsets && { offsets: map(offsets) }),
    ...(children && { children: children.map((child) => mapBuffers(child, map)) }),
  }
}

function sizeOf({ validity, values, offsets, children = [] }: ColumnData): number {
  const own = [validity, values, offsets].reduce((sum, numbers) => sum + aligned(numbers?.byteLength ?? 0), 0)
  return children.reduce((sum, child) => sum + sizeOf(child), own)
}

/** Numbers begin at multiples of eight bytes. */
function aligned(bytes: number): number {
  return (bytes + 7) & -8
}

/** Gives back the memory of {@link copiedColumns}. */
export function recycleColumns(columns: Columns): void {
  const numbers = columns[0]?.values ?? columns[0]?.children?.[0]?.values
  if (numbers) recycle(new Uint8Array(numbers.buffer))
}
