/** The numbers of a column to be written as an array, in which NaN represents null, and 0 no rank. */
import type { ColumnData } from '../../core/column-data.js'
import { bitAt, isValid } from '../../core/column-slices.js'
import { textReader } from '../../core/column-values.js'

/** The only integers that may be null are ranks, which begin at 1. */
export const NO_RANK = 0

/**
 * The numbers of all rows, with 0 and 1 for booleans and `none` for null; list items are contiguous. Lists of classes,
 * the only ones of any length, become 0 and 1 for each of `classes`.
 */
export function columnNumbers(
  column: ColumnData,
  classes: readonly string[],
  none = Number.NaN,
): ArrayLike<number | bigint> {
  const { type, length, nullCount, children } = column
  if (type.kind === 'list') return membersIn(column, classes)
  const values = (column.values ?? children![0]!.values!) as Float64Array
  const read = type.kind === 'bool' ? (row: number) => Number(bitAt(column.values as Uint8Array, row)) : undefined
  if (!read && nullCount === 0) return values
  return Float64Array.from({ length }, (_, row) => (isValid(column, row) ? (read?.(row) ?? values[row]!) : none))
}

/** 1 for each class that a row lists, 0 for the others. */
function membersIn({ length, offsets, children }: ColumnData, classes: readonly string[]): Uint8Array {
  const positionOf = positionReader(children![0]!, classes)
  const members = new Uint8Array(length * classes.length)
  for (let row = 0; row < length; row++) {
    for (let at = Number(offsets![row]); at < Number(offsets![row + 1]); at++) {
      members[row * classes.length + positionOf(at)] = 1
    }
  }
  return members
}

/** Reads class positions, which rows from objects have as names. */
function positionReader(items: ColumnData, classes: readonly string[]): (at: number) => number {
  if (items.type.kind !== 'utf8') return (at) => items.values![at] as number
  const nameOf = textReader(items)
  const positions = new Map<unknown, number>(classes.map((name, index) => [name, index]))
  return (at) => positions.get(nameOf(at))!
}
