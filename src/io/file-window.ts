/** Sequential reads of a part of a file, with read-ahead. */
import { acquire, recycle } from './buffer-pool.js'
import type { FileBytes } from './file-bytes.js'

export class FileWindow {
  readonly #file: FileBytes
  readonly #end: number
  readonly #size: number
  #start: number
  #bytes: Buffer = Buffer.alloc(0)
  /** The initial read, started in advance. */
  #first: Promise<void> | undefined
  /** Memory of earlier reads. */
  #spent: Buffer[] = []

  /** The bytes from `start` to `end`; `size` is the read size, unless more are requested. */
  constructor(file: FileBytes, start: number, end: number, size: number) {
    this.#file = file
    this.#start = start
    this.#end = end
    this.#size = size
    this.#first = this.#fill(start, 0)
    // A failure is thrown where the bytes are requested.
    this.#first.catch(() => {})
  }

  /** The bytes from `at`, which must not decrease between calls; fewer only at the end. */
  async read(at: number, length: number): Promise<Buffer> {
    if (this.#first) await this.#first
    this.#first = undefined
    if (at - this.#start + length > this.#bytes.length) await this.#fill(at, length)
    return this.#bytes.subarray(at - this.#start, at - this.#start + length)
  }

  /** Keeps the bytes already read from `at` on, and reads more after them. */
  async #fill(at: number, length: number): Promise<void> {
    const kept = this.#bytes.subarray(at - this.#start)
    const wanted = Math.min(Math.max(length, this.#size), this.#end - at) - kept.length
    const room = acquire(kept.length + Math.max(0, wanted))
    room.set(kept)
    // Read directly behind the kept bytes, so that no third buffer is needed.
    const next = await this.#file.read(at + kept.length, Math.max(0, wanted), () => room.subarray(kept.length))
    this.#spent.push(this.#bytes)
    this.#bytes = room.subarray(0, kept.length + next.length)
    this.#start = at
  }

  /** Recycles the window if it has no bytes from `at` on, none of which may be used any longer. */
  passTo(at: number): void {
    if (at < this.#start + this.#bytes.length) return
    recycle(this.#bytes)
    this.#bytes = Buffer.alloc(0)
    this.#start = at
  }

  /** Recycles all memory except the last window; it must no longer be used. */
  recycle(): void {
    for (const bytes of this.#spent.splice(0)) recycle(bytes)
  }

  /** Recycles all memory. */
  close(): void {
    this.recycle()
    recycle(this.#bytes)
    this.#bytes = Buffer.alloc(0)
  }
}
