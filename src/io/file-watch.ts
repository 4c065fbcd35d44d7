/** Whether a file changed while it was read. */
import { fstatSync, type ReadStream } from 'node:fs'
import type { Readable } from 'node:stream'

/** Says what changed, from the size of a file at the start, at its end, and the bytes that were read; or undefined. */
export function changeOf(before: number | undefined, now: number | undefined, read: number): string | undefined {
  if (before === now && (now === undefined || read === now)) return undefined
  return `it changed while it was read, from ${before} to ${now} bytes, of which ${read} were found`
}

/** Watches a stream that may be of a file: whether the file is as long at its end as it was when it was opened. */
export class FileWatch {
  /** What changed, once the stream has ended. */
  change: string | undefined
  #descriptor: number | undefined
  #size: number | undefined

  /** `given`: the stream was open before, and may begin anywhere in its file. */
  constructor(stream: Readable, given: boolean) {
    const { fd } = stream as { fd?: unknown }
    if (typeof fd === 'number') this.#open(fd)
    stream.once('open', (fd: number) => this.#open(fd))
    stream.once('end', () => this.#compare(stream as ReadStream, given))
  }

  #open(descriptor: number): void {
    this.#descriptor = descriptor
    this.#size = fileSize(descriptor)
  }

  #compare({ bytesRead }: ReadStream, given: boolean): void {
    if (this.#descriptor === undefined) return
    const now = fileSize(this.#descriptor)
    // A file that the system generates has no size.
    this.change = changeOf(this.#size, now, given || this.#size === 0 ? (now ?? 0) : bytesRead)
  }
}

/** The size of an open file; undefined for what has none. */
function fileSize(descriptor: number): number | undefined {
  const file = fstatSync(descriptor)
  return file.isFile() ? file.size : undefined
}
