/** Encodes columns as the buffers of a record batch. Arrays that already have the wire layout are not copied. */

import type { ColumnData } from '../../core/column-data.js'
import { isValid, sliceColumn, trimRanges } from '../../core/column-slices.js'
import { noKeep } from '../../core/errors.js'
import { asPiece } from '../../io/column-pool.js'
import { unsupported } from './corrupt.js'
import { type FlatNode, int, structs, table } from './flatbuffer.js'

/** An encoded record batch. */
interface EncodedBatch {
  header: FlatNode
  /** Its buffers in order, each padded to a multiple of 8 bytes. */
  body: Uint8Array[]
  bodyLength: number
}

/** Encodes columns of `length` rows as a record batch. */
export function encodeBatch(columns: readonly ColumnData[], length: number): EncodedBatch {
  const encoder = new ColumnEncoder()
  for (const column of columns) encoder.column(column)
  return encoder.batch(length)
}

const NONE = new Uint8Array()
/** The alignment of every buffer, in bytes. */
const ALIGNMENT = 8
const ZEROS = new Uint8Array(ALIGNMENT)

class ColumnEncoder {
  readonly #nodes: [length: number, nulls: number][] = []
  readonly #buffers: [start: number, length: number][] = []
  readonly #viewBuffers: [number][] = []
  readonly #body: Uint8Array[] = []
  #end = 0

  batch(length: number): EncodedBatch {
    const counts = this.#viewBuffers.length > 0 ? structs(this.#viewBuffers) : undefined
    const header = table(int(8, length), structs(this.#nodes), structs(this.#buffers), undefined, counts)
    return { header, body: this.#body, bodyLength: this.#end }
  }

  column(data: ColumnData): void {
    const { type, length, nullCount, validity, children } = data
    this.#nodes.push([length, nullCount])
    if (type.kind === 'null') return
    this.#put(nullCount > 0 && validity ? validity.subarray(0, Math.ceil(length / 8)) : NONE)
    switch (type.kind) {
      case 'utf8':
      case 'binary':
        if (type.layout === 'view') this.#views(data)
        else this.#ranges(data)
        return
      case 'list':
        if (type.layout === 'view' || type.layout === 'large_view') this.#listViews(data)
        else this.#ranges(data)
        return
      case 'map':
        this.#ranges(data)
        return
      case 'fixed_size_list':
        this.column(sliceColumn(children![0]!, 0, length * type.size))
        return
      case 'struct':
        for (const child of children!) this.column(sliceColumn(child, 0, length))
        return
      default:
        this.#put(data.values!)
    }
  }

  #put({ buffer, byteOffset, byteLength }: ArrayBufferView): void {
    this.#buffers.push([this.#end, byteLength])
    if (byteLength === 0) return
    this.#body.push(asPiece(new Uint8Array(buffer, byteOffset, byteLength)))
    const padding = -byteLength & (ALIGNMENT - 1)
    if (padding > 0) this.#body.push(ZEROS.subarray(0, padding))
    this.#end += byteLength + padding
  }

  #ranges(data: ColumnData): void {
    const { values, children } = trimRanges(data)
    this.#put(offsetsFromZero(data.offsets!))
    if (values) this.#put(values)
    else this.column(children![0]!)
  }

  #views(data: ColumnData): void {
    const { values } = trimRanges(data)
    this.#put(viewsOf(data))
    const isInline = values!.length === 0
    if (!isInline) this.#put(values!)
    this.#viewBuffers.push([isInline ? 0 : 1])
  }

  #listViews(data: ColumnData): void {
    const offsets = offsetsFromZero(data.offsets!)
    const { length } = data
    const sizes = offsets.slice(1)
    for (let row = 0; row < length; row++) sizes[row] = (offsets[row + 1]! as never) - (offsets[row]! as never)
    this.#put(offsets.subarray(0, length))
    this.#put(sizes)
    this.column(trimRanges(data).children![0]!)
  }
}

function offsetsFromZero(offsets: Int32Array | BigInt64Array): Int32Array | BigInt64Array {
  const first = offsets[0]!
  if (Number(first) === 0) return offsets
  return (offsets as Int32Array).map((offset) => offset - (first as number))
}

/** The longest value stored inline in a view. */
const INLINE = 12
const MOST_BYTES = 2 ** 31 - 1

/**
 * One view per string: its length with all its bytes, or with its first 4 bytes and its offset in the only data buffer.
 */
function viewsOf(data: ColumnData): Uint8Array {
  const { offsets, length } = data
  const bytes = data.values as Uint8Array
  const first = Number(offsets![0]!)
  if (Number(offsets![length]!) - first > MOST_BYTES) {
    unsupported('a batch with more than 2 GiB of text', noKeep())
  }
  const views = new Uint8Array(16 * length)
  const words = new Int32Array(views.buffer)
  for (let row = 0; row < length; row++) {
    const [start, end] = [Number(offsets![row]!), Number(offsets![row + 1]!)]
    if (!isValid(data, row)) continue
    words[4 * row] = end - start
    views.set(bytes.subarray(start, Math.min(end, start + (end - start > INLINE ? 4 : INLINE))), 16 * row + 4)
    if (end - start > INLINE) words[4 * row + 3] = start - first
  }
  return views
}
