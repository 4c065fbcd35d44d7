/**
 * gzip and zstd around any format. gzip members and zstd frames are separated here and decompressed one by one, because
 * zlib on its own accepts trailing garbage, or a truncated frame, as a valid end.
 */
import { once } from 'node:events'
import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { corruptData } from '../core/corrupt-data.js'
import { SoftmaxError } from '../core/errors.js'
import { run } from '../core/file-kinds.js'
import { beginsAs, firstMatch, type Magic } from '../core/magic-numbers.js'
import { ByteReader } from './byte-reader.js'

/** Loaded on demand. */
const zlib = () => process.getBuiltinModule('node:zlib')

interface Compression {
  /** Throws E_NODE if this Node cannot decompress it; `path` is the file. */
  requireReadable?(path: string | undefined): void
  extensions: readonly string[]
  magic: Magic
  decompress(bytes: ByteReader): AsyncGenerator<Buffer>
  compress(): Transform
}

const GZIP = '\x1f\x8b'
const ZSTD = '\x28\xb5\x2f\xfd'

/** All compressions. */
const COMPRESSIONS = {
  gzip: {
    extensions: ['.gz', '.gzip'],
    magic: beginsAs(GZIP),
    decompress: gunzip,
    compress: () => zlib().createGzip(),
  },
  zstd: {
    extensions: ['.zst', '.zstd'],
    magic: beginsAs(ZSTD),
    requireReadable: (path) => void zstd(run('zstd -dc FILE')(path ?? 'FILE')),
    decompress: unzstd,
    compress: () => zstd('leave the compression out, and pipe the output into zstd').createZstdCompress(),
  },
} satisfies Record<string, Compression>

/** A name of {@link COMPRESSIONS}. */
export type CompressionName = keyof typeof COMPRESSIONS

const NAMES = Object.keys(COMPRESSIONS) as CompressionName[]
const MAGICS = NAMES.map((name) => [name, COMPRESSIONS[name].magic] as const)
/** The output chunk size. */
const PIECE = { chunkSize: 1 << 17 }

/** The compression indicated by a file extension, if any, and the name without it. */
export function compressionOf(path: string): { compression: CompressionName | undefined; inner: string } {
  for (const compression of NAMES) {
    const ending = COMPRESSIONS[compression].extensions.find((ending) => path.toLowerCase().endsWith(ending))
    if (ending) return { compression, inner: path.slice(0, -ending.length) }
  }
  return { compression: undefined, inner: path }
}

/** The file extension of a compression. */
export function extensionOf(name: CompressionName): string {
  return COMPRESSIONS[name].extensions[0]
}

/** Throws E_NODE, with a remedy, if this Node cannot write it. */
export function requireWritable(name: CompressionName, remedy: string): void {
  if (name === 'zstd') zstd(remedy)
}

/** The compression detected by magic number; undefined if more bytes are needed. */
export function compressionOfBytes(start: Buffer): CompressionName | 'none' | undefined {
  return firstMatch(MAGICS, start)
}

/** Throws E_NODE for a compression that this Node cannot read. */
export function requireReadableBy(name: CompressionName, path: string | undefined): void {
  const { requireReadable }: Compression = COMPRESSIONS[name]
  requireReadable?.(path)
}

/** Decompresses chunks in order. */
export function decompress(name: CompressionName, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  return COMPRESSIONS[name].decompress(new ByteReader(chunks))
}

/** Compresses a stream; returns it unchanged if no compression is requested. */
export function compressed(source: Readable, name: CompressionName | undefined): Readable {
  if (!name) return source
  const engine = COMPRESSIONS[name].compress()
  // The failure reaches whoever reads from the engine.
  pipeline(source, engine).catch(() => {})
  return engine
}

/** Decompresses concatenated members, which may be followed by zero padding. */
async function* gunzip(bytes: ByteReader): AsyncGenerator<Buffer> {
  try {
    for (let member = 1; await skipGzipHeader(bytes, member); member++) {
      let [crc, size] = [0, 0]
      for await (const piece of inflate(bytes)) {
        crc = zlib().crc32(piece, crc)
        size = (size + piece.length) % 2 ** 32
        yield piece
      }
      const trailer = await bytes.take(8)
      if (trailer.length < 8) throw corruptData('gzip', TRUNCATED)
      if (trailer.readUInt32LE(0) !== crc || trailer.readUInt32LE(4) !== size) {
        throw corruptData('gzip', `the checksum of member ${member} does not match its bytes`)
      }
    }
  } finally {
    await bytes.close()
  }
}

const TRUNCATED = 'it ends too early'

/** Reads the header of a member; false at the end, after any zero padding. */
async function skipGzipHeader(bytes: ByteReader, member: number): Promise<boolean> {
  const lead = await bytes.take(10)
  if (member > 1 && (lead.length === 0 || lead[0] === 0)) {
    await requireZeros(bytes, lead)
    return false
  }
  if (!lead.toString('latin1', 0, 2).startsWith(GZIP.slice(0, Math.min(lead.length, 2)))) {
    throw corruptData('gzip', 'the data after its end is neither a member nor zeros')
  }
  if (lead.length < 10) throw corruptData('gzip', TRUNCATED)
  const flags = lead[3]!
  if (lead[2] !== 8 || flags > 31) throw corruptData('gzip', 'it has no gzip header')
  if (flags & EXTRA) await bytes.take((await bytes.take(2)).readUInt16LE())
  if (flags & NAME) await skipText(bytes)
  if (flags & COMMENT) await skipText(bytes)
  if (flags & HEADER_CRC) await bytes.take(2)
  return true
}

const HEADER_CRC = 2
const EXTRA = 4
const NAME = 8
const COMMENT = 16

async function skipText(bytes: ByteReader): Promise<void> {
  for (let byte = await bytes.take(1); byte[0] !== 0; byte = await bytes.take(1)) {
    if (byte.length === 0) throw corruptData('gzip', TRUNCATED)
  }
}

async function requireZeros(bytes: ByteReader, first: Buffer): Promise<void> {
  for (let piece: Buffer | undefined = first; piece; piece = await bytes.next()) {
    if (piece.some((byte) => byte !== 0))
      throw corruptData('gzip', 'the data after its end is neither a member nor zeros')
  }
}

/** Decompresses one deflate stream, leaving the bytes after it unread. */
export async function* inflate(bytes: ByteReader, format = 'gzip'): AsyncGenerator<Buffer> {
  const engine = zlib().createInflateRaw(PIECE)
  const ended = once(engine, 'end')
  ended.catch(() => {})
  let fed = 0
  let last: Buffer = Buffer.alloc(0)
  const feed = async () => {
    // Unconsumed input follows the end of the deflate stream.
    while (engine.bytesWritten === fed) {
      const chunk = await bytes.next()
      if (!chunk) return void engine.end()
      last = chunk
      fed += chunk.length
      await Promise.race([new Promise((resolve) => engine.write(chunk, resolve)), ended])
    }
  }
  const feeding = feed()
  feeding.catch((error) => engine.destroy(error))
  try {
    yield* engine as AsyncIterable<Buffer>
  } catch (error) {
    throw error instanceof SoftmaxError ? error : corruptData(format, (error as Error).message)
  } finally {
    engine.destroy()
  }
  await feeding
  bytes.unread(last.subarray(last.length - (fed - engine.bytesWritten)))
}

type Zstd = { createZstdDecompress(options?: object): Transform; createZstdCompress(): Transform }

function zstd(remedy: string): Zstd {
  if ('createZstdDecompress' in zlib()) return zlib() as unknown as Zstd
  throw new SoftmaxError('E_NODE', { feature: 'zstd', needed: '22.15', version: process.version, remedy })
}

/** Decompresses concatenated frames. */
async function* unzstd(bytes: ByteReader): AsyncGenerator<Buffer> {
  const { createZstdDecompress } = zstd(run('zstd -dc FILE')('FILE'))
  try {
    for (let head = await bytes.take(4); head.length > 0; head = await bytes.take(4)) {
      if (isSkippable(head)) {
        await skipFrame(bytes)
        continue
      }
      if (head.toString('latin1') !== ZSTD) throw corruptData('zstd', 'the data after its end is not a frame')
      const engine = createZstdDecompress(PIECE)
      pipeline(Readable.from(frameBytes(head, bytes), { objectMode: false }), engine).catch(() => {})
      yield* engine as AsyncIterable<Buffer>
    }
  } catch (error) {
    throw error instanceof SoftmaxError ? error : corruptData('zstd', (error as Error).message)
  } finally {
    await bytes.close()
  }
}

function isSkippable(head: Buffer): boolean {
  return head.length === 4 && head.readUInt32LE() >>> 4 === 0x184d2a5
}

async function skipFrame(bytes: ByteReader): Promise<void> {
  const size = await exactly(bytes, 4)
  for (let missing = size.readUInt32LE(); missing > 0; ) {
    missing -= (await exactly(bytes, Math.min(missing, PIECE.chunkSize))).length
  }
}

/**
 * The bytes of one frame (RFC 8878, 3.1.1): its header, blocks up to the last one, and the checksum if the
 * header announces one.
 */
async function* frameBytes(magic: Buffer, bytes: ByteReader): AsyncGenerator<Buffer> {
  const descriptor = await exactly(bytes, 1)
  yield magic
  yield descriptor
  const flags = descriptor[0]!
  const single = (flags & 0x20) !== 0
  const contentSize = [single ? 1 : 0, 2, 4, 8][flags >> 6]!
  yield await exactly(bytes, (single ? 0 : 1) + [0, 1, 2, 4][flags & 3]! + contentSize)
  for (let last = false; !last; ) {
    const header = await exactly(bytes, 3)
    const word = header.readUIntLE(0, 3)
    last = (word & 1) !== 0
    const isRun = ((word >> 1) & 3) === 1
    yield header
    yield await exactly(bytes, isRun ? 1 : word >> 3)
  }
  if (flags & 4) yield await exactly(bytes, 4)
}

async function exactly(bytes: ByteReader, length: number): Promise<Buffer> {
  const taken = await bytes.take(length)
  if (taken.length < length) throw corruptData('zstd', TRUNCATED)
  return taken
}
