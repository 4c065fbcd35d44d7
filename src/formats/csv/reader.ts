/** Reads delimited text: resolves the columns, and parses blocks of complete rows into record batches. */

import { isLogitName } from '../../core/column-name.js'
import { type Dialect, fromBytes } from '../../core/dialect.js'
import { isPandasHeader, looksLikePandasHeader, pandasWarning, rowWarning } from '../../core/header-names.js'
import { EVIDENCE_ROWS } from '../../core/logit-columns.js'
import { findSelected, possibleList } from '../../core/logits-list.js'
import { nullsOf } from '../../core/missing.js'
import { isNumber, withPoint } from '../../core/number.js'
import type { SettingsOf } from '../../core/options.js'
import type { Block, Column, RecordBatchReader, Source } from '../../core/record-batch.js'
import { requestedTypes } from '../../core/requested-types.js'
import { batchesOf } from '../block-batches.js'
import { readBatch } from './batch.js'
import { nullTest, peekRows, typeOfCells, withType } from './cell-columns.js'
import { dialectFromOptions, requireComma } from './dialect-options.js'
import { type CsvHeader, readFirstRows, readHeader } from './header.js'
import { requireDelimiter, requireHeader, requireNoComment, requireOneLine, requireText } from './header-checks.js'
import { hasList, listColumn } from './list-cells.js'
import { decodeCell } from './rows.js'

/** Opens delimited text. Undefined if there is neither a header nor a row. */
export async function read({ chunks }: Source, settings: SettingsOf<'bytes'>): Promise<RecordBatchReader | undefined> {
  const head = await readHeader(chunks, dialectFromOptions(settings), settings)
  if (!head) return undefined
  const columns = columnsOf(head)
  requireReadable(columns, head, settings)
  const { dialect, lines, bytes } = head
  const index = indexOf(columns, head)
  const warnings = [head.warning, pandasWarningOf(columns, head, settings)].filter((text) => text !== undefined)
  const peeked = requestedTypes(settings.types).infers
    ? await peekRows(head.blocks, dialect)
    : { sample: [], blocks: head.blocks }
  const { sample } = peeked
  const mayBeList = head.isEmpty && !dialect.decimalComma ? possibleList(settings, columns) : undefined
  if (mayBeList) mayBeList.mayBeList = true
  const nulls = nullsOf(settings)
  let blocks = await lookForList(head, peeked.blocks, columns, settings)
  /** What a function makes of the cells of each column in the first rows. */
  const fromFirst = async <Result>(count: number, read: (cells: string[]) => Result) => {
    const first = await readFirstRows(head, blocks, columns.length, count)
    blocks = first.blocks
    return columns.map((_, column) => read(first.rows.map((row) => row[column]!)))
  }
  return {
    columns,
    named: head.header !== undefined,
    headerLine: head.line,
    headerOnly: head.first === undefined,
    ...(mayBeList && { rows: 0 }),
    start: { line: 1 + lines, row: 1, byte: bytes },
    ...(index && { indexNames: index }),
    warnings: () => warnings,
    batches: (options) => batchesOf(blocks, options, (block) => readBatch(block, columns, dialect, options)),
    firstRows: (count) => fromFirst(count, (cells) => cells.map(sampler(dialect))),
    async firstNulls(count) {
      const isNull = nullTest(dialect, nulls)
      const haveNulls = await fromFirst(count, (cells) => cells.some(isNull))
      return [...columns.keys()].filter((column) => haveNulls[column])
    },
    text: { source: { format: 'csv', columns, dialect }, blocks: () => blocks },
    inferType: (index) => typeOfCells(index, sample, columns.length, dialect, nulls),
    setType(index, type) {
      columns[index] = withType(columns[index]!, type)
    },
  }
}

/** Throws an error that says what to do if the text cannot be read as it is, or is likely to be something else. */
function requireReadable(columns: readonly Column[], head: CsvHeader, settings: SettingsOf<'bytes'>): void {
  requireComma(head.dialect, settings)
  requireText(head, settings.encoding)
  requireNoComment(head, settings)
  requireDelimiter(head)
  requireHeader(columns, head, settings)
  requireOneLine(columns, head, settings)
}

/** The names of the columns of an index that pandas wrote in front of columns that are numbered, if any. */
function indexOf(columns: readonly Column[], { header }: CsvHeader): ReadonlySet<string> | undefined {
  return header && isPandasHeader(namesIn(columns), samplesIn(columns)) ? new Set(['']) : undefined
}

/** The warning that a first line is taken for one that pandas wrote, or is not. */
function pandasWarningOf(
  columns: readonly Column[],
  head: CsvHeader,
  { header }: SettingsOf<'bytes'>,
): string | undefined {
  if (header === true || (header === undefined && !indexOf(columns, head))) return undefined
  if (header === undefined) return pandasWarning(namesIn(columns))
  return looksLikePandasHeader(samplesIn(columns)) ? rowWarning(samplesIn(columns)) : undefined
}

const namesIn = (columns: readonly Column[]) => columns.map(({ name }) => name)
const samplesIn = (columns: readonly Column[]) => columns.map(({ sample }) => sample)

/**
 * If the first row does not show whether the only logit column has lists, searches the rows below. Returns all blocks.
 * An empty cell does not show it, nor does a word if bad rows are skipped.
 */
async function lookForList(
  head: CsvHeader,
  blocks: AsyncGenerator<Block>,
  columns: Column[],
  settings: SettingsOf<'bytes'>,
): Promise<AsyncGenerator<Block>> {
  const index = settings.logits === undefined ? onlyLogits(columns) : findSelected(settings, columns)
  const textOf = (row: string[]) => fromBytes(decodeCell(row[index!] ?? '', head.dialect))
  const isLeftOut = (text: string) => settings.onError === 'skip' && !isNumber(text) && !hasList(text)
  const saysNothing = (text: string) => text.trim() === '' || isLeftOut(text)
  if (index === undefined || head.dialect.decimalComma || !saysNothing(textOf(head.first ?? []))) return blocks
  // If bad rows are skipped, or missing lists are read, any number of them may come first.
  const isAny = settings.onError === 'skip' || settings.missing !== 'error'
  const count = isAny ? Number.POSITIVE_INFINITY : EVIDENCE_ROWS
  const found = await readFirstRows(head, blocks, columns.length, count, (row) => !saysNothing(textOf(row)))
  const cell = found.rows.map(textOf).find((text) => !saysNothing(text))
  if (cell !== undefined) Object.assign(columns[index]!, listColumn(cell))
  else Object.assign(possibleList(settings, columns) ?? {}, { mayBeList: true })
  return found.blocks
}

/** The column of that name, if there is only one. */
function onlyLogits(columns: readonly Column[]): number | undefined {
  const [index, ...more] = [...columns.keys()].filter((index) => isLogitName(columns[index]!.name))
  return more.length === 0 ? index : undefined
}

/** Creates the function that decodes a cell so that it can be tested for being a number. */
function sampler(dialect: Dialect): (cell: string) => string {
  const text = (cell: string) => fromBytes(decodeCell(cell, dialect))
  return dialect.decimalComma ? (cell) => withPoint(text(cell)) : text
}

function columnsOf({ dialect, header, first }: CsvHeader): Column[] {
  const text = (cell: string) => fromBytes(decodeCell(cell, dialect))
  const sampleOf = sampler(dialect)
  return (header ?? first ?? []).map((cell, index) => ({
    name: header ? text(cell) : String(index + 1),
    type: 'text',
    sample: sampleOf(first?.[index] ?? '0'),
    ...(header && { headerCell: cell }),
    ...(!dialect.decimalComma && listColumn(text(first?.[index] ?? ''))),
  }))
}
