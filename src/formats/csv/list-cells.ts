/**
 * Lists of numbers in cells of delimited text: `[0.1, 0.2]` as JSON, pandas and DuckDB write them, `{0.1,0.2}` as PostgreSQL
 * does, `[0.1 0.2]` as numpy prints an array. Each list has commas between all items, or blanks.
 */
import { logitOf } from '../../core/logit.js'
import { DEEPEST, isFlat, type Nesting, nestingOf } from '../../core/nesting.js'
import { isNumber } from '../../core/number.js'
import type { Column, ReaderOptions, RowError } from '../../core/record-batch.js'
import { NestedLogits } from '../nested-logits.js'

/** The list that a cell is, its numbers as numbers or as text; undefined where it is none. */
export function parseListCell(cell: string): unknown[] | undefined {
  const text = cell.trim()
  if (!/^[[{]/.test(text) || !isShallow(text)) return undefined
  return parseJson(text) ?? new ListParser(text).parse()
}

/** Whether no list in a text is deeper than those of logits: to read a deep one takes a hundred times its bytes. */
function isShallow(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    // Of brackets and braces, those that open are 91 and 123, those that close 93 and 125.
    const kind = text.charCodeAt(at) & ~0x20
    if (kind === 91) depth++
    else if (kind === 93) depth--
    if (depth > DEEPEST + 1) return false
  }
  return true
}

/** Most lists are JSON, which is read at a fifth of the price; not those with NaN, or a number that is too large. */
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

/** Reads a token at a time: all of them take many times the bytes of a text, which may be no list. */
class ListParser {
  readonly #tokens: RegExpStringIterator<RegExpExecArray>
  /** The token that is next; undefined behind the last. */
  #token: string | undefined

  constructor(text: string) {
    this.#tokens = text.matchAll(TOKEN)
    this.#pass()
  }

  parse(): unknown[] | undefined {
    const list = this.#list()
    return this.#token === undefined ? list : undefined
  }

  /** Goes on to the next token; returns the one before. */
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
    // Where numpy left out some.
    if (token === '...') return undefined
    const text = WRAPPED.exec(token)?.[1] ?? token
    return NULL.test(text) ? null : text
  }
}

/** Numbers of numpy in a list of Python, and texts of JSON. */
const WRAPPED = /^(?:np\.float(?:16|32|64)\(|")(.*?)(?:\)|")$/
const NULL = /^(?:null|none)$/i

/** What a column is whose first cell is a list of numbers: nothing else looks like that. */
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

/** A list whose texts are numbers, as such; undefined where one is not. */
function numbersIn(value: unknown): unknown {
  if (typeof value === 'string') return isNumber(value) ? 0 : undefined
  if (!Array.isArray(value)) return value
  const items = value.map(numbersIn)
  return items.includes(undefined) ? undefined : items
}

/** Puts the lists of rows into a matrix. */
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

  /** Reads the list of a row; returns what is wrong with it, if anything is. */
  put(cell: string, row: number): RowError | undefined {
    const { nulls, classes } = this.#options
    if (/^\s*$/.test(cell) || nulls?.has(cell)) return { code: 'E_MISSING', info: { of: 'list' } }
    const list = parseListCell(cell)
    if (!list) return { code: 'E_CELL', info: { cell, of: 'list' } }
    if (this.#nested) return this.#nested.put(list, () => ({ code: 'E_OVERFLOW', info: { cell } }))
    if (list.length !== classes) {
      return { code: 'E_WIDTH', info: { cells: list.length, width: classes, of: 'the list' } }
    }
    return this.#putList(list, row * classes)
  }

  /** To be called behind each row, a bad one too. */
  endRow(): void {
    this.#nested?.endRow()
  }

  get batch(): { logits: Float64Array; nesting?: Nesting } {
    return this.#nested?.batch ?? { logits: this.#logits }
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
