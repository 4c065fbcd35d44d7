/**
 * Memory for blocks, used again once they are done with: to be given new pages for each block costs more than to copy
 * what is in it.
 */

/** What is not in use, by size; what is. */
const spare = new Map<number, ArrayBuffer[]>()
const lent = new WeakSet<ArrayBufferLike>()
/** Buffers that may be released. */
const whole = new WeakSet<Uint8Array>()
/** How many bytes are spare. A run has fewer under way: where there are more, they are of sizes that come no longer. */
let spareBytes = 0
const MOST_SPARE = 1 << 25

/** A buffer of that length with anything in it, which may be given to {@link recycle} later, and need not be. */
export function acquire(length: number): Buffer {
  const size = 2 ** Math.ceil(Math.log2(Math.max(length, 1)))
  const memory = spare.get(size)?.pop()
  if (memory) spareBytes -= size
  const taken = memory ?? Buffer.allocUnsafeSlow(size).buffer
  lent.add(taken)
  return Buffer.from(taken, 0, length)
}

/** The same, which {@link release} takes back. */
export function acquireWhole(length: number): Buffer {
  const buffer = acquire(length)
  whole.add(buffer)
  return buffer
}

/** A copy in memory that is lent. */
export function acquireCopy(bytes: Uint8Array): Buffer {
  const copy = acquire(bytes.length)
  copy.set(bytes)
  return copy
}

/** Parts in one buffer, in memory that is lent; {@link release} takes it back. */
export function acquireJoined(parts: readonly Uint8Array[]): Buffer {
  const all = acquireWhole(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Takes back a buffer of {@link acquireJoined}; once, as its memory may be lent again by then. */
export function release(buffer: Uint8Array): void {
  if (whole.delete(buffer)) recycle(buffer)
}

/** Takes back what {@link acquire} gave, or a part of it that is all that was used; anything else is left alone. */
export function recycle({ buffer }: Uint8Array): void {
  if (!lent.delete(buffer)) return
  const size = buffer.byteLength
  if (size > MOST_SPARE) return
  if (spareBytes + size > MOST_SPARE) {
    spare.clear()
    spareBytes = 0
  }
  spareBytes += size
  const others = spare.get(size)
  if (others) others.push(buffer as ArrayBuffer)
  else spare.set(size, [buffer as ArrayBuffer])
}
