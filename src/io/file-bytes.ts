/** Random access to the bytes of a file. */
import { readSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { SoftmaxError, systemReason } from '../core/errors.js'
import type { SharedFile } from '../core/record-batch.js'

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

/** The bytes of an open file; `count` is called with the number of bytes of each read. */
export class HandleBytes implements OpenedFile {
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

const CHUNK = 1 << 20

/** All bytes of a file, in order. */
export async function* chunksOf(file: FileBytes): AsyncGenerator<Buffer> {
  for (let at = 0; at < file.size; at += CHUNK) yield await file.read(at, CHUNK)
}
