/** Floating-point numbers as bytes, of 2, 4 or 8 bytes and in either order, as doubles. */
import { endianness } from 'node:os'

/** How numbers are written: bytes a number, and whether the last comes first. */
export interface FloatLayout {
  bytes: 2 | 4 | 8
  bigEndian: boolean
}

const HOST_IS_BIG = endianness() === 'BE'

/** The numbers in some bytes, which may be swapped on the way. */
export function readFloats(bytes: Buffer, { bytes: size, bigEndian }: FloatLayout): ArrayLike<number> {
  const count = Math.floor(bytes.length / size)
  const whole = aligned(bytes.subarray(0, count * size), size)
  if (bigEndian !== HOST_IS_BIG) ({ 2: swap16, 4: swap32, 8: swap64 })[size](whole)
  const { buffer, byteOffset } = whole
  if (size === 8) return new Float64Array(buffer, byteOffset, count)
  if (size === 4) return new Float32Array(buffer, byteOffset, count)
  return halves(new Uint16Array(buffer, byteOffset, count))
}

const swap16 = (bytes: Buffer) => bytes.swap16()
const swap32 = (bytes: Buffer) => bytes.swap32()
const swap64 = (bytes: Buffer) => bytes.swap64()

function aligned(bytes: Buffer, size: number): Buffer {
  return bytes.byteOffset % size === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer)
}

/** Numbers of 16 bits as doubles. */
export function halves(words: Uint16Array): Float64Array {
  TABLE ??= Float64Array.from({ length: 1 << 16 }, (_, word) => half(word))
  const numbers = new Float64Array(words.length)
  for (let index = 0; index < words.length; index++) numbers[index] = TABLE[words[index]!]!
  return numbers
}

let TABLE: Float64Array | undefined

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
export function half(word: number): number {
  const sign = word & 0x8000 ? -1 : 1
  const exponent = (word >> 10) & 31
  const fraction = word & 0x3ff
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}
