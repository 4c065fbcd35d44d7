/** Files -> bytes: inputs one after the other, scored into one output. */
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { SoftmaxError } from '../core/errors.js'
import { requireConsistent } from '../core/option-conflicts.js'
import { parseOptions, type SettingsOf } from '../core/options.js'
import { release } from '../io/buffer-pool.js'
import { CHUNK, inputOf, requireKnown, requireReadable } from '../pipeline/file-input.js'
import { partsOf } from '../pipeline/input-files.js'
import { inputName, requireNames } from '../pipeline/input-names.js'
import { requireOutput } from '../pipeline/output-conflicts.js'
import { newStats } from '../pipeline/row-counts.js'
import type { Run } from '../pipeline/run.js'
import { RunMetrics } from '../pipeline/run-metrics.js'
import { requireSameColumns } from '../pipeline/same-columns.js'
import { scoreInputs } from '../pipeline/score-inputs.js'
import type { ScoreOptions } from './options.js'
import type { ScoreEvents, ScoreStream } from './score.js'
import type { ReadableOf } from './typed-stream.js'

/** One or more inputs, in order: paths of files or folders, or streams of bytes. */
export type Inputs = string | Readable | readonly (string | Readable)[]

/** The stream of {@link scoreFiles}, with the events of `score`. */
export interface FilesStream
  extends ReadableOf<Buffer, ScoreEvents>,
    Pick<ScoreStream, 'stats' | 'metrics' | 'release'> {}

/**
 * Scores one or more inputs (paths or streams of bytes), in order, into one output with one header. All inputs must have the columns of the first, which are found by name, in any order; columns that are not kept may differ, and objects may lack kept keys. Formats are detected from the options, the file extensions or the first bytes; formats
 * with a footer are read by random access. A folder is read as its parts, sorted by name: the files that are named
 * part-* or have the extension of a format, except those whose names begin with _ or a dot, and temporary files, backups and checksums of parts.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION, E_CALIBRATION, and E_CONFLICT of options with each other, at once; any other error is the stream's `error` event.
 *
 * @example
 * await pipeline(scoreFiles(['january.csv', 'february.csv.gz']), createWriteStream('scored.csv'))
 * await pipeline(scoreFiles('logits.parquet/', { to: 'parquet' }), createWriteStream('scored.parquet'))
 */
export function scoreFiles(inputs: Inputs, options: ScoreOptions = {}): FilesStream {
  return filesStream(requireInputs(inputs), options)
}

/** The same with the properties of a run that only the command sets. */
export function filesStream(
  inputs: readonly (string | Readable)[],
  options: ScoreOptions,
  known: Pick<Run, 'isPart' | 'releasesChunks' | 'isMeasured'> = {},
): FilesStream {
  const settings = parseOptions(options, 'bytes')
  requireConsistent(settings)
  requireOutput(settings)
  requireNames(inputs, settings.source)
  const { signal } = settings
  const run = { ...fileRun(settings, (event, ...what) => stream.emit(event, ...what)), ...known }
  const bytes = scoreReadable(inputs, run)
  const stream: Readable = bytesStream(bytes, signal).once('close', takeOver(inputs))
  return Object.assign(stream, {
    stats: run.stats,
    metrics: () => run.metrics?.result(run.stats),
    release,
  }) as FilesStream
}

/** A run over files that has not begun. */
export function fileRun(settings: SettingsOf<'bytes'>, emit: Run['emit']): Run {
  const metrics = settings.truth === undefined ? {} : { metrics: new RunMetrics() }
  return { settings, stats: newStats(), single: false, emit, ...metrics }
}

/** The inputs as a list of at least one. Throws E_OPTION for anything else. */
export function requireInputs(inputs: Inputs, option = 'scoreFiles'): readonly (string | Readable)[] {
  const list: readonly unknown[] = Array.isArray(inputs) ? inputs : [inputs]
  const isInput = (input: unknown): input is string | Readable => typeof input === 'string' || isReadable(input)
  const value = list.find((input) => !isInput(input))
  if (!list.every(isInput)) {
    const expected = 'a path, a Node.js stream (Readable.from() makes one), or a list of these'
    throw new SoftmaxError('E_OPTION', { option, value, expected })
  }
  const reason = unreadableReason(list)
  if (reason) throw new SoftmaxError('E_OPTION', { option, value: inputs, expected: 'inputs', reason })
  return list.map((input) => (typeof input === 'string' ? input : readableOf(input)))
}

/** Also of another package, as `readable-stream`, or of an older design. Writable streams have `pipe`, too. */
function isReadable(input: unknown): boolean {
  const { pipe, readable } = (input ?? {}) as Partial<Readable>
  return typeof pipe === 'function' && (readable === true || isIterable(input as object))
}

function isIterable(stream: object): boolean {
  return Symbol.asyncIterator in stream
}

/** A stream of an older design, wrapped. */
function readableOf(stream: Readable): Readable {
  return isIterable(stream) ? stream : new Readable({ highWaterMark: CHUNK }).wrap(stream)
}

/** Why nothing, or not everything, would be read of inputs, without an error. */
function unreadableReason(inputs: readonly (string | Readable)[]): string | undefined {
  const streams = inputs.filter((input) => typeof input !== 'string')
  if (inputs.length === 0) return 'the list of inputs is empty; give at least one path or stream'
  if (new Set(streams).size < streams.length) return 'a stream is listed twice, and can be read only once'
  return streams.some((stream) => stream.readableEnded) ? 'the stream has been read to its end already' : undefined
}

/**
 * Keeps an error of a stream for the time when the stream is read: until then nobody listens, and it would end the
 * process. The returned function closes the streams, which a run that ends early does not reach.
 */
function takeOver(inputs: readonly (string | Readable)[]): () => void {
  const streams = inputs.filter((input) => typeof input !== 'string')
  for (const stream of streams) stream.on('error', () => {})
  return () => {
    for (const stream of streams) stream.destroy()
  }
}

/** Runs over inputs, of whose streams none stays open. */
export async function over<T>(inputs: readonly (string | Readable)[], run: () => Promise<T>): Promise<T> {
  const close = takeOver(inputs)
  return run().finally(close)
}

/** Scores inputs once all of them can be read, so that nothing is written where the last one is missing. */
export async function* scoreReadable(inputs: readonly (string | Readable)[], run: Run): AsyncGenerator<Uint8Array> {
  const files = await readableFiles(inputs, run.settings, run.emit)
  if (files.every((file) => typeof file === 'string')) await requireSameColumns(files, run)
  const sources = files.map((file) => inputOf(file, inputName(file, files, run.settings.source), run.stats))
  yield* scoreInputs(sources, { ...run, single: files.length === 1 })
}

/** Runs to the end, as long as nothing aborts it. */
export async function drain(bytes: AsyncGenerator<Uint8Array>, { signal }: SettingsOf<'bytes'>): Promise<void> {
  await finished(bytesStream(bytes, signal).resume())
}

function bytesStream(bytes: AsyncGenerator<Uint8Array>, signal: AbortSignal | undefined): Readable {
  return Readable.from(bytes, { objectMode: false, highWaterMark: 0, ...(signal && { signal }) })
}

/** The files and streams of inputs, folders as their parts, once all files can be read. */
export async function readableFiles(
  inputs: readonly (string | Readable)[],
  settings: SettingsOf<'bytes'>,
  emit: Run['emit'],
): Promise<(string | Readable)[]> {
  requireNames(inputs, settings.source)
  const warn = (text: string, source: string) => emit('warning', text, source)
  const partsIn = (input: string | Readable) => (typeof input === 'string' ? partsOf(input, {}, warn) : [input])
  const files = inputs.flatMap<string | Readable>(partsIn)
  const paths = files.filter((file) => typeof file === 'string')
  for (const path of paths) await requireReadable(path)
  if (files.length > 1) for (const path of paths) await requireKnown(path, settings)
  return files
}
