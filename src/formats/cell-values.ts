/** Typed columns as the kernel writes them into rows of text: numbers and names are never JavaScript values. */
import type { ColumnData } from '../core/column-data.js'
import { takeRows } from '../core/column-slices.js'
import type { Field } from '../core/output-columns.js'
import { isColumnData, type ScoredBatch } from '../core/record-batch.js'
import type { CellValues } from '../kernel/host/cells.js'
import { positionsOf, resultsOf } from './columnar.js'

/** The most bytes of text that the kernel is handed in a column. */
const MOST_TEXT = 1 << 27

/** The good rows of the kept columns; undefined where they have no types, or more text than the kernel has room for. */
export function keptColumns({ batch, good }: ScoredBatch): ColumnData[] | undefined {
  const columns = batch.kept.filter(isColumnData)
  const isSmall = columns.every(({ values }) => (values?.byteLength ?? 0) < MOST_TEXT)
  if (columns.length < batch.kept.length || !isSmall) return undefined
  return columns.map((data) => (data.length === good.length ? data : takeRows(data, good)))
}

/** Whether the kernel writes a new column. */
export function isWritten({ type, position, nullable }: Field): boolean {
  return (
    type !== 'names' &&
    type !== 'nested' &&
    type !== 'boolean' &&
    (type !== 'text' || position !== undefined) &&
    !nullable
  )
}

/** A new column; `names` are what is written of the classes. */
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

/** Numbers that print as JavaScript prints them, those of 32 bits in the fewest digits that read back as the same. */
export function numbersOf({ type, values, length }: ColumnData): (CellValues & { kind: 'numbers' }) | undefined {
  if (type.kind === 'float' && type.bitWidth > 16) {
    return { kind: 'numbers', numbers: (values as Float64Array | Float32Array).subarray(0, length) }
  }
  if (type.kind !== 'int' || values instanceof BigUint64Array) return undefined
  const isWide = values instanceof BigInt64Array || values instanceof Int32Array || values instanceof Uint32Array
  return { kind: 'numbers', numbers: isWide ? values : Int32Array.from(values as Int16Array) }
}

/** Texts one after the other, each with so many bytes. */
export function textValues(bytes: Uint8Array, sizes: ArrayLike<number>): CellValues {
  const offsets = new Int32Array(sizes.length + 1)
  for (let at = 0; at < sizes.length; at++) offsets[at + 1] = offsets[at]! + sizes[at]!
  return { kind: 'texts', offsets, bytes }
}
