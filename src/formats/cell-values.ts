/**
 * Converts typed columns to the form in which the kernel writes them into text rows, without creating JavaScript values
 * for numbers and names.
 */
import type { ColumnData } from '../core/column-data.js'
import { takeRows } from '../core/column-slices.js'
import { type Field, hasUnscored, isUnscored } from '../core/output-columns.js'
import { isColumnData, type ScoredBatch } from '../core/record-batch.js'
import type { CellValues } from '../kernel/host/cells.js'
import type { Scores } from '../kernel/host/scores.js'
import { validPositions } from './class-columns.js'
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

/** The values of a column, and which of them are not null. */
interface Cells {
  values: CellValues
  validity?: Uint8Array | undefined
}

/** Creates the function that formats the values of a new column, one by one. */
export type TextOf = (field: Field) => (scores: Scores, row: number) => string

/**
 * Creates the function that returns the values of a new column; `names` are the class names as written. The kernel
 * writes numbers and labels; others are formatted by `textOf`, in an encoding.
 */
export function newCells(
  field: Field,
  classes: readonly string[],
  names: readonly Uint8Array[],
  textOf: TextOf,
  encoding: 'latin1' | 'utf8',
): (rows: ScoredBatch) => Cells {
  const { position, type, nullable } = field
  if (position) {
    const longest = names.reduce((most, { length }) => Math.max(most, length), 0)
    return (rows) => labelCells(field, rows, { names, longest })
  }
  if (nullable || !['count', 'result', 'classes'].includes(type)) {
    const text = textOf(field)
    return ({ scores, good }) => ({
      values: formatted(
        good.map((row) => text(scores, row)),
        encoding,
      ),
    })
  }
  if (type === 'count')
    return (rows) => ({
      values: { kind: 'numbers', numbers: positionsOf(field, rows.scores, rows.good) },
      validity: scoredRows(field, rows),
    })
  const count = type === 'classes' ? classes.length : 1
  return (rows) => ({
    values: { kind: 'results', numbers: resultsOf(field, classes, rows.scores, rows.good), count },
    validity: scoredRows(field, rows),
  })
}

/** Which rows have results; undefined if all have, or if those without a softmax are not null. */
function scoredRows(field: Field, { scores, good }: ScoredBatch): Uint8Array | undefined {
  if (!hasUnscored(field, scores)) return undefined
  const bits = new Uint8Array((good.length + 7) >> 3)
  for (let at = 0; at < good.length; at++) if (!isUnscored(scores, good[at]!)) bits[at >> 3]! |= 1 << (at & 7)
  return bits
}

function labelCells(
  field: Field,
  { scores, good }: ScoredBatch,
  names: { names: readonly Uint8Array[]; longest: number },
): Cells {
  const positions = positionsOf(field, scores, good)
  const { validity } = field.nullable || hasUnscored(field, scores) ? validPositions(positions) : {}
  return { values: { kind: 'names', positions, ...names }, validity }
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

/** Values that are formatted already. */
export function formatted(texts: readonly string[], encoding: 'latin1' | 'utf8'): CellValues {
  const offsets = new Int32Array(texts.length + 1)
  for (let at = 0; at < texts.length; at++) offsets[at + 1] = offsets[at]! + Buffer.byteLength(texts[at]!, encoding)
  return { kind: 'texts', offsets, bytes: Buffer.from(texts.join(''), encoding) }
}
