/** Decodes numbers of 1 to 8 bytes, in either byte order, to doubles. */
import { endianness } from 'node:os'
import { doublesOf } from './wide-integers.js'

/**
 * The encoding of numbers: floats, bfloat16, signed or unsigned integers, or booleans (`?` in numpy); the bytes per
 * number, and the byte order.
 */
export interface NumberLayout {
  kind: 'f' | 'b' | 'i' | 'u' | '?'
  bytes: 1 | 2 | 4 | 8
  bigEndian: boolean
}

const HOST_IS_BIG = endianness() === 'BE'

/** Decodes numbers, possibly swapping their bytes. 64-bit integers are rounded to doubles. */
export function readNumbers(bytes: Buffer, layout: NumberLayout): ArrayLike<number> {
  const data = nativeBytes(bytes, layout)
  return ARRAYS[`${layout.kind}${layout.bytes}`]!(
    data.buffer as ArrayBuffer,
    data.byteOffset,
    data.length / layout.bytes,
  )
}

/** The bytes of complete numbers, aligned and in the byte order of this machine, possibly swapped. */
export function nativeBytes(bytes: Buffer, { bytes: size, bigEndian }: NumberLayout): Buffer {
  const data = aligned(bytes.subarray(0, bytes.length - (bytes.length % size)), size)
  if (size > 1 && bigEndian !== HOST_IS_BIG) ({ 2: swap16, 4: swap32, 8: swap64 })[size as 2 | 4 | 8](data)
  return data
}

type MakeArray = (buffer: ArrayBuffer, at: number, count: number) => ArrayLike<number>

const ARRAYS: Readonly<Record<string, MakeArray>> = {
  f2: (...part) => halves(new Uint16Array(...part)),
  f4: (...part) => new Float32Array(...part),
  f8: (...part) => new Float64Array(...part),
  b2: (...part) => upperHalves(new Uint16Array(...part)),
  i1: (...part) => new Int8Array(...part),
  i2: (...part) => new Int16Array(...part),
  i4: (...part) => new Int32Array(...part),
  i8: (...part) => doublesOf(new BigInt64Array(...part)),
  u1: (...part) => new Uint8Array(...part),
  '?1': (...part) => new Uint8Array(...part),
  u2: (...part) => new Uint16Array(...part),
  u4: (...part) => new Uint32Array(...part),
  u8: (...part) => doublesOf(new BigUint64Array(...part)),
}

const swap16 = (bytes: Buffer) => bytes.swap16()
const swap32 = (bytes: Buffer) => bytes.swap32()
const swap64 = (bytes: Buffer) => bytes.swap64()

function aligned(bytes: Buffer, size: number): Buffer {
  return bytes.byteOffset % size === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer)
}

/** Decodes 16-bit floats. */
export function halves(words: Uint16Array): Float64Array {
  TABLE ??= Float64Array.from({ length: 1 << 16 }, (_, word) => half(word))
  const numbers = new Float64Array(words.length)
  for (let index = 0; index < words.length; index++) numbers[index] = TABLE[words[index]!]!
  return numbers
}

let TABLE: Float64Array | undefined

/** bfloat16: the upper half of the bits of a float32. */
function upperHalves(words: Uint16Array): Float32Array {
  const bits = new Uint32Array(words.length)
  for (let index = 0; index < words.length; index++) bits[index] = words[index]! << 16
  return new Float32Array(bits.buffer)
}

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
export function half(word: number): number {
  const sign = word & 0x8000 ? -1 : 1
  const exponent = (word >> 10) & 31
  const fraction = word & 0x3ff
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}

/** The inverse; undefined if a number is not a 16-bit float. */
export function halfWord(value: number): number | undefined {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (size === Infinity) return sign | 0x7c00
  if (size < 2 ** -14) return exactWord(sign | (size * 2 ** 24), value)
  let exponent = Math.floor(Math.log2(size))
  if (2 ** exponent > size) exponent--
  return exactWord(sign + ((exponent + 15) << 10) + (size / 2 ** exponent - 1) * 1024, value)
}

function exactWord(word: number, value: number): number | undefined {
  return Number.isInteger(word) && word <= 0xffff && Object.is(half(word), value) ? word : undefined
}
