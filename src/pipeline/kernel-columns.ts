/** Views of the columns that a kernel produced, in its memory. */
import type { ColumnData } from '../core/column-data.js'
import { withNulls } from '../core/column-slices.js'
import type { DataType } from '../core/data-type.js'
import { inputOrder } from '../core/kept-columns.js'
import type { Field } from '../core/output-columns.js'
import { POSITION, POSITIONS, structOf, validPositions } from '../formats/class-columns.js'
import { keptType } from '../formats/columnar.js'
import { NO_CLASS } from '../kernel/constants.js'
import { classRoom, columnRoom, type Layout, newFields, PADDING } from './kernel-layout.js'
import type { TextJob } from './text-job.js'

/** The first `rows` of all columns, kept ones before new ones, as a column writer expects them. */
export function columnsIn(buffer: ArrayBufferLike, job: TextJob, at: Layout, rows: number): ColumnData[] {
  let texts = at.keptTexts
  const kept: ColumnData[] = []
  inputOrder(job.schema.kept).forEach((nth, index) => {
    const start = at.keptValues + index * at.keptRoom
    const type = keptType(job.source.columns[job.schema.kept[nth]!]!)
    const values = keptValues(buffer, start, texts, type, rows)
    if (values.offsets) texts += values.values!.length
    kept[nth] = { ...values, type, length: rows, ...validityOf(buffer, start, at, rows) }
  })
  let from = at.columnValues
  const added = newFields(job).map((field) => {
    const column = field.parts
      ? classColumns(buffer, from, field.parts, job, at, rows)
      : newColumn(buffer, from, field, job, at, rows)
    from += columnRoom(field, job.schema.classes.length, at.columnRows)
    return column
  })
  return [...kept, ...added]
}

/** The values of a kept column. The strings of all kept columns are stored one after the other, starting at `texts`. */
function keptValues(
  buffer: ArrayBufferLike,
  at: number,
  texts: number,
  { kind }: DataType,
  rows: number,
): Pick<ColumnData, 'offsets' | 'values'> {
  if (kind === 'int' || kind === 'timestamp') return { values: new BigInt64Array(buffer, at, rows) }
  if (kind === 'float') return { values: new Float64Array(buffer, at, rows) }
  if (kind === 'date') return { values: new Int32Array(buffer, at, rows) }
  if (kind === 'bool') return { values: new Uint8Array(buffer, at, (rows + 7) >> 3) }
  const offsets = new Int32Array(buffer, at, rows + 1)
  return { offsets, values: new Uint8Array(buffer, texts, offsets[rows]) }
}

function validityOf(buffer: ArrayBufferLike, at: number, { columnRows }: Layout, rows: number) {
  return withNulls(new Uint8Array(buffer, at + 9 * columnRows + 2 * PADDING, (rows + 7) >> 3), rows)
}

function newColumn(
  buffer: ArrayBufferLike,
  at: number,
  { type, nullable }: Field,
  job: TextJob,
  layout: Layout,
  rows: number,
): ColumnData {
  const { schema, settings } = job
  const column = { length: rows, nullCount: 0 }
  if (type === 'names') return namesColumn(buffer, at, layout, rows)
  if (type === 'text') {
    const values = new Int32Array(buffer, at, rows)
    return { ...column, type: POSITION, values, ...(nullable && validPositions(values)) }
  }
  if (type === 'boolean') return booleanColumn(new Uint32Array(buffer, at, rows))
  if (type === 'count') {
    const values = new Uint32Array(buffer, at, rows)
    return { ...column, type: COUNT, values, ...(nullable && nullsAs0(values, (value) => value === NO_CLASS)) }
  }
  const result: DataType = { kind: 'float', bitWidth: settings.float32 ? 32 : 64 }
  const numbers = (count: number) =>
    settings.float32 ? new Float32Array(buffer, at, count) : new Float64Array(buffer, at, count)
  if (type === 'result') {
    const values = numbers(rows)
    return { ...column, type: result, values, ...(nullable && nullsAs0(values, Number.isNaN)) }
  }
  const size = schema.classes.length
  const values = numbers(rows * size)
  return {
    ...column,
    type: { kind: 'fixed_size_list', size, item: { name: 'item', type: result, nullable: false } },
    children: [{ type: result, length: rows * size, nullCount: 0, values }],
  }
}

/** The validity of a column in which some values mean null; these become 0, as everywhere. */
function nullsAs0(values: Uint32Array | Float32Array | Float64Array, isNull: (value: number) => boolean) {
  const bits = new Uint8Array((values.length + 7) >> 3)
  for (let row = 0; row < values.length; row++) {
    if (isNull(values[row]!)) values[row] = 0
    else bits[row >> 3]! |= 1 << (row & 7)
  }
  return withNulls(bits, values.length)
}

/** A column of booleans that are 0, 1 or NO_CLASS, which is null. */
function booleanColumn(integers: Uint32Array): ColumnData {
  const valid = nullsAs0(integers, (value) => value === NO_CLASS)
  const values = new Uint8Array((integers.length + 7) >> 3)
  for (let row = 0; row < integers.length; row++) values[row >> 3]! |= integers[row]! << (row & 7)
  return { type: { kind: 'bool' }, length: integers.length, values, ...valid }
}

/** One column per class. */
function classColumns(
  buffer: ArrayBufferLike,
  from: number,
  parts: readonly Field[],
  job: TextJob,
  layout: Layout,
  rows: number,
): ColumnData {
  const room = classRoom(layout.columnRows)
  return structOf(parts.map((part, index) => newColumn(buffer, from + index * room, part, job, layout, rows)))
}

/** Lists of class positions; the list offsets precede all of them. */
function namesColumn(buffer: ArrayBufferLike, at: number, { columnRows }: Layout, rows: number): ColumnData {
  const offsets = new Int32Array(buffer, at, rows + 1)
  const length = offsets[rows]!
  const values = new Int32Array(buffer, at + 8 * columnRows, length)
  return {
    type: POSITIONS,
    length: rows,
    nullCount: 0,
    offsets,
    children: [{ type: POSITION, length, nullCount: 0, values }],
  }
}

const COUNT: DataType = { kind: 'int', bitWidth: 32, signed: false }
