/** Lays out a file: row groups of encoded columns, followed by the footer. */

import type { EncodedChunk } from './chunk-writer.js'
import type { SchemaElement } from './footer-types.js'
import { footerBytes, type WrittenChunk, type WrittenGroup } from './footer-writer.js'
import type { EncodedPage } from './page-encoder.js'
import { dataHeader, dictionaryHeader } from './page-header.js'
import { type Fields, thriftStruct } from './thrift-writer.js'

const encodingOf = ({ encoding }: EncodedPage) => encoding

const MAGIC = Buffer.from('PAR1')

export class FileWriter {
  readonly #schema: SchemaElement[]
  readonly #leaves: Leaf[]
  readonly #groups: WrittenGroup[] = []
  /** The pages of each column chunk with more than one. */
  readonly #pages: { chunk: WrittenChunk; locations: PageLocation[] }[] = []
  #pieces: Uint8Array[] = []
  #offset = 0

  constructor(schema: SchemaElement[]) {
    this.#schema = schema
    this.#leaves = leavesOf(schema)
    this.#put(MAGIC)
  }

  /** The bytes written since the last call. */
  taken(): Uint8Array[] {
    const pieces = this.#pieces
    this.#pieces = []
    return pieces
  }

  /** Writes a row group; the chunks are in the order of the leaves. */
  write(rows: number, chunks: readonly EncodedChunk[]): void {
    const start = this.#offset
    const written = chunks.map((chunk, index) => this.#writeChunk(chunk, this.#leaves[index]!))
    this.#groups.push({ rows, chunks: written, size: this.#offset - start })
  }

  #writeChunk({ dictionary, pages, isCompressed, range }: EncodedChunk, { element, path }: Leaf): WrittenChunk {
    const start = this.#offset
    const dictionarySize = dictionary ? this.#writeDictionary(dictionary) : 0
    const dataOffset = this.#offset
    const { locations, uncompressedSize } = this.#writePages(pages)
    const chunk: WrittenChunk = {
      element,
      path,
      encodings: [...new Set(['RLE' as const, ...(dictionary ? ['PLAIN' as const] : []), ...pages.map(encodingOf)])],
      isCompressed,
      count: pages.reduce((sum, { count }) => sum + count, 0),
      size: this.#offset - start,
      uncompressedSize: dictionarySize + uncompressedSize,
      dataOffset,
      dictionaryOffset: dictionary && start,
      range,
    }
    if (locations.length > 1) this.#pages.push({ chunk, locations })
    return chunk
  }

  /** Writes a dictionary page; returns its uncompressed size. */
  #writeDictionary({ body, bodySize, count }: NonNullable<EncodedChunk['dictionary']>): number {
    const header = dictionaryHeader({ size: body.length, uncompressedSize: bodySize }, count)
    this.#put(header, body)
    return header.length + bodySize
  }

  #writePages(pages: readonly EncodedPage[]) {
    const locations: PageLocation[] = []
    let [uncompressedSize, row] = [0, 0]
    for (const page of pages) {
      const offset = this.#offset
      uncompressedSize += this.#writeData(page)
      locations.push({ offset, size: this.#offset - offset, row })
      row += page.rows
    }
    return { locations, uncompressedSize }
  }

  /** Writes a page; returns its uncompressed size. */
  #writeData(page: EncodedPage): number {
    const { repetition, definition, body, bodySize } = page
    const levels = repetition.length + definition.length
    const uncompressedSize = levels + bodySize
    const header = dataHeader({ size: levels + body.length, uncompressedSize }, page)
    this.#put(header, repetition, definition, body)
    return header.length + uncompressedSize
  }

  #put(...pieces: Uint8Array[]): void {
    this.#pieces.push(...pieces)
    for (const { length } of pieces) this.#offset += length
  }

  /** Writes the offset index of a column chunk, for readers that skip to some rows. */
  #writeIndex(chunk: WrittenChunk, locations: readonly PageLocation[]): void {
    const list = locations.map(
      ({ offset, size, row }): Fields => [
        [1, BigInt(offset)],
        [2, size],
        [3, BigInt(row)],
      ],
    )
    const index = thriftStruct([[1, { list }]])
    chunk.index = { offset: this.#offset, size: index.length }
    this.#put(index)
  }

  /** Writes the footer. */
  end(metadata: ReadonlyMap<string, string>): void {
    for (const { chunk, locations } of this.#pages) this.#writeIndex(chunk, locations)
    const footer = footerBytes({ schema: this.#schema, groups: this.#groups, metadata })
    const size = Buffer.alloc(4)
    size.writeUInt32LE(footer.length)
    this.#put(footer, size, MAGIC)
  }
}

/** The offset of a page, its size including the header, and the index of its first row in the row group. */
interface PageLocation {
  offset: number
  size: number
  row: number
}

/** A leaf of the schema, and its path. */
interface Leaf {
  element: SchemaElement
  path: string[]
}

function leavesOf(elements: readonly SchemaElement[]): Leaf[] {
  const found: Leaf[] = []
  let next = 1
  const visit = (path: string[]) => {
    const element = elements[next++]!
    const own = [...path, element.name]
    if (!element.childCount) found.push({ element, path: own })
    else for (let child = 0; child < element.childCount; child++) visit(own)
  }
  while (next < elements.length) visit([])
  return found
}
