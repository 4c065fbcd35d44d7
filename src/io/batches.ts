/** Splits and merges batches of items. */

/** Batches of one item each. */
export async function* oneByOne<Item>(items: AsyncIterable<Item>): AsyncGenerator<[Item]> {
  for await (const item of items) yield [item]
}

/** Flattens batches. */
export async function* itemsOf<Item>(batches: AsyncIterable<Iterable<Item>>): AsyncGenerator<Item> {
  for await (const batch of batches) yield* batch
}

/** Rebatches items: `size` per batch, except the last. */
export async function* resized<Item>(batches: AsyncIterable<readonly Item[]>, size: number): AsyncGenerator<Item[]> {
  const buffered: Item[] = []
  for await (const batch of batches) {
    buffered.push(...batch)
    while (buffered.length >= size) yield buffered.splice(0, size)
  }
  if (buffered.length > 0) yield buffered
}
