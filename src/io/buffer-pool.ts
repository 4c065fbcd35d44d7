/** A pool of block buffers: fresh pages from the system cost more than copying the bytes of a block. */

/** Free memory by size; memory in use, with the number of its parts that are still to be recycled. */
const spare = new Map<number, ArrayBuffer[]>()
const acquired = new WeakMap<ArrayBufferLike, number>()
/** Foreign memory in use, with the function that takes it back. */
const adopted = new WeakMap<ArrayBufferLike, (memory: ArrayBuffer) => void>()
/** Buffers that may be released, with the function that takes back their memory. */
const releasable = new WeakMap<Uint8Array, () => void>()
/** The number of free bytes. A run needs fewer: any excess is of sizes that are no longer used. */
let spareBytes = 0
const MOST_SPARE = 1 << 25

/**
 * Allocates a buffer with arbitrary contents, to be passed to {@link recycle} later, once per part if it is split into
 * `parts`; if that is omitted, it is garbage collected.
 */
export function acquire(length: number, parts = 1): Buffer {
  const size = 2 ** Math.ceil(Math.log2(Math.max(length, 1)))
  const memory = spare.get(size)?.pop()
  if (memory) spareBytes -= size
  const taken = memory ?? Buffer.allocUnsafeSlow(size).buffer
  acquired.set(taken, parts)
  return Buffer.from(taken, 0, length)
}

/** The same, to be passed to {@link release}. */
export function acquireWhole(length: number): Buffer {
  const buffer = acquire(length)
  return onRelease(buffer, () => recycle(buffer))
}

/** Makes the used part of a buffer from {@link acquire} releasable. */
export function releasableOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  return onRelease(bytes, () => recycle(bytes))
}

/** Registers foreign memory: after {@link recycle} was called for `parts` parts of it, `taken` takes it back. */
export function adopt(memory: ArrayBuffer, parts: number, taken: (memory: ArrayBuffer) => void): void {
  acquired.set(memory, parts)
  adopted.set(memory, taken)
}

/** Makes bytes in any memory releasable: {@link release} calls `free`. */
export function onRelease(bytes: Buffer, free: () => void): Buffer {
  releasable.set(bytes, free)
  return bytes
}

/** Copies bytes into pooled memory. */
export function acquireCopy(bytes: Uint8Array): Buffer {
  const copy = acquire(bytes.length)
  copy.set(bytes)
  return copy
}

/** Encodes text into pooled memory, to be passed to {@link release}. V8 would collect fresh memory too late. */
export function acquireText(text: string, encoding: 'latin1' | 'utf8'): Buffer {
  const bytes = acquireWhole(Buffer.byteLength(text, encoding))
  bytes.write(text, encoding)
  return bytes
}

/** Concatenates parts into a pooled buffer, to be passed to {@link release}. */
export function acquireJoined(parts: readonly Uint8Array[]): Buffer {
  const all = acquireWhole(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Releases a releasable buffer, once: its memory may be reused immediately. Ignores any other buffer. */
export function release(buffer: Uint8Array): void {
  const free = releasable.get(buffer)
  releasable.delete(buffer)
  free?.()
}

/** Recycles memory from {@link acquire}, given the buffer or a part of it; ignores any other buffer. */
export function recycle({ buffer }: Uint8Array): void {
  const parts = acquired.get(buffer)
  if (parts === undefined) return
  if (parts > 1) {
    acquired.set(buffer, parts - 1)
    return
  }
  acquired.delete(buffer)
  const taken = adopted.get(buffer) ?? addToPool
  adopted.delete(buffer)
  taken(buffer as ArrayBuffer)
}

/** Adds unused memory to the pool, such as memory returned by another thread. */
export function addToPool(buffer: ArrayBuffer): void {
  const size = buffer.byteLength
  if (size > MOST_SPARE) return
  if (spareBytes + size > MOST_SPARE) {
    spare.clear()
    spareBytes = 0
  }
  spareBytes += size
  const others = spare.get(size)
  if (others) others.push(buffer)
  else spare.set(size, [buffer])
}
