/**
 * NDJSON logits that are nested lists, or a flat list with its shape next to it, as in the tensors of inference
 * servers.
 */
import { DEEPEST, nestingOf } from '../../core/nesting.js'
import type { JsonColumn, ReaderOptions, RowError } from '../../core/record-batch.js'
import { NestedLogits } from '../nested-logits.js'
import { jsonError, type ParsedRow, type Row, textAt, valueAt } from './row.js'

/** Collects the lists of rows in a matrix. */
export class NestedRows {
  readonly #column: JsonColumn
  readonly #logits: NestedLogits
  readonly #depth: number

  constructor(column: JsonColumn, depth: number, plan: ReaderOptions) {
    this.#column = column
    this.#depth = depth
    this.#logits = new NestedLogits({ depth, classes: plan.classes, name: column.name, rule: plan })
  }

  /** Reads the lists of a row; returns the error, if any. */
  put(found: unknown, { value, text }: ParsedRow): RowError | undefined {
    const { path, shapePath } = this.#column
    const shape = shapePath && valueAt(value, shapePath)
    if (!isTensor(found, shape)) {
      return this.#logits.put(found, (place) => overflowAt(text, [...path, ...place.map(String)]))
    }
    const sizes = sizesOf(found, shape)
    if (sizes?.length !== this.#depth + 1) return jsonError(shapeReason(found, shape))
    return this.#logits.put(listsOf(found, sizes), (place) =>
      overflowAt(text, [...path, String(place.reduce((at, index, axis) => at * sizes[axis]! + index, 0))]),
    )
  }

  /** Must be called after each row, including bad ones. */
  endRow(): void {
    this.#logits.endRow()
  }

  get batch() {
    return this.#logits.batch
  }
}

function overflowAt(text: string, path: readonly string[]): RowError {
  return { code: 'E_OVERFLOW', info: { cell: textAt(text, path) } }
}

/**
 * The nesting of the lists of a row, according to the lists or their declared shape; undefined if they are not nested.
 */
export function nestingIn(row: Row, path: readonly string[]): { depth: number; width: number } | undefined {
  const found = valueAt(row, path)
  const shapePath = shapePathOf(path)
  const shape = shapePath && valueAt(row, shapePath)
  if (!isTensor(found, shape)) return nestingOf(found)
  const sizes = sizesOf(found, shape)
  return sizes && sizes.length > 1 ? { depth: sizes.length - 1, width: sizes.at(-1)! } : undefined
}

/** The path of the shape that belongs to the numbers at a path; undefined if these have another name. */
export function shapePathOf(path: readonly string[]): readonly string[] | undefined {
  return path.at(-1) === 'data' ? [...path.slice(0, -1), 'shape'] : undefined
}

/** The error for a row whose declared shape does not match its numbers. */
export function shapeMismatch(row: Row, path: readonly string[]): string | undefined {
  const shapePath = shapePathOf(path)
  const [found, shape] = [valueAt(row, path), shapePath && valueAt(row, shapePath)]
  return isTensor(found, shape) && !sizesOf(found, shape) ? shapeReason(found, shape) : undefined
}

/** Whether a list of numbers has a list named `shape` next to it. */
function isTensor(found: unknown, shape: unknown): found is unknown[] {
  return Array.isArray(found) && Array.isArray(shape) && !found.some(Array.isArray)
}

/**
 * The axis lengths, if their product matches the number of values; with zero classes, the number of rows would be
 * arbitrary.
 */
function sizesOf(list: readonly unknown[], shape: unknown): number[] | undefined {
  const sizes = shape as number[]
  const areFew = sizes.length > 0 && sizes.length <= DEEPEST + 1 && !sizes.slice(1).includes(0)
  const areSizes = areFew && sizes.every((size) => Number.isSafeInteger(size) && size >= 0)
  return areSizes && sizes.reduce((all, size) => all * size, 1) === list.length ? sizes : undefined
}

function shapeReason(list: readonly unknown[], shape: unknown): string {
  return `its shape ${JSON.stringify(shape)} does not match its list of ${list.length}, or differs from the first row`
}

/** Reshapes a flat list into nested lists. */
function listsOf(list: readonly unknown[], [size = 0, ...sizes]: readonly number[]): unknown[] {
  if (sizes.length === 0) return [...list]
  const step = sizes.reduce((all, one) => all * one, 1)
  return Array.from({ length: size }, (_, index) => listsOf(list.slice(index * step, (index + 1) * step), sizes))
}
