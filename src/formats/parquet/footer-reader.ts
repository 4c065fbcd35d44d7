/** Decodes the footer; field numbers are those of the specification. Absent fields and those of another type are undefined. */

import {
  ALGORITHMS,
  type ChunkMetadata,
  CODECS,
  CONVERTED_TYPES,
  type ColumnChunk,
  type FileMetadata,
  LOGICAL_TYPES,
  type LogicalType,
  REPETITIONS,
  type SchemaElement,
  UNITS,
} from './footer-types.js'
import { integerAt, isTrueAt, type Struct, structAt, structsAt, ThriftReader, textAt } from './thrift.js'
import { PHYSICAL_TYPES } from './values.js'

export function decodeFooter(bytes: Uint8Array): FileMetadata {
  const footer = new ThriftReader(bytes).struct()
  return {
    schema: structsAt(footer, 2).map(elementOf),
    rows: integerAt(footer, 3) ?? 0,
    groups: structsAt(footer, 4).map((group) => ({
      rows: integerAt(group, 3) ?? 0,
      chunks: structsAt(group, 1).map(chunkOf),
    })),
    entries: new Map(structsAt(footer, 5).map((entry) => [textAt(entry, 1) ?? '', textAt(entry, 2) ?? ''])),
    isEncrypted: footer.has(8),
  }
}

function elementOf(element: Struct): SchemaElement {
  const name = textAt(element, 4)
  if (name === undefined) throw new RangeError('an element of the schema has no name')
  return {
    type: nameAt(element, 1, PHYSICAL_TYPES),
    typeLength: integerAt(element, 2),
    repetition: nameAt(element, 3, REPETITIONS),
    name,
    childCount: integerAt(element, 5),
    convertedType: nameAt(element, 6, CONVERTED_TYPES),
    scale: integerAt(element, 7),
    precision: integerAt(element, 8),
    fieldId: integerAt(element, 9),
    logicalType: logicalTypeOf(structAt(element, 10)),
  }
}

/** A union: a struct with one field, whose number is the type; undefined for types of later versions. */
function logicalTypeOf(union: Struct | undefined): LogicalType | undefined {
  const [id] = union?.keys() ?? []
  const type = id === undefined ? undefined : LOGICAL_TYPES[id]
  const own = union && id !== undefined ? structAt(union, id) : undefined
  return type && own ? withParameters(type, own) : undefined
}

function withParameters(type: Exclude<(typeof LOGICAL_TYPES)[number], ''>, own: Struct): LogicalType | undefined {
  switch (type) {
    case 'DECIMAL':
      return { type, scale: integerAt(own, 1) ?? 0, precision: integerAt(own, 2) ?? 0 }
    case 'TIME':
    case 'TIMESTAMP': {
      const [unit] = structAt(own, 2)?.keys() ?? []
      const name = unit === undefined ? undefined : UNITS[unit]
      return name ? { type, isAdjustedToUTC: isTrueAt(own, 1), unit: name } : undefined
    }
    case 'INTEGER':
      return { type, bitWidth: integerAt(own, 1) ?? 0, isSigned: isTrueAt(own, 2) }
    case 'GEOMETRY':
      return { type, ...crsOf(own) }
    case 'GEOGRAPHY': {
      const algorithm = nameAt(own, 2, ALGORITHMS)
      return { type, ...crsOf(own), ...(algorithm && { algorithm }) }
    }
    default:
      return { type }
  }
}

function crsOf(own: Struct): { crs?: string } {
  const crs = textAt(own, 1)
  return crs === undefined ? {} : { crs }
}

function chunkOf(chunk: Struct): ColumnChunk {
  const metadata = structAt(chunk, 3)
  return { path: textAt(chunk, 1), isEncrypted: chunk.has(8), metadata: metadata && chunkMetadataOf(metadata) }
}

function chunkMetadataOf(metadata: Struct): ChunkMetadata {
  return {
    type: nameAt(metadata, 1, PHYSICAL_TYPES),
    codec: nameAt(metadata, 4, CODECS) ?? `codec ${integerAt(metadata, 4)}`,
    count: integerAt(metadata, 5) ?? 0,
    size: integerAt(metadata, 7) ?? 0,
    uncompressedSize: integerAt(metadata, 6) ?? 0,
    dataOffset: integerAt(metadata, 9) ?? 0,
    dictionaryOffset: integerAt(metadata, 11),
  }
}

/** The name of an enum value. */
function nameAt<Name extends string>(struct: Struct, id: number, names: readonly Name[]): Name | undefined {
  return names[integerAt(struct, id) ?? -1]
}
