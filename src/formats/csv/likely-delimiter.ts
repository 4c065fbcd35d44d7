/** What may stand between cells where it is not what was asked for: the delimiters that messages propose. */

import { isNumber } from '../../core/number.js'
import { WHITESPACE } from '../../core/options.js'
import type { Block } from '../../core/record-batch.js'

/** What stands between the first two cells, where both are in quotes and it is another delimiter. */
export function delimiterBehindQuote(block: Block, start: number): string | undefined {
  if (!Buffer.isBuffer(block)) return undefined
  return /^"[^"\r\n]*"([;|\t ])"/.exec(block.toString('latin1', start, start + LONGEST_NAME))?.[1]
}

/** How far a first name in quotes is looked at. */
const LONGEST_NAME = 1000

/** Control characters but for tabs and newlines. */
export const CONTROL = /[^\P{Cc}\s]/u

/** The one control character that header and row have alike, as Hive writes between cells: each begins with text. */
export function controlBetween(header: string, row: string | undefined): string | undefined {
  const [delimiter] = CONTROL.exec(header) ?? []
  if (delimiter === undefined || row === undefined) return undefined
  const [names, cells] = [header, row].map((line) => line.split(delimiter)) as [string[], string[]]
  const isText = [...names, ...cells].every((cell) => !CONTROL.test(cell))
  return isText && names.length === cells.length && names.every((name) => name !== '') ? delimiter : undefined
}

/** What stands between cells of other files, in one that has one column. */
export function delimiterOfLines(header: string, row: string): string | undefined {
  const names = header.replace(/^#+ (?=\S)/, '')
  return (
    [';', '|', ','].find((candidate) => header.includes(candidate)) ??
    blankBetween(names, row) ??
    delimiterBelow(row) ??
    rareDelimiter(header, row)
  )
}

/**
 * A tab, where header and row have as many: cells between tabs may be empty, or have blanks. Else a blank or blanks, where what they
 * stand between are numbers, in the row if not in the header.
 */
function blankBetween(cell: string, row: string): string | undefined {
  const tabbed = cell.split('\t')
  const isTabbed = tabbed.length > 1 && tabbed.length === row.split('\t').length
  if (isTabbed && tabbed.every((name) => name === name.trim())) return '\t'
  const [names, numbers] = [wordsIn(cell), wordsIn(row)]
  const isTable = names.length > 1 && names.length === numbers.length && numbers.some(isNumber)
  const isSingle = cell === names.join(' ') && row === numbers.join(' ')
  if (isTable) return isSingle ? ' ' : WHITESPACE
  return cell.includes('\t') ? '\t' : undefined
}

/** What stands between names below a title, which has none of it; prose has blanks, too. */
function delimiterBelow(row: string): string | undefined {
  const isTable = (cells: string[]) => cells.length > 2 && cells.every((cell) => /^\S+$/.test(cell))
  return [';', '|', '\t'].find((candidate) => isTable(row.split(candidate)))
}

/** What seldom stands between cells, where header and row have it alike and nearly all that is between is numbers. */
function rareDelimiter(header: string, row: string): string | undefined {
  return ['::', '~', '^', ':', '&', '/', '#'].find((candidate) => {
    const [names, cells] = [header.split(candidate), row.split(candidate)]
    const isTable = names.length > 1 && names.length === cells.length && names.every((name) => /^[^\s\d]/.test(name))
    return isTable && cells.slice(names.length > 2 ? 1 : 0).every(isNumber)
  })
}

function wordsIn(text: string): string[] {
  return text.trim().split(/[ \t]+/)
}

/** What lines of comments begin with, if the first one may be such. */
export function commentMark([cell = '']: readonly string[]): string | undefined {
  return /^[#%]/.exec(cell)?.[0]
}
