/** The layout of a file: row groups of encoded columns one after the other, and the footer behind them. */
import type { ColumnChunk, RowGroup, SchemaElement } from 'hyparquet'
import { optionalDependency } from '../../io/optional-dependency.js'
import type { EncodedChunk } from './chunk-writer.js'
import type { EncodedPage } from './page-encoder.js'
import { dataHeader, dictionaryHeader } from './page-header.js'
import { statisticsOf } from './statistics.js'
import { type Fields, thriftStruct } from './thrift.js'

/** What writes the footer, and no more of the library: the rest takes 10 ms to load. */
export async function loadLibrary() {
  return optionalDependency('parquet', 'hyparquet hyparquet-writer', async () => ({
    ...(await import('hyparquet-writer/src/bytewriter.js')),
    ...(await import('hyparquet-writer/src/metadata.js')),
  }))
}

type Library = Awaited<ReturnType<typeof loadLibrary>>

const MAGIC = Buffer.from('PAR1')

export class FileWriter {
  readonly #library: Library
  readonly #schema: SchemaElement[]
  readonly #leaves: Leaf[]
  readonly #groups: RowGroup[] = []
  /** The pages of each column chunk that has several. */
  readonly #pages: { chunk: ColumnChunk; locations: PageLocation[] }[] = []
  #pieces: Uint8Array[] = []
  #offset = 0

  constructor(schema: SchemaElement[], library: Library) {
    this.#library = library
    this.#schema = schema
    this.#leaves = leavesOf(schema)
    this.#put(MAGIC)
  }

  /** What was written since it was last asked for. */
  taken(): Uint8Array[] {
    const pieces = this.#pieces
    this.#pieces = []
    return pieces
  }

  /** Writes a row group; the chunks are those of the leaves, in order. */
  write(rows: number, chunks: readonly EncodedChunk[]): void {
    const start = this.#offset
    const columns = chunks.map((chunk, index) => this.#writeChunk(chunk, this.#leaves[index]!))
    this.#groups.push({
      columns,
      num_rows: BigInt(rows),
      total_byte_size: columns.reduce((sum, { meta_data: meta }) => sum + meta!.total_uncompressed_size, 0n),
      total_compressed_size: BigInt(this.#offset - start),
    })
  }

  #writeChunk(
    { dictionary, pages, isCompressed, range }: EncodedChunk,
    { element, path, isUnique }: Leaf,
  ): ColumnChunk {
    const start = this.#offset
    const { writer: sizes, locations } = { writer: { uncompressed: 0 }, locations: [] as PageLocation[] }
    if (dictionary) {
      const { body, bodySize, count } = dictionary
      const header = dictionaryHeader({ size: body.length, uncompressedSize: bodySize }, count)
      this.#put(header, body)
      sizes.uncompressed += header.length + bodySize
    }
    const dataOffset = this.#offset
    let row = 0
    for (const page of pages) {
      const offset = this.#offset
      sizes.uncompressed += this.#writeData(page)
      locations.push({ offset, size: this.#offset - offset, row })
      row += page.rows
    }
    const encodings = new Set([
      'RLE' as const,
      ...(dictionary ? ['PLAIN' as const] : []),
      ...pages.map((page) => page.encoding),
    ])
    const chunk: ColumnChunk = {
      file_offset: 0n,
      meta_data: {
        type: element.type!,
        encodings: [...encodings],
        path_in_schema: path,
        codec: isCompressed ? 'SNAPPY' : 'UNCOMPRESSED',
        num_values: BigInt(pages.reduce((sum, { count }) => sum + count, 0)),
        total_uncompressed_size: BigInt(sizes.uncompressed),
        total_compressed_size: BigInt(this.#offset - start),
        data_page_offset: BigInt(dataOffset),
        ...(dictionary && { dictionary_page_offset: BigInt(start) }),
        // The library finds the type of a bound by the path of its column.
        ...(isUnique && { statistics: statisticsOf(range) }),
      },
    }
    if (locations.length > 1) this.#pages.push({ chunk, locations })
    return chunk
  }

  /** Writes a page: how many bytes it has without compression. */
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

  /** Where the pages of a column chunk are, for readers that look for some rows only. */
  #writeIndex(chunk: ColumnChunk, locations: readonly PageLocation[]): void {
    const list = locations.map(
      ({ offset, size, row }): Fields => [
        [1, BigInt(offset)],
        [2, size],
        [3, BigInt(row)],
      ],
    )
    const index = thriftStruct([[1, { list }]])
    chunk.offset_index_offset = BigInt(this.#offset)
    chunk.offset_index_length = index.length
    this.#put(index)
  }

  /** Writes the footer. */
  end(metadata: ReadonlyMap<string, string>): void {
    const { ByteWriter, writeMetadata } = this.#library
    for (const { chunk, locations } of this.#pages) this.#writeIndex(chunk, locations)
    const writer = new ByteWriter()
    writer.offset = this.#offset
    writeMetadata(writer, {
      version: 2,
      created_by: 'softmax-stream',
      schema: this.#schema,
      num_rows: this.#groups.reduce((sum, { num_rows: rows }) => sum + rows, 0n),
      row_groups: this.#groups,
      key_value_metadata: [...metadata].map(([key, value]) => ({ key, value })),
      metadata_length: 0,
    })
    this.#put(writer.getBytes(), MAGIC)
  }
}

/** A page: where it begins in the file, its bytes with its header, and the row of its row group that it begins with. */
interface PageLocation {
  offset: number
  size: number
  row: number
}

/** A leaf of the schema, the names that lead to it, and whether no other has the same. */
interface Leaf {
  element: SchemaElement
  path: string[]
  isUnique: boolean
}

function leavesOf(elements: readonly SchemaElement[]): Leaf[] {
  const found: { element: SchemaElement; path: string[] }[] = []
  let next = 1
  const visit = (path: string[]) => {
    const element = elements[next++]!
    const own = [...path, element.name]
    if (!element.num_children) found.push({ element, path: own })
    else for (let child = 0; child < element.num_children; child++) visit(own)
  }
  while (next < elements.length) visit([])
  const counts = new Map<string, number>()
  for (const { path } of found) counts.set(path.join('\0'), (counts.get(path.join('\0')) ?? 0) + 1)
  return found.map((leaf) => ({ ...leaf, isUnique: counts.get(leaf.path.join('\0')) === 1 }))
}
