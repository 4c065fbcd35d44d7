/** Opens NDJSON: reads as far as the rows that define its columns. */
import { askedTypes } from '../../core/asked-types.js'
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
import { nullWarning } from '../../core/value-type.js'
import { recycle } from '../../io/buffer-pool.js'
import { byteOrderMark } from '../../io/byte-order-mark.js'
import { lookAhead, PATIENCE } from '../../io/look-ahead.js'
import { oversizedBatch } from '../oversized.js'
import { readBatch } from './batch.js'
import { columnsOf, isOpen, sampleOf, withType } from './columns.js'
import { countNewlines, linesOf } from './line-splitter.js'
import { type ParsedRow, parseRow, valueAt } from './row.js'
import { rowBlocks } from './row-blocks.js'

export async function read({ chunks }: Source, settings: SettingsOf<'bytes'>): Promise<RecordBatchReader | undefined> {
  const { blocks, relocate } = await rowBlocks(chunks, settings.maxRowBytes)
  let rest = blocks
  const isTyped = settings.to !== undefined && !isText(settings.to)
  const { held, rows, mark } = await readFirst(rest, isTyped)
  if (rows.length === 0) {
    if (held.length === 0) return undefined
    throw firstError(held, mark, settings, relocate)
  }
  const columns = columnsOf(rows, settings)
  const valuesOf = ({ name, path }: JsonColumn) => ({ name, values: rows.map(({ value }) => valueAt(value, path)) })
  const mayChange = isTyped && settings.keep && rows.length >= TYPE_ROWS
  const { byName } = askedTypes(settings.types)
  const open = columns.filter(({ name }) => !byName.has(name))
  const warning = mayChange ? nullWarning(open.map(valuesOf), settings.types) : undefined
  const allBlocks = async function* () {
    yield* held
    yield* rest
  }
  return {
    columns,
    named: !Array.isArray(rows[0]!.value),
    async *batches(plan) {
      let before = mark
      for await (const block of allBlocks()) {
        yield Buffer.isBuffer(block) ? readBatch(block, columns, plan, before) : oversizedBatch(block, plan)
        // A batch has copies of what it needs of its block, and is done with when the next is asked for.
        if (Buffer.isBuffer(block)) recycle(block)
        before = 0
      }
    },
    async firstRows(count) {
      const first: ParsedRow[] = []
      const isEnough = () => first.length >= count
      let bytes = 0
      const wantsMore = (block: Block) => {
        if (Buffer.isBuffer(block)) addRows(block, first, SEARCH - bytes, isEnough)
        bytes += sizeOf(block)
        return !isEnough() && bytes < SEARCH
      }
      if (held.every(wantsMore)) rest = await lookAhead(rest, wantsMore, PATIENCE)
      return columns.map(({ path }) => first.map(({ value }) => sampleOf(valueAt(value, path))))
    },
    text: { source: { format: 'ndjson', columns }, rowOffset: mark, blocks: allBlocks },
    setType(index, type) {
      columns[index] = withType(columns[index]!, type)
    },
    relocate,
    ...(warning !== undefined && { warnings: [warning] }),
  }
}

/**
 * Reads as far as the rows that define the columns, within limits: the first, and those behind it where it leaves a
 * column open or the output has types. How many that are does not depend on the blocks that rows come in.
 */
async function readFirst(
  blocks: AsyncGenerator<Block>,
  isTyped: boolean,
): Promise<{ held: Block[]; rows: ParsedRow[]; mark: 0 | 3 }> {
  const held: Block[] = []
  const rows: ParsedRow[] = []
  const isEnough = () => rows.length >= (isTyped ? TYPE_ROWS : isOpen(rows[0]?.value) ? OPEN_ROWS : 1)
  let mark: 0 | 3 = 0
  for (let bytes = 0; bytes < SEARCH; ) {
    const { done, value } = await blocks.next()
    if (done) break
    if (!Buffer.isBuffer(value)) {
      held.push(value)
      bytes += value.bytes
      continue
    }
    if (bytes === 0) mark = byteOrderMark(value)
    const block = bytes === 0 ? value.subarray(mark) : value
    held.push(block)
    addRows(block, rows, SEARCH - bytes, isEnough)
    bytes += value.length
    if (isEnough()) return { held, rows, mark }
  }
  const isBlank = (block: Block) => Buffer.isBuffer(block) && linesOf(block).next().done
  return { held: held.every(isBlank) ? [] : held, rows, mark }
}

/** How many bytes are searched for the rows that define the columns; how many rows define types, and columns that
 * the first row leaves open. */
const SEARCH = 1 << 20
const TYPE_ROWS = 1000
const OPEN_ROWS = 100

/** Adds the rows of a block, as far as they are within so many bytes, until there are enough. */
function addRows(block: Buffer, rows: ParsedRow[], bytes: number, isEnough: () => boolean): void {
  for (const { start, end } of linesOf(block)) {
    if (isEnough() || (end > bytes && rows.length > 0)) return
    const row = parseRow(block.subarray(start, end))
    if ('value' in row) rows.push(row)
  }
}

/** Where no row is one: what is wrong with the first. */
function firstError(
  blocks: Block[],
  mark: number,
  settings: SettingsOf<'bytes'>,
  relocate: Relocate = (scored) => scored,
): SoftmaxError {
  let [line, byte] = [1, mark]
  for (const block of blocks) {
    const size = Buffer.isBuffer(block) ? { lines: countNewlines(block), bytes: block.length } : block
    const errors = firstRowError(block, settings)
    const placed = relocate({ pieces: [], rows: 0, written: 0, lines: size.lines, bytes: size.bytes, errors })
    for (const { code, info } of placed.errors) {
      return new SoftmaxError(code, { ...info, row: 1, line: line + info.line!, byte: byte + info.byte! } as never)
    }
    line += placed.lines
    byte += placed.bytes
  }
  return new SoftmaxError('E_NO_ROWS', { rows: 0 })
}

/** What is wrong with the first row of a block, if it has one. */
function firstRowError(block: Block, { maxRowBytes, encoding }: SettingsOf<'bytes'>): LocatedRowError[] {
  if (!Buffer.isBuffer(block))
    return [{ code: 'E_ROW_TOO_LONG', info: { limit: maxRowBytes, row: 0, line: 0, byte: 0 } }]
  const { start, end, line } = linesOf(block).next().value ?? {}
  if (start === undefined) return []
  const error = parseRow(block.subarray(start, end), encoding) as RowError
  const { code } = error
  // As a text that is no JSON at all begins: the name of the file, or an option, says what it is not.
  const isOther = code === 'E_JSON' && !/^[\s\ufeff]*[[{]/.test(block.toString('utf8', start, start + 16))
  const info = isOther
    ? { reason: `it begins with neither { nor [; ${optionText('from', 'csv')} reads delimited text` }
    : error.info
  return [{ code, info: { ...info, row: 0, line: line!, byte: start } }]
}

function sizeOf(block: Block): number {
  return Buffer.isBuffer(block) ? block.length : block.bytes
}
