/** Missing logits, and missing values of kept columns that get a type. */
import { toBytes } from './dialect.js'
import { isNumber, readNumber } from './number.js'
import { items, type SettingsOf } from './options.js'

/** How a missing logit is spelled, besides the empty cell, and what value it gets. */
export interface MissingRule {
  missing: 'error' | '-inf' | 'nan'
  nulls?: NullTexts | undefined
}

/** Spellings of a missing value, without surrounding blanks; cells of delimited text are bytes (see `dialect.ts`). */
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

  /** The same for text, in which blanks count. */
  hasExactly(text: string): boolean {
    return this.#texts.has(text)
  }

  /** Whether a number from a typed value is one of them, such as -999 in JSON. */
  hasNumber(value: number): boolean {
    return this.#numbers.has(value)
  }

  /** Whether a value of JSON or an object is one of them; an integer that a double may round is compared as text. */
  hasValue(value: unknown): boolean {
    if (typeof value === 'number') return this.hasNumber(value)
    return (typeof value === 'string' || typeof value === 'bigint') && this.has(String(value))
  }
}

/** The spellings of a missing value that the option gives, if any. */
export function nullsOf(settings: Pick<SettingsOf<'objects'>, 'null'>): NullTexts | undefined {
  return settings.null === undefined ? undefined : new NullTexts(items(settings.null))
}
