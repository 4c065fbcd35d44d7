/**
 * Writes a zip archive (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT) as a stream: the records around
 * stored entries. Checksums are known only after the data, so they follow it in data descriptors; zip64 is used where
 * necessary. All timestamps are the zip epoch, so that the same rows give the same bytes.
 */

/** Loaded on demand. */
const zlib = () => process.getBuiltinModule('node:zlib')

const VERSION = 20
const ZIP64_VERSION = 45
/** Sizes and checksum follow the data; the name is UTF-8. */
const FLAGS = 0x0808
/** 1980-01-01. */
const DATE = 0x0021
/** Placeholder for a number stored in a zip64 field. */
const MOST_32 = 0xffffffff

interface Written {
  name: Buffer
  size: number
  crc: number
  offset: number
}

/** The records around the entries, in the order of the calls. */
export class ZipFrame {
  readonly #entries: Written[] = []
  #offset = 0
  #open: Written | undefined

  /** The record before an entry of `size` bytes. */
  before(name: string, size: number): Buffer {
    const entry = { name: Buffer.from(name), size, crc: 0, offset: this.#offset }
    this.#open = entry
    const isLarge = size >= MOST_32
    const header = numbers(
      [4, 0x04034b50],
      [2, isLarge ? ZIP64_VERSION : VERSION],
      [2, FLAGS],
      [2, 0],
      [2, 0],
      [2, DATE],
      [4, 0],
    )
    const sizes = isLarge ? MOST_32 : 0
    const lengths = numbers([4, sizes], [4, sizes], [2, entry.name.length], [2, isLarge ? 20 : 0])
    const extra = isLarge ? numbers([2, 1], [2, 16], [8, 0], [8, 0]) : Buffer.alloc(0)
    return this.#counted(Buffer.concat([header, lengths, entry.name, extra]))
  }

  /** Updates the checksum with bytes of the entry. */
  see(bytes: Uint8Array): void {
    this.#open!.crc = zlib().crc32(bytes, this.#open!.crc)
    this.#offset += bytes.length
  }

  /** The record after an entry. */
  after(): Buffer {
    const entry = this.#open!
    this.#entries.push(entry)
    const width = entry.size >= MOST_32 ? 8 : 4
    return this.#counted(numbers([4, 0x08074b50], [4, entry.crc], [width, entry.size], [width, entry.size]))
  }

  /** The central directory. */
  end(): Buffer {
    const start = this.#offset
    const directory = Buffer.concat(this.#entries.map(directoryEntry))
    const count = this.#entries.length
    const isLarge = start >= MOST_32
    const large = isLarge ? zip64End(count, directory.length, start) : Buffer.alloc(0)
    const end = numbers([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, directory.length])
    return Buffer.concat([directory, large, end, numbers([4, Math.min(start, MOST_32)], [2, 0])])
  }

  #counted(bytes: Buffer): Buffer {
    this.#offset += bytes.length
    return bytes
  }
}

function directoryEntry({ name, size, crc, offset }: Written): Buffer {
  const long = [...(size >= MOST_32 ? [size, size] : []), ...(offset >= MOST_32 ? [offset] : [])]
  const extra =
    long.length > 0
      ? numbers([2, 1], [2, 8 * long.length], ...long.map((value) => [8, value] as const))
      : Buffer.alloc(0)
  const version = long.length > 0 ? ZIP64_VERSION : VERSION
  const header = numbers([4, 0x02014b50], [2, version], [2, version], [2, FLAGS], [2, 0], [2, 0], [2, DATE], [4, crc])
  const sizes = numbers([4, Math.min(size, MOST_32)], [4, Math.min(size, MOST_32)], [2, name.length], [2, extra.length])
  const rest = numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, Math.min(offset, MOST_32)])
  return Buffer.concat([header, sizes, rest, name, extra])
}

/** The zip64 end record and its locator. */
function zip64End(count: number, size: number, start: number): Buffer {
  const versions = numbers([4, 0x06064b50], [8, 44], [2, ZIP64_VERSION], [2, ZIP64_VERSION], [4, 0], [4, 0])
  const record = numbers([8, count], [8, count], [8, size], [8, start])
  return Buffer.concat([versions, record, numbers([4, 0x07064b50], [4, 0], [8, start + size], [4, 1])])
}

/** Little-endian numbers of the given sizes. */
function numbers(...fields: (readonly [bytes: 2 | 4 | 8, value: number])[]): Buffer {
  const all = Buffer.alloc(fields.reduce((sum, [bytes]) => sum + bytes, 0))
  let at = 0
  for (const [bytes, value] of fields) {
    if (bytes === 8) all.writeBigUInt64LE(BigInt(value), at)
    else all.writeUIntLE(value, at, bytes)
    at += bytes
  }
  return all
}
