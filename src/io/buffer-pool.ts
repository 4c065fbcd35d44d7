/** A pool of block buffers: fresh pages from the system cost more than copying the bytes of a block. */

/** Free memory by size; memory in use, with the number of its parts that are still to be recycled. */
const spare = new Map<number, ArrayBuffer[]>()
const spareShared = new Map<number, SharedArrayBuffer[]>()
const acquired = new WeakMap<ArrayBufferLike, number>()
/** Foreign memory in use, with the function that takes it back. */
const adopted = new WeakMap<ArrayBufferLike, (memory: ArrayBufferLike) => void>()
/** Buffers that may be released, with the function that takes back their memory. */
const releasable = new WeakMap<Uint8Array, () => void>()
/** The number of free bytes. A run needs fewer: any excess is of sizes that are no longer used. */
let spareBytes = 0
const MOST_SPARE = 1 << 26

/**
 * Allocates a buffer with arbitrary contents, to be passed to {@link recycle} later, once per part if it is split into
 * `parts`; if that is omitted, it is garbage collected.
 */
export function acquire(length: number, parts = 1): Buffer<ArrayBuffer> {
  const size = sizeFor(length)
  return taken(takeSpare(spare, size) ?? Buffer.allocUnsafeSlow(size).buffer, length, parts)
}

/** The same in memory that threads can share. V8 does not count it, so that it must not become garbage in large amounts. */
export function acquireShared(length: number, parts = 1): Buffer<SharedArrayBuffer> {
  const size = sizeFor(length)
  return taken(takeSpare(spareShared, size) ?? new SharedArrayBuffer(size), length, parts)
}

function sizeFor(length: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(length, 1)))
}

/** Whether memory has one of the sizes of the pool: no other is ever reused. */
export function isReusable({ byteLength }: ArrayBufferLike): boolean {
  return sizeFor(byteLength) === byteLength
}

function takeSpare<Memory>(memories: ReadonlyMap<number, Memory[]>, size: number): Memory | undefined {
  const memory = memories.get(size)?.pop()
  if (memory) spareBytes -= size
  return memory
}

function taken<Memory extends ArrayBufferLike>(memory: Memory, length: number, parts: number): Buffer<Memory> {
  acquired.set(memory, parts)
  return Buffer.from(memory as ArrayBuffer, 0, length) as unknown as Buffer<Memory>
}

/** The same, to be passed to {@link release}. */
export function acquireReleasable(length: number): Buffer {
  const buffer = acquire(length)
  return onRelease(buffer, () => recycle(buffer))
}

/** Makes the used part of a buffer from {@link acquire} releasable. */
export function releasableOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  const bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
  return onRelease(bytes, () => recycle(bytes))
}

/** Registers foreign memory: after {@link recycle} was called for `parts` parts of it, `taken` takes it back. */
export function adopt(memory: ArrayBufferLike, parts: number, taken: (memory: ArrayBufferLike) => void): void {
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
  const bytes = acquireReleasable(Buffer.byteLength(text, encoding))
  bytes.write(text, encoding)
  return bytes
}

/** Concatenates parts into a pooled buffer, to be passed to {@link release}. */
export function acquireJoined(parts: readonly Uint8Array[]): Buffer {
  const all = acquireReleasable(parts.reduce((sum, { length }) => sum + length, 0))
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
  const take = adopted.get(buffer) ?? addToPool
  adopted.delete(buffer)
  take(buffer)
}

/** Adds unused memory to the pool, such as memory returned by another thread. */
export function addToPool(buffer: ArrayBufferLike): void {
  const size = buffer.byteLength
  if (size > MOST_SPARE) return
  if (spareBytes + size > MOST_SPARE) {
    spare.clear()
    spareShared.clear()
    spareBytes = 0
  }
  spareBytes += size
  if (buffer instanceof SharedArrayBuffer) addTo(spareShared, buffer)
  else addTo(spare, buffer)
}

function addTo<Memory extends ArrayBufferLike>(memories: Map<number, Memory[]>, memory: Memory): void {
  const others = memories.get(memory.byteLength)
  if (others) others.push(memory)
  else memories.set(memory.byteLength, [memory])
}
