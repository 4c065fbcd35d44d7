/** Copied text usually has no header: whether its first line is evidently a row. */
import { fromBytes } from '../../core/dialect.js'
import { shown } from '../../core/errors.js'
import { looksLikeData } from '../../core/header-names.js'
import { isNumber } from '../../core/number.js'
import { optionText } from '../../core/option-words.js'
import { NULL_CELL } from './escapes.js'
import { hasList } from './list-cells.js'

/** Whether raw cells are a row: one is null, a list of numbers or a number that is no name, or all are numbers. */
export function isCopiedRow(cells: readonly string[]): boolean {
  return cells.some((cell) => cell === NULL_CELL || hasList(cell) || isNoName(cell)) || looksLikeData(cells)
}

/** Whether a cell is a number with a point, a sign or an exponent: classes may be called 0, 1 and 2. */
function isNoName(cell: string): boolean {
  return /\d/.test(cell) && isNumber(cell) && !/^\s*\d+\s*$/.test(cell)
}

/** The announcement that the first line is taken for a row. */
export function copiedRowWarning(cells: readonly string[]): string {
  const line = shown(fromBytes(cells.join('\t')))
  return `the first line, ${line}, is read as a row; ${optionText('header', true)} reads it as column names`
}
