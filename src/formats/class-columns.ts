/**
 * Columns of results on their way to a writer: names of classes are positions, and the probabilities of all classes are one
 * column of lists. So there are few of them, however many classes there are. What is written has the names, and perhaps a column
 * for each class.
 */
import { buildColumn } from '../core/column-builder.js'
import type { ColumnData } from '../core/column-data.js'
import { concatColumns } from '../core/column-slices.js'
import type { DataType } from '../core/data-type.js'
import type { Field, Layout, OutputColumn } from '../core/output-columns.js'
import type { Columns, OutputSchema } from '../core/record-batch.js'
import { MOST_BY_CLASS, type Scores } from '../kernel/host/matrix.js'
import { textsAt } from '../kernel/host/texts.js'

/** The type of the positions of classes. */
export const POSITION = { kind: 'int', bitWidth: 32, signed: true } as const

/** Whether results are a column for each class from the start. */
export function isByClass({
  emit,
  topK,
  shape = 'columns',
  classes,
}: Layout & { emit: readonly OutputColumn[] }): boolean {
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
  return (parts: readonly Columns[]): ColumnData[] =>
    parts[0]!.flatMap((_, index) => {
      const column = parts.map((part) => part[index]!)
      const field = joined[index - kept.length]
      if (field?.classIndex !== undefined && !field.parts) return splitClasses(column, classes.length)
      const whole = concatColumns(column)
      if (field?.parts) return whole.children!
      if (!field?.position) return [whole]
      return [names === 'text' ? namesAt(whole, dictionary) : { ...whole, type, dictionary }]
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

/** The texts at some positions. */
function namesAt({ length, values }: ColumnData, { type, ...names }: ColumnData): ColumnData {
  const { bytes, offsets } = textsAt(names.values as Uint8Array, names.offsets as Int32Array, values as Int32Array)
  return { type, length, nullCount: 0, offsets, values: bytes }
}
