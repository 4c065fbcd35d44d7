/**
 * Columns of Arrow as leaves of Parquet: their values without nulls, and levels that say what is null and where lists begin
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
  /** The number of values, nulls and empty lists included. */
  count: number
  /** A level for each; undefined where each is the highest one. */
  definition: Uint8Array | undefined
  /** A level for each; undefined where each begins a row. */
  repetition: Uint8Array | undefined
  /** The values that are not null; with indices, a dictionary of them, some of which may not occur. */
  values: Values
  indices: Int32Array | undefined
}

/** What has come of some rows on the way to a node: places for its values. */
interface Places {
  count: number
  definition: Uint8Array | undefined
  repetition: Uint8Array | undefined
  /** The row of the column that each place has, -1 where its path ended above; undefined where they are all, in order. */
  rows: Int32Array | undefined
}

/** The leaves of a column, in order. */
export function shred(node: Node, data: ColumnData): ShreddedLeaf[] {
  const leaves: ShreddedLeaf[] = []
  const places = { count: data.length, definition: undefined, repetition: undefined, rows: undefined }
  shredNode(node, data, places, (leaf) => leaves.push({ rows: data.length, ...leaf }))
  return leaves
}

type Put = (leaf: Omit<ShreddedLeaf, 'rows'>) => void

function shredNode(node: Node, column: ColumnData, above: Places, put: Put): void {
  const data = column.dictionary?.validity ? decodeDictionary(column) : column
  const places = withNulls(node, data, above)
  if (node.physical) put(leafOf(node, data, places))
  else if (data.type.kind === 'struct') {
    for (const [index, child] of node.children.entries()) shredNode(child, data.children![index]!, places, put)
  } else {
    const { items, child } = itemsOf(node, data, places)
    shredNode(node.children[0]!, child, items, put)
  }
}

function leafOf({ physical }: Node, data: ColumnData, { rows, ...levels }: Places): Omit<ShreddedLeaf, 'rows'> {
  const there = rows?.filter((row) => row >= 0)
  return { ...levels, ...arrowToValues(physical!, data, there) }
}

/** The places of a node whose values may be null: below the level of the node, they are. */
function withNulls({ definition: level, field }: Node, data: ColumnData, places: Places): Places {
  const { count, rows, definition } = places
  const isNull = data.type.kind === 'null'
  if (!field.nullable) {
    if (data.validity && hasNulls(data, rows)) throw unexpectedNull(field.name)
    return places
  }
  if (!data.validity && !isNull && !definition) return places
  const levels = definition ? definition.slice() : new Uint8Array(count).fill(level - 1)
  const found = new Int32Array(count)
  for (let at = 0; at < count; at++) {
    const row = rows ? rows[at]! : at
    const isThere = row >= 0 && !isNull && isValid(data, row)
    found[at] = isThere ? row : -1
    if (isThere) levels[at] = level
  }
  return { ...places, definition: levels, rows: found }
}

function hasNulls(data: ColumnData, rows: Int32Array | undefined): boolean {
  if (!rows) return data.nullCount > 0
  return rows.some((row) => row >= 0 && !isValid(data, row))
}

function unexpectedNull(name: string): SoftmaxError {
  return new SoftmaxError('E_COLUMN_TYPE', { column: name, type: 'null in some rows', expected: 'not null' })
}

/** The places of the items of lists. A list without any still has one, whose path ends there. */
function itemsOf(node: Node, data: ColumnData, places: Places): { items: Places; child: ColumnData } {
  const ends = endsOf(data)
  const [child] = data.children as [ColumnData]
  const { count, rows } = places
  const isWhole = !rows && !hasEmpty(ends, count)
  if (!isWhole) return { items: someItems(node, ends, places), child }
  const first = ends(0)
  const total = ends(count) - first
  const items = {
    count: total,
    definition: places.definition,
    repetition: starts(node, ends, places, total),
    rows: undefined,
  }
  return { items, child: sliceColumn(child, first, total) }
}

/** The function that says where the items of a row begin, which is where those of the row before end. */
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

/** The repetition levels of the items of lists of which each has some. */
function starts(node: Node, ends: (row: number) => number, { count, repetition }: Places, total: number): Uint8Array {
  const levels = new Uint8Array(total).fill(node.repetition + 1)
  const first = ends(0)
  for (let row = 0; row < count; row++) levels[ends(row) - first] = repetition ? repetition[row]! : 0
  return levels
}

function someItems(node: Node, ends: (row: number) => number, places: Places): Places {
  const { count, rows, definition, repetition } = places
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
