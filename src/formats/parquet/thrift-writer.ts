/** The subset of Thrift's compact protocol needed to write Parquet headers and footers. */

/**
 * Nonnegative integers of 32 and (as bigint) 64 bits, below 2^52; bytes, or text as UTF-8; a struct; a list of items of
 * one kind.
 */
type FieldValue = number | bigint | boolean | string | Uint8Array | Fields | List

interface List {
  list: readonly (number | string | Fields)[]
}

/** The fields of a struct in ascending order of their ids; undefined ones are omitted. */
export type Fields = readonly (readonly [id: number, value: FieldValue | undefined])[]

const STOP = 0
const TRUE = 1
const FALSE = 2
/** 32-bit and 64-bit integers. */
const INTEGER = 5
const LONG = 6
const BINARY = 8
const LIST = 9
const STRUCT = 12
/** The largest field id delta that fits into four bits. */
const MOST_STEP = 15

/** Encodes a struct. */
export function thriftStruct(fields: Fields): Uint8Array {
  const bytes: number[] = []
  writeStruct(fields, bytes)
  return Uint8Array.from(bytes)
}

function writeStruct(fields: Fields, bytes: number[]): void {
  let last = 0
  for (const [id, value] of fields) {
    if (value === undefined) continue
    const [type, step] = [typeOf(value), id - last]
    if (step <= MOST_STEP) bytes.push((step << 4) | type)
    else {
      bytes.push(type)
      writeInteger(id, bytes)
    }
    writeValue(value, bytes)
    last = id
  }
  bytes.push(STOP)
}

function typeOf(value: FieldValue): number {
  if (typeof value === 'boolean') return value ? TRUE : FALSE
  if (typeof value === 'number') return INTEGER
  if (typeof value === 'bigint') return LONG
  if (typeof value === 'string' || value instanceof Uint8Array) return BINARY
  return 'list' in value ? LIST : STRUCT
}

/** Writes a value; a boolean is encoded in its type. */
function writeValue(value: FieldValue, bytes: number[]): void {
  if (typeof value === 'boolean') return
  if (typeof value === 'number' || typeof value === 'bigint') writeInteger(Number(value), bytes)
  else if (typeof value === 'string') writeBytes(Buffer.from(value), bytes)
  else if (value instanceof Uint8Array) writeBytes(value, bytes)
  else if ('list' in value) writeList(value, bytes)
  else writeStruct(value, bytes)
}

function writeList({ list }: List, bytes: number[]): void {
  const { length } = list
  const type = length > 0 ? typeOf(list[0]!) : STRUCT
  if (length < 15) bytes.push((length << 4) | type)
  else {
    bytes.push(0xf0 | type)
    writeVarint(length, bytes)
  }
  for (const item of list) writeValue(item, bytes)
}

function writeBytes(value: Uint8Array, bytes: number[]): void {
  writeVarint(value.length, bytes)
  for (const byte of value) bytes.push(byte)
}

/** Zigzag encoding: the lowest bit is the sign. */
function writeInteger(value: number, bytes: number[]): void {
  writeVarint(2 * value, bytes)
}

function writeVarint(value: number, bytes: number[]): void {
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
}
