/** Reads the pages of a column chunk in order; their levels and values are decoded on demand. */
import { crc32 } from 'node:zlib'
import { acquire, acquireCopy, recycle } from '../../io/buffer-pool.js'
import type { FileBytes } from '../../io/file-bytes.js'
import { FileWindow } from '../../io/file-window.js'
import type { Decompress } from './codecs.js'
import { corrupt } from './corrupt.js'
import { type PageValues, valueReader } from './encodings.js'
import { type LevelReader, levelReader, levelsBefore, NO_LEVELS } from './levels.js'
import { PAGE, type PageHeader, readPageHeader } from './page-header.js'
import { plainReader } from './plain.js'
import type { PhysicalType, Values } from './values.js'

/** The position of a column chunk in its file, and its contents. */
export interface ColumnChunk {
  type: PhysicalType
  /** The maximum levels of its values. */
  maxDefinition: number
  maxRepetition: number
  start: number
  end: number
  /** The number of values, including nulls and empty lists. */
  values: number
  decompress: Decompress
  /** The read size, in bytes. */
  window: number
}

/** A data page: its number of values, and readers for them. */
export interface Page {
  count: number
  repetition: LevelReader
  definition: LevelReader
  values: PageValues
}

/** Reads the data pages of a column chunk. */
export class PageReader {
  readonly #file: FileWindow
  readonly #chunk: ColumnChunk
  #at: number
  #values = 0
  #dictionary: Values | undefined
  /** The decompressed memory of finished pages and of joined values, and that of the last page. */
  #spent: Uint8Array[] = []
  #body: Uint8Array | undefined
  #dictionaryBody: Uint8Array | undefined
  /** Whether a page was a view of the read window, of which values may still be in use. */
  #isViewed = false

  /** Allocates memory that is valid until {@link recycle}. */
  readonly room = (bytes: number): Buffer => {
    const memory = acquire(bytes)
    this.#spent.push(memory)
    return memory
  }

  constructor(file: FileBytes, chunk: ColumnChunk) {
    this.#file = new FileWindow(file, chunk.start, chunk.end, chunk.window)
    this.#chunk = chunk
    this.#at = chunk.start
  }

  /** The next nonempty page; undefined at the end. */
  async next(): Promise<Page | undefined> {
    while (this.#at < this.#chunk.end) {
      const { header, bytes } = await this.#read()
      if (header.kind === PAGE.dictionary) this.#dictionary = this.#readDictionary(header, bytes)
      if (header.kind !== PAGE.data && header.kind !== PAGE.dataV2) continue
      this.#values += header.count
      if (this.#values > this.#chunk.values) throw this.#miscounted()
      if (header.count > 0) return this.#readData(header, bytes)
    }
    if (this.#values !== this.#chunk.values) throw this.#miscounted()
    return undefined
  }

  /** Recycles the memory of finished pages, whose values must no longer be used. */
  recycle(): void {
    for (const body of this.#spent.splice(0)) recycle(body)
    this.#file.recycle()
  }

  /** Recycles all memory. */
  close(): void {
    for (const body of [this.#body, this.#dictionaryBody]) if (body) this.#spent.push(body)
    this.#body = undefined
    this.recycle()
    this.#file.close()
  }

  #uncompress(bytes: Uint8Array, size: number): Uint8Array {
    const body = this.#chunk.decompress(bytes, size)
    if (this.#body) this.#spent.push(this.#body)
    // An uncompressed page is a view of the read window.
    this.#body = body.buffer === bytes.buffer ? undefined : body
    return body
  }

  #miscounted() {
    return corrupt(`the pages of a column have ${this.#values} values where its footer counts ${this.#chunk.values}`)
  }

  async #read(): Promise<{ header: PageHeader; bytes: Buffer }> {
    const { header, end } = await this.#readHeader()
    if (header.size > this.#chunk.end - end) throw corrupt('a page is larger than its column')
    const bytes = await this.#file.read(end, header.size)
    if (bytes.length < header.size) throw corrupt('a page is truncated')
    // The checksum is stored as a signed number; zlib's is unsigned.
    if (header.checksum !== undefined && header.checksum !== (crc32(bytes) | 0)) throw corrupt(OTHER_CHECKSUM)
    this.#at = end + header.size
    return { header, bytes }
  }

  /** The end of a header is known only after decoding it, and its statistics may have any length. */
  async #readHeader(): Promise<{ header: PageHeader; end: number }> {
    const left = this.#chunk.end - this.#at
    for (let size = HEADER; ; size *= 8) {
      const bytes = await this.#file.read(this.#at, Math.min(size, left))
      try {
        const { header, length } = readPageHeader(bytes)
        return { header, end: this.#at + length }
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        if (size >= left) throw corrupt('the header of a page is corrupt', error)
      }
    }
  }

  #readDictionary({ count, uncompressedSize }: PageHeader, bytes: Buffer): Values {
    const { type, decompress } = this.#chunk
    const uncompressed = decompress(bytes, uncompressedSize)
    // An uncompressed page is a view of the read window, which is reused long before the dictionary is done with.
    const body = uncompressed.buffer === bytes.buffer ? acquireCopy(uncompressed) : uncompressed
    this.#dictionaryBody = body
    if (type.name !== 'BYTE_ARRAY' || count * 4 <= body.length) return plainReader(type, body).take(count)
    throw corrupt('the dictionary of a column is truncated')
  }

  #readData(header: PageHeader, bytes: Buffer): Page {
    const { type, maxRepetition, maxDefinition } = this.#chunk
    const { count, uncompressedSize, compressed, repetitionSize, definitionSize } = header
    const levelSize = repetitionSize + definitionSize
    if (levelSize > uncompressedSize) throw corrupt('the header of a page is corrupt')
    const rest = bytes.subarray(levelSize)
    const body = compressed ? this.#uncompress(rest, uncompressedSize - levelSize) : rest
    this.#isViewed ||= body.buffer === bytes.buffer
    // With many columns, whose windows are smaller than a page, one buffer is enough for the compressed pages of all.
    const isPassed = !this.#isViewed && header.size >= this.#chunk.window
    const before = isPassed ? Buffer.from(bytes.subarray(0, levelSize)) : bytes
    if (isPassed) this.#file.passTo(this.#at)
    const values = (from: Uint8Array) => valueReader(header.encoding, type, from, this.#dictionary, this.room)
    if (header.kind === PAGE.dataV2) {
      const repetition = before.subarray(0, repetitionSize)
      const definition = before.subarray(repetitionSize, levelSize)
      return {
        count,
        repetition: maxRepetition === 0 ? NO_LEVELS : levelReader(repetition, maxRepetition),
        definition: maxDefinition === 0 ? NO_LEVELS : levelReader(definition, maxDefinition),
        values: values(body),
      }
    }
    const repetition = levelsBefore(body, maxRepetition, header.repetitionEncoding, count)
    const definition = levelsBefore(repetition.rest, maxDefinition, header.definitionEncoding, count)
    return { count, repetition: repetition.levels, definition: definition.levels, values: values(definition.rest) }
  }
}

const OTHER_CHECKSUM = 'the checksum of a page does not match its bytes'

/** The usual maximum size of a header. */
const HEADER = 256
