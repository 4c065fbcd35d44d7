/** A byte stream whose beginning can be examined before it is consumed. */
export class Peekable {
  readonly #source: AsyncGenerator<Buffer>
  readonly #pieces: Buffer[] = []
  #start: Buffer = Buffer.alloc(0)
  #ended = false

  constructor(source: AsyncGenerator<Buffer>) {
    this.#source = source
  }

  /** Its beginning, as far as it was examined. */
  get start(): Buffer {
    return this.#start
  }

  /**
   * Decides by the first bytes: reads as many as needed, up to `most`; a shorter input is padded with an empty line.
   */
  async peek<T>(decide: (start: Buffer) => T | undefined, most = MOST): Promise<T | undefined> {
    for (;;) {
      const decided = decide(this.#start)
      if (decided !== undefined || this.#start.length >= most) return decided
      if (!(await this.#grow())) return decide(this.#padded(Math.min(most, this.#start.length + MOST)))
    }
  }

  #padded(length: number): Buffer {
    const padded = Buffer.alloc(length, ' ')
    padded[length - 1] = NEWLINE
    this.#start.copy(padded)
    return padded
  }

  /**
   * Reads until the beginning has grown by a sixteenth or by a newline, to avoid examining a long one again for every
   * small chunk. False if nothing more arrives.
   */
  async #grow(): Promise<boolean> {
    const enough = this.#start.length / 16
    const added: Buffer[] = []
    for (let length = 0; length <= enough && !this.#ended; ) {
      const { done, value } = await this.#source.next()
      if (done) {
        this.#ended = true
        break
      }
      added.push(value)
      length += value.length
      if (value.includes(NEWLINE)) break
    }
    if (added.length === 0) return false
    this.#start = this.#pieces.length === 0 && added.length === 1 ? added[0]! : Buffer.concat([this.#start, ...added])
    this.#pieces.push(...added)
    return true
  }

  /** All bytes, including those that were examined. */
  async *rest(): AsyncGenerator<Buffer> {
    try {
      yield* this.#pieces
      if (!this.#ended) yield* this.#source
    } finally {
      await this.#source.return(undefined)
    }
  }
}

const NEWLINE = 10

/** How many bytes to examine: enough for the first names in an archive. */
const MOST = 4096
