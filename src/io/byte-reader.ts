/** Reads exact numbers of bytes from a stream. */

/**
 * How many bytes to allocate before they arrive: a corrupt file may announce any number. The system maps the memory
 * only as it is filled.
 */
const MOST_UNSEEN = 1 << 29

/** A larger buffer: the full size, or twice the bytes so far. */
function grown(bytes: Buffer<ArrayBuffer>, most: number): Buffer<ArrayBuffer> {
  const room = Buffer.allocUnsafeSlow(Math.min(2 * bytes.length, most))
  room.set(bytes)
  return room
}

/** Reads exact numbers of bytes from chunks. */
export class ByteReader {
  readonly #chunks: AsyncGenerator<Buffer>
  #buffered: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncGenerator<Buffer>) {
    this.#chunks = chunks
  }

  /** The next `length` bytes; fewer only at the end. */
  async take(length: number): Promise<Buffer> {
    let taken = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, MOST_UNSEEN)))
    let at = 0
    while (at < length) {
      if (this.#buffered.length === 0) {
        const { done, value } = await this.#chunks.next()
        if (done) break
        this.#buffered = value
      }
      const piece = this.#buffered.subarray(0, length - at)
      if (at + piece.length > taken.length) taken = grown(taken, length)
      taken.set(piece, at)
      at += piece.length
      this.#buffered = this.#buffered.subarray(piece.length)
    }
    return taken.subarray(0, at)
  }

  /** The next bytes, as many as arrive; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    if (this.#buffered.length === 0) {
      const { done, value } = await this.#chunks.next()
      return done ? undefined : value
    }
    const bytes = this.#buffered
    this.#buffered = Buffer.alloc(0)
    return bytes
  }

  /** Puts back the end of what was last taken. */
  unread(bytes: Buffer): void {
    this.#buffered = this.#buffered.length > 0 ? Buffer.concat([bytes, this.#buffered]) : bytes
  }

  /** Closes the source. */
  async close(): Promise<void> {
    await this.#chunks.return(undefined)
  }

  /** All remaining bytes. */
  async *rest(): AsyncGenerator<Buffer> {
    try {
      yield this.#buffered
      yield* this.#chunks
    } finally {
      await this.close()
    }
  }
}

/** Four little-endian bytes as a number; missing bytes are zeros. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}
