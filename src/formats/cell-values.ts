/**
 * Converts typed columns to the form in which the kernel writes them into text rows, without creating JavaScript values
 * for numbers and names.
 */
import type { ColumnData } from '../core/column-data.js'
import { takeRows } from '../core/column-slices.js'
import type { Field } from '../core/output-columns.js'
import { isColumnData, type ScoredBatch } from '../core/record-batch.js'
import type { CellValues } from '../kernel/host/cells.js'
import { positionsOf, resultsOf } from './columnar.js'

/** The maximum size of a string column for the kernel, in bytes. */
const MOST_TEXT = 1 << 27

/** The good rows of the kept columns; undefined if they have no types or too much text for the kernel. */
export function keptColumns({ batch, good }: ScoredBatch): ColumnData[] | undefined {
  const columns = batch.kept.filter(isColumnData)
  const isSmall = columns.every(({ values }) => (values?.byteLength ?? 0) < MOST_TEXT)
  if (columns.length < batch.kept.length || !isSmall) return undefined
  return columns.map((data) => (data.length === good.length ? data : takeRows(data, good)))
}

/** Whether the kernel can write a new column. */
export function isWritten({ type, position, nullable }: Field): boolean {
  return (
    type !== 'names' &&
    type !== 'nested' &&
    type !== 'boolean' &&
    (type !== 'text' || position !== undefined) &&
    !nullable
  )
}

/** The values of a new column; `names` are the class names as written. */
export function newValues(
  field: Field,
  { scores, good }: ScoredBatch,
  names: readonly Uint8Array[],
  classes: readonly string[],
): CellValues {
  const { position, type } = field
  if (position) return { kind: 'names', positions: positionsOf(field, scores, good), names }
  if (type === 'count') return { kind: 'numbers', numbers: positionsOf(field, scores, good) }
  const numbers = resultsOf(field, classes, scores, good)
  return { kind: 'results', numbers, count: type === 'classes' ? classes.length : 1 }
}

/** Numbers that the kernel prints as JavaScript does; float32 gets the fewest digits that round-trip. */
export function numbersOf({ type, values, length }: ColumnData): (CellValues & { kind: 'numbers' }) | undefined {
  if (type.kind === 'float' && type.bitWidth > 16) {
    return { kind: 'numbers', numbers: (values as Float64Array | Float32Array).subarray(0, length) }
  }
  if (type.kind !== 'int' || values instanceof BigUint64Array) return undefined
  const isWide = values instanceof BigInt64Array || values instanceof Int32Array || values instanceof Uint32Array
  return { kind: 'numbers', numbers: isWide ? values : Int32Array.from(values as Int16Array) }
}

/** Concatenated strings, with the length of each in bytes. */
export function textValues(bytes: Uint8Array, sizes: ArrayLike<number>): CellValues {
  const offsets = new Int32Array(sizes.length + 1)
  for (let at = 0; at < sizes.length; at++) offsets[at + 1] = offsets[at]! + sizes[at]!
  return { kind: 'texts', offsets, bytes }
}
