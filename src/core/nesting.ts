/** Rows of logits that stand in lists, as those of the tokens of a sentence: which of them each row of an input has. */

/**
 * For each level of lists, from the outside: where the items of each list begin among those of the next level, and behind
 * the last where these end. The items of the last level are rows of logits.
 */
export type Nesting = readonly Int32Array[]

/** Values that are nested as the logits are. */
export type Nested<T> = T | Nested<T>[]

/** The most levels of lists around rows of logits. */
export const DEEPEST = 8

/** How many rows of logits there are. */
export function itemCount(nesting: Nesting): number {
  return nesting.reduce((count, offsets) => offsets[count]!, nesting[0]!.length - 1)
}

/** The first row of logits of a row, and that behind its last. */
export function itemRange(nesting: Nesting, row: number): [first: number, end: number] {
  let range: [number, number] = [row, row + 1]
  for (const offsets of nesting) range = [offsets[range[0]]!, offsets[range[1]]!]
  return range
}

/** The first item, and that behind the last, of a list of a level. */
export function nestedRange(nesting: Nesting, level: number, list: number): [first: number, end: number] {
  return [nesting[level]![list]!, nesting[level]![list + 1]!]
}

/** The rows of logits of some rows, in order. */
export function itemsOf(nesting: Nesting, rows: readonly number[]): number[] {
  const items: number[] = []
  for (const row of rows) {
    const [first, end] = itemRange(nesting, row)
    for (let item = first; item < end; item++) items.push(item)
  }
  return items
}

/** What is read of each row of logits of a row, nested as these are. */
export function nestedValues<T>(nesting: Nesting, row: number, read: (item: number) => T, level = 0): Nested<T>[] {
  const [first, end] = nestedRange(nesting, level, row)
  const isLast = level === nesting.length - 1
  const values: Nested<T>[] = []
  for (let at = first; at < end; at++) {
    values.push(isLast ? read(at) : nestedValues(nesting, at, read, level + 1))
  }
  return values
}

/** Rows that have no logits. */
export function emptyNesting(rows: number, depth: number): Nesting {
  return Array.from({ length: depth }, (_, level) => new Int32Array(level === 0 ? rows + 1 : 1))
}

/** How lists of lists of numbers are nested, by the first of these that is not empty; undefined where they are not. */
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

/** True of a list of numbers, some of which may be missing. */
export function isFlat(list: readonly unknown[]): boolean {
  return list.length > 0 && list.some((item) => typeof item === 'number') && !list.some(Array.isArray)
}
