/**
 * Reads Thrift's compact protocol, as used by Parquet headers and footers. Counts are not trusted: a list cannot have
 * more items than bytes are left, so the cost of a corrupt header is bounded by its size.
 */

/** A value; floating-point numbers, which Parquet does not use, are undefined. */
type ThriftValue = number | boolean | Uint8Array | ThriftValue[] | Struct | undefined

/** The fields of a struct by id. */
export type Struct = Map<number, ThriftValue>

const STOP = 0
const TRUE = 1
const FALSE = 2
const BYTE = 3
const INTEGERS = [4, 5, 6]
const DOUBLE = 7
const BINARY = 8
const LIST = 9
const STRUCT = 12
/** The nesting limit for structs and lists. */
const DEEPEST = 32

/** Decodes a struct at the start of some bytes. */
export class ThriftReader {
  readonly #bytes: Uint8Array
  at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  struct(deepest = DEEPEST): Struct {
    const fields: Struct = new Map()
    for (let id = 0; ; ) {
      const byte = this.#byte()
      const type = byte & 15
      if (type === STOP) return fields
      id = byte >> 4 ? id + (byte >> 4) : this.#integer()
      fields.set(id, type === TRUE ? true : type === FALSE ? false : this.#value(type, deepest))
    }
  }

  /** A value that is a field, or an item of a list, where a boolean is a byte. */
  #value(type: number, deepest: number): ThriftValue {
    if (deepest === 0) throw new RangeError('a header is nested too deeply')
    if (INTEGERS.includes(type)) return this.#integer()
    if (type === STRUCT) return this.struct(deepest - 1)
    if (type === BINARY) return this.#take(this.#unsigned())
    if (type === LIST) return this.#list(deepest - 1)
    // A signed byte.
    if (type === BYTE) return (this.#byte() << 24) >> 24
    if (type === TRUE || type === FALSE) return this.#byte() === TRUE
    if (type !== DOUBLE) throw new RangeError(`a header has a field of type ${type}`)
    this.#take(8)
    return undefined
  }

  #list(deepest: number): ThriftValue[] {
    const byte = this.#byte()
    const count = byte >> 4 === 15 ? this.#unsigned() : byte >> 4
    if (count > this.#bytes.length - this.at) throw new RangeError('a header has more items than bytes')
    return Array.from({ length: count }, () => this.#value(byte & 15, deepest))
  }

  #byte(): number {
    if (this.at === this.#bytes.length) throw new RangeError('a header is truncated')
    return this.#bytes[this.at++]!
  }

  #take(bytes: number): Uint8Array {
    const start = this.at
    this.at += bytes
    if (this.at > this.#bytes.length) throw new RangeError('a header is truncated')
    return this.#bytes.subarray(start, this.at)
  }

  #unsigned(): number {
    let sum = 0
    for (let weight = 1; ; weight *= 128) {
      const byte = this.#byte()
      sum += (byte & 127) * weight
      if (byte < 128) return sum
      if (weight > 2 ** 63) throw new RangeError('a header has a number that is too long')
    }
  }

  /** Beyond 2^53, the nearest number. */
  #integer(): number {
    const zigzag = this.#unsigned()
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
  }
}

/** A field of a struct; undefined if it is absent or has another type. */
export function integerAt(struct: Struct, id: number): number | undefined {
  const value = struct.get(id)
  return typeof value === 'number' ? value : undefined
}

export function isTrueAt(struct: Struct, id: number): boolean {
  return struct.get(id) === true
}

export function textAt(struct: Struct, id: number): string | undefined {
  const value = struct.get(id)
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.length).toString() : undefined
}

export function structAt(struct: Struct, id: number): Struct | undefined {
  const value = struct.get(id)
  return value instanceof Map ? value : undefined
}

/** The structs of a list. */
export function structsAt(struct: Struct, id: number): Struct[] {
  const value = struct.get(id)
  return Array.isArray(value) ? value.filter((item) => item instanceof Map) : []
}
