/** The one way from a value to a logit. */
import { isOverflow, readNumber } from './number.js'
import type { RowError } from './record-batch.js'

/** The number that a value is, or what is wrong with it. Text is a number of the grammar in `number.ts`, or empty. */
export function logitOf(value: unknown, missing: 'error' | '-inf'): number | RowError {
  if (typeof value === 'number') return value
  if (typeof value === 'string') return logitOfText(value, missing)
  if (typeof value === 'bigint') return Number(value)
  if (value === null || value === undefined) return missingLogit(missing)
  return { code: 'E_CELL', info: { cell: typeof value === 'object' ? 'a nested value' : String(value) } }
}

function logitOfText(text: string, missing: 'error' | '-inf'): number | RowError {
  const number = readNumber(text)
  if (number === undefined)
    return /^[ \t]*$/.test(text) ? missingLogit(missing) : { code: 'E_CELL', info: { cell: text } }
  return isOverflow(number, text) ? { code: 'E_OVERFLOW', info: { cell: text } } : number
}

function missingLogit(missing: 'error' | '-inf'): number | RowError {
  return missing === '-inf' ? Number.NEGATIVE_INFINITY : { code: 'E_MISSING', info: {} }
}
