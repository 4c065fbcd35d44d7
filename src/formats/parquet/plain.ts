/** The PLAIN encoding: values as in memory, byte arrays each preceded by their length, booleans as bits. */
import { wordAt } from '../../io/byte-reader.js'
import { withLengths } from '../../kernel/host/texts.js'
import { corrupt } from './corrupt.js'
import {
  bytesOf,
  copyBytes,
  newArray,
  type PhysicalType,
  sizeOf,
  type ValueReader,
  type Values,
  viewOf,
} from './values.js'

/** Reads PLAIN values. */
export function plainReader(type: PhysicalType, bytes: Uint8Array): ValueReader {
  if (type.name === 'BYTE_ARRAY') return new PlainBytes(bytes)
  return type.name === 'BOOLEAN' ? new PlainBits(bytes) : new PlainNumbers(type, bytes)
}

const truncated = () => corrupt('the values of a page are truncated')

class PlainNumbers implements ValueReader {
  #at = 0

  constructor(
    readonly type: PhysicalType,
    readonly bytes: Uint8Array,
  ) {}

  take(length: number): Values {
    const end = this.#at + length * sizeOf(this.type)
    if (end > this.bytes.length) throw truncated()
    const data = viewOf(this.type, this.bytes.subarray(this.#at, end))
    this.#at = end
    return { length, data }
  }
}

class PlainBits implements ValueReader {
  #at = 0

  constructor(readonly bytes: Uint8Array) {}

  take(length: number): Values {
    const end = this.#at + length
    if (end > 8 * this.bytes.length) throw truncated()
    const data = new Uint8Array(length)
    for (let at = 0, bit = this.#at; at < length; at++, bit++) data[at] = (this.bytes[bit >> 3]! >> (bit & 7)) & 1
    this.#at = end
    return { length, data }
  }
}

class PlainBytes implements ValueReader {
  #at = 0

  constructor(readonly bytes: Uint8Array) {}

  take(length: number): Values {
    const { bytes } = this
    const start = this.#at
    const offsets = new Int32Array(length + 1)
    let at = start
    for (let index = 1; index <= length; index++) {
      if (at + 4 > bytes.length) throw truncated()
      const size = wordAt(bytes, at)
      at += 4 + size
      if (size < 0 || at > bytes.length) throw truncated()
      offsets[index] = at - start - 4 * index
    }
    const data = new Uint8Array(at - start - 4 * length)
    for (let index = 0; index < length; index++) {
      const to = offsets[index]!
      copyBytes(bytes, start + to + 4 * (index + 1), data, to, offsets[index + 1]! - to)
    }
    this.#at = at
    return { length, data, offsets }
  }
}

/** Encodes values as PLAIN. */
export function encodePlain(type: PhysicalType, values: Values): Uint8Array {
  if (type.name === 'BOOLEAN') return packBits(values.data as Uint8Array, values.length)
  const { data, offsets, length } = values
  return offsets ? withLengths(data as Uint8Array, offsets.subarray(0, length + 1)) : bytesOf(data)
}

function packBits(truths: Uint8Array, length: number): Uint8Array {
  const bits = new Uint8Array((length + 7) >> 3)
  for (let at = 0; at < length; at++) bits[at >> 3]! |= truths[at]! << (at & 7)
  return bits
}

/** The BYTE_STREAM_SPLIT encoding: the first bytes of all values, then the second ones, and so on, without nulls. */
export function splitStreamReader(type: PhysicalType, bytes: Uint8Array): ValueReader {
  const size = sizeOf(type)
  const count = bytes.length / size
  if (!Number.isInteger(count) || type.name === 'BOOLEAN' || type.name === 'BYTE_ARRAY') throw truncated()
  let start = 0
  return {
    take(length) {
      if (start + length > count) throw truncated()
      const data = newArray(type, length)
      const out = bytesOf(data)
      for (let byte = 0; byte < size; byte++) {
        const from = byte * count + start
        for (let index = 0, at = byte; index < length; index++, at += size) out[at] = bytes[from + index]!
      }
      start += length
      return { length, data }
    },
  }
}
