/**
 * Assembles Arrow columns from Parquet leaves: definition and repetition levels encode nulls and list boundaries
 * (Melnik et al., Dremel: Interactive Analysis of Web-Scale Datasets, 2010).
 *
 * Below a list, a level entry is a slot for a value if its definition level reaches the `slot` level of the node, and
 * it begins a new one if its repetition level is not above the node's own.
 */
import type { ColumnData, NumberArray } from '../../core/column-data.js'
import { layoutOf, stepOf, takeRows } from '../../core/column-slices.js'
import { corrupt } from './corrupt.js'
import type { Leaf } from './leaf-reader.js'
import type { Node } from './schema.js'
import { valuesToArrow, widen } from './to-arrow.js'

/**
 * Assembles some rows of a column or nested field; `leaves` are those of the file, by number, as far as they were read.
 */
export function assemble(node: Node, leaves: readonly Leaf[]): ColumnData {
  const { kind } = node.field.type
  if (node.physical) return assembleLeaf(node, leaves[node.leaf]!)
  if (kind === 'struct') return assembleStruct(node, leaves)
  return assembleList(node, leaves)
}

function assembleLeaf(node: Node, leaf: Leaf): ColumnData {
  const values = valuesToArrow(node.physical!, leaf, node.field.type)
  const { definition, count } = leaf
  if (!definition) return values
  const { length, bits } = slotsOf(node, leaf)
  if (length === values.length && values.type.kind !== 'null') return values
  if (values.type.kind === 'null') return { ...values, length, nullCount: length }
  return withNullSlots(values, { length, bits, definition, count }, node)
}

/** The number of slots of a node, and which of them hold a value. */
function slotsOf({ definition: own, slot, repetition }: Node, leaf: Leaf): { length: number; bits: Uint8Array } {
  const { count, definition, repetition: repeats } = leaf
  const bits = new Uint8Array((count + 7) >> 3)
  let length = 0
  for (let at = 0; at < count; at++) {
    const level = definition ? definition[at]! : own
    if (level < slot || (repeats && repeats[at]! > repetition)) continue
    if (level >= own) bits[length >> 3]! |= 1 << (length & 7)
    length++
  }
  return { length, bits }
}

interface Slots {
  length: number
  bits: Uint8Array
  definition: Uint8Array
  count: number
}

/** Distributes dense values over the slots, leaving gaps for nulls. */
function withNullSlots(dense: ColumnData, slots: Slots, node: Node): ColumnData {
  const { length, bits } = slots
  const column = { ...dense, length, nullCount: length - dense.length, validity: bits }
  switch (layoutOf(dense.type)) {
    case 'bits':
      return { ...column, values: spacedBits(dense.values as Uint8Array, slots, node) }
    case 'bytes':
      return { ...column, offsets: spacedOffsets(dense.offsets!, slots, node) }
    default:
      return { ...column, values: spacedValues(dense.values!, stepOf(dense.type), slots, node) }
  }
}

function spacedValues(dense: NumberArray, step: number, { length, definition, count }: Slots, node: Node): NumberArray {
  const { definition: own, slot } = node
  const out = new (dense.constructor as new (length: number) => NumberArray)(length * step)
  for (let at = 0, from = 0, to = 0; at < count; at++) {
    const level = definition[at]!
    if (level < slot) continue
    if (level >= own) {
      if (step === 1) out[to] = dense[from++]!
      else for (let part = 0; part < step; part++) out[to + part] = dense[from++]!
    }
    to += step
  }
  return out
}

function spacedBits(
  dense: Uint8Array,
  { length, definition, count }: Slots,
  { definition: own, slot }: Node,
): Uint8Array {
  const out = new Uint8Array((length + 7) >> 3)
  for (let at = 0, from = 0, to = 0; at < count; at++) {
    const level = definition[at]!
    if (level < slot) continue
    if (level >= own) {
      out[to >> 3]! |= ((dense[from >> 3]! >> (from & 7)) & 1) << (to & 7)
      from++
    }
    to++
  }
  return out
}

/** The bytes are not moved; nulls become empty. */
function spacedOffsets<T extends Int32Array | BigInt64Array>(
  dense: T,
  { length, definition, count }: Slots,
  { definition: own, slot }: Node,
): T {
  const out = new (dense.constructor as new (length: number) => T)(length + 1)
  out[0] = dense[0]!
  for (let at = 0, from = 0, to = 0; at < count; at++) {
    const level = definition[at]!
    if (level < slot) continue
    if (level >= own) from++
    out[++to] = dense[from]!
  }
  return out
}

function assembleStruct(node: Node, leaves: readonly Leaf[]): ColumnData {
  const children = node.children.map((child) => assemble(child, leaves))
  const { length } = children[0]!
  if (children.some((child) => child.length !== length)) throw corrupt('the columns of a struct have different lengths')
  const leaf = leaves[node.leaf]!
  const { type } = node.field
  const isNullable = node.field.nullable && leaf.definition
  const slots = isNullable ? slotsOf(node, leaf) : undefined
  return { type, length, ...validityOf(slots, length), children }
}

function validityOf(
  slots: { bits: Uint8Array } | undefined,
  length: number,
): Pick<ColumnData, 'validity' | 'nullCount'> {
  if (!slots) return { nullCount: 0 }
  let nullCount = length
  for (let at = 0; at < length; at++) nullCount -= (slots.bits[at >> 3]! >> (at & 7)) & 1
  return nullCount > 0 ? { nullCount, validity: slots.bits } : { nullCount }
}

function assembleList(node: Node, leaves: readonly Leaf[]): ColumnData {
  const { type } = node.field
  const child = assemble(node.children[0]!, leaves)
  const { offsets, length, bits } = listsOf(node, leaves[node.leaf]!)
  if (offsets[length] !== child.length) throw corrupt('the lists of a column do not match its items')
  const column = { type, length, ...validityOf(bits && { bits }, length) }
  if (type.kind === 'fixed_size_list') return fixedSize({ ...column, children: [child] }, offsets, type.size)
  const isLarge = type.kind === 'list' && type.layout.startsWith('large')
  return { ...column, offsets: isLarge ? widen(offsets) : offsets, children: [child] }
}

/** The list offsets of a node. */
function listsOf(
  { definition: own, slot, repetition, children }: Node,
  { count, definition, repetition: repeats }: Leaf,
): { offsets: Int32Array; length: number; bits: Uint8Array | undefined } {
  if (!definition && repeats && repetition === 0 && children[0]!.physical) return plainLists(count, repeats)
  const offsets = new Int32Array(count + 1)
  const bits = definition && new Uint8Array((count + 7) >> 3)
  let [length, items] = [0, 0]
  for (let at = 0; at < count; at++) {
    const repeat = repeats ? repeats[at]! : 0
    const level = definition ? definition[at]! : own + 1
    if (repeat <= repetition) {
      if (level < slot) continue
      if (bits && level >= own) bits[length >> 3]! |= 1 << (length & 7)
      offsets[length++] = items
    }
    if (repeat <= repetition + 1 && level > own) items++
  }
  offsets[length] = items
  return { offsets: offsets.subarray(0, length + 1), length, bits }
}

/** Top-level lists without nulls or empty lists, which is the common case. */
function plainLists(count: number, repeats: Uint8Array) {
  const offsets = new Int32Array(count + 1)
  let length = 0
  for (let at = 0; at < count; at++) if (repeats[at] === 0) offsets[length++] = at
  offsets[length] = count
  return { offsets: offsets.subarray(0, length + 1), length, bits: undefined }
}

/** Fixed-size lists have items even if they are null. */
function fixedSize(data: ColumnData, offsets: Int32Array, size: number): ColumnData {
  const { length, validity, children, nullCount } = data
  const [child] = children as [ColumnData]
  for (let row = 0; row < length; row++) {
    const isThere = !validity || ((validity[row >> 3]! >> (row & 7)) & 1) === 1
    const items = offsets[row + 1]! - offsets[row]!
    if (items !== (isThere ? size : 0)) throw corrupt(`a list has ${items} items where its type has ${size}`)
  }
  if (nullCount === 0) return data
  const rows = new Int32Array(length * size).fill(-1)
  for (let row = 0; row < length; row++) {
    const first = offsets[row]!
    if (offsets[row + 1] !== first) for (let item = 0; item < size; item++) rows[row * size + item] = first + item
  }
  return { ...data, children: [takeRows(child, rows)] }
}
