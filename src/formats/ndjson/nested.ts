/**
 * NDJSON logits that are nested lists, or a flat list with its shape next to it, as in the tensors of inference
 * servers.
 */
import { declaredShape, nestedLists, nests, shapeReason } from '../../core/declared-shape.js'
import { nestingOf } from '../../core/nesting.js'
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
    const { path } = this.#column
    const declared = shapeAt(value, path)
    if (!declared) return this.#logits.put(found, (indices) => overflowAt(text, [...path, ...indices.map(String)]))
    const { sizes } = declared
    if (sizes?.length !== this.#depth + 1) return jsonError(shapeReason(declared))
    return this.#logits.put(nestedLists(found as unknown[], sizes), (indices) =>
      overflowAt(text, [...path, String(indices.reduce((at, index, axis) => at * sizes[axis]! + index, 0))]),
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

/** The shape declared for the list at a path; undefined if there is none. */
export function shapeAt(row: Row, path: readonly string[]) {
  return declaredShape(valueAt(row, path), valueAt(row, path.slice(0, -1)), path.at(-1))
}

/**
 * The nesting of the lists of a row, according to the lists or their declared shape, with the path of that shape;
 * undefined if they are not nested.
 */
export function nestingIn(row: Row, path: readonly string[]): RowNesting | undefined {
  const declared = shapeAt(row, path)
  if (!declared) return nestingOf(valueAt(row, path))
  const { sizes, key } = declared
  if (!sizes || !nests(declared)) return undefined
  return { depth: sizes.length - 1, width: sizes.at(-1)!, shapePath: [...path.slice(0, -1), key] }
}

interface RowNesting {
  depth: number
  width: number
  shapePath?: readonly string[]
}
