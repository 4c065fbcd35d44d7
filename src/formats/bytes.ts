/** Bytes of a stream, taken in the amounts that a format speaks of. */

/** Takes exact numbers of bytes from chunks. */
export class ByteReader {
  readonly #chunks: AsyncGenerator<Buffer>
  #held: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncGenerator<Buffer>) {
    this.#chunks = chunks
  }

  /** So many bytes; fewer only at the end. */
  async take(length: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    for (let missing = length; missing > 0; ) {
      if (this.#held.length === 0) {
        const { done, value } = await this.#chunks.next()
        if (done) break
        this.#held = value
      }
      const piece = this.#held.subarray(0, missing)
      this.#held = this.#held.subarray(piece.length)
      pieces.push(piece)
      missing -= piece.length
    }
    return pieces.length === 1 ? Buffer.from(pieces[0]!) : Buffer.concat(pieces)
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
