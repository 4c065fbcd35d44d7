/** The .npy header, a Python literal: `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 10), }`. */
import { corruptData } from '../../core/corrupt-data.js'
import { SoftmaxError } from '../../core/errors.js'
import type { ByteReader } from '../../io/byte-reader.js'
import { type ArrayLayout, type Tensor, tuple } from '../tensor/tensor.js'

const MAGIC = '\x93NUMPY'
/**
 * The bytes before the header: magic number, two version bytes, and the header length in 2 bytes or, since version 2,
 * 4.
 */
const LEAD = { 1: 10, 2: 12, 3: 12 } as const
/** The maximum header size; those of numpy have less than 200 bytes. */
const MOST_HEADER = 1 << 16

/** Reads a header: the description of the array, and the offset of its data. Undefined for an empty input. */
export async function readHeader(
  reader: ByteReader,
): Promise<{ tensor: Tensor<ArrayLayout>; length: number } | undefined> {
  const lead = await reader.take(LEAD[1])
  if (lead.length === 0) return undefined
  if (lead.toString('latin1', 0, MAGIC.length) !== MAGIC) throw corrupt('it does not begin with the .npy magic number')
  const more = lead[6] === 1 ? lead : Buffer.concat([lead, await reader.take(2)])
  if (more.length < (lead[6] === 1 ? LEAD[1] : LEAD[2])) throw corrupt('it ends in the middle of its header')
  const version = lead[6] as 1 | 2 | 3
  if (!(version in LEAD)) throw new SoftmaxError('E_TYPE', { reason: `its .npy version ${version} is unknown` })
  const length = version === 1 ? more.readUInt16LE(8) : more.readUInt32LE(8)
  if (length > MOST_HEADER) throw corrupt(`its header has ${length} bytes`)
  const text = await reader.take(length)
  if (text.length < length) throw corrupt('it ends in the middle of its header')
  return { tensor: parseHeader(text.toString(version === 3 ? 'utf8' : 'latin1')), length: LEAD[version] + length }
}

const corrupt = (reason: string) => corruptData('npy', reason)

/** Parses the Python literal; anything but an array of floats, integers or text is refused. */
function parseHeader(text: string): Tensor<ArrayLayout> {
  // Python accepts either kind of quotes.
  const descr = /["']descr["']\s*:\s*(?:["']([^"']*)["']|\[)/.exec(text)
  const order = /["']fortran_order["']\s*:\s*(True|False)/.exec(text)
  const shape = /["']shape["']\s*:\s*\(([\d\sL,]*)\)/.exec(text)
  if (!descr || !order || !shape || !/^\s*\{.*\}\s*$/s.test(text))
    throw corrupt('its header does not describe an array')
  const sizes = shape[1]!
    .split(',')
    .map((part) => part.trim().replace(/L$/, ''))
    .filter((part) => part !== '')
    .map(Number)
  return { layout: layoutOf(descr[1]), sizes, fortran: order[1] === 'True' }
}

/** The encoding of a dtype, which is undefined if it has fields. */
function layoutOf(descr: string | undefined): ArrayLayout {
  const [, byteOrder, kind, size] =
    /^([<>=|])(U(?=\d+$)|f(?=[248]$)|[iu](?=[1248]$)|b(?=1$))(\d+)$/.exec(descr ?? '') ?? []
  if (!size) throw new SoftmaxError('E_TYPE', { reason: typeReason(descr) })
  const bigEndian = byteOrder === '>'
  if (kind === 'U') return { kind, bytes: CHARACTER * Number(size), bigEndian }
  return { kind: kind === 'b' ? '?' : (kind as 'f' | 'i' | 'u'), bytes: Number(size) as 1 | 2 | 4 | 8, bigEndian }
}

/** The bytes of a character in UTF-32. */
const CHARACTER = 4

/** An array that must have numbers. Throws E_TYPE for text. */
export function requireNumbers(tensor: Tensor<ArrayLayout>): Tensor {
  const { layout } = tensor
  if (layout.kind !== 'U') return { ...tensor, layout }
  const descr = `${layout.bigEndian ? '>' : '<'}U${layout.bytes / CHARACTER}`
  throw new SoftmaxError('E_TYPE', { reason: typeReason(descr) })
}

function typeReason(descr: string | undefined): string {
  if (descr === undefined) return 'its dtype has fields; save the one with the logits'
  if (/O/.test(descr))
    return 'its dtype is object, which is pickled code; save numbers as float64, and text as .astype(str)'
  const known = CONFUSING.find(([pattern]) => pattern.test(descr))
  return `its dtype is ${descr}${known ? `, ${known[1]}` : ''}; save it as float64, float32, float16 or integers`
}

/** Types whose names do not say what they are. */
const CONFUSING = [
  [/f(12|16)$/, 'which is longdouble'],
  [/V2$/, 'as numpy saves bfloat16'],
  [/V1$/, 'as numpy saves float8'],
] as const

/** Encodes a version 1 header as numpy does, padded so that the data begins at a multiple of 64 bytes. */
export function headerOf(sizes: readonly number[], dtype: string): Buffer {
  const literal = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${tuple(sizes)}, }`
  const length = Math.ceil((LEAD[1] + literal.length + 1) / 64) * 64 - LEAD[1]
  const lead = Buffer.from(`${MAGIC}\x01\x00\x00\x00`, 'latin1')
  lead.writeUInt16LE(length, 8)
  return Buffer.concat([lead, Buffer.from(`${literal.padEnd(length - 1)}\n`)])
}
