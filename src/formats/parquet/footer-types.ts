/**
 * The types of the footer, with the names and numbers of the specification
 * (https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift).
 */
import type { PHYSICAL_TYPES } from './values.js'

/** Names of enum values, by number. */
export const REPETITIONS = ['REQUIRED', 'OPTIONAL', 'REPEATED'] as const
export const CODECS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'] as const
export const CONVERTED_TYPES = [
  ...(['UTF8', 'MAP', 'MAP_KEY_VALUE', 'LIST', 'ENUM', 'DECIMAL', 'DATE', 'TIME_MILLIS', 'TIME_MICROS'] as const),
  ...(['TIMESTAMP_MILLIS', 'TIMESTAMP_MICROS', 'UINT_8', 'UINT_16', 'UINT_32', 'UINT_64'] as const),
  ...(['INT_8', 'INT_16', 'INT_32', 'INT_64', 'JSON', 'BSON', 'INTERVAL'] as const),
] as const
/** Numbered from 1; one number belongs to a type that was never specified. */
export const LOGICAL_TYPES = [
  ...(['', 'STRING', 'MAP', 'LIST', 'ENUM', 'DECIMAL', 'DATE', 'TIME', 'TIMESTAMP', '', 'INTEGER', 'NULL'] as const),
  ...(['JSON', 'BSON', 'UUID', 'FLOAT16', 'VARIANT', 'GEOMETRY', 'GEOGRAPHY'] as const),
] as const
/** Numbered from 1. */
export const UNITS = ['', 'MILLIS', 'MICROS', 'NANOS'] as const
export const ALGORITHMS = ['SPHERICAL', 'VINCENTY', 'THOMAS', 'ANDOYER', 'KARNEY'] as const

/** The number of a name. */
export function numberIn<Name extends string>(names: readonly Name[], name: Name | undefined): number | undefined {
  return name === undefined ? undefined : names.indexOf(name)
}

export type Unit = Exclude<(typeof UNITS)[number], ''>

type PlainType = Exclude<
  (typeof LOGICAL_TYPES)[number],
  '' | 'DECIMAL' | 'TIME' | 'TIMESTAMP' | 'INTEGER' | 'GEOMETRY' | 'GEOGRAPHY'
>

/** The meaning of a column. */
export type LogicalType =
  | { type: PlainType }
  | { type: 'DECIMAL'; scale: number; precision: number }
  | { type: 'TIME' | 'TIMESTAMP'; isAdjustedToUTC: boolean; unit: Unit }
  | { type: 'INTEGER'; bitWidth: number; isSigned: boolean }
  | { type: 'GEOMETRY'; crs?: string }
  | { type: 'GEOGRAPHY'; crs?: string; algorithm?: (typeof ALGORITHMS)[number] }

/** A group of the schema, or a leaf; groups have children and no type. */
export interface SchemaElement {
  name: string
  type?: (typeof PHYSICAL_TYPES)[number] | undefined
  /** The size of a FIXED_LEN_BYTE_ARRAY in bytes. */
  typeLength?: number | undefined
  /** Undefined only for the root. */
  repetition?: (typeof REPETITIONS)[number] | undefined
  childCount?: number | undefined
  convertedType?: (typeof CONVERTED_TYPES)[number] | undefined
  scale?: number | undefined
  precision?: number | undefined
  fieldId?: number | undefined
  logicalType?: LogicalType | undefined
}

/** The contents of a column chunk and its position in the file. */
export interface ChunkMetadata {
  type: SchemaElement['type']
  codec: string
  /** The number of values, including nulls and empty lists. */
  count: number
  /** In the file, in bytes. */
  size: number
  /** Of its decompressed pages, in bytes. */
  uncompressedSize: number
  dataOffset: number
  dictionaryOffset: number | undefined
}

/** A column chunk as the footer describes it. */
export interface ColumnChunk {
  /** The file with the column if it is another one. */
  path: string | undefined
  isEncrypted: boolean
  metadata: ChunkMetadata | undefined
}

/** The decoded footer; it may be corrupt. */
export interface FileMetadata {
  schema: SchemaElement[]
  rows: number
  groups: { rows: number; chunks: ColumnChunk[] }[]
  entries: ReadonlyMap<string, string>
  isEncrypted: boolean
}
