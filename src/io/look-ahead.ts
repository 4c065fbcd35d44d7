/** Peeks at the first items of a source without consuming them. */
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'

/** How long to wait for items while idle, in ms. */
const PATIENCE = 100

/**
 * Collects items as long as more are wanted and arrive in time; returns a source of all items, including these. It
 * stops waiting once the process was idle for {@link PATIENCE} in total: then the first items should be processed as they
 * arrive. CPU time does not count, so the result for a file does not depend on machine load. If the source fails, the
 * error follows the items before it; `ended` is called if it has no more items than these.
 */
export async function lookAhead<T>(
  source: AsyncGenerator<T>,
  wantsMore: (item: T) => boolean,
  ended?: () => void,
): Promise<AsyncGenerator<T>> {
  const taken: T[] = []
  const timer = new AbortController()
  const late = idleFor(PATIENCE, timer.signal).catch(() => undefined)
  for (;;) {
    const next = source.next()
    const found = await Promise.race([next.catch(() => undefined), late])
    if (found && !found.done) taken.push(found.value)
    if (found && !found.done && wantsMore(found.value)) continue
    timer.abort()
    if (found?.done) ended?.()
    return all(taken, found && !found.done ? undefined : next, source)
  }
}

/** The maximum idle time counted per wait, in ms: a process waiting for the CPU would seem idle for longer. */
const TICK = 10

/** Waits until the event loop has been idle for that long. */
async function idleFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  for (let idle = 0; idle < milliseconds; ) {
    const before = idleTime()
    await setTimeout(TICK, undefined, { signal })
    idle += Math.min(TICK, idleTime() - before)
  }
}

function idleTime(): number {
  return performance.eventLoopUtilization().idle
}

/** `pending` is a requested item that did not arrive in time. */
async function* all<T>(
  taken: T[],
  pending: Promise<IteratorResult<T>> | undefined,
  source: AsyncGenerator<T>,
): AsyncGenerator<T> {
  // It is never awaited if the consumer stops early.
  pending?.catch(() => {})
  try {
    yield* taken
    const found = await pending
    if (found?.done) return
    if (found) yield found.value
    yield* source
  } finally {
    // Not awaited: a source that is waiting for data would delay the end.
    source.return(undefined).catch(() => {})
  }
}
