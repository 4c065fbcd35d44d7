/** Watches the bytes of rows for keys that an option declares, and no row may have. */
import type { Block } from '../../core/record-batch.js'

export class KeyWatch {
  readonly #unseen = new Map<string, Buffer>()

  /** Looks for these keys from now on; not for those that JSON has to escape. */
  add(names: readonly string[]): void {
    for (const name of names) {
      const key = name.split('.').at(-1)!
      if (/^\w+$/.test(key)) this.#unseen.set(name, Buffer.from(`"${key}"`))
    }
  }

  /**
   * The keys that are in no block so far. A text with the name of a key counts as one, and so does an escaped letter, so
   * that no key is missed.
   */
  get unseen(): string[] {
    return [...this.#unseen.keys()]
  }

  async *over(blocks: AsyncGenerator<Block>): AsyncGenerator<Block> {
    for await (const block of blocks) {
      if (Buffer.isBuffer(block) && this.#unseen.size > 0) this.#look(block)
      yield block
    }
  }

  #look(block: Buffer): void {
    if (hasEscapedLetter(block)) this.#unseen.clear()
    for (const [name, key] of this.#unseen) if (block.includes(key)) this.#unseen.delete(name)
  }
}

/** Whether a text has a letter, a digit or another character of ASCII as its code. */
function hasEscapedLetter(block: Buffer): boolean {
  return block.includes('\\u00') && ESCAPES.some((escape) => block.includes(escape))
}

const ESCAPES = [3, 4, 5, 6, 7].map((digit) => `\\u00${digit}`)
