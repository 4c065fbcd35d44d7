/**
 * Derives output columns from records, whether predictions or not: resolved from the first records, then read from
 * each.
 */

import type { Duplex } from 'node:stream'
import { columnOfValues, misfitInfo, proposedTypes, typeTest } from '../core/cell-types.js'
import { dataTypeOf } from '../core/column-builder.js'
import type { TableSchema } from '../core/data-type.js'
import { SoftmaxError, shown, shownNames } from '../core/errors.js'
import type { FieldStore } from '../core/field-values.js'
import { type FormatName, isArray } from '../core/formats.js'
import { inListedOrder, keptKeyTest } from '../core/kept-columns.js'
import { isBytes, kindOf } from '../core/kind-of.js'
import { labelWarnings, readLabels } from '../core/labels.js'
import { declaredRemedy, withRemedy } from '../core/late-keys.js'
import { copiedWarning } from '../core/lost-types.js'
import { type NullTexts, nullsOf } from '../core/missing.js'
import { requireNewNames } from '../core/new-names.js'
import { rounder } from '../core/number.js'
import { MOST_LEVELS, NestingError, plainOf, valueOf } from '../core/object-value.js'
import { optionText } from '../core/option-words.js'
import { items, OPTIONS, type SettingsOf } from '../core/options.js'
import {
  type ColumnNames,
  type Field,
  fieldsOf,
  type Layout,
  type OutputColumn,
  parseEmit,
} from '../core/output-columns.js'
import { withAdded } from '../core/pandas-metadata.js'
import { originOf, propertiesOf, RESULTS, recall } from '../core/prediction.js'
import type { Column, Format, KeptColumn, Value, ValueType } from '../core/record-batch.js'
import { takenName } from '../core/renaming.js'
import { requestedTypes, type Types } from '../core/requested-types.js'
import { unknownNames } from '../core/selector.js'
import { type SourceTypes, typesOf } from '../core/source-types.js'
import { typesFoundBy, typesOfCopies } from '../core/stream-types.js'
import { jsonOf } from '../core/value-text.js'
import { fits, typeOfAll } from '../core/value-type.js'
import { keepRemedy, requireColumns } from './kept-types.js'
import { emittedByDefault, leftOutWarning, requireNumeric, uselessLabels } from './numeric-columns.js'
import { lostByCopies, restoredColumns, restoredMisfit, typeWarnings } from './restored-columns.js'

export type Row = Record<string, unknown>
type Settings = Pick<SettingsOf<'bytes'>, 'emit' | 'labels' | 'keep' | 'precision' | 'float32' | 'types' | 'null'> & {
  to: FormatName
  typesFrom?: Duplex | undefined
  /** How many streams had found types when this one was made: it writes no copies of their rows. */
  typesBefore: number
}

/** The columns of an output. */
export interface RowColumns {
  /** The properties that are written unchanged. */
  kept: readonly Column[]
  /** The new columns, computed from predictions. */
  fields: readonly Field[]
  classes: readonly string[]
  /** The metadata of the input of the rows, if its columns have the same types. */
  metadata: TableSchema['metadata'] | undefined
  /** The column of some of its values. */
  keptColumn(values: readonly unknown[], column: Column): KeptColumn
  /** The values of a row. Throws E_KEY, E_CELL_TYPE, E_WIDTH or E_RECORD if the row does not fit. */
  read(row: Row, position: number): RowValues
}

/** The values of a row for the kept columns, and for the new ones. */
interface RowValues {
  kept: unknown[]
  added: unknown[]
  /** In JSON, instead of kept columns: the object of the row's own kept properties. */
  text?: string
}

/** Resolves the columns from the first records; `first` has their properties if there are none. */
export function columnsOf(
  rows: readonly unknown[],
  settings: Settings,
  format: Format,
  warn: (text: string) => void,
  first = recordOf(rows[0], 1),
): RowColumns {
  const { emit, inRows, names, properties, isPrediction } = emittedOf(first, settings, format)
  const layout = { ...layoutOf(first, settings, format), columnNames: names }
  const { byName } = requestedTypes(settings.types)
  const keys = [...Object.keys(first), ...declaredKeys(first, settings)]
  const isKept = propertyTest(keys, isPrediction ? properties : undefined, settings)
  // An object has its own order, but a table has that of the list.
  const old = (settings.to === 'ndjson' ? keys : inListedOrder(settings.keep, keys)).filter(isKept)
  requireColumns(requestedTypes(settings.types), old, (item) => keepRemedy(item, old, settings.keep))
  const types = format.typed ? typesIn(first, settings) : undefined
  const restored = restoredColumns(rows, old, types, byName)
  const columns = old.map((name): Column => {
    const type = byName.get(name)
    if (!type) return restored.columns.get(name) ?? { name, type: typeOfProperty(rows, name), sample: '' }
    return { name, type: 'text', sample: '', ...(type.kind !== 'utf8' && { field: { name, type, nullable: true } }) }
  })
  const { stores } = restored
  const keptValue = valueReader(nullsOf(settings), stores)
  const job = {
    emit,
    layout,
    inRows,
    kept: columns,
    old,
    isKept,
    isPrediction,
    keptValue,
    stores,
    typed: format.typed,
  }
  if (format.numbersOnly) keepNumbers(job, settings, warn)
  const fields = fieldsOf(job.emit, layout)
  const { kept } = job
  // Only a JSON object may be empty.
  if (kept.length + fields.length === 0 && settings.to !== 'ndjson' && !job.emit.includes('probs')) {
    throw new SoftmaxError('E_RECORD', { row: 1, reason: `it has no properties, and ${settings.to} needs columns` })
  }
  const keptNames = kept.map(({ name }) => name)
  requireNewNames({ ...layout, emit: job.emit }, keptNames)
  for (const text of format.typed ? typeWarnings(kept, restored, settings.types) : []) warn(text)
  if (format.typed && !types) {
    const open = kept.filter(({ name }) => !byName.has(name))
    for (const text of copyWarnings(rows, open, settings)) warn(text)
  }
  for (const text of settings.labels ? labelWarnings(settings.labels) : []) warn(text)
  const added = [...kept.filter(({ name }) => !restored.columns.has(name)), ...fields]
  return {
    kept,
    fields,
    classes: layout.classes,
    metadata: withAdded(
      restored.metadata,
      added.map(({ name }) => name),
    ),
    keptColumn: columnMaker(job),
    read: settings.to === 'ndjson' ? memberReader(job, fields, settings) : reader(job, fields, settings),
  }
}

/** The kept properties that the first row does not have, but that have a requested type. */
function declaredKeys(first: Row, { keep, types }: Settings): string[] {
  if (typeof keep === 'boolean') return []
  const { byName } = requestedTypes(types)
  return unknownNames(keep, Object.keys(first)).filter((name) => byName.has(name))
}

/** Creates the test whether a property is kept; rows that are not predictions, and have no `results`, keep at least some. */
function propertyTest(
  keys: readonly string[],
  results: readonly string[] | undefined,
  { keep, types, to }: Settings,
): Job['isKept'] {
  const kept = results || keep !== false ? keep : true
  const late = typeof kept === 'boolean' ? [] : unknownNames(kept, keys)
  const remedy =
    typeof kept === 'boolean' || to === 'ndjson' || isArray(to) ? undefined : declaredRemedy(late, kept, types)
  return withRemedy(late, remedy, () => keptKeyTest(kept, keys, results ?? [], 'results'))
}

/** Creates the function that makes a column of values. */
function columnMaker({ stores }: Job): RowColumns['keptColumn'] {
  return (values, column) => {
    const store = stores.get(column)
    if (store) return store.build(values)
    return column.field ? columnOfValues(values as Value[], column.field.type).column : (values as Value[])
  }
}

/** The types that columns had in the input of the given stream, or where the row, or that of a prediction, was read. */
function typesIn(row: Row, { typesFrom }: Settings): SourceTypes | undefined {
  return typesFrom ? typesFoundBy(typesFrom) : (typesOf(row) ?? originOf(row)?.types)
}

/** The warning of types that rows do not have any more if they are copies of those that a stream has read, if they are. */
function copyWarnings(rows: readonly unknown[], kept: readonly Column[], { typesBefore }: Settings): string[] {
  const sources = typesOfCopies(
    kept.map(({ name }) => name),
    typesBefore,
  )
  const [lost] = sources.map((types) => lostByCopies(rows, kept, types)).filter(({ length }) => length > 0)
  return lost ? [copiedWarning(lost)] : []
}

/** Which columns are written for predictions, and which properties hold them. */
function emittedOf(first: Row, { emit, to }: Settings, { numbersOnly }: Format) {
  const origin = originOf(first)
  const isRequested = emit !== OPTIONS.emit.default
  const parsed = parseEmit(items(numbersOnly && !isRequested ? emittedByDefault(to) : emit))
  // The emit options given to the predictor also apply here.
  const { emit: columns, names } =
    isRequested || !origin?.emit ? parsed : { emit: [...origin.emit], names: origin.columnNames }
  const here = Object.entries(names).filter(([, name]) => name in first)
  const inRows: ColumnNames = { ...origin?.columnNames, ...Object.fromEntries(here) }
  const has = (column: OutputColumn) =>
    column === 'probs' ? RESULTS.some((name) => Array.isArray(first[name])) : (inRows[column] ?? column) in first
  const isPrediction = isRequested || origin !== undefined || (has('probs') && has('label'))
  return {
    emit: isPrediction ? columns.filter((column) => isRequested || has(column)) : [],
    names,
    inRows,
    properties: origin
      ? [...origin.properties, ...propertiesOf(inRows, isRequested ? columns : [])]
      : propertiesOf(inRows),
    isPrediction,
  }
}

/** Returns a row as a record. Throws E_RECORD if it is not one. */
export function recordOf(row: unknown, position: number): Row {
  if (typeof row === 'object' && row !== null && !Array.isArray(row) && !ArrayBuffer.isView(row) && !isBytes(row))
    return row as Row
  if (isBytes(row))
    throw new SoftmaxError('E_CHUNK', { takes: 'rows', got: 'bytes', remedy: "put read('csv') before it" })
  throw new SoftmaxError('E_RECORD', { row: position, reason: `expected an object, got ${kindOf(row)}` })
}

interface Job {
  emit: OutputColumn[]
  layout: Layout
  /** The property names of predictions, if they were renamed. */
  inRows: ColumnNames
  kept: Column[]
  /** The names of the kept properties, whether or not the format can store them. */
  old: readonly string[]
  /** Whether a property is kept. */
  isKept(name: string): boolean
  isPrediction: boolean
  /** The value of a row for a kept column: null if a column of requested type has a text that means it. */
  keptValue(row: Row, column: Column): unknown
  /** The stores of columns with a type of the input. */
  stores: ReadonlyMap<Column, FieldStore>
  typed: boolean
}

/** Drops what a numeric format cannot store, with a warning if it was not requested. */
function keepNumbers(job: Job, settings: Settings, warn: (text: string) => void): void {
  const { to } = settings
  const { topK, columnNames } = job.layout
  requireNumeric({ to, emit: job.emit, columnNames, topK })
  if (job.emit.length === 0) {
    throw new SoftmaxError('E_CONFLICT', {
      reason: `${to} stores the numbers of predictions, and these rows are not predictions`,
    })
  }
  const useless = uselessLabels(settings)
  if (useless !== undefined) warn(useless)
  const names = job.kept.map(({ name }) => name)
  if (names.length > 0) warn(leftOutWarning(to, names))
  job.kept = []
}

/** The layout of all predictions, from the first one. */
function layoutOf(first: Row, { labels }: Settings, format: Format): Layout {
  const { logProbabilities, probabilities = logProbabilities, top } = first
  const count = Array.isArray(probabilities) ? probabilities.length : 0
  const topK = Array.isArray(top) ? top.length : 0
  const log = logProbabilities !== undefined || (topK > 0 && 'logProbability' in (top as object[])[0]!)
  const { classes: names = positions(count), shape = 'list', decision } = originOf(first) ?? {}
  const classes = labels && count > 0 ? readLabels(labels, count) : names
  return {
    classes,
    log,
    sigmoid: false,
    topK,
    decision,
    ...(format.numbersOnly && { arrays: true }),
    shape: format.numbersOnly ? 'list' : format.shapes.includes(shape) ? shape : 'columns',
  }
}

function positions(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index))
}

/** The type of a property in some rows; nested values are written as JSON. */
function typeOfProperty(rows: readonly unknown[], name: string): ValueType {
  const type = typeOfAll(rows.map((row) => plainOf((row as Row | null | undefined)?.[name])))
  return type === 'list' || type === 'record' ? 'json' : type
}

function valueReader(nulls: NullTexts | undefined, stores: ReadonlyMap<Column, FieldStore>): Job['keptValue'] {
  return (row, column) => {
    if (stores.has(column)) return plainOf(row[column.name])
    const value = valueOf(row[column.name])
    return column.field && nulls?.hasValue(value) ? null : value
  }
}

/** Creates the function that reads and rounds the values of a row, and checks that it has the shape of the first. */
function reader(job: Job, fields: readonly Field[], settings: Settings): RowColumns['read'] {
  const { kept, isKept, isPrediction, stores, typed } = job
  const addedOf = addedReader(job, fields, settings)
  const old = new Set(job.old)
  const given = { isWritten: true, isPrediction }
  const tests = typed ? kept.map((column) => fitTest(column, stores)) : []
  return (row, position) => {
    const extra = Object.keys(row).find((name) => !old.has(name) && isKept(name))
    if (extra !== undefined) throw new SoftmaxError('E_KEY', { row: position, key: extra, ...given })
    const values = kept.map((column) => keptOf(row, column, position, job))
    const misfit = tests.findIndex((test, at) => !test(values[at]))
    if (misfit >= 0) throw misfitError(kept[misfit]!, values[misfit], position, stores, settings.types, given)
    return { kept: values, added: addedOf(row, position) }
  }
}

/** The same for lines of JSON, each of which has its own keys. */
function memberReader(job: Job, fields: readonly Field[], settings: Settings): RowColumns['read'] {
  const { emit, layout, isKept } = job
  const addedOf = addedReader(job, fields, settings)
  const taken = new Set(fields.map(({ name }) => name))
  return (row, position) => {
    const names = Object.keys(row).filter(isKept)
    const clash = names.find((name) => taken.has(name))
    if (clash !== undefined)
      throw new SoftmaxError('E_NAME', { row: position, ...takenName(clash, names, { ...layout, emit }) })
    const members = names.map((name) => memberOf(row, name, position, job))
    return { kept: [], added: addedOf(row, position), text: `{${members.join(',')}}` }
  }
}

function memberOf(row: Row, name: string, position: number, job: Job): string {
  const value = keptOf(row, { name, type: 'json', sample: '' }, position, job)
  return `${JSON.stringify(name)}:${jsonOf(value as Value)}`
}

/** Creates the function that reads and rounds the new values of a row. */
function addedReader({ emit, layout, inRows }: Job, fields: readonly Field[], settings: Settings) {
  const round = rounder(settings)
  return (row: Row, position: number): unknown[] => {
    const added = recall(row, emit, { ...layout, columnNames: inRows })
    requireValues(added, fields, layout, position)
    return added.map((value, at) => (isResult(fields[at]!) ? rounded(value, round) : value))
  }
}

/** The value of a row for a kept column. Throws E_RECORD if it is an object that contains itself. */
function keptOf(row: Row, column: Column, position: number, { keptValue }: Job): unknown {
  try {
    return keptValue(row, column)
  } catch (error) {
    if (!(error instanceof NestingError)) throw error
    const reason = `its ${shown(column.name)} contains itself, or has more than ${MOST_LEVELS} levels`
    throw new SoftmaxError('E_RECORD', { row: position, reason, remedy: 'remove it from the row' })
  }
}

/** Creates the test whether a value fits a column. */
function fitTest(column: Column, stores: Job['stores']): (value: unknown) => boolean {
  const store = stores.get(column)
  const { type, field } = column
  if (store) return store.fits
  const test = field ? typeTest(field.type) : (value: Value) => fits(value, type)
  return test as (value: unknown) => boolean
}

/** The error for a row whose value does not have the type of its column. */
function misfitError(
  column: Column,
  value: unknown,
  row: number,
  stores: Job['stores'],
  types: Types,
  given: object,
): SoftmaxError {
  const { name, type, field } = column
  if (field) {
    const info = stores.has(column) ? restoredMisfit(value, field, types) : misfitInfo(value as Value, field, types)
    return new SoftmaxError('E_CELL_TYPE', { row, column: name, ...info })
  }
  const proposed = proposedTypes(name, dataTypeOf(type), value as Value, types)
  return new SoftmaxError('E_KEY', { row, key: name, type, types: proposed, ...given })
}

/** Whether the values of a field are rounded: counts and positions are not. */
function isResult({ type, of }: Field): boolean {
  return type === 'result' || type === 'classes' || of === 'result'
}

function rounded(value: unknown, round: (value: number) => number): unknown {
  if (typeof value === 'number') return round(value)
  return isNumbers(value) ? value.map(round) : value
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number')
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

/** Expected types of non-numeric fields, for messages. */
const TYPES: Partial<Record<Field['type'], string>> = { text: 'string', boolean: 'boolean' }

/** The types of fields that are lists. */
const LISTS: ReadonlySet<Field['type']> = new Set(['classes', 'top', 'names'])

/** Writing does not skip rows. */
const SAME_WIDTH = 'give all rows the same number of values'

function requireWidth({ length }: readonly unknown[], width: number, row: number): void {
  if (length !== width) throw new SoftmaxError('E_WIDTH', { row, cells: length, width, hint: SAME_WIDTH })
}

/** Throws E_RECORD for a name that is not that of a class, and so has no place in an array. */
function requireClasses(names: readonly string[], field: string, classes: readonly string[], row: number): void {
  const other = names.find((name) => !classes.includes(name))
  if (other === undefined) return
  const reason = `${shown(other)} in ${shown(field)} is not one of the classes ${shownNames(classes)}; ${optionText('labels')} names them`
  throw new SoftmaxError('E_RECORD', { row, reason })
}

function requireValues(values: unknown[], fields: readonly Field[], { classes }: Layout, row: number): void {
  if (values.length !== fields.length && !values.includes(undefined)) {
    throw new SoftmaxError('E_WIDTH', { row, cells: values.length, width: fields.length, hint: SAME_WIDTH })
  }
  // Probabilities have a column for each class, so none without classes.
  if (values.length > fields.length && classes.length === 0) throw lacking('probs', row)
  for (const [index, { name, type, nullable, isEachClass, size = classes.length }] of fields.entries()) {
    const value = values[index]
    if (nullable && value === null) continue
    if (type === 'names' && isNames(value)) {
      if (isEachClass) requireClasses(value, name, classes, row)
      continue
    }
    if (type === 'classes' ? Array.isArray(value) : type === 'top' && isNumbers(value)) {
      requireWidth(value as unknown[], size, row)
      continue
    }
    if (typeof value === (TYPES[type] ?? 'number') && !LISTS.has(type)) continue
    throw lacking(name, row)
  }
}

function lacking(name: string, row: number): SoftmaxError {
  return new SoftmaxError('E_RECORD', { row, reason: `it has no ${shown(name)}, which emit lists` })
}
