/** Opens NDJSON: reads up to the rows that define its columns. */

import { SoftmaxError } from '../../core/errors.js'
import { isText } from '../../core/formats.js'
import { fromText } from '../../core/option-words.js'
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
import { batchesOf } from '../block-batches.js'
import { readBatch } from './batch.js'
import { sampleOf, withType } from './columns.js'
import { DefinedColumns } from './defined-columns.js'
import { FirstRows, TYPE_ROWS } from './first-rows.js'
import { KeyWatch } from './key-watch.js'
import { countNewlines, linesOf } from './line-splitter.js'
import { type ParsedRow, parseRow, valueAt } from './row.js'
import { rowBlocks } from './row-blocks.js'

export async function read(
  { chunks, mayContinue = false }: Source,
  settings: SettingsOf<'bytes'>,
): Promise<RecordBatchReader | undefined> {
  const { blocks, relocate } = await rowBlocks(chunks, settings.maxRowBytes)
  const isTyped = settings.to !== undefined && !isText(settings.to)
  const first = new FirstRows(blocks, isTyped)
  const rows = await first.from(0)
  if (rows.length === 0 && first.buffered.every(isBlank)) return undefined
  const defined = new DefinedColumns(first, settings)
  const { columns } = defined
  const watch = new KeyWatch()
  const failure = failureOf(() => {
    if (rows.length === 0) throw firstError(first.buffered, first.rowOffset, settings, relocate)
    defined.define(rows)
  })
  if (failure && !mayContinue) throw failure
  return {
    columns,
    ...(failure && { failure }),
    named: !Array.isArray(rows[0]?.value),
    batches: (options) => batchesOf(watch.over(first.blocks()), options, (block) => readBatch(block, columns, options)),
    async firstRows(count) {
      const found: ParsedRow[] = []
      await first.visit((row) => found.push(row) < count)
      return columns.map(({ path }) => found.map(({ value }) => sampleOf(valueAt(value, path))))
    },
    defineBy: (row) => defined.defineBy(row),
    untried: () => first.limit,
    addKeys: (keys, known, hasOthers) => defined.add(keys, known, hasOthers),
    continueFrom: (columns, fits) => defined.continueFrom(columns as readonly JsonColumn[], fits),
    start: { line: 1, row: 1, byte: first.rowOffset },
    text: { source: { format: 'ndjson', columns }, blocks: () => watch.over(first.blocks()) },
    setType(index, type) {
      columns[index] = withType(columns[index]!, type)
    },
    watchKeys(names) {
      watch.add(names)
      return () => watch.unseen
    },
    relocate,
    warnings: (kept) => (isTyped ? typeWarnings(columns, kept, defined.rows, settings) : []),
  }
}

function failureOf(define: () => void): SoftmaxError | undefined {
  try {
    define()
  } catch (error) {
    if (error instanceof SoftmaxError) return error
    throw error
  }
  return undefined
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

function isBlank(block: Block): boolean {
  return Buffer.isBuffer(block) && linesOf(block).next().done === true
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
    ? { reason: `it begins with neither { nor [; ${fromText('csv')} reads delimited text` }
    : error.info
  return [{ code, info: { ...info, row: 0, line: line!, byte: start } }]
}
