/** Reads nested logits from typed columns into a matrix, and finds bad rows. */
import type { ColumnData } from '../core/column-data.js'
import { isValid } from '../core/column-slices.js'
import { textReader } from '../core/column-values.js'
import { extended } from '../core/extended.js'
import { indexPath, itemCount } from '../core/nesting.js'
import type { KeptColumn, ReaderOptions, RecordBatch, RowError } from '../core/record-batch.js'
import { jsonOf } from '../core/value-text.js'
import { itemsOf } from './columnar.js'
import { LogitsReader, listEnds } from './logits-reader.js'

/** A missing list of lists has no number of rows of logits, which could be read as missing ones. */
const MISSING: RowError = { code: 'E_MISSING', info: { of: 'lists' } }

/** The counterpart of {@link LogitsReader} for nested lists. */
export class NestedReader {
  readonly #rows: number
  readonly #depth: number
  readonly #plan: ReaderOptions
  readonly #nesting: Int32Array[] = []
  readonly #bad = new Map<number, RowError>()
  readonly #badLogits = new Map<number, string>()
  #items: LogitsReader | undefined

  constructor(rows: number, depth: number, plan: ReaderOptions) {
    this.#rows = rows
    this.#depth = depth
    this.#plan = plan
  }

  /** Reads the lists of all rows. */
  readRows(data: ColumnData): void {
    let lists = data
    for (let level = 0; level < this.#depth; level++) {
      for (let list = 0; list < lists.length; list++) if (!isValid(lists, list)) this.#refuse(list, MISSING)
      const ends = listEnds(lists)
      this.#nesting.push(Int32Array.from({ length: lists.length + 1 }, (_, list) => ends(list)))
      lists = itemsOf(lists)
    }
    const items = new LogitsReader(itemCount(this.#nesting), this.#plan.classes, { ...this.#plan, wantRaw: false })
    items.readRows(lists)
    for (const [item, error] of items.bad) this.#refuse(item, error)
    this.#items = items
    const text = textReader(data)
    if (this.#plan.wantRaw) for (const row of this.#bad.keys()) this.#badLogits.set(row, jsonOf(text(row)))
  }

  /** Never called: logits in separate columns are not nested. */
  readColumn(): void {}

  /** The batch, with its kept columns. */
  batch(kept: KeptColumn[], names: readonly string[]): RecordBatch {
    const rows = new LogitsReader(this.#rows, 0, this.#plan).batch(kept, names)
    const { logits } = this.#items!.batch([], [])
    const bad = { badLogits: this.#badLogits, errors: new Map([...rows.errors, ...this.#bad]) }
    return { ...rows, logits, nesting: this.#nesting, ...bad }
  }

  /** Records the error of an innermost item, for the row that contains it. */
  #refuse(item: number, error: RowError): void {
    const { row, path } = indexPath(this.#nesting, item)
    if (this.#bad.has(row)) return
    const { info: all, column, ...rest } = error
    // The index path is the position.
    const { classIndex: _, ...info } = all
    const of = error.code === 'E_WIDTH' ? { of: `list ${path.join('.')}` } : {}
    const position = column === undefined ? {} : { column: [...path, column].join('.') }
    this.#bad.set(row, extended(rest, { info: extended(info, of), ...position }))
  }
}
