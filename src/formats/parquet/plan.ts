/** Maps the columns of an output to Parquet: its schema, its leaves, and the conversions. */

import type { ColumnData } from '../../core/column-data.js'
import { type Field, hasDictionary } from '../../core/data-type.js'
import type { Columns, OutputSchema, ScoredBatch } from '../../core/record-batch.js'
import { outputColumns } from '../class-columns.js'
import { columnWriter, outputFields } from '../columnar.js'
import type { SchemaElement } from './footer-types.js'
import type { LeafSpec } from './page-encoder.js'
import { leavesOf } from './row-group.js'
import { elementsOf, type Node, nodesOf } from './schema.js'
import { type ShreddedLeaf, shred } from './shred.js'
import { type Order, orderOf } from './statistics.js'
import { type Change, storable } from './storable.js'

export interface Plan {
  /** The fields as they are written, and which of them are converted. */
  fields: Field[]
  changes: readonly { column: string; change: Change }[]
  elements: SchemaElement[]
  leaves: readonly { spec: LeafSpec; order: Order }[]
  /** The columns of some rows, to be shredded in parts. */
  columnsOf(rows: ScoredBatch): ColumnData[]
  shred(parts: readonly Columns[]): { rows: number; leaves: ShreddedLeaf[] }
}

export function planOf(schema: OutputSchema): Plan {
  const given = outputFields(schema)
  const stored = given.map(storable)
  const elements = elementsOf(stored.map(({ field }) => field))
  const nodes = nodesOf(elements)
  const types = elements.slice(1).filter(({ type }) => type)
  const outputOf = outputColumns(schema, 'dictionary')
  return {
    fields: stored.map(({ field }) => field),
    changes: stored.flatMap(({ field, changes }) => changes.map((change) => ({ column: field.name, change }))),
    elements,
    leaves: nodes
      .flatMap((node, index) => leavesOf([node]).map((leaf) => specOf(leaf, given[index]!)))
      .map((spec, index) => ({ spec, order: orderOf(types[index]!) })),
    columnsOf: columnWriter(schema, given),
    shred(parts) {
      const columns = outputOf(parts)
      const leaves = columns.flatMap((data, index) => shred(nodes[index]!, stored[index]!.convert(data)))
      return { rows: columns[0]!.length, leaves }
    },
  }
}

function specOf({ physical, definition, repetition }: Node, { type }: Field): LeafSpec {
  return {
    type: physical!,
    maxDefinition: definition,
    maxRepetition: repetition,
    isDictionary: hasDictionary(type),
  }
}
