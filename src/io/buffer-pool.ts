/** A pool of memory for blocks: fresh pages from the system for each block cost more than a copy of its bytes. */

/** Memory that is free, by size; memory that is in use, and how many parts of it are still to be given back. */
const spare = new Map<number, ArrayBuffer[]>()
const acquired = new WeakMap<ArrayBufferLike, number>()
/** Memory in use that is not of this pool, and what takes it back. */
const adopted = new WeakMap<ArrayBufferLike, (memory: ArrayBuffer) => void>()
/** Buffers that may be released, and what takes back their memory then. */
const releasable = new WeakMap<Uint8Array, () => void>()
/** How many bytes are free. A run uses fewer: where there are more, they are of sizes that are no longer needed. */
let spareBytes = 0
const MOST_SPARE = 1 << 25

/**
 * A buffer of that length with arbitrary contents, for {@link recycle} later, of each of so many parts where it has some; the
 * garbage collector takes it otherwise.
 */
export function acquire(length: number, parts = 1): Buffer {
  const size = 2 ** Math.ceil(Math.log2(Math.max(length, 1)))
  const memory = spare.get(size)?.pop()
  if (memory) spareBytes -= size
  const taken = memory ?? Buffer.allocUnsafeSlow(size).buffer
  acquired.set(taken, parts)
  return Buffer.from(taken, 0, length)
}

/** The same, for {@link release}. */
export function acquireWhole(length: number): Buffer {
  const buffer = acquire(length)
  return onRelease(buffer, () => recycle(buffer))
}

/** All that is used of some memory of {@link acquire}, for {@link release}. */
export function releasableOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  return onRelease(bytes, () => recycle(bytes))
}

/** Memory that is not of this pool: once {@link recycle} was called for so many parts of it, `taken` takes it back. */
export function adopt(memory: ArrayBuffer, parts: number, taken: (memory: ArrayBuffer) => void): void {
  acquired.set(memory, parts)
  adopted.set(memory, taken)
}

/** Bytes in any memory, which `free` takes back at their {@link release}. */
export function onRelease(bytes: Buffer, free: () => void): Buffer {
  releasable.set(bytes, free)
  return bytes
}

/** A copy in memory of the pool. */
export function acquireCopy(bytes: Uint8Array): Buffer {
  const copy = acquire(bytes.length)
  copy.set(bytes)
  return copy
}

/** A text as bytes in memory of the pool, for {@link release}: of fresh memory for each, V8 collects none before there is much. */
export function acquireText(text: string, encoding: 'latin1' | 'utf8'): Buffer {
  const bytes = acquireWhole(Buffer.byteLength(text, encoding))
  bytes.write(text, encoding)
  return bytes
}

/** Parts joined in one buffer of the pool, for {@link release}. */
export function acquireJoined(parts: readonly Uint8Array[]): Buffer {
  const all = acquireWhole(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Gives back the memory of a buffer that is for this, once: it may be in use again by then. Ignores any other buffer. */
export function release(buffer: Uint8Array): void {
  const free = releasable.get(buffer)
  releasable.delete(buffer)
  free?.()
}

/** Recycles the memory of {@link acquire}, given it or a part of it; ignores any other buffer. */
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

/** Takes memory into the pool that nothing uses, such as what another thread gave back. */
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
