/** The true classes of the rows of a batch. */
import type { ColumnData } from '../core/column-data.js'
import { valueReader } from '../core/column-values.js'
import type { DataType } from '../core/data-type.js'
import { fromBytes } from '../core/dialect.js'
import { withPoint } from '../core/number.js'
import { RawJson, type RecordBatch, type RowError, type Value } from '../core/record-batch.js'
import { MultiLabelTruths, TruthNames } from '../core/truth-names.js'
import { decodeCell } from '../formats/csv/rows.js'
import { valuesIn } from '../formats/ndjson/json.js'
import { repeatedKeyError, textIn } from '../formats/ndjson/row.js'
import { NO_CLASS } from '../kernel/constants.js'
import { NestedTruths } from './nested-truths.js'
import { cellsOf, nullsOf, type ScoreJob } from './score-job.js'

/** A batch with the true classes of each row, and without the columns of these where they are not kept. */
type Labelled = (batch: RecordBatch) => RecordBatch

/** The function that reads the true classes of a batch; rows whose are none of the classes are bad. */
export function truthReader(job: ScoreJob): Labelled {
  const { schema } = job
  const { truth, truths = [truth!], kept } = schema
  if (truth === undefined) return (batch) => batch
  const readerOf = rowReader(job, truths)
  const mark = markerOf(job)
  return (batch) => {
    const read = readerOf(batch)
    const errors = new Map(batch.errors)
    const marked = mark(batch.numRows, batch)
    const markRow = (row: number): RowError | undefined => {
      const values = read(row)
      return Array.isArray(values) ? marked.mark(values, row) : values
    }
    for (let row = 0; row < batch.numRows; row++) {
      const error = batch.errors.has(row) ? undefined : markRow(row)
      if (!error) continue
      const { nth = 0, ...rest } = error
      errors.set(row, { ...rest, ...placeOf(job, truths[nth] ?? truth) })
    }
    return { ...batch, kept: batch.kept.slice(0, kept.length), errors, ...marked.found }
  }
}

function placeOf({ input, schema }: ScoreJob, truth: number) {
  return input ? { cell: truth } : { column: schema.header[truth]! }
}

/** What true classes of so many rows become, and a function that takes those of each. */
type Marker = (
  rows: number,
  batch: RecordBatch,
) => {
  found: Pick<RecordBatch, 'truths' | 'targets'>
  mark(values: Value[], row: number): RowError | undefined
}

function markerOf(job: ScoreJob): Marker {
  const { depth, sigmoid } = job.schema
  if (depth !== undefined) return nestedMarker(job)
  return sigmoid ? multiLabelMarker(job) : singleMarker(job)
}

/** The same of lists of true classes; in a cell of text they are JSON. */
function nestedMarker({ schema: { classes }, settings }: ScoreJob): Marker {
  const names = new TruthNames(classes, nullsOf(settings))
  return (_, { nesting }) => {
    const truths = new NestedTruths(names, classes, nesting!)
    return { found: truths, mark: ([value], row) => truths.mark(listIn(value!), row) }
  }
}

/** The list that a value is, or that is written in it. */
function listIn(value: Value): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith('[')) return nested(value)
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function singleMarker({ schema: { classes, binary }, settings }: ScoreJob): Marker {
  const names = new TruthNames(classes, nullsOf(settings), binary ? 'binary' : undefined)
  return (rows) => {
    const truths = new Uint32Array(rows).fill(NO_CLASS)
    const mark = ([value]: Value[], row: number) => {
      const found = names.find(plain(value!))
      if (typeof found !== 'number') return found
      truths[row] = found
      return undefined
    }
    return { found: { truths }, mark }
  }
}

function multiLabelMarker({ schema, settings }: ScoreJob): Marker {
  const { classes, truths: each = schema.truthList } = schema
  const names = new MultiLabelTruths(classes, nullsOf(settings))
  return (rows) => multiLabelMarks(names, classes.length, rows, each !== undefined)
}

/** What the true classes of rows become that may have several. */
export function multiLabelMarks(names: MultiLabelTruths, classes: number, rows: number, isEach: boolean) {
  const truths = new Uint32Array(rows).fill(NO_CLASS)
  const targets = new Uint8Array(rows * classes)
  const mark = (values: readonly unknown[], row: number): RowError | undefined => {
    const into = targets.subarray(row * classes, (row + 1) * classes)
    const found = isEach ? names.markEach(values.map(nested), into) : names.markList(nested(values[0]), into)
    if (typeof found !== 'boolean') return found
    if (found) truths[row] = 0
    return undefined
  }
  return { found: { truths, targets }, mark }
}

/** The function that reads the true classes of each row of a batch, of all its columns. */
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

/** The items of the list of each row, all of which have as many. */
function itemsReader({ type, children }: ColumnData): ReadRow {
  const { size } = type as DataType & { kind: 'fixed_size_list' }
  const read = valueReader(children![0]!)
  return (row) => {
    const items: Value[] = []
    for (let at = row * size; at < (row + 1) * size; at++) items.push(read(at))
    return items
  }
}

/** The true classes of a row, or what is wrong with them. */
type ReadRow = (row: number) => Value[] | RowError

/** A kept cell of delimited text is as its writer takes it. */
function cellReader(job: ScoreJob): (value: Value) => Value {
  const { input } = job
  if (!input) return (value) => value
  const cells = cellsOf(job)
  const read = (value: string) =>
    cells === 'text' ? value : fromBytes(cells === 'encoded' ? decodeCell(value, input) : value)
  const asPosition = input.decimalComma ? positionReader(job) : (text: string) => text
  return (value) => (typeof value === 'string' ? asPosition(read(value)) : value)
}

/** Positions that programs write as floats, as 2,0, with a point, unless a class is called so. */
function positionReader({ schema: { classes } }: ScoreJob): (text: string) => string {
  return (text) =>
    /^\s*\d+,0*(?:e[+-]?0+)?\s*$/i.test(text) && !classes.includes(text.trim()) ? withPoint(text) : text
}

/** The values of some keys in rows that are JSON objects, where each is in a row once. */
function memberReader(rows: readonly string[], keys: readonly string[]): ReadRow {
  return (row) => {
    const repeated = new Set<string>()
    const values = valuesIn(rows[row]!, repeated)
    const twice = keys.find((key) => repeated.has(key))
    return twice === undefined ? keys.map((key) => memberOf(values.get(key))) : repeatedKeyError(twice)
  }
}

/** The same of the value that a path leads to. */
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

/** A value, of nested ones what they are. */
function nested(value: unknown): unknown {
  if (value instanceof RawJson) return JSON.parse(value.text)
  return value
}

function plain(value: Value): string | number | bigint | boolean | null {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof RawJson) return value.text
  return value instanceof Date ? value.toISOString() : Buffer.from(value).toString('latin1')
}
