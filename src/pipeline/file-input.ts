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
  const opened: { file?: FileChunks | undefined; stream?: Readable; closed?: true; watch?: FileWatch } = {}
  const bytes = async function* (): AsyncGenerator<Buffer> {
    opened.file = typeof input === 'string' ? await FileChunks.open(input) : undefined
    if (opened.file) return yield* opened.file.read(CHUNK, stats)
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
      if (cause instanceof SoftmaxError) throw cause
      const byte = stats.bytes - before + (opened.stream ? unread(opened.stream) : 0)
      const reason = (cause as NodeJS.ErrnoException).code === 'EISDIR' ? noParts() : systemReason(cause)
      const info = { ...(name !== undefined && { source: name }), ...(byte > 0 && { byte }), reason }
      throw new SoftmaxError('E_INPUT', info, { cause })
    }
  }
  const count = (bytes: number) => {
    stats.bytes += bytes
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
  return {
    name,
    chunks: chunks(),
    close,
    isClosed: () => opened.closed === true,
    requireUnchanged,
    ...(typeof input === 'string' && { file: { path: input, count } }),
  }
}

/** The read size for files, in bytes. */
export const CHUNK = 1 << 19

/** The number of bytes a stream has buffered that were not consumed. */
function unread({ readableLength, readableObjectMode }: Readable): number {
  return readableObjectMode ? 0 : readableLength
}
