/**
 * A temporary file, for bytes that are read in another order than they arrive. It is unlinked immediately after it is
 * opened, so nothing remains however the process ends.
 */
import { readSync } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { SoftmaxError, systemReason } from '../core/errors.js'
import type { SharedFile, Source } from '../core/record-batch.js'
import { temporaryPath } from './temporary-path.js'

/** Random access to bytes. */
export interface FileBytes {
  size: number
  /** The bytes from `at`, in memory from `room`; fewer only if the file was truncated in the meantime. */
  read(at: number, length: number, room?: Room): Promise<Buffer>
  /** Called with the number of bytes of each read. */
  count(bytes: number): void
  close(): Promise<void>
}

type Room = (length: number) => Buffer

/** Random access to a file that other threads can read, too. */
export interface OpenedFile extends FileBytes {
  descriptor: number
}

/** Random access to an input: its file, or a temporary copy. */
export async function openBytes({ file, chunks }: Source): Promise<OpenedFile> {
  const opened = file && (await regularFile(file.path))
  if (!file || !opened) {
    const copy = await TempFile.open()
    try {
      for await (const chunk of chunks) await copy.write(chunk)
    } catch (error) {
      await copy.close()
      throw error
    }
    return copy
  }
  // A generator that was never started does not run its `finally`.
  const { value: first } = await chunks.next()
  await chunks.return(undefined)
  return new HandleBytes(opened.handle, opened.size, upTo(opened.size - (first?.length ?? 0), file.count))
}

/** Counts up to `most` bytes in all: some are read more than once. */
function upTo(most: number, count: (bytes: number) => void): (bytes: number) => void {
  let left = most
  return (bytes) => {
    const some = Math.min(bytes, left)
    left -= some
    count(some)
  }
}

async function regularFile(path: string): Promise<{ handle: FileHandle; size: number } | undefined> {
  try {
    const handle = await open(path)
    const stat = await handle.stat()
    if (stat.isFile()) return { handle, size: stat.size }
    await handle.close()
    return undefined
  } catch (cause) {
    throw new SoftmaxError('E_INPUT', { reason: systemReason(cause) }, { cause })
  }
}

class HandleBytes implements OpenedFile {
  readonly #handle: FileHandle
  readonly count: (bytes: number) => void
  size: number

  constructor(handle: FileHandle, size: number, count: (bytes: number) => void) {
    this.#handle = handle
    this.count = count
    this.size = size
  }

  get descriptor(): number {
    return this.#handle.fd
  }

  read(at: number, length: number, room?: Room): Promise<Buffer> {
    return readBytes(this, at, length, room, async (bytes, done) => {
      const { bytesRead } = await this.#handle.read(bytes, done, bytes.length - done, at + done)
      return bytesRead
    })
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

/**
 * Random access to a file that another thread has opened, for a thread that does nothing else: it waits for each read.
 */
export function descriptorBytes({ descriptor, size }: SharedFile, count: (bytes: number) => void): OpenedFile {
  return {
    size,
    count,
    descriptor,
    read: (at, length, room) =>
      readBytes({ size, count }, at, length, room, (bytes, done) =>
        readSync(descriptor, bytes, done, bytes.length - done, at + done),
      ),
    close: async () => {},
  }
}

/** Reads until the requested bytes or the file are complete; `read` reads some and returns their number. */
async function readBytes(
  { size, count }: Pick<FileBytes, 'size' | 'count'>,
  at: number,
  length: number,
  room: Room = Buffer.allocUnsafeSlow,
  read: (bytes: Buffer, done: number) => number | Promise<number>,
): Promise<Buffer> {
  const bytes = room(Math.max(0, Math.min(length, size - at)))
  let done = 0
  try {
    while (done < bytes.length) {
      const some = await read(bytes, done)
      if (some === 0) return bytes.subarray(0, done)
      done += some
      count(some)
    }
  } catch (cause) {
    throw new SoftmaxError('E_INPUT', { byte: at + done, reason: systemReason(cause) }, { cause })
  }
  return bytes
}

/** Random access to a part of a file; the file remains owned by whoever opened it. */
export function bytesWithin(file: FileBytes, start: number, size: number): FileBytes {
  return {
    size,
    count: (bytes) => file.count(bytes),
    read: (at, length, room) => file.read(start + at, Math.max(0, Math.min(length, size - at)), room),
    close: async () => {},
  }
}

/** A temporary file. */
export class TempFile extends HandleBytes {
  readonly #file: FileHandle
  readonly #path: string

  private constructor(file: FileHandle, path: string) {
    // Its bytes are counted where they come from.
    super(file, 0, () => {})
    this.#file = file
    this.#path = path
  }

  static async open(): Promise<TempFile> {
    const path = temporaryPath(tmpdir())
    try {
      const file = await open(path, 'wx+', 0o600)
      await unlink(path)
      return new TempFile(file, path)
    } catch (cause) {
      throw new SoftmaxError('E_OUTPUT', { path, reason: systemReason(cause) }, { cause })
    }
  }

  /** Writes bytes at an offset, by default at the end. */
  async write(bytes: Uint8Array, offset = this.size): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, offset + at)
        at += bytesWritten
        this.size = Math.max(this.size, offset + at)
      }
    } catch (cause) {
      throw new SoftmaxError('E_OUTPUT', { path: this.#path, reason: systemReason(cause) }, { cause })
    }
  }

  /** All bytes, in order. */
  chunks(): AsyncGenerator<Buffer> {
    return chunksOf(this)
  }
}

const CHUNK = 1 << 20

/** All bytes of a file, in order. */
export async function* chunksOf(file: FileBytes): AsyncGenerator<Buffer> {
  for (let at = 0; at < file.size; at += CHUNK) yield await file.read(at, CHUNK)
}
