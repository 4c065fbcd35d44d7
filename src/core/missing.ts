/** Logits that are not there. */
import { toBytes } from './dialect.js'
import { isNumber, readNumber } from './number.js'

/** What a logit that is not there is: how it may be written, beside as nothing, and what it counts as. */
export interface MissingRule {
  missing: 'error' | '-inf' | 'nan'
  nulls?: NullTexts | undefined
}

/** Texts that are an empty logit, blanks around them left out; cells of delimited text are bytes (see `dialect.ts`). */
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

  /** Whether a number that has no text of its own is one, as -999 of JSON. */
  hasNumber(value: number): boolean {
    return this.#numbers.has(value)
  }
}
