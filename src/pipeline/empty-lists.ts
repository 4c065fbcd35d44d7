/** Inputs without rows whose logits would be lists: of how many classes, only another input can say. */

import { findWhole } from '../core/logits-list.js'
import type { SettingsOf } from '../core/options.js'
import { inputsOf } from '../core/output-columns.js'
import type { Column, RecordBatchReader } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'

/** The list column of the logits, where it has no rows that say how many classes there are. */
export function unmeasuredList(
  { rows, columns }: RecordBatchReader,
  settings: Pick<SettingsOf<'bytes'>, 'logits'>,
): Column | undefined {
  const isUnmeasured = ({ type, width, nested }: Column) => (type === 'list' && width === 0) || nested?.width === 0
  if (rows !== 0 || !columns.some(isUnmeasured)) return undefined
  const index = findWhole(settings, columns)
  return index !== undefined && isUnmeasured(columns[index]!) ? columns[index] : undefined
}

/** A reader of the same columns that holds nothing open. */
export function closedReader({ columns, named, metadata }: RecordBatchReader): RecordBatchReader {
  return { columns, named, rows: 0, ...(metadata && { metadata }), async *batches() {} }
}

/** Gives lists that say nothing of the number of classes that of the first input; cells without any list are lists as there. */
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
