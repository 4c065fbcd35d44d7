/** A growing buffer: bytes are appended at the end and removed from the start. */
import { acquire, acquireCopy, recycle } from './buffer-pool.js'

/** A byte queue in pooled memory. */
export class ByteQueue {
  /** The initial capacity for new bytes. */
  readonly #size: number
  #room: Buffer = Buffer.alloc(0)
  #from = 0
  #to = 0

  constructor(size: number) {
    this.#size = size
  }

  get bytes(): Buffer {
    return this.#room.subarray(this.#from, this.#to)
  }

  append(more: Uint8Array): void {
    if (this.#to + more.length > this.#room.length) {
      const length = this.#to - this.#from
      recycle(this.#move(Math.max(length + more.length, length === 0 ? this.#size : 2 * length)))
    }
    this.#room.set(more, this.#to)
    this.#to += more.length
  }

  /**
   * Removes bytes and returns them in memory of their own: either they or the remaining bytes are copied, whichever is
   * shorter.
   */
  give(count: number): Buffer {
    const { bytes } = this
    const [given, rest] = [bytes.subarray(0, count), bytes.subarray(count)]
    this.#from += count
    if (count < rest.length) return acquireCopy(given)
    this.#move(rest.length + this.#size)
    return given
  }

  drop(count: number): void {
    this.#from += count
  }

  /** Moves to new memory with this capacity. */
  #move(size: number): Buffer {
    const old = this.#room
    const { bytes } = this
    this.#room = acquire(size)
    this.#room.set(bytes)
    this.#from = 0
    this.#to = bytes.length
    return old
  }
}
