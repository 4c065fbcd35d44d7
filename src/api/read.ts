/** Bytes -> rows: any format as a stream of objects, such as `softmax` takes in. */
import type { Duplex } from 'node:stream'
import { objectReader } from '../core/column-values.js'
import { delimiterOf, type FormatName, requireFormat } from '../core/formats.js'
import { nameWarnings } from '../core/header-names.js'
import { parseOptions, requireApplicable, type SettingsOf } from '../core/options.js'
import {
  RawJson,
  type ReaderOptions,
  type RecordBatch,
  type RecordBatchReader,
  type ScoredRows,
  type Value,
} from '../core/record-batch.js'
import { findWhole } from '../core/schema.js'
import { dialectFromOptions } from '../formats/csv/dialect-options.js'
import { loadFormat } from '../formats/index.js'
import { parseExactly } from '../formats/ndjson/json.js'
import { generatorTransform } from '../io/generator-transform.js'
import { type Input, type Opened, openInput } from '../pipeline/open-input.js'
import {
  type BlockStart,
  countRows,
  newStats,
  requireConservation,
  requireRows,
  type Stats,
} from '../pipeline/row-counts.js'
import { type Run, toBuffers } from '../pipeline/run.js'
import { nullsOf, partitionRows } from '../pipeline/scorer.js'
import type { ReadOptions } from './options.js'
import type { InputEvents } from './score.js'
import type { DuplexOf } from './typed-stream.js'

/** A row: its columns by name; without names, the cells of a delimited text. */
export type Row = Record<string, unknown> | string[]

/** The stream of {@link read}: bytes in, rows out. */
export interface RowStream<R extends Row = Row> extends DuplexOf<R, InputEvents> {
  readonly stats: Stats
}

/**
 * Reads a format: a stream from its bytes, compressed with gzip or zstd or not, to its rows, for `softmax` and `logSoftmax`.
 *
 * - Delimited text gives a record of strings, one for each column; with `header: false`, an array of them.
 * - NDJSON gives the object in each line; an array in a line gives `{ logits }`.
 * - .npy gives `{ logits }`; Parquet and Arrow give a record of the columns. The list column `logits`, or the one that the
 *   option `logits` names, is the property `logits`, an array of numbers.
 *
 * An integer is a number where that is exact, and a bigint otherwise. A bad row is one that cannot be parsed; whether its
 * logits are numbers is checked by `softmax`. Memory is constant: nothing is read while nobody takes rows.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION, E_CONFLICT at once; any other error is the stream's `error` event.
 *
 * @example
 * const rows = createReadStream('logits.parquet').pipe(read('parquet'))
 * for await (const { id, label, probabilities } of rows.compose(softmax())) …
 */
export function read(format: FormatName, options: ReadOptions & { header: false }): RowStream<string[]>
/** Rows with names, as they are by default. */
export function read(
  format: FormatName,
  options?: ReadOptions & { header?: true | undefined },
): RowStream<Record<string, unknown>>
/** Rows with names or without, as the options say at run time. */
export function read(format: FormatName, options?: ReadOptions): RowStream
export function read(format: FormatName, options: ReadOptions = {}): RowStream {
  requireFormat(format)
  const settings = parseOptions({ ...parseOptions(options, 'read'), from: format }, 'bytes')
  dialectFromOptions(settings)
  const stats = newStats()
  const { signal, source } = settings
  const stream: Duplex = generatorTransform({ readableObjectMode: true, errorTurns: 64, signal }, (chunks) =>
    readRows(
      { chunks: toBuffers(chunks, stats), name: source },
      { settings, stats, single: true, emit: (event, ...what) => stream.emit(event, ...what) },
    ),
  )
  return Object.assign(stream, { stats })
}

type Settings = SettingsOf<'bytes'>

async function* readRows(input: Input, run: Run): AsyncGenerator<Row> {
  const { name } = input
  const place = { line: 1, row: 1, byte: 0 }
  const opened = await openInput(input, run.settings, (text) => run.emit('warning', text, name))
  const settings = { ...run.settings, from: opened.format, encoding: opened.encoding }
  const table = await openTable(opened, settings)
  Object.assign(place, table?.start)
  try {
    if (table) yield* rowsOf(table, run, settings, place, name)
  } finally {
    await table?.close?.()
  }
  requireConservation(run.stats)
  requireRows(run)
}

async function* rowsOf(
  table: RecordBatchReader,
  run: Run,
  settings: Settings,
  place: BlockStart,
  name: string | undefined,
): AsyncGenerator<Row> {
  const header = table.columns.map((column) => column.name)
  run.emit('header', header, name)
  const isAsked = settings.header !== undefined || delimiterOf(settings.from) === undefined
  for (const warning of table.named ? nameWarnings(header, isAsked) : []) run.emit('warning', warning, name)
  for (const warning of table.warnings ?? []) run.emit('warning', warning, name)
  yield* countRows<Row>(batchesOf(table, settings), run, place, name, table.relocate)
}

async function openTable(opened: Opened, settings: Settings): Promise<RecordBatchReader | undefined> {
  requireApplicable(settings, opened.format)
  return (await loadFormat(opened.format)).read(opened, settings)
}

async function* batchesOf(table: RecordBatchReader, settings: Settings): AsyncGenerator<ScoredRows<Row>> {
  const plan = planOf(table, settings)
  const rowOf = rowMaker(table, plan)
  for await (const batch of table.batches(plan)) {
    const { rows, good, rowErrors } = partitionRows(batch, settings)
    const pieces = good.map((row) => rowOf(batch, row))
    yield { pieces, rows, written: good.length, lines: batch.lines, bytes: batch.bytes, errors: rowErrors }
  }
}

/** All columns are kept, save a list that holds all logits; lines of JSON are parsed as they are. */
function planOf({ columns, named }: RecordBatchReader, settings: Settings): ReaderOptions {
  const { missing, onReject, from, encoding = 'utf-8' } = settings
  const asJson = from === 'ndjson' && named
  const found = asJson ? undefined : findWhole(settings, columns)
  // A record of logits stays one, whose keys are the classes.
  const list = found !== undefined && columns[found]!.type === 'record' ? undefined : found
  return {
    logits: list === undefined ? [] : [list],
    logitsList: list !== undefined,
    kept: asJson ? [] : [...columns.keys()].filter((index) => index !== list),
    classes: list === undefined ? 0 : (columns[list]!.width ?? 0),
    rawRowKeys: asJson ? [] : undefined,
    typed: false,
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
  if (plan.rawRowKeys) return ({ rawRows: objects }, row) => parseExactly(objects![row]!) as Row
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

/** A function that keeps its last result, for as long as it is called with the same argument. */
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
