/**
 * The delta encodings of Parquet: integers as differences, bit-packed with a width per miniblock
 * (https://parquet.apache.org/docs/file-format/data-pages/encodings/#delta-encoding-delta_binary_packed--5); byte
 * arrays preceded by all their lengths; and byte arrays as the suffix after the prefix shared with the previous one.
 *
 * 64-bit differences are added in two halves: a BigInt per value takes ten times as long.
 */
import { corrupt } from './corrupt.js'
import { checkedSize, copyBytes, type PhysicalType, type ValueReader, type Values } from './values.js'

const truncated = () => corrupt('the deltas of a page are truncated')

/** Reads DELTA_BINARY_PACKED integers. */
class DeltaReader {
  readonly #bytes: Uint8Array
  #at: number
  readonly #start: number
  readonly #miniblocks: number
  readonly #miniblockSize: number
  /** How many values are left, and whether the next one is the first value, in the header. */
  #left: number
  #isFirst = true
  /** The previous value and the minimum difference of the block, in halves. */
  #low = 0
  #high = 0
  #minLow = 0
  #minHigh = 0
  /** The offset of the bit widths, the current miniblock, and what is left of it. */
  #widths = 0
  #miniblock: number
  #width = 0
  #bit = 0
  #inMiniblock = 0
  /** The halves of the last variable-length integer. */
  #varLow = 0
  #varHigh = 0

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#at = at
    const blockSize = this.#count()
    this.#miniblocks = this.#count()
    this.#left = this.#count()
    this.#zigzag()
    this.#low = this.#varLow
    this.#high = this.#varHigh
    this.#start = this.#at
    this.#miniblock = this.#miniblocks
    this.#miniblockSize = blockSize / this.#miniblocks
    const isSound = this.#miniblocks > 0 && this.#miniblockSize % 8 === 0 && this.#miniblockSize > 0
    if (!isSound) throw corrupt('the header of the deltas of a page is corrupt')
  }

  /** Fills an array with the next values; 32-bit integers are the lower halves of 64-bit ones. */
  fill(out: Int32Array | BigInt64Array): void {
    if (out.length > this.#left) throw truncated()
    this.#left -= out.length
    const words = new Int32Array(out.buffer, out.byteOffset, out.byteLength / 4)
    const step = words.length === out.length ? 1 : 2
    let at = 0
    if (this.#isFirst && out.length > 0) {
      this.#isFirst = false
      this.#put(words, at, step)
      at += step
    }
    while (at < words.length) {
      if (this.#inMiniblock === 0) this.#nextMiniblock()
      const end = Math.min(words.length, at + step * this.#inMiniblock)
      if (step === 1) this.#sumWords(words, at, end)
      else this.#sumPairs(words, at, end)
      this.#inMiniblock -= (end - at) / step
      at = end
    }
  }

  #put(words: Int32Array, at: number, step: number): void {
    words[at] = this.#low
    if (step === 2) words[at + 1] = this.#high
  }

  #sumWords(words: Int32Array, start: number, end: number): void {
    const bytes = this.#bytes
    const width = this.#width
    const mask = width >= 32 ? -1 : (1 << width) - 1
    let low = this.#low
    for (let at = start; at < end; at++, this.#bit += width) {
      low = (low + this.#minLow + (wordAtBit(bytes, this.#bit) & mask)) | 0
      words[at] = low
    }
    this.#low = low
  }

  #sumPairs(words: Int32Array, start: number, end: number): void {
    const bytes = this.#bytes
    const width = this.#width
    const mask = width >= 32 ? -1 : (1 << width) - 1
    const highMask = width >= 64 ? -1 : width > 32 ? (1 << (width - 32)) - 1 : 0
    let [low, high] = [this.#low, this.#high]
    for (let at = start; at < end; at += 2, this.#bit += width) {
      const deltaLow = wordAtBit(bytes, this.#bit) & mask
      const deltaHigh = highMask === 0 ? 0 : wordAtBit(bytes, this.#bit + 32) & highMask
      const sum = (low >>> 0) + (this.#minLow >>> 0) + (deltaLow >>> 0)
      // The sum of three halves carries 0, 1 or 2.
      high = (high + this.#minHigh + deltaHigh + Math.floor(sum / 4294967296)) | 0
      low = sum | 0
      words[at] = low
      words[at + 1] = high
    }
    this.#low = low
    this.#high = high
  }

  #nextMiniblock(): void {
    if (this.#miniblock === this.#miniblocks) {
      this.#zigzag()
      this.#minLow = this.#varLow
      this.#minHigh = this.#varHigh
      this.#widths = this.#at
      this.#at += this.#miniblocks
      this.#miniblock = 0
    }
    this.#width = this.#widthAt(this.#widths + this.#miniblock++)
    this.#bit = 8 * this.#at
    this.#inMiniblock = this.#miniblockSize
    this.#at += (this.#miniblockSize * this.#width) / 8
    if (this.#at > this.#bytes.length) throw truncated()
  }

  #widthAt(at: number): number {
    const width = this.#bytes[at]
    if (width === undefined) throw truncated()
    if (width > 64) throw corrupt(`a page has deltas of ${width} bits`)
    return width
  }

  /** The end of the last value; must be called before any value is read. */
  end(): number {
    for (let left = this.#left - 1; left > 0; ) {
      this.#zigzag()
      const widths = this.#at
      this.#at += this.#miniblocks
      for (let index = 0; index < this.#miniblocks && left > 0; index++, left -= this.#miniblockSize) {
        this.#at += (this.#miniblockSize * this.#widthAt(widths + index)) / 8
      }
      if (this.#at > this.#bytes.length) throw truncated()
    }
    const end = this.#at
    this.#at = this.#start
    return end
  }

  #count(): number {
    this.#varint()
    if (this.#varHigh !== 0 || this.#varLow < 0) throw corrupt('the header of the deltas of a page is corrupt')
    return this.#varLow
  }

  #zigzag(): void {
    this.#varint()
    const sign = -(this.#varLow & 1)
    this.#varLow = ((this.#varLow >>> 1) | (this.#varHigh << 31)) ^ sign
    this.#varHigh = (this.#varHigh >>> 1) ^ sign
  }

  #varint(): void {
    let [low, high] = [0, 0]
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) break
      const bits = byte & 127
      if (shift < 32) low |= bits << shift
      if (shift > 25) high |= shift < 32 ? bits >>> (32 - shift) : bits << (shift - 32)
      if (byte >= 128) continue
      this.#varLow = low
      this.#varHigh = high
      return
    }
    throw truncated()
  }
}

/** The 32 bits at a bit offset; zeros past the end. */
function wordAtBit(bytes: Uint8Array, bit: number): number {
  const at = Math.floor(bit / 8)
  const shift = bit % 8
  const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
  return shift === 0 ? word : (word >>> shift) | (bytes[at + 4]! << (32 - shift))
}

/** Reads DELTA_BINARY_PACKED values. */
export function deltaReader({ name }: PhysicalType, bytes: Uint8Array): ValueReader {
  if (name !== 'INT32' && name !== 'INT64') throw corrupt(`a page has deltas of ${name}`)
  const reader = new DeltaReader(bytes)
  return {
    take(length) {
      const data = name === 'INT32' ? new Int32Array(length) : new BigInt64Array(length)
      reader.fill(data)
      return { length, data }
    },
  }
}

/** Reads DELTA_LENGTH_BYTE_ARRAY values, whose bytes are contiguous, as they are in memory. */
export function deltaLengthReader({ name }: PhysicalType, bytes: Uint8Array, at = 0): ValueReader {
  if (name !== 'BYTE_ARRAY') throw corrupt(`a page has lengths of ${name}`)
  const lengths = new DeltaReader(bytes, at)
  let byte = lengths.end()
  return {
    take(length) {
      const offsets = lengthsToOffsets(lengths, length)
      const size = offsets[length]!
      if (size > bytes.length - byte) throw truncated()
      byte += size
      return { length, data: bytes.subarray(byte - size, byte), offsets }
    },
  }
}

function lengthsToOffsets(lengths: DeltaReader, count: number): Int32Array {
  const offsets = new Int32Array(count + 1)
  lengths.fill(offsets.subarray(1))
  for (let index = 1, sum = 0; index <= count; index++) {
    if (offsets[index]! < 0) throw corrupt('a page has a value of negative length')
    sum = checkedSize(sum + offsets[index]!)
    offsets[index] = sum
  }
  return offsets
}

/** Reads DELTA_BYTE_ARRAY values: the length of the prefix shared with the previous value, and the suffix. */
export function deltaBytesReader(type: PhysicalType, bytes: Uint8Array): ValueReader {
  if (!/BYTE_ARRAY/.test(type.name)) throw corrupt(`a page has prefixes of ${type.name}`)
  const prefixes = new DeltaReader(bytes)
  const suffixes = deltaLengthReader({ name: 'BYTE_ARRAY', length: 0 }, bytes, prefixes.end())
  let last: Uint8Array = new Uint8Array()
  return {
    take(length) {
      const shared = new Int32Array(length)
      prefixes.fill(shared)
      const values = joinPrefixes(shared, suffixes.take(length), last)
      const { data, offsets } = values
      if (length > 0) last = (data as Uint8Array).subarray(offsets![length - 1]!)
      return type.name === 'BYTE_ARRAY' ? values : { length, data: requireSize(values, type) }
    },
  }
}

function joinPrefixes(shared: Int32Array, suffixes: Values, last: Uint8Array): Values {
  const { length, offsets: ends, data: rest } = suffixes as Required<Values>
  const offsets = new Int32Array(length + 1)
  for (let index = 0, size = last.length, sum = 0; index < length; index++) {
    if (shared[index]! < 0 || shared[index]! > size)
      throw corrupt('a value of a page shares a prefix longer than the value before it')
    size = shared[index]! + ends[index + 1]! - ends[index]!
    sum = checkedSize(sum + size)
    offsets[index + 1] = sum
  }
  const data = new Uint8Array(offsets[length]!)
  for (let index = 0; index < length; index++) {
    const at = offsets[index]!
    const same = shared[index]!
    if (index === 0) copyBytes(last, 0, data, at, same)
    else copyBytes(data, offsets[index - 1]!, data, at, same)
    copyBytes(rest as Uint8Array, ends[index]!, data, at + same, ends[index + 1]! - ends[index]!)
  }
  return { length, data, offsets }
}

function requireSize({ data, offsets, length }: Values, type: PhysicalType): Uint8Array {
  for (let index = 0; index <= length; index++) {
    if (offsets![index] !== index * type.length)
      throw corrupt(`a page has a value whose length is not ${type.length} bytes`)
  }
  return data as Uint8Array
}
