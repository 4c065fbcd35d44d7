/** Inputs without rows whose logits are a list column: the number of classes has to come from another input. */

import { labelNames } from '../core/labels.js'
import { findLogitsColumn } from '../core/logits-list.js'
import type { SettingsOf } from '../core/options.js'
import { inputsOf } from '../core/output-columns.js'
import type { Column, RecordBatchReader } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'

/** The list column of the logits, if there are no rows to show its length. */
export function unmeasuredList(
  { rows, columns }: RecordBatchReader,
  settings: Pick<SettingsOf<'bytes'>, 'logits'>,
): Column | undefined {
  const isUnmeasured = ({ type, width, nested }: Column) => (type === 'list' && width === 0) || nested?.width === 0
  if (rows !== 0) return undefined
  const possible = columns.find(({ mayBeList }) => mayBeList)
  if (possible || !columns.some(isUnmeasured)) return possible
  const index = findLogitsColumn(settings, columns)
  return index !== undefined && isUnmeasured(columns[index]!) ? columns[index] : undefined
}

/** A reader with the same columns that holds no resources. */
export function closedReader(reader: RecordBatchReader): RecordBatchReader {
  const { columns, named, metadata, text } = reader
  if (text) return { ...reader, text: { ...text, async *blocks() {} }, async *batches() {} }
  return { columns, named, rows: 0, ...(metadata && { metadata }), async *batches() {} }
}

/**
 * Takes a column for lists if it may have some, but has no cells, and no other input shows what it is. Only with a
 * single class, or the sigmoid, could it have single logits.
 */
export function assumeList(reader: RecordBatchReader, settings: Pick<SettingsOf<'bytes'>, 'logits' | 'labels' | 'op'>) {
  const column = unmeasuredList(reader, settings)
  if (!column?.mayBeList) return
  const { labels, op } = settings
  const isSingle = labels === undefined ? op.endsWith('sigmoid') : labelNames(labels).length === 1
  if (!isSingle) Object.assign(column, { listText: true, width: 0 })
}

/**
 * Gives lists of unknown length the number of classes of the first input, and treats cells without a list as lists if
 * the first input has lists.
 */
export function measureByFirst(
  reader: RecordBatchReader,
  settings: Pick<SettingsOf<'bytes'>, 'logits'>,
  first: Schema,
) {
  const list = unmeasuredList(reader, settings) ?? emptyCells(reader, first)
  if (!list || (list.mayBeList && !first.logitsList)) return
  const width = inputsOf(first)
  const isText = first.listText || list.mayBeList
  if (first.depth === undefined) Object.assign(list, { width, ...(isText && { listText: true }) })
  else list.nested = { depth: first.depth, width }
}

function emptyCells({ columns, text }: RecordBatchReader, { listText, logits }: Schema): Column | undefined {
  const column = listText && text?.source.format === 'csv' ? columns[logits[0]!] : undefined
  return column && !column.listText && !column.nested ? column : undefined
}
