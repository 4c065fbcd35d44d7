/** Rows -> bytes: predictions, or any records, as a format. */

import type { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { SoftmaxError, shown } from '../core/errors.js'
import { type FormatName, isText } from '../core/formats.js'
import { readLabels } from '../core/labels.js'
import { printer, rounder } from '../core/number.js'
import { optionText } from '../core/option-words.js'
import { items, type OptionsOf, parseOptions, requireApplicable, type SettingsOf } from '../core/options.js'
import {
  type ColumnNames,
  type Field,
  fieldsOf,
  type Layout,
  type OutputColumn,
  parseEmit,
  propertiesOf,
  RESULTS,
  recall,
} from '../core/output-columns.js'
import type { Column, Format, RecordBatchWriter, ValueType } from '../core/record-batch.js'
import { requireNewNames } from '../core/schema.js'
import { commonType, fits, typeOf } from '../core/value-type.js'
import { valueOf } from '../formats/columnar.js'
import { dialectFromOptions } from '../formats/csv/header.js'
import { loadFormat } from '../formats/index.js'
import { generatorTransform } from '../io/generator-transform.js'
import type { Scores } from '../kernel/host/matrix.js'

/** Options of {@link write}; all have defaults. See `OPTIONS` for each. */
export type WriteOptions = OptionsOf<'write'>

/**
 * A stream that takes in predictions, as `softmax` and `logSoftmax` give them, and gives the bytes of a format with the
 * columns that `score` writes: the rest of each row, then what `emit` names. Classes are called by their positions, unless
 * `labels` names them. Records that are no predictions are written property by property.
 *
 * All rows have the properties of the first; one that a row lacks is null. A row that does not fit ends the stream, and
 * there is no `onError`: rows are objects of the program that makes them, which can leave one out, while here it would be
 * gone without a count or a place to put it. Texts are written as rows come, Parquet, Arrow and .npy 1024 rows at a time.
 * Its event `warning` (a text) tells of what the format has no room for.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION, E_CONFLICT at once; as the stream's `error` event E_RECORD, E_KEY, E_WIDTH for
 * a row that does not fit, when those before it are written; E_LABELS, E_NAME, E_PEER, E_CONFLICT, E_OUTPUT.
 *
 * @example
 * await pipeline(rows, softmax(), write('parquet', { labels: ['cat', 'dog'] }), createWriteStream('scored.parquet'))
 */
export function write(format: FormatName, options: WriteOptions = {}): Duplex {
  const settings = { ...parseOptions({ ...parseOptions(options, 'write'), from: format }, 'bytes'), to: format }
  dialectFromOptions(settings)
  requireApplicable(settings, format)
  const warn = (text: string) => stream.emit('warning', text)
  const stream: Duplex = generatorTransform({ signal: settings.signal }, (rows) => writeRows(rows, settings, warn))
  return stream
}

type Settings = SettingsOf<'bytes'> & { to: FormatName }
type Row = Record<string, unknown>

/** The most rows that are written at once. */
const BATCH = 1024

async function* writeRows(
  rows: AsyncIterable<unknown>,
  settings: Settings,
  warn: (text: string) => void,
): AsyncGenerator<Uint8Array> {
  let output: Output | undefined
  try {
    for await (const batch of batched(rows, isText(settings.to))) {
      if (!output) {
        output = await openOutput(batch, settings, warn)
        yield* output.writer.begin()
      }
      yield* writeBatch(batch, output)
    }
    if (output) yield* output.writer.end()
  } finally {
    await output?.writer.close?.()
  }
}

/** Rows in batches: full ones, or, where none should wait, what has come when the event loop has gone round. */
async function* batched(rows: AsyncIterable<unknown>, prompt: boolean): AsyncGenerator<unknown[]> {
  const source = rows[Symbol.asyncIterator]()
  let batch: unknown[] = []
  let round: Promise<undefined> | undefined
  for (let next = source.next(); ; ) {
    const found = await (round ? Promise.race([next, round]) : next)
    if (found && !found.done) {
      batch.push(found.value)
      if (prompt) round ??= setImmediate(undefined)
      next = source.next()
      // Nobody waits for it where the stream is destroyed before this batch is read.
      next.catch(() => {})
    }
    if (batch.length > 0 && (!found || found.done || batch.length === BATCH)) {
      yield batch
      batch = []
      round = undefined
    }
    if (found?.done) return
  }
}

/** What is written, once it is known from the first rows. */
interface Output {
  writer: RecordBatchWriter
  kept: readonly Column[]
  /** Reads the values that a row has for the new fields. Throws where the row does not fit. */
  read(row: Row, place: number): unknown[]
  /** Those of the rows that are being written. */
  values: unknown[][]
  /** How many rows came before. */
  rows: number
}

/** Writes the rows up to one that does not fit. */
async function* writeBatch(batch: unknown[], output: Output): AsyncGenerator<Uint8Array> {
  const rows: Row[] = []
  let failure: unknown
  output.values = []
  try {
    for (const [index, item] of batch.entries()) {
      const place = output.rows + index + 1
      const row = recordOf(item, place)
      output.values.push(output.read(row, place))
      rows.push(row)
    }
  } catch (error) {
    failure = error
  }
  output.rows += rows.length
  const kept = output.kept.map(({ name }) => rows.map((row) => valueOf(row[name])))
  if (rows.length > 0) yield* await output.writer.write({ batch: { kept }, scores: NO_SCORES, good: [...rows.keys()] })
  if (failure) throw failure
}

/** The fields take their values from the rows. */
const NO_SCORES = {} as Scores

function recordOf(row: unknown, place: number): Row {
  if (typeof row === 'object' && row !== null && !Array.isArray(row) && !ArrayBuffer.isView(row)) return row as Row
  const what = Array.isArray(row) ? 'an array' : `a ${typeof row}`
  throw new SoftmaxError('E_RECORD', { row: place, reason: `${what} is no record` })
}

async function openOutput(batch: unknown[], settings: Settings, warn: (text: string) => void): Promise<Output> {
  const format = await loadFormat(settings.to)
  const first = recordOf(batch[0], 1)
  const { emit: columnsAsked, names } = parseEmit(items(settings.emit))
  const inRows = Object.fromEntries(Object.entries(names).filter(([, name]) => name in first))
  const properties = propertiesOf(inRows)
  const isPrediction = RESULTS.some((name) => Array.isArray(first[name])) && (inRows.label ?? 'label') in first
  const layout = { ...layoutOf(first, settings, format), columnNames: names }
  const emit = isPrediction ? columnsAsked : []
  const old = Object.keys(first).filter((name) => !isPrediction || (settings.keep && !properties.includes(name)))
  const columns = old.map((name): Column => ({ name, type: typeOfAll(batch, name), sample: '' }))
  const job = { emit, layout, inRows, properties, kept: columns, isPrediction, typed: format.typed }
  if (format.numbersOnly) keepNumbers(job, settings, warn)
  const fields = fieldsOf(job.emit, layout)
  const { kept } = job
  requireNewNames(
    fields.map(({ name }) => name),
    kept.map(({ name }) => name),
  )
  const output = { kept, read: reader(job, fields, settings, new Set(old)), values: [] as unknown[][], rows: 0 }
  const plan = {
    kept,
    fields: fields.map(
      ({ all, position, classIndex, ...field }, at): Field => ({
        ...field,
        value: (_, row) => output.values[row]![at] as number,
      }),
    ),
    classes: layout.classes,
    print: printer(settings),
    float32: settings.float32,
    escapeFormulas: settings.escapeFormulas,
    header: settings.outputHeader ?? true,
    rows: undefined,
    dialect: { ...dialectFromOptions(settings), comment: undefined, newline: '\n' as const },
    cells: 'text' as const,
  }
  return Object.assign(output, { writer: await format.write(plan) })
}

interface Job {
  emit: OutputColumn[]
  layout: Layout
  /** The names of predictions' properties, where they are not the usual ones. */
  inRows: ColumnNames
  properties: readonly string[]
  kept: Column[]
  isPrediction: boolean
  typed: boolean
}

/** Leaves out what a format of numbers cannot hold, and tells of it where it was not asked for. */
function keepNumbers(job: Job, { to }: Settings, warn: (text: string) => void): void {
  job.emit = job.emit.filter((name) => name !== 'label')
  if (job.emit.length === 0 || job.layout.topK > 0) {
    throw new SoftmaxError('E_CONFLICT', {
      reason: `${to} holds the numbers of predictions; choose with ${optionText('emit')}`,
    })
  }
  const names = job.kept.map(({ name }) => name).join(',')
  if (names !== '') warn(`${to} holds numbers alone: ${shown(names)} is left out`)
  job.kept = []
}

/** What the first prediction tells of all. */
function layoutOf(first: Row, { labels }: Settings, format: Format): Layout {
  const { logProbabilities, probabilities = logProbabilities, top } = first
  const count = Array.isArray(probabilities) ? probabilities.length : 0
  const topK = Array.isArray(top) ? top.length : 0
  const log = logProbabilities !== undefined || (topK > 0 && 'logProbability' in (top as object[])[0]!)
  const classes = labels && count > 0 ? readLabels(labels, count) : Array.from({ length: count }, (_, i) => String(i))
  return { classes, log, topK, shape: format.shapes.includes('list') ? 'list' : 'columns' }
}

/** The type of a property in some rows; nested values are written as JSON. */
function typeOfAll(rows: unknown[], name: string): ValueType {
  const types = rows.map((row) => typeOf((row as Row | null | undefined)?.[name]))
  const type = types.reduce((all, one) => commonType(all, one), undefined) ?? 'text'
  return type === 'list' || type === 'record' ? 'json' : type
}

/** The function that reads the values of a row, rounded as asked, and sees whether the row is as the first is. */
function reader(job: Job, fields: readonly Field[], settings: Settings, old: ReadonlySet<string>): Output['read'] {
  const { emit, layout, inRows, properties, kept, isPrediction, typed } = job
  const round = rounder(settings)
  const isKnown = (name: string) => old.has(name) || (isPrediction && (!settings.keep || properties.includes(name)))
  return (row, place) => {
    const extra = Object.keys(row).find((name) => !isKnown(name))
    if (extra !== undefined) throw new SoftmaxError('E_KEY', { row: place, key: extra })
    const misfit = typed && kept.find(({ name, type }) => !fits(valueOf(row[name]), type))
    if (misfit) throw new SoftmaxError('E_KEY', { row: place, key: misfit.name, type: misfit.type })
    const values = recall(row, emit, { ...layout, columnNames: inRows })
    requireValues(values, fields, layout, place)
    return values.map((value) =>
      typeof value === 'number' ? round(value) : Array.isArray(value) ? value.map(round) : value,
    )
  }
}

function requireValues(values: unknown[], fields: readonly Field[], { classes }: Layout, row: number): void {
  if (values.length !== fields.length && !values.includes(undefined)) {
    throw new SoftmaxError('E_WIDTH', { row, cells: values.length, width: fields.length })
  }
  for (const [index, { name, type }] of fields.entries()) {
    const value = values[index]
    if (type === 'classes' && Array.isArray(value)) {
      if (value.length === classes.length) continue
      throw new SoftmaxError('E_WIDTH', { row, cells: value.length, width: classes.length })
    }
    if (typeof value === (type === 'text' ? 'string' : 'number') && type !== 'classes') continue
    throw new SoftmaxError('E_RECORD', { row, reason: `it has no ${shown(name)}, which emit asks for` })
  }
}
