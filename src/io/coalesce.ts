/**
 * Chunks put together: from a pipe they come by 64 KiB or less, and a block costs some 0.2 ms whatever is in it, so a
 * block of each would take a third more of the time.
 */
import { acquireJoined } from './buffer-pool.js'

/** How long the next chunk is waited for, in ms: a source that is as quick as we are takes less to give it. */
const PATIENCE = 1
/** How long a chunk is held, in ms, though more come; it takes some of them to score a block meanwhile. */
const LONGEST = 20

/**
 * The bytes of a source in chunks of `size`, as long as they come at once: what a slower source gave is held for some
 * milliseconds; and where it fails, that is told after what it gave. `release` takes back a chunk.
 */
export async function* coalesce(source: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]()
  let held: Buffer[] = []
  let room = size
  let since = 0
  const take = () => {
    const all = held.length === 1 ? held[0]! : acquireJoined(held)
    ;[held, room] = [[], size]
    return all
  }
  try {
    for (;;) {
      const next = chunks.next()
      if (held.length > 0 && !(await comesSoon(next, since))) yield take()
      const { done, value } = await next
      if (done) return
      for (let from = 0; from < value.length; ) {
        const part = value.subarray(from, from + room)
        if (held.length === 0) since = performance.now()
        held.push(part)
        from += part.length
        room -= part.length
        if (room === 0) yield take()
      }
    }
  } finally {
    // Not waited for: a source that has nothing for now would hold back the end.
    chunks.return?.(undefined)?.catch(() => {})
  }
}

/** Whether a source gives another chunk before long, and before those that are held `since` then are held too long. */
async function comesSoon(next: Promise<IteratorResult<Buffer>>, since: number): Promise<boolean> {
  const given = next.then(
    ({ done }) => !done,
    () => false,
  )
  if (performance.now() - since > LONGEST) return false
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, false)
  })
  try {
    return await Promise.race([given, patience])
  } finally {
    clearTimeout(timer)
  }
}
