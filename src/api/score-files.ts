/** Files -> bytes: inputs one after the other, scored into one output. */
import { createReadStream, fstatSync, type ReadStream } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { SoftmaxError, systemReason } from '../core/errors.js'
import { parseOptions } from '../core/options.js'
import { release } from '../io/buffer-pool.js'
import { NO_PARTS, partsOf } from '../pipeline/input-files.js'
import type { Input } from '../pipeline/open-input.js'
import { newStats, type Stats } from '../pipeline/row-counts.js'
import { type Run, type ScoreOptions, type ScoreStream, scoreInputs, toBuffers } from './score.js'

/** The stream of {@link scoreFiles}; its events are those of `score`, with the input's name before each warning. */
export interface FilesStream extends Readable, Pick<ScoreStream, 'stats' | 'release'> {}

/**
 * A stream of the bytes that `score` would give for some files, by their paths, or streams of bytes, one after the
 * other: one output with one header. All must have the columns of the first. Formats are told by the files' names where
 * no option does; a file that is best read out of order is read so. A directory stands for its parts: the files in it
 * that are called part-* or like a format, save those whose names begin with _ or a point, in the order of their names.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION at once; all else is the stream's `error` event.
 *
 * @example
 * await pipeline(scoreFiles(['january.csv', 'february.csv.gz']), createWriteStream('scored.csv'))
 * await pipeline(scoreFiles(['logits.parquet/'], { to: 'parquet' }), createWriteStream('scored.parquet'))
 */
export function scoreFiles(inputs: readonly (string | Readable)[], options: ScoreOptions = {}): FilesStream {
  if (!Array.isArray(inputs)) {
    throw new SoftmaxError('E_OPTION', { option: 'scoreFiles', value: inputs, expected: 'a list of paths and streams' })
  }
  const settings = parseOptions(options, 'bytes')
  const stats = newStats()
  const { source, signal } = settings
  const files = inputs.flatMap<string | Readable>((input) => (typeof input === 'string' ? partsOf(input) : [input]))
  const sources = files.map((file) => sourceOf(file, source, stats))
  const bytes = scoreReadable(files, sources, {
    settings,
    stats,
    single: files.length === 1,
    emit: (event, ...what) => stream.emit(event, ...what),
  })
  const stream = Readable.from(bytes, { objectMode: false, highWaterMark: 0, ...(signal && { signal }) })
  return Object.assign(stream, { stats, release })
}

/** Scores inputs once all of them can be read: the last that cannot is no reason to have written the others. */
async function* scoreReadable(files: readonly (string | Readable)[], sources: Input[], run: Run) {
  for (const file of files) if (typeof file === 'string') await requireReadable(file)
  yield* scoreInputs(sources, run)
}

/** Not by opening it: a named pipe is opened once. */
async function requireReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK)
  } catch (cause) {
    throw new SoftmaxError('E_INPUT', { source: path, reason: systemReason(cause) }, { cause })
  }
  if ((await stat(path)).isDirectory()) throw new SoftmaxError('E_INPUT', { source: path, reason: NO_PARTS })
}

function sourceOf(input: string | Readable, source: string | undefined, stats: Stats): Input {
  const name = typeof input === 'string' ? input : source
  const open = () => (typeof input === 'string' ? createReadStream(input, { highWaterMark: CHUNK }) : input)
  const opened: { stream?: Readable; closed?: true; watch?: Watch } = {}
  const chunks = async function* (): AsyncGenerator<Buffer> {
    const before = stats.bytes
    opened.stream = open()
    opened.watch = new Watch(opened.stream, typeof input !== 'string')
    try {
      yield* toBuffers(opened.stream, stats)
    } catch (cause) {
      if (opened.closed) return
      const byte = stats.bytes - before + unread(opened.stream)
      const reason = (cause as NodeJS.ErrnoException).code === 'EISDIR' ? NO_PARTS : systemReason(cause)
      const info = { ...(name !== undefined && { source: name }), ...(byte > 0 && { byte }), reason }
      throw new SoftmaxError('E_INPUT', info, { cause })
    }
  }
  const close = () => {
    opened.closed = true
    opened.stream?.destroy()
  }
  const requireUnchanged = () => {
    const reason = opened.watch?.change
    if (reason !== undefined) throw new SoftmaxError('E_INPUT', { ...(name !== undefined && { source: name }), reason })
  }
  return { name, chunks: chunks(), close, requireUnchanged, ...(typeof input === 'string' && { path: input }) }
}

/** How many bytes of a file are read at once. */
export const CHUNK = 1 << 18

/** How many bytes a stream has read that were not taken from it. */
function unread({ readableLength, readableObjectMode }: Readable): number {
  return readableObjectMode ? 0 : readableLength
}

/** Sees whether a file is as long at its end as it was when it was opened. */
class Watch {
  /** What is told of a file that is not. */
  change: string | undefined
  #descriptor: number | undefined
  #size: number | undefined

  /** `given`: the stream was open before, and may begin anywhere in its file. */
  constructor(stream: Readable, given: boolean) {
    const { fd } = stream as { fd?: unknown }
    if (typeof fd === 'number') this.#open(fd)
    stream.once('open', (fd: number) => this.#open(fd))
    stream.once('end', () => this.#compare(stream as ReadStream, given))
  }

  #open(descriptor: number): void {
    this.#descriptor = descriptor
    this.#size = fileSize(descriptor)
  }

  #compare({ bytesRead }: ReadStream, given: boolean): void {
    if (this.#descriptor === undefined) return
    const now = fileSize(this.#descriptor)
    // A file that the system makes up has no size.
    const read = given || this.#size === 0 ? now : bytesRead
    if (this.#size === now && (now === undefined || read === now)) return
    this.change = `it changed while it was read, from ${this.#size} to ${now} bytes, of which ${read} were found`
  }
}

/** The size of an open file; undefined for what has none. */
function fileSize(descriptor: number): number | undefined {
  const file = fstatSync(descriptor)
  return file.isFile() ? file.size : undefined
}
