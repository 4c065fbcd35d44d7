/** Result columns of lists, nested like the logits. */
import type { ColumnData } from '../core/column-data.js'
import { type DataType, fieldsOf } from '../core/data-type.js'
import { type Nesting, nestedRange } from '../core/nesting.js'

/** The list type with these items. */
export function listOf(type: DataType, nullable = false): DataType {
  return { kind: 'list', layout: 'offsets', item: { name: 'item', type, nullable } }
}

/** The type of values nested `depth` lists deep; fixed-size lists become ordinary lists. */
export function nestedType(item: DataType, nullable: boolean, depth: number): DataType {
  const type = item.kind === 'fixed_size_list' ? listOf(item.item.type) : item
  return Array.from({ length: depth - 1 }).reduce<DataType>((inner) => listOf(inner), listOf(type, nullable))
}

/** The lists of some rows; `columnOf` builds the innermost column, with one value per row of logits. */
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

/** A fixed-size list column as an ordinary list column. */
function plainList(column: ColumnData, type: DataType): ColumnData {
  if (column.offsets || !column.children) return column
  const size = column.type.kind === 'fixed_size_list' ? column.type.size : 0
  return { ...column, type, offsets: Int32Array.from({ length: column.length + 1 }, (_, row) => row * size) }
}
