/** Reads logits from typed columns (one per class, or one of lists or structs) into a matrix, and finds bad rows. */
import type { ColumnData } from '../core/column-data.js'
import { rowsOfBadText } from '../core/column-encoding.js'
import { type Numbers, numbersOf } from '../core/column-numbers.js'
import { isValid, layoutOf, trimRanges } from '../core/column-slices.js'
import { valueReader } from '../core/column-values.js'
import { fieldsOf } from '../core/data-type.js'
import { logitOf, ofClass } from '../core/logit.js'
import type { MissingRule } from '../core/missing.js'
import {
  isColumnData,
  type KeptColumn,
  type LocatedRowError,
  type RecordBatch,
  type RowError,
} from '../core/record-batch.js'
import { acquireInput } from '../io/column-pool.js'
import { MOST_BY_CLASS } from '../kernel/host/scores.js'

/**
 * Fills a matrix with the logits of some rows, from one column per class or one column of all, and collects errors. The
 * memory is pooled and may be recycled once the rows are scored.
 */
export class LogitsReader {
  readonly logits: Float64Array
  /** The same memory in column order, as long as every column is floating-point. */
  #columns: FloatArray | undefined
  /** The same memory as float32 rows. */
  #floats: Float32Array | undefined
  readonly bad = new Map<number, RowError>()
  readonly #rows: number
  readonly #classes: number
  readonly #rule: MissingRule

  constructor(rows: number, classes: number, rule: MissingRule) {
    this.logits = new Float64Array(acquireInput(8 * rows * classes).buffer, 0, rows * classes)
    this.#rows = rows
    this.#classes = classes
    this.#rule = rule
  }

  /** The memory for one class, from which {@link readColumn} need not copy; undefined if it has to. */
  columnRoom(index: number, array: FloatArrayConstructor): FloatArray | undefined {
    if (index === 0 && this.#classes <= MOST_BY_CLASS) this.#columns = this.#as(array)
    if (this.#columns?.constructor !== array) return undefined
    return this.#columns.subarray(index * this.#rows, (index + 1) * this.#rows)
  }

  /** The same for lists of all classes, read by {@link readRows}. */
  listRoom(array: FloatArrayConstructor): FloatArray {
    return this.#as(array)
  }

  #as(array: FloatArrayConstructor): FloatArray {
    return new array(this.logits.buffer as ArrayBuffer, 0, this.logits.length)
  }

  /** Reads one class of all rows. */
  readColumn(data: ColumnData, index: number, name: string): void {
    const step = this.#classes
    const numbers = numbersOf(data)
    if (numbers && !numbers.validity && this.#putNumbers(numbers.numbers, index)) return
    this.#toRows(index)
    if (numbers && !numbers.validity) {
      for (let row = 0, at = index; row < this.#rows; row++, at += step) this.logits[at] = numbers.numbers[row]!
      return
    }
    const read = numbers ? numberReader(numbers) : valueReader(data)
    for (let row = 0, at = index; row < this.#rows; row++, at += step) this.#put(read(row), at, row, name)
  }

  /** Appends a class in column order, if all have the same floating-point type. */
  #putNumbers(numbers: ArrayLike<number>, index: number): boolean {
    if (index === 0 && this.#classes <= MOST_BY_CLASS) this.#columns = columnsIn(this.logits, numbers)
    if (numbers.constructor !== this.#columns?.constructor) return false
    const column = this.#columns.subarray(index * this.#rows, (index + 1) * this.#rows)
    copyNumbers(numbers as FloatArray, column)
    return true
  }

  /** Transposes the classes read so far to row order. */
  #toRows(classes: number): void {
    const columns = this.#columns?.slice(0, classes * this.#rows)
    this.#columns = undefined
    for (let index = 0; columns && index < classes; index++) {
      for (let row = 0; row < this.#rows; row++) {
        this.logits[row * this.#classes + index] = columns[index * this.#rows + row]!
      }
    }
  }

  /** Reads all classes of each row, from lists or structs. */
  readRows(data: ColumnData): void {
    if (data.type.kind === 'struct') this.#readStructs(data)
    else this.#readLists(data)
  }

  #readStructs(data: ColumnData): void {
    for (let row = 0; row < this.#rows; row++) if (!isValid(data, row)) this.#refuse(row, MISSING)
    for (const [index, { name }] of fieldsOf(data.type).entries()) this.readColumn(data.children![index]!, index, name)
  }

  #readLists(data: ColumnData): void {
    const [child] = (layoutOf(data.type) === 'list' ? trimRanges(data) : data).children as [ColumnData]
    const ends = listEnds(data)
    const numbers = numbersOf(child)
    const isMatrix = numbers && !numbers.validity && !data.validity && isEven(ends, this.#rows, this.#classes)
    if (isMatrix) {
      const { numbers: values } = numbers
      if (values instanceof Float32Array) this.#putFloats(values)
      else if (ArrayBuffer.isView(values)) copyNumbers(values as Float64Array, this.logits)
      else for (let at = 0; at < this.logits.length; at++) this.logits[at] = values[at]!
      return
    }
    const read = numbers ? numberReader(this.#detached(numbers)) : valueReader(child)
    for (let row = 0; row < this.#rows; row++) {
      const [start, length] = [ends(row), ends(row + 1) - ends(row)]
      if (!isValid(data, row)) this.#refuse(row, MISSING)
      else if (length !== this.#classes) this.#refuse(row, this.#widthError(length))
      else {
        for (let at = 0; at < length; at++) this.#put(read(start + at), row * length + at, row)
      }
    }
  }

  /** Copies float32 rows unchanged; the kernel converts them to doubles. */
  #putFloats(values: Float32Array): void {
    this.#floats = this.#as(Float32Array) as Float32Array
    copyNumbers(values, this.#floats)
  }

  /** A copy of numbers in this memory, which rows are about to be written to. */
  #detached({ numbers, validity }: Numbers): Numbers {
    const isHere = ArrayBuffer.isView(numbers) && numbers.buffer === this.logits.buffer
    return { numbers: isHere ? (numbers as Float64Array).slice() : numbers, validity }
  }

  #widthError(cells: number): RowError {
    return { code: 'E_WIDTH', info: { cells, width: this.#classes, of: 'the list' } }
  }

  /** Reads one class of all rows from generic values. */
  putColumn(values: ArrayLike<unknown>, index: number, name: string): void {
    const step = this.#classes
    for (let row = 0, at = index; row < values.length; row++, at += step) this.#put(values[row], at, row, name)
  }

  /** Reads all classes of each row; they may be contiguous already. */
  putLists(lists: () => Iterable<unknown>, matrix: ArrayLike<number> | undefined): void {
    if (matrix) this.logits.set(matrix)
    else for (const [row, list] of [...lists()].entries()) this.#putRow(list as ArrayLike<unknown> | null, row)
  }

  /** Reads all classes of one row; undefined if its list is missing. */
  #putRow(values: ArrayLike<unknown> | undefined | null, row: number): void {
    if (!values) this.#refuse(row, MISSING)
    else if (values.length !== this.#classes) this.#refuse(row, this.#widthError(values.length))
    else for (let at = 0; at < values.length; at++) this.#put(values[at], row * values.length + at, row)
  }

  /** Stores a logit; an item of a list has no column name. */
  #put(value: unknown, at: number, row: number, column?: string): void {
    const logit = typeof value === 'number' ? value : logitOf(value, this.#rule)
    if (typeof logit === 'number') this.logits[at] = logit
    else this.#refuse(row, column === undefined ? ofClass(logit, at % this.#classes) : { ...logit, column })
  }

  #refuse(row: number, error: RowError): void {
    if (!this.bad.has(row)) this.bad.set(row, error)
  }

  /** The batch, with its kept columns, whose strings must be valid UTF-8. */
  batch(kept: KeptColumn[], names: readonly string[]): RecordBatch {
    for (const [index, column] of kept.entries()) {
      const rows = isColumnData(column) ? rowsOfBadText(column) : []
      for (const row of rows) this.#refuse(row, { code: 'E_CELL_ENCODING', info: {}, column: names[index]! })
    }
    return {
      numRows: this.#rows,
      logits: this.#columns ?? this.#floats ?? this.logits,
      byClass: this.#columns !== undefined,
      kept,
      errors: this.bad,
      withPosition: atRow,
      lines: 0,
      bytes: 0,
    }
  }
}

type FloatArray = Float64Array | Float32Array
type FloatArrayConstructor = Float64ArrayConstructor | Float32ArrayConstructor

/** Copies as many numbers as fit, unless they are already there. */
function copyNumbers(from: FloatArray, to: FloatArray): void {
  if (from.buffer !== to.buffer || from.byteOffset !== to.byteOffset) to.set(from.subarray(0, to.length))
}

/** Views columns like the first in the memory of a matrix of doubles. */
function columnsIn(
  { buffer, length }: Float64Array,
  first: ArrayLike<number>,
): Float64Array | Float32Array | undefined {
  if (first instanceof Float64Array) return new Float64Array(buffer, 0, length)
  return first instanceof Float32Array ? new Float32Array(buffer, 0, length) : undefined
}

/** The error of a row that is located only by its number. */
export function atRow({ code, info, column }: RowError, row: number): LocatedRowError {
  return { code, info: { ...info, row, ...(column !== undefined && { column }) } }
}

export const MISSING: RowError = { code: 'E_MISSING', info: { of: 'list' } }

function numberReader({ numbers, validity }: Numbers): (row: number) => number | null {
  return (row) => (isValid({ validity }, row) ? numbers[row]! : null)
}

/** Creates the function that returns the end of a row's items, which is the start of the next row's. */
export function listEnds({ type, offsets }: ColumnData): (row: number) => number {
  if (type.kind === 'fixed_size_list') return (row) => row * type.size
  const first = Number(offsets![0]!)
  return (row) => Number(offsets![row]!) - first
}

/** Whether every row has one item per class. */
function isEven(ends: (row: number) => number, rows: number, classes: number): boolean {
  for (let row = 0; row < rows; row++) if (ends(row + 1) - ends(row) !== classes) return false
  return true
}
