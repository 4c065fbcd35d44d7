/** Finds lists inside objects, which may be the logits that an option has to select. */
import { isShapeKey } from './declared-shape.js'
import { hasMember, isTypedArray, MOST_LEVELS, memberOf } from './object-members.js'

/** A list, and its path as a selector. */
interface InnerList {
  path: string
  list: unknown[]
}

/** The first list in nested objects that passes a test; a shape does not count, as it belongs to another list. */
export function findList(
  test: (list: unknown[]) => boolean,
  value: unknown,
  path: string,
  deepest = MOST_LEVELS,
): InnerList | undefined {
  if (typeof value !== 'object' || value === null || deepest === 0) return undefined
  if (Array.isArray(value) || isTypedArray(value)) {
    const list = Array.from(value)
    return test(list) ? { path, list } : undefined
  }
  for (const key of keysOf(value)) {
    const found = isShapeKey(key) ? undefined : findList(test, memberOf(value, key), `${path}.${key}`, deepest - 1)
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether a list may be a row of logits. */
export function isNumbers(list: unknown[]): boolean {
  return list.length > 1 && list.every((item) => typeof item === 'number')
}

/** The keys of an object; first the data of a tensor, which its class may compute. */
function keysOf(value: object): string[] {
  const keys = Object.keys(value)
  // Each once: with a second visit at each level, nested objects would take exponential time.
  return hasMember(value, 'data') ? ['data', ...keys.filter((key) => key !== 'data')] : keys
}
