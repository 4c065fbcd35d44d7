/** Inputs that are files or byte streams; a stream may be backed by a file. */
import { createReadStream } from 'node:fs'
import { access, constants, open, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { SoftmaxError, systemReason, withSource } from '../core/errors.js'
import { FileChunks } from '../io/file-chunks.js'
import { FileWatch } from '../io/file-watch.js'
import { noParts } from './input-files.js'
import { type Input, type OpenSettings, requireSupported } from './open-input.js'
import type { Stats } from './row-counts.js'
import { toBuffers } from './to-buffers.js'

/** Throws E_INPUT if a file cannot be read. Does not open it, because a named pipe can be opened only once. */
export async function requireReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK)
  } catch (cause) {
    throw new SoftmaxError('E_INPUT', { source: path, reason: systemReason(cause) }, { cause })
  }
  if ((await stat(path)).isDirectory()) throw new SoftmaxError('E_INPUT', { source: path, reason: noParts() })
}

/**
 * Throws early what opening the file would throw because of its first bytes, before rows of earlier inputs are written.
 */
export async function requireKnown(path: string, settings: OpenSettings): Promise<void> {
  // Pipes and devices may be readable only once.
  if (!(await stat(path)).isFile()) return
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(START), 0, START, 0)
    await requireSupported(buffer.subarray(0, bytesRead), path, settings)
  } catch (error) {
    throw withSource(error, path)
  } finally {
    await file.close()
  }
}

/** The number of bytes needed to identify a file. */
const START = 4096

/** The input for a path or a stream, and its name in messages. */
export function inputOf(input: string | Readable, name: string | undefined, stats: Stats): Input {
  const source = new ByteSource(input, stats)
  const named = name !== undefined && { source: name }
  const count = (bytes: number) => {
    stats.bytes += bytes
  }
  return {
    name,
    chunks: source.chunks(named),
    close: () => source.close(),
    isClosed: () => source.isClosed,
    requireUnchanged() {
      const reason = source.change
      if (reason !== undefined) throw new SoftmaxError('E_INPUT', { ...named, reason })
    },
    ...(typeof input === 'string' && { file: { path: input, count } }),
  }
}

/** A file or a stream that is opened when its bytes are read. */
class ByteSource {
  readonly #input: string | Readable
  readonly #stats: Stats
  #file: FileChunks | undefined
  #stream: Readable | undefined
  #watch: FileWatch | undefined
  isClosed = false

  constructor(input: string | Readable, stats: Stats) {
    this.#input = input
    this.#stats = stats
  }

  /** How the file has changed since it was opened, if it has. */
  get change(): string | undefined {
    return (this.#file ?? this.#watch)?.change
  }

  /** Reads all bytes. Throws E_INPUT, with the name of the input. */
  async *chunks(name: { source: string } | false): AsyncGenerator<Buffer> {
    const before = this.#stats.bytes
    try {
      yield* this.#read()
    } catch (cause) {
      if (this.isClosed) return
      if (cause instanceof SoftmaxError) throw cause
      const byte = this.#stats.bytes - before + (this.#stream ? unread(this.#stream) : 0)
      const reason = (cause as NodeJS.ErrnoException).code === 'EISDIR' ? noParts() : systemReason(cause)
      throw new SoftmaxError('E_INPUT', { ...name, ...(byte > 0 && { byte }), reason }, { cause })
    }
  }

  async *#read(): AsyncGenerator<Buffer> {
    const [input, stats] = [this.#input, this.#stats]
    this.#file = typeof input === 'string' ? await FileChunks.open(input) : undefined
    if (this.#file) return yield* this.#file.read(CHUNK, stats)
    this.#stream = typeof input === 'string' ? createReadStream(input, { highWaterMark: CHUNK }) : input
    this.#watch = new FileWatch(this.#stream, typeof input !== 'string')
    yield* toBuffers(this.#stream, stats)
  }

  close(): void {
    this.isClosed = true
    this.#stream?.destroy()
    this.#file?.close()
  }
}

/** The read size for files, in bytes. */
export const CHUNK = 1 << 19

/** The number of bytes a stream has buffered that were not consumed. */
function unread({ readableLength, readableObjectMode }: Readable): number {
  return readableObjectMode ? 0 : readableLength
}
