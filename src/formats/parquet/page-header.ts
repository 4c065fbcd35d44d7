/** The headers of pages. */
import { corrupt } from './corrupt.js'
import type { EncodedPage } from './page-encoder.js'
import { type Struct, ThriftReader } from './thrift.js'
import { type Fields, thriftStruct } from './thrift-writer.js'

export const PAGE = { data: 0, index: 1, dictionary: 2, dataV2: 3 } as const

/** What a page is, and what is in it. */
export interface PageHeader {
  kind: number
  /** Its bytes in the file, and those that they are without compression. */
  size: number
  uncompressedSize: number
  /** How many values it has, nulls and empty lists included. */
  count: number
  encoding: number
  /** The encodings of the levels of version 1. */
  definitionEncoding: number
  repetitionEncoding: number
  /** The bytes of the levels, which are separate and not compressed since version 2. */
  definitionSize: number
  repetitionSize: number
  compressed: boolean
  /** The CRC-32 of its bytes in the file, where the writer stored one. */
  checksum: number | undefined
}

/** The most values that a page is believed to have. */
const MOST = 2 ** 31 - 1

/** The header at the start of some bytes, and how many it has itself. Throws a RangeError where it has more than there are. */
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

/** A field that is a number from 0 to `most`; 0 where it is left out. */
function number(struct: Struct | undefined, id: number, most: number): number {
  const value = struct?.get(id) ?? 0
  if (typeof value === 'number' && value >= 0 && value <= most) return value
  throw corrupt('the header of a page is corrupt')
}

/** The bytes of a page that is written, behind its header, and those that they are without compression. */
interface Sizes {
  size: number
  uncompressedSize: number
}

/** The header of a dictionary of so many values. */
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

/** The header of a data page of version 2. */
export function dataHeader({ size, uncompressedSize }: Sizes, page: EncodedPage): Uint8Array {
  const own: Fields = [
    [1, page.count],
    [2, page.nulls],
    [3, page.rows],
    [4, page.encoding === 'PLAIN' ? PLAIN : RLE_DICTIONARY],
    [5, page.definition.length],
    [6, page.repetition.length],
    // True where it is left out.
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
