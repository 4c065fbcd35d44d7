/** Runs tasks concurrently, with their results in order. */

/**
 * Runs a task per item, several concurrently, and yields the results in item order. At most `limit` are in progress or
 * waiting to be consumed.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  run: (item: Item) => Promise<Result>,
  limit: number,
): AsyncGenerator<Result> {
  const source = items[Symbol.asyncIterator]()
  const running: Promise<Result>[] = []
  let next: Promise<IteratorResult<Item>> | undefined = quiet(source.next())
  try {
    while (next || running.length > 0) {
      const [head] = running
      if (head && (!next || running.length >= limit || (await isFirst(head, next)))) {
        yield await head
        running.shift()
        continue
      }
      const { done, value }: IteratorResult<Item> = await next!
      next = done ? undefined : quiet(source.next())
      if (!done) running.push(quiet(run(value)))
    }
  } finally {
    // Not awaited: a source that is waiting for data would delay the end, and the error that caused it.
    quiet(Promise.resolve(source.return?.()))
  }
}

/** Whether a result is available before the next item, so that a slow source does not delay it. */
function isFirst(result: Promise<unknown>, item: Promise<unknown>): Promise<boolean> {
  return Promise.race([result.then(() => true), item.then(() => false)])
}

/** Handles the rejection of a promise, which will be observed later. */
function quiet<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {})
  return promise
}
