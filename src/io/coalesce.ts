/**
 * Coalesces small chunks: a pipe delivers at most 64 KiB at a time, and a block costs about 0.2 ms whatever its size,
 * so one block per chunk would take a third more time.
 */
import { acquireJoined, onRelease, release } from './buffer-pool.js'

/** How long to wait for the next chunk, in ms: a source as fast as the scorer needs less. */
const PATIENCE = 1
/** How long to delay a chunk while more arrive, in ms. */
const LONGEST = 20

/** The clock of {@link coalesce}; tests inject their own. */
export interface Clock {
  /** Milliseconds since an arbitrary origin. */
  now(): number
  /** Calls back after a delay; returns a function that cancels the call. */
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
 * Rechunks a source to chunks of `size`, as long as it is fast enough: bytes of a slower source are delayed by a few
 * milliseconds. An error of the source follows the bytes before it. Chunks are returned to the pool by `release`.
 */
export async function* coalesce(
  source: AsyncIterable<Buffer>,
  size: number,
  clock: Clock = SYSTEM_CLOCK,
): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]()
  let buffered: Buffer[] = []
  let room = size
  let since = 0
  const take = () => {
    const all = buffered.length === 1 ? buffered[0]! : acquireJoined(buffered)
    if (buffered.length > 1) for (const chunk of buffered) release(chunk)
    ;[buffered, room] = [[], size]
    return all
  }
  try {
    for (;;) {
      const next = chunks.next()
      if (buffered.length > 0 && !(await comesSoon(next, since, clock))) yield take()
      const { done, value } = await next
      if (done) return
      for (let from = 0; from < value.length; ) {
        const part = value.length <= room && from === 0 ? value : value.subarray(from, from + room)
        if (buffered.length === 0) since = clock.now()
        buffered.push(part)
        from += part.length
        room -= part.length
        // Parts are released in order.
        if (part !== value && from === value.length) onRelease(part, () => release(value))
        if (room === 0) yield take()
      }
    }
  } finally {
    // Not awaited: a source that is waiting for data would delay the end.
    chunks.return?.(undefined)?.catch(() => {})
  }
}

/** Whether the next chunk arrives soon enough, and before the bytes buffered since `since` were delayed too long. */
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
