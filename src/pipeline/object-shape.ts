/** Resolves the shape of rows that are JavaScript values: where their logits are and what their classes are called. */
import { classObjectsIn } from '../core/class-objects.js'
import { isLogitName } from '../core/column-name.js'
import { declaredKeys, requireDeclared } from '../core/declared-classes.js'
import { type DeclaredShape, declaredShape } from '../core/declared-shape.js'
import { SoftmaxError, shown } from '../core/errors.js'
import { findList, isNumbers } from '../core/inner-lists.js'
import { pathName, selectedPaths } from '../core/inner-paths.js'
import { keptKeyTest } from '../core/kept-columns.js'
import { orderedKeys, structNames } from '../core/key-order.js'
import { isBytes, kindOf } from '../core/kind-of.js'
import { labelNames } from '../core/labels.js'
import { patternRemedy, withRemedy } from '../core/late-keys.js'
import { lacksLogits, lateLogitError, lateLogitTest, ofFirstRow } from '../core/late-logits.js'
import { areMissing, logitOf, notLogits, unknownClass } from '../core/logit.js'
import { EVIDENCE_ROWS } from '../core/logit-columns.js'
import { findLogitsColumn, findSelected, selectorOf } from '../core/logits-list.js'
import { nullsOf } from '../core/missing.js'
import { requireNewNames } from '../core/new-names.js'
import { memberOf } from '../core/object-members.js'
import { requireEffect } from '../core/option-conflicts.js'
import { optionText } from '../core/option-words.js'
import type { SettingsOf, ValueOf } from '../core/options.js'
import type { OutputLayout } from '../core/output-columns.js'
import { requireClasses, resolveLayout } from '../core/output-layout.js'
import { predictedNames } from '../core/prediction.js'
import type { Column, RowError } from '../core/record-batch.js'
import { resolveSchema, type Schema, withRenaming } from '../core/schema.js'
import {
  objectRemedy,
  scoreItemReason,
  scoreListAt,
  scoreListIn,
  scoreListOn,
  scoreListReason,
} from '../core/score-lists.js'
import { selectOne, selectTruths, unknownNames, withoutUnknown } from '../core/selector.js'
import { typesOf } from '../core/source-types.js'
import { byClass, hasBits, requireTrueNames, requireTruth } from '../core/truth-columns.js'
import { requireNoLogit } from '../core/truth-names.js'
import { readingOf, requireNoBit } from '../core/truth-reading.js'
import { typeOf } from '../core/value-type.js'
import { listColumn, parseListCell } from '../formats/csv/list-cells.js'
import { isSingle, lacksList, missingListError, withMissing } from './missing-list.js'
import { isRecord, namesOf, ownValue, type Properties, valueAt } from './properties.js'

/** The options that define the shape of rows. */
export type ShapeSettings = Omit<SettingsOf<'objects'>, 'signal'> & { op: ValueOf<'op'> }

/** The common shape of all rows of a stream, resolved from the first. */
export interface RowShape {
  layout: OutputLayout
  /** The schema, for records with a property per class. */
  schema?: Schema
  /** The names of the logits in errors; undefined for those that only have a position. */
  columns: readonly (string | undefined)[]
  /** The property with the true class. */
  truth?: string
  /** The properties with 0 or 1 for each class, in class order, if the true classes are given that way. */
  truths?: string[]
  /** The property that holds all logits of a record. */
  logitsProperty?: string
  /** The shape next to the list of logits of a record. */
  declaredShapeOf?(row: unknown): DeclaredShape | undefined
  /** The shape next to the first list, if it is not the shape of that list. */
  otherShape?: DeclaredShape
  /** Whether a property of a record is kept, if it holds no logits. */
  isKept?(name: string): boolean
  /** The error of a row with another logit than the first row has. */
  lateError?(row: Properties): RowError | undefined
  /** Splits a row into its logits and its other properties; undefined if it does not match the shape. */
  split(row: unknown): { logits: ArrayLike<unknown>; rest: Properties } | undefined
}

/** Whether more rows are needed to guess which properties are logits, or to find kept ones that the first row lacks. */
export function needsEvidence(rows: readonly unknown[], settings: ShapeSettings): boolean {
  return needsCells(rows, settings) || lacksKept(rows, settings)
}

/** Whether the first row lacks kept properties that no other has. */
function lacksKept(rows: readonly unknown[], { keep }: ShapeSettings): boolean {
  const first = rows.find(isRecord)
  if (!first || typeof keep === 'boolean') return false
  return unknownNames(keep, Object.keys(first)).length > lateKeys(first, rows, keep).length
}

/** The names of kept properties that the first record lacks, and some other row has. */
function lateKeys(first: Properties, rows: readonly unknown[], keep: ShapeSettings['keep']): string[] {
  if (typeof keep === 'boolean') return []
  const isThere = (name: string) => rows.some((row) => isRecord(row) && Object.hasOwn(row, name))
  return unknownNames(keep, Object.keys(first)).filter(isThere)
}

function needsCells(rows: readonly unknown[], { logits, onError }: ShapeSettings): boolean {
  if (logits !== undefined) return false
  const first = rows.find(isRecord)
  if (!first) return onError === 'skip' && !rows.some(isList)
  return !isList(first.logits) && !isRecord(first.logits) && !Object.keys(first).some(isLogitName)
}

/**
 * The shape defined by the first row, or the error if it cannot be a row.
 *
 * @param evidence the first rows, if {@link needsEvidence} asks for them
 * @throws {SoftmaxError} E_COLUMNS, E_SELECTOR, E_LABELS, E_OPTION, E_NAME, E_CONFLICT
 */
function shapeOf(first: unknown, evidence: readonly unknown[], settings: ShapeSettings): RowShape | RowError {
  if (isBytes(first)) throw bytesError()
  requireEffect(settings)
  const without = classlessReason(first, settings)
  if (without !== undefined) return { code: 'E_ROW', info: { reason: without } }
  if (isList(first)) {
    requireNoSelector(
      settings,
      'the rows are arrays, whose items are all logits',
      ', or make objects of the rows, such as { id, logits }',
    )
    return withTruth(listShape(first, splitList, settings), {}, {}, settings)
  }
  if (!isRecord(first)) return notARow(kindOf(first))
  const missing = missingListError(first, settings)
  if (missing) return missing
  return withRenaming(settings, (settings) => {
    const shape = ofFirstRow(settings, () => shapeOfRecord(first, evidence.filter(isRecord), settings))
    const rest: Properties = { ...shape.split(first)?.rest }
    const logits = Object.keys(first).filter((name) => !Object.hasOwn(rest, name))
    const isKept = keptProperties(first, logits, evidence, settings)
    requireNewNames(shape.layout, Object.keys(rest).filter(isKept), predictedNames)
    return { ...withTruth(shape, first, rest, settings), isKept }
  })
}

/** Creates the test whether a property is kept. */
function keptProperties(
  first: Properties,
  logits: readonly string[],
  evidence: readonly unknown[],
  { keep }: ShapeSettings,
): NonNullable<RowShape['isKept']> {
  const keys = [...namesOf(first), ...lateKeys(first, evidence, keep)]
  const isLong = typeof keep !== 'boolean' && evidence.length >= EVIDENCE_ROWS
  const late = isLong ? unknownNames(keep, keys) : []
  const remedy = isLong ? patternRemedy(late, keep) : undefined
  return withRemedy(late, remedy, () => keptKeyTest(keep, keys, logits, 'logits'))
}

/** What is kept of a record without its logits. */
export function keptOf(rest: Properties, { isKept }: RowShape, { keep }: ShapeSettings): Properties {
  if (typeof keep === 'boolean') return keep ? rest : {}
  return only(rest, isKept!)
}

/**
 * The shape defined by the first rows, or the error if there is none. If bad rows are skipped and the first row has no
 * valid shape, it is bad, and the next row whose shape needs no guess defines it. Undefined while that row has not
 * arrived, which is waited for up to a limited number of rows.
 *
 * @param isAll whether no more rows will arrive
 * @throws {SoftmaxError} as {@link shapeOf}
 */
export function shapeAmong(
  rows: readonly unknown[],
  evidence: readonly unknown[],
  settings: ShapeSettings,
  isAll: boolean,
): RowShape | RowError | undefined {
  const [first, ...others] = rows.slice(0, EVIDENCE_ROWS)
  const lacks = lacksList(first, settings)
  const shapeOfFirst = () => (lacks ? shapeOfLabels(first, evidence, settings) : shapeOf(first, evidence, settings))
  if (settings.onError !== 'skip' && settings.missing === 'error') return shapeOfFirst()
  const isSearched = settings.onError === 'skip' ? () => true : lacksLogits
  const own = lacks ? undefined : unlessMisfit(shapeOfFirst, settings, isSearched)
  if (own && ('code' in own || !isOpen(first, own))) return own
  for (const other of lacks ? others.filter((row) => !lacksList(row, settings)) : others) {
    const shape = unlessMisfit(() => shapeOf(other, evidence, settings), settings)
    if (shape && !('code' in shape) && !shape.schema?.guessed && !isOpen(other, shape)) return shape
  }
  const isGood = own !== undefined && settings.missing !== 'error'
  return isAll || isGood || rows.length >= EVIDENCE_ROWS ? shapeOfFirst() : undefined
}

/** The shape of rows of which none shows how many logits there are: as many as labels. One is not a list. */
function shapeOfLabels(first: Properties, evidence: readonly unknown[], settings: ShapeSettings): RowShape | RowError {
  const { labels } = settings
  if (isSingle(settings)) return shapeOf(first, evidence, settings)
  if (labels === undefined) return { code: 'E_MISSING', info: { of: 'list', isUnmeasured: true } }
  return shapeOf(withMissing(first, labelNames(labels).length, settings), evidence, settings)
}

/** The shape of a row; undefined if it has none, by an error for which other rows are searched. */
function unlessMisfit(
  shapeOfRow: () => RowShape | RowError,
  settings: ShapeSettings,
  isSearched: (error: unknown) => boolean = () => true,
): RowShape | RowError | undefined {
  try {
    const shape = shapeOfRow()
    if (!('code' in shape)) requireClasses(shape.layout, settings)
    return shape
  } catch (error) {
    // Thrown later if no other row has a valid shape either.
    if (isSearched(error)) return undefined
    throw error
  }
}

/** Whether the only logit of a row is not a number, and so might be a list in other rows. */
function isOpen(row: unknown, shape: RowShape): boolean {
  return onlyError(row, shape) === 'E_MISSING' || hasNoLogit(row, shape)
}

/** Whether a row has something else instead of its only logit. */
export function hasNoLogit(row: unknown, shape: RowShape): boolean {
  return onlyError(row, shape) === 'E_CELL'
}

/** The error of the only logit of a record, if it has one that is no number. */
function onlyError(row: unknown, { columns, logitsProperty, split }: RowShape): RowError['code'] | undefined {
  if (logitsProperty !== undefined || columns.length !== 1 || !isRecord(row)) return undefined
  const logit = logitOf(split(row)?.logits[0] ?? null, { missing: 'error' })
  return typeof logit === 'number' ? undefined : logit.code
}

/**
 * The shape extended with the property of the true class, one of all properties, as numbers count those of logits, too.
 *
 * @param rest the properties that hold no logits
 * @throws {SoftmaxError} E_SELECTOR or E_CONFLICT
 */
function withTruth(shape: RowShape, first: Properties, rest: Properties, { truth }: ShapeSettings): RowShape {
  requireTruth(shape.layout.emit, truth)
  if (truth === undefined) return shape
  const { layout } = shape
  requireTrueNames(layout.classes)
  const header = namesOf(first)
  const indices = layout.sigmoid ? selectTruths(truth, header) : [selectOne(truth, header)]
  const names = indices.map((index) => header[index]!)
  const logits = [...header.keys()].filter((index) => !Object.hasOwn(rest, header[index]!))
  for (const index of indices) requireNoLogit(index, logits, header[index]!)
  const [name] = names as [string]
  if (hasBits(names, layout)) return { ...shape, truth: name, truths: byClass(names, names, layout.classes) }
  const read = readingOf({ name, header }, layout)
  requireNoBit(read.truthReading, first[name])
  return { ...shape, truth: name, layout: { ...layout, ...read } }
}

function shapeOfRecord(first: Properties, evidence: readonly Properties[], settings: ShapeSettings): RowShape {
  const path = pathToLogits(first, settings.logits)
  if (path) return { ...shapeWithLogits(first, path, settings), logitsProperty: path.join('.') }
  if (pathToLogits(first, undefined))
    requireNoSelector(
      { logits: settings.logits },
      'the rows already have a property logits, where read() puts the logits that it selects',
    )
  return columnShape(first, evidence, settings)
}

/** The keys of an object of logits, in the order of the columns or of the fields that they were. */
function classKeys(record: Properties, row: Properties, path: readonly string[]): readonly string[] {
  const field = path.length === 1 ? typesOf(row)?.columns.get(path[0]!)?.field : undefined
  return orderedKeys(record, field && structNames(field))
}

/** The path to the value that holds all logits: the selected one, or by default the property of that name. */
function pathToLogits(first: Properties, logits: ShapeSettings['logits']): string[] | undefined {
  const header = namesOf(first)
  const columns = header.map((name) => ({ name, type: 'json' as const, sample: '' }))
  const found = logits === undefined ? header.indexOf('logits') : (findSelected({ logits }, columns) ?? -1)
  const paths = [found >= 0 ? [header[found]!] : [], typeof logits === 'string' ? logits.split('.') : []]
  return paths.find((path) => path.length > 0 && mayHoldLogits(valueAt(first, path)))
}

/** Whether a value can hold all logits. */
function mayHoldLogits(value: unknown): boolean {
  return isList(value) || isRecord(value) || isListText(value)
}

/** The shape of records in which one value holds all logits. A value inside another one stays there. */
function shapeWithLogits(first: Properties, path: readonly string[], settings: ShapeSettings): RowShape {
  const [name] = path as [string]
  const restOf = path.length > 1 ? (row: Properties) => ({ ...row }) : ({ [name]: _, ...rest }: Properties) => rest
  const rule = { missing: settings.missing, nulls: nullsOf(settings) }
  const splitter = (logitsOf: (value: unknown) => ArrayLike<unknown> | undefined, width: number) => {
    const missing = Array.from({ length: width }, () => null)
    return (row: unknown) => {
      if (!isRecord(row)) return undefined
      const value = valueAt(row, path)
      const logits = rule.missing !== 'error' && areMissing(value, rule) ? missing : logitsOf(value)
      return logits && { logits, rest: restOf(row) }
    }
  }
  const value = valueAt(first, path)
  requireNoTensor(value, first, path)
  requireNoScores(value, path)
  if (isRecord(value)) return nestedShape(classKeys(value, first, path), pathName(path), splitter, settings)
  const declaredShapeOf = (row: unknown) => shapeAt(row as Properties, path)
  const declared = declaredShapeOf(first)
  const otherShape = declared && !declared.sizes && !declared.isTensor && { otherShape: declared }
  const list = listOf(value)!
  return { ...listShape(list, splitter(listOf, list.length), settings), declaredShapeOf, ...otherShape }
}

/** Throws E_COLUMNS if the value is a tensor, an object whose data are the logits. */
function requireNoTensor(value: unknown, first: Properties, path: readonly string[]): void {
  const data = isRecord(value) ? memberOf(value, 'data') : undefined
  if (!isList(data) || !isNumbers(Array.from(data))) return
  const logits = pathName([...path, 'data'])
  const reason = `${shown(logits)} contains a list of numbers`
  throw new SoftmaxError('E_COLUMNS', { header: Object.keys(first), logits, reason })
}

/** Throws E_ROW if the value is a list of labels with scores. */
function requireNoScores(value: unknown, path: readonly string[]): void {
  const list = scoreListAt(value, path)
  if (list) throw new SoftmaxError('E_ROW', { row: 1, reason: scoreListReason(list, objectRemedy(list)) })
}

/** The shape next to the list at a path. */
function shapeAt(row: Properties, path: readonly string[]): DeclaredShape | undefined {
  return declaredShape(valueAt(row, path), valueAt(row, path.slice(0, -1)), path.at(-1))
}

/** Throws E_CONFLICT for a selector if the shape of the row leaves nothing to select. */
function requireNoSelector({ logits, keep = true }: Partial<ShapeSettings>, reason: string, other = ''): void {
  const given = logits !== undefined ? 'logits' : typeof keep !== 'boolean' ? 'keep' : undefined
  if (given === undefined) return
  throw new SoftmaxError('E_CONFLICT', { reason: `${reason}; leave out the option ${optionText(given)}${other}` })
}

/** The shape of rows whose logits are a list. */
function listShape(first: ArrayLike<unknown>, split: RowShape['split'], settings: ShapeSettings): RowShape {
  const layout = { ...resolveLayout(settings, undefined, first.length), shape: 'list' as const }
  const columns = Array.from({ length: layout.binary ? 1 : layout.classes.length }, () => undefined)
  return { layout, columns, split }
}

function splitList(row: unknown): ReturnType<RowShape['split']> {
  return isList(row) && !isBytes(row) ? { logits: row, rest: {} } : undefined
}

/**
 * The shape of records in which one value is a record with a property per class. The first row or the labels define the
 * keys; their order is free.
 */
function nestedShape(
  keys: readonly string[],
  name: string,
  splitter: (logitsOf: (value: unknown) => unknown[] | undefined, width: number) => RowShape['split'],
  settings: ShapeSettings,
): RowShape {
  const columns = declaredKeys(settings.labels, keys)
  requireDeclared(settings.labels, columns, name)
  const known = new Set(columns)
  const layout = { ...resolveLayout(settings, [...columns], columns.length), shape: 'record' as const }
  const valuesOf = (record: Properties) => {
    const hasOther = Object.keys(record).some((name) => !known.has(name))
    return hasOther ? undefined : columns.map((name) => ownValue(record, name))
  }
  return {
    layout,
    columns,
    split: splitter((value) => (isRecord(value) ? valuesOf(value) : undefined), columns.length),
  }
}

/** The shape of records with a property per class, selected like the columns of a file with a header. */
function columnShape(first: Properties, evidence: readonly Properties[], settings: ShapeSettings): RowShape {
  const paths = columnPaths(first, settings)
  const header = paths.map(pathName)
  const columns = paths.map((path, index) => ({
    name: header[index]!,
    type: typeOf(valueAt(first, path)) ?? ('text' as const),
    cells: evidence.map((row) => textOf(valueAt(row, path))),
    ...innerLogits(valueAt(first, path), header, index),
    inner: path.length > 1 ? path : undefined,
  }))
  requireNoList(first, settings)
  // Names that are not among these are those of late keys.
  const keep = typeof settings.keep === 'boolean' ? settings.keep : withoutUnknown(settings.keep, header)
  const schema = resolveSchema({ ...settings, keep }, columns, true)
  const selected = schema.logits.map((index) => columns[index]!)
  const own = new Set(selected.flatMap(({ name, inner }) => (inner ? [] : [name])))
  const names = selected.map(({ name }) => name)
  const isLate = lateLogitTest({ ...schema, logits: settings.logits })
  const known = new Set(header)
  return {
    layout: schema,
    schema,
    columns: names,
    ...(isLate && { lateError: (row) => lateLogitError(row, isLate, known, names) }),
    split(row) {
      if (!isRecord(row)) return undefined
      const logitOf = ({ name, inner }: (typeof selected)[number]) =>
        inner ? valueAt(row, inner) : ownValue(row, name)
      return { logits: selected.map(logitOf), rest: only(row, (name) => !own.has(name)) }
    },
  }
}

/** The logits that a property may hold: the text of a list, a list in an object, or objects of numbers. */
function innerLogits(value: unknown, header: readonly string[], index: number) {
  if (isListText(value)) return { listPath: selectorOf(header, index) }
  const name = header[index]!
  const scores = scoreListIn(value, [name], FEW_LEVELS)
  if (scores) return { scoreList: scoreListReason(scores, objectRemedy(scores)) }
  if (!isRecord(value)) return {}
  const listPath = findList(isNumbers, value, name, FEW_LEVELS)?.path
  return { listPath, classObjects: classObjectsIn(value, [name], FEW_LEVELS) }
}

/** Objects may contain themselves, in many ways. */
const FEW_LEVELS = 4

/** The properties of a record, and selected ones inside them. */
function columnPaths(first: Properties, { logits, missing }: ShapeSettings): (readonly string[])[] {
  const names = namesOf(first)
  const at = (path: readonly string[]) => valueAt(first, path)
  requireNoScoreItems(logits, at)
  const inner = selectedPaths(logits, names, (name) => pathsAt(first, name), at, missing !== 'error')
  return [...names.map((name) => [name]), ...inner]
}

/** Throws E_SELECTOR for a path into a list of labels with scores: the order of its items may differ from row to row. */
function requireNoScoreItems(logits: ShapeSettings['logits'], at: (path: readonly string[]) => unknown): void {
  for (const item of typeof logits === 'string' ? logits.split(',') : (logits ?? [])) {
    const list = scoreListOn(item.trim().split('.').slice(0, -1), at)
    if (list) throw new SoftmaxError('E_SELECTOR', { item, reason: scoreItemReason(list, objectRemedy(list)) })
  }
}

/**
 * The paths to the values inside a property that are neither list nor object; none if it has too many objects. An object
 * inside itself is not entered again.
 */
function pathsAt(first: Properties, name: string): (readonly string[])[] {
  const found: (readonly string[])[] = []
  let objects = 0
  const visit = (value: unknown, path: readonly string[], within: readonly unknown[]) => {
    if (!isRecord(value)) {
      if (!isList(value) && path.length > 1) found.push(path)
      return
    }
    objects += 1
    if (objects > MOST_OBJECTS || path.length === MOST_LEVELS || within.includes(value)) return
    const inside = [...within, value]
    for (const key of orderedKeys(value)) visit(memberOf(value, key), [...path, key], inside)
  }
  visit(valueAt(first, [name]), [name], [])
  return objects > MOST_OBJECTS ? [] : found
}

const MOST_LEVELS = 16

/** Objects that refer to each other have a number of paths that is exponential in their levels. */
const MOST_OBJECTS = 100_000

/** Throws E_COLUMNS if nothing is selected and some property is a list, which may hold all logits. */
function requireNoList(first: Properties, settings: ShapeSettings): void {
  if (settings.logits !== undefined) return
  findLogitsColumn(settings, Object.entries(first).map(columnOf))
}

/** A property as a column. It is a list column only if its items are not lists: rows of objects are not nested. */
function columnOf([name, value]: [string, unknown]): Column {
  const items = isList(value) ? Array.from(value) : []
  if (!isList(value) || items.some((item) => typeof item === 'object' && item !== null)) {
    return { name, type: 'text', sample: '' }
  }
  return { name, type: 'list', sample: '', holdsWords: items.some((item) => typeof item === 'string') }
}

/** A copy of a record with those properties whose names pass a test. */
function only(record: Properties, test: (name: string) => boolean): Properties {
  const rest: Properties = {}
  for (const name of Object.keys(record)) {
    if (!test(name)) continue
    if (name !== '__proto__') rest[name] = record[name]
    else Object.defineProperty(rest, name, { ...PLAIN, value: record[name] })
  }
  return rest
}

const PLAIN = { writable: true, enumerable: true, configurable: true }

/** A value as cell text: empty for null and undefined, the type name if it has no text of its own. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' || typeof value === 'symbol' ? kindOf(value) : String(value)
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView || value instanceof Buffer))
}

/** Whether a value is the text of a list of numbers, as in a cell of delimited text. */
function isListText(value: unknown): boolean {
  return typeof value === 'string' && (listColumn(value).width ?? 0) > 0
}

/** A value as a list, which may be given as text. */
function listOf(value: unknown): ArrayLike<unknown> | undefined {
  if (isList(value)) return value
  return typeof value === 'string' ? parseListCell(value) : undefined
}

/** Why a row has no logits, if its shape is that of rows with some. */
function classlessReason(row: unknown, { logits }: ShapeSettings): string | undefined {
  const path = isRecord(row) ? pathToLogits(row, logits) : undefined
  const holder = path ? valueAt(row as Properties, path) : row
  if (isList(holder) ? holder.length > 0 : !isRecord(holder) || Object.keys(holder).length > 0) return undefined
  const remedy = COLLECTIONS.find(([kind]) => holder instanceof kind)?.[1]
  return remedy ?? 'the row has no logits'
}

/** Collections of JavaScript whose items are no properties, and what to do with them. */
const COLLECTIONS = [
  [Map, 'a Map has no properties; Object.fromEntries(map) makes an object of it'],
  [Set, 'a Set has no order; Array.from(set) makes an array of it'],
] as const

/** The error for a row that does not match the shape. */
export function misfit(row: unknown, shape: RowShape): RowError {
  if (isBytes(row) || !(isList(row) || isRecord(row))) return notARow(kindOf(row))
  const expected = shape.logitsProperty === undefined && shape.schema === undefined ? 'an array' : 'an object'
  if (isRecord(row) && expected === 'an object') return misfitIn(row, shape)
  return { code: 'E_ROW', info: { reason: `expected ${expected} like the first row, got ${kindOf(row)}` } }
}

/** The error for a record whose logits do not match the shape. */
function misfitIn(row: Properties, { logitsProperty = 'logits', layout, columns }: RowShape): RowError {
  const logits = valueAt(row, logitsProperty.split('.')) ?? ''
  if (typeof logits === 'string') {
    if (logits.trim() === '') return { code: 'E_MISSING', info: { of: 'list' }, column: logitsProperty }
    if (layout.shape === 'list') return { code: 'E_CELL', info: { cell: logits, of: 'list' }, column: logitsProperty }
  }
  const unknown =
    layout.shape === 'record' && isRecord(logits) ? unknownClass(logits, columns, logitsProperty) : undefined
  return unknown ?? notLogits(logitsProperty, logits, layout.shape === 'list' ? 'a list' : 'an object')
}

/** The error for a value that is not a row. */
function notARow(what: string): RowError {
  const hint =
    what === 'a string' ? "read('csv') parses text into rows" : 'a row is an array of numbers or { logits, ...rest }'
  return { code: 'E_ROW', info: { reason: `${what} is not a row; ${hint}` } }
}

/** Byte arrays contain numbers, but are not accepted as logits. */
function bytesError(): SoftmaxError {
  const remedy = "put read('csv') before it, or use score(), which takes bytes"
  return new SoftmaxError('E_CHUNK', { takes: 'rows', got: 'bytes', remedy })
}
