/** The current dictionaries of a file or stream. */
import type { ColumnData } from '../../core/column-data.js'
import { concatColumns } from '../../core/column-slices.js'
import { type Body, readBatchHeader } from './batch.js'
import { columnReader, type DictionaryOf } from './column-decoder.js'
import { corrupt } from './corrupt.js'
import type { FlatTable } from './flatbuffer.js'
import { type FieldNode, valuesOf } from './schema.js'

/** Dictionary values, by dictionary id. */
export class Dictionaries {
  readonly #fields = new Map<bigint, FieldNode>()
  readonly #values = new Map<bigint, ColumnData>()

  constructor(fields: readonly FieldNode[]) {
    for (const field of fields) this.#register(field)
  }

  #register({ field, dictionary, children }: FieldNode): void {
    if (dictionary !== undefined) {
      this.#fields.set(dictionary, { field: { ...field, type: valuesOf(field.type) }, children })
    }
    for (const child of children) this.#register(child)
  }

  /** The dictionaries as of now; later updates do not affect it. */
  snapshot(): DictionaryOf {
    const values = new Map(this.#values)
    return (id) => values.get(id)
  }

  /** Adds, replaces or extends a dictionary. */
  async put(batch: FlatTable, bodyLength: number, body: Body): Promise<void> {
    const id = batch.long(0)
    const field = this.#fields.get(id)
    const data = batch.table(1)
    if (!field || !data) throw corrupt('a dictionary belongs to no column')
    const read = columnReader([field], readBatchHeader(data, bodyLength), body, this.snapshot())
    const values = await read(0)
    const before = batch.boolean(2) ? this.#values.get(id) : undefined
    this.#values.set(id, before ? concatColumns([before, values]) : values)
  }
}
