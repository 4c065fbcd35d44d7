/** A part of a file that is read from its start to its end: some bytes ahead are read with those that are asked for. */
import { acquire, recycle } from './buffer-pool.js'
import type { FileBytes } from './temp-file.js'

export class FileWindow {
  readonly #file: FileBytes
  readonly #end: number
  readonly #size: number
  #start: number
  #bytes: Buffer = Buffer.alloc(0)
  /** The first bytes, which are read before they are asked for. */
  #first: Promise<void> | undefined
  /** Memory that was read into before. */
  #spent: Buffer[] = []

  /** The bytes from `start` to `end`; `size` is how many are read at once, where no more are asked for. */
  constructor(file: FileBytes, start: number, end: number, size: number) {
    this.#file = file
    this.#start = start
    this.#end = end
    this.#size = size
    this.#first = this.#fill(start, 0)
    // A failure is thrown where the bytes are asked for.
    this.#first.catch(() => {})
  }

  /** The bytes from `at` on, which is never before what was asked for last; fewer only at the end. */
  async read(at: number, length: number): Promise<Buffer> {
    if (this.#first) await this.#first
    this.#first = undefined
    if (at - this.#start + length > this.#bytes.length) await this.#fill(at, length)
    return this.#bytes.subarray(at - this.#start, at - this.#start + length)
  }

  /** Keeps the bytes from `at` on that were read, and puts the next behind them. */
  async #fill(at: number, length: number): Promise<void> {
    const kept = this.#bytes.subarray(at - this.#start)
    const wanted = Math.min(Math.max(length, this.#size), this.#end - at) - kept.length
    const room = acquire(kept.length + Math.max(0, wanted))
    room.set(kept)
    // Read straight behind what is kept, so that the two need no third piece of memory.
    const next = await this.#file.read(at + kept.length, Math.max(0, wanted), () => room.subarray(kept.length))
    this.#spent.push(this.#bytes)
    this.#bytes = room.subarray(0, kept.length + next.length)
    this.#start = at
  }

  /** Gives back what was read but for the last window: it must not be used any longer. */
  recycle(): void {
    for (const bytes of this.#spent.splice(0)) recycle(bytes)
  }

  /** Lets go of the same. */
  forget(): void {
    this.#spent = []
  }

  /** Gives back all that was read. */
  close(): void {
    this.recycle()
    recycle(this.#bytes)
    this.#bytes = Buffer.alloc(0)
  }
}
