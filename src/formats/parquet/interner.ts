/** A dictionary under construction: distinct values, compared by their bytes. */
import { bytesOf, newArray, type PhysicalType, sizeOf, type Values, viewOf } from './values.js'

/** Limits on a dictionary; a larger one does not pay off. */
const MOST_VALUES = 1 << 16
const MOST_BYTES = 1 << 20

/** Whether a dictionary of all of some values would not be too large. */
export function fitsInterner({ length, data }: Values): boolean {
  return length <= MOST_VALUES && data.byteLength <= MOST_BYTES
}

export class Interner {
  readonly #type: PhysicalType
  /** The bytes of all values, and the offset of each. */
  #bytes = new Uint8Array(1 << 12)
  #ends = new Int32Array(1 << 8)
  #length = 0
  /** A hash table of indices plus one; at most half full. */
  #table = new Int32Array(1 << 9)

  constructor(type: PhysicalType) {
    this.#type = type
  }

  get length(): number {
    return this.#length
  }

  /** The values in the order of insertion. */
  get values(): Values {
    const length = this.#length
    const bytes = this.#bytes.subarray(0, this.#ends[length])
    if (this.#type.name === 'BYTE_ARRAY') return { length, data: bytes, offsets: this.#ends.subarray(0, length + 1) }
    return { length, data: length === 0 ? newArray(this.#type, 0) : viewOf(this.#type, bytes) }
  }

  /**
   * The dictionary indices of values, which are added as needed; undefined if the dictionary would become too large.
   */
  intern({ data, offsets, length }: Values): Int32Array | undefined {
    const bytes = bytesOf(data)
    const size = offsets ? 0 : sizeOf(this.#type)
    const indices = new Int32Array(length)
    for (let at = 0; at < length; at++) {
      const start = offsets ? offsets[at]! : at * size
      const index = this.#indexOf(bytes, start, offsets ? offsets[at + 1]! : start + size)
      if (index < 0) return undefined
      indices[at] = index
    }
    return indices
  }

  /** The same for one value. */
  internOne({ data, offsets }: Values, at: number): number {
    const size = offsets ? 0 : sizeOf(this.#type)
    const start = offsets ? offsets[at]! : at * size
    return this.#indexOf(bytesOf(data), start, offsets ? offsets[at + 1]! : start + size)
  }

  #indexOf(bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#table.length - 1
    for (let slot = hashOf(bytes, start, end) & mask; ; slot = (slot + 1) & mask) {
      const index = this.#table[slot]! - 1
      if (index < 0) return this.#add(bytes, start, end, slot)
      if (this.#isAt(index, bytes, start, end)) return index
    }
  }

  #isAt(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#ends[index]!
    if (this.#ends[index + 1]! - from !== end - start) return false
    for (let at = start, own = from; at < end; at++, own++) if (bytes[at] !== this.#bytes[own]) return false
    return true
  }

  #add(bytes: Uint8Array, start: number, end: number, slot: number): number {
    const index = this.#length
    const from = this.#ends[index]!
    const to = from + end - start
    if (index === MOST_VALUES || to > MOST_BYTES) return -1
    if (to > this.#bytes.length) this.#bytes = grown(this.#bytes, Math.max(2 * this.#bytes.length, to))
    if (index + 2 > this.#ends.length) this.#ends = grown(this.#ends, 2 * this.#ends.length)
    this.#bytes.set(bytes.subarray(start, end), from)
    this.#ends[index + 1] = to
    this.#table[slot] = ++this.#length
    if (2 * this.#length > this.#table.length) this.#rehash()
    return index
  }

  #rehash(): void {
    const table = new Int32Array(2 * this.#table.length)
    for (let index = 0; index < this.#length; index++) {
      let slot = hashOf(this.#bytes, this.#ends[index]!, this.#ends[index + 1]!) & (table.length - 1)
      while (table[slot] !== 0) slot = (slot + 1) & (table.length - 1)
      table[slot] = index + 1
    }
    this.#table = table
  }
}

function grown<T extends Uint8Array | Int32Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length)
  larger.set(array)
  return larger
}

/** FNV-1a with the upper bits mixed in, as the lower ones select the slot. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  return hash ^ (hash >>> 15)
}
