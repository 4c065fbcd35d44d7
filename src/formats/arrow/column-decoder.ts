/** Decodes columns from the buffers of a record batch; every offset, index and length is validated. */
import { arrayOf, emptyColumn, type NumberArrayType } from '../../core/column-arrays.js'
import type { ColumnData } from '../../core/column-data.js'
import { isValid, sliceColumn, stepOf, takeRows, withNulls } from '../../core/column-slices.js'
import type { DataType } from '../../core/data-type.js'
import { type BatchHeader, type Body, loadBuffers, type Room, type Span, spansOf } from './batch.js'
import { corrupt, REWRITE, unsupported } from './corrupt.js'
import { type FieldNode, valuesOf } from './schema.js'

/** Looks up a dictionary by id; undefined if it was not read yet. */
export type DictionaryOf = (id: bigint) => ColumnData | undefined

/** Creates the function that reads a column of a batch by field index. */
export function columnReader(
  fields: readonly FieldNode[],
  header: BatchHeader,
  body: Body,
  dictionaryOf: DictionaryOf,
): (index: number, room?: Room) => Promise<ColumnData> {
  const spans = spansOf(fields, header)
  return async (index, room) => {
    const [span, next] = [spans[index]!, spans[index + 1]!]
    const buffers = await loadBuffers(header, [span.buffer, next.buffer], body, room)
    const data = new ColumnDecoder(header, span, buffers, dictionaryOf).column(fields[index]!)
    if (data.length !== header.length) {
      throw corrupt(`a column has ${data.length} rows, but its batch has ${header.length}`)
    }
    if (data.length > MOST_UNSEEN && buffers.every(({ length }) => length === 0)) {
      throw corrupt(`a batch of ${data.length} rows has no data for a column`)
    }
    return data
  }
}

/**
 * The row limit for columns without bytes, such as null columns, whose length cannot be checked against the size of a
 * corrupt file.
 */
const MOST_UNSEEN = 1 << 20

/** Consumes the nodes and buffers of a column in order. */
class ColumnDecoder {
  readonly #header: BatchHeader
  readonly #buffers: readonly Uint8Array[]
  readonly #dictionaryOf: DictionaryOf
  #node: number
  #view: number
  #buffer = 0

  constructor(header: BatchHeader, { node, view }: Span, buffers: readonly Uint8Array[], dictionaryOf: DictionaryOf) {
    this.#header = header
    this.#buffers = buffers
    this.#dictionaryOf = dictionaryOf
    this.#node = node
    this.#view = view
  }

  column(node: FieldNode): ColumnData {
    const [length, nulls] = this.#header.nodes[this.#node++] as [number, number]
    const { type } = node.field
    if (type.kind === 'null') return { type, length, nullCount: length }
    const column = { type, length, ...this.#validity(length, nulls) }
    switch (type.kind) {
      case 'bool':
        return { ...column, values: this.#bytes(Math.ceil(length / 8), type) }
      case 'utf8':
      case 'binary':
        return type.layout === 'view' ? this.#views(column) : this.#texts(column, type.layout === 'large')
      case 'list':
        if (type.layout === 'view' || type.layout === 'large_view') return this.#listViews(column, node)
        return this.#list(column, type.layout === 'large', node)
      case 'map':
        return this.#list(column, false, node)
      case 'fixed_size_list':
        return { ...column, children: [this.#child(node.children[0]!, length * type.size)] }
      case 'struct':
        return { ...column, children: node.children.map((child) => this.#child(child, length)) }
      case 'dictionary':
        return this.#indices(column, node.dictionary!)
      default:
        return { ...column, values: this.#numbers(arrayOf(type), length * stepOf(type), type) }
    }
  }

  /** The next buffer, which must have at least `least` bytes. */
  #bytes(least: number, type: DataType): Uint8Array {
    const bytes = this.#buffers[this.#buffer++]!
    if (bytes.length < least) {
      throw corrupt(`a column of ${type.kind} has ${bytes.length} bytes where ${least} are expected`)
    }
    return bytes.subarray(0, least)
  }

  #numbers<T extends NumberArrayType>(NumberArray: T, length: number, type: DataType) {
    const size = NumberArray.BYTES_PER_ELEMENT
    const bytes = this.#bytes(length * size, type)
    const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
    return new NumberArray(buffer, byteOffset, length) as InstanceType<T>
  }

  #validity(length: number, nulls: number): Pick<ColumnData, 'validity' | 'nullCount'> {
    const bits = this.#buffers[this.#buffer++]!
    if (nulls === 0) return { nullCount: 0 }
    const size = Math.ceil(length / 8)
    if (bits.length < size) throw corrupt(`a column has ${nulls} nulls, but its validity bitmap is too short`)
    return withNulls(bits.subarray(0, size), length)
  }

  /** A child with at least one value per position. */
  #child(node: FieldNode, length: number): ColumnData {
    const child = this.column(node)
    if (child.length < length) throw corrupt(`a nested column has ${child.length} values where ${length} are expected`)
    return sliceColumn(child, 0, length)
  }

  #texts(column: ColumnData, isLarge: boolean): ColumnData {
    const offsets = this.#offsets(column, isLarge)
    return { ...column, offsets, values: this.#bytes(Number(offsets.at(-1)!), column.type) }
  }

  #list(column: ColumnData, isLarge: boolean, { children }: FieldNode): ColumnData {
    const offsets = this.#offsets(column, isLarge)
    return { ...column, offsets, children: [this.#child(children[0]!, Number(offsets.at(-1)!))] }
  }

  /** Reads offsets, which must not decrease. */
  #offsets({ length, type }: ColumnData, isLarge: boolean): Int32Array | BigInt64Array {
    // Zero rows may have no offsets at all.
    const count = length === 0 && this.#buffers[this.#buffer]!.length === 0 ? 0 : length + 1
    const offsets = isLarge ? this.#numbers(BigInt64Array, count, type) : this.#numbers(Int32Array, count, type)
    if (count === 0) return isLarge ? new BigInt64Array(1) : new Int32Array(1)
    requireOrder(offsets)
    return offsets
  }

  /** String or binary views: up to 12 bytes are inline, longer values refer to a data buffer. */
  #views(column: ColumnData): ColumnData {
    const { length, type } = column
    const views = this.#numbers(Int32Array, 4 * length, type)
    const count = this.#header.viewBuffers[this.#view++] ?? 0
    const buffers = Array.from({ length: count }, () => this.#buffers[this.#buffer++]!)
    const offsets = new Int32Array(length + 1)
    for (let row = 0, end = 0; row < length; row++) {
      if (isValid(column, row)) end += views[4 * row]!
      if (views[4 * row]! < 0 && isValid(column, row)) throw corrupt('a string has a negative length')
      if (end > MOST_BYTES) unsupported('a batch with more than 2 GiB of text', REWRITE)
      offsets[row + 1] = end
    }
    const values = new Uint8Array(offsets[length]!)
    const inline = new Uint8Array(views.buffer, views.byteOffset, views.byteLength)
    for (let row = 0; row < length; row++) {
      const [start, size] = [offsets[row]!, offsets[row + 1]! - offsets[row]!]
      const isInline = size <= INLINE
      const from = isInline ? inline : buffers[views[4 * row + 2]!]
      const at = isInline ? 16 * row + 4 : views[4 * row + 3]!
      if (!from || at < 0 || at + size > from.length) throw corrupt('a string is outside its buffer')
      values.set(from.subarray(at, at + size), start)
    }
    return { ...column, offsets, values }
  }

  /** List views: an offset and a size per list, in any order. */
  #listViews(column: ColumnData, { children }: FieldNode): ColumnData {
    const { length, type } = column
    const isLarge = (type as { layout: string }).layout === 'large_view'
    const NumberArray = isLarge ? BigInt64Array : Int32Array
    const starts = Float64Array.from(this.#numbers(NumberArray, length, type) as Int32Array, Number)
    const sizes = Float64Array.from(this.#numbers(NumberArray, length, type) as Int32Array, Number)
    const child = this.column(children[0]!)
    const offsets = new NumberArray(length + 1)
    let end = 0
    for (let row = 0; row < length; row++) {
      if (!isValid(column, row)) sizes[row] = 0
      const [start, size] = [starts[row]!, sizes[row]!]
      if (size < 0 || (size > 0 && !(start >= 0 && start + size <= child.length))) {
        throw corrupt('a list is outside its column')
      }
      end += size
      offsets[row + 1] = (isLarge ? BigInt(end) : end) as never
    }
    if (end > MOST_ITEMS) unsupported('list views that share too many items', 'write the column as plain lists')
    return { ...column, offsets, children: [takeRows(child, positionsOf(starts, sizes, end))] }
  }

  #indices(column: ColumnData, id: bigint): ColumnData {
    const type = column.type as DataType & { kind: 'dictionary' }
    const values = this.#numbers(arrayOf(type.index), column.length, type)
    const dictionary = this.#dictionaryOf(id) ?? emptyColumn(valuesOf(type))
    for (let row = 0; row < values.length; row++) {
      const index = values[row]!
      if ((index < 0 || index >= dictionary.length) && isValid(column, row)) {
        throw corrupt(`the index ${index} is outside its dictionary, which has ${dictionary.length} values`)
      }
    }
    return { ...column, values, dictionary }
  }
}

/** The longest value stored inline in a view. */
const INLINE = 12
const MOST_BYTES = 2 ** 31 - 1
const MOST_ITEMS = 2 ** 27

function positionsOf(starts: Float64Array, sizes: Float64Array, length: number): Float64Array {
  const positions = new Float64Array(length)
  let at = 0
  for (let row = 0; row < starts.length; row++) {
    for (let item = 0; item < sizes[row]!; item++) positions[at++] = starts[row]! + item
  }
  return positions
}

function requireOrder(offsets: Int32Array | BigInt64Array): void {
  const isLarge = offsets instanceof BigInt64Array
  const words = isLarge ? new Uint32Array(offsets.buffer, offsets.byteOffset, 2 * offsets.length) : offsets
  const step = isLarge ? 2 : 1
  let before = 0
  for (let at = 0; at < words.length; at += step) {
    const offset = words[at]! + (isLarge ? words[at + 1]! * 2 ** 32 : 0)
    if (offset < before) throw corrupt('an offset is less than the one before it')
    before = offset
  }
  if (before > Number.MAX_SAFE_INTEGER) throw corrupt('an offset is larger than any file')
}
