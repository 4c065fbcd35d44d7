/** Derives the columns of NDJSON from its first rows. */

import { classObjectsIn } from '../../core/class-objects.js'
import { isLogitName } from '../../core/column-name.js'
import type { DataType } from '../../core/data-type.js'
import { declaredKeys } from '../../core/declared-classes.js'
import { SoftmaxError } from '../../core/errors.js'
import { type FormatName, rowFormatOf } from '../../core/formats.js'
import { findList, isNumbers } from '../../core/inner-lists.js'
import { pathName, selectedPaths } from '../../core/inner-paths.js'
import { rowsRemedy } from '../../core/jq.js'
import { possibleList } from '../../core/logits-list.js'
import { nestingOf } from '../../core/nesting.js'
import { isNumber } from '../../core/number.js'
import { MOST_LEVELS } from '../../core/object-members.js'
import { optionText } from '../../core/option-words.js'
import type { SettingsOf } from '../../core/options.js'
import type { JsonColumn } from '../../core/record-batch.js'
import { jqRemedy, scoreItemReason, scoreListIn, scoreListOn, scoreListReason } from '../../core/score-lists.js'
import { nearest } from '../../core/suggestion.js'
import { isFilled, typeOf, typeOfAll } from '../../core/value-type.js'
import { parseExactly, valuesIn } from './json.js'
import { jsonTable } from './json-tables.js'
import { nestingIn, shapeAt } from './nested.js'
import { type ParsedRow, type Row, textAt, valueAt } from './row.js'

/** The columns of the first rows: the keys of the first row in text order, and any selected paths. */
export function columnsOf(rows: ParsedRow[], settings: SettingsOf<'bytes'>): JsonColumn[] {
  const columns = foundColumns(rows, settings).map((column) =>
    withKeys(column, declaredKeys(settings.labels, column.keys ?? [])),
  )
  const list = possibleList(settings, columns)
  if (list && rows.every(({ value }) => (valueAt(value, list.path) ?? null) === null)) list.mayBeList = true
  return columns
}

/** A column whose objects have these keys, in class order, if they have some. */
function withKeys(column: JsonColumn, keys: readonly string[]): JsonColumn {
  return column.keys && keys.length > 0 ? { ...column, keys } : column
}

function foundColumns(rows: ParsedRow[], settings: SettingsOf<'bytes'>): JsonColumn[] {
  const { logits, truth } = settings
  const [{ value: first, text }] = rows as [ParsedRow, ...ParsedRow[]]
  if (Array.isArray(first)) return [{ ...describe(LIST, [], rows), type: 'list', width: widthOf(rows, []) }]
  const columns = Array.from(valuesIn(text).keys(), (name) => describe(name, [name], rows))
  if (columns[0]) columns[0].jsonTable = jsonTable(first)
  requireNoScoreLists(rows, logits)
  const lists = innerColumns(rows, logits, mayHoldLogits)
  const selected = lists.length > 0 ? lists : valueColumns(rows, settings)
  const isSelected = truth === logits || selected.some(({ name }) => name === truth)
  return [...columns, ...selected, ...(isSelected ? [] : innerColumns(rows, truth, isThere))]
}

/** The column at a path, which the rows may not have; `inner` if it is inside the value of another. */
export function columnAt(name: string, path: readonly string[], rows: ParsedRow[]): JsonColumn {
  return { ...describe(name, path, rows), inner: path.length > 1 ? path : undefined }
}

/**
 * Where a row has the value of a kept column: at a key or, in a table, at a path, such as `user.id`; undefined if it has
 * none.
 */
export function keptPath(name: string, { value }: ParsedRow, to: FormatName | undefined): string[] | undefined {
  if (Object.hasOwn(value, name)) return [name]
  const path = name.split('.')
  const isFound = path.length > 1 && isTable(to) && valueAt(value, path) !== undefined
  return isFound ? path : undefined
}

/** Where rows may have such a value if none of the first ones has it. */
export function knownPath(name: string, rows: readonly ParsedRow[], to: FormatName | undefined): string[] {
  const path = name.split('.')
  const isInside = path.length > 1 && isTable(to) && rows.some(({ value }) => Object.hasOwn(value, path[0]!))
  return isInside ? path : [name]
}

/** Whether an output has columns; of objects, entire values are kept. */
function isTable(to: FormatName | undefined): boolean {
  return to !== undefined && rowFormatOf(to) !== 'ndjson'
}

/** The columns of single values inside objects. */
function valueColumns(rows: ParsedRow[], { logits, missing }: SettingsOf<'bytes'>): JsonColumn[] {
  const texts = new Map<ParsedRow, ReadonlyMap<string, string>>()
  const textsOf = (row: ParsedRow) => texts.get(row) ?? texts.set(row, valuesIn(row.text)).get(row)!
  const pathsIn = (key: string) => {
    const row = rows.find(({ value }) => typeOf(valueAt(value, [key])) === 'record') ?? rows[0]!
    return pathsAt(valueAt(row.value, [key]), textsOf(row).get(key)!, [key])
  }
  const at = (path: readonly string[]) =>
    rows.map(({ value }) => valueAt(value, path)).find((found) => found !== undefined)
  const paths = selectedPaths(logits, [...textsOf(rows[0]!).keys()], pathsIn, at, missing !== 'error')
  return paths.map((path) => ({ ...describe(pathName(path), path, rows), inner: path }))
}

/** The paths to the values in an object, in text order, that are neither list nor object. */
function pathsAt(value: unknown, text: string, path: readonly string[], deepest = MOST_LEVELS): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return path.length > 1 ? [path] : []
  if (Array.isArray(value) || deepest === 0) return []
  const members = value as Record<string, unknown>
  return Array.from(valuesIn(text), ([key, text]) => pathsAt(members[key], text, [...path, key], deepest - 1)).flat()
}

/** The column at a path that an option names. */
function innerColumns(
  rows: ParsedRow[],
  path: string | readonly string[] | undefined,
  isWanted: (column: JsonColumn, rows: ParsedRow[]) => boolean,
): JsonColumn[] {
  if (typeof path !== 'string' || Object.hasOwn(rows[0]!.value, path) || !path.includes('.')) return []
  const column = describe(path, path.split('.'), rows)
  return isWanted(column, rows) ? [{ ...column, inner: column.path }] : []
}

/** Whether a column may hold all logits, or lists of objects that have them, which its error describes. */
function mayHoldLogits({ type, nested, rowsLogits, scoreList }: JsonColumn): boolean {
  const isMeant = rowsLogits !== undefined || scoreList !== undefined
  return type === 'list' || type === 'record' || nested !== undefined || isMeant
}

/** Throws E_SELECTOR for a path into a list of labels with scores: the order of its items may differ from row to row. */
function requireNoScoreLists(rows: readonly ParsedRow[], logits: SettingsOf<'bytes'>['logits']): void {
  for (const item of itemsOf(logits).filter((item) => item.includes('.'))) {
    const path = item.trim().split('.')
    const row = rowWith(path.slice(0, 1), rows)
    const list = scoreListOn(path.slice(0, -1), (path) => valueAt(row, path))
    if (list) throw new SoftmaxError('E_SELECTOR', { item, reason: scoreItemReason(list, jqRemedy(list, row)) })
  }
}

function itemsOf(selector: string | readonly string[] | undefined): readonly string[] {
  return typeof selector === 'string' ? selector.split(',') : (selector ?? [])
}

/** Throws E_SELECTOR if another path was more likely meant. */
function isThere({ name, path }: JsonColumn, rows: ParsedRow[]): boolean {
  if (rows.some(({ value }) => valueAt(value, path) !== undefined)) return true
  const near = nearest(name, pathsIn(rows[0]!.value))
  if (near === undefined) return false
  const reason = `does not exist in the first rows; did you mean ${optionText('truth', near)}?`
  throw new SoftmaxError('E_SELECTOR', { item: name, option: 'truth', reason })
}

/** The paths to values that are neither list nor object. */
function pathsIn(value: object, before = ''): string[] {
  return Object.entries(value).flatMap(([key, item]) => {
    const isObject = typeof item === 'object' && item !== null
    if (isObject) return Array.isArray(item) ? [] : pathsIn(item, `${before}${key}.`)
    return [before + key]
  })
}

/** The name of the only column of bare arrays. */
const LIST = 'logits'

/** A value as a sample cell; for a nested value, only that it is not a number. */
export function sampleOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? typeof value : String(value)
}

function describe(name: string, path: readonly string[], rows: ParsedRow[]): JsonColumn {
  const values = rows.map((row) => exactAt(row, path))
  const type = typeOfAll(values)
  const first = rows[0]!.value
  const sample = sampleOf(values[0])
  const nested = nestingAmong(rows, path)
  if (nested) {
    const { shapePath, ...sizes } = nested
    // A flat list has no items that could be rows.
    const rows = shapePath ? undefined : rowsIn(path, first, values.find(Array.isArray))
    return { name, path, type: 'json', sample, nested: sizes, shapePath, nestedPath: name, ...rows }
  }
  if (type === 'list') {
    const declared = shapeAt(first, path)
    const otherShape = declared?.sizes ? undefined : declared
    return { name, path, type, sample, width: widthOf(rows, path), holdsWords: values.some(areWords), otherShape }
  }
  const example = rowWith(path, rows)
  const classObjects = classObjectsIn(valueAt(example, path), path)
  if (type === 'record') return { name, path, type, sample, keys: keysOf(rows, path), classObjects }
  return { name, path, type, sample, ...(type === 'json' && { ...contentOf(name, path, example), classObjects }) }
}

/** The nesting in the first row that shows whether lists are nested: one whose items are only lists or null may be. */
function nestingAmong(rows: readonly ParsedRow[], path: readonly string[]) {
  const isOpen = (value: unknown) =>
    (value ?? null) === null || (Array.isArray(value) && value.every((item) => item === null || Array.isArray(item)))
  for (const { value } of rows) {
    const nesting = nestingIn(value, path)
    if (nesting || !isOpen(valueAt(value, path))) return nesting
  }
  return undefined
}

/** The first row that has a list or an object with members at a path, or else the first row. */
function rowWith(path: readonly string[], rows: readonly ParsedRow[]): Row {
  return (rows.find(({ value }) => isFilled(valueAt(value, path))) ?? rows[0]!).value
}

/** The lists in the value that a row has at a path, for errors that propose what to do. */
function contentOf(name: string, path: readonly string[], row: Row): Partial<JsonColumn> {
  const value = valueAt(row, path)
  const table = findList(areRows, value, name)
  const scores = scoreListIn(value, path)
  return {
    listPath: findList(isNumbers, value, name)?.path,
    nestedPath: findList(areNested, value, name)?.path,
    ...(table && rowsIn(table.path.split('.'), row, table.list)),
    scoreList: scores && scoreListReason(scores, jqRemedy(scores, row)),
  }
}

/** Where a list of rows is, and how to make a row of each. */
function rowsIn(
  path: readonly string[],
  row: Row,
  list: unknown[] = [],
): Pick<JsonColumn, 'rowsPath' | 'rowsLogits' | 'rowsOnly' | 'rowsRemedy'> {
  const item = (list as (object | null)[]).find((item) => item !== null) ?? []
  const rowsLogits = logitsIn(item)
  const isOfLogits = nestingOf([item]) !== undefined || Object.values(item).every((value) => typeof value === 'number')
  const inner = rowsLogits?.split('.') ?? (isOfLogits ? [] : undefined)
  const rowsPath = path.join('.')
  const rowsOnly = list.length === 1 && rowsLogits !== undefined ? `${rowsPath}.0.${rowsLogits}` : undefined
  return { rowsPath, rowsLogits, rowsOnly, rowsRemedy: rowsRemedy(path, row, inner) }
}

/** A column with a requested type. */
export function withType(column: JsonColumn, type: DataType): JsonColumn {
  if (type.kind === 'utf8') return { ...column, type: 'text' }
  return { ...column, field: { name: column.name, type, nullable: true } }
}

/** Whether a list holds only words, and so cannot be the logits. */
function areWords(value: unknown): boolean {
  const isWord = (item: unknown) => typeof item === 'string' && !isNumber(item)
  return Array.isArray(value) && value.length > 0 && value.every(isWord)
}

/** The selector of nested logits: a list of numbers, preferably with a logit-like name or with fractions. */
function logitsIn(row: object): string | undefined {
  if (Array.isArray(row)) return undefined
  const lists = Object.entries(row).flatMap(([key, value]) => findList(isNumbers, value, key) ?? [])
  const hasFractions = (list: unknown[]) => list.some((item) => !Number.isInteger(item))
  const best = lists.find(({ path }) => isLogitName(path)) ?? lists.find(({ list }) => hasFractions(list)) ?? lists[0]
  return best && /^[\w.]+$/.test(best.path) ? best.path : undefined
}

function areNested(list: unknown[]): boolean {
  return nestingOf(list) !== undefined
}

function areRows(list: unknown[]): boolean {
  return list.length > 0 && list.every((item) => typeof item === 'object' && item !== null)
}

/**
 * A value, or its text if a double cannot represent it: a key would be written differently, 1e400 would become infinite
 * and 1e-400 zero.
 */
function exactAt({ value, text }: ParsedRow, path: readonly string[]): unknown {
  const found = valueAt(value, path)
  const isInexact = typeof found === 'number' && (found === 0 || Math.abs(found) > Number.MAX_SAFE_INTEGER)
  return isInexact ? parseExactly(textAt(text, path)) : found
}

/** The length of the first nonempty list; an empty list is a bad row if other lists are not empty. */
function widthOf(rows: ParsedRow[], path: readonly string[]): number {
  const lists = rows.map(({ value }) => valueAt(value, path)).filter((value) => Array.isArray(value))
  return lists.find(({ length }) => length > 0)?.length ?? 0
}

/** The same for records: their keys in text order. */
function keysOf(rows: ParsedRow[], path: readonly string[]): string[] {
  const hasKeys = (value: unknown) => isFilled(value) && typeOf(value) === 'record'
  const row = rows.find(({ value }) => hasKeys(valueAt(value, path)))
  return row ? [...valuesIn(textAt(row.text, path)).keys()] : []
}

/** Whether a row does not determine its columns, because it has a null, or an empty list or object. */
export function isOpen(value: unknown, deepest = MOST_LEVELS): boolean {
  if (typeof value !== 'object' || deepest === 0) return value === undefined
  const values = Object.values(value ?? {})
  return values.length === 0 || values.some((one) => isOpen(one, deepest - 1))
}
