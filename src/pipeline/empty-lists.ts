/** Inputs without rows whose logits are a list column: the number of classes has to come from another input. */

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
  if (rows !== 0 || !columns.some(isUnmeasured)) return undefined
  const index = findLogitsColumn(settings, columns)
  return index !== undefined && isUnmeasured(columns[index]!) ? columns[index] : undefined
}

/** A reader with the same columns that holds no resources. */
export function closedReader({ columns, named, metadata }: RecordBatchReader): RecordBatchReader {
  return { columns, named, rows: 0, ...(metadata && { metadata }), async *batches() {} }
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
  if (!list) return
  const width = inputsOf(first)
  if (first.depth === undefined) Object.assign(list, { width, ...(first.listText && { listText: true }) })
  else list.nested = { depth: first.depth, width }
}

function emptyCells({ columns, text }: RecordBatchReader, { listText, logits }: Schema): Column | undefined {
  const column = listText && text?.source.format === 'csv' ? columns[logits[0]!] : undefined
  return column && !column.listText && !column.nested ? column : undefined
}
