/** The true classes of rows that are objects. */
import { kindOf } from '../core/kind-of.js'
import type { NullTexts } from '../core/missing.js'
import type { Layout } from '../core/output-columns.js'
import type { RecordBatch, RowError } from '../core/record-batch.js'
import { MultiLabelTruths, TruthNames } from '../core/truth-names.js'
import { NO_CLASS } from '../kernel/constants.js'
import { multiLabelCollector } from './truths.js'

type Row = Record<string, unknown>

/** Where rows have their true classes. */
interface TruthShape {
  layout: Layout
  truth?: string
  truths?: string[]
}

/** The true classes of some rows, and a function that records those of one row or returns its error. */
interface TruthFinder {
  found: Pick<RecordBatch, 'truths' | 'targets'>
  find(row: Row, index: number): RowError | undefined
}

/**
 * Creates the reader of true classes for `count` rows, from one property or several; undefined if there are no true
 * classes.
 */
export function truthFinder(shape: TruthShape, count: number, nulls?: NullTexts): TruthFinder | undefined {
  const { truth, truths, layout } = shape
  if (truth === undefined) return undefined
  if (layout.sigmoid) return multiLabelFinder(shape, truths ?? [truth], count, nulls)
  const names = new TruthNames(layout, nulls)
  const found = new Uint32Array(count).fill(NO_CLASS)
  return {
    found: { truths: found },
    find(row, index) {
      const value = valueOf(row, truth)
      const result = names.find(typeof value === 'object' && value !== null ? kindOf(value) : (value as string | null))
      if (typeof result !== 'number') return { ...result, column: truth }
      found[index] = result
      return undefined
    },
  }
}

function multiLabelFinder(
  { layout, truths }: TruthShape,
  properties: readonly string[],
  count: number,
  nulls: NullTexts | undefined,
): TruthFinder {
  const names = new MultiLabelTruths(layout, nulls)
  const { found, add } = multiLabelCollector(names, layout.classes.length, count, truths !== undefined)
  return {
    found,
    find(row, index) {
      const values = properties.map((property) => valueOf(row, property))
      const error = add(values, index)
      if (!error) return undefined
      const { nth = 0, ...rest } = error
      return { ...rest, column: properties[nth]! }
    },
  }
}

function valueOf(row: Row, property: string): unknown {
  return (Object.hasOwn(row, property) ? row[property] : undefined) ?? null
}
