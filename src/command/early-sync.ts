/**
 * A file brought to the disk while more is written to it. The system starts that seconds later by itself, so that the sync at the
 * end would wait for the disk to take all of it: a sixth of the time of 1,000,000 x 10.
 */
import fs from 'node:fs'
import { promisify } from 'node:util'

const fdatasync = promisify(fs.fdatasync)

/** How many bytes are written between two syncs. */
const DISTANCE = 8 << 20

export class EarlySync {
  readonly #file: number
  #unsynced = 0
  #isUnderWay = false
  #last = Promise.resolve()
  #failure: Error | undefined

  constructor(file: number) {
    this.#file = file
  }

  /** To be called with the length of what is written. One sync is under way at most. Throws what one failed with. */
  wrote(bytes: number): void {
    if (this.#failure) throw this.#failure
    this.#unsynced += bytes
    if (this.#unsynced < DISTANCE || this.#isUnderWay) return
    this.#unsynced = 0
    this.#isUnderWay = true
    this.#last = fdatasync(this.#file)
      .then(() => {
        this.#isUnderWay = false
      })
      .catch((error: NodeJS.ErrnoException) => {
        // Node's permission model allows no sync of a descriptor; the sync at the end is by another way.
        if (error.code !== 'ERR_ACCESS_DENIED') this.#failure = error
      })
  }

  /**
   * Resolves when no sync is under way. A failure has to be thrown here: the system reports it once, and the
   * next sync succeeds.
   */
  async done(): Promise<void> {
    await this.#last
    if (this.#failure) throw this.#failure
  }
}
