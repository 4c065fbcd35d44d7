/** Text that a spreadsheet would run. */
import { isNumber } from './number.js'

/**
 * Keeps text that begins as a formula does from being taken for one: spreadsheets show what stands behind a `'` as text.
 * Numbers are none.
 */
export function escapeFormula(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && !isNumber(text) ? `'${text}` : text
}
