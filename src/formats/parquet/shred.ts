/**
 * Shreds Arrow columns into Parquet leaves: values without nulls, plus levels that encode nulls and list boundaries
 * (https://parquet.apache.org/docs/file-format/nestedencoding/).
 */
import type { ColumnData } from '../../core/column-data.js'
import { decodeDictionary, isValid, sliceColumn } from '../../core/column-slices.js'
import { SoftmaxError } from '../../core/errors.js'
import { arrowToValues } from './from-arrow.js'
import type { Node } from './schema.js'
import type { Values } from './values.js'

/** Some rows of a leaf. */
export interface ShreddedLeaf {
  rows: number
  /** The number of values, including nulls and empty lists. */
  count: number
  /** The level of each value; undefined if all have the maximum. */
  definition: Uint8Array | undefined
  /** The level of each value; undefined if each begins a row. */
  repetition: Uint8Array | undefined
  /** The values that are not null; with indices, a dictionary, not all of whose values need occur. */
  values: Values
  indices: Int32Array | undefined
}

/** The slots of a node for some rows, with the levels so far. */
interface Slots {
  count: number
  definition: Uint8Array | undefined
  repetition: Uint8Array | undefined
  /** The column row of each slot, -1 if its path ended above; undefined if they are all rows in order. */
  rows: Int32Array | undefined
}

/** The leaves of a column, in order. */
export function shred(node: Node, data: ColumnData): ShreddedLeaf[] {
  const leaves: ShreddedLeaf[] = []
  const slots = { count: data.length, definition: undefined, repetition: undefined, rows: undefined }
  shredNode(node, data, slots, (leaf) => leaves.push({ rows: data.length, ...leaf }))
  return leaves
}

type Put = (leaf: Omit<ShreddedLeaf, 'rows'>) => void

function shredNode(node: Node, column: ColumnData, above: Slots, put: Put): void {
  const data = column.dictionary?.validity ? decodeDictionary(column) : column
  const slots = withNulls(node, data, above)
  if (node.physical) put(leafOf(node, data, slots))
  else if (data.type.kind === 'struct') {
    for (const [index, child] of node.children.entries()) shredNode(child, data.children![index]!, slots, put)
  } else {
    const { items, child } = itemsOf(node, data, slots)
    shredNode(node.children[0]!, child, items, put)
  }
}

function leafOf({ physical }: Node, data: ColumnData, { rows, ...levels }: Slots): Omit<ShreddedLeaf, 'rows'> {
  const there = rows?.filter((row) => row >= 0)
  return { ...levels, ...arrowToValues(physical!, data, there) }
}

/** The slots of a nullable node: the definition level of a null stays below that of the node. */
function withNulls({ definition: level, field }: Node, data: ColumnData, slots: Slots): Slots {
  const { count, rows, definition } = slots
  const isNull = data.type.kind === 'null'
  if (!field.nullable) {
    if (data.validity && hasNulls(data, rows)) throw unexpectedNull(field.name)
    return slots
  }
  if (!data.validity && !isNull && !definition) return slots
  const levels = definition ? definition.slice() : new Uint8Array(count).fill(level - 1)
  const found = new Int32Array(count)
  for (let at = 0; at < count; at++) {
    const row = rows ? rows[at]! : at
    const isThere = row >= 0 && !isNull && isValid(data, row)
    found[at] = isThere ? row : -1
    if (isThere) levels[at] = level
  }
  return { ...slots, definition: levels, rows: found }
}

function hasNulls(data: ColumnData, rows: Int32Array | undefined): boolean {
  if (!rows) return data.nullCount > 0
  return rows.some((row) => row >= 0 && !isValid(data, row))
}

function unexpectedNull(name: string): SoftmaxError {
  return new SoftmaxError('E_COLUMN_TYPE', { column: name, reason: 'it has nulls, but its type does not allow them' })
}

/** The slots of list items. An empty list still has one slot, whose path ends there. */
function itemsOf(node: Node, data: ColumnData, slots: Slots): { items: Slots; child: ColumnData } {
  const ends = endsOf(data)
  const [child] = data.children as [ColumnData]
  const { count, rows } = slots
  const isDense = !rows && !hasEmpty(ends, count)
  if (!isDense) return { items: someItems(node, ends, slots), child }
  const first = ends(0)
  const total = ends(count) - first
  const items = {
    count: total,
    definition: slots.definition,
    repetition: starts(node, ends, slots, total),
    rows: undefined,
  }
  return { items, child: sliceColumn(child, first, total) }
}

/** Creates the function that returns the end of a row's items, which is the start of the next row's. */
function endsOf({ type, offsets }: ColumnData): (row: number) => number {
  if (type.kind === 'fixed_size_list') return (row) => row * type.size
  if (offsets instanceof Int32Array) return (row) => offsets[row]!
  return (row) => Number(offsets![row]!)
}

function hasEmpty(ends: (row: number) => number, count: number): boolean {
  for (let row = 0, end = ends(0); row < count; row++) {
    const start = end
    end = ends(row + 1)
    if (end === start) return true
  }
  return false
}

/** The repetition levels of the items of nonempty lists. */
function starts(node: Node, ends: (row: number) => number, { count, repetition }: Slots, total: number): Uint8Array {
  const levels = new Uint8Array(total).fill(node.repetition + 1)
  const first = ends(0)
  for (let row = 0; row < count; row++) levels[ends(row) - first] = repetition ? repetition[row]! : 0
  return levels
}

function someItems(node: Node, ends: (row: number) => number, slots: Slots): Slots {
  const { count, rows, definition, repetition } = slots
  const sizeOf = (row: number) => (row < 0 ? 0 : ends(row + 1) - ends(row))
  let total = 0
  for (let at = 0; at < count; at++) total += Math.max(1, sizeOf(rows ? rows[at]! : at))
  const items = {
    count: total,
    definition: new Uint8Array(total).fill(node.definition + 1),
    repetition: new Uint8Array(total).fill(node.repetition + 1),
    rows: new Int32Array(total),
  }
  let to = 0
  for (let at = 0; at < count; at++) {
    const row = rows ? rows[at]! : at
    const size = sizeOf(row)
    items.repetition[to] = repetition ? repetition[at]! : 0
    if (size === 0) {
      items.definition[to] = definition ? definition[at]! : node.definition
      items.rows[to++] = -1
    }
    for (let item = 0, first = size > 0 ? ends(row) : 0; item < size; item++) items.rows[to++] = first + item
  }
  return items
}
