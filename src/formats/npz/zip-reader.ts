/** The files of a zip archive; their sizes and CRC-32 are verified. */
import { SoftmaxError, shown } from '../../core/errors.js'
import { ByteReader } from '../../io/byte-reader.js'
import { inflate } from '../../io/compression.js'
import { bytesWithin, chunksOf, type FileBytes } from '../../io/file-bytes.js'
import { corruptArchive, type DirectoryEntry, readDirectory } from './zip-directory.js'

/** A file, before it is read. */
export interface ZipEntry {
  name: string
  open(): Promise<EntryBytes>
}

/** The contents of a file. */
export interface EntryBytes {
  /** Sequential and verified. */
  chunks: AsyncGenerator<Buffer>
  /** Random access, if stored uncompressed. */
  stored: FileBytes | undefined
  /** The uncompressed size. */
  size: number
}

/** Loaded on demand. */
const zlib = () => process.getBuiltinModule('node:zlib')

/** The compression methods. */
const STORED = 0
const DEFLATED = 8

/** The size of a local header, without name and extra field. */
const LOCAL = 30

/** The files of an archive. Throws E_CORRUPT if it is invalid. */
export async function zipEntries(file: FileBytes): Promise<ZipEntry[]> {
  const entries = await readDirectory(file)
  return entries.map((entry) => ({ name: entry.name, open: () => openEntry(file, entry) }))
}

async function openEntry(file: FileBytes, entry: DirectoryEntry): Promise<EntryBytes> {
  const { name, method, packedSize, size } = entry
  if (entry.isEncrypted) throw unsupported(`the encrypted file ${shown(name)}`, 'save the arrays without a password')
  if (method !== STORED && method !== DEFLATED) {
    const feature = `zip compression method ${method}, used for ${shown(name)}`
    throw unsupported(feature, 'save it with numpy.savez_compressed')
  }
  if (method === STORED && size !== packedSize)
    throw corruptArchive(`${shown(name)} is stored uncompressed, but has two different sizes`)
  const bytes = bytesWithin(file, await startOf(file, entry), packedSize)
  const plain = method === STORED ? chunksOf(bytes) : inflated(chunksOf(bytes))
  return { chunks: checked(plain, entry), stored: method === STORED ? bytes : undefined, size }
}

/** The offset of a file's data, after its local header, which repeats the name. */
async function startOf(file: FileBytes, { name, rawName, offset, packedSize }: DirectoryEntry): Promise<number> {
  const header = offset < file.size ? await file.read(offset, LOCAL + rawName.length) : Buffer.alloc(0)
  const isThere = header.length >= LOCAL && header.readUInt32LE(0) === 0x04034b50
  if (!isThere || header.readUInt16LE(26) !== rawName.length || !header.subarray(LOCAL).equals(rawName)) {
    throw corruptArchive(`${shown(name)} is not where its central directory says`)
  }
  const start = offset + header.length + header.readUInt16LE(28)
  if (start + packedSize > file.size) throw corruptArchive(`${shown(name)} extends past the end of the archive`)
  return start
}

function unsupported(feature: string, remedy: string): SoftmaxError {
  return new SoftmaxError('E_UNSUPPORTED', { feature, remedy })
}

async function* inflated(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(chunks)
  yield* inflate(reader, 'npz')
  if ((await reader.take(1)).length > 0) throw corruptArchive('there is data after its compressed data')
}

/** Passes bytes on, verifying that their number and checksum are those of the archive. */
async function* checked(
  chunks: AsyncGenerator<Buffer>,
  { name, size: expected, crc: checkSum }: DirectoryEntry,
): AsyncGenerator<Buffer> {
  let [size, crc] = [0, 0]
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > expected) throw corruptArchive(`${shown(name)} has more than ${expected} bytes`)
    crc = zlib().crc32(chunk, crc)
    yield chunk
  }
  if (size < expected) throw corruptArchive(`${shown(name)} has ${size} bytes where ${expected} are expected`)
  if (crc !== checkSum) throw corruptArchive(`the checksum of ${shown(name)} does not match its bytes`)
}
