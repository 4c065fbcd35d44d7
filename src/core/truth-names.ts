/** What a true class may be written as: the name of a class, or its position; or nothing, where a row has none. */
import { NO_CLASS } from '../kernel/constants.js'
import { SoftmaxError } from './errors.js'
import type { NullTexts } from './missing.js'
import { nearest } from './nearest.js'
import type { RowError } from './record-batch.js'

/** Texts of a true class, of the classes of one input. */
export class TruthNames {
  /** Each text that is common, and the position of its class. */
  readonly texts: ReadonlyMap<string, number>
  readonly #classes: readonly string[]
  readonly #nulls: NullTexts | undefined

  constructor(classes: readonly string[], nulls?: NullTexts) {
    this.texts = textsOf(classes)
    this.#classes = classes
    this.#nulls = nulls
  }

  /** The position of the class that a value is, NO_CLASS where it is empty; or what is wrong with it. */
  find(value: string | number | bigint | boolean | null): number | RowError {
    if (value === null || value === '' || Number.isNaN(value)) return NO_CLASS
    const text = String(value)
    const found = this.texts.get(text) ?? this.texts.get(text.trim()) ?? this.#asWhole(text)
    if (found !== undefined) return found
    if (this.#nulls?.has(text)) return NO_CLASS
    return {
      code: 'E_TRUTH',
      info: { cell: text, near: nearest(text, this.#classes), classes: this.#classes.slice(0, 8) },
    }
  }

  /** `3.000` is 3. */
  #asWhole(text: string): number | undefined {
    const whole = /^(\d+)\.0*$/.exec(text.trim())
    return whole ? this.texts.get(whole[1]!) : undefined
  }
}

const INTEGER = /^[+-]?\d+$/

/** The names of classes, the first on a tie; and their positions, where no class has an integer for a name. */
function textsOf(classes: readonly string[]): Map<string, number> {
  const texts = new Map<string, number>()
  const add = (text: string, index: number) => texts.has(text) || texts.set(text, index)
  for (const [index, name] of classes.entries()) add(name, index)
  if (!classes.some((name) => INTEGER.test(name))) for (const index of classes.keys()) add(String(index), index)
  // Programs that know no missing integers write them as doubles.
  for (const [text, index] of [...texts]) if (INTEGER.test(text)) add(`${text}.0`, index)
  return texts
}

/** Throws E_CONFLICT where the true class is also one of the logits. */
export function requireApart(truth: number, logits: readonly number[], name: string): void {
  if (!logits.includes(truth)) return
  throw new SoftmaxError('E_CONFLICT', { reason: `${name} is the true class, and cannot be a logit too` })
}
