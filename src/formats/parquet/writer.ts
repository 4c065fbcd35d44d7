/** Writes Parquet: columns as leaves, leaves as pages, pages in row groups. */
import { shown } from '../../core/errors.js'
import type { Columns, OutputSchema, RecordBatchWriter, ScoredBatch } from '../../core/record-batch.js'
import { outputColumns } from '../class-columns.js'
import { columnWriter, outputFields } from '../columnar.js'
import { ARROW_SCHEMA, arrowSchemaEntry } from './arrow-schema.js'
import { ChunkWriter } from './chunk-writer.js'
import { FileWriter, loadLibrary } from './file-writer.js'
import { leavesOf } from './row-group.js'
import { elementsOf, type Node, nodesOf } from './schema.js'
import { shred } from './shred.js'
import { orderOf } from './statistics.js'
import { type Change, storable } from './storable.js'

/** How many values make a row group, and how many of a column at least, as each is described in the footer. */
const GROUP = 1 << 21
const COLUMN_GROUP = 1 << 13

export async function write(schema: OutputSchema): Promise<RecordBatchWriter> {
  const given = outputFields(schema)
  const columnsOf = columnWriter(schema, given)
  const stored = given.map(storable)
  const fields = stored.map(({ field }) => field)
  const elements = elementsOf(fields)
  const nodes = nodesOf(elements)
  const file = new FileWriter(elements, await loadLibrary())
  const leaves = leavesOf(nodes)
  const types = elements.slice(1).filter(({ type }) => type)
  const newChunks = () => leaves.map((leaf, index) => new ChunkWriter(specOf(leaf), orderOf(types[index]!)))
  const most = Math.max(GROUP, COLUMN_GROUP * leaves.length)
  let chunks = newChunks()
  let [rows, values] = [0, 0]
  const endGroup = () => {
    if (rows === 0) return
    const ended = chunks.map((chunk) => chunk.end())
    file.write(rows, ended)
    chunks = newChunks()
    rows = 0
    values = 0
  }
  const outputOf = outputColumns(schema, 'dictionary')
  const writeColumns = (parts: readonly Columns[]) => {
    const columns = outputOf(parts)
    for (const [index, data] of columns.entries()) {
      const node = nodes[index]!
      for (const [leaf, part] of shred(node, stored[index]!.convert(data)).entries()) {
        chunks[node.leaf + leaf]!.add(part)
        values += part.count
      }
    }
    rows += columns[0]!.length
    if (values >= most) endGroup()
    return file.taken()
  }
  return {
    warnings: stored.flatMap(({ field: { name }, changes }) => changes.map((change) => warningOf(name, change))),
    begin: () => file.taken(),
    write: (batch: ScoredBatch) => writeColumns([columnsOf(batch)]),
    writeColumns,
    *end() {
      endGroup()
      const metadata = new Map([
        ...(schema.metadata ?? []),
        [ARROW_SCHEMA, arrowSchemaEntry({ fields, metadata: schema.metadata ?? new Map() })],
      ])
      file.end(metadata)
      yield* file.taken()
    },
  }
}

function specOf({ physical, definition, repetition }: Node) {
  return { type: physical!, maxDefinition: definition, maxRepetition: repetition }
}

function warningOf(column: string, { from, to }: Change): string {
  return `column ${shown(column)}: Parquet has no ${from}; it is written as ${to}`
}
