/** What the formats that keep columns together have in common. */

import { logitOf } from '../core/logit.js'
import {
  cellOf,
  type OutputSchema,
  RawJson,
  type RecordBatch,
  type RowError,
  type ScoredBatch,
  type Value,
  type ValueType,
} from '../core/record-batch.js'

/** A value of a column that is kept, as rows have it. */
export function valueOf(value: unknown): Value {
  if (value === undefined || value === null) return null
  if (typeof value !== 'object' || PLAIN.some((type) => value instanceof type)) return value as Value
  return new RawJson(JSON.stringify(value, plain))
}

/** The values of a column that is kept: an array of numbers is one. */
export function valuesOf(cells: ArrayLike<unknown>): ArrayLike<Value> {
  return ArrayBuffer.isView(cells) ? (cells as unknown as ArrayLike<Value>) : Array.from(cells, valueOf)
}

const PLAIN = [Uint8Array, Date, RawJson]

/** JSON has neither big integers nor special values nor bytes. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>)
  return value
}

/** A time since 1970 in ISO 8601, with as many digits as it has; the number itself where no year is as far. */
export function timeText(count: bigint, perSecond: bigint): string {
  const rest = ((count % perSecond) + perSecond) % perSecond
  const date = new Date(Number((count - rest) / perSecond) * 1000)
  if (Number.isNaN(date.getTime())) return String(count)
  const seconds = date.toISOString().slice(0, -5)
  const digits = String(perSecond).length - 1
  const fraction = digits > 0 ? String(rest).padStart(digits, '0').replace(/0+$/, '') : ''
  return `${seconds}${fraction && `.${fraction}`}Z`
}

/** A day in ISO 8601; the number itself where no year is as far. */
export function dayText(days: number): string {
  const date = new Date(days * 86_400_000)
  return Number.isNaN(date.getTime()) ? String(days) : date.toISOString().replace(/T.*/, '')
}

/** A decimal with all its digits: what it is without its point, and how many digits stand behind that. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (!(Math.abs(scale) <= MOST_SCALE)) throw new Error(`a decimal has ${scale} digits behind its point`)
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale))
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** No decimal has more digits. */
const MOST_SCALE = 100

/** A whole number with a sign, in bytes of which the last is the least. */
export function signedNumber(bytes: Uint8Array): bigint {
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`))
}

/** Fills in the logits of some rows, from a list a class or from a list of lists; and finds the bad ones. */
export class LogitsReader {
  readonly logits: Float64Array
  readonly bad = new Map<number, RowError>()
  readonly #classes: number
  readonly #missing: 'error' | '-inf'

  constructor(rows: number, classes: number, missing: 'error' | '-inf') {
    this.logits = new Float64Array(rows * classes)
    this.#classes = classes
    this.#missing = missing
  }

  /** One class of all rows. */
  putColumn(values: ArrayLike<unknown>, place: number, name: string): void {
    const step = this.#classes
    for (let row = 0, at = place; row < values.length; row++, at += step) this.#put(values[row], at, row, name)
  }

  /** All classes of each row, which may stand together already. */
  putLists(lists: () => Iterable<unknown>, matrix: ArrayLike<number> | undefined): void {
    if (matrix) this.logits.set(matrix)
    else for (const [row, list] of [...lists()].entries()) this.putRow(list as ArrayLike<unknown> | null, row)
  }

  /** All classes of one row; undefined where there is no list. */
  putRow(values: ArrayLike<unknown> | undefined | null, row: number): void {
    const length = values?.length ?? 0
    if (length !== this.#classes) {
      const missing = values === undefined || values === null
      const rowError: RowError = missing
        ? { code: 'E_MISSING', info: {} }
        : { code: 'E_WIDTH', info: { cells: length, width: this.#classes } }
      this.bad.set(row, rowError)
      return
    }
    for (let index = 0; index < length; index++) this.#put(values![index], row * length + index, row, String(index))
  }

  #put(value: unknown, at: number, row: number, column: string): void {
    if (typeof value === 'number') {
      this.logits[at] = value
      return
    }
    const logit = logitOf(value, this.#missing)
    if (typeof logit === 'number') this.logits[at] = logit
    else if (!this.bad.has(row)) this.bad.set(row, { ...logit, column })
  }

  /** The batch, with the values of the columns that are kept. */
  batch(rows: number, kept: ArrayLike<Value>[]): RecordBatch {
    return {
      numRows: rows,
      logits: this.logits,
      kept,
      errors: this.bad,
      withPosition: ({ code, info: data, column }, row) => ({
        code,
        info: { ...data, row, ...(column !== undefined && { column }) },
      }),
      lines: 0,
      bytes: 0,
    }
  }
}

/** A column of an output: values of one type for some rows, after one another. */
export interface Block {
  name: string
  type: Exclude<ValueType, 'time' | 'json' | 'list' | 'record'> | 'count' | 'result' | 'classes'
  nullable: boolean
  values: unknown[] | Float64Array | BigInt64Array
}

/** Rows as columns: those that are kept, as what all their values are, and the new ones. `classes` has lists one after another. */
export function blocksOf({ kept, fields, classes }: OutputSchema, { batch, scores, good }: ScoredBatch): Block[] {
  const old = kept.map(({ name, type }, index): Block => {
    const plainType = type === 'json' || type === 'list' || type === 'record' || type === 'time' ? 'text' : type
    const column = batch.kept[index]!
    const values = numbersOf(column, plainType, good) ?? good.map((row) => convert(column[row]!, plainType))
    return { name, type: plainType, nullable: true, values }
  })
  const added = fields.map(({ name, type, value, all }): Block => {
    if (type === 'text') return { name, type, nullable: false, values: good.map((row) => value(scores, row)) }
    if (all && good.length === scores.rows) return { name, type, nullable: false, values: all(scores) }
    const width = type === 'classes' ? classes.length : 1
    const values = new Float64Array(good.length * width)
    good.forEach((row, index) => {
      const found = value(scores, row)
      if (type === 'classes') values.set(found as number[], index * width)
      else values[index] = found as number
    })
    return { name, type, nullable: false, values }
  })
  return [...old, ...added]
}

/** The numbers of a column that has nothing else. */
function numbersOf(
  column: ArrayLike<Value>,
  type: Block['type'],
  good: readonly number[],
): Float64Array | BigInt64Array | undefined {
  const isWhole = good.length === column.length
  if (type === 'integer' && column instanceof BigInt64Array) {
    return isWhole ? column : BigInt64Array.from(good, (row) => column[row]!)
  }
  if (type !== 'number' || !(column instanceof Float64Array || column instanceof Float32Array)) return undefined
  return isWhole ? new Float64Array(column) : Float64Array.from(good, (row) => column[row]!)
}

function convert(value: Value, type: Block['type']): unknown {
  if (value === null) return null
  if (type === 'text') return cellOf(value)
  if (type === 'integer') return BigInt(value as number | bigint)
  return type === 'number' ? Number(value) : value
}
