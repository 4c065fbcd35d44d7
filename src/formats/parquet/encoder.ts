/**
 * Encodes rows as pages, on any thread. What depends on earlier rows is left to the writer: repeating values, which go
 * into the dictionary of a row group, and values too few for a page.
 */
import { hasDictionary } from '../../core/data-type.js'
import type { Encode, OutputSchema } from '../../core/record-batch.js'
import { LEAST_PAGE, repeats } from './chunk-writer.js'
import { type EncodedPage, encodePages, plainSize } from './page-encoder.js'
import { type Plan, planOf } from './plan.js'
import type { ShreddedLeaf } from './shred.js'
import { type Range, rangeOf } from './statistics.js'
import { stepOf } from './values.js'

/** A leaf of some rows: pages with statistics, values, or class positions. */
export type EncodedLeaf =
  | { kind: 'pages'; pages: EncodedPage[]; range: Range }
  | { kind: 'values'; leaf: ShreddedLeaf }
  | { kind: 'names'; leaf: Omit<ShreddedLeaf, 'values'> & { indices: Int32Array } }

/** Some rows, and their number of values including nulls and empty lists. */
export interface EncodedRows {
  rows: number
  count: number
  leaves: EncodedLeaf[]
}

/** Undefined if a kept column has a dictionary, as dictionaries are not sent with each batch. */
export function encoder(schema: OutputSchema): Encode | undefined {
  if (schema.kept.some(({ field }) => field && hasDictionary(field.type))) return undefined
  const plan = planOf(schema)
  return (batch): EncodedRows => {
    const { rows, leaves } = plan.shred([plan.columnsOf(batch)])
    return {
      rows,
      count: leaves.reduce((sum, { count }) => sum + count, 0),
      leaves: leaves.map((leaf, index) => encodeLeaf(leaf, plan.leaves[index]!)),
    }
  }
}

function encodeLeaf(leaf: ShreddedLeaf, { spec, order }: Plan['leaves'][number]): EncodedLeaf {
  const { values, indices, count } = leaf
  if (indices) {
    const { values: _, ...rest } = leaf
    return { kind: 'names', leaf: { ...rest, indices } }
  }
  const isSmall = plainSize(values, spec.type) < LEAST_PAGE / 2
  if (isSmall || repeats(leaf, spec.type)) return { kind: 'values', leaf }
  const range = rangeOf(order, values, stepOf(spec.type), count - values.length)
  return { kind: 'pages', pages: encodePages(leaf, spec), range }
}
