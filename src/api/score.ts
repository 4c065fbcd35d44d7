/** Bytes -> bytes: the stream that reads rows of logits and writes rows of probabilities. */
import { availableParallelism } from 'node:os'
import type { Duplex } from 'node:stream'
import { COMMAS, type Dialect } from '../core/dialect.js'
import { SoftmaxError, shown, systemReason, withSource } from '../core/errors.js'
import { delimiterOf, type FormatName, isText } from '../core/formats.js'
import { type OptionsOf, parseOptions, type SettingsOf } from '../core/options.js'
import { fieldsOf } from '../core/output-columns.js'
import type { Format, RecordBatchReader, RecordBatchWriter, ScoredRows } from '../core/record-batch.js'
import { countsColumns, resolveTable, type Schema } from '../core/schema.js'
import { dialectFromOptions, requireNoDialectOptions } from '../formats/csv/header.js'
import { loadFormat } from '../formats/index.js'
import { release } from '../io/buffer-pool.js'
import { generatorTransform } from '../io/generator-transform.js'
import { blockScorer } from '../pipeline/block-scorer.js'
import { type Input, openInput } from '../pipeline/open-input.js'
import {
  type BlockStart,
  countRows,
  newStats,
  noteLane,
  requireAllBytes,
  requireConservation,
  requireRows,
  type Stats,
} from '../pipeline/row-counts.js'
import { outputSchema, type ScoreJob, scoreBatches } from '../pipeline/scorer.js'
import { textJobOf } from '../pipeline/text-job.js'
import { fastLane, LostBlock } from '../pipeline/worker-pool.js'

/** Options of {@link score}; all have defaults. See `OPTIONS` for each. */
export type ScoreOptions = OptionsOf<'bytes'>

/**
 * The stream of {@link score}. Beside a stream's own events it emits `header` (the names of the input's columns) when it
 * has read them, `schema` (a {@link Schema}) once the columns are settled, and `warning` (a text) for what is odd and not
 * an error; each with the name of the input behind it.
 */
export interface ScoreStream extends Duplex {
  readonly stats: Stats
  /**
   * Gives back a chunk that was read from the stream and that nobody needs any more; its memory is used for another.
   * To leave it out costs time, and nothing else.
   */
  release(chunk: Uint8Array): void
}

/**
 * A stream that takes in the bytes of a file whose rows hold logits, in any of the formats, and gives the bytes of one
 * whose rows hold class probabilities and the argmax label. Memory does not grow with the input: while the consumer takes
 * nothing, nothing is read.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION at once for options it does not know; all else is the stream's `error` event.
 *
 * @example
 * await pipeline(process.stdin, score({ op: 'log-softmax', labels: ['dog', 'cat'] }), process.stdout)
 */
export function score(options: ScoreOptions = {}): ScoreStream {
  const settings = parseOptions(options, 'bytes')
  dialectFromOptions(settings)
  const stats = newStats()
  const stream: Duplex = generatorTransform({ signal: settings.signal }, (chunks) =>
    scoreInputs([{ chunks: toBuffers(chunks, stats), name: settings.source }], {
      settings,
      stats,
      single: true,
      emit: (event, ...what) => stream.emit(event, ...what),
    }),
  )
  return Object.assign(stream, { stats, release })
}

/** What the inputs of a run share. */
export interface Run {
  settings: Settings
  stats: Stats
  /** Whether there is one input only. */
  single: boolean
  emit(event: 'header' | 'schema' | 'warning', what: unknown, source: string | undefined): void
  /** The first input, whose columns all others must have, and whose format the output takes where none is asked for. */
  first?: { name: string | undefined; format: FormatName; schema: Schema }
  /** What makes the bytes of an output that is no text. */
  writer?: RecordBatchWriter
}

type Settings = SettingsOf<'bytes'>

/** Scores inputs one after the other into one output. */
export async function* scoreInputs(inputs: readonly Input[], run: Run): AsyncGenerator<Uint8Array> {
  try {
    for (const input of inputs) yield* scoreInput(input, run)
    requireConservation(run.stats)
    requireRows(run)
    requireColumns(run)
    if (run.writer) yield* buffersOf(run.writer.end())
  } catch (error) {
    throw withSource(error, inputs.length === 1 ? inputs[0]!.name : undefined)
  } finally {
    await run.writer?.close?.()
  }
}

/** Text of no columns is empty; a file of another format has to tell its columns. */
function requireColumns({ first, settings: { to } }: Run): void {
  if (!first && to !== undefined && !isText(to)) throw new SoftmaxError('E_NO_COLUMNS', { to })
}

async function* scoreInput(input: Input, run: Run): AsyncGenerator<Uint8Array> {
  try {
    const opened = await openInput(input, run.settings.from, (text) => run.emit('warning', text, input.name))
    const { format } = opened
    const settings = { ...run.settings, from: format, to: run.settings.to ?? run.first?.format ?? format }
    if (delimiterOf(format) === undefined) requireNoDialectOptions(settings, format)
    const taken = { bytes: 0 }
    const source = isText(format) ? { ...opened, chunks: counted(opened.chunks, taken) } : opened
    const reader = await (await loadFormat(format)).read(source, settings)
    try {
      if (reader) yield* scoreReader(reader, input, run, settings, taken)
    } finally {
      await reader?.close?.()
    }
    input.requireUnchanged?.()
  } catch (error) {
    throw withSource(error, input.name)
  } finally {
    input.close?.()
  }
}

type InputSettings = Settings & { from: FormatName; to: FormatName }

async function* scoreReader(
  reader: RecordBatchReader,
  input: Input,
  run: Run,
  settings: InputSettings,
  taken: { bytes: number },
): AsyncGenerator<Uint8Array> {
  const format = await loadFormat(settings.to)
  const isFirst = !run.first
  const job = jobOf(reader, format, input, run, settings)
  const place = { line: 1, row: 1, byte: reader.text?.rowOffset ?? 0, ...reader.start }
  const lane = laneOf(reader, job, run, settings)
  const writer = run.writer ?? (await format.write(outputSchema(job, reader, run.single)))
  // A writer of text is of one input, whose cells it may take as they stand.
  if (!isText(settings.to)) run.writer = writer
  if (isFirst) yield* buffersOf(writer.begin())
  yield* countLane(lane(writer), run, place, input.name)
  if (reader.text) requireAllBytes(taken.bytes, place.byte)
}

/** Resolves the columns of an input, and what scoring has to know of them. */
function jobOf(
  reader: RecordBatchReader,
  { shapes, numbersOnly, typed }: Format,
  input: Input,
  run: Run,
  settings: InputSettings,
): ScoreJob {
  const { columns, named, headerLine } = reader
  const rawRows = settings.from === 'ndjson' && settings.to === 'ndjson' && named && settings.keep
  const resolve = (settings: Settings) => {
    const schema = resolveTable(settings, columns, { named, shapes, objects: rawRows, line: headerLine })
    return numbersOnly ? numbersOf(schema, input, run, settings) : schema
  }
  const names = named ? columns.map(({ name }) => name) : undefined
  const schema = resolveColumns(names, columns.length, resolve, input, run, settings)
  const dialect = reader.text?.source.format === 'csv' ? reader.text.source.dialect : undefined
  const output = delimiterOf(settings.to) === undefined ? undefined : outputDialect(settings, dialect)
  return { settings, schema, rawRows, typed, wantRaw: settings.onReject !== undefined, input: dialect, output }
}

/** The lane that scores an input: the fast one, where it can and may. */
function laneOf(
  reader: RecordBatchReader,
  job: ScoreJob,
  { stats }: Run,
  settings: InputSettings,
): (writer: RecordBatchWriter) => AsyncGenerator<ScoredRows> {
  const textJob = textJobOf(job, reader, settings.from, settings.to)
  requireLane(settings, typeof textJob === 'string' ? textJob : undefined)
  if (settings.lane === 'general' || typeof textJob === 'string') {
    noteLane(stats, job.input && job.output ? 'general' : 'table')
    return (writer) => scoreBatches(reader, job, writer)
  }
  noteLane(stats, 'fast')
  return () => fastLane(reader.text!.blocks(), textJob, blockScorer(textJob), threadsOf(settings))
}

/** A schema for a format that holds numbers alone: what it cannot hold is left out, and told of where it was not asked for. */
function numbersOf(schema: Schema, { name }: Input, run: Run, { to }: Settings): Schema {
  const emit = schema.emit.filter((name) => name !== 'label')
  if (schema.topK > 0 || emit.length === 0) {
    throw new SoftmaxError('E_CONFLICT', { reason: `${to} holds numbers, not labels; choose with --emit` })
  }
  const kept = schema.kept.map((index) => schema.header[index])
  if (kept.length > 0) run.emit('warning', `${to} holds numbers alone: ${shown(kept.join(','))} is left out`, name)
  return { ...schema, emit, names: fieldsOf(emit, schema).map(({ name }) => name), kept: [] }
}

async function* buffersOf(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const { buffer, byteOffset, byteLength } of pieces) yield Buffer.from(buffer, byteOffset, byteLength)
}

/** What a lane wrote, counted; it may lose a block, and with it its worker. */
async function* countLane(
  batches: AsyncIterable<ScoredRows>,
  run: Run,
  place: BlockStart,
  source: string | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* countRows(batches, run, place, source)
  } catch (error) {
    throw error instanceof LostBlock ? workerError(error, place) : error
  }
}

/** The error of a block that was lost with its worker. */
function workerError({ bytes, cause }: LostBlock, before: BlockStart): SoftmaxError {
  const info = { ...before, byteEnd: before.byte + bytes, reason: systemReason(cause) }
  return new SoftmaxError('E_WORKER', info, { cause })
}

/**
 * Settles the columns of an input, and tells of them. A later input must have those of the first, and its logits are in
 * the same places.
 */
function resolveColumns(
  names: string[] | undefined,
  width: number,
  settle: (settings: Settings) => Schema,
  { name }: Input,
  run: Run,
  settings: Settings,
): Schema {
  const header = names ?? Array.from({ length: width }, (_, index) => String(index + 1))
  const { first } = run
  run.emit('header', header, name)
  if (first) requireSame(header, first.schema.header, first.name)
  const logits =
    first && !first.schema.logitsList ? first.schema.logits.map((index) => String(index + 1)) : settings.logits
  const schema = settle({ ...settings, logits })
  if (first) requireSame(schema.classes, first.schema.classes, first.name)
  for (const doubt of names ? doubtsOf(names) : []) run.emit('warning', doubt, name)
  run.emit('schema', schema, name)
  run.first ??= { name, format: settings.from!, schema }
  return schema
}

function requireSame(names: readonly string[], others: readonly string[], first = 'the first'): void {
  if (names.join('\0') !== others.join('\0')) throw new SoftmaxError('E_SCHEMA', { header: [...names], first })
}

function requireLane({ lane }: Settings, refusal: string | undefined): void {
  if (lane !== 'fast' || refusal === undefined) return
  throw new SoftmaxError('E_CONFLICT', { reason: `--lane fast cannot do ${refusal}; leave it out` })
}

function threadsOf({ jobs }: Settings): number {
  return jobs || availableParallelism()
}

async function* counted(chunks: AsyncGenerator<Buffer>, taken: { bytes: number }): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    taken.bytes += chunk.length
    yield chunk
  }
}

/** Whatever was written to the stream, as buffers. */
export async function* toBuffers(chunks: AsyncIterable<unknown>, stats: Stats): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
      throw new TypeError('what is written has to be bytes or text; rows that are objects are for softmax()')
    }
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    stats.bytes += bytes.length
    yield bytes
  }
}

/** What is odd about the names of columns, and not an error. */
export function doubtsOf(names: string[]): string[] {
  const seen = new Set<string>()
  const twice = new Set(names.filter((name) => seen.size === seen.add(name).size))
  const doubts = Array.from(twice, (name) => `two columns are called ${shown(name)}`)
  if (!countsColumns(names)) return doubts
  return [...doubts, `the first line, ${shown(names.join(','))}, is taken for names; --no-header reads it as a row`]
}

/** The output is written as the input is, unless it is asked for in another format. */
function outputDialect({ from, to = from }: Settings, input: Dialect | undefined): Dialect {
  if (input && to === from) return { ...input, newline: '\n' }
  return { ...COMMAS, delimiter: delimiterOf(to) ?? ',' }
}
