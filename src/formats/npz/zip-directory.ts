/**
 * Reads the central directory at the end of a zip archive (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT,
 * 4.3): the files and their positions. Numbers beyond 32 bits are in zip64 fields.
 */
import { corruptData } from '../../core/corrupt-data.js'
import { ByteReader } from '../../io/byte-reader.js'
import { bytesWithin, chunksOf, type FileBytes } from '../../io/file-bytes.js'

/** The directory entry of a file. */
export interface DirectoryEntry {
  name: string
  rawName: Buffer
  isEncrypted: boolean
  method: number
  crc: number
  packedSize: number
  size: number
  /** The offset of its local header. */
  offset: number
}

/** The position of the directory. */
interface Directory {
  count: number
  start: number
  length: number
}

const END = 22
const LOCATOR = 20
const RECORD = 56
const LONGEST_COMMENT = 0xffff
const IN_64_BITS = 0xffffffff

/** The files of an archive. Throws E_CORRUPT if the directory is invalid. */
export async function readDirectory(file: FileBytes): Promise<DirectoryEntry[]> {
  const { count, start, length } = await findDirectory(file)
  const reader = new ByteReader(chunksOf(bytesWithin(file, start, length)))
  const entries: DirectoryEntry[] = []
  while (entries.length < count) entries.push(await readEntry(reader))
  if ((await reader.take(1)).length > 0) throw corruptArchive('its central directory has data after its last entry')
  return entries
}

export const corruptArchive = (reason: string) => corruptData('npz', reason)
const TRUNCATED = 'it ends before or in its central directory'

async function findDirectory(file: FileBytes): Promise<Directory> {
  const tail = await file.read(Math.max(0, file.size - END - LONGEST_COMMENT - LOCATOR), file.size)
  const at = endOf(tail)
  const end = tail.subarray(at)
  const position = file.size - end.length
  const locator = at >= LOCATOR ? tail.subarray(at - LOCATOR, at) : undefined
  const isLarge = locator?.readUInt32LE(0) === 0x07064b50
  const directory = isLarge
    ? await largeDirectory(file, readLong(locator, 8))
    : { count: end.readUInt16LE(10), length: end.readUInt32LE(12), start: end.readUInt32LE(16) }
  if (end.readUInt16LE(4) !== 0 && !isLarge) throw corruptArchive('it is one part of a split archive')
  if (directory.start + directory.length > position) throw corruptArchive(TRUNCATED)
  return directory
}

/** The offset of the end record, which may be followed by a comment. */
function endOf(tail: Buffer): number {
  for (let at = tail.length - END; at >= 0; at--) {
    if (tail.readUInt32LE(at) === 0x06054b50 && at + END + tail.readUInt16LE(at + 20) === tail.length) return at
  }
  throw corruptArchive(TRUNCATED)
}

async function largeDirectory(file: FileBytes, at: number): Promise<Directory> {
  const record = at < file.size ? await file.read(at, RECORD) : Buffer.alloc(0)
  if (record.length < RECORD || record.readUInt32LE(0) !== 0x06064b50) throw corruptArchive(TRUNCATED)
  return { count: readLong(record, 32), length: readLong(record, 40), start: readLong(record, 48) }
}

async function readEntry(reader: ByteReader): Promise<DirectoryEntry> {
  const head = await reader.take(46)
  if (head.length < 46 || head.readUInt32LE(0) !== 0x02014b50)
    throw corruptArchive('its central directory has fewer entries than it declares')
  const [nameLength, extraLength, commentLength] = [head.readUInt16LE(28), head.readUInt16LE(30), head.readUInt16LE(32)]
  const rest = await reader.take(nameLength + extraLength + commentLength)
  if (rest.length < nameLength + extraLength + commentLength) throw corruptArchive(TRUNCATED)
  const rawName = rest.subarray(0, nameLength)
  const long = longNumbers(rest.subarray(nameLength, nameLength + extraLength))
  const numberAt = (at: number) => {
    const number = head.readUInt32LE(at)
    return number === IN_64_BITS ? (long.shift() ?? number) : number
  }
  // The order of the fields in the zip64 extra field.
  const [size, packedSize, offset] = [numberAt(24), numberAt(20), numberAt(42)]
  const isEncrypted = (head.readUInt16LE(8) & 0x2041) !== 0
  const [method, crc] = [head.readUInt16LE(10), head.readUInt32LE(16)]
  return { name: textOf(rawName), rawName, isEncrypted, method, crc, packedSize, size, offset }
}

/** A name as UTF-8, which all current programs write; if invalid, as latin1. */
function textOf(name: Buffer): string {
  const text = name.toString()
  return text.includes('\ufffd') ? name.toString('latin1') : text
}

/** The 64-bit numbers in the extra field of an entry. */
function longNumbers(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const [id, length] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)]
    const data = extra.subarray(at + 4, at + 4 + length)
    if (id === 1) return Array.from({ length: Math.floor(data.length / 8) }, (_, index) => readLong(data, 8 * index))
    at += 4 + length
  }
  return []
}

/** A 64-bit number; one beyond double precision exceeds any file size. */
function readLong(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at))
}
