/** Items of an async source in batches. */
import { setImmediate } from 'node:timers/promises'

/**
 * Batches of up to `size` items. A `prompt` batch holds what the source gives before the event loop has gone round, so
 * that no item waits for the next one; any other is full, but for the last.
 */
export async function* inBatches<Item>(
  source: AsyncIterable<Item>,
  size: number,
  prompt: boolean,
): AsyncGenerator<Item[]> {
  const items = source[Symbol.asyncIterator]()
  let batch: Item[] = []
  let turn: Promise<undefined> | undefined
  for (let next = items.next(); ; ) {
    const found = await (turn ? Promise.race([next, turn]) : next)
    if (found && !found.done) {
      batch.push(found.value)
      if (prompt) turn ??= setImmediate(undefined)
      next = items.next()
      // It is not awaited where the stream is destroyed before this batch is read.
      next.catch(() => {})
    }
    if (batch.length > 0 && (!found || found.done || batch.length === size)) {
      yield batch
      batch = []
      turn = undefined
    }
    if (found?.done) return
  }
}
