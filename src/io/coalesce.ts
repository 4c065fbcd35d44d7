/**
 * Joins small chunks: a pipe gives 64 KiB or less at a time, and a block costs some 0.2 ms whatever its size, so a block
 * for each chunk would take a third more time.
 */
import { acquireJoined, onRelease, release } from './buffer-pool.js'

/** How long to wait for the next chunk, in ms: a source as fast as the scorer takes less. */
const PATIENCE = 1
/** How long a chunk is held while more arrive, in ms. */
const LONGEST = 20

/** The time that {@link coalesce} goes by; tests pass one of their own. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number
  /** Calls back after so many milliseconds; returns a function that cancels the call. */
  after(milliseconds: number, callback: () => void): () => void
}

const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds)
    return () => clearTimeout(timer)
  },
}

/**
 * The bytes of a source in chunks of `size`, as long as the source is fast enough: what a slower source gave is held for
 * a few milliseconds. An error of the source comes after the bytes before it. Chunks are recycled with `release`.
 */
export async function* coalesce(
  source: AsyncIterable<Buffer>,
  size: number,
  clock: Clock = SYSTEM_CLOCK,
): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]()
  let held: Buffer[] = []
  let room = size
  let since = 0
  const take = () => {
    const all = held.length === 1 ? held[0]! : acquireJoined(held)
    if (held.length > 1) for (const chunk of held) release(chunk)
    ;[held, room] = [[], size]
    return all
  }
  try {
    for (;;) {
      const next = chunks.next()
      if (held.length > 0 && !(await comesSoon(next, since, clock))) yield take()
      const { done, value } = await next
      if (done) return
      for (let from = 0; from < value.length; ) {
        const part = value.length <= room && from === 0 ? value : value.subarray(from, from + room)
        if (held.length === 0) since = clock.now()
        held.push(part)
        from += part.length
        room -= part.length
        // Parts are done with in order.
        if (part !== value && from === value.length) onRelease(part, () => release(value))
        if (room === 0) yield take()
      }
    }
  } finally {
    // Not awaited: a source that has nothing to give yet would delay the end.
    chunks.return?.(undefined)?.catch(() => {})
  }
}

/** Whether the next chunk arrives soon, and before those held `since` then have been held for too long. */
async function comesSoon(next: Promise<IteratorResult<Buffer>>, since: number, clock: Clock): Promise<boolean> {
  const arrives = next.then(
    ({ done }) => !done,
    () => false,
  )
  if (clock.now() - since > LONGEST) return false
  let cancel = () => {}
  const tooLate = new Promise<boolean>((resolve) => {
    cancel = clock.after(PATIENCE, () => resolve(false))
  })
  try {
    return await Promise.race([arrives, tooLate])
  } finally {
    cancel()
  }
}
