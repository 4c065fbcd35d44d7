/** A value of a table as a logit. */
import { isOverflow, readNumber } from './number.js'
import type { RowError } from './record-batch.js'

/** The number that a value is, or what is wrong with it. */
export function logitOf(value: unknown, missing: 'error' | '-inf'): number | RowError {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value === null || value === undefined || (typeof value === 'string' && /^[ \t]*$/.test(value))) {
    return missing === '-inf' ? -Infinity : { code: 'E_MISSING', info: {} }
  }
  const cell = typeof value === 'object' ? 'a nested value' : String(value)
  const number = typeof value === 'string' ? readNumber(value) : undefined
  if (number === undefined) return { code: 'E_CELL', info: { cell } }
  return isOverflow(number, cell) ? { code: 'E_OVERFLOW', info: { cell } } : number
}
