/**
 * The footer of a file: its schema, metadata and the positions of its column chunks. hyparquet decodes it after it was
 * validated.
 */
import type { ColumnChunk, FileMetaData, SchemaElement } from 'hyparquet'
import { missingDependency, PARQUET_PACKAGES } from '../../io/optional-dependency.js'
import type { FileBytes } from '../../io/temp-file.js'
import { loadCodecs } from './codecs.js'
import { corrupt, unsupported, wrapCorrupt } from './corrupt.js'
import type { Node } from './schema.js'
import { type Struct, ThriftReader } from './thrift.js'

/** A footer; everything except the contents of pages was validated. */
export interface Footer {
  rows: number
  schema: SchemaElement[]
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
/** The footer field with the algorithm of column encryption. */
const ENCRYPTION_ALGORITHM = 8
const DECRYPT = 'decrypt it first, such as with pyarrow and its keys'

export async function readFooter(file: FileBytes): Promise<Footer> {
  const { parquetMetadata } = await loadReader()
  const tail = await file.read(Math.max(0, file.size - 8), 8)
  const magic = tail.toString('latin1', 4)
  if (magic === ENCRYPTED_MAGIC) throw unsupported('an encrypted footer', DECRYPT)
  if (magic !== MAGIC) throw corrupt('it does not end with PAR1')
  const length = tail.readUInt32LE()
  if (length === 0 || length > file.size - 12) throw corrupt(`its footer would have ${length} bytes`)
  const bytes = await file.read(file.size - 8 - length, length + 8)
  return wrapCorrupt('its footer', () => {
    checkStruct(bytes.subarray(0, length))
    return footerOf(parquetMetadata(bytes, { geoparquet: false }))
  })
}

async function loadReader() {
  try {
    return await import('hyparquet/src/metadata.js')
  } catch (error) {
    throw missingDependency('parquet', PARQUET_PACKAGES, error)
  }
}

/** hyparquet would allocate as many items as a corrupt footer claims. */
function checkStruct(bytes: Buffer): void {
  let footer: Struct
  try {
    footer = new ThriftReader(bytes).struct()
  } catch (error) {
    throw corrupt('its footer is corrupt', error)
  }
  if (footer.has(ENCRYPTION_ALGORITHM)) throw unsupported('encrypted columns', DECRYPT)
}

function footerOf({ num_rows, schema, row_groups, key_value_metadata: entries = [] }: FileMetaData): Footer {
  const groups = row_groups.map(({ num_rows, columns }) => ({ rows: Number(num_rows), chunks: columns }))
  const sum = groups.reduce((sum, { rows }) => sum + rows, 0)
  const rows = Number(num_rows)
  if (sum !== rows || !Number.isSafeInteger(rows) || groups.some(({ rows }) => rows < 0)) {
    throw corrupt(`its footer counts ${num_rows} rows, but its row groups have ${sum}`)
  }
  const metadata = new Map(entries.map(({ key, value }) => [key, value ?? '']))
  return { rows, schema, groups: groups.filter(({ rows }) => rows > 0), metadata }
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

function checkChunk(chunk: ColumnChunk, { field: { name }, physical }: Node, file: FileBytes): void {
  const { meta_data: meta, file_path: path, crypto_metadata: encrypted } = chunk
  if (encrypted) throw unsupported(`the encrypted column ${name}`, DECRYPT)
  if (path) throw unsupported(`columns in another file, ${path}`, 'read that file')
  if (!meta) throw corrupt(`the footer does not say where the column ${name} is`)
  if (meta.type !== physical!.name) throw corrupt(`a row group has a column of ${meta.type} where ${name} is expected`)
  const { start, end } = rangeOf(chunk)
  const isThere = start >= 4 && end >= start && end <= file.size && Number(meta.num_values) >= 0
  if (!isThere) throw corrupt(`the column ${name} cannot be at bytes ${start} to ${end}`)
}

/** The byte range of a column chunk. Some writers give a dictionary offset of 0 if there is no dictionary. */
export function rangeOf({ meta_data: meta }: ColumnChunk): { start: number; end: number } {
  const { dictionary_page_offset: dictionary, data_page_offset: data, total_compressed_size: size } = meta!
  const start = Number(dictionary && dictionary < data ? dictionary : data)
  return { start, end: start + Number(size) }
}

/** The codecs that a file needs. */
export function codecsOf({ groups }: Footer): ReturnType<typeof loadCodecs> {
  return loadCodecs(new Set(groups.flatMap(({ chunks }) => chunks.flatMap(({ meta_data: meta }) => meta?.codec ?? []))))
}
