/** The footer of a file: its schema, its metadata, and where its columns are. hyparquet reads it once it is known to be sound. */
import type { ColumnChunk, FileMetaData, SchemaElement } from 'hyparquet'
import { missingDependency, PARQUET_PACKAGES } from '../../io/optional-dependency.js'
import type { FileBytes } from '../../io/temp-file.js'
import { loadCodecs } from './codecs.js'
import { corrupt, unsupported, wrapCorrupt } from './corrupt.js'
import type { Node } from './schema.js'
import { type Struct, ThriftReader } from './thrift.js'

/** What a footer says, all of which was checked but what is in the pages. */
export interface Footer {
  rows: number
  schema: SchemaElement[]
  groups: readonly RowGroup[]
  /** Entries such as `ARROW:schema` and `pandas`. */
  metadata: ReadonlyMap<string, string>
}

/** A row group that has rows, and the column chunks of its leaves. */
export interface RowGroup {
  rows: number
  chunks: readonly ColumnChunk[]
}

const MAGIC = 'PAR1'
const ENCRYPTED_MAGIC = 'PARE'
/** The field of the footer that names the algorithm of encrypted columns. */
const ENCRYPTION_ALGORITHM = 8
const DECRYPT = 'decrypt it first, such as with pyarrow and its keys'

export async function readFooter(file: FileBytes): Promise<Footer> {
  const { parquetMetadata } = await loadReader()
  const tail = await file.read(Math.max(0, file.size - 8), 8)
  const magic = tail.toString('latin1', 4)
  if (magic === ENCRYPTED_MAGIC) throw unsupported('an encrypted footer', DECRYPT)
  if (magic !== MAGIC) throw corrupt('it does not end with PAR1, as a whole file does')
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

/** The library makes room for any number of parts that a corrupt footer counts. */
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
    throw corrupt(`its footer counts ${num_rows} rows, and its row groups have ${sum}`)
  }
  const metadata = new Map(entries.map(({ key, value }) => [key, value ?? '']))
  return { rows, schema, groups: groups.filter(({ rows }) => rows > 0), metadata }
}

/**
 * Throws where the column chunks of a row group are not those of the leaves of its file. They are in the same order; names
 * do not distinguish them, as two may be the same.
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
  if (!isThere) throw corrupt(`the column ${name} is said to be at bytes ${start} to ${end}`)
}

/** The bytes of a column chunk in its file. Some writers give an offset of 0 where there is no dictionary. */
export function rangeOf({ meta_data: meta }: ColumnChunk): { start: number; end: number } {
  const { dictionary_page_offset: dictionary, data_page_offset: data, total_compressed_size: size } = meta!
  const start = Number(dictionary && dictionary < data ? dictionary : data)
  return { start, end: start + Number(size) }
}

/** What undoes the compressions of a file. */
export function codecsOf({ groups }: Footer): ReturnType<typeof loadCodecs> {
  return loadCodecs(new Set(groups.flatMap(({ chunks }) => chunks.flatMap(({ meta_data: meta }) => meta?.codec ?? []))))
}
