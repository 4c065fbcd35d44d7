/**
 * Columns of results on their way to a writer: names of classes are positions, and the probabilities of all classes are one
 * column of lists. So there are few of them, however many classes there are. What is written has the names, and perhaps a column
 * for each class.
 */
import { buildColumn } from '../core/column-builder.js'
import type { ColumnData } from '../core/column-data.js'
import { concatColumns, isValid, takeRows, withNulls } from '../core/column-slices.js'
import type { DataType } from '../core/data-type.js'
import type { Field, OutputLayout } from '../core/output-columns.js'
import type { Columns, OutputSchema } from '../core/record-batch.js'
import { acquireNumbers } from '../io/column-pool.js'
import { MOST_BY_CLASS, type Scores } from '../kernel/host/scores.js'
import { textsAt } from '../kernel/host/texts.js'

/** The type of the positions of classes. */
export const POSITION = { kind: 'int', bitWidth: 32, signed: true } as const

/** The type of lists of these. */
export const POSITIONS: DataType = {
  kind: 'list',
  layout: 'offsets',
  item: { name: 'item', type: POSITION, nullable: false },
}

/** Which positions are of a class: others are null. */
export function validPositions(positions: Int32Array): Pick<ColumnData, 'validity' | 'nullCount'> {
  const bits = new Uint8Array((positions.length + 7) >> 3)
  for (let at = 0; at < positions.length; at++) if (positions[at]! >= 0) bits[at >> 3]! |= 1 << (at & 7)
  return withNulls(bits, positions.length)
}

/** Whether results are a column for each class from the start. */
export function isByClass({ emit, topK, shape = 'columns', classes }: OutputLayout): boolean {
  return shape === 'columns' && topK === 0 && classes.length <= MOST_BY_CLASS && emit.includes('probs')
}

/** The fields of an output, those of one class each as one field of all classes. */
export function joinedFields(fields: readonly Field[], byClass = false): Field[] {
  const parts = fields.filter(({ classIndex }) => classIndex !== undefined)
  const joined = { value: valuesAt, all: ({ values }: Scores) => values, ...(byClass && { parts }) }
  return fields.flatMap((field) => {
    if (field.classIndex === undefined) return [field]
    return field.classIndex === 0 ? [{ ...field, type: 'classes', ...joined }] : []
  })
}

/** Columns of numbers, one for each class, as one: parts of it are parts of each. */
export function structOf(children: readonly ColumnData[]): ColumnData {
  const fields = children.map(({ type }, index) => ({ name: String(index), type, nullable: false }))
  return { type: { kind: 'struct', fields }, length: children[0]!.length, nullCount: 0, children }
}

function valuesAt({ values, classes }: Scores, row: number): number[] {
  return Array.from(values.subarray(row * classes, (row + 1) * classes))
}

/** The function that makes the columns that are written out of parts of a batch; names are text, or indices of a dictionary. */
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
      const whole = concatColumns(column, acquireNumbers)
      if (field?.parts) return whole.children!
      if (field?.members) return [namesIn(whole, named)]
      return [field?.position ? named(whole) : whole]
    })
}

/** How many rows are done together: a line of the cache has numbers of several classes. */
const ROWS = 64

/** A column for each class, out of parts of one of lists. */
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
  return split.map((own) => ({ type, length, nullCount: 0, values: own }))
}

/** Puts rows of numbers into a column for each of them, from the row `before` on. */
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

/** Lists of names, out of lists of positions. */
function namesIn(lists: ColumnData, named: (positions: ColumnData) => ColumnData): ColumnData {
  const names = named(lists.children![0]!)
  const item = { name: 'item', type: names.type, nullable: false }
  return { ...lists, type: { kind: 'list', layout: 'offsets', item }, children: [names] }
}

/** The texts at some positions, which are null where there is none. */
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

/** The same where some are null. */
function withNullTexts(positions: ColumnData, names: ColumnData): ColumnData {
  const rows = Int32Array.from(positions.values as Int32Array, (position, row) =>
    isValid(positions, row) ? position : -1,
  )
  return takeRows(names, rows)
}
