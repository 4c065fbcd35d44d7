/** An n-dimensional array, read as rows along one axis. */
import { corruptData } from '../../core/corrupt-data.js'
import { SoftmaxError } from '../../core/errors.js'
import type { NumberLayout } from '../../core/float.js'
import type { ArrayShape, OutputSchema } from '../../core/record-batch.js'
import type { FileBytes } from '../../io/file-bytes.js'

/** The encoding of text of a fixed length in UTF-32, padded with zeros: the bytes per text, and the byte order. */
export interface TextLayout {
  kind: 'U'
  bytes: number
  bigEndian: boolean
}

/** The encoding of any array that is read. */
export type ArrayLayout = NumberLayout | TextLayout

/** An array as declared in a file. */
export interface Tensor<Layout = NumberLayout> {
  layout: Layout
  sizes: readonly number[]
  /** Whether the first index varies fastest (Fortran order) rather than the last. */
  fortran: boolean
}

/** The bytes of an array, accessed in one of two ways, once. */
export interface TensorBytes {
  /** Sequentially, without anything after the array. */
  chunks(): AsyncGenerator<Buffer>
  /** By random access. */
  open(): Promise<FileBytes>
  /** The size in bytes, if known. */
  length?: number
  /** Releases them, if they are not read. */
  close?(): Promise<void>
}

/** An array of a file. */
export interface TensorSource<Layout = NumberLayout> {
  name: string
  tensor: Tensor<Layout>
  bytes: TensorBytes
}

/** Whether an array has numbers rather than text. */
export function isNumeric(source: TensorSource<ArrayLayout>): source is TensorSource {
  return source.tensor.layout.kind !== 'U'
}

/** An axis of an array: its length and stride, in numbers. */
export interface Axis {
  size: number
  stride: number
}

/** An array as rows. The last of the other axes varies fastest. */
export interface RowOrder {
  rows: number
  classes: Axis
  others: readonly Axis[]
  shape: ArrayShape
}

/** The limit of numpy. */
const MOST_AXES = 64

/**
 * The rows of an array along an axis; a negative one counts from the end.
 *
 * @throws E_TYPE for a scalar, E_OPTION for an axis that does not exist, E_CORRUPT for impossible sizes
 */
export function rowOrderOf(format: string, { sizes, fortran }: Tensor, requested = -1): RowOrder {
  const count = sizes.length
  if (count === 0) throw new SoftmaxError('E_TYPE', { reason: 'it is a single number, not an array' })
  if (count > MOST_AXES) throw corruptData(format, `its header declares ${count} dimensions`)
  const axis = requested < 0 ? count + requested : requested
  if (axis < 0 || axis >= count) {
    const expected = `an axis of its shape ${tuple(sizes)}, from ${-count} to ${count - 1}`
    throw new SoftmaxError('E_OPTION', { option: 'axis', value: requested, expected })
  }
  const others = sizes.filter((_, index) => index !== axis)
  const rows = others.reduce((product, size) => product * size, 1)
  const bytes = rows * sizes[axis]! * 8
  if (![...sizes, rows, bytes].every(Number.isSafeInteger)) {
    throw corruptData(format, `its header declares the shape ${tuple(sizes)}`)
  }
  const axes = axesOf(sizes, fortran)
  return { rows, classes: axes[axis]!, others: axes.toSpliced(axis, 1), shape: { sizes, axis } }
}

function axesOf(sizes: readonly number[], fortran: boolean): Axis[] {
  let stride = 1
  const axes = (fortran ? sizes : sizes.toReversed()).map((size) => {
    const axis = { size, stride }
    stride *= size
    return axis
  })
  return fortran ? axes : axes.reverse()
}

/** A shape as Python prints it. */
export function tuple(sizes: readonly number[]): string {
  return sizes.length === 1 ? `(${sizes[0]},)` : `(${sizes.join(', ')})`
}

/** The shape of an output array, given its number of rows, and the stride of its class axis. */
interface OutputShape {
  sizes(rows: number): readonly number[]
  inner: number
}

/**
 * The shape of an array with `width` numbers per row, or without that axis: the shape of the input if all its rows are
 * written. If their number is not known in advance, that requires rows in storage order.
 */
export function outputShape(
  { shape, rows }: Pick<OutputSchema, 'shape' | 'rows'>,
  width: number | undefined,
): OutputShape {
  const flat = (count: number) => (width === undefined ? [count] : [count, width])
  if (!shape || (rows === undefined && !isRowOrder(shape))) return { sizes: flat, inner: 1 }
  const { sizes, axis } = shape
  const others = sizes.toSpliced(axis, 1)
  const shaped = width === undefined ? others : sizes.with(axis, width)
  const inner = width === undefined ? 1 : productOf(sizes.slice(axis + 1))
  return { sizes: (count) => (count === productOf(others) ? shaped : flat(count)), inner }
}

/** Whether the numbers of a row are contiguous in an array stored in C order. */
export function isRowOrder({ sizes, axis }: ArrayShape): boolean {
  return productOf(sizes.slice(axis + 1)) === 1
}

function productOf(sizes: readonly number[]): number {
  return sizes.reduce((product, size) => product * size, 1)
}
