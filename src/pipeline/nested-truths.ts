/** True classes for nested logits: lists with the same nesting. */
import { plural } from '../core/errors.js'
import { itemCount, type Nesting, nestedRange } from '../core/nesting.js'
import type { RowError } from '../core/record-batch.js'
import type { TruthNames } from '../core/truth-names.js'
import { NO_CLASS } from '../kernel/constants.js'

/** Reads the true classes of a batch, row by row. */
export class NestedTruths {
  /** The position of the true class of each row of logits. */
  readonly truths: Uint32Array
  readonly #names: TruthNames
  readonly #classes: readonly string[]
  readonly #nesting: Nesting

  constructor(names: TruthNames, classes: readonly string[], nesting: Nesting) {
    this.truths = new Uint32Array(itemCount(nesting)).fill(NO_CLASS)
    this.#names = names
    this.#classes = classes
    this.#nesting = nesting
  }

  /** Records the true classes of a list at some level; returns the error, if any. A null has no true class. */
  add(value: unknown, list: number, level = 0): RowError | undefined {
    if (value === null || value === undefined || value === '') return undefined
    if (level === this.#nesting.length) return this.#markItem(value as string | number | object, list)
    const [first, end] = nestedRange(this.#nesting, level, list)
    if (!Array.isArray(value) || value.length !== end - first) return this.#notAList(value, end - first)
    for (const [index, item] of value.entries()) {
      const error = this.add(item, first + index, level + 1)
      if (error) return error
    }
    return undefined
  }

  #markItem(value: string | number | object, item: number): RowError | undefined {
    const found = this.#names.find(typeof value === 'object' ? textOf(value) : value)
    if (typeof found !== 'number') return found
    this.truths[item] = found
    return undefined
  }

  #notAList(value: unknown, length: number): RowError {
    const reason = `is not a list of ${plural(length, 'true class')}, one for each list of logits`
    const cell = typeof value === 'string' ? value : textOf(value)
    return { code: 'E_TRUTH', info: { cell, classes: this.#classes.slice(0, 8), reason } }
  }
}

/** A value as JSON; one nested too deeply for JSON.stringify is described instead. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    return 'a deeply nested list'
  }
}
