/** Reads logits from typed columns (one per class, or one of lists or structs) into a matrix, and finds bad rows. */
import type { ColumnData } from '../core/column-data.js'
import { rowsOfBadText } from '../core/column-encoding.js'
import { isExact, type Numbers, numbersOf } from '../core/column-numbers.js'
import { isValid, layoutOf, trimRanges } from '../core/column-slices.js'
import { textReader, valueReader } from '../core/column-values.js'
import { fieldsOf } from '../core/data-type.js'
import { extended } from '../core/extended.js'
import { logitOf, missingLogits, notExact, ofClass } from '../core/logit.js'
import type { MissingRule } from '../core/missing.js'
import {
  isColumnData,
  type KeptColumn,
  type LocatedRowError,
  type ReaderOptions,
  type RecordBatch,
  type RowError,
} from '../core/record-batch.js'
import { jsonOf } from '../core/value-text.js'
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
  readonly #badLogits = new Map<number, string>()
  /** Of the column that is read: made for its first bad logit only. */
  #texts: { data: ColumnData; read: ReturnType<typeof textReader> } | undefined
  readonly #rows: number
  readonly #classes: number
  readonly #rule: LogitsRule

  constructor(rows: number, classes: number, rule: LogitsRule) {
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
    if (isPlain(numbers) && this.#putNumbers(numbers.numbers, index)) return
    this.#toRows(index)
    if (isPlain(numbers)) {
      for (let row = 0, at = index; row < this.#rows; row++, at += step) this.logits[at] = numbers.numbers[row]!
      return
    }
    const read = this.#logitReader(data, numbers)
    for (let row = 0, at = index; row < this.#rows; row++, at += step) {
      if (!this.#put(read(row), at, row, name)) this.#note(at, data, row)
    }
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
    else if (data.type.kind === 'null') for (let row = 0; row < this.#rows; row++) this.#putMissing(row)
    else this.#readLists(data)
  }

  /** Keeps the text of all logits of bad rows, instead of that of their bad logits. */
  #noteRows(data: ColumnData): void {
    this.#badLogits.clear()
    for (const row of this.bad.keys()) this.#note(row, data, row)
  }

  #note(key: number, data: ColumnData, row: number): void {
    if (!this.#rule.wantRaw) return
    if (this.#texts?.data !== data) this.#texts = { data, read: textReader(data) }
    this.#badLogits.set(key, jsonOf(this.#texts.read(row)))
  }

  #readStructs(data: ColumnData): void {
    for (const [index, { name }] of fieldsOf(data.type).entries()) this.readColumn(data.children![index]!, index, name)
    for (let row = 0; row < this.#rows; row++) if (!isValid(data, row)) this.#putMissing(row)
    this.#noteRows(data)
  }

  #readLists(data: ColumnData): void {
    const child = itemsIn(data)
    const ends = listEnds(data)
    const numbers = numbersOf(child)
    if (isPlain(numbers) && !data.validity && isEven(ends, this.#rows, this.#classes)) {
      const { numbers: values } = numbers
      if (values instanceof Float32Array) this.#putFloats(values)
      else if (ArrayBuffer.isView(values)) copyNumbers(values as Float64Array, this.logits)
      else for (let at = 0; at < this.logits.length; at++) this.logits[at] = values[at]!
      return
    }
    const lists = this.#detached(data)
    const items = itemsIn(lists)
    const read = this.#logitReader(items, lists === data ? numbers : numbersOf(items))
    for (let row = 0; row < this.#rows; row++) {
      const [start, length] = [ends(row), ends(row + 1) - ends(row)]
      if (!isValid(data, row)) this.#putMissing(row)
      else if (length !== this.#classes) this.#refuse(row, this.#widthError(length))
      else {
        for (let at = 0; at < length; at++) this.#put(read(start + at), row * length + at, row)
      }
    }
    this.#noteRows(lists)
  }

  /** Copies float32 rows unchanged; the kernel converts them to doubles. */
  #putFloats(values: Float32Array): void {
    this.#floats = this.#as(Float32Array) as Float32Array
    copyNumbers(values, this.#floats)
  }

  /** Lists with a copy of numbers in this memory, which rows are about to be written to. */
  #detached(data: ColumnData): ColumnData {
    const [child] = data.children as [ColumnData]
    if (child.values?.buffer !== this.logits.buffer) return data
    return { ...data, children: [{ ...child, values: child.values.slice() }] }
  }

  /** Creates the function that reads a logit, or its error. */
  #logitReader(data: ColumnData, numbers: Numbers | undefined): (row: number) => number | RowError {
    if (numbers) return numberReader(numbers, this.#rule)
    const read = valueReader(data)
    return (row) => {
      const value = read(row)
      return typeof value === 'number' ? value : logitOf(value, this.#rule)
    }
  }

  #widthError(cells: number): RowError {
    return { code: 'E_WIDTH', info: { cells, width: this.#classes, of: 'the list' } }
  }

  /** Stores a logit, if it is one; an item of a list has no column name. */
  #put(logit: number | RowError, at: number, row: number, column?: string): boolean {
    if (typeof logit === 'number') this.logits[at] = logit
    else this.#refuse(row, column === undefined ? ofClass(logit, at % this.#classes) : { ...logit, column })
    return typeof logit === 'number'
  }

  /** Stores the logits of a row without any, instead of what a null struct may have. */
  #putMissing(row: number): void {
    const classes = this.#classes
    this.bad.delete(row)
    const logit = missingLogits({ ...this.#rule, classes })
    if (typeof logit !== 'number') this.#refuse(row, logit)
    else if (!this.#columns) this.logits.fill(logit, row * classes, (row + 1) * classes)
    else for (let index = 0; index < classes; index++) this.#columns[index * this.#rows + row] = logit
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
      badLogits: this.#badLogits,
      errors: this.bad,
      withPosition: atRow,
      lines: 0,
      bytes: 0,
    }
  }
}

/** How logits are read, and whether the texts of bad ones are needed. */
type LogitsRule = MissingRule & Pick<ReaderOptions, 'wantRaw'>

/** All items of lists, from the first list on. */
function itemsIn(data: ColumnData): ColumnData {
  return (layoutOf(data.type) === 'list' ? trimRanges(data) : data).children![0]!
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
  return { code, info: extended(info, { row, ...(column !== undefined && { column }) }) }
}

/** Whether all numbers of a column can be copied. */
function isPlain(numbers: Numbers | undefined): numbers is Numbers {
  return numbers !== undefined && !numbers.validity && !numbers.inexactAt
}

function numberReader(
  { numbers, validity, inexactAt }: Numbers,
  rule: MissingRule,
): (row: number) => number | RowError {
  return (row) => {
    if (!isValid({ validity }, row)) return logitOf(null, rule)
    const number = numbers[row]!
    return !inexactAt || isExact(number) ? number : notExact(inexactAt(row))
  }
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
