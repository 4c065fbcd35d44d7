/** The pages of a column chunk, one after the other: their levels and values, of which nothing is decoded before it is read. */
import { crc32 } from 'node:zlib'
import { acquire, acquireCopy, recycle } from '../../io/buffer-pool.js'
import { FileWindow } from '../../io/file-window.js'
import type { FileBytes } from '../../io/temp-file.js'
import type { Decompress } from './codecs.js'
import { corrupt } from './corrupt.js'
import { type PageValues, valueReader } from './encodings.js'
import { type LevelReader, levelReader, levelsBefore, NO_LEVELS } from './levels.js'
import { PAGE, type PageHeader, readPageHeader } from './page-header.js'
import { plainReader } from './plain.js'
import type { PhysicalType, Values } from './values.js'

/** Where a column chunk lies in its file, and what is in it. */
export interface ColumnChunk {
  type: PhysicalType
  /** The highest levels of its values. */
  maxDefinition: number
  maxRepetition: number
  start: number
  end: number
  /** How many values it has, nulls and empty lists included. */
  values: number
  decompress: Decompress
  /** How many bytes are read at once. */
  window: number
}

/** A data page: so many values, and readers of them. */
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
  /** What was uncompressed of pages that are done, or joined, and of the last one. */
  #spent: Uint8Array[] = []
  #body: Uint8Array | undefined
  #dictionaryBody: Uint8Array | undefined

  /** Memory that is good until {@link recycle}. */
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

  /** The next page that has values; undefined at the end. */
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

  /** Gives back the memory of pages that are done: their values must not be used any longer. */
  recycle(): void {
    for (const body of this.#spent.splice(0)) recycle(body)
    this.#file.recycle()
  }

  /** Lets go of that memory, where what was read is used for longer. */
  forget(): void {
    this.#spent = []
    this.#file.forget()
  }

  /** Gives back all memory. */
  close(): void {
    for (const body of [this.#body, this.#dictionaryBody]) if (body) this.#spent.push(body)
    this.#body = undefined
    this.recycle()
    this.#file.close()
  }

  #uncompress(bytes: Uint8Array, size: number): Uint8Array {
    const body = this.#chunk.decompress(bytes, size)
    if (this.#body) this.#spent.push(this.#body)
    // What was not compressed is a part of the window.
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
    // The checksum is stored as a signed number, and zlib's is unsigned.
    if (header.checksum !== undefined && header.checksum !== (crc32(bytes) | 0)) throw corrupt(OTHER_CHECKSUM)
    this.#at = end + header.size
    return { header, bytes }
  }

  /** A header says itself where it ends, and may have statistics of any length in it. */
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
    // What was not compressed is a part of the window, whose memory is used again long before the dictionary is done with.
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
    const values = (from: Uint8Array) => valueReader(header.encoding, type, from, this.#dictionary, this.room)
    if (header.kind === PAGE.dataV2) {
      const repetition = bytes.subarray(0, repetitionSize)
      const definition = bytes.subarray(repetitionSize, levelSize)
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

const OTHER_CHECKSUM = 'the checksum of a page is not that of its bytes'

/** How many bytes a header has as a rule. */
const HEADER = 256
