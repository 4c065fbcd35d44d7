/** The columns of NDJSON, as its first rows define them. */

import { isLogitName } from '../../core/column-name.js'
import type { DataType } from '../../core/data-type.js'
import { SoftmaxError } from '../../core/errors.js'
import { nearest } from '../../core/nearest.js'
import { nestingOf } from '../../core/nesting.js'
import { isNumber } from '../../core/number.js'
import { optionText } from '../../core/option-words.js'
import type { SettingsOf } from '../../core/options.js'
import type { JsonColumn } from '../../core/record-batch.js'
import { typeOf, typeOfAll } from '../../core/value-type.js'
import { parseExactly, valuesIn } from './json.js'
import { nestingIn, shapeMismatch, shapePathOf } from './nested.js'
import { type ParsedRow, textAt, valueAt } from './row.js'
import { wholeTable } from './whole-tables.js'

/** The columns that the first rows have: the keys of the first, in the order of its text, and what a path leads to. */
export function columnsOf(rows: ParsedRow[], { logits, truth }: SettingsOf<'bytes'>): JsonColumn[] {
  const [{ value: first, text }] = rows as [ParsedRow, ...ParsedRow[]]
  if (Array.isArray(first)) return [{ ...describe(LIST, [], rows), type: 'list', width: widthOf(rows, []) }]
  const columns = Array.from(valuesIn(text).keys(), (name) => describe(name, [name], rows))
  if (columns[0]) columns[0].wholeTable = wholeTable(first)
  return [
    ...columns,
    ...innerColumns(rows, logits, mayHoldLogits),
    ...(truth === logits ? [] : innerColumns(rows, truth, isThere)),
  ]
}

/** The column that a path leads to, where an option names one. */
function innerColumns(
  rows: ParsedRow[],
  path: string | readonly string[] | undefined,
  isWanted: (column: JsonColumn, rows: ParsedRow[]) => boolean,
): JsonColumn[] {
  if (typeof path !== 'string' || Object.hasOwn(rows[0]!.value, path) || !path.includes('.')) return []
  const column = describe(path, path.split('.'), rows)
  return isWanted(column, rows) ? [{ ...column, inner: column.path }] : []
}

function mayHoldLogits({ type, nested, path }: JsonColumn, rows: ParsedRow[]): boolean {
  const [{ value }] = rows as [ParsedRow]
  const mismatch = shapeMismatch(value, path)
  if (mismatch !== undefined) throw new SoftmaxError('E_ROW', { row: 1, reason: mismatch })
  return type === 'list' || type === 'record' || nested !== undefined
}

/** Throws E_SELECTOR where there is another path that was most likely meant. */
function isThere({ name, path }: JsonColumn, rows: ParsedRow[]): boolean {
  if (rows.some(({ value }) => valueAt(value, path) !== undefined)) return true
  const near = nearest(name, pathsIn(rows[0]!.value))
  if (near === undefined) return false
  const reason = `leads to nothing in the first rows; did you mean ${optionText('truth', near)}?`
  throw new SoftmaxError('E_SELECTOR', { item: name, option: 'truth', reason })
}

/** The paths to what is no list and no object. */
function pathsIn(value: object, before = ''): string[] {
  return Object.entries(value).flatMap(([key, item]) => {
    const isObject = typeof item === 'object' && item !== null
    if (isObject) return Array.isArray(item) ? [] : pathsIn(item, `${before}${key}.`)
    return [before + key]
  })
}

/** What the one column of bare arrays is called. */
const LIST = 'logits'

/** A value as a cell; of one that is nested, that it is no number. */
export function sampleOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? typeof value : String(value)
}

function describe(name: string, path: readonly string[], rows: ParsedRow[]): JsonColumn {
  const values = rows.map((row) => exactAt(row, path))
  const type = typeOfAll(values)
  const sample = sampleOf(values[0])
  const nested = rows.map(({ value }) => nestingIn(value, path)).find((found) => found !== undefined)
  if (nested)
    return { name, path, type: 'json', sample, nested, shapePath: shapePathOf(path), nestedPath: name, rowsPath: name }
  if (type === 'list')
    return { name, path, type, sample, width: widthOf(rows, path), holdsWords: values.some(areWords) }
  if (type === 'record') return { name, path, type, sample, keys: keysOf(rows, path) }
  const table = findList(areRows, values[0], name)
  const paths = {
    listPath: findList(isNumbers, values[0], name)?.path,
    nestedPath: findList(areNested, values[0], name)?.path,
    rowsPath: table?.path,
    rowsLogits: table && logitsIn(table.list[0] as object),
  }
  return { name, path, type, sample, ...(type === 'json' && paths) }
}

/** A column of a type that was asked for. */
export function withType(column: JsonColumn, type: DataType): JsonColumn {
  if (type.kind === 'utf8') return { ...column, type: 'text' }
  return { ...column, field: { name: column.name, type, nullable: true } }
}

/** True of a list that holds only words: it cannot be the logits. */
function areWords(value: unknown): boolean {
  const isWord = (item: unknown) => typeof item === 'string' && !isNumber(item)
  return Array.isArray(value) && value.length > 0 && value.every(isWord)
}

/** The first list in nested objects that passes a test, and the path to it, as it may be selected. */
function findList(
  test: (value: unknown[]) => boolean,
  value: unknown,
  path: string,
  deepest = MOST_LEVELS,
): { path: string; list: unknown[] } | undefined {
  if (typeof value !== 'object' || value === null || deepest === 0) return undefined
  if (Array.isArray(value)) return test(value) ? { path, list: value } : undefined
  for (const [key, item] of Object.entries(value)) {
    const found = findList(test, item, `${path}.${key}`, deepest - 1)
    if (found !== undefined) return found
  }
  return undefined
}

/** What selects the logits of a row that is within another: a list of numbers, one that is called so or has fractions first. */
function logitsIn(row: object): string | undefined {
  if (Array.isArray(row)) return undefined
  const lists = Object.entries(row).flatMap(([key, value]) => findList(isNumbers, value, key) ?? [])
  const hasFractions = (list: unknown[]) => list.some((item) => !Number.isInteger(item))
  const best = lists.find(({ path }) => isLogitName(path)) ?? lists.find(({ list }) => hasFractions(list)) ?? lists[0]
  return best && /^[\w.]+$/.test(best.path) ? best.path : undefined
}

function isNumbers(list: unknown[]): boolean {
  return list.length > 1 && list.every((item) => typeof item === 'number')
}

function areNested(list: unknown[]): boolean {
  return nestingOf(list) !== undefined
}

function areRows(list: unknown[]): boolean {
  return list.length > 0 && list.every((item) => typeof item === 'object' && item !== null)
}

/** A value; as it stands in the text where a double does not hold it: a key would come out as another, 1e400 as infinite, 1e-400 as 0. */
function exactAt({ value, text }: ParsedRow, path: readonly string[]): unknown {
  const found = valueAt(value, path)
  const isInexact = typeof found === 'number' && (found === 0 || Math.abs(found) > Number.MAX_SAFE_INTEGER)
  return isInexact ? parseExactly(textAt(text, path)) : found
}

/** The length of the first list that has something in it: one without a class is a bad row, if others have some. */
function widthOf(rows: ParsedRow[], path: readonly string[]): number {
  const lists = rows.map(({ value }) => valueAt(value, path)).filter((value) => Array.isArray(value))
  return lists.find(({ length }) => length > 0)?.length ?? 0
}

/** The same of records: their keys, in the order of the text. */
function keysOf(rows: ParsedRow[], path: readonly string[]): string[] {
  const isFilled = (value: unknown) => typeOf(value) === 'record' && Object.keys(value as object).length > 0
  const row = rows.find(({ value }) => isFilled(valueAt(value, path)))
  return row ? [...valuesIn(textAt(row.text, path)).keys()] : []
}

/** Whether a row does not define its columns by itself: it has a null, or a list or object without values. */
export function isOpen(value: unknown, deepest = MOST_LEVELS): boolean {
  if (typeof value !== 'object' || deepest === 0) return value === undefined
  const values = Object.values(value ?? {})
  return values.length === 0 || values.some((one) => isOpen(one, deepest - 1))
}

/** How many levels of a value are looked through: a line of 16 MiB may have more than the stack. */
const MOST_LEVELS = 64
