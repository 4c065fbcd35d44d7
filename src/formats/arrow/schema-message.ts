/** A schema as a message of its own, as Parquet files that were made of Arrow data have it in their metadata. */
import type { Field, TableSchema } from '../../core/data-type.js'
import { encodeMessage, readMessage, readPrefix } from './message.js'
import { numberDictionaries, readSchema, schemaTable } from './schema.js'

/** Writes a schema with its prefix, as it begins a stream. */
export function schemaMessage({ fields, metadata }: TableSchema): Buffer {
  return Buffer.concat(encodeMessage('schema', schemaTable(numberDictionaries(fields), metadata)).pieces)
}

/** The fields of a schema; undefined for what is no schema or has types that are not read: Parquet has columns without it. */
export function fieldsFromMessage(message: Buffer): Field[] | undefined {
  try {
    const { length, size } = readPrefix(message)
    const { kind, header } = readMessage(message.subarray(size, size + length))
    return kind === 'schema' ? readSchema(header).fields.map(({ field }) => field) : undefined
  } catch {
    return undefined
  }
}
