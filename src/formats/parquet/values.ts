/** Contiguous nonnull values of a Parquet physical type. */
import { corrupt } from './corrupt.js'

/** The physical types in the order of their numbers in the footer. */
export const PHYSICAL_TYPES = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
] as const

type PhysicalName = (typeof PHYSICAL_TYPES)[number]

/** A physical type; `length` is the size of a FIXED_LEN_BYTE_ARRAY in bytes. */
export interface PhysicalType {
  name: PhysicalName
  length: number
}

/** The array types that hold values of a physical type. */
export type ValueArray = Uint8Array | Int32Array | BigInt64Array | Float32Array | Float64Array

/** Values. */
export interface Values {
  length: number
  /** Numbers; for BOOLEAN a byte each, 0 or 1; for INT96 and byte arrays, their bytes. */
  data: ValueArray
  /** For BYTE_ARRAY: `length + 1` offsets into the bytes, not necessarily starting at 0. */
  offsets?: Int32Array
}

/** Reads the values of a page in order. */
export interface ValueReader {
  take(count: number): Values
}

const ARRAYS = {
  BOOLEAN: Uint8Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  INT96: Uint8Array,
  FLOAT: Float32Array,
  DOUBLE: Float64Array,
  BYTE_ARRAY: Uint8Array,
  FIXED_LEN_BYTE_ARRAY: Uint8Array,
} as const

/** An array for values of a fixed size. */
export function newArray(type: PhysicalType, count: number, room?: Room): ValueArray {
  const array = ARRAYS[type.name]
  const length = count * stepOf(type)
  return room ? new array(room(length * array.BYTES_PER_ELEMENT).buffer as ArrayBuffer, 0, length) : new array(length)
}

/** Allocates memory of this size. */
export type Room = (bytes: number) => Buffer

/** The number of `data` elements per value of a fixed size. */
export function stepOf({ name, length }: PhysicalType): number {
  return name === 'FIXED_LEN_BYTE_ARRAY' ? length : name === 'INT96' ? 12 : 1
}

/** The size of a fixed-size value in a page, in bytes. */
export function sizeOf(type: PhysicalType): number {
  return ARRAYS[type.name].BYTES_PER_ELEMENT * stepOf(type)
}

/** Views bytes as numbers; copies them only if they are misaligned. */
export function viewOf(type: PhysicalType, bytes: Uint8Array): ValueArray {
  const array = ARRAYS[type.name]
  const size = array.BYTES_PER_ELEMENT
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes)
  return new array(buffer as ArrayBuffer, byteOffset, byteLength / size)
}

/** The bytes of an array. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)
}

/** An array that values are written to one after the other, as far as they fit. */
export class Target {
  #at = 0

  constructor(readonly array: ValueArray) {}

  /** The room for the next values; undefined if it is too small. */
  next(count: number): ValueArray | undefined {
    const end = this.#at + count
    if (end > this.array.length) return undefined
    const part = this.array.subarray(this.#at, end)
    this.#at = end
    return part
  }
}

/** Concatenates values; those that are contiguous in memory are not copied. */
export function concatValues(type: PhysicalType, parts: readonly Values[], room?: Room): Values {
  if (parts.length === 1) return parts[0]!
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (parts.length > 0 && isOneArray(parts)) {
    const [{ data }] = parts as [Values]
    return { length, data: viewOf(type, new Uint8Array(data.buffer, data.byteOffset, length * sizeOf(type))) }
  }
  if (type.name === 'BYTE_ARRAY') return concatBytes(parts, length)
  const data = newArray(type, length, room)
  let at = 0
  for (const part of parts) {
    data.set(part.data as never, at)
    at += part.data.length
  }
  return { length, data }
}

/** Whether values of a fixed size are contiguous in memory. */
function isOneArray(parts: readonly Values[]): boolean {
  return parts.every(({ data, offsets }, index) => {
    const next = parts[index + 1]?.data
    return !offsets && (!next || (next.buffer === data.buffer && next.byteOffset === data.byteOffset + data.byteLength))
  })
}

function concatBytes(parts: readonly Values[], length: number): Values {
  const sizes = parts.map(({ offsets, length }) => offsets![length]! - offsets![0]!)
  const data = new Uint8Array(checkedSize(sizes.reduce((sum, size) => sum + size, 0)))
  const offsets = new Int32Array(length + 1)
  let [at, byte] = [0, 0]
  for (const [index, part] of parts.entries()) {
    const first = part.offsets![0]!
    data.set((part.data as Uint8Array).subarray(first, first + sizes[index]!), byte)
    for (let value = 1; value <= part.length; value++) offsets[at + value] = part.offsets![value]! - first + byte
    at += part.length
    byte += sizes[index]!
  }
  return { length, data, offsets }
}

/** The dictionary values at some indices; those of a fixed size are written to the array that `out` returns. */
export function lookUpValues(
  type: PhysicalType,
  { data, offsets }: Values,
  indices: Int32Array,
  out = (length: number) => newArray(type, length),
): Values {
  if (offsets) return lookUpBytes(data as Uint8Array, offsets, indices)
  return { length: indices.length, data: lookUpFixed(stepOf(type), data, indices, out(indices.length)) }
}

function lookUpFixed(step: number, data: ValueArray, indices: Int32Array, out: ValueArray): ValueArray {
  if (out.BYTES_PER_ELEMENT === 4) lookUpWords(wordsOf(data), indices, wordsOf(out))
  else if (out.BYTES_PER_ELEMENT === 8) lookUpPairs(wordsOf(data), indices, wordsOf(out))
  else
    for (let at = 0; at < indices.length; at++)
      copyBytes(data as Uint8Array, indices[at]! * step, out as Uint8Array, at * step, step)
  return out
}

function wordsOf({ buffer, byteOffset, byteLength }: ValueArray): Int32Array {
  return new Int32Array(buffer as ArrayBuffer, byteOffset, byteLength / 4)
}

function lookUpWords(words: Int32Array, indices: Int32Array, out: Int32Array): void {
  for (let at = 0; at < indices.length; at++) out[at] = words[indices[at]!]!
}

/** In halves: a BigInt per value takes ten times as long, and a double may not preserve the bits of a NaN. */
function lookUpPairs(words: Int32Array, indices: Int32Array, out: Int32Array): void {
  for (let at = 0; at < indices.length; at++) {
    out[2 * at] = words[2 * indices[at]!]!
    out[2 * at + 1] = words[2 * indices[at]! + 1]!
  }
}

function lookUpBytes(data: Uint8Array, offsets: Int32Array, indices: Int32Array): Values {
  const { length } = indices
  const ends = new Int32Array(length + 1)
  let size = 0
  for (let at = 0; at < length; at++) {
    const index = indices[at]!
    size += offsets[index + 1]! - offsets[index]!
    ends[at + 1] = size
  }
  const out = new Uint8Array(checkedSize(size))
  for (let at = 0; at < length; at++) {
    copyBytes(data, offsets[indices[at]!]!, out, ends[at]!, ends[at + 1]! - ends[at]!)
  }
  return { length, data: out, offsets: ends }
}

/** Offsets have 32 bits. */
export function checkedSize(bytes: number): number {
  if (bytes > 0x7fffffff) throw corrupt('some values exceed 2 GiB in total')
  return bytes
}

/** Copies bytes: for few bytes, a loop is faster than a call. */
export function copyBytes(from: Uint8Array, start: number, to: Uint8Array, at: number, length: number): void {
  if (length > 32) to.set(from.subarray(start, start + length), at)
  else for (let index = 0; index < length; index++) to[at + index] = from[start + index]!
}
