/** Columns in pooled memory. */
import type { ColumnData, NumberArray } from '../core/column-data.js'
import type { Columns } from '../core/record-batch.js'
import { acquire, acquireShared, recycle, releasableOf } from './buffer-pool.js'

type Allocate = (length: number, parts?: number) => Buffer<ArrayBufferLike>

/** Where this thread allocates columns that were read, and columns of results. */
let allocateInput: Allocate = acquire
let allocateResult: Allocate = acquire

/** From now on, allocates columns that are read in memory that other threads can use, which takes longer to copy. */
export function shareInputs(): void {
  allocateInput = acquireShared
}

/** The same for results. */
export function shareResults(): void {
  allocateResult = acquireShared
}

/** Allocates memory for columns that are read, to be passed to `recycle`. */
export function acquireInput(bytes: number): Buffer<ArrayBufferLike> {
  return allocateInput(bytes)
}

/** Copies columns into one buffer, to be passed to {@link recycleColumns}. */
export function copiedColumns(columns: Columns): Columns {
  const { buffer, byteOffset } = allocateInput(sizeOfAll(columns))
  return copyInto(columns, buffer, byteOffset)
}

/** The columns in memory that is not shared: copies of {@link copiedColumns} may be. */
export function unsharedColumns(columns: Columns): Columns {
  if (allocateInput === acquire) return columns
  return copyInto(columns, new ArrayBuffer(sizeOfAll(columns)), 0)
}

/** Recycles the memory of {@link copiedColumns}. */
export function recycleColumns(columns: Columns): void {
  const numbers = columns[0]?.values ?? columns[0]?.children?.[0]?.values
  if (numbers) recycle(new Uint8Array(numbers.buffer))
}

/** Copies columns one after the other. */
function copyInto(columns: Columns, memory: ArrayBufferLike, start: number): Columns {
  let end = start
  const copy = <T extends NumberArray>(numbers: T): T => {
    const to = new Uint8Array(memory, end, numbers.byteLength)
    to.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
    end += aligned(numbers.byteLength)
    // A Buffer is copied as a plain Uint8Array.
    const { constructor } = numbers instanceof Uint8Array ? to : numbers
    return new (constructor as NumberArrayConstructor)(memory, to.byteOffset, numbers.length) as T
  }
  return columns.map((column) => mapBuffers(column, copy))
}

type NumberArrayConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => NumberArray

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
function sizeOfAll(columns: Columns): number {
  return columns.reduce((sum, column) => sum + sizeOf(column), 0)
}

function sizeOf({ validity, values, offsets, children = [] }: ColumnData): number {
  const own = [validity, values, offsets].reduce((sum, numbers) => sum + aligned(numbers?.byteLength ?? 0), 0)
  return children.reduce((sum, child) => sum + sizeOf(child), own)
}

/** Aligns to eight bytes. */
function aligned(bytes: number): number {
  return (bytes + 7) & -8
}

/** Memory from which pieces are taken, with the number of pieces not yet taken. */
const pieces = new WeakMap<ArrayBufferLike, number>()

/** Allocates memory for `count` arrays of equal length, each of which {@link asPiece} takes. */
function acquirePieces(bytes: number, count: number): Buffer<ArrayBufferLike> {
  const room = allocateResult(bytes, count)
  pieces.set(room.buffer, count)
  return room
}

/** Allocates an array of the same type with arbitrary contents, in pooled memory; {@link asPiece} takes it. */
export function acquireNumbers(like: NumberArray, length: number): NumberArray {
  const { buffer, byteOffset } = acquirePieces(length * like.BYTES_PER_ELEMENT, 1)
  if (like instanceof Uint8Array) return new Uint8Array(buffer, byteOffset, length)
  return new (like.constructor as NumberArrayConstructor)(buffer, byteOffset, length)
}

/** Copies bytes into pooled memory of results. */
export function resultCopy(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset } = allocateResult(bytes.length)
  const copy = new Uint8Array(buffer, byteOffset, bytes.length)
  copy.set(bytes)
  return copy
}

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
