/** Writes Parquet: columns become leaves, leaves become pages, pages are collected in row groups. */
import { buildColumn } from '../../core/column-builder.js'
import { shown } from '../../core/errors.js'
import type { Columns, OutputSchema, RecordBatchWriter, ScoredBatch } from '../../core/record-batch.js'
import { ARROW_SCHEMA, arrowSchemaEntry } from './arrow-schema.js'
import { ChunkWriter } from './chunk-writer.js'
import type { EncodedLeaf, EncodedRows } from './encoder.js'
import { FileWriter } from './file-writer.js'
import { type Plan, planOf } from './plan.js'
import type { Change } from './storable.js'
import type { Values } from './values.js'

/** Limits on the values per row group and, since the footer describes each column chunk, the minimum per column. */
const GROUP = 1 << 21
const COLUMN_GROUP = 1 << 13

export function write(schema: OutputSchema): RecordBatchWriter {
  const plan = planOf(schema)
  const groups = new GroupWriter(plan, new FileWriter(plan.elements), namesOf(schema))
  const writeColumns = (parts: readonly Columns[]) => {
    const { rows, leaves } = plan.shred(parts)
    const count = leaves.reduce((sum, { count }) => sum + count, 0)
    return groups.add({ rows, count, leaves: leaves.map((leaf) => ({ kind: 'values', leaf })) })
  }
  return {
    warnings: plan.changes.map(({ column, change }) => warningOf(column, change)),
    begin: () => groups.taken(),
    write: (batch: ScoredBatch) => writeColumns([plan.columnsOf(batch)]),
    writeColumns,
    append: (part) => groups.add(part as EncodedRows),
    end: () => groups.end(metadataOf(schema, plan)),
  }
}

function metadataOf({ metadata = new Map() }: OutputSchema, { fields }: Plan): Map<string, string> {
  return new Map([...metadata, [ARROW_SCHEMA, arrowSchemaEntry({ fields, metadata })]])
}

/** The class names, as values. */
function namesOf({ classes }: OutputSchema): Values {
  const { length, values, offsets } = buildColumn(classes, 'text')
  return { length, data: values as Uint8Array, offsets: offsets as Int32Array }
}

function warningOf(column: string, { from, to }: Change): string {
  return `column ${shown(column)}: Parquet has no ${from}; it is written as ${to}`
}

/** Collects rows in row groups and writes each when it is large enough. */
class GroupWriter {
  readonly #plan: Plan
  readonly #file: FileWriter
  readonly #names: Values
  readonly #most: number
  #chunks: ChunkWriter[]
  #rows = 0
  #values = 0

  constructor(plan: Plan, file: FileWriter, names: Values) {
    this.#plan = plan
    this.#file = file
    this.#names = names
    this.#most = Math.max(GROUP, COLUMN_GROUP * plan.leaves.length)
    this.#chunks = this.#newChunks()
  }

  add({ rows, count, leaves }: EncodedRows): Uint8Array[] {
    for (const [index, leaf] of leaves.entries()) this.#addLeaf(leaf, this.#chunks[index]!)
    this.#rows += rows
    this.#values += count
    if (this.#values >= this.#most) this.#endGroup()
    return this.taken()
  }

  end(metadata: ReadonlyMap<string, string>): Uint8Array[] {
    this.#endGroup()
    this.#file.end(metadata)
    return this.taken()
  }

  /** The bytes written since the last call. */
  taken(): Uint8Array[] {
    return this.#file.taken()
  }

  #addLeaf(encoded: EncodedLeaf, chunk: ChunkWriter): void {
    if (encoded.kind === 'pages') chunk.addPages(encoded.pages, encoded.range)
    else chunk.add(encoded.kind === 'names' ? { ...encoded.leaf, values: this.#names } : encoded.leaf)
  }

  #newChunks(): ChunkWriter[] {
    return this.#plan.leaves.map(({ spec, order }) => new ChunkWriter(spec, order))
  }

  #endGroup(): void {
    if (this.#rows === 0) return
    this.#file.write(
      this.#rows,
      this.#chunks.map((chunk) => chunk.end()),
    )
    this.#chunks = this.#newChunks()
    this.#rows = 0
    this.#values = 0
  }
}
