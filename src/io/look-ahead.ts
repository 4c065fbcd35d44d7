/** Looks at what comes first out of a source, and takes nothing from it. */
import { setTimeout } from 'node:timers/promises'

/** How long the first rows are waited for, in ms. */
export const PATIENCE = 100

/**
 * Takes items as long as more are wanted and come in time; gives all of the source, these first. A source that is slower
 * than `milliseconds` in all is not waited for: its first items are to be worked on as they come. Where it fails, that
 * comes after what it gave.
 */
export async function lookAhead<T>(
  source: AsyncGenerator<T>,
  wantsMore: (item: T) => boolean,
  milliseconds: number,
): Promise<AsyncGenerator<T>> {
  const taken: T[] = []
  const timer = new AbortController()
  const late = setTimeout(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined)
  for (;;) {
    const next = source.next()
    const found = await Promise.race([next.catch(() => undefined), late])
    if (found && !found.done) taken.push(found.value)
    if (found && !found.done && wantsMore(found.value)) continue
    timer.abort()
    return all(taken, found && !found.done ? undefined : next, source)
  }
}

/** `pending` is what was asked for and did not come in time. */
async function* all<T>(
  taken: T[],
  pending: Promise<IteratorResult<T>> | undefined,
  source: AsyncGenerator<T>,
): AsyncGenerator<T> {
  // Nobody waits for it where the rest is not asked for.
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
