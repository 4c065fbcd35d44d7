/** Recognizes the header of another file among rows, as if files were concatenated. */
import { isLogitName, plainName } from './column-name.js'
import { headerDifference } from './header-difference.js'
import { isNumber } from './number.js'
import type { RowError } from './record-batch.js'

/**
 * The error of a bad row if it is a header: E_REPEATED if it has the names of the columns in their order, E_SCHEMA if
 * not, as the rows below then have other columns. Undefined if it is no header.
 */
export function secondHeader(cells: readonly string[], columns: readonly string[]): RowError | undefined {
  // Most bad rows have a number, and most headers have none.
  if (cells.some(isNumber) && !columns.some(isNumber)) return undefined
  const [found, names] = [cells.map(plainName), columns.map(plainName)]
  if (!isHeader(found, new Set(names))) return undefined
  if (ordered(found) === ordered(names)) return { code: 'E_REPEATED', info: {} }
  return { code: 'E_SCHEMA', info: { header: [...cells], difference: headerDifference(found, names, 'the first one') } }
}

/** Whether most cells are names; if some are numbers, whether all are the names of the columns, and not all numbers. */
function isHeader(cells: readonly string[], names: ReadonlySet<string>): boolean {
  const known = new Set(cells.filter((cell) => names.has(cell) || isLogitName(cell))).size
  if (cells.some(isNumber)) return known === cells.length && known === names.size && !cells.every(isNumber)
  return 2 * known > Math.max(cells.length, names.size)
}

/** Names in order, without those that only one of header and rows may have: see `formats/csv/header.ts`. */
function ordered(names: readonly string[]): string {
  const start = names[0] === '#' || names[0] === 'row_names' ? 1 : 0
  return names.slice(start, names.length > 1 && names.at(-1) === '' ? -1 : undefined).join('\0')
}
