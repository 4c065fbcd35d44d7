/**
 * As much of Thrift's compact protocol as shows what a header of Parquet holds and where it ends. It believes no count: a
 * list has no more items than there are bytes left, so that a damaged header costs no more than its length.
 */

/** The fields of a struct by their numbers: integers, truths and structs; of anything else, only that it is there. */
export type Struct = Map<number, number | boolean | Struct | undefined>

const STOP = 0
const TRUE = 1
const FALSE = 2
const BYTE = 3
const INTEGERS = [4, 5, 6]
/** Of 32 and of 64 bits. */
const INTEGER = 5
const LONG = 6
const DOUBLE = 7
const BINARY = 8
const LIST = 9
const STRUCT = 12
/** How deep structs and lists may stand in one another. */
const DEEPEST = 32

/** Reads a struct at the start of some bytes. */
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
    if (deepest === 0) throw new RangeError('a header is nested too deep')
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
    if (this.at > this.#bytes.length) throw new RangeError('a header ends too early')
  }

  #unsigned(): number {
    let sum = 0
    for (let weight = 1; ; weight *= 128) {
      const byte = this.#byte()
      sum += (byte & 127) * weight
      if (byte < 128) return sum
      if (weight > 2 ** 63) throw new RangeError('a header has an endless number')
    }
  }

  #integer(): number {
    const zigzag = this.#unsigned()
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
  }
}

/** A value that is written and not negative: an integer of 32 or 64 bits, below 2^52; false; a struct; structs. */
type FieldValue = number | bigint | false | Fields | { list: readonly Fields[] }

/** The fields of a struct that is written, in the order of their numbers. */
export type Fields = readonly (readonly [id: number, value: FieldValue])[]

/** A struct. */
export function thriftStruct(fields: Fields): Uint8Array {
  const bytes: number[] = []
  writeStruct(fields, bytes)
  return Uint8Array.from(bytes)
}

function writeStruct(fields: Fields, bytes: number[]): void {
  let last = 0
  for (const [id, value] of fields) {
    bytes.push(((id - last) << 4) | typeOf(value))
    writeValue(value, bytes)
    last = id
  }
  bytes.push(STOP)
}

function typeOf(value: FieldValue): number {
  if (typeof value === 'number') return INTEGER
  if (typeof value === 'bigint') return LONG
  if (value === false) return FALSE
  return 'list' in value ? LIST : STRUCT
}

function writeValue(value: FieldValue, bytes: number[]): void {
  if (typeof value === 'number' || typeof value === 'bigint') writeInteger(Number(value), bytes)
  else if (value && 'list' in value) writeList(value.list, bytes)
  else if (value) writeStruct(value, bytes)
}

function writeList(structs: readonly Fields[], bytes: number[]): void {
  const { length } = structs
  if (length < 15) bytes.push((length << 4) | STRUCT)
  else {
    bytes.push(0xf0 | STRUCT)
    writeVarint(length, bytes)
  }
  for (const fields of structs) writeStruct(fields, bytes)
}

/** The lowest bit is that of the sign. */
function writeInteger(value: number, bytes: number[]): void {
  writeVarint(2 * value, bytes)
}

function writeVarint(value: number, bytes: number[]): void {
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
}
