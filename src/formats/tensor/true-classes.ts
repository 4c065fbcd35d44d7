/** An array of true classes with the same rows as the logits: one class per row, or 0 or 1 for each class. */
import { arrayOf } from '../../core/column-arrays.js'
import { buildColumn } from '../../core/column-builder.js'
import type { ColumnData } from '../../core/column-data.js'
import type { DataType } from '../../core/data-type.js'
import { plural, SoftmaxError, shown } from '../../core/errors.js'
import { optionText } from '../../core/option-words.js'
import { opText, type SettingsOf } from '../../core/options.js'
import type { ArrayShape, Column } from '../../core/record-batch.js'
import { integersOf } from '../../core/wide-integers.js'
import { columnOf } from '../columnar.js'
import { isPerRow, type RowValues } from './kept-arrays.js'
import { type ArrayLayout, type RowOrder, rowOrderOf, type Tensor, type TensorSource, tuple } from './tensor.js'

/** The type of numbers; booleans for each class are 0 and 1. */
function numberType({ layout: { kind, bytes } }: Tensor): DataType & { kind: 'int' | 'float' } {
  if (kind === 'f' || kind === 'b') return { kind: 'float', bitWidth: bytes === 8 ? 64 : 32 }
  return { kind: 'int', bitWidth: (8 * bytes) as 8 | 16 | 32 | 64, signed: kind === 'i' || bytes === 8 }
}

/** True classes as rows matching those of the logits. */
export interface TruthRows {
  tensor: Tensor
  order: RowOrder
  /** The numbers per row, if there is one for each class. */
  width?: number
  /** The index of a true class in its array, given the positions of its row and, if there is one for each, the class. */
  indexOf(row: readonly string[], nth: number): readonly string[]
}

/**
 * Throws E_CONFLICT if the rows do not match those of the logits, or if there is a number per class although a row has
 * one true class.
 */
export function truthRows(
  format: string,
  name: string,
  tensor: Tensor,
  { shape }: RowOrder,
  { op }: Pick<SettingsOf<'bytes'>, 'op'>,
): TruthRows {
  const { sizes } = tensor
  const expected = shape.sizes.toSpliced(shape.axis, 1)
  const rowsOf = (tensor: Tensor, axis?: number) => ({ tensor, order: rowOrderOf(format, tensor, axis) })
  if (tuple(sizes) === tuple(expected)) return { ...rowsOf({ ...tensor, sizes: [...sizes, 1] }), indexOf: (row) => row }
  if (tuple(sizes) === tuple([...expected, 1])) return { ...rowsOf(tensor), indexOf: (row) => [...row, '0'] }
  const isEach = tuple(sizes) === tuple(shape.sizes)
  if (isEach && op.endsWith('sigmoid')) {
    const indexOf = (row: readonly string[], nth: number) => row.toSpliced(shape.axis, 0, String(nth))
    return { ...rowsOf(tensor, shape.axis), width: shape.sizes[shape.axis]!, indexOf }
  }
  const reason = isEach ? reasonOfEach(name, shape) : reasonOfShape(name, sizes, shape)
  throw new SoftmaxError('E_CONFLICT', { reason: `${optionText('truth', name)} has ${reason}` })
}

/** Throws E_CONFLICT if an array does not have the name of a class for each row of the logits, in their order. */
export function requireNamePerRow(
  { name, tensor }: TensorSource<ArrayLayout>,
  logits: Tensor,
  { shape }: RowOrder,
  settings: Parameters<typeof isPerRow>[2],
): void {
  if (isPerRow(tensor, logits, settings)) return
  const isTurned = isPerRow({ ...tensor, fortran: false }, logits, settings)
  const reason = isTurned
    ? `text in Fortran order; save numpy.ascontiguousarray(${name})`
    : reasonOfShape(name, tensor.sizes, shape)
  throw new SoftmaxError('E_CONFLICT', { reason: `${optionText('truth', name)} has ${reason}` })
}

/** Why an array of the shape of the logits is refused. */
function reasonOfEach(name: string, { sizes, axis }: ArrayShape): string {
  if (sizes.length === 1)
    return `one class for each number, but logits of one dimension are one row; ${optionText('binary', 'no,yes')} reads each number as a row`
  return `one number per class, which is for ${opText('sigmoid')}; for one true class a row, save its position: ${name}.argmax(${axis})`
}

/** Why an array of another shape than the rows is refused; it may be that of the rows along another axis. */
function reasonOfShape(name: string, found: readonly number[], { sizes, axis }: ArrayShape): string {
  const rows = tuple(sizes.toSpliced(axis, 1))
  const other = sizes.findIndex((_, index) => tuple(sizes.toSpliced(index, 1)) === tuple(found))
  const remedy =
    other < 0
      ? `${shown(name)} needs one true class for each of these`
      : `${optionText('axis', other)} reads ${plural(sizes[other]!, 'class')} along that axis`
  return `the shape ${tuple(found)}, but the logits have rows of the shape ${rows}; ${remedy}`
}

/** The column for true classes. */
export function truthColumn(name: string, rows: TruthRows): Column {
  const type = typeOf(rows)
  const field = { name, type, nullable: false }
  if (type.kind === 'bool') return columnOf(field)
  if (rows.width !== undefined) return { name, type: 'json', sample: '', field, isEachClass: true }
  return { name, type: type.kind === 'int' ? 'integer' : 'number', sample: '0', field }
}

/** Whether there is one boolean per row, which is a position only if a name shows which class is true. */
function isBoolean({ tensor, width }: TruthRows): boolean {
  return width === undefined && tensor.layout.kind === '?'
}

function typeOf(rows: TruthRows): DataType {
  const { tensor, width } = rows
  if (isBoolean(rows)) return { kind: 'bool' }
  const type = numberType(tensor)
  if (width === undefined) return type
  return { kind: 'fixed_size_list', size: width, item: { name: 'item', type, nullable: false } }
}

/** Reads true classes in row order, as many at a time as requested. */
export class TrueClasses implements RowValues {
  readonly #parts: AsyncGenerator<Float64Array>
  readonly #rows: TruthRows
  #rest = new Float64Array()

  constructor(parts: AsyncGenerator<Float64Array>, rows: TruthRows) {
    this.#parts = parts
    this.#rows = rows
  }

  async take(length: number): Promise<ColumnData> {
    const { tensor, width } = this.#rows
    const values = await this.#numbers(length * (width ?? 1))
    if (isBoolean(this.#rows)) return buildColumn(Array.from(values, Boolean), 'boolean')
    const numbers = columnOfNumbers(values, numberType(tensor))
    if (width === undefined) return numbers
    return { type: typeOf(this.#rows), length, nullCount: 0, children: [numbers] }
  }

  async #numbers(length: number): Promise<Float64Array> {
    const taken = new Float64Array(length)
    let count = 0
    while (count < length) {
      if (this.#rest.length === 0) this.#rest = (await this.#parts.next()).value
      const part = this.#rest.subarray(0, length - count)
      taken.set(part, count)
      count += part.length
      this.#rest = this.#rest.subarray(part.length)
    }
    return taken
  }

  /** Reads to the end, so that checksums are verified. */
  async end(): Promise<void> {
    for await (const _ of this.#parts);
  }

  async close(): Promise<void> {
    await this.#parts.return(undefined)
  }
}

function columnOfNumbers(numbers: Float64Array, type: ReturnType<typeof numberType>): ColumnData {
  const column = { type, length: numbers.length, nullCount: 0 }
  if (type.kind === 'int' && type.bitWidth === 64) return { ...column, values: integersOf(numbers) }
  const values = new (arrayOf(type))(numbers.length)
  ;(values as Float64Array).set(numbers)
  return { ...column, values }
}
