/** Bytes -> bytes: the stream that reads rows of logits and writes rows of probabilities. */
import { availableParallelism } from 'node:os'
import type { Duplex } from 'node:stream'
import through2 from 'through2'
import { takeBack } from './buffers.js'
import { ofSource, type Place, SoftmaxError, shown, systemReason } from './errors.js'
import { decodeCell, encodeCell } from './formats/csv.js'
import type { Block } from './formats/cutter.js'
import { type Dialect, fromBytes, sameCells, toBytes } from './formats/dialect.js'
import { FORMATS } from './formats/index.js'
import { escapeFormula } from './formula.js'
import { askedDialect, type Head, readHead } from './head.js'
import { fastLaneRefusal } from './lanes/fast.js'
import { cellKeeper, type Fault, generalLane, type Job, type Scored, scoreLong } from './lanes/general.js'
import { fastLane, LostBlock } from './lanes/parallel.js'
import { type OptionsOf, type SettingsOf, settle } from './options.js'
import { rawOf, rejectOf, tooMany } from './reject.js'
import { type Schema, settleSchema } from './schema.js'

/** Options of {@link score}; all have defaults. See `OPTIONS` for each. */
export type ScoreOptions = OptionsOf<'bytes'>

/** What a run has done so far. Always `read = written + rejected`, once the stream has ended. */
export interface Stats {
  /** Rows read, the header not counted. */
  read: number
  /** Rows written. */
  written: number
  /** Bad rows left out, by error code. */
  rejected: Record<string, number>
  /** Bytes taken in. */
  bytes: number
  /** The lane that does the rows, once it is chosen. */
  lane: 'general' | 'fast' | undefined
}

/**
 * The stream of {@link score}. Beside a stream's own events it emits `header` (the names of the input's columns) when it
 * has read them, `schema` (a {@link Schema}) once the columns are settled, and `warning` (a text) for what is odd and not
 * an error.
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
 * A stream that takes in the bytes of a delimited text whose rows hold logits, and gives the bytes of one whose rows
 * hold class probabilities and the argmax label. Memory does not grow with the input: while the consumer takes
 * nothing, nothing is read.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION at once for options it does not know; all else is the stream's `error` event.
 *
 * @example
 * await pipeline(process.stdin, score({ op: 'log-softmax', labels: ['dog', 'cat'] }), process.stdout)
 */
export function score(options: ScoreOptions = {}): ScoreStream {
  const settings = settle(options, 'bytes')
  const dialect = askedDialect(settings)
  const stats: Stats = { read: 0, written: 0, rejected: {}, bytes: 0, lane: undefined }
  const { signal } = settings
  const stream = through2(
    // A block is pushed, and taken, before the next is worked on: what stands before a bad row is never lost with it.
    { writableObjectMode: true, writableHighWaterMark: 1, readableHighWaterMark: 0, ...(signal && { signal }) },
    async function* (chunks: AsyncIterable<unknown>) {
      try {
        yield* scoreBytes(toBuffers(chunks, stats), {
          settings,
          dialect,
          stats,
          tell: (event, what) => stream.emit(event, what),
        })
      } catch (error) {
        throw ofSource(error, settings.source)
      }
    },
  ) as unknown as ScoreStream
  return Object.assign(withWrites(stream), { stats, release: takeBack })
}

/**
 * Lets writes go on. through2 has a `_read` of its own for generators, in place of Transform's, which is where Transform
 * goes on with a write that it held back because what was pushed before was not taken yet: without it that write, and
 * the stream, would wait for ever.
 */
function withWrites(stream: ScoreStream): ScoreStream {
  const { _read: wakeGenerator } = stream
  const { _read: goOnWriting } = Object.getPrototypeOf(stream) as ScoreStream
  stream._read = function (size) {
    goOnWriting.call(this, size)
    wakeGenerator.call(this, size)
  }
  return stream
}

interface Run {
  settings: SettingsOf<'bytes'>
  dialect: Omit<Dialect, 'newline'>
  stats: Stats
  tell(event: 'header' | 'schema' | 'warning', what: unknown): void
}

async function* scoreBytes(chunks: AsyncGenerator<Buffer>, run: Run): AsyncGenerator<Buffer> {
  const { settings, dialect, stats } = run
  const head = await readHead(chunks, dialect, settings)
  if (head) yield* scoreRows(head, run)
  if (stats.read === 0 && settings.requireRows) throw new SoftmaxError('E_EMPTY', {})
}

async function* scoreRows(head: Head, run: Run): AsyncGenerator<Buffer> {
  const { settings, stats } = run
  const job = settleJob(head, run)
  if (settings.outputHeader ?? settings.header) yield headerLine(head, job)
  const before = { line: 1 + head.lines, row: 1, byte: head.bytes }
  try {
    for await (const scored of laneOf(job, run)(head.blocks)) {
      for (const piece of scored.pieces) yield piece as Buffer
      count(stats, scored)
      if (scored.faults.length > 0) await tellFaults(scored.faults, before, run)
      before.line += scored.lines
      before.row += scored.rows
      before.byte += scored.bytes
    }
  } catch (error) {
    throw error instanceof LostBlock ? workerError(error, before) : error
  }
  requireConservation(stats, before.byte)
  if (stats.read > 0 && stats.written === 0) throw new SoftmaxError('E_NO_ROWS', { rows: stats.read })
}

/** The lane that does a job: the fast one, where it can and may. */
function laneOf(job: Job, { settings, stats }: Run): (blocks: AsyncIterable<Block>) => AsyncGenerator<Scored> {
  const refusal = fastLaneRefusal(job)
  if (settings.lane === 'fast' && refusal) {
    throw new SoftmaxError('E_CONFLICT', { reason: `--lane fast cannot do ${refusal}; leave it out` })
  }
  if (settings.lane === 'general' || refusal) {
    stats.lane = 'general'
    return (blocks) => mapBlocks(blocks, generalLane(job))
  }
  stats.lane = 'fast'
  return (blocks) => fastLane(blocks, job, settings.jobs || availableParallelism())
}

async function* mapBlocks(blocks: AsyncIterable<Block>, score: (block: Buffer) => Scored): AsyncGenerator<Scored> {
  for await (const block of blocks) yield Buffer.isBuffer(block) ? score(block) : scoreLong(block)
}

/** Where the block that is next begins. */
type Start = Required<Pick<Place, 'line' | 'row' | 'byte'>>

/** The error of a block that was lost with its worker. */
function workerError({ bytes, cause }: LostBlock, before: Start): SoftmaxError {
  const info = { ...before, byteEnd: before.byte + bytes, reason: systemReason(cause) }
  return new SoftmaxError('E_WORKER', info, { cause })
}

/** Throws the first bad row under `fail`; else hands all of them on, and gives up at one too many. */
async function tellFaults(faults: Fault[], before: Start, { settings, stats }: Run): Promise<void> {
  const { onError, onReject, maxErrors = Infinity, source } = settings
  let rejected = rejectedOf(stats) - faults.length
  for (const fault of faults) {
    const isTooMany = ++rejected > maxErrors
    if (onError === 'skip' && !onReject && !isTooMany) continue
    const info = placed(fault, before, source)
    if (onError === 'fail') throw new SoftmaxError(fault.code, info as never)
    const [byteStart, byteEnd] = [before.byte + fault.start, before.byte + fault.end]
    const reject = { ...rejectOf(fault.code, info), byteStart, byteEnd, ...(fault.raw && rawOf(fault.raw)) }
    const taken = onReject?.(reject)
    if (taken) await taken
    if (isTooMany) throw tooMany(reject, maxErrors)
  }
}

/** The data of a bad row's error, with its place in the input. */
function placed({ info }: Fault, before: Start, source: string | undefined): Place {
  const place = { line: before.line + info.line, row: before.row + info.row, byte: before.byte + info.byte }
  return { ...info, ...place, ...(source !== undefined && { source }) }
}

function count(stats: Stats, { rows, written, faults }: Scored): void {
  stats.read += rows
  stats.written += written
  for (const { code } of faults) stats.rejected[code] = (stats.rejected[code] ?? 0) + 1
}

function rejectedOf({ rejected }: Stats): number {
  return Object.values(rejected).reduce((sum, count) => sum + count, 0)
}

/** Nothing is lost: every row that was read was written or rejected, and every byte was of a row or between rows. */
function requireConservation(stats: Stats, bytes: number): void {
  const rejected = rejectedOf(stats)
  if (stats.read === stats.written + rejected && stats.bytes === bytes) return
  const counts = `${stats.read} rows and ${stats.bytes} bytes read, ${stats.written} written, ${rejected} rejected`
  throw new SoftmaxError('E_INTERNAL', { reason: `${counts}, ${bytes} bytes accounted for` })
}

/** Whatever was written to the stream, as buffers. */
async function* toBuffers(chunks: AsyncIterable<unknown>, stats: Stats): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
      throw new TypeError('score() takes in bytes or text; for rows as objects use softmax()')
    }
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    stats.bytes += bytes.length
    yield bytes
  }
}

/** Settles the columns, and tells of them. */
function settleJob({ dialect, header, first, line }: Head, { settings, tell }: Run): Job {
  requireColumns(header ?? first ?? [], dialect, line)
  const text = (cell: string) => fromBytes(decodeCell(cell, dialect))
  const names = header?.map(text)
  tell('header', names ?? first?.map((_, index) => String(index + 1)) ?? [])
  const schema = settleSchema(settings, names, first?.map(text), line)
  for (const name of names ? repeated(names) : []) tell('warning', `two columns are called ${shown(name)}`)
  tell('schema', schema)
  const output = outputDialect(settings, dialect)
  const { temperature, precision, float32, onError, missing, nonfinite, escapeFormulas, onReject } = settings
  const classes = escapeFormulas ? schema.classes.map(escapeFormula) : schema.classes
  return {
    settings: { temperature, precision, float32, onError, missing, nonfinite, escapeFormulas },
    wantRaw: onReject !== undefined,
    schema: { ...schema, classes },
    input: dialect,
    output,
    labels: classes.map((name) => encodeCell(toBytes(name), output)),
  }
}

/** One column with what other files have between cells in it is a file of another delimiter. */
function requireColumns([cell, more]: string[], { quote }: Dialect, line: number): void {
  if (cell === undefined || more !== undefined || cell.startsWith(quote)) return
  const delimiter = [';', '\t', '|', ','].find((candidate) => cell.includes(candidate))
  if (delimiter) throw new SoftmaxError('E_DELIMITER', { line, delimiter })
}

function repeated(names: string[]): Set<string> {
  const seen = new Set<string>()
  return new Set(names.filter((name) => seen.size === seen.add(name).size))
}

/** The output is written as the input is, unless it is asked for in another format. */
function outputDialect({ from = 'csv', to = from }: SettingsOf<'bytes'>, input: Dialect): Dialect {
  if (to === from) return { ...input, newline: '\n' }
  return { delimiter: FORMATS[to].delimiter, quote: '"', escape: '"', comment: undefined, newline: '\n' }
}

function headerLine({ header }: Head, { schema, input, output, settings }: Job): Buffer {
  const same = sameCells(input, output)
  const keep = cellKeeper(input, same ? output : undefined, settings.escapeFormulas)
  const kept = schema.kept.map((index) => {
    const cell = header ? keep(header[index]!) : schema.header[index]!
    return header && same ? cell : encodeCell(cell, output)
  })
  const names = schema.names.map((name) => encodeCell(toBytes(name), output))
  return Buffer.from(`${[...kept, ...names].join(output.delimiter)}\n`, 'latin1')
}
