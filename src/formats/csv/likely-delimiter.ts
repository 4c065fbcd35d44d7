/** Guesses the delimiter that messages suggest when the given one does not fit. */

import { isNumber } from '../../core/number.js'
import { WHITESPACE } from '../../core/options.js'
import type { Block } from '../../core/record-batch.js'

/** The delimiter after the first quoted cell, if the next cell is quoted too and it is not the expected one. */
export function delimiterBehindQuote(block: Block, start: number): string | undefined {
  if (!Buffer.isBuffer(block)) return undefined
  return /^"[^"\r\n]*"([;|\t ])"/.exec(block.toString('latin1', start, start + LONGEST_NAME))?.[1]
}

/** How far to look for the end of a quoted first name. */
const LONGEST_NAME = 1000

/** Control characters except tabs and newlines. */
export const CONTROL = /[^\P{Cc}\s]/u

/** The only control character that header and row share, such as Hive's delimiter; each must begin with text. */
export function controlBetween(header: string, row: string | undefined): string | undefined {
  const [delimiter] = CONTROL.exec(header) ?? []
  if (delimiter === undefined || row === undefined) return undefined
  const [names, cells] = [header, row].map((line) => line.split(delimiter)) as [string[], string[]]
  const isText = [...names, ...cells].every((cell) => !CONTROL.test(cell))
  return isText && names.length === cells.length && names.every((name) => name !== '') ? delimiter : undefined
}

/** The likely delimiter of a file that appears to have one column. */
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
 * A tab, if header and row have equally many, as cells may be empty or contain blanks. Otherwise a blank or several, if
 * the cells between them are numbers, at least in the row.
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

/** The delimiter of names below a title that does not contain it; prose has blanks, too. */
function delimiterBelow(row: string): string | undefined {
  const isTable = (cells: string[]) => cells.length > 2 && cells.every((cell) => /^\S+$/.test(cell))
  return [';', '|', '\t'].find((candidate) => isTable(row.split(candidate)))
}

/** An uncommon delimiter: header and row have equally many, and nearly everything between is a number. */
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

/** The comment prefix, if the first line may be a comment. */
export function commentPrefix([cell = '']: readonly string[]): string | undefined {
  return /^[#%]/.exec(cell)?.[0]
}
