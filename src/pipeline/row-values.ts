/** Reads the values of rows, and checks that they fit the columns of the output. */
import { misfitInfo, proposedTypes, typeTest } from '../core/cell-types.js'
import { dataTypeOf } from '../core/column-builder.js'
import { SoftmaxError, shown, shownNames } from '../core/errors.js'
import type { FieldStore } from '../core/field-values.js'
import { isBytes, kindOf } from '../core/kind-of.js'
import type { NullTexts } from '../core/missing.js'
import { rounder } from '../core/number.js'
import { MOST_LEVELS, NestingError, plainOf, valueOf } from '../core/object-value.js'
import { optionText } from '../core/option-words.js'
import type { SettingsOf } from '../core/options.js'
import { type ColumnNames, type Field, type Layout, mayBeNull, type OutputColumn } from '../core/output-columns.js'
import { recall } from '../core/prediction.js'
import type { Column, Value } from '../core/record-batch.js'
import { takenName } from '../core/renaming.js'
import type { Types } from '../core/requested-types.js'
import type { Shorten } from '../core/short-floats.js'
import { jsonOf } from '../core/value-text.js'
import { fits } from '../core/value-type.js'
import { restoredMisfit } from './restored-columns.js'

export type Row = Record<string, unknown>
type Settings = Pick<SettingsOf<'bytes'>, 'precision' | 'float32' | 'types'>

/** The values of a row for the kept columns, and for the new ones. */
export interface RowValues {
  kept: unknown[]
  added: unknown[]
  /** In JSON, instead of kept columns: the object of the row's own kept properties. */
  text?: string
}

/** Throws E_KEY, E_CELL_TYPE, E_WIDTH or E_RECORD if the row does not fit. */
export type RowReader = (row: Row, position: number) => RowValues

/** The columns that rows are written to. */
export interface RowJob {
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

/** Returns a row as a record. Throws E_RECORD if it is not one. */
export function recordOf(row: unknown, position: number): Row {
  if (typeof row === 'object' && row !== null && !Array.isArray(row) && !ArrayBuffer.isView(row) && !isBytes(row))
    return row as Row
  if (isBytes(row))
    throw new SoftmaxError('E_CHUNK', { takes: 'rows', got: 'bytes', remedy: "put read('csv') before it" })
  throw new SoftmaxError('E_RECORD', { row: position, reason: `expected an object, got ${kindOf(row)}` })
}

/** Creates the function that reads the value of a row for a kept column; text has short values of some columns. */
export function valueReader(
  nulls: NullTexts | undefined,
  stores: ReadonlyMap<Column, FieldStore>,
  shorteners: ReadonlyMap<string, Shorten>,
): RowJob['keptValue'] {
  return (row, column) => {
    if (stores.has(column)) return plainOf(row[column.name])
    const own = row[column.name]
    const value = valueOf(shorteners.get(column.name)?.(own) ?? own)
    return column.field && nulls?.hasValue(value) ? null : value
  }
}

/** Creates the function that reads and rounds the values of a row, and checks that it has the shape of the first. */
export function rowReader(job: RowJob, fields: readonly Field[], settings: Settings): RowReader {
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
export function memberReader(job: RowJob, fields: readonly Field[], settings: Settings): RowReader {
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

function memberOf(row: Row, name: string, position: number, job: RowJob): string {
  const value = keptOf(row, { name, type: 'json', sample: '' }, position, job)
  return `${JSON.stringify(name)}:${jsonOf(value as Value)}`
}

/** Creates the function that reads and rounds the new values of a row. */
function addedReader({ emit, layout, inRows }: RowJob, fields: readonly Field[], settings: Settings) {
  const round = rounder(settings)
  return (row: Row, position: number): unknown[] => {
    const added = recall(row, emit, { ...layout, columnNames: inRows })
    requireValues(added, fields, layout, position)
    return added.map((value, at) => (isResult(fields[at]!) ? rounded(value, round) : value))
  }
}

/** The value of a row for a kept column. Throws E_RECORD if it is an object that contains itself. */
function keptOf(row: Row, column: Column, position: number, { keptValue }: RowJob): unknown {
  try {
    return keptValue(row, column)
  } catch (error) {
    if (!(error instanceof NestingError)) throw error
    const reason = `its ${shown(column.name)} contains itself, or has more than ${MOST_LEVELS} levels`
    throw new SoftmaxError('E_RECORD', { row: position, reason, remedy: 'remove it from the row' })
  }
}

/** Creates the test whether a value fits a column. */
function fitTest(column: Column, stores: RowJob['stores']): (value: unknown) => boolean {
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
  stores: RowJob['stores'],
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

/** Throws E_RECORD for a name that is not that of a class, which an array cannot have. */
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
  for (const [index, field] of fields.entries()) {
    const { name, type, isEachClass, size = classes.length } = field
    const value = values[index]
    if (mayBeNull(field) && value === null) continue
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
