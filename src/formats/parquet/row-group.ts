/** Reads the columns of a row group, some rows at a time. */
import type { ColumnData } from '../../core/column-data.js'
import type { OpenedFile } from '../../io/file-bytes.js'
import { assemble } from './assemble.js'
import type { Decompress } from './codecs.js'
import { wrapCorrupt } from './corrupt.js'
import { checkChunks, type RowGroup, rangeOf } from './footer.js'
import { type Leaf, LeafReader } from './leaf-reader.js'
import { PageReader } from './pages.js'
import type { Node } from './schema.js'
import { Target } from './values.js'

/** A file whose footer was read. */
export interface OpenFile {
  bytes: OpenedFile
  nodes: readonly Node[]
  decompressor(codec: string): Decompress
}

/** The leaves below some nodes, in file order. */
export function leavesOf(nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => (node.physical ? [node] : leavesOf(node.children)))
}

/** Reads the rows of one column in order. */
export class ColumnReader {
  readonly #node: Node
  readonly #leaves: [node: Node, reader: LeafReader][]
  /** The array type of its values if it holds floating-point numbers or lists of them. */
  readonly array: Float32ArrayConstructor | Float64ArrayConstructor | undefined

  constructor(node: Node, group: RowGroup, { bytes, decompressor }: OpenFile, window: number) {
    this.#node = node
    this.#leaves = leavesOf([node]).map((leaf) => {
      const levels = { type: leaf.physical!, maxDefinition: leaf.definition, maxRepetition: leaf.repetition }
      const { metadata } = group.chunks[leaf.leaf]!
      const chunk = {
        ...levels,
        ...rangeOf(metadata!),
        values: metadata!.count,
        decompress: decompressor(metadata!.codec),
        window,
      }
      return [leaf, new LeafReader(new PageReader(bytes, chunk), levels)]
    })
    const { physical } = node.field.type.kind === 'struct' ? {} : (node.children[0] ?? node)
    this.array = physical && FLOATS.get(physical.name)
  }

  /** The next rows, valid until {@link recycle} is called. Their numbers are written to `array` as far as they fit. */
  take(rows: number, array?: Float32Array | Float64Array): Promise<ColumnData> {
    return this.#wrapped(async () => {
      const leaves: Leaf[] = []
      const target = array && new Target(array)
      for (const [{ leaf, field }, reader] of this.#leaves) {
        leaves[leaf] = await reader.take(rows, { asIndices: field.type.kind === 'dictionary', target })
      }
      return assemble(this.#node, leaves)
    })
  }

  /** Recycles the memory of finished pages; rows returned so far must no longer be used. */
  recycle(): void {
    for (const [, reader] of this.#leaves) reader.recycle()
  }

  /** Must be called after the last row; throws if any are left. Recycles all memory except dictionaries in use. */
  end(): Promise<void> {
    return this.#wrapped(async () => {
      for (const [{ field }, reader] of this.#leaves) await reader.end(field.type.kind !== 'dictionary')
    })
  }

  #wrapped<T>(action: () => Promise<T>): Promise<T> {
    return wrapCorrupt(`the column ${this.#node.field.name}`, action)
  }
}

const FLOATS = new Map<string, Float32ArrayConstructor | Float64ArrayConstructor>([
  ['FLOAT', Float32Array],
  ['DOUBLE', Float64Array],
])

/** Opens columns of a row group. */
export function openColumns(group: RowGroup, columns: readonly number[], file: OpenFile): ColumnReader[] {
  checkChunks(group, leavesOf(file.nodes), file.bytes)
  const window = Math.max(LEAST_WINDOW, Math.min(MOST_WINDOW, Math.floor(ALL_WINDOWS / file.nodes.length)))
  return columns.map((column) => new ColumnReader(file.nodes[column]!, group, file, window))
}

/** The read size per leaf; it shrinks with the number of columns to bound their total. */
const LEAST_WINDOW = 1 << 12
const MOST_WINDOW = 1 << 19
const ALL_WINDOWS = 1 << 24
