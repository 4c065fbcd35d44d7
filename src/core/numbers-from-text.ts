/**
 * Values read from JSON whose numbers were text, like those of CSV: as logits, such numbers are rounded to doubles, while
 * a bigint of a program or of a column of integers is not.
 */
import { hiddenProperty } from './hidden-property.js'

const fromText = hiddenProperty<true>()

/** Notes that a list or object, which may be new, was made from text. */
export function putTextNumbers<T extends object>(value: T): T {
  if (!fromText.get(value)) fromText.put(value, true)
  return value
}

/** Whether a value was made from text. Called for each row. */
export function hasTextNumbers(value: unknown): boolean {
  return typeof value === 'object' && value !== null && fromText.get(value) === true
}
