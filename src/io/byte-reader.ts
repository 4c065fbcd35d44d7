/** Bytes of a stream, taken in exact numbers. */

/**
 * How many bytes are allocated before they arrive: a corrupt file may announce any number. The system provides memory as it
 * is filled.
 */
const MOST_UNSEEN = 1 << 29

/** Room for all of some bytes, or for twice as many as there are. */
function grown(bytes: Buffer<ArrayBuffer>, most: number): Buffer<ArrayBuffer> {
  const room = Buffer.allocUnsafeSlow(Math.min(2 * bytes.length, most))
  room.set(bytes)
  return room
}

/** Takes exact numbers of bytes from chunks. */
export class ByteReader {
  readonly #chunks: AsyncGenerator<Buffer>
  #held: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncGenerator<Buffer>) {
    this.#chunks = chunks
  }

  /** So many bytes; fewer only at the end. */
  async take(length: number): Promise<Buffer> {
    let taken = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, MOST_UNSEEN)))
    let at = 0
    while (at < length) {
      if (this.#held.length === 0) {
        const { done, value } = await this.#chunks.next()
        if (done) break
        this.#held = value
      }
      const piece = this.#held.subarray(0, length - at)
      if (at + piece.length > taken.length) taken = grown(taken, length)
      taken.set(piece, at)
      at += piece.length
      this.#held = this.#held.subarray(piece.length)
    }
    return taken.subarray(0, at)
  }

  /** The next bytes, as many as come; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    if (this.#held.length === 0) {
      const { done, value } = await this.#chunks.next()
      return done ? undefined : value
    }
    const bytes = this.#held
    this.#held = Buffer.alloc(0)
    return bytes
  }

  /** Gives back the end of what was taken last. */
  unread(bytes: Buffer): void {
    this.#held = this.#held.length > 0 ? Buffer.concat([bytes, this.#held]) : bytes
  }

  /** Says that no more is wanted. */
  async close(): Promise<void> {
    await this.#chunks.return(undefined)
  }

  /** All that has not been taken. */
  async *rest(): AsyncGenerator<Buffer> {
    try {
      yield this.#held
      yield* this.#chunks
    } finally {
      await this.close()
    }
  }
}

/** Four bytes as a number, the lowest first; behind the end are zeros. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}
