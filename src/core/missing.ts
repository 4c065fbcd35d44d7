/** Missing logits. */
import { toBytes } from './dialect.js'
import { isNumber, readNumber } from './number.js'

/** How a missing logit is spelled, besides the empty cell, and what value it gets. */
export interface MissingRule {
  missing: 'error' | '-inf' | 'nan'
  nulls?: NullTexts | undefined
}

/** Spellings of an empty logit, without surrounding blanks; cells of delimited text are bytes (see `dialect.ts`). */
export class NullTexts {
  readonly #texts: ReadonlySet<string>
  readonly #numbers: ReadonlySet<number>

  constructor(texts: readonly string[]) {
    this.#texts = new Set(texts.flatMap((text) => [text.trim(), toBytes(text.trim())]))
    this.#numbers = new Set(texts.filter(isNumber).map((text) => readNumber(text)!))
  }

  has(text: string): boolean {
    return this.#texts.has(text) || this.#texts.has(text.trim())
  }

  /** Whether a number from a typed value is one of them, such as -999 in JSON. */
  hasNumber(value: number): boolean {
    return this.#numbers.has(value)
  }
}
