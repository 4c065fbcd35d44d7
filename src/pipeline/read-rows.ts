/** Reads bytes of any format into rows: JavaScript objects. */

import { isExact, numbersOf } from '../core/column-numbers.js'
import { isValid } from '../core/column-slices.js'
import { objectReader } from '../core/column-values.js'
import { SoftmaxError } from '../core/errors.js'
import { delimiterOf, isText } from '../core/formats.js'
import { nameWarnings } from '../core/header-names.js'
import { isIndex, keyOrderer } from '../core/key-order.js'
import { lateLogitTest } from '../core/late-logits.js'
import { notExact } from '../core/logit.js'
import { chosenLogitsColumn, isList } from '../core/logits-list.js'
import { nullsOf } from '../core/missing.js'
import { hasTextNumbers, putTextNumbers } from '../core/numbers-from-text.js'
import { requireApplicable, type SettingsOf } from '../core/options.js'
import {
  type Column,
  isColumnData,
  type JsonColumn,
  RawJson,
  type ReaderOptions,
  type RecordBatch,
  type RecordBatchReader,
  type RowError,
  type ScoredRows,
  type Value,
} from '../core/record-batch.js'
import { putOrigin } from '../core/row-origin.js'
import { select } from '../core/selector.js'
import { putTypes, sourceTyper } from '../core/source-types.js'
import { type FoundTypes, noteTypes } from '../core/stream-types.js'
import { loadFormat } from '../formats/index.js'
import { parseExactly } from '../formats/ndjson/json.js'
import { valueAt } from '../formats/ndjson/row.js'
import { defineColumns, untriedWarning } from './defining-row.js'
import { logitsInOne, requireNamed, shapeErrors } from './logits-property.js'
import { type Input, type Opened, openInput } from './open-input.js'
import { type BlockStart, countRows, errorsLeft, requireConservation, requireRows } from './row-counts.js'
import { rowReporter } from './row-text.js'
import type { Run } from './run.js'
import { partitionRows } from './scorer.js'

/** A row: an object keyed by column name, or an array of cells if delimited text has no header. */
export type Row = Record<string, unknown> | string[]

type Settings = SettingsOf<'bytes'>

/** A run that finds the types of its rows. */
interface ReadingRun extends Run {
  found: FoundTypes
}

/** Reads and counts the rows of an input, in batches; bad rows are reported. */
export async function* readRows(input: Input, run: ReadingRun): AsyncGenerator<Iterable<Row>> {
  const { name } = input
  const blockStart = { line: 1, row: 1, byte: 0 }
  const warn = (text: string) => run.emit('warning', text, name)
  const opened = await openInput(input, run.settings, warn)
  const settings = { ...run.settings, from: opened.format, encoding: opened.encoding }
  const table = await openTable(opened, settings, warn)
  Object.assign(blockStart, table?.start)
  try {
    if (table) yield* rowsOf(table, run, settings, blockStart, name)
  } finally {
    await table?.close?.()
  }
  requireConservation(run.stats)
  requireRows(run)
}

async function* rowsOf(
  table: RecordBatchReader,
  run: ReadingRun,
  settings: Settings,
  blockStart: BlockStart,
  name: string | undefined,
): AsyncGenerator<Iterable<Row>> {
  const header = table.columns.map((column) => column.name)
  run.emit('header', header, name)
  const isRequested = settings.header !== undefined || delimiterOf(settings.from) === undefined
  for (const warning of table.named ? nameWarnings(header, isRequested) : []) run.emit('warning', warning, name)
  for (const warning of table.warnings?.([...header.keys()]) ?? []) run.emit('warning', warning, name)
  const source = { before: blockStart, source: name, relocate: table.relocate, isAhead: true }
  yield* countRows<Row, Iterable<Row>>(batchesOf(table, settings, run, source), run, source)
}

async function openTable(
  opened: Opened,
  settings: Settings,
  warn: (text: string) => void,
): Promise<RecordBatchReader | undefined> {
  requireApplicable(settings, opened.format)
  const table = await (await loadFormat(opened.format)).read(opened, settings)
  // Without names, objects would be arrays: only the program can say whether it expects these.
  if (table && !table.named && settings.header === undefined && delimiterOf(settings.from) !== undefined)
    throw new SoftmaxError('E_HEADER', { line: table.headerLine! })
  const untried = table && (await defineColumns(table, settings, () => hasSelected(table, settings)))
  if (untried !== undefined) warn(untriedWarning(untried, false))
  return table
}

/** Whether a row has the selected logits, numeric or not; throws if it has none. */
function hasSelected({ columns, named }: RecordBatchReader, { logits }: Settings): boolean {
  if (logits !== undefined && named) logitsInOne(logits, columns)
  return true
}

async function* batchesOf(
  table: RecordBatchReader,
  settings: Settings,
  run: ReadingRun,
  { before, source }: { before: BlockStart; source: string | undefined },
): AsyncGenerator<ScoredRows<Row, Iterable<Row>>> {
  const plan = planOf(table, settings)
  const make = rowMaker(table, plan)
  const selected = selectedLogits(table, plan, settings)
  const typesIn = typer(table, plan, settings)
  const rowOf = selected ? (batch: RecordBatch, row: number) => moved(make(batch, row) as PlainRow, selected) : make
  const errorsOf = selected && (misshapenLogits(table, plan, settings) ?? inexactLogits(table, plan, settings))
  const names = namesIn(table, plan)
  if (names) run.found.names = selected ? Object.keys(selected(withoutValues(names))) : names
  const withRow = rowReporter(plan.wantRaw && !isText(settings.from!) ? table.columns : undefined, plan)
  for await (const batch of table.batches(plan)) {
    const found = partitionRows(batch, errorsLeft(run), errorsOf?.(batch), withRow(batch))
    const { rows, good, rowErrors: errors } = found
    const types = typesIn?.(batch.kept)
    if (types) noteTypes(run.found, types)
    // Without skipped rows, whoever takes the rows can count them; an origin for each would slow all down by a tenth.
    const origins = settings.onError === 'skip' ? { before: before.row, source } : undefined
    const pieces = lazily(good, (row) => {
      const made = rowOf(batch, row)
      if (types) putTypes(made, types)
      if (origins) putOrigin(made, row, origins)
      return made
    })
    yield { pieces, rows, written: good.length, lines: batch.lines, bytes: batch.bytes, errors }
  }
  if (typesIn) noteTypes(run.found, typesIn([]))
}

/** The names of the properties of rows, in their order; undefined if rows have their own, or none. */
function namesIn({ columns, named }: RecordBatchReader, { kept, logitsList, rawRowKeys }: ReaderOptions) {
  if (rawRowKeys || !(named || logitsList)) return undefined
  return [...kept.map((index) => columns[index]!.name), ...(logitsList ? ['logits'] : [])]
}

/** A row of nulls. */
export function withoutValues(names: readonly string[]): PlainRow {
  return Object.fromEntries(names.map((name) => [name, null]))
}

/** A batch may have a million rows, so each becomes an object when it is taken. */
function* lazily<From, To>(items: readonly From[], make: (item: From) => To): Generator<To> {
  for (const item of items) yield make(item)
}

/** Creates the function that returns the types of the properties of rows, if they are those of columns. */
function typer(
  { columns, metadata }: RecordBatchReader,
  { kept, logits, logitsList, rawRowKeys }: ReaderOptions,
  { from }: Settings,
) {
  const list = logitsList ? logits.filter((index) => columns[index]!.name === 'logits') : []
  const found = rawRowKeys
    ? columns.filter((column) => !column.inner)
    : [...kept, ...list].map((index) => columns[index]!)
  return sourceTyper(found, metadata, rawRowKeys !== undefined || from === 'copy')
}

type PlainRow = Record<string, unknown>

/** A row with its selected logits in one property. */
function moved(row: PlainRow, selected: (row: PlainRow) => PlainRow): PlainRow {
  const made = selected(row)
  return hasTextNumbers(row) ? putTextNumbers(made) : made
}

/** Creates the function that moves selected logits into one property, if they are not already in one. */
function selectedLogits({ columns, named }: RecordBatchReader, { logitsList }: ReaderOptions, { logits }: Settings) {
  if (logits === undefined || logitsList) return undefined
  requireNamed(logits, named)
  return logitsInOne(logits, columns)
}

/** Creates the function that finds, for a batch of JSON, the rows whose logits do not match their shape. */
function misshapenLogits({ columns }: RecordBatchReader, { rawRowKeys }: ReaderOptions, { logits }: Settings) {
  const errorOf = rawRowKeys && shapeErrors(logits!, columns)
  return (
    errorOf &&
    (({ rawRows }: RecordBatch) =>
      (row: number) =>
        errorOf(rawRows![row]!))
  )
}

/** Creates the function that finds, for a batch, the rows with a selected integer or decimal that was rounded. */
function inexactLogits({ columns }: RecordBatchReader, { kept }: ReaderOptions, { logits }: Settings) {
  const header = columns.map(({ name }) => name)
  const indices = select(logits!, header)
  return (batch: RecordBatch) => {
    const found = indices.flatMap((index) => {
      const data = batch.kept[kept.indexOf(index)]
      const numbers = data && isColumnData(data) ? numbersOf(data) : undefined
      return numbers?.inexactAt ? [{ ...numbers, name: header[index]! }] : []
    })
    return (row: number): RowError | undefined => {
      const column = found.find(({ numbers, validity }) => isValid({ validity }, row) && !isExact(numbers[row]!))
      return column && { ...notExact(column.inexactAt!(row)), column: column.name }
    }
  }
}

/** Keeps all columns except a list that holds all logits; lines of JSON are parsed as a unit. */
function planOf({ columns, named }: RecordBatchReader, settings: Settings): ReaderOptions {
  const { missing, onReject, from, encoding = 'utf-8' } = settings
  const asJson = from === 'ndjson' && named
  const found = asJson ? undefined : chosenLogitsColumn(settings, columns)
  // A record of logits stays a record, keyed by class; nested lists stay nested.
  const list = found !== undefined && isList(columns[found]!) ? found : undefined
  return {
    logits: list === undefined ? [] : [list],
    logitsList: list !== undefined,
    kept: asJson ? [] : [...columns.keys()].filter((index) => index !== list),
    classes: list === undefined ? 0 : (columns[list]!.width ?? 0),
    isLateLogit: asJson && settings.logits !== undefined ? lateLogitTest(settings) : undefined,
    rawRowKeys: asJson ? [] : undefined,
    typed: false,
    types: settings.types,
    missing,
    nulls: nullsOf(settings),
    wantRaw: onReject !== undefined,
    encoding,
  }
}

function rowMaker(
  { columns, named }: RecordBatchReader,
  plan: ReaderOptions,
): (batch: RecordBatch, row: number) => Row {
  const { kept, classes, logitsList } = plan
  if (plan.rawRowKeys) {
    const inOrder = recordOrderer(columns)
    return ({ rawRows: objects }, row) => inOrder(parseExactly(objects![row]!) as PlainRow)
  }
  const readersOf = lastOf(({ kept }: RecordBatch) =>
    kept.map((column, index) => objectReader(column, plainOf, columns[plan.kept[index]!]!.field)),
  )
  if (!named && !logitsList) return (batch, row) => readersOf(batch).map((read) => read(row) as string)
  const names = kept.map((index) => columns[index]!.name)
  return (batch, row) => {
    const readers = readersOf(batch)
    const rest = names.map((name, index) => [name, readers[index]!(row)])
    const logits = logitsList && ['logits', Array.from(batch.logits.subarray(row * classes, (row + 1) * classes))]
    return Object.fromEntries(logits ? [...rest, logits] : rest)
  }
}

/** Creates the function that attaches to the objects in a row of JSON the order that their keys have in the text of the first. */
function recordOrderer(columns: readonly Column[]): (row: PlainRow) => PlainRow {
  const sorted = columns.filter(({ keys }) => keys?.some(isIndex))
  const orderers = sorted.map((column) => ({ path: (column as JsonColumn).path, put: keyOrderer(column.keys!) }))
  if (orderers.length === 0) return (row) => row
  return (row) => {
    for (const { path, put } of orderers) {
      const record = valueAt(row, path)
      if (typeof record === 'object' && record !== null) put(record)
    }
    return row
  }
}

/** Caches the last result of a function, by the identity of its argument. */
function lastOf<From extends object, To>(make: (from: From) => To): (from: From) => To {
  let last: { from: From; to: To } | undefined
  return (from) => {
    if (last?.from !== from) last = { from, to: make(from) }
    return last.to
  }
}

function plainOf(value: Value): unknown {
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value)
  return value instanceof RawJson ? parseExactly(value.text) : value
}
