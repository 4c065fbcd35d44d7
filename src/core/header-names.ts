/** Decides whether a first line is a header. */
import { plainName } from './column-name.js'
import { SoftmaxError, shown } from './errors.js'
import { isOtherName } from './known-names.js'
import { labelNames, repeated } from './labels.js'
import { isNumber } from './number.js'
import { optionText } from './option-words.js'

/** Whether a numeric first line is data; it is not if it numbers the columns. */
export function looksLikeData(header: readonly string[]): boolean {
  return header.every(isNumber) && !countsColumns(header)
}

/** Whether names number the columns, from 0 or 1, as pandas does by default. */
function countsColumns(header: readonly string[]): boolean {
  return counts(header, 0) || counts(header, 1)
}

function counts(names: readonly string[], from: number): boolean {
  return names.every((name, index) => plainName(name) === String(from + index))
}

/**
 * Whether pandas wrote a first line: the names number the columns, behind the empty names of its index. There, the cells
 * below are integers or text.
 */
export function isPandasHeader(header: readonly string[], samples: readonly string[]): boolean {
  const names = numbersBehindIndex(header)
  const isKey = (cell: string) => cell.trim() !== '' && (!isNumber(cell) || /^\s*-?\d+\s*$/.test(cell))
  return names.length > 1 && countsColumns(names) && samples.slice(0, header.indexOf(names[0]!)).every(isKey)
}

/** Whether a row looks like such a line, or like that of only some of the columns. */
export function looksLikePandasHeader(row: readonly string[]): boolean {
  const names = numbersBehindIndex(row)
  return (
    names.length > 1 && names.every((name, index) => INTEGER.test(name) && Number(name) === Number(names[0]) + index)
  )
}

/** The numbers in a line that begin right behind cells that are empty; an empty list if it begins in another way. */
function numbersBehindIndex(header: readonly string[]): string[] {
  const first = header.findIndex((name) => name !== '')
  return first > 0 && isNumber(header[first]!) ? header.slice(first).filter(isNumber) : []
}

/** The warning about a first line that pandas wrote. */
export function pandasWarning(header: readonly string[]): string {
  return `the first line, ${shown(header.join(','))}, is read as column names, as pandas writes them: the column without a name is its index`
}

/** The warning about a first row that looks as if pandas wrote it as column names. */
export function rowWarning(row: readonly string[]): string {
  return `the first line, ${shown(row.join(','))}, is read as a row, but looks like the column names that pandas writes; ${optionText('header', true)} reads it as such`
}

/**
 * Whether pandas wrote the names of two levels in two lines. Both begin with empty cells, unless the index is left out or
 * the levels have names; each outer name is repeated, and inner ones may be numbers.
 */
export function isTwoLines(header: readonly string[], first: readonly string[]): boolean {
  const [[outer, ...above], [inner = '', ...below]] = [header, first]
  if (outer === '' && inner === '') return repeated(above) !== undefined || areNumbers(below)
  const isIndexed = areRepeated(above) && !isNumber(inner) && counts(below, 0)
  return isIndexed || (areRepeated(header) && counts(first, 0))
}

function areRepeated(names: readonly string[]): boolean {
  return names.length > 1 && names.every((name) => names.indexOf(name) !== names.lastIndexOf(name))
}

function areNumbers(names: readonly string[]): boolean {
  const isInteger = names.length > 1 && names.every((name) => INTEGER.test(name))
  return isInteger && (areRepeated(names) || counts(names, 0))
}

/** A first line assumed to be a header without an option that says so; `samples` are the cells below it. */
export interface FirstLine {
  header: readonly string[]
  samples: readonly string[]
  logits: readonly number[]
  labels: string | readonly string[] | undefined
  /** The spellings of an empty logit, besides the empty cell. */
  nulls: readonly string[]
}

/**
 * Names of selected columns may be numbers, if classes are. But they are a first row of logits if one has a point, a
 * sign or an exponent, if two are equal, or if others are empty. They are ambiguous if other class names are given and
 * no other column shows that the line is a header. A list of numbers is a row. Throws E_HEADER for all of these.
 */
export function requireNames(first: FirstLine, line: number): void {
  const all = logitNames(first)
  const names = all.filter((name) => !isEmpty(name, first))
  if (names.length === 0 || !names.every((name) => isNumber(name) || LIST.test(name))) return
  const areClasses = all.every((name) => INTEGER.test(name)) && repeated(all) === undefined
  if (areClasses && (first.labels === undefined || areLabels(names, first.labels) || isShown(first))) return
  throw new SoftmaxError('E_HEADER', { line })
}

/**
 * The warning that a first line is taken for names, if these are numbers that do not count from 0 and nothing else
 * supports it.
 */
export function headerWarnings(first: FirstLine): string[] {
  const isTaken = first.labels === undefined && logitNames(first).every(isNumber) && !first.header.every(isNumber)
  return isTaken && !countsFromZero(first) && !isShown(first) ? [takenForNames(first.header)] : []
}

function logitNames({ header, logits }: FirstLine): string[] {
  return logits.map((index) => header[index]!)
}

const INTEGER = /^\s*\d+\s*$/
const LIST = /^\s*[[{][\s\d.,eE+-]*[\]}]\s*$/

function isEmpty(name: string, { nulls }: FirstLine): boolean {
  return name.trim() === '' || nulls.includes(name)
}

function areLabels(names: readonly string[], labels: string | readonly string[]): boolean {
  return labelNames(labels).every((label, index) => label === plainName(names[index] ?? ''))
}

/**
 * Whether another column shows that the line is a header: its name is one of keys or true classes and does not occur
 * below, or it is text above a number; or the names count above fractions. A letter is as often a value as a name.
 */
function isShown(first: FirstLine): boolean {
  const { header, samples, logits } = first
  const isName = (name: string, index: number) =>
    !logits.includes(index) && !isNumber(name) && (isNumber(samples[index]!) || isNameAbove(name, samples[index]!))
  return header.some(isName) || (countsFromZero(first) && logits.some((index) => !INTEGER.test(samples[index]!)))
}

function isNameAbove(name: string, sample: string): boolean {
  return /^\D{2,}$/.test(name) && isOtherName(name) && (sample === '' || !isOtherName(sample))
}

function countsFromZero(first: FirstLine): boolean {
  return logitNames(first).every((name, index) => plainName(name) === String(index))
}

function takenForNames(header: readonly string[]): string {
  return `the first line, ${shown(header.join(','))}, is read as column names; ${optionText('header', false)} reads it as a row`
}

/** Warnings about column names. */
export function nameWarnings(names: readonly string[], isRequested: boolean): string[] {
  const seen = new Set<string>()
  const twice = new Set(names.filter((name) => seen.size === seen.add(name).size))
  const warnings = Array.from(twice, (name) => `two columns are named ${shown(name)}`)
  if (isRequested || !names.every(isNumber)) return warnings
  return [...warnings, takenForNames(names)]
}
