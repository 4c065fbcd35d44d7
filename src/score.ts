/** Bytes -> bytes: the stream that reads rows of logits and writes rows of probabilities. */
import type { Duplex } from 'node:stream'
import through2 from 'through2'
import { ofSource, SoftmaxError } from './errors.js'
import { decodeCell, encodeCell, writeRows } from './formats/csv.js'
import { type Dialect, fromBytes, sameCells, toBytes } from './formats/dialect.js'
import { FORMATS } from './formats/index.js'
import { type Head, readHead } from './head.js'
import { generalLane, type Job } from './lanes/general.js'
import { type OptionsOf, type SettingsOf, settle } from './options.js'
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
}

/**
 * The stream of {@link score}. Beside a stream's own events it emits `schema` (a {@link Schema}) once the columns are
 * settled, and `warning` (a text) for what is odd and not an error.
 */
export interface ScoreStream extends Duplex {
  readonly stats: Stats
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
  const stats: Stats = { read: 0, written: 0, rejected: {}, bytes: 0 }
  const { signal } = settings
  const stream = through2(
    // A block is pushed, and taken, before the next is worked on: what stands before a bad row is never lost with it.
    { writableObjectMode: true, writableHighWaterMark: 1, readableHighWaterMark: 0, ...(signal && { signal }) },
    async function* (chunks: AsyncIterable<unknown>) {
      try {
        yield* scoreBytes(toBuffers(chunks, stats), {
          settings,
          stats,
          tell: (event, what) => stream.emit(event, what),
        })
      } catch (error) {
        throw ofSource(error, settings.source)
      }
    },
  ) as unknown as ScoreStream
  return Object.assign(stream, { stats })
}

interface Run {
  settings: SettingsOf<'bytes'>
  stats: Stats
  tell(event: 'schema' | 'warning', what: unknown): void
}

async function* scoreBytes(chunks: AsyncGenerator<Buffer>, run: Run): AsyncGenerator<Buffer> {
  const { settings, stats } = run
  const head = await readHead(chunks, settings)
  if (!head) return
  const job = settleJob(head, run)
  if (settings.outputHeader ?? settings.header) yield headerLine(head, job)
  const scoreBlock = generalLane(job)
  for await (const block of head.blocks) {
    const { bytes, rows, errors } = scoreBlock(block)
    block.row += rows
    count(stats, rows, errors)
    if (bytes.length > 0) yield bytes
    if (settings.onError === 'fail' && errors[0]) throw errors[0]
  }
  if (stats.read > 0 && stats.written === 0) throw new SoftmaxError('E_NO_ROWS', { rows: stats.read })
}

function count(stats: Stats, rows: number, errors: SoftmaxError[]): void {
  stats.read += rows
  stats.written += rows - errors.length
  for (const { code } of errors) stats.rejected[code] = (stats.rejected[code] ?? 0) + 1
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
function settleJob({ dialect, header, first }: Head, { settings, tell }: Run): Job {
  const names = header?.map((cell) => fromBytes(decodeCell(cell, dialect)))
  if (names) requireColumns(names)
  const schema = settleSchema(settings, names, first)
  for (const name of names ? repeated(names) : []) tell('warning', `two columns are called ${name}`)
  tell('schema', schema)
  return { settings, schema, input: dialect, output: outputDialect(settings, dialect) }
}

/** One column whose name holds what other files have between cells is a file of another delimiter. */
function requireColumns([name, more]: string[]): void {
  const delimiter = more === undefined && [';', '\t', '|', ','].find((candidate) => name!.includes(candidate))
  if (delimiter) throw new SoftmaxError('E_DELIMITER', { line: 1, delimiter })
}

function repeated(names: string[]): Set<string> {
  return new Set(names.filter((name, index) => names.indexOf(name) < index))
}

/** The output is written as the input is, unless it is asked for in another format. */
function outputDialect({ from = 'csv', to = from }: SettingsOf<'bytes'>, input: Dialect): Dialect {
  if (to === from) return { ...input, newline: '\n' }
  return { delimiter: FORMATS[to].delimiter, quote: '"', escape: '"', comment: undefined, newline: '\n' }
}

function headerLine({ header }: Head, { schema, input, output }: Job): Buffer {
  const kept = schema.kept.map((index) => {
    if (header && sameCells(input, output)) return header[index]!
    return encodeCell(header ? decodeCell(header[index]!, input) : schema.header[index]!, output)
  })
  const names = schema.names.map((name) => encodeCell(toBytes(name), output))
  return Buffer.from(writeRows([[...kept, ...names]], output, true), 'latin1')
}
