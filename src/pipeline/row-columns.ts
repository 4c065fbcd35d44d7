/** Resolves the columns of an output from its first records, whether these are predictions or not. */

import type { Duplex } from 'node:stream'
import { columnOfValues } from '../core/cell-types.js'
import type { TableSchema } from '../core/data-type.js'
import { SoftmaxError } from '../core/errors.js'
import { type FormatName, isArray } from '../core/formats.js'
import { inListedOrder, keptKeyTest } from '../core/kept-columns.js'
import { labelWarnings, readLabels } from '../core/labels.js'
import { declaredRemedy, withRemedy } from '../core/late-keys.js'
import { copiedWarning } from '../core/lost-types.js'
import { nullsOf } from '../core/missing.js'
import { requireNewNames } from '../core/new-names.js'
import { plainOf } from '../core/object-value.js'
import { requireNulls } from '../core/option-conflicts.js'
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
import { originOf, propertiesOf, RESULTS } from '../core/prediction.js'
import type { Column, Format, KeptColumn, Value, ValueType } from '../core/record-batch.js'
import { requestedTypes } from '../core/requested-types.js'
import { unknownNames } from '../core/selector.js'
import { shortenersOf } from '../core/short-floats.js'
import { inSourceOrder, type SourceTypes, typesOf } from '../core/source-types.js'
import { typesFoundBy, typesOfCopies } from '../core/stream-types.js'
import { typeOfAll } from '../core/value-type.js'
import { keepRemedy, requireColumns } from './kept-types.js'
import { emittedByDefault, leftOutWarning, requireNumeric, uselessLabels } from './numeric-columns.js'
import { lostByCopies, type RestoredColumns, restoredColumns, typeWarnings } from './restored-columns.js'
import { memberReader, type Row, type RowJob, type RowReader, recordOf, rowReader, valueReader } from './row-values.js'

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
  /** Whether an empty text is not null: some inputs have both, while csv-parse gives an empty text for either. */
  quotesEmpty: boolean
  /** The metadata of the input of the rows, if its columns have the same types. */
  metadata: TableSchema['metadata'] | undefined
  /** The column of some of its values. */
  keptColumn(values: readonly unknown[], column: Column): KeptColumn
  /** Reads the values of a row. */
  read: RowReader
}

/** Resolves the columns from the first records; `first` has their properties if there are none. */
export function columnsOf(
  rows: readonly unknown[],
  settings: Settings,
  format: Format,
  warn: (text: string) => void,
  first = recordOf(rows[0], 1),
): RowColumns {
  const model = modelOf(rows, first)
  const { emit, inRows, names, properties, isPrediction } = emittedOf(model, settings, format)
  const layout = { ...layoutOf(model, settings, format), columnNames: names }
  const results = isPrediction ? properties : undefined
  const source = typesIn(first, settings)
  const types = format.typed ? source : undefined
  const { restored, ...kept } = keptProperties(rows, keysOf(first, source, settings), types, settings, results)
  const { stores } = restored
  const keptValue = valueReader(nullsOf(settings), stores, shortenersOf(format.typed ? undefined : source))
  const job = { ...kept, emit, layout, inRows, isPrediction, keptValue, stores, typed: format.typed }
  if (format.numbersOnly) keepNumbers(job, settings, warn)
  const fields = fieldsOf(job.emit, layout)
  requireColumn(job, fields, settings)
  const keptNames = job.kept.map(({ name }) => name)
  requireNewNames({ ...layout, emit: job.emit }, keptNames)
  for (const text of warningsOf(rows, { kept: job.kept, types, restored }, settings, format)) warn(text)
  const added = [...keptNames.filter((name) => !restored.columns.has(name)), ...fields.map(({ name }) => name)]
  return {
    kept: job.kept,
    fields,
    classes: layout.classes,
    quotesEmpty: source?.hasNulls ?? false,
    metadata: withAdded(restored.metadata, added),
    keptColumn: columnMaker(job),
    read: settings.to === 'ndjson' ? memberReader(job, fields, settings) : rowReader(job, fields, settings),
  }
}

/** The properties that are kept, and their columns. */
interface KeptProperties extends Pick<RowJob, 'kept' | 'old' | 'isKept'> {
  restored: RestoredColumns
}

/** The properties of the first row, in the order of its columns in the input, and those that are declared. */
function keysOf(first: Row, source: SourceTypes | undefined, settings: Settings): readonly string[] {
  return [...inSourceOrder(first, source), ...declaredKeys(first, settings)]
}

/** Resolves the kept properties; `results` are the names of the others, if the rows are predictions. */
function keptProperties(
  rows: readonly unknown[],
  keys: readonly string[],
  types: SourceTypes | undefined,
  settings: Settings,
  results: readonly string[] | undefined,
): KeptProperties {
  const requested = requestedTypes(settings.types)
  const isKept = propertyTest(keys, results, settings)
  // An object has its own order, but a table has that of the list.
  const old = (settings.to === 'ndjson' ? keys : inListedOrder(settings.keep, keys)).filter(isKept)
  requireColumns(requested, old, (item) => keepRemedy(item, old, settings.keep))
  const restored = restoredColumns(rows, old, types, requested.byName)
  const kept = old.map((name): Column => {
    const type = requested.byName.get(name)
    if (!type) return restored.columns.get(name) ?? { name, type: typeOfProperty(rows, name), sample: '' }
    return { name, type: 'text', sample: '', ...(type.kind !== 'utf8' && { field: { name, type, nullable: true } }) }
  })
  return { kept, old, isKept, restored }
}

/** Throws E_RECORD if there are no columns: only a JSON object may be empty. */
function requireColumn({ kept, emit }: RowJob, fields: readonly Field[], { to }: Settings): void {
  if (kept.length + fields.length > 0 || to === 'ndjson' || emit.includes('probs')) return
  throw new SoftmaxError('E_RECORD', { row: 1, reason: `it has no properties, and ${to} needs columns` })
}

/** The warnings about the types of kept columns, and about labels. */
function warningsOf(
  rows: readonly unknown[],
  { kept, types, restored }: Pick<KeptProperties, 'kept' | 'restored'> & { types: SourceTypes | undefined },
  settings: Settings,
  { typed }: Format,
): string[] {
  const { byName } = requestedTypes(settings.types)
  const open = kept.filter(({ name }) => !byName.has(name))
  return [
    ...(typed ? typeWarnings(kept, restored, settings.types) : []),
    ...(typed && !types ? copyWarnings(rows, open, settings) : []),
    ...(settings.labels ? labelWarnings(settings.labels) : []),
  ]
}

/**
 * The row that shows the columns of predictions: the first, or if that is a copy whose results are null, the first that
 * has some. Throws E_RECORD if none has.
 */
function modelOf(rows: readonly unknown[], first: Row): Row {
  const isCopy = !originOf(first) && RESULTS.some((name) => first[name] === null) && 'label' in first
  if (!isCopy) return first
  const model = rows.find((row) => RESULTS.some((name) => Array.isArray((row as Row | null)?.[name])))
  if (model) return model as Row
  const reason = 'it is a copy of a prediction whose results are null, which does not show the classes'
  throw new SoftmaxError('E_RECORD', { row: 1, reason, remedy: 'write the prediction itself' })
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
): RowJob['isKept'] {
  const kept = results || keep !== false ? keep : true
  const late = typeof kept === 'boolean' ? [] : unknownNames(kept, keys)
  const remedy =
    typeof kept === 'boolean' || to === 'ndjson' || isArray(to) ? undefined : declaredRemedy(late, kept, types)
  return withRemedy(late, remedy, () => keptKeyTest(kept, keys, results ?? [], 'results'))
}

/** Creates the function that makes a column of values. */
function columnMaker({ stores }: RowJob): RowColumns['keptColumn'] {
  return (values, column) => {
    const store = stores.get(column)
    if (store) return store.build(values)
    return column.field ? columnOfValues(values as Value[], column.field.type).column : (values as Value[])
  }
}

/** The types that columns had in the input: that of `typesFrom`, otherwise that of the row, or of the row it predicts. */
function typesIn(row: Row, { typesFrom }: Settings): SourceTypes | undefined {
  return typesFrom ? typesFoundBy(typesFrom) : (typesOf(row) ?? originOf(row)?.types)
}

/** The warning that rows have lost their types, if they appear to be copies of rows that a stream has read. */
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
    column === 'probs' ? RESULTS.some((name) => isResults(first[name], origin)) : (inRows[column] ?? column) in first
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

/** Whether a value holds the results of all classes, or null instead. */
function isResults(value: unknown, origin: ReturnType<typeof originOf>): boolean {
  return Array.isArray(value) || (value === null && origin?.nullUnscored === true)
}

/** Drops what a numeric format cannot store, with a warning if it was not requested. */
function keepNumbers(job: RowJob, settings: Settings, warn: (text: string) => void): void {
  const { to } = settings
  const { topK, columnNames, nullUnscored } = job.layout
  if (nullUnscored) requireNulls({ to, nonfinite: 'null' })
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
  const origin = originOf(first)
  const count = Array.isArray(probabilities)
    ? probabilities.length
    : probabilities === null
      ? (origin?.classes.length ?? 0)
      : 0
  const topK = Array.isArray(top) ? top.length : top === null ? (origin?.topK ?? 0) : 0
  const log = logProbabilities !== undefined || (topK > 0 && hasLogs(top, origin))
  const { classes: names = positions(count), shape = 'list', decision, nullUnscored } = origin ?? {}
  const classes = labels && count > 0 ? readLabels(labels, count) : names
  return {
    classes,
    log,
    sigmoid: false,
    topK,
    decision,
    ...(nullUnscored && { nullUnscored }),
    ...(format.numbersOnly && { arrays: true }),
    shape: format.numbersOnly ? 'list' : format.shapes.includes(shape) ? shape : 'columns',
  }
}

/** Whether the most probable classes have logarithms. */
function hasLogs(top: unknown, origin: ReturnType<typeof originOf>): boolean {
  return top === null ? origin?.log === true : 'logProbability' in (top as object[])[0]!
}

function positions(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index))
}

/** The type of a property in some rows; nested values are written as JSON. */
function typeOfProperty(rows: readonly unknown[], name: string): ValueType {
  const type = typeOfAll(rows.map((row) => plainOf((row as Row | null | undefined)?.[name])))
  return type === 'list' || type === 'record' ? 'json' : type
}
