/**
 * Splits an array into boxes: consecutive rows, as many as fit in memory, whose numbers form a sub-array with axes of
 * its own. A box is read in windows, as far as its numbers are close together in the file.
 */
import { type NumberLayout, readNumbers } from '../../core/float.js'
import type { FileBytes } from '../../io/file-bytes.js'
import type { Axis, RowOrder } from './tensor.js'

/** Some rows: the offset of the first number, and the axes along which they differ. */
export interface Box {
  rows: number
  start: number
  others: readonly Axis[]
}

/** An axis, and its stride within the box in row order. */
interface Step extends Axis {
  to: number
}

/** The read size in bytes, and the largest gap that is read rather than skipped. */
const WINDOW = 1 << 20
const GAP = 1 << 15

/** The boxes of an array in row order, each of at most `most` numbers, or of one row. */
export function* boxesOf({ rows, classes, others }: RowOrder, most: number): Generator<Box> {
  if (rows === 0) return
  let first = others.length
  let inner = 1
  while (first > 0 && inner * others[first - 1]!.size * classes.size <= most) inner *= others[--first]!.size
  const innerAxes = others.slice(first)
  const split = others[first - 1]
  if (!split) return yield { rows, start: 0, others: innerAxes }
  const step = Math.max(1, Math.floor(most / (inner * classes.size)))
  for (const start of startsOf(others.slice(0, first - 1))) {
    for (let index = 0; index < split.size; index += step) {
      const size = Math.min(step, split.size - index)
      yield { rows: size * inner, start: start + index * split.stride, others: [{ ...split, size }, ...innerAxes] }
    }
  }
}

/** The offset of each position along some axes; the last axis varies fastest. */
function* startsOf([axis, ...rest]: readonly Axis[], start = 0): Generator<number> {
  if (!axis) yield start
  for (let index = 0; axis && index < axis.size; index++) yield* startsOf(rest, start + index * axis.stride)
}

/** The size of the smallest box whose numbers are contiguous in the file and that follows the previous box. */
export function contiguousSize({ classes, others }: RowOrder): number {
  for (let first = others.length; first >= 0; first--) {
    const size = others.slice(first).reduce((product, axis) => product * axis.size, classes.size)
    if (isDense(others.slice(0, first), size)) return size
  }
  return Number.POSITIVE_INFINITY
}

/** Whether positions along some axes are contiguous, with `size` numbers each. */
function isDense(axes: readonly Axis[], size: number): boolean {
  let expected = size
  return axes.toReversed().every((axis) => {
    const fits = axis.size === 1 || axis.stride === expected
    expected *= axis.size
    return fits
  })
}

/** Reorders contiguous numbers of a box into rows. */
export function rowsOf(numbers: ArrayLike<number>, box: Box, classes: Axis): Float64Array {
  const steps = stepsOf(box, classes)
  const logits = new Float64Array(box.rows * classes.size)
  if (steps.every(({ stride, to }) => stride === to)) logits.set(numbers)
  else scatter(numbers, 0, steps, logits, 0)
  return logits
}

/** Reads the numbers of a box from a file into rows; undefined if the file is too short. */
export async function readBox(
  file: FileBytes,
  layout: NumberLayout,
  box: Box,
  classes: Axis,
): Promise<Float64Array | undefined> {
  const logits = new Float64Array(box.rows * classes.size)
  const { bytes: size } = layout
  const fill = async (steps: readonly Step[], from: number, to: number): Promise<boolean> => {
    const [outer, ...inner] = steps
    const most = outer ? stepsAtOnce(outer, inner, size) : 1
    if (!outer || most >= outer.size) {
      const length = spanOf(steps)
      const bytes = await file.read(from * size, length * size)
      if (bytes.length < length * size) return false
      scatter(readNumbers(bytes, layout), 0, steps, logits, to)
      return true
    }
    for (let index = 0; index < outer.size; index += most) {
      const part = { ...outer, size: Math.min(most, outer.size - index) }
      const rest = part.size === 1 ? inner : [part, ...inner]
      if (!(await fill(rest, from + index * outer.stride, to + index * outer.to))) return false
    }
    return true
  }
  return (await fill(stepsOf(box, classes), box.start, 0)) ? logits : undefined
}

/** How many steps along an axis to cover by one read, including the gaps. */
function stepsAtOnce(outer: Step, inner: readonly Step[], size: number): number {
  const length = spanOf(inner)
  if ((outer.stride - length) * size > GAP) return 1
  return Math.max(1, Math.floor((WINDOW / size - length) / outer.stride) + 1)
}

/** The distance from the first to the last number. */
function spanOf(axes: readonly Axis[]): number {
  return axes.reduce((sum, { size, stride }) => sum + (size - 1) * stride, 1)
}

/** The axes of a box with more than one position, the widest stride first. */
function stepsOf({ others }: Box, classes: Axis): Step[] {
  let to = classes.size
  const steps: Step[] = [{ ...classes, to: 1 }]
  for (const axis of others.toReversed()) {
    steps.push({ ...axis, to })
    to *= axis.size
  }
  return steps.filter(({ size }) => size > 1).sort((a, b) => b.stride - a.stride)
}

/** Scatters numbers to their positions in rows. */
function scatter(
  numbers: ArrayLike<number>,
  from: number,
  [step, ...inner]: readonly Step[],
  logits: Float64Array,
  to: number,
): void {
  if (!step) {
    logits[to] = numbers[from]!
    return
  }
  const { size, stride, to: distance } = step
  for (let index = 0; index < size; index++) {
    if (inner.length > 0) scatter(numbers, from + index * stride, inner, logits, to + index * distance)
    else logits[to + index * distance] = numbers[from + index * stride]!
  }
}
