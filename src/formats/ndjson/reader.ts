/** Opens NDJSON: reads up to the rows that define its columns. */

import { SoftmaxError } from '../../core/errors.js'
import { isText } from '../../core/formats.js'
import { optionText } from '../../core/option-words.js'
import type { SettingsOf } from '../../core/options.js'
import type {
  Block,
  JsonColumn,
  LocatedRowError,
  RecordBatchReader,
  Relocate,
  RowError,
  Source,
} from '../../core/record-batch.js'
import { requestedTypes } from '../../core/requested-types.js'
import { nullWarning } from '../../core/value-type.js'
import { recycle } from '../../io/buffer-pool.js'
import { byteOrderMark } from '../../io/byte-order-mark.js'
import { lookAhead, PATIENCE } from '../../io/look-ahead.js'
import { oversizedBatch } from '../oversized.js'
import { readBatch } from './batch.js'
import { columnAt, columnsOf, isOpen, keptPath, knownPath, sampleOf, withType } from './columns.js'
import { countNewlines, linesOf } from './line-splitter.js'
import { type ParsedRow, parseRow, valueAt } from './row.js'
import { rowBlocks } from './row-blocks.js'

export async function read({ chunks }: Source, settings: SettingsOf<'bytes'>): Promise<RecordBatchReader | undefined> {
  const { blocks, relocate } = await rowBlocks(chunks, settings.maxRowBytes)
  let rest = blocks
  const isTyped = settings.to !== undefined && !isText(settings.to)
  const first = new FirstRows(() => rest.next(), isTyped)
  const { buffered } = first
  const rows = await first.from(0)
  if (rows.length === 0) {
    if (buffered.every(isBlank)) return undefined
    throw firstError(buffered, first.rowOffset, settings, relocate)
  }
  const columns: JsonColumn[] = []
  let defining = rows
  let late: ReadonlyMap<string, readonly string[]> = new Map()
  let earlier: readonly JsonColumn[] | undefined
  const define = (rows: ParsedRow[]) => {
    defining = rows
    const own = new Map(columnsOf(rows, settings).map((column) => [column.name, column]))
    const others = [...late].filter(([name]) => !own.has(name)).map(([name, path]) => columnAt(name, path, rows))
    const added = others.map((column) => ({ ...column, isLate: true as const }))
    const known = earlier?.map(({ name, path }) => own.get(name) ?? columnAt(name, path, rows))
    columns.splice(0, columns.length, ...(known ?? [...own.values(), ...added]))
  }
  define(rows)
  /** Visits the first rows, as long as they are wanted and arrive in time; returns whether there may be more. */
  const visitRows = async (wants: (row: ParsedRow) => boolean): Promise<boolean> => {
    let [bytes, isFirst, isWanted] = [0, true, true]
    const wantsMore = (block: Block) => {
      const isDone = Buffer.isBuffer(block) && !visit(block, SEARCH - bytes, isFirst, wants)
      bytes += sizeOf(block)
      isFirst = false
      isWanted = !isDone && bytes < SEARCH
      return isWanted
    }
    if (buffered.every(wantsMore)) rest = await lookAhead(rest, wantsMore, PATIENCE)
    return !isWanted
  }
  const allBlocks = async function* () {
    yield* buffered
    yield* rest
  }
  return {
    columns,
    named: !Array.isArray(rows[0]!.value),
    async *batches(plan) {
      for await (const block of allBlocks()) {
        yield Buffer.isBuffer(block) ? readBatch(block, columns, plan) : oversizedBatch(block, plan)
        // A batch copies what it needs, so its block is free when the next one is requested.
        if (Buffer.isBuffer(block)) recycle(block)
      }
    },
    async firstRows(count) {
      const found: ParsedRow[] = []
      await visitRows((row) => found.push(row) < count)
      return columns.map(({ path }) => found.map(({ value }) => sampleOf(valueAt(value, path))))
    },
    async defineBy(row) {
      const rows = row < OPEN_ROWS ? await first.from(row) : []
      if (rows.length > 0) define(rows)
      return rows.length > 0
    },
    async addKeys(keys, known) {
      const found = new Map<string, readonly string[]>()
      const missing = new Set(keys.filter((key) => !known.includes(key)))
      let count = 0
      const look = (row: ParsedRow) => {
        for (const key of keys) {
          const path = found.has(key) ? undefined : keptPath(key, row, settings.to)
          if (path) found.set(key, path)
        }
        for (const key of found.keys()) missing.delete(key)
        return missing.size > 0
      }
      defining.forEach(look)
      const isLong = missing.size > 0 && (await visitRows((row) => look(row) && ++count < TYPE_ROWS))
      for (const key of known) if (!found.has(key)) found.set(key, knownPath(key, defining, settings.to))
      late = new Map(keys.flatMap((key) => (found.has(key) ? [[key, found.get(key)!]] : [])))
      define(defining)
      return isLong ? [...missing] : []
    },
    continueFrom(columns) {
      earlier = columns as readonly JsonColumn[]
      define(defining)
    },
    start: { line: 1, row: 1, byte: first.rowOffset },
    text: { source: { format: 'ndjson', columns }, blocks: allBlocks },
    setType(index, type) {
      columns[index] = withType(columns[index]!, type)
    },
    relocate,
    warnings: (kept) => (isTyped ? typeWarnings(columns, kept, defining, settings) : []),
  }
}

/** Warnings about types that the first rows leave open, as later rows may have others. */
function typeWarnings(
  columns: readonly JsonColumn[],
  kept: readonly number[],
  rows: readonly ParsedRow[],
  { types }: SettingsOf<'bytes'>,
): string[] {
  if (rows.length < TYPE_ROWS) return []
  const { byName } = requestedTypes(types)
  const open = kept.map((index) => columns[index]!).filter(({ name }) => !byName.has(name))
  const valuesOf = ({ name, path }: JsonColumn) => ({ name, values: rows.map(({ value }) => valueAt(value, path)) })
  return [nullWarning(open.map(valuesOf), types) ?? []].flat()
}

/**
 * The rows that may define the columns, within limits: one of them, and those after it if it leaves a column open or
 * the output has types. Their number does not depend on block boundaries.
 */
class FirstRows {
  /** The input read so far. */
  readonly buffered: Block[] = []
  /** The start of the first row: 3 after a BOM. */
  rowOffset: 0 | 3 = 0
  readonly #rows: ParsedRow[] = []
  readonly #next: () => Promise<IteratorResult<Block>>
  readonly #isTyped: boolean
  readonly #more: AsyncGenerator<ParsedRow>

  constructor(next: () => Promise<IteratorResult<Block>>, isTyped: boolean) {
    this.#next = next
    this.#isTyped = isTyped
    this.#more = this.#read()
  }

  /** A row by index, and the rows after it that it needs; empty if there is no such row. */
  async from(row: number): Promise<ParsedRow[]> {
    while (this.#rows.length < row + this.#needed(row)) {
      const { done, value } = await this.#more.next()
      if (done) break
      this.#rows.push(value)
    }
    return this.#rows.slice(row, row + this.#needed(row))
  }

  #needed(row: number): number {
    return this.#isTyped ? TYPE_ROWS : isOpen(this.#rows[row]?.value) ? OPEN_ROWS : 1
  }

  async *#read(): AsyncGenerator<ParsedRow> {
    for (let bytes = 0; bytes < SEARCH; ) {
      const { done, value } = await this.#next()
      if (done) return
      const isFirst = this.buffered.length === 0
      if (isFirst && Buffer.isBuffer(value)) this.rowOffset = byteOrderMark(value)
      const block = isFirst && Buffer.isBuffer(value) ? value.subarray(this.rowOffset) : value
      this.buffered.push(block)
      if (Buffer.isBuffer(block)) yield* this.#rowsOf(block, SEARCH - bytes)
      bytes += sizeOf(value)
    }
  }

  /** The rows of a block within `bytes` bytes: objects or lists, whichever the first is. */
  *#rowsOf(block: Buffer, bytes: number): Generator<ParsedRow> {
    for (const { start, end } of linesOf(block)) {
      if (end > bytes && this.#rows.length > 0) return
      const row = parseRow(block.subarray(start, end))
      if ('value' in row && this.#isLikeFirst(row)) yield row
    }
  }

  #isLikeFirst({ value }: ParsedRow): boolean {
    return this.#rows.length === 0 || Array.isArray(value) === Array.isArray(this.#rows[0]!.value)
  }
}

function isBlank(block: Block): boolean {
  return Buffer.isBuffer(block) && linesOf(block).next().done === true
}

/**
 * Limits: the bytes searched for rows that define the columns, and the rows used for types and for columns that the
 * first row leaves open.
 */
const SEARCH = 1 << 20
const TYPE_ROWS = 1000
const OPEN_ROWS = 100

/** Visits the rows of a block within `bytes` bytes, at least its first one if `isFirst`; returns whether more are wanted. */
function visit(block: Buffer, bytes: number, isFirst: boolean, wants: (row: ParsedRow) => boolean): boolean {
  let mayBeLonger = isFirst
  for (const { start, end } of linesOf(block)) {
    if (end > bytes && !mayBeLonger) return true
    const row = parseRow(block.subarray(start, end))
    if (!('value' in row)) continue
    if (!wants(row)) return false
    mayBeLonger = false
  }
  return true
}

/** The error of the first row, if no row is valid. */
function firstError(
  blocks: Block[],
  rowOffset: number,
  settings: SettingsOf<'bytes'>,
  relocate: Relocate = (scored) => scored,
): SoftmaxError {
  let [line, byte] = [1, rowOffset]
  for (const block of blocks) {
    const size = Buffer.isBuffer(block) ? { lines: countNewlines(block), bytes: block.length } : block
    const errors = firstRowError(block, settings)
    const relocated = relocate({ pieces: [], rows: 0, written: 0, lines: size.lines, bytes: size.bytes, errors })
    for (const { code, info } of relocated.errors) {
      return new SoftmaxError(code, { ...info, row: 1, line: line + info.line!, byte: byte + info.byte! } as never)
    }
    line += relocated.lines
    byte += relocated.bytes
  }
  return new SoftmaxError('E_NO_ROWS', { rows: 0 })
}

/** The error of the first row in a block, if it has one. */
function firstRowError(block: Block, { maxRowBytes, encoding }: SettingsOf<'bytes'>): LocatedRowError[] {
  if (!Buffer.isBuffer(block))
    return [{ code: 'E_ROW_TOO_LONG', info: { limit: maxRowBytes, row: 0, line: 0, byte: 0 } }]
  const { start, end, line } = linesOf(block).next().value ?? {}
  if (start === undefined) return []
  const error = parseRow(block.subarray(start, end), encoding) as RowError
  const { code } = error
  // If the text does not even begin like JSON, the file name or an option is wrong.
  const isOther = code === 'E_JSON' && !/^[\s\ufeff]*[[{]/.test(block.toString('utf8', start, start + 16))
  const info = isOther
    ? { reason: `it begins with neither { nor [; ${optionText('from', 'csv')} reads delimited text` }
    : error.info
  return [{ code, info: { ...info, row: 0, line: line!, byte: start } }]
}

function sizeOf(block: Block): number {
  return Buffer.isBuffer(block) ? block.length : block.bytes
}
