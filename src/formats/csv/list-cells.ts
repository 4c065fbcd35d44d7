/**
 * Lists of numbers in cells of delimited text: `[0.1, 0.2]` as written by JSON, pandas and DuckDB, `{0.1,0.2}` by
 * PostgreSQL, `[0.1 0.2]` by numpy. The items of a list are separated by commas or by blanks, not both.
 */
import { areMissing, logitOf, missingLogits } from '../../core/logit.js'
import { DEEPEST, isFlat, type Nesting, nestingOf } from '../../core/nesting.js'
import { isNumber } from '../../core/number.js'
import type { Column, ReaderOptions, RowError } from '../../core/record-batch.js'
import { NestedLogits } from '../nested-logits.js'

/** Parses a cell as a list, with its numbers as numbers or text; undefined if it is not a list. */
export function parseListCell(cell: string): unknown[] | undefined {
  const text = cell.trim()
  if (!/^[[{]/.test(text) || !isShallow(text)) return undefined
  return parseJson(text) ?? new ListParser(text).parse()
}

/** Whether no list is nested deeper than logits can be: parsing a deep one takes a hundred times its size. */
function isShallow(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    // Opening brackets and braces are 91 and 123, closing ones 93 and 125.
    const kind = text.charCodeAt(at) & ~0x20
    if (kind === 91) depth++
    else if (kind === 93) depth--
    if (depth > DEEPEST + 1) return false
  }
  return true
}

/** Most lists are JSON, which parses five times as fast. The exceptions have NaN or an overflowing number. */
function parseJson(text: string): unknown[] | undefined {
  if (!text.startsWith('[') || !text.includes(',')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && isOfNumbers(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isOfNumbers(item: unknown, deepest = DEEPEST): boolean {
  if (typeof item === 'number') return Number.isFinite(item)
  return deepest >= 0 && Array.isArray(item) && item.every((one) => isOfNumbers(one, deepest - 1))
}

const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}' }
const TOKEN = /[[\]{},]|[^\s[\]{},]+/g

/** Reads one token at a time: all tokens together take many times the memory of the text, which may not be a list. */
class ListParser {
  readonly #tokens: RegExpStringIterator<RegExpExecArray>
  /** The next token; undefined at the end. */
  #token: string | undefined

  constructor(text: string) {
    this.#tokens = text.matchAll(TOKEN)
    this.#pass()
  }

  parse(): unknown[] | undefined {
    const list = this.#list()
    return this.#token === undefined ? list : undefined
  }

  /** Advances to the next token; returns the previous one. */
  #pass(): string | undefined {
    const token = this.#token
    this.#token = this.#tokens.next().value?.[0]
    return token
  }

  #list(deepest = DEEPEST): unknown[] | undefined {
    const open = this.#pass()
    const close = open && CLOSING[open]
    if (!close || deepest < 0) return undefined
    const items: unknown[] = []
    for (let hasCommas: boolean | undefined; !this.#take(close); ) {
      const isBehindComma = items.length > 0 && this.#take(',')
      if (items.length > 0) hasCommas ??= isBehindComma || open === '{'
      if (items.length > 0 && isBehindComma !== hasCommas) return undefined
      const item = this.#item(deepest - 1)
      if (item === undefined) return undefined
      items.push(item)
    }
    return items
  }

  #take(token: string): boolean {
    const isThere = this.#token === token
    if (isThere) this.#pass()
    return isThere
  }

  #item(deepest: number): unknown {
    const token = this.#token
    if (token === undefined || /^[\]},]$/.test(token)) return undefined
    if (token in CLOSING) return this.#list(deepest)
    this.#pass()
    // An array abbreviated by numpy.
    if (token === '...') return undefined
    const text = WRAPPED.exec(token)?.[1] ?? token
    return NULL.test(text) ? null : text
  }
}

/** numpy scalars in a Python list, and JSON strings. */
const WRAPPED = /^(?:np\.float(?:16|32|64)\(|")(.*?)(?:\)|")$/
const NULL = /^(?:null|none)$/i

/** The column type if its first cell is a list of numbers; no other cell looks like one. */
export function listColumn(cell: string): Partial<Column> {
  const list = numbersIn(parseListCell(cell))
  if (!Array.isArray(list)) return {}
  if (isFlat(list)) return { listText: true, width: list.length }
  const nested = nestingOf(list)
  return nested ? { nested } : {}
}

/** Whether a cell shows that its column has lists. */
export function hasList(cell: string): boolean {
  return Object.keys(listColumn(cell)).length > 0
}

/** A list with its texts converted to numbers; undefined if one is not a number. */
function numbersIn(value: unknown): unknown {
  if (typeof value === 'string') return isNumber(value) ? 0 : undefined
  if (!Array.isArray(value)) return value
  const items = value.map(numbersIn)
  return items.includes(undefined) ? undefined : items
}

/** Collects the lists of rows in a matrix. */
export class ListCells {
  readonly #options: ReaderOptions
  readonly #logits: Float64Array
  readonly #nested: NestedLogits | undefined

  constructor({ name }: Column, rows: number, options: ReaderOptions) {
    const { depth, classes } = options
    this.#options = options
    this.#nested = depth === undefined ? undefined : new NestedLogits({ depth, classes, name, rule: options })
    this.#logits = new Float64Array(this.#nested ? 0 : rows * classes)
  }

  /** Reads the list of a row; returns the error, if any. */
  put(cell: string, row: number): RowError | undefined {
    const { classes } = this.#options
    if (areMissing(cell, this.#options)) return this.#putMissing(row * classes)
    const list = parseListCell(cell)
    if (!list) return { code: 'E_CELL', info: { cell, of: 'list' } }
    if (this.#nested) return this.#nested.put(list, () => ({ code: 'E_OVERFLOW', info: { cell } }))
    if (list.length !== classes) {
      return { code: 'E_WIDTH', info: { cells: list.length, width: classes, of: 'the list' } }
    }
    return this.#putList(list, row * classes)
  }

  /** Must be called after each row, including bad ones. */
  endRow(): void {
    this.#nested?.endRow()
  }

  get batch(): { logits: Float64Array; nesting?: Nesting } {
    return this.#nested?.batch ?? { logits: this.#logits }
  }

  #putMissing(at: number): RowError | undefined {
    // The cell would have several lists of logits, or none.
    if (this.#nested) return { code: 'E_MISSING', info: { of: 'lists' } }
    const logit = missingLogits(this.#options)
    if (typeof logit !== 'number') return logit
    this.#logits.fill(logit, at, at + this.#options.classes)
    return undefined
  }

  #putList(list: readonly unknown[], at: number): RowError | undefined {
    for (const [index, item] of list.entries()) {
      const logit = logitOf(item, this.#options)
      if (typeof logit !== 'number') return { ...logit, column: String(index) }
      this.#logits[at + index] = logit
    }
    return undefined
  }
}
