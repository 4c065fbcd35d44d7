/** Prevents formula injection in spreadsheets. */
import { isNumber } from './number.js'

/**
 * Prefixes text that a spreadsheet would take for a formula with `'`, which spreadsheets display as text. Numbers are
 * not changed.
 */
export function escapeFormula(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && !isNumber(text) ? `'${text}` : text
}
