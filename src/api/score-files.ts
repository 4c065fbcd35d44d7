/** Files -> bytes: inputs one after the other, scored into one output. */
import { createReadStream } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { SoftmaxError, systemReason } from '../core/errors.js'
import { parseOptions } from '../core/options.js'
import { release } from '../io/buffer-pool.js'
import { FileChunks } from '../io/file-chunks.js'
import { FileWatch } from '../io/file-watch.js'
import { NO_PARTS, partsOf } from '../pipeline/input-files.js'
import type { Input } from '../pipeline/open-input.js'
import { newStats, type Stats } from '../pipeline/row-counts.js'
import { type Run, toBuffers } from '../pipeline/run.js'
import { scoreInputs } from '../pipeline/score-inputs.js'
import type { ScoreOptions } from './options.js'
import type { ScoreEvents, ScoreStream } from './score.js'
import type { ReadableOf } from './typed-stream.js'

/** The stream of {@link scoreFiles}; its events are those of `score`. */
export interface FilesStream extends ReadableOf<Buffer, ScoreEvents>, Pick<ScoreStream, 'stats' | 'release'> {}

/**
 * Scores files, given by their paths, or streams of bytes, one after the other: one output with one header. All inputs
 * must have the columns of the first. Formats are detected from the options, the file extensions or the first bytes; a
 * format with a footer is read from the file in any order. A directory stands for its parts: the files in it that are
 * called part-* or end like a format, save those whose names begin with _ or a point, in the order of their names.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION at once; any other error is the stream's `error` event.
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

/** Scores inputs once all of them can be read, so that nothing is written where the last one is missing. */
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
  const opened: { file?: FileChunks | undefined; stream?: Readable; closed?: true; watch?: FileWatch } = {}
  const bytes = async function* (): AsyncGenerator<Buffer> {
    opened.file = typeof input === 'string' ? await FileChunks.open(input) : undefined
    if (opened.file) return yield* counted(opened.file.read(CHUNK), stats)
    opened.stream = typeof input === 'string' ? createReadStream(input, { highWaterMark: CHUNK }) : input
    opened.watch = new FileWatch(opened.stream, typeof input !== 'string')
    yield* toBuffers(opened.stream, stats)
  }
  const chunks = async function* (): AsyncGenerator<Buffer> {
    const before = stats.bytes
    try {
      yield* bytes()
    } catch (cause) {
      if (opened.closed) return
      const byte = stats.bytes - before + (opened.stream ? unread(opened.stream) : 0)
      const reason = (cause as NodeJS.ErrnoException).code === 'EISDIR' ? NO_PARTS : systemReason(cause)
      const info = { ...(name !== undefined && { source: name }), ...(byte > 0 && { byte }), reason }
      throw new SoftmaxError('E_INPUT', info, { cause })
    }
  }
  const close = () => {
    opened.closed = true
    opened.stream?.destroy()
    opened.file?.close()
  }
  const requireUnchanged = () => {
    const reason = (opened.file ?? opened.watch)?.change
    if (reason !== undefined) throw new SoftmaxError('E_INPUT', { ...(name !== undefined && { source: name }), reason })
  }
  return { name, chunks: chunks(), close, requireUnchanged, ...(typeof input === 'string' && { path: input }) }
}

async function* counted(chunks: AsyncGenerator<Buffer>, stats: Stats): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    stats.bytes += chunk.length
    yield chunk
  }
}

/** How many bytes of a file are read at once. */
export const CHUNK = 1 << 19

/** How many bytes a stream has read that were not taken from it. */
function unread({ readableLength, readableObjectMode }: Readable): number {
  return readableObjectMode ? 0 : readableLength
}
