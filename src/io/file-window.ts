/** A part of a file that is read from its start to its end: some bytes ahead are read with those that are asked for. */
import type { FileBytes } from './temp-file.js'

export class FileWindow {
  readonly #file: FileBytes
  readonly #end: number
  readonly #size: number
  #start = 0
  #bytes: Buffer = Buffer.alloc(0)

  /** `end` is where the part ends; `size` is how many bytes are read at once, where no more are asked for. */
  constructor(file: FileBytes, end: number, size: number) {
    this.#file = file
    this.#end = end
    this.#size = size
  }

  /** The bytes from `at` on, which is never before what was asked for last; fewer only at the end. */
  async read(at: number, length: number): Promise<Buffer> {
    const from = at - this.#start
    if (from + length > this.#bytes.length) await this.#fill(at, length)
    return this.#bytes.subarray(at - this.#start, at - this.#start + length)
  }

  /** Keeps the bytes from `at` on that were read, and puts the next behind them. */
  async #fill(at: number, length: number): Promise<void> {
    const kept = this.#bytes.subarray(at - this.#start)
    const wanted = Math.min(Math.max(length, this.#size), this.#end - at) - kept.length
    const next = await this.#file.read(at + kept.length, Math.max(0, wanted))
    this.#bytes = kept.length === 0 ? next : Buffer.concat([kept, next])
    this.#start = at
  }
}
