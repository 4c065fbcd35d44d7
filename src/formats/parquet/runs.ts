/**
 * The RLE/bit-packing hybrid of Parquet, which levels, dictionary indices and booleans are in: runs of one number, and
 * groups of eight that are packed in so many bits each, the least significant first
 * (https://parquet.apache.org/docs/file-format/data-pages/encodings/#run-length-encoding--bit-packing-hybrid-rle--3).
 */
import { corrupt } from './damage.js'

/** An array that numbers of runs go into. */
export type RunArray = Uint8Array | Int32Array

/** No dictionary index or level is wider. */
const MOST_WIDTH = 31

/** Reads the numbers of some bytes in order, any number at a time, so that a run costs nothing until it is read. */
export class RunReader {
  readonly #bytes: Uint8Array
  readonly #width: number
  #at = 0
  /** What is left of the run at hand: its number, or the bit where its next packed number begins. */
  #left = 0
  #isPacked = false
  #value = 0
  #bit = 0

  constructor(bytes: Uint8Array, width: number) {
    if (width > MOST_WIDTH) throw corrupt(`a page has numbers of ${width} bits`)
    this.#bytes = bytes
    this.#width = width
  }

  /** The number that each of the next `count` is, if they are in one run; undefined, with none read, if they are not. */
  constant(count: number): number | undefined {
    if (this.#left === 0 && count > 0) this.#nextRun()
    if (this.#isPacked || this.#left < count) return undefined
    this.#left -= count
    return this.#value
  }

  /** Fills an array. */
  fill<T extends RunArray>(out: T): T {
    for (let done = 0; done < out.length; ) {
      if (this.#left === 0) this.#nextRun()
      const count = Math.min(this.#left, out.length - done)
      if (this.#isPacked) {
        unpack(this.#bytes, this.#bit, this.#width, out, done, count)
        this.#bit += count * this.#width
      } else out.fill(this.#value, done, done + count)
      this.#left -= count
      done += count
    }
    return out
  }

  /** Fills an array with the values that the numbers are indices of; returns the largest index. */
  gather<T extends Int32Array | Float32Array | Float64Array>(values: T, out: T): number {
    let most = 0
    for (let done = 0; done < out.length; ) {
      if (this.#left === 0) this.#nextRun()
      const count = Math.min(this.#left, out.length - done)
      most = Math.max(most, this.#gatherRun(values, out, done, count))
      this.#left -= count
      done += count
    }
    return most
  }

  #gatherRun<T extends Int32Array | Float32Array | Float64Array>(values: T, out: T, at: number, count: number): number {
    if (!this.#isPacked) {
      out.fill(values[this.#value]!, at, at + count)
      return this.#value
    }
    const most = gatherPacked(this.#bytes, this.#bit, this.#width, values, out, at, count)
    this.#bit += count * this.#width
    return most
  }

  #nextRun(): void {
    const header = this.#varint()
    this.#isPacked = (header & 1) === 1
    this.#left = (header >>> 1) * (this.#isPacked ? 8 : 1)
    if (this.#isPacked) this.#nextPacked()
    else this.#nextRepeated()
    if (this.#left === 0) throw corrupt('a run of a page is empty')
  }

  #nextPacked(): void {
    // The last group may be cut short, where fewer than eight numbers are left.
    const bits = 8 * (this.#bytes.length - this.#at)
    if (this.#left * this.#width > bits) this.#left = Math.floor(bits / this.#width)
    this.#bit = 8 * this.#at
    this.#at += Math.ceil((this.#left * this.#width) / 8)
  }

  #nextRepeated(): void {
    const size = (this.#width + 7) >> 3
    if (this.#at + size > this.#bytes.length) throw corrupt('a run of a page is cut short')
    let value = 0
    for (let byte = size - 1; byte >= 0; byte--) value = (value << 8) | this.#bytes[this.#at + byte]!
    if (value < 0 || (this.#width < 31 && value >> this.#width !== 0))
      throw corrupt('a run of a page has a number that is too large')
    this.#value = value
    this.#at += size
  }

  #varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) break
      value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
    throw corrupt('the runs of a page are cut short')
  }
}

/** Unpacks `count` numbers of `width` bits, the first at bit `bit`. */
function unpack(bytes: Uint8Array, bit: number, width: number, out: RunArray, start: number, count: number): void {
  const end = start + count
  if (width === 1) {
    unpackBits(bytes, bit, out, start, end)
  } else if (width === 8) {
    out.set(bytes.subarray(bit >>> 3, (bit >>> 3) + count), start)
  } else if (width <= 24) {
    const mask = (1 << width) - 1
    for (let at = start; at < end; at++, bit += width) {
      const byte = bit >>> 3
      // Bytes behind the end are undefined, and zeros here.
      const word = bytes[byte]! | (bytes[byte + 1]! << 8) | (bytes[byte + 2]! << 16) | (bytes[byte + 3]! << 24)
      out[at] = (word >>> (bit & 7)) & mask
    }
  } else {
    for (let at = start; at < end; at++, bit += width) out[at] = wideAt(bytes, bit, width)
  }
}

/** The values that packed numbers are indices of: a page of these is read without an array of indices. */
function gatherPacked(
  bytes: Uint8Array,
  bit: number,
  width: number,
  values: Int32Array | Float32Array | Float64Array,
  out: Int32Array | Float32Array | Float64Array,
  start: number,
  count: number,
): number {
  if (width > 24) return gatherWide(bytes, bit, width, values, out, start, count)
  const mask = (1 << width) - 1
  let most = 0
  for (let at = start; at < start + count; at++, bit += width) {
    const byte = bit >>> 3
    // Bytes behind the end are undefined, and zeros here.
    const word = bytes[byte]! | (bytes[byte + 1]! << 8) | (bytes[byte + 2]! << 16) | (bytes[byte + 3]! << 24)
    const index = (word >>> (bit & 7)) & mask
    if (index > most) most = index
    out[at] = values[index]!
  }
  return most
}

function gatherWide(
  bytes: Uint8Array,
  bit: number,
  width: number,
  values: Int32Array | Float32Array | Float64Array,
  out: Int32Array | Float32Array | Float64Array,
  start: number,
  count: number,
): number {
  let most = 0
  for (let at = start; at < start + count; at++, bit += width) {
    const index = wideAt(bytes, bit, width)
    most = Math.max(most, index)
    out[at] = values[index]!
  }
  return most
}

/** Numbers of one bit, eight at a time. */
function unpackBits(bytes: Uint8Array, bit: number, out: RunArray, start: number, end: number): void {
  let at = start
  for (; at < end && (bit & 7) !== 0; at++, bit++) out[at] = (bytes[bit >>> 3]! >> (bit & 7)) & 1
  for (; at + 8 <= end; at += 8, bit += 8) {
    const byte = bytes[bit >>> 3]!
    out[at] = byte & 1
    out[at + 1] = (byte >> 1) & 1
    out[at + 2] = (byte >> 2) & 1
    out[at + 3] = (byte >> 3) & 1
    out[at + 4] = (byte >> 4) & 1
    out[at + 5] = (byte >> 5) & 1
    out[at + 6] = (byte >> 6) & 1
    out[at + 7] = byte >> 7
  }
  for (; at < end; at++, bit++) out[at] = (bytes[bit >>> 3]! >> (bit & 7)) & 1
}

/** A number of 25 to 31 bits, which reaches over five bytes. */
function wideAt(bytes: Uint8Array, bit: number, width: number): number {
  const byte = bit >>> 3
  let sum = 0
  for (let index = 4; index >= 0; index--) sum = sum * 256 + (bytes[byte + index] ?? 0)
  return Math.floor(sum / 2 ** (bit & 7)) % 2 ** width
}

/** Levels in the deprecated BIT_PACKED encoding: packed from the most significant bit of each byte on, without a header. */
export function unpackLevels(bytes: Uint8Array, width: number, out: Uint8Array): Uint8Array {
  if (bytes.length * 8 < out.length * width) throw corrupt('the levels of a page are cut short')
  for (let at = 0, bit = 0; at < out.length; at++) {
    let value = 0
    for (let end = bit + width; bit < end; bit++) value = (value << 1) | ((bytes[bit >>> 3]! >> (7 - (bit & 7))) & 1)
    out[at] = value
  }
  return out
}

/** The bits that numbers up to `most` take. */
export function widthOf(most: number): number {
  return 32 - Math.clz32(most)
}
