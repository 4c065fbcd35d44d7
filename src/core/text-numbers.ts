/**
 * Values read from JSON whose numbers were text, like those of CSV: as logits, such numbers are rounded to doubles, while
 * a bigint of a program or of a column of integers is not.
 */
import { hiddenProperty } from './hidden-property.js'

const marks = hiddenProperty<true>()

/** Marks a list or object, which may be new, as made from text. */
export function markTextNumbers<T extends object>(value: T): T {
  if (!marks.get(value)) marks.put(value, true)
  return value
}

/** Whether a value, or one that contains it, was made from text. */
export function hasTextNumbers(...values: unknown[]): boolean {
  return values.some((value) => typeof value === 'object' && value !== null && marks.get(value) === true)
}
