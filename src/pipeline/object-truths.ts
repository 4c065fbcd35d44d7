/** The true classes of rows that are objects. */
import { kindOf } from '../core/kind-of.js'
import type { NullTexts } from '../core/missing.js'
import type { RowError } from '../core/record-batch.js'
import { TruthNames } from '../core/truth-names.js'
import { NO_CLASS } from '../kernel/constants.js'

/** What finds the true classes of so many rows, in a property of each. */
export function truthFinder(property: string, classes: readonly string[], count: number, nulls?: NullTexts) {
  const names = new TruthNames(classes, nulls)
  const found = new Uint32Array(count).fill(NO_CLASS)
  return {
    found,
    /** Notes the true class of a row; returns what is wrong with it, if anything is. */
    find(row: Record<string, unknown>, index: number): RowError | undefined {
      const value = (Object.hasOwn(row, property) ? row[property] : undefined) ?? null
      const result = names.find(typeof value === 'object' && value !== null ? kindOf(value) : (value as string | null))
      if (typeof result !== 'number') return { ...result, column: property }
      found[index] = result
      return undefined
    },
  }
}
