/** Columns of lists of results, nested as the logits are. */
import type { ColumnData } from '../core/column-data.js'
import { type DataType, fieldsOf } from '../core/data-type.js'
import { type Nesting, nestedRange } from '../core/nesting.js'

/** The type of lists of values of a type. */
export function listOf(type: DataType, nullable = false): DataType {
  return { kind: 'list', layout: 'offsets', item: { name: 'item', type, nullable } }
}

/** The type of values in so many lists; lists of one size are lists there as others are. */
export function nestedType(item: DataType, nullable: boolean, depth: number): DataType {
  const type = item.kind === 'fixed_size_list' ? listOf(item.item.type) : item
  return Array.from({ length: depth - 1 }).reduce<DataType>((inner) => listOf(inner), listOf(type, nullable))
}

/** The lists of some rows, of which `columnOf` makes the column of the rows of logits in them. */
export function nestedColumn(
  nesting: Nesting,
  rows: readonly number[],
  columnOf: (items: readonly number[]) => ColumnData,
  type: DataType,
  level = 0,
): ColumnData {
  const offsets = new Int32Array(rows.length + 1)
  const items: number[] = []
  for (const [nth, row] of rows.entries()) {
    const [first, end] = nestedRange(nesting, level, row)
    for (let item = first; item < end; item++) items.push(item)
    offsets[nth + 1] = items.length
  }
  const inner = fieldsOf(type)[0]!.type
  const isLast = level === nesting.length - 1
  const child = isLast ? plainList(columnOf(items), inner) : nestedColumn(nesting, items, columnOf, inner, level + 1)
  return { type, length: rows.length, nullCount: 0, offsets, children: [child] }
}

/** Lists of one size as lists. */
function plainList(column: ColumnData, type: DataType): ColumnData {
  if (column.offsets || !column.children) return column
  const size = column.type.kind === 'fixed_size_list' ? column.type.size : 0
  return { ...column, type, offsets: Int32Array.from({ length: column.length + 1 }, (_, row) => row * size) }
}
