/** Prevents formula injection in spreadsheets. */
import type { Dialect } from './dialect.js'
import { isNumber, withPoint } from './number.js'

/**
 * Creates the function that prefixes text that a spreadsheet would take for a formula with `'`, which spreadsheets
 * display as text. Numbers are not changed, nor those with a decimal comma if the output has decimal commas.
 */
export function formulaEscaper(
  escapeFormulas: boolean | undefined,
  { decimalComma }: Pick<Dialect, 'decimalComma'>,
): (text: string) => string {
  if (!escapeFormulas) return (text) => text
  const isNumeric = (text: string) => isNumber(text) || (decimalComma && isNumber(withPoint(text)))
  return (text) => (/^[=+\-@\t\r]/.test(text) && !isNumeric(text) ? `'${text}` : text)
}
