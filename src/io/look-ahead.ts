/** Looks at what comes first out of a source, and takes nothing from it. */
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'

/** How long the first rows are waited for while there is nothing to do, in ms. */
export const PATIENCE = 100

/**
 * Takes items as long as more are wanted and come in time; gives all of the source, these first. A source that leaves the
 * process idle for `milliseconds` in all is not waited for: its first items are to be worked on as they come. Time that
 * the processor spends does not count, so that what is found in a file does not depend on the load of the machine. Where
 * the source fails, that comes after what it gave.
 */
export async function lookAhead<T>(
  source: AsyncGenerator<T>,
  wantsMore: (item: T) => boolean,
  milliseconds: number,
): Promise<AsyncGenerator<T>> {
  const taken: T[] = []
  const timer = new AbortController()
  const late = idleFor(milliseconds, timer.signal).catch(() => undefined)
  for (;;) {
    const next = source.next()
    const found = await Promise.race([next.catch(() => undefined), late])
    if (found && !found.done) taken.push(found.value)
    if (found && !found.done && wantsMore(found.value)) continue
    timer.abort()
    return all(taken, found && !found.done ? undefined : next, source)
  }
}

/** Of one wait this much counts as idle at most, in ms: a process that has to wait for the processor seems idle for longer. */
const TICK = 10

/** Waits until the event loop has been idle for so long. */
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

/** `pending` is what was asked for and did not come in time. */
async function* all<T>(
  taken: T[],
  pending: Promise<IteratorResult<T>> | undefined,
  source: AsyncGenerator<T>,
): AsyncGenerator<T> {
  // It is not awaited where the rest is not asked for.
  pending?.catch(() => {})
  try {
    yield* taken
    const found = await pending
    if (found?.done) return
    if (found) yield found.value
    yield* source
  } finally {
    // Not waited for: a source that has nothing for now would hold back the end.
    source.return(undefined).catch(() => {})
  }
}
