/** Encodes the footer; field numbers are those of the specification. */
import {
  ALGORITHMS,
  CODECS,
  CONVERTED_TYPES,
  LOGICAL_TYPES,
  type LogicalType,
  numberIn,
  REPETITIONS,
  type SchemaElement,
  UNITS,
} from './footer-types.js'
import { type Range, statisticsFields } from './statistics.js'
import { type Fields, thriftStruct } from './thrift-writer.js'
import { PHYSICAL_TYPES } from './values.js'

/** The contents of a footer. */
interface WrittenFile {
  schema: readonly SchemaElement[]
  groups: readonly WrittenGroup[]
  metadata: ReadonlyMap<string, string>
}

export interface WrittenGroup {
  rows: number
  chunks: readonly WrittenChunk[]
  /** The size in the file, in bytes. */
  size: number
}

/** A column chunk: its position and contents. */
export interface WrittenChunk {
  element: SchemaElement
  /** The path of its leaf. */
  path: readonly string[]
  encodings: readonly Encoding[]
  isCompressed: boolean
  /** The number of values, including nulls and empty lists. */
  count: number
  /** Its size in the file, and uncompressed. */
  size: number
  uncompressedSize: number
  dataOffset: number
  dictionaryOffset: number | undefined
  range: Range
  /** The position of its offset index, if it has one. */
  index?: { offset: number; size: number }
}

export type Encoding = 'PLAIN' | 'RLE' | 'RLE_DICTIONARY'

const VERSION = 2
const ENCODINGS: Readonly<Record<Encoding, number>> = { PLAIN: 0, RLE: 3, RLE_DICTIONARY: 8 }
/** Statistics use the order defined by each type. */
const TYPE_ORDER: Fields = [[1, []]]

export function footerBytes({ schema, groups, metadata }: WrittenFile): Uint8Array {
  return thriftStruct([
    [1, VERSION],
    [2, { list: schema.map(elementFields) }],
    [3, BigInt(groups.reduce((sum, { rows }) => sum + rows, 0))],
    [4, { list: groups.map(groupFields) }],
    [5, { list: Array.from(metadata, entryFields) }],
    [6, 'softmax-stream'],
    [7, { list: schema.filter(({ type }) => type).map(() => TYPE_ORDER) }],
  ])
}

function entryFields([key, value]: readonly [string, string]): Fields {
  return [
    [1, key],
    [2, value],
  ]
}

function elementFields(element: SchemaElement): Fields {
  return [
    [1, numberIn(PHYSICAL_TYPES, element.type)],
    [2, element.typeLength],
    [3, numberIn(REPETITIONS, element.repetition)],
    [4, element.name],
    [5, element.childCount],
    [6, numberIn(CONVERTED_TYPES, element.convertedType)],
    [7, element.scale],
    [8, element.precision],
    [9, element.fieldId],
    [
      10,
      element.logicalType && [[numberIn(LOGICAL_TYPES, element.logicalType.type)!, parameters(element.logicalType)]],
    ],
  ]
}

function parameters(logical: LogicalType): Fields {
  switch (logical.type) {
    case 'DECIMAL':
      return [
        [1, logical.scale],
        [2, logical.precision],
      ]
    case 'TIME':
    case 'TIMESTAMP':
      return [
        [1, logical.isAdjustedToUTC],
        [2, [[UNITS.indexOf(logical.unit), []]]],
      ]
    case 'GEOMETRY':
      return [[1, logical.crs]]
    case 'GEOGRAPHY':
      return [
        [1, logical.crs],
        [2, numberIn(ALGORITHMS, logical.algorithm)],
      ]
    default:
      return []
  }
}

function groupFields({ rows, chunks, size }: WrittenGroup): Fields {
  return [
    [1, { list: chunks.map(chunkFields) }],
    [2, BigInt(chunks.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0))],
    [3, BigInt(rows)],
    [6, BigInt(size)],
  ]
}

function chunkFields(chunk: WrittenChunk): Fields {
  return [
    [2, 0n],
    [3, dataFields(chunk)],
    [4, chunk.index && BigInt(chunk.index.offset)],
    [5, chunk.index?.size],
  ]
}

function dataFields(chunk: WrittenChunk): Fields {
  const { element, dictionaryOffset } = chunk
  return [
    [1, numberIn(PHYSICAL_TYPES, element.type)],
    [2, { list: chunk.encodings.map((encoding) => ENCODINGS[encoding]) }],
    [3, { list: chunk.path }],
    [4, numberIn(CODECS, chunk.isCompressed ? 'SNAPPY' : 'UNCOMPRESSED')],
    [5, BigInt(chunk.count)],
    [6, BigInt(chunk.uncompressedSize)],
    [7, BigInt(chunk.size)],
    [9, BigInt(chunk.dataOffset)],
    [11, dictionaryOffset === undefined ? undefined : BigInt(dictionaryOffset)],
    [12, statisticsFields(chunk.range, element)],
  ]
}
