/** The columns of NDJSON: those of its first rows, of kept keys that only some rows have, or of an earlier input. */
import type { SettingsOf } from '../../core/options.js'
import type { JsonColumn } from '../../core/record-batch.js'
import { columnAt, columnsOf, keptPath, knownPath, withKeys } from './columns.js'
import { type FirstRows, TYPE_ROWS } from './first-rows.js'
import type { ParsedRow } from './row.js'

export class DefinedColumns {
  readonly columns: JsonColumn[] = []
  /** The rows that define them. */
  rows: ParsedRow[] = []
  readonly #first: FirstRows
  readonly #settings: SettingsOf<'bytes'>
  /** The paths of kept values that the first row may lack, by name. */
  #late: ReadonlyMap<string, readonly string[]> = new Map()
  #earlier: readonly JsonColumn[] | undefined

  constructor(first: FirstRows, settings: SettingsOf<'bytes'>) {
    this.#first = first
    this.#settings = settings
  }

  /** Defines the columns by these rows. */
  define(rows: ParsedRow[]): void {
    this.rows = rows
    const own = new Map(columnsOf(rows, this.#settings).map((column) => [column.name, column]))
    const late = [...this.#late].filter(([name]) => !own.has(name)).map(([name, path]) => columnAt(name, path, rows))
    const added = late.map((column) => ({ ...column, isLate: true as const }))
    const known = this.#earlier?.map((column) =>
      continued(own.get(column.name) ?? columnAt(column.name, column.path, rows), column),
    )
    this.columns.splice(0, this.columns.length, ...(known ?? [...own.values(), ...added]))
  }

  /** Defines them as those of an earlier input. */
  continueFrom(columns: readonly JsonColumn[]): void {
    this.#earlier = columns
    this.define(this.rows)
  }

  /** Adds columns of kept values, see `addKeys` of `RecordBatchReader`. */
  async add(keys: readonly string[], known: readonly string[]): Promise<readonly string[]> {
    const { to } = this.#settings
    const needed = keys.filter((key) => !known.includes(key))
    const { found, isLong } = await this.#find(keys, needed)
    const pathOf = (key: string) => found.get(key) ?? (known.includes(key) ? knownPath(key, this.rows, to) : undefined)
    const paths = keys.map((key) => [key, pathOf(key)] as const)
    this.#late = new Map(paths.flatMap(([key, path]) => (path ? [[key, path]] : [])))
    this.define(this.rows)
    return isLong ? needed.filter((key) => !found.has(key)) : []
  }

  /** Where the first rows have such values; visits them until all that are needed are found. */
  async #find(keys: readonly string[], needed: readonly string[]) {
    const found = new Map<string, readonly string[]>()
    const isMissing = () => needed.some((key) => !found.has(key))
    const look = (row: ParsedRow) => {
      for (const key of keys) {
        const path = found.has(key) ? undefined : keptPath(key, row, this.#settings.to)
        if (path) found.set(key, path)
      }
      return isMissing()
    }
    this.rows.forEach(look)
    let count = 0
    const isLong = isMissing() && (await this.#first.visit((row) => look(row) && ++count < TYPE_ROWS))
    return { found, isLong }
  }
}

/** A column with the classes of that of an earlier input, if these include its own. */
function continued(column: JsonColumn, { keys = [] }: JsonColumn): JsonColumn {
  const known = new Set(keys)
  return column.keys?.every((key) => known.has(key)) ? withKeys(column, keys) : column
}
