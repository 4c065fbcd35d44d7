/** Page headers. */
import { corrupt } from './corrupt.js'
import type { EncodedPage } from './page-encoder.js'
import { type Struct, ThriftReader } from './thrift.js'
import { type Fields, thriftStruct } from './thrift-writer.js'

export const PAGE = { data: 0, index: 1, dictionary: 2, dataV2: 3 } as const

/** A page header. */
export interface PageHeader {
  kind: number
  /** The size in the file, and uncompressed. */
  size: number
  uncompressedSize: number
  /** The number of values, including nulls and empty lists. */
  count: number
  encoding: number
  /** The encodings of version 1 levels. */
  definitionEncoding: number
  repetitionEncoding: number
  /** The size of the levels, which are separate and uncompressed in version 2. */
  definitionSize: number
  repetitionSize: number
  compressed: boolean
  /** The CRC-32 of the page's bytes in the file, if the writer stored it. */
  checksum: number | undefined
}

/** The maximum plausible number of values in a page. */
const MOST = 2 ** 31 - 1

/** Decodes the header at the start of some bytes; returns it with its size. Throws a RangeError if it is incomplete. */
export function readPageHeader(bytes: Uint8Array): { header: PageHeader; length: number } {
  const reader = new ThriftReader(bytes)
  return { header: headerOf(reader.struct()), length: reader.at }
}

function headerOf(fields: Struct): PageHeader {
  const kind = number(fields, 1, 3)
  const size = number(fields, 3, 2 ** 31)
  const isV2 = kind === PAGE.dataV2
  const rest = fields.get(isV2 ? 8 : kind === PAGE.dictionary ? 7 : kind === PAGE.data ? 5 : 6)
  const own = rest instanceof Map ? rest : undefined
  if (!own && kind !== PAGE.index) throw corrupt('the header of a page is corrupt')
  const checksum = fields.get(4)
  const repetitionSize = isV2 ? number(own, 6, size) : 0
  return {
    kind,
    size,
    uncompressedSize: number(fields, 2, 2 ** 31),
    count: number(own, 1, MOST),
    encoding: number(own, isV2 ? 4 : 2, 64),
    definitionEncoding: kind === PAGE.data ? number(own, 3, 64) : RLE,
    repetitionEncoding: kind === PAGE.data ? number(own, 4, 64) : RLE,
    definitionSize: isV2 ? number(own, 5, size - repetitionSize) : 0,
    repetitionSize,
    compressed: !(isV2 && own?.get(7) === false),
    checksum: typeof checksum === 'number' ? checksum : undefined,
  }
}

const RLE = 3

/** A numeric field between 0 and `most`; 0 if absent. */
function number(struct: Struct | undefined, id: number, most: number): number {
  const value = struct?.get(id) ?? 0
  if (typeof value === 'number' && value >= 0 && value <= most) return value
  throw corrupt('the header of a page is corrupt')
}

/** The size of a page to write, and its uncompressed size. */
interface Sizes {
  size: number
  uncompressedSize: number
}

/** The header of a dictionary page with `count` values. */
export function dictionaryHeader({ size, uncompressedSize }: Sizes, count: number): Uint8Array {
  const own: Fields = [
    [1, count],
    [2, PLAIN],
  ]
  return thriftStruct([
    [1, PAGE.dictionary],
    [2, uncompressedSize],
    [3, size],
    [7, own],
  ])
}

/** The header of a version 2 data page. */
export function dataHeader({ size, uncompressedSize }: Sizes, page: EncodedPage): Uint8Array {
  const own: Fields = [
    [1, page.count],
    [2, page.nulls],
    [3, page.rows],
    [4, page.encoding === 'PLAIN' ? PLAIN : RLE_DICTIONARY],
    [5, page.definition.length],
    [6, page.repetition.length],
    // Compressed is the default.
    ...(page.isCompressed ? [] : ([[7, false]] as const)),
  ]
  return thriftStruct([
    [1, PAGE.dataV2],
    [2, uncompressedSize],
    [3, size],
    [8, own],
  ])
}

const PLAIN = 0
const RLE_DICTIONARY = 8
