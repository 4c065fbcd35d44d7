/** The bytes of a regular file in order, read into memory that is used again: fresh memory for each chunk costs a third of the read. */
import fs from 'node:fs'
import { promisify } from 'node:util'
import { acquireWhole, recycle, releasableOf } from './buffer-pool.js'
import { changeOf } from './file-watch.js'

const [open, close, stat, fstat] = [promisify(fs.open), promisify(fs.close), promisify(fs.stat), promisify(fs.fstat)]

/** How many bytes are asked for behind the end, where a file may have grown. */
const END = 1 << 12

/** An open file, and what is known of it. */
export class FileChunks {
  readonly #descriptor: number
  readonly #size: number
  /** How many bytes were asked for so far. */
  #asked = 0
  #next: Promise<Buffer> | undefined
  #isClosed = false
  /** What changed while it was read, once all of it was. */
  change: string | undefined

  private constructor(descriptor: number, size: number) {
    this.#descriptor = descriptor
    this.#size = size
  }

  /** Opens a file. Undefined for what is no regular file or has no size, such as those that the system makes up. */
  static async open(path: string): Promise<FileChunks | undefined> {
    if (!(await stat(path)).isFile()) return undefined
    const descriptor = await open(path, 'r')
    const { size } = await fstat(descriptor)
    if (size > 0) return new FileChunks(descriptor, size)
    await close(descriptor)
    return undefined
  }

  /** Its bytes in chunks of at most `length`, read one ahead, and added to a count; `release` takes a chunk back. */
  async *read(length: number, taken: { bytes: number }): AsyncGenerator<Buffer> {
    let bytes = 0
    try {
      this.#next = this.#read(length)
      for (let chunk = await this.#next; chunk.length > 0; chunk = await this.#next) {
        bytes += chunk.length
        taken.bytes += chunk.length
        this.#next = this.#read(length)
        yield chunk
      }
      this.change = changeOf(this.#size, (await fstat(this.#descriptor)).size, bytes)
    } finally {
      this.close()
    }
  }

  /** Closes the file, once the read under way has ended; its bytes end there. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const closed = () => fs.close(this.#descriptor)
    ;(this.#next ?? Promise.resolve()).then(closed, closed)
  }

  #read(length: number): Promise<Buffer> {
    if (this.#isClosed) return Promise.resolve(Buffer.alloc(0))
    const room = Math.min(length, Math.max(this.#size - this.#asked, END))
    this.#asked += room
    const memory = acquireWhole(room)
    const chunk = new Promise<Buffer>((resolve, reject) => {
      fs.read(this.#descriptor, memory, 0, room, null, (error, count) => {
        if (error) return reject(error)
        // What holds nothing, or a part only, could not be given back as what it is.
        if (count === 0) recycle(memory)
        resolve(count === room ? memory : releasableOf(memory.subarray(0, count)))
      })
    })
    // A failure is thrown where the chunk is awaited.
    chunk.catch(() => {})
    return chunk
  }
}
