/** The numbers of a column that is written as an array, which has none that are empty but NaN. */
import type { ColumnData } from '../../core/column-data.js'
import { bitAt, isValid } from '../../core/column-slices.js'
import { SoftmaxError } from '../../core/errors.js'
import { optionText } from '../../core/option-words.js'

/** The numbers of all rows, 0 and 1 for truths, NaN where a value is empty; those of a list stand together. */
export function columnNumbers(column: ColumnData): ArrayLike<number | bigint> {
  const { type, length, nullCount, children } = column
  const values = (column.values ?? children![0]!.values!) as Float64Array
  const read = type.kind === 'bool' ? (row: number) => Number(bitAt(column.values as Uint8Array, row)) : undefined
  if (!read && nullCount === 0) return values
  return Float64Array.from({ length }, (_, row) => (isValid(column, row) ? (read?.(row) ?? values[row]!) : Number.NaN))
}

/** Throws E_CONFLICT where a column of integers or truths has an empty value; so many rows of it are before these. */
export function requireFull(to: string, name: string, column: ColumnData, before: number): void {
  if (column.nullCount === 0) return
  const row = Array.from({ length: column.length }, (_, row) => row).find((row) => !isValid(column, row))!
  const reason = `${to} has no empty ${column.type.kind === 'bool' ? 'booleans' : 'integers'}, and row ${before + row + 1} of the output has no ${name}; leave it out of ${optionText('emit')}, or write another format`
  throw new SoftmaxError('E_CONFLICT', { reason })
}
