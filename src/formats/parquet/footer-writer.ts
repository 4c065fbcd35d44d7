/**
 * Writes the footer. Field numbers and enum values are those of the specification
 * (https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift).
 */
import type { LogicalType, SchemaElement } from 'hyparquet'
import { type Range, statisticsFields } from './statistics.js'
import { type Fields, thriftStruct } from './thrift-writer.js'

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
const CODECS = { uncompressed: 0, snappy: 1 } as const
const TYPES = ['BOOLEAN', 'INT32', 'INT64', 'INT96', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY']
const REPETITIONS = ['REQUIRED', 'OPTIONAL', 'REPEATED']
const CONVERTED_TYPES = [
  ...['UTF8', 'MAP', 'MAP_KEY_VALUE', 'LIST', 'ENUM', 'DECIMAL', 'DATE', 'TIME_MILLIS', 'TIME_MICROS'],
  ...['TIMESTAMP_MILLIS', 'TIMESTAMP_MICROS', 'UINT_8', 'UINT_16', 'UINT_32', 'UINT_64'],
  ...['INT_8', 'INT_16', 'INT_32', 'INT_64', 'JSON', 'BSON', 'INTERVAL'],
]
/** Numbered from 1; one number belongs to a type that was never specified. */
const LOGICAL_TYPES = [
  ...['', 'STRING', 'MAP', 'LIST', 'ENUM', 'DECIMAL', 'DATE', 'TIME', 'TIMESTAMP', '', 'INTEGER', 'NULL'],
  ...['JSON', 'BSON', 'UUID', 'FLOAT16', 'VARIANT', 'GEOMETRY', 'GEOGRAPHY'],
]
const UNITS = ['', 'MILLIS', 'MICROS', 'NANOS']
const ALGORITHMS = ['SPHERICAL', 'VINCENTY', 'THOMAS', 'ANDOYER', 'KARNEY']
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
    [1, numberIn(TYPES, element.type)],
    [2, element.type_length],
    [3, numberIn(REPETITIONS, element.repetition_type)],
    [4, element.name],
    [5, element.num_children],
    [6, numberIn(CONVERTED_TYPES, element.converted_type)],
    [7, element.scale],
    [8, element.precision],
    [
      10,
      element.logical_type && [[numberIn(LOGICAL_TYPES, element.logical_type.type)!, parameters(element.logical_type)]],
    ],
  ]
}

function numberIn(names: readonly string[], name: string | undefined): number | undefined {
  return name === undefined ? undefined : names.indexOf(name)
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
    [1, numberIn(TYPES, element.type)],
    [2, { list: chunk.encodings.map((encoding) => ENCODINGS[encoding]) }],
    [3, { list: chunk.path }],
    [4, chunk.isCompressed ? CODECS.snappy : CODECS.uncompressed],
    [5, BigInt(chunk.count)],
    [6, BigInt(chunk.uncompressedSize)],
    [7, BigInt(chunk.size)],
    [9, BigInt(chunk.dataOffset)],
    [11, dictionaryOffset === undefined ? undefined : BigInt(dictionaryOffset)],
    [12, statisticsFields(chunk.range, element)],
  ]
}
