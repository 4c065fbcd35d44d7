/** Columns on their way between threads: copied once into memory that both share, and handed back without a copy. */
import type { ColumnData, NumberArray } from '../core/column-data.js'
import type { Columns } from '../core/record-batch.js'

/** Memory that columns are put into, again and again; it grows where they need more. */
export class SharedRoom {
  #memory = new SharedArrayBuffer(0)

  /** Copies of columns, each of which is good until the next call. */
  copy(columns: Columns): Columns {
    const size = columns.reduce((sum, column) => sum + sizeOf(column), 0)
    if (size > this.#memory.byteLength) this.#memory = new SharedArrayBuffer(Math.ceil(size * 1.25))
    return copyInto(columns, this.#memory)
  }
}

/** Copies of columns, one after the other. */
export function copyInto(columns: Columns, memory: ArrayBufferLike, start = 0): Columns {
  let end = start
  const copy = <T extends NumberArray>(numbers: T): T => {
    const to = new Uint8Array(memory, end, numbers.byteLength)
    to.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
    end += aligned(numbers.byteLength)
    // A Buffer is copied as the bytes that it has.
    const { constructor } = numbers instanceof Uint8Array ? to : numbers
    return new (constructor as Constructor<T>)(memory, to.byteOffset, numbers.length)
  }
  return columns.map((column) => mapBuffers(column, copy))
}

type Constructor<T> = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T

function mapBuffers(column: ColumnData, map: <T extends NumberArray>(numbers: T) => T): ColumnData {
  const { validity, values, offsets, children } = column
  return {
    ...column,
    ...(validity && { validity: map(validity) }),
    ...(values && { values: map(values) }),
    ...(offsets && { offsets: map(offsets) }),
    ...(children && { children: children.map((child) => mapBuffers(child, map)) }),
  }
}

/** The bytes that {@link copyInto} needs. */
export function sizeOf({ validity, values, offsets, children = [] }: ColumnData): number {
  const own = [validity, values, offsets].reduce((sum, numbers) => sum + aligned(numbers?.byteLength ?? 0), 0)
  return children.reduce((sum, child) => sum + sizeOf(child), own)
}

/** Numbers begin at multiples of eight bytes. */
function aligned(bytes: number): number {
  return (bytes + 7) & -8
}

/** Smaller arrays are copied: they may be parts of memory that others use. */
const LEAST_MOVED = 1 << 15

/**
 * A message with the memory of its large arrays, to be handed to another thread. What is a small part of its memory is
 * copied, so that the rest does not go with it.
 */
export function handedOver<T>(message: T): { message: T; moved: ArrayBuffer[] } {
  const used = new Map<ArrayBufferLike, number>()
  visitArrays(message, ({ buffer, byteLength }) => used.set(buffer, (used.get(buffer) ?? 0) + byteLength))
  const isMoved = (buffer: ArrayBufferLike): buffer is ArrayBuffer =>
    buffer instanceof ArrayBuffer && buffer.byteLength >= LEAST_MOVED && used.get(buffer)! * 2 >= buffer.byteLength
  const mapped = mapArrays(message, (array) => (isMoved(array.buffer) ? array : array.slice()))
  return { message: mapped as T, moved: [...used.keys()].filter(isMoved) }
}

function visitArrays(value: unknown, visit: (array: NumberArray) => void): void {
  mapArrays(value, (array) => {
    visit(array)
    return array
  })
}

function mapArrays(value: unknown, map: (array: NumberArray) => NumberArray): unknown {
  if (ArrayBuffer.isView(value)) return map(plain(value as NumberArray))
  if (Array.isArray(value)) return value.map((item) => mapArrays(item, map))
  if (typeof value !== 'object' || value === null || value instanceof Map) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapArrays(item, map)]))
}

/** A Buffer as the bytes that it is: its own `slice` is no copy. */
function plain(array: NumberArray): NumberArray {
  return Buffer.isBuffer(array) ? new Uint8Array(array.buffer, array.byteOffset, array.length) : array
}
