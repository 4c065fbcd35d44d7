/** Logits of rows that are lists of lists, be they of JSON or in cells of text: into one matrix, with their nesting. */
import { logitOf } from '../core/logit.js'
import type { MissingRule } from '../core/missing.js'
import type { Nesting } from '../core/nesting.js'
import type { RowError } from '../core/record-batch.js'

/** What all rows have in common. */
interface Shape {
  /** How many lists stand around those of logits, and how many logits these have. */
  depth: number
  classes: number
  /** What the column is called. */
  name: string
  rule: MissingRule
}

/** The error of a number that is too large, by the positions that lead to it. */
type OverflowAt = (place: readonly number[]) => RowError

/** Puts the lists of one row behind those of the others. A bad row has none. */
export class NestedLogits {
  readonly #shape: Shape
  #logits = new Float64Array(1 << 10)
  #count = 0
  /** For each level, where its lists end. */
  readonly #ends: number[][]

  constructor(shape: Shape) {
    this.#shape = shape
    this.#ends = Array.from({ length: shape.depth }, () => [0])
  }

  /** Reads the lists of a row; returns what is wrong with them, if anything is. */
  put(value: unknown, overflowAt: OverflowAt): RowError | undefined {
    const before = this.#ends.map(({ length }) => length)
    const count = this.#count
    const error = this.#putList(value, [], overflowAt)
    if (!error) return undefined
    for (const [level, length] of before.entries()) this.#ends[level]!.length = length
    this.#count = count
    return error
  }

  /** To be called behind each row, a bad one too. */
  endRow(): void {
    this.#endList(0)
  }

  /** Ends a list of a level: its items are the lists of the next one, or those of logits. */
  #endList(level: number): void {
    const next = this.#ends[level + 1]
    this.#ends[level]!.push(next ? next.length - 1 : this.#count)
  }

  get batch(): { logits: Float64Array; nesting: Nesting } {
    const logits = this.#logits.subarray(0, this.#count * this.#shape.classes)
    return { logits, nesting: this.#ends.map((ends) => Int32Array.from(ends)) }
  }

  #putList(list: unknown, place: readonly number[], overflowAt: OverflowAt): RowError | undefined {
    const level = place.length
    if (!Array.isArray(list)) return this.#notAList(list, place)
    for (const [index, item] of list.entries()) {
      const within = [...place, index]
      const isLast = level === this.#shape.depth - 1
      const error = isLast ? this.#putLogits(item, within, overflowAt) : this.#putList(item, within, overflowAt)
      if (error) return error
      if (!isLast) this.#endList(level + 1)
    }
    return undefined
  }

  #putLogits(list: unknown, place: readonly number[], overflowAt: OverflowAt): RowError | undefined {
    const { classes, rule } = this.#shape
    if (!Array.isArray(list)) return this.#notAList(list, place)
    if (list.length !== classes) {
      return { code: 'E_WIDTH', info: { cells: list.length, width: classes, of: `list ${place.join('.')}` } }
    }
    this.#makeRoom()
    const at = this.#count * classes
    for (const [index, item] of list.entries()) {
      const within = [...place, index]
      const isTooLarge = typeof item === 'number' && !Number.isFinite(item)
      const logit = isTooLarge ? overflowAt(within) : logitOf(item, rule)
      if (typeof logit !== 'number') return { ...logit, column: within.join('.') }
      this.#logits[at + index] = logit
    }
    this.#count++
    return undefined
  }

  #makeRoom(): void {
    const needed = (this.#count + 1) * this.#shape.classes
    if (needed <= this.#logits.length) return
    const larger = new Float64Array(Math.max(needed, 2 * this.#logits.length))
    larger.set(this.#logits)
    this.#logits = larger
  }

  #notAList(value: unknown, place: readonly number[]): RowError {
    if (value === null) return { code: 'E_MISSING', info: { of: 'list' } }
    const { name, depth } = this.#shape
    const what = place.length === 0 ? JSON.stringify(name) : `${JSON.stringify(name)} at ${place.join('.')}`
    return {
      code: 'E_ROW',
      info: { reason: `its ${what} is no list of ${'lists of '.repeat(depth - place.length)}numbers` },
    }
  }
}
