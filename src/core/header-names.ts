/** Whether a first line is a header. */
import { plainName } from './column-name.js'
import { SoftmaxError, shown } from './errors.js'
import { isNumber } from './number.js'
import { optionText } from './option-words.js'

/** True of a first line of numbers: it is a row, unless it counts the columns. */
export function looksLikeData(header: readonly string[]): boolean {
  return header.every(isNumber) && !countsColumns(header)
}

/** Whether names count columns, from 0 or 1, as pandas does for want of names. */
function countsColumns(header: readonly string[]): boolean {
  return [0, 1].some((first) => header.every((name, index) => plainName(name) === String(first + index)))
}

/**
 * Names of selected columns may be numbers, as of classes that are; one with a point, a sign or an exponent is a logit of
 * a first row. Throws E_HEADER for it.
 */
export function requireNames(names: readonly string[], line: number): void {
  const isRow = names.every(isNumber) && !names.every((name) => /^\s*\d+\s*$/.test(name))
  if (isRow) throw new SoftmaxError('E_HEADER', { line })
}

/** What is unusual about the names of columns, and not an error. */
export function nameWarnings(names: readonly string[], isAsked: boolean): string[] {
  const seen = new Set<string>()
  const twice = new Set(names.filter((name) => seen.size === seen.add(name).size))
  const warnings = Array.from(twice, (name) => `two columns are called ${shown(name)}`)
  if (isAsked || !names.every(isNumber)) return warnings
  return [
    ...warnings,
    `the first line, ${shown(names.join(','))}, is taken for names; ${optionText('header', false)} reads it as a row`,
  ]
}
