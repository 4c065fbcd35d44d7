/** A value of a table as a logit. */
import { isOverflow, readNumber } from '../number.js'
import type { Trouble } from './batch.js'

/** The number that a value is, or what is wrong with it. */
export function logitOf(value: unknown, missing: 'error' | '-inf'): number | Trouble {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value === null || value === undefined || (typeof value === 'string' && /^[ \t]*$/.test(value))) {
    return missing === '-inf' ? -Infinity : { code: 'E_MISSING', data: {} }
  }
  const cell = typeof value === 'object' ? 'a nested value' : String(value)
  const number = typeof value === 'string' ? readNumber(value) : undefined
  if (number === undefined) return { code: 'E_CELL', data: { cell } }
  return isOverflow(number, cell) ? { code: 'E_OVERFLOW', data: { cell } } : number
}

/**
 * Puts the logits of a row, a value a class, into `into` from `at` on; returns what is wrong with the row, if anything is.
 * `names` are those of the classes.
 */
export function putLogits(
  values: ArrayLike<unknown>,
  into: Float64Array,
  at: number,
  { missing, names }: { missing: 'error' | '-inf'; names: readonly string[] },
): Trouble | undefined {
  for (let index = 0; index < values.length; index++) {
    const logit = logitOf(values[index], missing)
    if (typeof logit !== 'number') return { ...logit, column: names[index] ?? String(index) }
    into[at + index] = logit
  }
  return undefined
}
