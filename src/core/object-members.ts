/** The members of JavaScript objects: their own properties, and those that their class computes, as tensors have. */

/** The value of a member; undefined if there is none. What all objects inherit is no member. */
export function memberOf(value: object, key: string): unknown {
  return hasMember(value, key) ? (value as Record<string, unknown>)[key] : undefined
}

/** Whether an object has a member. Arrays have only their items. */
export function hasMember(value: object, key: string): boolean {
  const isArray = Array.isArray(value) || ArrayBuffer.isView(value)
  if (Object.hasOwn(value, key)) return !isArray || /^\d+$/.test(key)
  if (isArray) return false
  for (let of = Object.getPrototypeOf(value); of && of !== Object.prototype; of = Object.getPrototypeOf(of)) {
    const property = Object.getOwnPropertyDescriptor(of, key)
    if (property) return property.get !== undefined
  }
  return false
}

/** Whether a value is an array of numbers of one type. */
export function isTypedArray(value: unknown): value is ArrayLike<number | bigint> {
  return ArrayBuffer.isView(value) && !(value instanceof DataView || value instanceof Uint8Array)
}

/** The recursion limit of searches in values: a line of 16 MiB may be nested more deeply than the stack allows. */
export const MOST_LEVELS = 64
