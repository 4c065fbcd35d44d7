/**
 * Transfers columns between threads: requests are copied once into shared memory, results are transferred without a
 * copy.
 */
import type { ColumnData, NumberArray } from '../core/column-data.js'
import type { Columns } from '../core/record-batch.js'
import { adopt, releasableOf } from './buffer-pool.js'

/** Shared memory for requests to another thread, reused and grown as needed. */
export class SharedRoom {
  #memory = new SharedArrayBuffer(0)
  /** Memory of the other thread to be returned to it. */
  readonly returned: ArrayBuffer[] = []

  /** Copies columns; the copies are valid until the next call. */
  copy(columns: Columns): Columns {
    const size = columns.reduce((sum, column) => sum + sizeOf(column), 0)
    if (size > this.#memory.byteLength) this.#memory = new SharedArrayBuffer(Math.ceil(size * 1.25))
    return copyInto(columns, this.#memory)
  }
}

/** Copies columns one after the other. */
export function copyInto(columns: Columns, memory: ArrayBufferLike, start = 0): Columns {
  let end = start
  const copy = <T extends NumberArray>(numbers: T): T => {
    const to = new Uint8Array(memory, end, numbers.byteLength)
    to.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
    end += aligned(numbers.byteLength)
    // A Buffer is copied as a plain Uint8Array.
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

/** The number of bytes that {@link copyInto} needs. */
export function sizeOf({ validity, values, offsets, children = [] }: ColumnData): number {
  const own = [validity, values, offsets].reduce((sum, numbers) => sum + aligned(numbers?.byteLength ?? 0), 0)
  return children.reduce((sum, child) => sum + sizeOf(child), own)
}

/** Aligns to eight bytes. */
function aligned(bytes: number): number {
  return (bytes + 7) & -8
}

/** Smaller arrays are copied, because they may be parts of memory that is used elsewhere. */
const LEAST_MOVED = 1 << 15

/**
 * Prepares a message to be sent with its large arrays transferred. An array that is a small part of its buffer is
 * copied, so that the rest is not transferred.
 */
export function handedOver<T>(message: T): { message: T; moved: ArrayBuffer[] } {
  const used = new Map<ArrayBufferLike, number>()
  visitArrays(message, ({ buffer, byteLength }) => used.set(buffer, (used.get(buffer) ?? 0) + byteLength))
  const isMoved = (buffer: ArrayBufferLike): buffer is ArrayBuffer =>
    buffer instanceof ArrayBuffer && buffer.byteLength >= LEAST_MOVED && used.get(buffer)! * 2 >= buffer.byteLength
  const mapped = mapArrays(message, (array) => (isMoved(array.buffer) ? array : array.slice()))
  return { message: mapped as T, moved: [...used.keys()].filter(isMoved) }
}

/**
 * A received message, with its bytes as buffers that are released once written: then `taken` receives memory of which
 * everything was released. Memory shared with other arrays is left alone.
 */
export function adoptedFrom<T>(message: T, taken: (memory: ArrayBuffer) => void): T {
  const parts = new Map<ArrayBufferLike, number>()
  visitArrays(message, (array) => {
    const isBytes = array instanceof Uint8Array && array.buffer.byteLength >= LEAST_MOVED
    parts.set(array.buffer, isBytes ? (parts.get(array.buffer) ?? 0) + 1 : Number.NaN)
  })
  for (const [memory, count] of parts) if (count > 0) adopt(memory as ArrayBuffer, count, taken)
  const isAdopted = ({ buffer }: NumberArray) => parts.get(buffer)! > 0
  return mapArrays(message, (array) => (isAdopted(array) ? releasableOf(array as Uint8Array) : array)) as T
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

/** A Buffer as a Uint8Array, whose `slice` copies. */
function plain(array: NumberArray): NumberArray {
  return Buffer.isBuffer(array) ? new Uint8Array(array.buffer, array.byteOffset, array.length) : array
}
