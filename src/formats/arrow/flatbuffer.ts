/**
 * Flatbuffers (https://flatbuffers.dev/internals/), as far as Arrow metadata needs them: tables with field slots,
 * strings, and vectors of tables, structs and integers. A corrupt buffer throws E_CORRUPT, whatever its offsets are.
 */
import { bytesOfText, textOfBytes } from '../../core/byte-text.js'
import { corrupt } from './corrupt.js'

/** Bounds-checked access to the bytes of a flatbuffer. */
class FlatBytes {
  readonly #view: DataView
  /** A limit on the tables to read: a corrupt buffer may refer to the same ones again and again. */
  #tables: number

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#view = new DataView(buffer, byteOffset, byteLength)
    this.#tables = byteLength >> 2
  }

  int(at: number, size: 1 | 2 | 4): number {
    this.#require(at, size)
    if (size === 4) return this.#view.getInt32(at, true)
    return size === 2 ? this.#view.getInt16(at, true) : this.#view.getInt8(at)
  }

  long(at: number): bigint {
    this.#require(at, 8)
    return this.#view.getBigInt64(at, true)
  }

  /** The target of the offset at `at`. */
  target(at: number): number {
    return at + (this.int(at, 4) >>> 0)
  }

  bytes(at: number, length: number): Uint8Array {
    this.#require(at, length)
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length)
  }

  /** The start and length of a vector; all its elements are within the buffer. */
  vector(at: number, size: number): { start: number; length: number } {
    const start = this.target(at) + 4
    const length = this.int(start - 4, 4) >>> 0
    this.#require(start, length * size)
    return { start, length }
  }

  table(at: number): FlatTable {
    if (this.#tables-- === 0) throw corrupt(OUTSIDE)
    return new FlatTable(this, at)
  }

  #require(at: number, length: number): void {
    if (!(at >= 0 && at + length <= this.#view.byteLength)) throw corrupt(OUTSIDE)
  }
}

const OUTSIDE = 'its metadata contains an invalid offset'

/** A table; an absent field has its default value. */
export class FlatTable {
  readonly #bytes: FlatBytes
  readonly #at: number
  readonly #slots: number
  readonly #slotsEnd: number

  constructor(bytes: FlatBytes, at: number) {
    this.#bytes = bytes
    this.#at = at
    this.#slots = at - bytes.int(at, 4)
    this.#slotsEnd = this.#slots + (bytes.int(this.#slots, 2) & 0xffff)
  }

  /** The root table of a flatbuffer. */
  static root(bytes: Uint8Array): FlatTable {
    const flat = new FlatBytes(bytes)
    return flat.table(flat.target(0))
  }

  int(slot: number, size: 1 | 2 | 4, missing = 0): number {
    const at = this.#field(slot)
    return at === undefined ? missing : this.#bytes.int(at, size)
  }

  boolean(slot: number): boolean {
    return this.int(slot, 1) !== 0
  }

  long(slot: number): bigint {
    const at = this.#field(slot)
    return at === undefined ? 0n : this.#bytes.long(at)
  }

  /** A count of rows or bytes. */
  count(slot: number): number {
    return countOf(this.long(slot))
  }

  string(slot: number): string | undefined {
    const text = this.text(slot)
    if (text !== undefined && !text.isWellFormed()) throw corrupt('a name in it is not UTF-8')
    return text
  }

  /** A string, which may hold any bytes: see {@link textOfBytes}. */
  text(slot: number): string | undefined {
    const at = this.#field(slot)
    if (at === undefined) return undefined
    const { start, length } = this.#bytes.vector(at, 1)
    return textOfBytes(this.#bytes.bytes(start, length))
  }

  table(slot: number): FlatTable | undefined {
    const at = this.#field(slot)
    return at === undefined ? undefined : this.#bytes.table(this.#bytes.target(at))
  }

  tables(slot: number): FlatTable[] {
    return this.#elements(slot, 4, (at) => this.#bytes.table(this.#bytes.target(at)))
  }

  /** Counts from a vector of structs, `each` per struct. */
  counts(slot: number, each = 1): number[][] {
    return this.#elements(slot, 8 * each, (at) =>
      Array.from({ length: each }, (_, index) => countOf(this.#bytes.long(at + 8 * index))),
    )
  }

  /** The same for structs whose second field is a 32-bit integer followed by padding. */
  blocks(slot: number): { offset: number; metadata: number; body: number }[] {
    return this.#elements(slot, 24, (at) => ({
      offset: countOf(this.#bytes.long(at)),
      metadata: this.#bytes.int(at + 8, 4),
      body: countOf(this.#bytes.long(at + 16)),
    }))
  }

  #elements<T>(slot: number, size: number, read: (at: number) => T): T[] {
    const at = this.#field(slot)
    if (at === undefined) return []
    const { start, length } = this.#bytes.vector(at, size)
    return Array.from({ length }, (_, index) => read(start + size * index))
  }

  #field(slot: number): number | undefined {
    const entry = this.#slots + 4 + 2 * slot
    if (entry >= this.#slotsEnd) return undefined
    const offset = this.#bytes.int(entry, 2) & 0xffff
    return offset === 0 ? undefined : this.#at + offset
  }
}

function countOf(long: bigint): number {
  if (long < 0n || long > MOST) throw corrupt(`its metadata has ${long} as a number of rows or bytes`)
  return Number(long)
}

const MOST = BigInt(Number.MAX_SAFE_INTEGER)

/** A node of a flatbuffer to write. */
export type FlatNode =
  | { kind: 'table'; fields: readonly (FlatNode | undefined)[] }
  | { kind: 'vector'; items: readonly FlatNode[] }
  | { kind: 'structs'; count: number; bytes: Uint8Array }
  | { kind: 'string'; text: string }
  | { kind: 'int'; size: 1 | 2 | 4 | 8; value: bigint }

/** A table, with its fields in slot order. */
export const table = (...fields: (FlatNode | undefined)[]): FlatNode => ({ kind: 'table', fields })

/** A vector of tables; absent if empty. */
export const vector = (items: readonly FlatNode[]): FlatNode => ({ kind: 'vector', items })

/** A vector of structs made of 64-bit integers. */
export const structs = (rows: readonly (readonly (number | bigint)[])[]): FlatNode => {
  const { buffer } = BigInt64Array.from(rows.flat(), BigInt)
  return { kind: 'structs', count: rows.length, bytes: new Uint8Array(buffer) }
}

export const string = (text: string): FlatNode => ({ kind: 'string', text })

export const int = (size: 1 | 2 | 4 | 8, value: number | bigint | boolean): FlatNode => ({
  kind: 'int',
  size,
  value: BigInt(value),
})

/** Encodes a flatbuffer, padded to a multiple of 8 bytes. */
export function flatBuffer(root: FlatNode): Uint8Array {
  const writer = new FlatWriter()
  writer.reference(writer.room(4, 4), root)
  writer.room(0, 8)
  return writer.bytes
}

/** Writes each node after the nodes that refer to it. */
class FlatWriter {
  #room = new DataView(new ArrayBuffer(1 << 10))
  #end = 0

  get bytes(): Uint8Array {
    return new Uint8Array(this.#room.buffer, 0, this.#end)
  }

  /** Reserves `length` bytes after a prefix of `before` bytes, so that the first of them is aligned. */
  room(length: number, align: number, before = 0): number {
    const start = Math.ceil((this.#end + before) / align) * align - before
    this.#end = start + length
    if (this.#end > this.#room.byteLength) {
      const larger = new Uint8Array(2 * this.#end)
      larger.set(new Uint8Array(this.#room.buffer))
      this.#room = new DataView(larger.buffer)
    }
    return start
  }

  /** Writes a node, and the offset to it at `from`. */
  reference(from: number, node: FlatNode): void {
    const at = this.#write(node)
    this.#room.setUint32(from, at - from, true)
  }

  #write(node: FlatNode): number {
    switch (node.kind) {
      case 'table':
        return this.#table(node.fields)
      case 'vector':
        return this.#vector(node.items)
      case 'structs':
        return this.#bytes(node.bytes, node.count, 8)
      case 'string': {
        const bytes = bytesOfText(`${node.text}\0`)
        return this.#bytes(bytes, bytes.length - 1, 4)
      }
      case 'int':
        throw new TypeError('an integer is stored in its table')
    }
  }

  #bytes(bytes: Uint8Array, count: number, align: number): number {
    const at = this.room(4 + bytes.length, align, 4)
    this.#room.setUint32(at, count, true)
    new Uint8Array(this.#room.buffer).set(bytes, at + 4)
    return at
  }

  #vector(items: readonly FlatNode[]): number {
    const at = this.room(4 + 4 * items.length, 4)
    this.#room.setUint32(at, items.length, true)
    for (const [index, item] of items.entries()) this.reference(at + 4 + 4 * index, item)
    return at
  }

  /** Writes a table, preceded by its vtable, which holds the offset of each field. */
  #table(fields: readonly (FlatNode | undefined)[]): number {
    const slots = this.room(4 + 2 * fields.length, 2)
    const start = this.room(4, 8)
    const positions = fields.map((field) => field && this.#reserve(field))
    this.#room.setInt32(start, start - slots, true)
    this.#room.setUint16(slots, 4 + 2 * fields.length, true)
    this.#room.setUint16(slots + 2, this.#end - start, true)
    for (const [index, at] of positions.entries()) {
      this.#room.setUint16(slots + 4 + 2 * index, at === undefined ? 0 : at - start, true)
    }
    for (const [index, field] of fields.entries())
      if (field && field.kind !== 'int') this.reference(positions[index]!, field)
    return start
  }

  /** Reserves space for a field in its table; an integer is written immediately. */
  #reserve(field: FlatNode): number {
    if (field.kind !== 'int') return this.room(4, 4)
    const at = this.room(field.size, field.size)
    for (let byte = 0; byte < field.size; byte++) {
      this.#room.setUint8(at + byte, Number((field.value >> BigInt(8 * byte)) & 0xffn))
    }
    return at
  }
}
