/** Reads the true classes of the rows of a batch. */
import type { ColumnData } from '../core/column-data.js'
import { valueReader } from '../core/column-values.js'
import type { DataType } from '../core/data-type.js'
import { fromBytes } from '../core/dialect.js'
import { extended } from '../core/extended.js'
import { nullsOf } from '../core/missing.js'
import { isNumber, withPoint } from '../core/number.js'
import { RawJson, type RecordBatch, type RowError, type Value } from '../core/record-batch.js'
import { MultiLabelTruths, TruthNames } from '../core/truth-names.js'
import { decodeCell } from '../formats/csv/rows.js'
import { valuesIn } from '../formats/ndjson/json.js'
import { repeatedKeyError, textIn } from '../formats/ndjson/row.js'
import { NO_CLASS } from '../kernel/constants.js'
import { NestedTruths } from './nested-truths.js'
import { cellsOf, type ScoreJob } from './score-job.js'

/** Adds the true classes to a batch, and removes their columns unless they are kept. */
type Labelled = (batch: RecordBatch) => RecordBatch

/** Creates the function that reads the true classes of a batch; a row is bad if its true class is unknown. */
export function truthReader(job: ScoreJob): Labelled {
  const { schema } = job
  const { truth, truths = [truth!], truthList, kept } = schema
  if (truth === undefined) return (batch) => batch
  const readerOf = rowReader(job, truths)
  const collect = collectorOf(job)
  return (batch) => {
    const read = readerOf(batch)
    const errors = new Map(batch.errors)
    const collector = collect(batch.numRows, batch)
    const addRow = (row: number): RowError | undefined => {
      const values = read(row)
      return Array.isArray(values) ? collector.add(values, row) : values
    }
    for (let row = 0; row < batch.numRows; row++) {
      const error = batch.errors.has(row) ? undefined : addRow(row)
      if (!error) continue
      const { nth = 0, ...rest } = error
      const info = truthList ? { ...error.info, nth } : error.info
      errors.set(row, extended(rest, { info, ...locationOf(job, truths[nth] ?? truth) }))
    }
    return { ...batch, kept: batch.kept.slice(0, kept.length), errors, ...collector.found }
  }
}

function locationOf({ input, schema }: ScoreJob, truth: number) {
  return input ? { cell: truth } : { column: schema.header[truth]! }
}

/** The true classes of `count` rows, and a function that records those of one row. */
type Collect = (
  rows: number,
  batch: RecordBatch,
) => {
  found: Pick<RecordBatch, 'truths' | 'targets'>
  add(values: Value[], row: number): RowError | undefined
}

function collectorOf(job: ScoreJob): Collect {
  const { depth, sigmoid } = job.schema
  if (depth !== undefined) return nestedTruths(job)
  return sigmoid ? multiLabelTruths(job) : singleTruths(job)
}

/** The same for lists of true classes; in text cells they are JSON. */
function nestedTruths({ schema, settings }: ScoreJob): Collect {
  const names = new TruthNames(schema, nullsOf(settings))
  return (_, { nesting }) => {
    const truths = new NestedTruths(names, schema.classes, nesting!)
    return { found: truths, add: ([value], row) => truths.add(listIn(value!), row) }
  }
}

/** A value as a list, parsed if it is text. */
function listIn(value: Value): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith('[')) return nested(value)
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function singleTruths({ schema, settings }: ScoreJob): Collect {
  const nulls = nullsOf(settings)
  const names = new TruthNames(schema, nulls)
  // A number of JSON that is not written as doubles are, such as 0.0.
  const isNull = (value: Value) =>
    value instanceof RawJson && isNumber(value.text) && nulls?.hasNumber(Number(value.text))
  return (rows) => {
    const truths = new Uint32Array(rows).fill(NO_CLASS)
    const add = ([value]: Value[], row: number) => {
      if (isNull(value!)) return undefined
      const found = names.find(plain(value!))
      if (typeof found !== 'number') return found
      truths[row] = found
      return undefined
    }
    return { found: { truths }, add }
  }
}

function multiLabelTruths({ schema, settings }: ScoreJob): Collect {
  const { classes, truths: each = schema.truthList } = schema
  const names = new MultiLabelTruths(schema, nullsOf(settings))
  return (rows) => multiLabelCollector(names, classes.length, rows, each !== undefined)
}

/** The same for rows that may have several true classes. */
export function multiLabelCollector(names: MultiLabelTruths, classes: number, rows: number, isEach: boolean) {
  const truths = new Uint32Array(rows).fill(NO_CLASS)
  const targets = new Uint8Array(rows * classes)
  const add = (values: readonly unknown[], row: number): RowError | undefined => {
    const into = targets.subarray(row * classes, (row + 1) * classes)
    const found = isEach ? names.markEach(values.map(nested), into) : names.markList(nested(values[0]), into)
    if (typeof found !== 'boolean') return found
    if (found) truths[row] = 0
    return undefined
  }
  return { found: { truths, targets }, add }
}

/** Creates the function that reads the true classes of a row of a batch from all their columns. */
function rowReader(job: ScoreJob, truths: readonly number[]): (batch: RecordBatch) => ReadRow {
  const { kept, header, truthPath, truthList } = job.schema
  const others = truths.filter((index) => !kept.includes(index))
  const columnOf = (index: number) => (kept.includes(index) ? kept.indexOf(index) : kept.length + others.indexOf(index))
  const keys = truths.map((index) => header[index]!)
  const textOf = cellReader(job)
  return (batch) => {
    if (batch.rawRows) return truthPath ? innerReader(batch.rawRows, truthPath) : memberReader(batch.rawRows, keys)
    const columns = truths.map((index) => batch.kept[columnOf(index)] ?? [])
    if (truthList) return itemsReader(columns[0] as ColumnData)
    const reads = columns.map((column) => valueReader(column))
    return (row) => reads.map((read) => textOf(read(row)))
  }
}

/** The items of each row's list, all of equal length. */
function itemsReader({ type, children }: ColumnData): ReadRow {
  const { size } = type as DataType & { kind: 'fixed_size_list' }
  const read = valueReader(children![0]!)
  return (row) => {
    const items: Value[] = []
    for (let at = row * size; at < (row + 1) * size; at++) items.push(read(at))
    return items
  }
}

/** The true classes of a row, or its error. */
type ReadRow = (row: number) => Value[] | RowError

/** Kept cells of delimited text may still be encoded, as their writer needs them; decodes those. */
function cellReader(job: ScoreJob): (value: Value) => Value {
  const { input } = job
  if (!input) return (value) => value
  const cells = cellsOf(job)
  const read = (value: string) =>
    cells === 'text' ? value : fromBytes(cells === 'encoded' ? decodeCell(value, input) : value)
  const asPosition = input.decimalComma ? positionReader(job) : (text: string) => text
  return (value) => (typeof value === 'string' ? asPosition(read(value)) : value)
}

/**
 * Accepts positions that other programs write as floats, as in 2.0 (or 2,0 with a decimal comma), unless a class has
 * that name.
 */
function positionReader({ schema: { classes }, settings }: ScoreJob): (text: string) => string {
  const nulls = nullsOf(settings)
  const isOther = (text: string) => classes.includes(text.trim()) || nulls?.has(text)
  return (text) => (/^\s*\d+,0*(?:e[+-]?0+)?\s*$/i.test(text) && !isOther(text) ? withPoint(text) : text)
}

/** The values of some keys in rows that are JSON objects; a duplicate key is an error. */
function memberReader(rows: readonly string[], keys: readonly string[]): ReadRow {
  return (row) => {
    const repeated = new Set<string>()
    const values = valuesIn(rows[row]!, repeated)
    const twice = keys.find((key) => repeated.has(key))
    return twice === undefined ? keys.map((key) => memberOf(values.get(key))) : repeatedKeyError(twice)
  }
}

/** The same for the value at a path. */
function innerReader(rows: readonly string[], path: readonly string[]): ReadRow {
  return (row) => {
    const text = textIn(rows[row]!, path)
    return typeof text === 'object' ? text : [memberOf(text)]
  }
}

function memberOf(text: string | undefined): Value {
  if (text === undefined) return null
  return text.startsWith('{') || text.startsWith('[') ? new RawJson(text) : JSON.parse(text)
}

/** A value, parsed if it is nested JSON. */
function nested(value: unknown): unknown {
  if (value instanceof RawJson) return JSON.parse(value.text)
  return value
}

function plain(value: Value): string | number | bigint | boolean | null {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof RawJson) return value.text
  return value instanceof Date ? value.toISOString() : Buffer.from(value).toString('latin1')
}
