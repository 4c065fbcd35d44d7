/**
 * The subset of Thrift's compact protocol needed to validate Parquet headers and find their end. Counts are not
 * trusted: a list cannot have more items than bytes are left, so the cost of a corrupt header is bounded by its size.
 */

/** The fields of a struct by id: integers, booleans and structs; other types only as present. */
export type Struct = Map<number, number | boolean | Struct | undefined>

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

  #value(type: number, deepest: number): number | Struct | undefined {
    if (deepest === 0) throw new RangeError('a header is nested too deeply')
    if (INTEGERS.includes(type)) return this.#integer()
    if (type === STRUCT) return this.struct(deepest - 1)
    if (type === BYTE || type === TRUE || type === FALSE) this.#skip(1)
    else if (type === DOUBLE) this.#skip(8)
    else if (type === BINARY) this.#skip(this.#unsigned())
    else if (type === LIST) this.#list(deepest - 1)
    else throw new RangeError(`a header has a field of type ${type}`)
    return undefined
  }

  #list(deepest: number): void {
    const byte = this.#byte()
    const count = byte >> 4 === 15 ? this.#unsigned() : byte >> 4
    if (count > this.#bytes.length - this.at) throw new RangeError('a header has more items than bytes')
    for (let item = 0; item < count; item++) this.#value(byte & 15, deepest)
  }

  #byte(): number {
    this.#skip(1)
    return this.#bytes[this.at - 1]!
  }

  #skip(bytes: number): void {
    this.at += bytes
    if (this.at > this.#bytes.length) throw new RangeError('a header is truncated')
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

  #integer(): number {
    const zigzag = this.#unsigned()
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
  }
}
