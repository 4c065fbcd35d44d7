/** Bytes -> bytes: the stream that reads rows of logits and writes rows of probabilities. */
import { availableParallelism } from 'node:os'
import type { Duplex } from 'node:stream'
import { SoftmaxError, shown, systemReason, withSource } from '../core/errors.js'
import { delimiterOf, type FormatName, isText } from '../core/formats.js'
import { escapeFormula } from '../core/formula.js'
import { isNumber } from '../core/number.js'
import { type OptionsOf, parseOptions, type SettingsOf } from '../core/options.js'
import { fieldsOf } from '../core/output-columns.js'
import type { JsonLines, RecordBatchReader, RecordBatchWriter, ScoredRows } from '../core/record-batch.js'
import { countsColumns, resolveSchema, resolveTable, type Schema } from '../core/schema.js'
import { type Dialect, fromBytes, sameCells, toBytes } from '../formats/csv/dialect.js'
import { type CsvHeader, dialectFromOptions, readHeader, requireNoDialectOptions } from '../formats/csv/header.js'
import type { Block } from '../formats/csv/row-splitter.js'
import { decodeCell, encodeCell } from '../formats/csv/rows.js'
import { loadFormat } from '../formats/index.js'
import { release } from '../io/buffer-pool.js'
import { generatorTransform } from '../io/generator-transform.js'
import { type BatchJob, batchLane, outputSchema } from '../pipeline/batch-lane.js'
import { delimitedTable, delimitedWriter } from '../pipeline/delimited.js'
import { cellKeeper, generalLane, type Job, scoreLong } from '../pipeline/general-lane.js'
import { fastLaneRefusal, widthRefusal } from '../pipeline/kernel-lane.js'
import { linesJob, linesLane, linesRefusal } from '../pipeline/lines-lane.js'
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
  /** What makes the bytes of the output, where they are not delimited text made of delimited text. */
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
    if (delimiterOf(format) === undefined) {
      requireNoDialectOptions(settings, format)
      const table = await (await loadFormat(format))!.read(opened, settings)
      try {
        if (table) yield* scoreTable(table, input, run, settings)
      } finally {
        await table?.close?.()
      }
      input.requireUnchanged?.()
      return
    }
    const taken = { bytes: 0 }
    const head = await readHeader(counted(opened.chunks, taken), dialectFromOptions(settings), settings)
    if (!head) return
    requireDelimiter(head.header ?? head.first ?? [], head.dialect, head.line)
    const place = { line: 1 + head.lines, row: 1, byte: head.bytes }
    if (run.writer || delimiterOf(settings.to) === undefined) {
      yield* scoreTable(delimitedTable(head), input, run, settings, { place, dialect: head.dialect })
    } else yield* scoreText(head, input, run, settings, place)
    requireAllBytes(taken.bytes, place.byte)
    input.requireUnchanged?.()
  } catch (error) {
    throw withSource(error, input.name)
  } finally {
    input.close?.()
  }
}

/** Delimited text to delimited text. */
async function* scoreText(
  head: CsvHeader,
  input: Input,
  run: Run,
  settings: Settings,
  place: BlockStart,
): AsyncGenerator<Uint8Array> {
  const { dialect, header, first, line } = head
  const text = (cell: string) => fromBytes(decodeCell(cell, dialect))
  const names = header?.map(text)
  const settle = (settings: Settings) => resolveSchema(settings, names, first?.map(text), line)
  const begins = !run.first && (settings.outputHeader ?? settings.header)
  const schema = resolveColumns(names, first?.length ?? 0, settle, input, run, settings)
  const job = jobOf(schema, dialect, settings)
  const lane = laneOf(job, run.stats, settings)
  if (begins) yield headerLine(head, job)
  yield* countLane(lane(head.blocks), run, place, input.name)
}

/** Anything else to anything. */
async function* scoreTable(
  table: RecordBatchReader,
  input: Input,
  run: Run,
  settings: Settings,
  { place = { line: 1, row: 1, byte: 0 }, dialect }: { place?: BlockStart; dialect?: Dialect } = {},
): AsyncGenerator<Uint8Array> {
  const { columns, named } = table
  const format = await loadFormat(settings.to!)
  const objects = settings.from === 'ndjson' && settings.to === 'ndjson' && named && settings.keep
  const shapes = format?.shapes ?? ['columns']
  const { numbersOnly = false } = format ?? {}
  const settle = (settings: Settings) => {
    const schema = resolveTable(settings, columns, { named, shapes, objects })
    return numbersOnly ? numbersOf(schema, input, run, settings) : schema
  }
  const names = named ? columns.map(({ name }) => name) : undefined
  const begins = !run.first
  const schema = resolveColumns(names, columns.length, settle, input, run, settings)
  const wantRaw = settings.onReject !== undefined
  const job = { settings, schema, objects, typed: format?.typed ?? false, wantRaw }
  const refusal = tableRefusal(table, job)
  requireLane(settings, refusal)
  const fast = settings.lane !== 'general' && refusal === undefined
  noteLane(run.stats, fast ? 'fast' : 'table')
  run.writer ??= format
    ? await format.write(outputSchema(job, table, run.single))
    : delimitedWriter(outputSchema(job, table, run.single), outputDialect(settings, dialect))
  if (begins) yield* buffersOf(run.writer.begin())
  if (fast)
    yield* countLane(scoreLines(table.jsonLines!, job), run, { ...place, byte: table.jsonLines!.rowOffset }, input.name)
  else yield* countLane(batchLane(table, job, run.writer), run, place, input.name)
}

function scoreLines(
  { columns, blocks }: JsonLines,
  job: BatchJob & { settings: Settings },
): AsyncGenerator<ScoredRows> {
  const lines = linesJob(job, columns, job.settings.maxRowBytes)
  return fastLane(blocks(), lines, linesLane(lines), threadsOf(job.settings))
}

/** Why the fast lane cannot do a table, or undefined if it can. */
function tableRefusal(
  { jsonLines: lines }: RecordBatchReader,
  job: BatchJob & { settings: Settings },
): string | undefined {
  const { from, to } = job.settings
  if (!lines || to !== 'ndjson') return `${from} to ${to}`
  return linesRefusal(job, lines.columns) ?? widthRefusal(job.schema)
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

/** The lane that does a job: the fast one, where it can and may. */
function laneOf(
  job: Job,
  stats: Stats,
  settings: Settings,
): (blocks: AsyncIterable<Block>) => AsyncGenerator<ScoredRows> {
  const refusal = fastLaneRefusal(job)
  const general = generalLane(job)
  const score = (block: Block) => (Buffer.isBuffer(block) ? general(block) : scoreLong(block))
  requireLane(settings, refusal)
  if (settings.lane === 'general' || refusal) {
    noteLane(stats, 'general')
    return (blocks) => mapBlocks(blocks, score)
  }
  noteLane(stats, 'fast')
  return (blocks) => fastLane(blocks, job, score, threadsOf(settings))
}

function requireLane({ lane }: Settings, refusal: string | undefined): void {
  if (lane !== 'fast' || refusal === undefined) return
  throw new SoftmaxError('E_CONFLICT', { reason: `--lane fast cannot do ${refusal}; leave it out` })
}

function threadsOf({ jobs }: Settings): number {
  return jobs || availableParallelism()
}

async function* mapBlocks(
  blocks: AsyncIterable<Block>,
  score: (block: Block) => ScoredRows,
): AsyncGenerator<ScoredRows> {
  for await (const block of blocks) yield score(block)
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

/** What the lanes of delimited text need to know. */
function jobOf(schema: Schema, input: Dialect, settings: Settings): Job {
  const output = outputDialect(settings, input)
  const { temperature, precision, float32, onError, missing, nonfinite, escapeFormulas, onReject } = settings
  const classes = escapeFormulas ? schema.classes.map(escapeFormula) : schema.classes
  return {
    settings: { temperature, precision, float32, onError, missing, nonfinite, escapeFormulas },
    wantRaw: onReject !== undefined,
    schema: { ...schema, classes },
    input,
    output,
    labels: classes.map((name) => encodeCell(toBytes(name), output)),
  }
}

/** One column with what other files have between cells in it is a file of another delimiter. */
export function requireDelimiter([cell, more]: string[], { quote }: Dialect, line: number): void {
  if (cell === undefined || more !== undefined || cell.startsWith(quote)) return
  const delimiter = [';', '\t', '|', ','].find((candidate) => cell.includes(candidate)) ?? blankBetween(cell)
  if (delimiter) throw new SoftmaxError('E_DELIMITER', { line, delimiter })
}

/** A blank, where all that it stands between are numbers: names may have some. */
function blankBetween(cell: string): string | undefined {
  return cell.includes(' ') && cell.split(' ').every(isNumber) ? ' ' : undefined
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
  return { delimiter: delimiterOf(to) ?? ',', quote: '"', escape: '"', comment: undefined, newline: '\n' }
}

function headerLine({ header }: CsvHeader, { schema, input, output, settings }: Job): Buffer {
  const same = sameCells(input, output)
  const keep = cellKeeper(input, same ? output : undefined, settings.escapeFormulas)
  const kept = schema.kept.map((index) => {
    const cell = header ? keep(header[index]!) : schema.header[index]!
    return header && same ? cell : encodeCell(cell, output)
  })
  const names = schema.names.map((name) => encodeCell(toBytes(name), output))
  return Buffer.from(`${[...kept, ...names].join(output.delimiter)}\n`, 'latin1')
}
