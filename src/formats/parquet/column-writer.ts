/**
 * Columns of a row group of Parquet, as they are written. A page of numbers is the array that they are in behind its
 * header and the levels of lists, which are the same in each: the library looks at every number four times, at a list as an
 * array a row. Texts, and numbers that repeat, are the library's: it puts them into a dictionary.
 *
 * Digits of a softmax have nothing in them that repeats, so whether snappy pays is tried with the first numbers.
 */
import type { Encoding, PageHeader, SchemaElement, Statistics } from 'hyparquet'
import type { ParquetWriter } from 'hyparquet-writer'
import type { Block } from '../columnar.js'
import { ARRAYS, type NumberArray, type NumberName } from './physical-types.js'

/** What makes the file, and what of the library makes pages. */
export interface Library {
  parquet: ParquetWriter
  writeColumn: typeof import('hyparquet-writer/src/column.js').writeColumn
  writePageHeader: typeof import('hyparquet-writer/src/datapage.js').writePageHeader
}

/** A column of a file: the path of elements that leads to its values, and the blocks of its rows in a row group. */
export interface Column {
  path: SchemaElement[]
  blocks: Block[]
  /** How many numbers a list has, where these are lists. */
  width: number
}

/** What was written of a column. */
type Written = ReturnType<Library['writeColumn']>
type PageLocation = NonNullable<Written['offsetIndex']>['page_locations'][number]

/** Writes the rows of a column. */
export function writeChunk(column: Column, library: Library): Written {
  const { path, blocks } = column
  const type = path.at(-1)!.type!
  const words = type === 'DOUBLE' || type === 'FLOAT' ? undefined : wordsOf(blocks)
  if (words) return writeWords(words, path, library)
  const isNumbers = type in ARRAYS && blocks.every(({ values }) => !Array.isArray(values) || !values.includes(null))
  return isNumbers ? writeNumbers(column, library) : writeValues(column, library)
}

/** As the library writes it. */
function writeValues({ path, blocks }: Column, { parquet, writeColumn }: Library): Written {
  const values = blocks.flatMap(({ values }) => Array.from(values as ArrayLike<unknown>))
  const isOptional = path.at(-1)!.repetition_type === 'OPTIONAL'
  return writeColumn({
    writer: parquet.writer,
    column: {
      columnName: path.at(-1)!.name,
      element: path.at(-1)!,
      schemaPath: path,
      codec: 'SNAPPY',
      compressors: { SNAPPY: parquet.compressors.SNAPPY },
      stats: true,
      pageSize: PAGE,
      columnIndex: false,
      offsetIndex: true,
    },
    pageData: {
      values,
      definitionLevels: isOptional ? values.map((value) => (value === null ? 0 : 1)) : [],
      repetitionLevels: [],
      maxDefinitionLevel: isOptional ? 1 : 0,
    },
  })
}

function writeNumbers(column: Column, library: Library): Written {
  const { path, blocks } = column
  const isList = path.length > 2
  const width = isList ? column.width : 1
  const numbers = joined(blocks, path.at(-1)!.type as NumberName)
  const pages = new Pages(path, library, bytesOf(numbers.subarray(0, SAMPLE)))
  const step = width * Math.max(1, Math.floor(PAGE / numbers.BYTES_PER_ELEMENT / width))
  for (let at = 0; at < numbers.length; at += step) {
    const some = numbers.subarray(at, at + step)
    const repeats = isList ? listLevels(some.length, width) : NONE
    pages.write(bytesOf(some), 'PLAIN', { values: some.length, rows: some.length / width, repeats })
  }
  return pages.end(statisticsOf(numbers))
}

/** A dictionary, and each value's place in it. */
function writeWords({ dictionary, places }: Words, path: SchemaElement[], library: Library): Written {
  const { type } = path.at(-1)!
  const width = Math.max(1, 32 - Math.clz32(dictionary.length - 1))
  const packed = packedBits(places, width)
  const pages = new Pages(path, library, packed.subarray(0, SAMPLE))
  const texts = dictionary.map((word) => Buffer.from(String(word)))
  const numbers = type! in ARRAYS ? new ARRAYS[type as NumberName](dictionary as never) : undefined
  pages.writeDictionary(numbers ? bytesOf(numbers) : Buffer.concat(texts.flatMap(withLength)), dictionary.length)
  pages.write(packed, 'RLE_DICTIONARY', { values: places.length, rows: places.length, repeats: NONE })
  if (numbers) return pages.end(statisticsOf(numbers))
  const inOrder = texts.sort(Buffer.compare).map(String)
  return pages.end({ min_value: inOrder[0]!, max_value: inOrder.at(-1)!, null_count: 0n })
}

function withLength(text: Buffer): Buffer[] {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  return [length, text]
}

/** Writes the pages of a column, none of whose values is missing. */
class Pages {
  readonly #path: SchemaElement[]
  readonly #library: Library
  readonly #start: number
  readonly #codec: 'SNAPPY' | 'UNCOMPRESSED'
  readonly #locations: PageLocation[] = []
  readonly #encodings = new Set<Encoding>(['RLE'])
  #dictionary: bigint | undefined
  #whole = 0
  #values = 0
  #rows = 0

  constructor(path: SchemaElement[], library: Library, sample: Uint8Array) {
    const { writer, compressors } = library.parquet
    this.#path = path
    this.#library = library
    this.#start = writer.offset
    this.#codec = compressors.SNAPPY(sample).length < 0.9 * sample.length ? 'SNAPPY' : 'UNCOMPRESSED'
  }

  write(bytes: Uint8Array, encoding: Encoding, { values, rows, repeats }: PageSize): void {
    const isPlain = this.#path.every(({ repetition_type: step = 'REQUIRED' }) => step === 'REQUIRED')
    const defined = isPlain ? NONE : sameLevels(values)
    const offset = this.#library.parquet.writer.offset
    const data_page_header_v2 = {
      num_values: values,
      num_nulls: 0,
      num_rows: rows,
      encoding,
      definition_levels_byte_length: defined.length,
      repetition_levels_byte_length: repeats.length,
      is_compressed: this.#codec === 'SNAPPY',
    }
    const compressed_page_size = this.#put(bytes, [repeats, defined], { type: 'DATA_PAGE_V2', data_page_header_v2 })
    this.#locations.push({ offset: BigInt(offset), compressed_page_size, first_row_index: BigInt(this.#rows) })
    this.#encodings.add(encoding)
    this.#values += values
    this.#rows += rows
  }

  writeDictionary(bytes: Uint8Array, count: number): void {
    this.#dictionary = BigInt(this.#library.parquet.writer.offset)
    this.#encodings.add('PLAIN')
    this.#put(bytes, [], { type: 'DICTIONARY_PAGE', dictionary_page_header: { num_values: count, encoding: 'PLAIN' } })
  }

  /** Writes a page: how many bytes it has. */
  #put(bytes: Uint8Array, levels: Uint8Array[], header: Omit<PageHeader, `${string}_page_size`>): number {
    const { writer, compressors } = this.#library.parquet
    const start = writer.offset
    const before = levels.reduce((sum, { length }) => sum + length, 0)
    const body = this.#codec === 'SNAPPY' ? compressors.SNAPPY(bytes) : bytes
    this.#library.writePageHeader(writer, {
      ...header,
      uncompressed_page_size: before + bytes.length,
      compressed_page_size: before + body.length,
    })
    this.#whole += writer.offset - start + before + bytes.length
    for (const part of [...levels, body]) writer.appendBytes(part)
    return writer.offset - start
  }

  end(statistics: Statistics): Written {
    const start = BigInt(this.#start)
    const meta_data = {
      type: this.#path.at(-1)!.type!,
      encodings: [...this.#encodings],
      path_in_schema: this.#path.slice(1).map(({ name }) => name),
      codec: this.#codec,
      num_values: BigInt(this.#values),
      total_compressed_size: BigInt(this.#library.parquet.writer.offset) - start,
      total_uncompressed_size: BigInt(this.#whole),
      data_page_offset: this.#locations[0]!.offset,
      ...(this.#dictionary !== undefined && { dictionary_page_offset: this.#dictionary }),
      statistics,
    }
    return { chunk: { meta_data, file_offset: start }, offsetIndex: { page_locations: this.#locations } }
  }
}

interface PageSize {
  values: number
  rows: number
  repeats: Uint8Array
}

/** How many bytes make a page; how many a sample, and how many values. */
const PAGE = 1 << 20
const SAMPLE = 1 << 13
const FEW = 1000
const MOST_WORDS = 1 << 16

/** Values as places in a dictionary. */
interface Words {
  dictionary: (string | number | bigint)[]
  places: Uint32Array
}

/** A dictionary of what repeats, where the first values do; undefined where some is missing or is no text or number. */
function wordsOf(blocks: Block[]): Words | undefined {
  if (!isRepeating(blocks[0]!.values)) return undefined
  const known = new Map<unknown, number>()
  const places = new Uint32Array(blocks.reduce((sum, { values }) => sum + values.length, 0))
  let at = 0
  for (const { values } of blocks) {
    for (const value of values) {
      let place = known.get(value)
      if (place === undefined) {
        if (!['string', 'number', 'bigint'].includes(typeof value) || known.size === MOST_WORDS) return undefined
        place = known.size
        known.set(value, place)
      }
      places[at++] = place
    }
  }
  return { dictionary: [...known.keys()] as Words['dictionary'], places }
}

function isRepeating(values: ArrayLike<unknown>): boolean {
  const some = Array.from({ length: Math.min(FEW, values.length) }, (_, index) => values[index])
  return new Set(some).size * 2 <= some.length
}

const NONE = new Uint8Array()

/** The level 1 as often as there are numbers: all are there. */
function sameLevels(count: number): Uint8Array {
  return Uint8Array.of(...varint(count * 2), 1)
}

/** A bit a number, which says that it is not the first of its list. */
function listLevels(count: number, width: number): Uint8Array {
  const eights = Math.ceil(count / 8)
  const header = varint(eights * 2 + 1)
  const levels = new Uint8Array(header.length + eights).fill(0xff)
  levels.set(header)
  for (let at = 0; at < count; at += width) levels[header.length + (at >> 3)]! &= ~(1 << (at & 7))
  return levels
}

function varint(number: number): number[] {
  return number < 128 ? [number] : [(number & 127) | 128, ...varint(number >>> 7)]
}

/** Numbers of so many bits, one after the other, behind how many bits these are. */
function packedBits(numbers: Uint32Array, width: number): Uint8Array {
  const eights = Math.ceil(numbers.length / 8)
  const header = [width, ...varint(eights * 2 + 1)]
  // The last may reach two bytes further.
  const bytes = new Uint8Array(header.length + eights * width + 2)
  bytes.set(header)
  for (let at = 0, bit = 8 * header.length; at < numbers.length; at++, bit += width) {
    const word = numbers[at]! << (bit & 7)
    bytes[bit >>> 3]! |= word
    bytes[(bit >>> 3) + 1]! |= word >>> 8
    bytes[(bit >>> 3) + 2]! |= word >>> 16
  }
  return bytes.subarray(0, -2)
}

function bytesOf({ buffer, byteOffset, byteLength }: NumberArray): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)
}

/** The numbers of all blocks, as the file has them. */
function joined(blocks: Block[], type: NumberName): NumberArray {
  const all = new ARRAYS[type](blocks.reduce((sum, { values }) => sum + values.length, 0))
  let at = 0
  for (const { values } of blocks) {
    all.set(values as never, at)
    at += values.length
  }
  return all
}

/** The least and the largest, without those that are none; of two zeros, the one that is further out. */
function statisticsOf(numbers: NumberArray) {
  if (numbers instanceof BigInt64Array) {
    let [min, max] = [numbers[0]!, numbers[0]!]
    for (const number of numbers) {
      if (number < min) min = number
      if (number > max) max = number
    }
    return { min_value: min, max_value: max, null_count: 0n }
  }
  const { min, max, nans } = rangeOf(numbers)
  const bounds = min <= max && { min_value: min === 0 ? -0 : min, max_value: max === 0 ? 0 : max }
  return { ...bounds, null_count: 0n, ...(!(numbers instanceof Int32Array) && { nan_count: BigInt(nans) }) }
}

function rangeOf(numbers: Exclude<NumberArray, BigInt64Array>): { min: number; max: number; nans: number } {
  let min = Infinity
  let max = -Infinity
  let nans = 0
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at]!
    if (number >= min && number <= max) continue
    if (Number.isNaN(number)) nans++
    else {
      min = Math.min(min, number)
      max = Math.max(max, number)
    }
  }
  return { min, max, nans }
}
