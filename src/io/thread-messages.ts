/** Messages with arrays between threads: large arrays are not copied. */
import type { NumberArray } from '../core/column-data.js'
import { adopt, isReusable, releasableOf } from './buffer-pool.js'
import { resultCopy } from './column-pool.js'

/** Smaller arrays are copied, because they may be parts of memory that is used elsewhere. */
const LEAST_MOVED = 1 << 15

/**
 * Prepares a message to be sent with its large arrays shared or transferred. An array that is a small part of its
 * buffer is copied, so that the rest is not passed on.
 */
export function handedOver<T>(message: T): { message: T; moved: ArrayBuffer[] } {
  const used = new Map<ArrayBufferLike, number>()
  visitArrays(message, ({ buffer, byteLength }) => used.set(buffer, (used.get(buffer) ?? 0) + byteLength))
  const isPassed = (buffer: ArrayBufferLike) =>
    buffer.byteLength >= LEAST_MOVED && used.get(buffer)! * 2 >= buffer.byteLength
  const mapped = mapArrays(message, (array) => (isPassed(array.buffer) ? array : array.slice()))
  return { message: mapped as T, moved: transferable([...used.keys()].filter(isPassed)) }
}

/**
 * A reply with copies of its arrays in memory of the request: the thread that sent the request may reuse that memory once
 * it has the reply, and does not recognize it there, as it receives shared memory as a new object.
 */
export function withoutMemoryOf<T>(request: unknown, reply: T): T {
  const memories = new Set<ArrayBufferLike>()
  visitArrays(request, ({ buffer }) => memories.add(buffer))
  return mapArrays(reply, (array) => (memories.has(array.buffer) ? copyOf(array) : array)) as T
}

function copyOf(array: NumberArray): NumberArray {
  return array instanceof Uint8Array && array.length >= LEAST_MOVED ? resultCopy(array) : array.slice()
}

/** Memory that is transferred, not shared. */
export function transferable(memories: readonly ArrayBufferLike[]): ArrayBuffer[] {
  return memories.filter((memory) => memory instanceof ArrayBuffer)
}

/**
 * A received message, with its bytes as buffers that are released once written: then `taken` receives memory of which
 * everything was released. Memory shared with other arrays is not adopted.
 */
export function adoptedFrom<T>(message: T, taken: (memory: ArrayBufferLike) => void): T {
  const parts = new Map<ArrayBufferLike, number>()
  visitArrays(message, (array) => {
    const { buffer } = array
    const isBytes = array instanceof Uint8Array && buffer.byteLength >= LEAST_MOVED && isReusable(buffer)
    parts.set(buffer, isBytes ? (parts.get(buffer) ?? 0) + 1 : Number.NaN)
  })
  for (const [memory, count] of parts) if (count > 0) adopt(memory, count, taken)
  const isAdopted = ({ buffer }: NumberArray) => parts.get(buffer)! > 0
  return mapArrays(message, (array) => (isAdopted(array) ? releasableOf(array as Uint8Array) : array)) as T
}

/** The number of bytes of all arrays in a message. */
export function sizeOfArrays(message: unknown): number {
  let size = 0
  visitArrays(message, ({ byteLength }) => {
    size += byteLength
  })
  return size
}

function visitArrays(value: unknown, visit: (array: NumberArray) => void): void {
  if (ArrayBuffer.isView(value)) visit(value as NumberArray)
  else if (typeof value === 'object' && value !== null && !(value instanceof Map))
    for (const item of Object.values(value)) visitArrays(item, visit)
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
