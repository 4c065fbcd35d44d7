/** Nested rows of logits, such as those of the tokens of a sentence: which ones belong to each row of an input. */

/**
 * List offsets per level, outermost first, each with a final end offset. The items of the last level are rows of
 * logits.
 */
export type Nesting = readonly Int32Array[]

/** Values nested like the logits. */
export type Nested<T> = T | Nested<T>[]

/** The maximum nesting depth around rows of logits. */
export const DEEPEST = 8

/** The number of rows of logits. */
export function itemCount(nesting: Nesting): number {
  return nesting.reduce((count, offsets) => offsets[count]!, nesting[0]!.length - 1)
}

/** The range of a row's logits: the first row of logits, and the one after the last. */
export function itemRange(nesting: Nesting, row: number): [first: number, end: number] {
  let range: [number, number] = [row, row + 1]
  for (const offsets of nesting) range = [offsets[range[0]]!, offsets[range[1]]!]
  return range
}

/** The row that contains an item, and its index path. */
export function indexPath(nesting: Nesting, item: number): { row: number; path: number[] } {
  const path: number[] = []
  let at = item
  for (const offsets of nesting.toReversed()) {
    const list = lastAtMost(offsets, at)
    path.unshift(at - offsets[list]!)
    at = list
  }
  return { row: at, path }
}

/** The last list that begins at or before an item; empty lists after it may begin there too. */
function lastAtMost(offsets: Int32Array, item: number): number {
  let [low, high] = [0, offsets.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (offsets[middle]! <= item) low = middle
    else high = middle
  }
  return low
}

/** The item range of a list at a level. */
export function nestedRange(nesting: Nesting, level: number, list: number): [first: number, end: number] {
  return [nesting[level]![list]!, nesting[level]![list + 1]!]
}

/** The rows of logits that belong to some rows, in order. */
export function itemsOf(nesting: Nesting, rows: readonly number[]): number[] {
  const items: number[] = []
  for (const row of rows) {
    const [first, end] = itemRange(nesting, row)
    for (let item = first; item < end; item++) items.push(item)
  }
  return items
}

/** Reads a value for each row of logits of a row, nested like these. */
export function nestedValues<T>(nesting: Nesting, row: number, read: (item: number) => T, level = 0): Nested<T>[] {
  const [first, end] = nestedRange(nesting, level, row)
  const isLast = level === nesting.length - 1
  const values: Nested<T>[] = []
  for (let at = first; at < end; at++) {
    values.push(isLast ? read(at) : nestedValues(nesting, at, read, level + 1))
  }
  return values
}

/** The nesting of rows without logits. */
export function emptyNesting(rows: number, depth: number): Nesting {
  return Array.from({ length: depth }, (_, level) => new Int32Array(level === 0 ? rows + 1 : 1))
}

/** The nesting of a list value, by its first nonempty lists; undefined if it is not nested. */
export function nestingOf(value: unknown, deepest = DEEPEST): { depth: number; width: number } | undefined {
  if (!Array.isArray(value) || deepest === 0) return undefined
  for (const item of value) {
    if (item === null) continue
    if (!Array.isArray(item)) return undefined
    const found = isFlat(item) ? { depth: 0, width: item.length } : nestingOf(item, deepest - 1)
    if (found) return { depth: found.depth + 1, width: found.width }
    if (item.length > 0) return undefined
  }
  return undefined
}

/** Whether a list consists of numbers, some of which may be missing. */
export function isFlat(list: readonly unknown[]): boolean {
  return list.length > 0 && list.some((item) => typeof item === 'number') && !list.some(Array.isArray)
}
