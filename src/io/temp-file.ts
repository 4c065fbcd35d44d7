/**
 * A temporary file, for bytes that are read in another order than they arrive. It is unlinked immediately after it is
 * opened, so nothing remains however the process ends.
 */
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { SoftmaxError, systemReason } from '../core/errors.js'
import { chunksOf, HandleBytes } from './file-bytes.js'
import { temporaryPath } from './temporary-path.js'

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
