/** Decompression of pages: by the kernel, by Node if it has the codec, and by hyparquet-compressors. */
import * as zlib from 'node:zlib'
import { acquire } from '../../io/buffer-pool.js'
import { missingDependency } from '../../io/optional-dependency.js'
import { uncompress } from '../../kernel/host/bytes.js'
import { corrupt, unsupported } from './corrupt.js'

/** Decompresses bytes to `size` bytes. */
export type Decompress = (bytes: Uint8Array, size: number) => Uint8Array

type Library = typeof import('hyparquet-compressors')['compressors']

/** The codecs of the specification; hyparquet-compressors is loaded only for those that need it. */
const CODECS: { readonly [codec: string]: (library: Library) => Decompress } = {
  UNCOMPRESSED: () => (bytes) => bytes,
  SNAPPY: () => decodeSnappy,
  GZIP: () => (bytes, size) => zlib.gunzipSync(bytes, { maxOutputLength: size }),
  BROTLI: () => (bytes, size) => zlib.brotliDecompressSync(bytes, { maxOutputLength: size }),
  ZSTD: ({ ZSTD }) => nodeZstd ?? ZSTD!,
  LZ4: ({ LZ4 }) => LZ4!,
  LZ4_RAW: ({ LZ4_RAW }) => LZ4_RAW!,
}
/** The maximum compression ratio of snappy. */
const MOST_RATIO = 22

type Inflate = (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer

/** Available since Node 22.15. */
const nodeZstd: Decompress | undefined =
  'zstdDecompressSync' in zlib
    ? (bytes, size) =>
        (zlib as unknown as { zstdDecompressSync: Inflate }).zstdDecompressSync(bytes, { maxOutputLength: size })
    : undefined

const WITHOUT_LIBRARY = new Set(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', ...(nodeZstd ? ['ZSTD'] : [])])

/** Loads the codecs that a file uses. */
export async function loadCodecs(codecs: ReadonlySet<string>): Promise<(codec: string) => Decompress> {
  const unknown = [...codecs].find((codec) => !(codec in CODECS))
  if (unknown !== undefined) {
    throw unsupported(`${unknown} compression`, 'rewrite the file with another codec, such as zstd')
  }
  const other = [...codecs].find((codec) => !WITHOUT_LIBRARY.has(codec))
  const library = other === undefined ? {} : await loadLibrary(other)
  return (codec) => checked(codec, CODECS[codec]!(library))
}

async function loadLibrary(codec: string): Promise<Library> {
  try {
    return (await import('hyparquet-compressors')).compressors
  } catch (error) {
    throw missingDependency(`${codec} compression in Parquet`, 'hyparquet-compressors', error)
  }
}

function checked(codec: string, decompress: Decompress): Decompress {
  return (bytes, size) => {
    // Empty input is not a valid LZ4 block, but the dictionary page of a column of nulls is empty.
    if (size === 0) return new Uint8Array()
    let out: Uint8Array
    try {
      out = decompress(bytes, size)
    } catch (error) {
      throw corrupt(`a page does not decompress as ${codec} to ${size} bytes`, error)
    }
    if (out.length !== size) throw corrupt(`a page does not decompress as ${codec} to ${size} bytes`)
    return out
  }
}

/** Decompresses into pooled memory. */
function decodeSnappy(bytes: Uint8Array, size: number): Uint8Array {
  let [length, at] = [0, 0]
  for (let weight = 1; at < 5; weight *= 128) {
    const byte = bytes[at++] ?? 0
    length += (byte & 127) * weight
    if (byte < 128) break
  }
  if (length !== size || size > MOST_RATIO * bytes.length) throw new RangeError('the length differs')
  const out = acquire(size)
  if (!uncompress(bytes.subarray(at), out)) throw new RangeError('corrupt')
  return out
}
