/** Reads the footer of a file: its schema, metadata and the positions of its column chunks. */
import type { FileBytes } from '../../io/file-bytes.js'
import { loadCodecs } from './codecs.js'
import { corrupt, unsupported, wrapCorrupt } from './corrupt.js'
import { decodeFooter } from './footer-reader.js'
import type { ChunkMetadata, ColumnChunk, FileMetadata, SchemaElement } from './footer-types.js'
import type { Node } from './schema.js'

/** A footer; everything except the contents of pages was validated. */
export interface Footer {
  rows: number
  schema: readonly SchemaElement[]
  groups: readonly RowGroup[]
  /** Entries such as `ARROW:schema` and `pandas`. */
  metadata: ReadonlyMap<string, string>
}

/** A nonempty row group, with the column chunks of its leaves. */
export interface RowGroup {
  rows: number
  chunks: readonly ColumnChunk[]
}

const MAGIC = 'PAR1'
const ENCRYPTED_MAGIC = 'PARE'
const DECRYPT = 'decrypt it first, for example with pyarrow and its keys'

export async function readFooter(file: FileBytes): Promise<Footer> {
  const tail = await file.read(Math.max(0, file.size - 8), 8)
  const magic = tail.toString('latin1', 4)
  if (magic === ENCRYPTED_MAGIC) throw unsupported('an encrypted footer', DECRYPT)
  if (magic !== MAGIC) throw corrupt('it does not end with PAR1')
  const length = tail.readUInt32LE()
  if (length === 0 || length > file.size - 12) throw corrupt(`its footer would have ${length} bytes`)
  const bytes = await file.read(file.size - 8 - length, length)
  return wrapCorrupt('its footer', () => checkedFooter(bytes))
}

function checkedFooter(bytes: Buffer): Footer {
  const { schema, rows, groups, entries, isEncrypted } = decoded(bytes)
  if (isEncrypted) throw unsupported('encrypted columns', DECRYPT)
  const sum = groups.reduce((sum, { rows }) => sum + rows, 0)
  if (sum !== rows || !Number.isSafeInteger(rows) || groups.some(({ rows }) => rows < 0)) {
    throw corrupt(`its footer counts ${rows} rows, but its row groups have ${sum}`)
  }
  return { rows, schema, groups: groups.filter(({ rows }) => rows > 0), metadata: entries }
}

function decoded(bytes: Buffer): FileMetadata {
  try {
    return decodeFooter(bytes)
  } catch (error) {
    throw corrupt('its footer is corrupt', error)
  }
}

/**
 * Throws if the column chunks of a row group do not match the leaves. They have the same order; names would not
 * identify them, as two may be equal.
 */
export function checkChunks({ chunks }: RowGroup, leaves: readonly Node[], file: FileBytes): void {
  if (chunks.length !== leaves.length) {
    throw corrupt(`a row group has ${chunks.length} columns where its schema has ${leaves.length}`)
  }
  for (const [index, chunk] of chunks.entries()) checkChunk(chunk, leaves[index]!, file)
}

function checkChunk(
  { metadata, path, isEncrypted }: ColumnChunk,
  { field: { name }, physical }: Node,
  file: FileBytes,
): void {
  if (isEncrypted) throw unsupported(`the encrypted column ${name}`, DECRYPT)
  if (path) throw unsupported(`columns in another file, ${path}`, 'read that file')
  if (!metadata) throw corrupt(`the footer does not say where the column ${name} is`)
  const { type, count } = metadata
  if (type !== physical!.name) throw corrupt(`a row group has a column of ${type} where ${name} is expected`)
  const { start, end } = rangeOf(metadata)
  const isThere = start >= 4 && end >= start && end <= file.size && count >= 0
  if (!isThere) throw corrupt(`the column ${name} cannot be at bytes ${start} to ${end}`)
}

/** The byte range of a column chunk. Some writers give a dictionary offset of 0 if there is no dictionary. */
export function rangeOf({ dictionaryOffset, dataOffset, size }: ChunkMetadata): { start: number; end: number } {
  const start = dictionaryOffset && dictionaryOffset < dataOffset ? dictionaryOffset : dataOffset
  return { start, end: start + size }
}

/** The codecs that a file needs. */
export function codecsOf({ groups }: Footer): ReturnType<typeof loadCodecs> {
  return loadCodecs(new Set(groups.flatMap(({ chunks }) => chunks.flatMap(({ metadata }) => metadata?.codec ?? []))))
}
