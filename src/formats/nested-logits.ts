/** Reads nested logits, from JSON or text cells, into a matrix and its nesting. */
import { areMissing, logitOf, missingLogits, notLogits } from '../core/logit.js'
import type { MissingRule } from '../core/missing.js'
import type { Nesting } from '../core/nesting.js'
import type { RowError } from '../core/record-batch.js'

/** What all rows have in common. */
interface Shape {
  /** How many lists enclose those of the logits, and how many logits these have. */
  depth: number
  classes: number
  /** The name of the column. */
  name: string
  rule: MissingRule
}

/** The error for a number that overflows, by its index path. */
type OverflowAt = (path: readonly number[]) => RowError

/** Appends the lists of rows, one row at a time. A bad row contributes none. */
export class NestedLogits {
  readonly #shape: Shape
  #logits = new Float64Array(1 << 10)
  #count = 0
  /** The list ends, per level. */
  readonly #ends: number[][]

  constructor(shape: Shape) {
    this.#shape = shape
    this.#ends = Array.from({ length: shape.depth }, () => [0])
  }

  /** Reads the lists of a row; returns the error, if any. */
  put(value: unknown, overflowAt: OverflowAt): RowError | undefined {
    const before = this.#ends.map(({ length }) => length)
    const count = this.#count
    const error = this.#putList(value, [], overflowAt)
    if (!error) return undefined
    for (const [level, length] of before.entries()) this.#ends[level]!.length = length
    this.#count = count
    return error
  }

  /** Must be called after each row, including bad ones. */
  endRow(): void {
    this.#endList(0)
  }

  /** Ends a list of a level, whose items are the lists of the next level or those of logits. */
  #endList(level: number): void {
    const next = this.#ends[level + 1]
    this.#ends[level]!.push(next ? next.length - 1 : this.#count)
  }

  get batch(): { logits: Float64Array; nesting: Nesting } {
    const logits = this.#logits.subarray(0, this.#count * this.#shape.classes)
    return { logits, nesting: this.#ends.map((ends) => Int32Array.from(ends)) }
  }

  #putList(list: unknown, path: readonly number[], overflowAt: OverflowAt): RowError | undefined {
    const level = path.length
    if (!Array.isArray(list)) return this.#notAList(list, path)
    for (const [index, item] of list.entries()) {
      const within = [...path, index]
      const isLast = level === this.#shape.depth - 1
      const error = isLast ? this.#putLogits(item, within, overflowAt) : this.#putList(item, within, overflowAt)
      if (error) return error
      if (!isLast) this.#endList(level + 1)
    }
    return undefined
  }

  #putLogits(list: unknown, path: readonly number[], overflowAt: OverflowAt): RowError | undefined {
    const { classes, rule } = this.#shape
    if (areMissing(list, rule)) return this.#putMissing()
    if (!Array.isArray(list)) return this.#notAList(list, path)
    if (list.length !== classes) {
      return { code: 'E_WIDTH', info: { cells: list.length, width: classes, of: `list ${path.join('.')}` } }
    }
    this.#makeRoom()
    const at = this.#count * classes
    for (const [index, item] of list.entries()) {
      const within = [...path, index]
      const isTooLarge = typeof item === 'number' && !Number.isFinite(item)
      const logit = isTooLarge ? overflowAt(within) : logitOf(item, rule)
      if (typeof logit !== 'number') return { ...logit, column: within.join('.') }
      this.#logits[at + index] = logit
    }
    this.#count++
    return undefined
  }

  /** A missing list is one row of logits that are all missing. */
  #putMissing(): RowError | undefined {
    const { classes, rule } = this.#shape
    const logit = missingLogits({ ...rule, classes })
    if (typeof logit !== 'number') return logit
    this.#makeRoom()
    this.#logits.fill(logit, this.#count * classes, ++this.#count * classes)
    return undefined
  }

  #makeRoom(): void {
    const needed = (this.#count + 1) * this.#shape.classes
    if (needed <= this.#logits.length) return
    const larger = new Float64Array(Math.max(needed, 2 * this.#logits.length))
    larger.set(this.#logits)
    this.#logits = larger
  }

  #notAList(value: unknown, path: readonly number[]): RowError {
    if (value === null) return { code: 'E_MISSING', info: { of: 'lists' } }
    const { name, depth } = this.#shape
    return notLogits([name, ...path].join('.'), value, `a list of ${'lists of '.repeat(depth - path.length)}numbers`)
  }
}
