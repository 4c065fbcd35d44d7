/** The columns of NDJSON: those of its first rows, of kept keys that only some rows have, or of an earlier input. */
import type { SettingsOf } from '../../core/options.js'
import type { Fits, JsonColumn } from '../../core/record-batch.js'
import { typeOf } from '../../core/value-type.js'
import { columnAt, columnsOf, keptPath, knownPath } from './columns.js'
import { type FirstRows, OPEN_ROWS, TYPE_ROWS } from './first-rows.js'
import { type ParsedRow, valueAt } from './row.js'

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

  /** Defines the columns by these rows, unless they are those of an earlier input. */
  define(rows: ParsedRow[]): void {
    this.rows = rows
    this.columns.splice(0, this.columns.length, ...(this.#earlier ?? this.#ownColumns()))
  }

  /** Defines them by a row, see `defineBy` of `RecordBatchReader`. */
  async defineBy(row: number): Promise<number | undefined> {
    const at = row === 0 ? 0 : await this.#first.nextForm(row)
    const rows = at === undefined ? [] : await this.#first.from(at)
    if (rows.length === 0) return undefined
    this.define(rows)
    return at
  }

  #ownColumns(): JsonColumn[] {
    const own = columnsOf(this.rows, this.#settings)
    const names = new Set(own.map(({ name }) => name))
    const late = [...this.#late].filter(([name]) => !names.has(name))
    return [...own, ...late.map(([name, path]) => ({ ...columnAt(name, path, this.rows), isLate: true as const }))]
  }

  /** Defines them as those of an earlier input, see `continueFrom` of `RecordBatchReader`. */
  async continueFrom(columns: readonly JsonColumn[], fits: Fits): Promise<boolean> {
    if (!(await this.#isLike(columns, fits))) return false
    // The first input has the warning of a shape that is not that of its list.
    this.#earlier = columns.map(({ otherShape: _, ...column }) => column)
    this.define(this.rows)
    return true
  }

  /** Whether one of the first rows fits these columns; or if none is a row, whether bad ones are skipped. */
  async #isLike(columns: readonly JsonColumn[], fits: Fits): Promise<boolean> {
    let [count, isLike] = [0, false]
    await this.#first.visit((row) => {
      isLike = fits((index) => hasValue(row, columns[index]!))
      return !isLike && ++count < OPEN_ROWS
    })
    return isLike || (this.rows.length === 0 && this.#settings.onError === 'skip')
  }

  /** Adds columns of kept values, see `addKeys` of `RecordBatchReader`. */
  async add(keys: readonly string[], known: readonly string[], hasOthers: boolean): Promise<readonly string[]> {
    const { to } = this.#settings
    const needed = keys.filter((key) => !known.includes(key))
    const { found, isLong } = await this.#find(keys, needed)
    const pathOf = (key: string) => found.get(key) ?? (known.includes(key) ? knownPath(key, this.rows, to) : undefined)
    const paths = keys.map((key) => [key, pathOf(key)] as const)
    this.#late = new Map(paths.flatMap(([key, path]) => (path ? [[key, path]] : [])))
    this.define(this.rows)
    return isLong || hasOthers ? needed.filter((key) => !found.has(key)) : []
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

/** Whether a row has a value of a column; an object of logits must not have other classes. */
function hasValue({ value }: ParsedRow, { path, keys }: JsonColumn): boolean {
  if (Array.isArray(value) !== (path.length === 0)) return false
  const found = valueAt(value, path)
  if (!keys || typeOf(found) !== 'record') return found !== undefined
  const known = new Set(keys)
  return Object.keys(found as object).every((key) => known.has(key))
}
