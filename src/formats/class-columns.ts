/**
 * Result columns on their way to a writer: class names are stored as positions, and the probabilities of all classes as
 * one list column, so the number of columns does not depend on the number of classes. The writer expands them to names,
 * and if requested to a column per class.
 */
import { buildColumn } from '../core/column-builder.js'
import type { ColumnData } from '../core/column-data.js'
import { concatColumns, concatValidity, isValid, takeRows, withNulls } from '../core/column-slices.js'
import type { DataType } from '../core/data-type.js'
import { type Field, nullIfUnscored, type OutputLayout } from '../core/output-columns.js'
import type { Columns, OutputSchema } from '../core/record-batch.js'
import { acquireNumbers } from '../io/column-pool.js'
import { MOST_BY_CLASS, type Scores } from '../kernel/host/scores.js'
import { textsAt } from '../kernel/host/texts.js'

/** The type of class positions. */
export const POSITION = { kind: 'int', bitWidth: 32, signed: true } as const

/** The type of lists of class positions. */
export const POSITIONS: DataType = {
  kind: 'list',
  layout: 'offsets',
  item: { name: 'item', type: POSITION, nullable: false },
}

/** The validity of class positions: a negative one is null. */
export function validPositions(positions: Int32Array): Pick<ColumnData, 'validity' | 'nullCount'> {
  const bits = new Uint8Array((positions.length + 7) >> 3)
  for (let at = 0; at < positions.length; at++) if (positions[at]! >= 0) bits[at >> 3]! |= 1 << (at & 7)
  return withNulls(bits, positions.length)
}

/** Whether results are computed as one column per class. */
export function isByClass({ emit, topK, shape = 'columns', classes }: OutputLayout): boolean {
  return shape === 'columns' && topK === 0 && classes.length <= MOST_BY_CLASS && emit.includes('probs')
}

/** The fields of an output, with those of the classes joined into one. */
export function joinedFields(fields: readonly Field[], byClass = false): Field[] {
  const parts = fields.filter(({ classIndex }) => classIndex !== undefined)
  const joined = { value: valuesAt, all: ({ values }: Scores) => values, ...(byClass && { parts }) }
  return fields.flatMap((field) => {
    if (field.classIndex === undefined) return [field]
    if (field.classIndex > 0) return []
    const one: Field = { ...field, type: 'classes', ...joined }
    return [field.nullUnscored ? nullIfUnscored(one) : one]
  })
}

/** Joins one number column per class into a struct, which is sliced as a unit. */
export function structOf(children: readonly ColumnData[]): ColumnData {
  const fields = children.map(({ type }, index) => ({ name: String(index), type, nullable: false }))
  return { type: { kind: 'struct', fields }, length: children[0]!.length, nullCount: 0, children }
}

function valuesAt({ values, classes }: Scores, row: number): number[] {
  return Array.from(values.subarray(row * classes, (row + 1) * classes))
}

/**
 * Creates the function that expands parts of a batch into output columns; names become strings or dictionary indices.
 */
export function outputColumns({ kept, fields, classes, byClass }: OutputSchema, names: 'text' | 'dictionary') {
  const joined = joinedFields(fields, byClass)
  const dictionary = buildColumn(classes, 'text')
  const type: DataType = { kind: 'dictionary', index: POSITION, values: dictionary.type, ordered: false }
  const named = (positions: ColumnData): ColumnData =>
    names === 'text' ? namesAt(positions, dictionary) : { ...positions, type, dictionary }
  return (parts: readonly Columns[]): ColumnData[] =>
    parts[0]!.flatMap((_, index) => {
      const column = parts.map((part) => part[index]!)
      const field = joined[index - kept.length]
      if (field?.classIndex !== undefined && !field.parts) return splitClasses(column, classes.length)
      const combined = concatColumns(column, acquireNumbers)
      if (field?.parts) return combined.children!
      if (field?.members) return [namesIn(combined, named)]
      return [field?.position ? named(combined) : combined]
    })
}

/** Rows per tile: a cache line holds numbers of several classes. */
const ROWS = 64

/** Splits list columns into one column per class. */
function splitClasses(parts: Columns, count: number): ColumnData[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const lists = parts.map(({ children }) => children![0]!)
  const [{ type, values }] = lists as [ColumnData]
  const all = values instanceof Float32Array ? new Float32Array(length * count) : new Float64Array(length * count)
  const split = Array.from({ length: count }, (_, index) => all.subarray(index * length, (index + 1) * length))
  let before = 0
  for (const { values } of lists) {
    transpose(values as Float64Array, count, split, before)
    before += values!.length / count
  }
  const nulls = concatValidity(parts, length)
  return split.map((own) => ({ type, length, ...nulls, values: own }))
}

/** Transposes rows of numbers into columns, starting at row `before`. */
function transpose(
  numbers: Float32Array | Float64Array,
  count: number,
  columns: (typeof numbers)[],
  before: number,
): void {
  const length = numbers.length / count
  for (let start = 0; start < length; start += ROWS) {
    const end = Math.min(start + ROWS, length)
    for (let index = 0; index < count; index++) {
      const column = columns[index]!
      for (let row = start, at = start * count + index; row < end; row++, at += count)
        column[before + row] = numbers[at]!
    }
  }
}

/** Turns lists of positions into lists of names. */
function namesIn(lists: ColumnData, named: (positions: ColumnData) => ColumnData): ColumnData {
  const names = named(lists.children![0]!)
  const item = { name: 'item', type: names.type, nullable: false }
  return { ...lists, type: { kind: 'list', layout: 'offsets', item }, children: [names] }
}

/** Looks up the strings at some positions; null for a missing position. */
function namesAt(positions: ColumnData, { type, ...names }: ColumnData): ColumnData {
  const { length, nullCount, validity } = positions
  if (nullCount > 0) return withNullTexts(positions, { type, ...names })
  const { bytes, offsets } = textsAt(
    names.values as Uint8Array,
    names.offsets as Int32Array,
    positions.values as Int32Array,
  )
  return { type, length, nullCount, validity, offsets, values: bytes }
}

/** The same if some positions are null. */
function withNullTexts(positions: ColumnData, names: ColumnData): ColumnData {
  const rows = Int32Array.from(positions.values as Int32Array, (position, row) =>
    isValid(positions, row) ? position : -1,
  )
  return takeRows(names, rows)
}
