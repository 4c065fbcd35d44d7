/** Bytes -> rows: any format as a stream of objects, such as `softmax` takes in. */
import type { Duplex } from 'node:stream'
import { type Batch, Json, type ReadPlan, type Scored, type Table, type Value } from './formats/batch.js'
import { type FormatName, loadFormat } from './formats/index.js'
import { type Input, type Opened, openInput } from './formats/input.js'
import { askedDialect, readHead, requireNoDialect } from './head.js'
import { delimitedTable } from './lanes/delimited.js'
import { sortOut } from './lanes/table.js'
import { type OptionsOf, type SettingsOf, settle } from './options.js'
import { findWhole } from './schema.js'
import { doubtsOf, type Run, requireDelimiter, toBuffers } from './score.js'
import { countScored, newStats, requireConservation, requireRows, type Start, type Stats } from './tally.js'
import { transform } from './transform.js'

/** Options of {@link read}; all have defaults. See `OPTIONS` for each. */
export type ReadOptions = OptionsOf<'read'>

/** A row: its columns by name; without names, the cells of a delimited text. */
export type Row = Record<string, unknown> | string[]

/** The stream of {@link read}; its events are those of `score`, `schema` excepted. */
export interface RowStream extends Duplex {
  readonly stats: Stats
}

/**
 * A stream that takes in the bytes of a format, compressed with gzip or zstd or not, and gives the rows, as `softmax` and
 * `logSoftmax` take them:
 *
 * - of delimited text a record of its cells, which are texts, or with `header: false` an array of them
 * - of NDJSON the object of the line; of a line that is an array, `{ logits }`
 * - of .npy `{ logits }`, of Parquet and Arrow a record of the columns. The list that is called `logits`, or that the
 *   option of that name names, is the property `logits`, an array of numbers. An integer is a number where that is exact,
 *   else a bigint.
 *
 * A bad row is one that cannot be read; whether its logits are numbers is for `softmax` to say. Memory does not grow with
 * the input: while nobody takes rows, nothing is read.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION, E_CONFLICT at once; all else is the stream's `error` event.
 *
 * @example
 * const rows = createReadStream('logits.parquet').pipe(read('parquet'))
 * for await (const { id, label, probabilities } of rows.compose(softmax())) …
 */
export function read(format: FormatName, options: ReadOptions = {}): RowStream {
  const settings = settle({ ...settle(options, 'read'), from: format }, 'bytes')
  askedDialect(settings)
  const stats = newStats()
  const { signal, source } = settings
  const stream: Duplex = transform({ readableObjectMode: true, signal }, (chunks) =>
    readRows(
      { chunks: toBuffers(chunks, stats), name: source },
      { settings, stats, single: true, tell: (event, ...what) => stream.emit(event, ...what) },
    ),
  )
  return Object.assign(stream, { stats })
}

type Settings = SettingsOf<'bytes'>

async function* readRows(input: Input, run: Run): AsyncGenerator<Row> {
  const { name } = input
  const place = { line: 1, row: 1, byte: 0 }
  const opened = await openInput(input, run.settings.from, (text) => run.tell('warning', text, name))
  const settings = { ...run.settings, from: opened.format }
  const table = await openTable(opened, settings, place)
  try {
    if (table) yield* rowsOf(table, run, settings, place, name)
  } finally {
    await table?.close?.()
  }
  requireConservation(run.stats)
  requireRows(run)
}

async function* rowsOf(
  table: Table,
  run: Run,
  settings: Settings,
  place: Start,
  name: string | undefined,
): AsyncGenerator<Row> {
  const header = table.columns.map((column) => column.name)
  run.tell('header', header, name)
  for (const doubt of table.named ? doubtsOf(header) : []) run.tell('warning', doubt, name)
  yield* countScored<Row>(batchesOf(table, settings), run, place, name)
}

async function openTable(opened: Opened, settings: Settings, place: Start): Promise<Table | undefined> {
  const format = await loadFormat(opened.format)
  if (format) {
    requireNoDialect(settings, opened.format)
    return format.read(opened, settings)
  }
  const head = await readHead(opened.chunks, askedDialect(settings), settings)
  if (!head) return undefined
  requireDelimiter(head.header ?? head.first ?? [], head.dialect, head.line)
  place.line += head.lines
  place.byte = head.bytes
  return delimitedTable(head)
}

async function* batchesOf(table: Table, settings: Settings): AsyncGenerator<Scored<Row>> {
  const plan = planOf(table, settings)
  const rowOf = rowMaker(table, plan)
  for await (const batch of table.batches(plan)) {
    const { rows, good, faults } = sortOut(batch, settings)
    const pieces = good.map((row) => rowOf(batch, row))
    yield { pieces, rows, written: good.length, lines: batch.lines, bytes: batch.bytes, faults }
  }
}

/** All columns are kept, but one that holds all logits; lines of JSON come as they are. */
function planOf({ columns, named }: Table, settings: Settings): ReadPlan {
  const { missing, onReject, from } = settings
  const asJson = from === 'ndjson' && named
  const whole = asJson ? undefined : findWhole(settings, columns)
  return {
    logits: whole === undefined ? [] : [whole],
    whole: whole !== undefined,
    kept: asJson ? [] : [...columns.keys()].filter((index) => index !== whole),
    classes: whole === undefined ? 0 : (columns[whole]!.width ?? 0),
    objects: asJson ? [] : undefined,
    typed: false,
    missing,
    wantRaw: onReject !== undefined,
  }
}

function rowMaker({ columns, named }: Table, plan: ReadPlan): (batch: Batch, row: number) => Row {
  const { kept, classes, whole } = plan
  if (plan.objects) return ({ objects }, row) => JSON.parse(objects![row]!)
  if (!named && !whole) return (batch, row) => batch.kept.map((values) => values[row] as string)
  const names = kept.map((index) => columns[index]!.name)
  return (batch, row) => {
    const rest = names.map((name, index) => [name, plainOf(batch.kept[index]![row]!)])
    const logits = whole && ['logits', Array.from(batch.logits.subarray(row * classes, (row + 1) * classes))]
    return Object.fromEntries(logits ? [...rest, logits] : rest)
  }
}

function plainOf(value: Value): unknown {
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value)
  return value instanceof Json ? JSON.parse(value.text) : value
}
