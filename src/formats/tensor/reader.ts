/**
 * Reads an array as rows of logits: sequentially if rows, or blocks that fit in memory, are contiguous in the file;
 * otherwise by random access, many rows at a time.
 */
import type { ColumnData } from '../../core/column-data.js'
import { corruptData } from '../../core/corrupt-data.js'
import { plural, SoftmaxError, shown, shownNames } from '../../core/errors.js'
import { extended } from '../../core/extended.js'
import { readNumbers } from '../../core/float.js'
import { labelNames } from '../../core/labels.js'
import { ofClass } from '../../core/logit.js'
import { optionText } from '../../core/option-words.js'
import type { SettingsOf } from '../../core/options.js'
import type {
  ArrayShape,
  Column,
  LocatedRowError,
  RecordBatch,
  RecordBatchReader,
  Relocate,
  RowError,
} from '../../core/record-batch.js'
import { select, selectorOfNames } from '../../core/selector.js'
import { ByteReader } from '../../io/byte-reader.js'
import type { FileBytes } from '../../io/file-bytes.js'
import { atRow } from '../logits-reader.js'
import { type Box, boxesOf, contiguousSize, readBox, rowsOf } from './boxes.js'
import { keptColumn, keptValues, type RowValues } from './kept-arrays.js'
import {
  type ArrayLayout,
  isNumeric,
  type RowOrder,
  rowOrderOf,
  type Tensor,
  type TensorBytes,
  type TensorSource,
} from './tensor.js'
import { requireNamePerRow, TrueClasses, type TruthRows, truthColumn, truthRows } from './true-classes.js'

/** The numbers per batch, per transposed block, and per random-access read, each of which has a cost. */
const BATCH = 1 << 17
const BLOCK = 1 << 20
const SCATTERED = 1 << 21

/**
 * What a file of several arrays has besides the logits: the true classes, if they are read, the arrays that are kept,
 * and the names of those that are left; `names` are those of all arrays, in the order of the file.
 */
interface Beside {
  names: readonly string[]
  truth?: TensorSource<ArrayLayout> | undefined
  kept: readonly TensorSource<ArrayLayout>[]
  left: readonly string[]
}

/** An array besides the logits, as a column. */
interface ArrayColumn {
  column: Column
  values(): RowValues
  /** Closes it, if its values are not read. */
  close?(): Promise<void>
}

/** Creates a reader for an array of logits, and of those beside it. */
export function tensorReader(
  format: string,
  { tensor: given, bytes }: TensorSource,
  settings: Pick<SettingsOf<'bytes'>, 'axis' | 'logits' | 'keep' | 'binary' | 'op' | 'labels' | 'onError'>,
  { names, truth, kept, left }: Beside = { names: [], kept: [], left: [] },
): RecordBatchReader {
  const { axis, logits, op, labels } = settings
  if (given.layout.kind === '?') throw new SoftmaxError('E_TYPE', { reason: 'its dtype is bool, which has no logits' })
  const tensor = withClassAxis(given, settings)
  const order = rowOrderOf(format, tensor, axis)
  const { rows, classes, shape } = order
  if (labels !== undefined) requireNamedAxis(labels, shape)
  requireLength(format, bytes.length, tensor)
  const positions = shape.sizes.length > 2 ? order.others.map((_, index) => positionColumn(index)) : []
  const ofTruth = truth && isNumeric(truth) ? truthRows(format, truth.name, truth.tensor, order, { op }) : undefined
  if (truth && !isNumeric(truth)) requireNamePerRow(truth, given, order, settings)
  for (const { tensor, bytes } of kept) requireLength(format, bytes.length, tensor)
  const arrays = inFileOrder(names, [
    ...(truth ? [ofTruth ? truthArray(format, truth, ofTruth) : keptArray(format, truth)] : []),
    ...kept.map((source) => keptArray(format, source)),
  ])
  const others = [...positions, ...arrays.map(({ column }) => column)]
  const columns = [...others, logitsColumn(given, classes.size)]
  if (others.length > 0 && logits !== undefined) requireLogits(logits, columns)
  const warnings = [
    ...(shape.sizes.length === 1 ? [oneRowWarning(classes.size, op)] : []),
    ...(left.length > 0 ? [leftOutWarning(left, settings, arrays)] : []),
  ]
  return {
    columns,
    named: others.length > 0,
    rows,
    shape,
    relocate: indexed(order, given.sizes.length, ofTruth),
    warnings: () => warnings,
    batches: ({ kept }) => batchesOf(format, { tensor, bytes }, order, { positions: positions.length, arrays }, kept),
  }
}

/** With one logit per row, the class axis is usually missing. */
function withClassAxis(tensor: Tensor, { binary }: Pick<SettingsOf<'bytes'>, 'binary'>): Tensor {
  return binary !== undefined && tensor.sizes.length === 1 ? { ...tensor, sizes: [...tensor.sizes, 1] } : tensor
}

function logitsColumn({ layout: { kind, bytes } }: Tensor, width: number): Column {
  const isFloat32 = bytes < 8 && (kind === 'f' || kind === 'b')
  return { name: 'logits', type: 'list', sample: '', width, isFloat32 }
}

/** The columns besides the logits: positions along axes, and arrays. */
interface OtherColumns {
  positions: number
  arrays: readonly ArrayColumn[]
}

/** Reads batches with the kept columns of these indices; closes the arrays of others. */
async function* batchesOf(
  format: string,
  { tensor, bytes }: Pick<TensorSource, 'tensor' | 'bytes'>,
  order: RowOrder,
  { positions, arrays }: OtherColumns,
  kept: readonly number[],
): AsyncGenerator<RecordBatch> {
  for (const [nth, { close }] of arrays.entries()) if (!kept.includes(positions + nth)) await close?.()
  const ofArrays = kept.filter((index) => index >= positions)
  const open = new Map(ofArrays.map((index) => [index, arrays[index - positions]!.values()]))
  let row = 0
  try {
    for await (const logits of matricesOf(format, tensor, order, bytes)) {
      const count = logits.length / order.classes.size
      const columns: ColumnData[] = []
      for (const index of kept) {
        columns.push((await open.get(index)?.take(count)) ?? positionsOf(order, index, row, count))
      }
      yield { ...batchOf(logits, tensor, order), kept: columns }
      row += count
    }
    for (const values of open.values()) await values.end()
  } finally {
    for (const values of open.values()) await values.close()
  }
}

/** The warning about an array that may be meant as one logit per row. */
function oneRowWarning(classes: number, op: SettingsOf<'bytes'>['op']): string {
  const rows = op.endsWith('sigmoid')
    ? 'save logits[:, None] for a row of each number'
    : `${optionText('binary', 'no,yes')} reads each number as a row`
  return `it has one dimension, so it is read as one row of ${plural(classes, 'class')}; ${rows}`
}

/**
 * The warning about arrays that are not read: whether they have a value per row, and in what order, is unknown. A row
 * that is left out moves the later ones up.
 */
function leftOutWarning(
  others: readonly string[],
  { onError, keep }: Pick<SettingsOf<'bytes'>, 'onError' | 'keep'>,
  kept: readonly ArrayColumn[],
): string {
  const names = shownNames(others)
  const [is, they, them] = others.length === 1 ? ['is', 'it', 'it'] : ['are', 'they', 'them']
  const join =
    onError === 'fail'
      ? `rows keep their order, so ${they} can be joined by position`
      : `bad rows are skipped, so delete the same rows from ${them} before joining by position: the "row" of each reject, from 1`
  const notCopied = `${names} ${is} not copied to the output; ${join}`
  if (keep !== true) return notCopied
  const copied = kept.map(({ column }) => column.name)
  const option = optionText('keep', copied.length === 0 ? false : selectorOfNames(copied))
  return `${notCopied} (${option} hides this warning)`
}

/** Throws E_LABELS if the number of labels is the length of another axis, which suggests that the classes are there. */
function requireNamedAxis(labels: string | readonly string[], { sizes, axis }: ArrayShape): void {
  const { length } = labelNames(labels)
  const named = sizes.indexOf(length)
  if (length === sizes[axis] || named < 0) return
  const reason = `${plural(length, 'name')} for ${sizes[axis]} classes; ${optionText('axis', named)} reads them from the axis that has ${length}`
  throw new SoftmaxError('E_LABELS', { reason })
}

/** Arrays in the order of their names in the file. */
function inFileOrder(names: readonly string[], arrays: readonly ArrayColumn[]): ArrayColumn[] {
  const byName = new Map(arrays.map((array) => [array.column.name, array]))
  return names.flatMap((name) => byName.get(name) ?? [])
}

function keptArray(format: string, source: TensorSource<ArrayLayout>): ArrayColumn {
  return {
    column: keptColumn(source),
    values: () => keptValues(format, source),
    close: async () => source.bytes.close?.(),
  }
}

function truthArray(
  format: string,
  { name, bytes }: Pick<TensorSource, 'name' | 'bytes'>,
  rows: TruthRows,
): ArrayColumn {
  return { column: truthColumn(name, rows), values: () => trueClasses(format, rows, bytes) }
}

function trueClasses(format: string, rows: TruthRows, bytes: TensorBytes): TrueClasses {
  const { tensor, order } = rows
  requireLength(format, bytes.length, tensor)
  return new TrueClasses(matricesOf(format, tensor, order, bytes), rows)
}

/**
 * Creates the function that adds the array index of each bad row to its error, in the array of true classes if one of
 * these is bad; the class axis may be missing.
 */
function indexed({ others, shape }: RowOrder, axes: number, truth: TruthRows | undefined): Relocate {
  let before = 0
  const indexOf = ({ code, info: { row, column, classIndex, nth } }: LocatedRowError, first: number) => {
    const indices = others.map((_, axis) => String(positionAlong(others, axis)(first + row)))
    if (code === 'E_TRUTH' && truth) return truth.indexOf(indices, nth as number)
    if (column !== undefined && classIndex === undefined) return undefined
    return indices.toSpliced(shape.axis, 0, classIndex === undefined ? ':' : String(classIndex)).slice(0, axes)
  }
  return (scored) => {
    const first = before
    const errors = scored.errors.map((error) => {
      const index = indexOf(error, first)
      return index ? { ...error, info: extended(error.info, { index: `[${index.join(', ')}]` }) } : error
    })
    before += scored.rows
    return { ...scored, errors }
  }
}

/** The column of positions along an axis. */
function positionColumn(index: number): Column {
  const name = `i${index}`
  const type = { kind: 'int', bitWidth: 64, signed: true } as const
  return { name, type: 'integer', sample: '0', field: { name, type, nullable: false }, isPosition: true }
}

/** Throws E_SELECTOR if what is selected is not the column of logits. */
function requireLogits(logits: string | readonly string[], columns: readonly Column[]): void {
  const header = columns.map(({ name }) => name)
  const position = select(logits, header).find((index) => index !== columns.length - 1)
  if (position === undefined) return
  const name = header[position]!
  const reason = columns[position]!.isPosition
    ? `selects ${name}, which counts along an axis; all logits are in the column logits`
    : `selects ${shown(name)}, which is another array; ${optionText('tensor', name)} takes the logits from it`
  throw new SoftmaxError('E_SELECTOR', { item: String(logits), reason })
}

/** Reads the rows of an array, some at a time. */
async function* matricesOf(
  format: string,
  tensor: Tensor,
  order: RowOrder,
  bytes: TensorBytes,
): AsyncGenerator<Float64Array> {
  const { rows, classes } = order
  if (classes.size === 0 && rows > 0) throw new SoftmaxError('E_ROW', { row: 1, reason: 'the row has no logits' })
  const size = contiguousSize(order)
  const inOrder = size <= Math.max(BLOCK, classes.size)
  const boxes = boxesOf(order, inOrder ? Math.max(BATCH, size) : Math.max(SCATTERED, classes.size))
  const matrices = inOrder
    ? blocksInOrder(format, tensor, order, boxes, bytes.chunks())
    : blocksAnywhere(format, tensor, order, boxes, await bytes.open())
  for await (const logits of matrices) yield* partsOf(logits, classes.size)
}

function* partsOf(logits: Float64Array, classes: number): Generator<Float64Array> {
  const most = classes * Math.max(1, Math.floor(BATCH / classes))
  if (logits.length <= most) return yield logits
  for (let at = 0; at < logits.length; at += most) yield logits.slice(at, at + most)
}

async function* blocksInOrder(
  format: string,
  { layout }: Tensor,
  order: RowOrder,
  boxes: Iterable<Box>,
  chunks: AsyncGenerator<Buffer>,
): AsyncGenerator<Float64Array> {
  const reader = new ByteReader(chunks)
  const { rows, classes } = order
  const areRows = contiguousSize(order) === classes.size
  const rowBytes = classes.size * layout.bytes
  let row = 0
  try {
    for (const box of boxes) {
      const bytes = await reader.take(box.rows * rowBytes)
      const complete = Math.floor(bytes.length / rowBytes)
      // No row of a transposed block is complete before its end.
      const count = areRows || complete === box.rows ? complete : 0
      const numbers = readNumbers(bytes.subarray(0, count * rowBytes), layout)
      if (count > 0) yield rowsOf(numbers, { ...box, rows: count }, classes)
      row += count
      if (complete < box.rows) throw corruptData(format, `it ends in row ${row + 1} of ${rows}`)
    }
    if ((await reader.take(1)).length > 0) throw corruptData(format, `there is data after its ${rows} rows`)
  } finally {
    await reader.close()
  }
}

async function* blocksAnywhere(
  format: string,
  tensor: Tensor,
  order: RowOrder,
  boxes: Iterable<Box>,
  file: FileBytes,
): AsyncGenerator<Float64Array> {
  try {
    requireLength(format, file.size, tensor)
    for (const box of boxes) {
      const logits = await readBox(file, tensor.layout, box, order.classes)
      if (!logits) throw corruptData(format, 'it was truncated while it was read')
      yield logits
    }
  } finally {
    await file.close()
  }
}

/** Throws E_CORRUPT if the size of an array, if it is known, is not that of its numbers. */
function requireLength(format: string, length: number | undefined, { layout, sizes }: Tensor<ArrayLayout>): void {
  const expected = sizes.reduce((product, size) => product * size, layout.bytes)
  if (length !== undefined && length !== expected) {
    throw corruptData(format, `it has ${length} bytes of numbers where ${expected} are expected`)
  }
}

function batchOf(logits: Float64Array, { layout }: Tensor, order: RowOrder): RecordBatch {
  const numRows = logits.length / order.classes.size
  return {
    numRows,
    logits,
    kept: [],
    errors: layout.bytes === 8 && layout.kind !== 'f' ? inexactRows(logits, order.classes.size) : new Map(),
    withPosition: atRow,
    lines: 0,
    bytes: 0,
  }
}

/** The positions of some rows along an axis. */
function positionsOf({ others }: RowOrder, index: number, row: number, rows: number): ColumnData {
  const values = new BigInt64Array(rows)
  const at = positionAlong(others, index)
  for (let next = 0; next < rows; next++) values[next] = BigInt(at(row + next))
  return { type: { kind: 'int', bitWidth: 64, signed: true }, length: rows, nullCount: 0, values }
}

/** Creates the function that returns the position of a row along one of the non-class axes. */
function positionAlong(others: RowOrder['others'], index: number): (row: number) => number {
  const inner = others.slice(index + 1).reduce((product, { size }) => product * size, 1)
  const { size } = others[index]!
  return (row) => Math.floor(row / inner) % size
}

/** The rows with integers that a double may not represent exactly. */
function inexactRows(logits: Float64Array, classes: number): Map<number, RowError> {
  const errors = new Map<number, RowError>()
  for (let at = 0; at < logits.length; at++) {
    if (Number.isSafeInteger(logits[at])) continue
    const row = Math.floor(at / classes)
    const info = { cell: String(BigInt(logits[at]!)), isInteger: true, isRounded: true }
    if (!errors.has(row)) errors.set(row, ofClass({ code: 'E_OVERFLOW', info }, at % classes))
  }
  return errors
}
