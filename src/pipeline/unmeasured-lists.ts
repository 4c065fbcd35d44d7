/**
 * Inputs whose logits are lists of unknown length, because they have no rows, or only rows with nulls, empty lists or empty
 * objects: the labels, or another input, have the number of classes.
 */
import { labelNames } from '../core/labels.js'
import { chosenLogitsColumn, type LogitsForm } from '../core/logits-list.js'
import { optionText } from '../core/option-words.js'
import type { SettingsOf } from '../core/options.js'
import { inputsOf } from '../core/output-columns.js'
import type { Column, ReaderOptions, RecordBatch, RecordBatchReader, RowError } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { isSingle } from './missing-list.js'
import type { Run } from './run.js'

type Settings = Pick<SettingsOf<'bytes'>, 'logits' | 'labels' | 'op'>

/** The column of the logits, if no row shows how many there are. */
export function unmeasuredList(
  { columns }: Pick<RecordBatchReader, 'columns'>,
  settings: Pick<Settings, 'logits'>,
): Column | undefined {
  const possible = columns.find(({ mayBeList }) => mayBeList)
  if (possible || !columns.some(isUnmeasured)) return possible
  const column = listColumn(columns, settings)
  return column && isUnmeasured(column) ? column : undefined
}

function isUnmeasured({ type, width, keys, nested }: Column): boolean {
  return (type === 'list' && width === 0) || (type === 'record' && keys?.length === 0) || nested?.width === 0
}

function listColumn(columns: readonly Column[], settings: Pick<Settings, 'logits'>): Column | undefined {
  try {
    return columns[chosenLogitsColumn(settings, columns) ?? -1]
  } catch {
    // The error of the selector is thrown where it is applied.
    return undefined
  }
}

/** The form of the logits of an input, if its rows show it. */
export function formOfLogits(
  reader: Pick<RecordBatchReader, 'columns'>,
  settings: Pick<Settings, 'logits'>,
): LogitsForm | undefined {
  const column = unmeasuredList(reader, settings) ? undefined : listColumn(reader.columns, settings)
  if (!column) return undefined
  const { type, listText, width = 0, keys, nested } = column
  return {
    type: listText ? 'list' : type,
    width: keys?.length ?? width,
    ...(keys && { keys }),
    ...(nested && { nested }),
  }
}

/**
 * Gives logits of unknown length the form that the labels or another input show. Returns whether the length of the lists
 * is known now; undefined if there are none: one column cannot have the number of each class, unless there is one class,
 * or the sigmoid gives one its probability.
 */
export async function measureList(
  reader: RecordBatchReader,
  settings: Settings,
  { first, laterForm }: Pick<Run, 'first' | 'laterForm'>,
): Promise<'known' | 'unknown' | undefined> {
  const column = first ? undefined : unmeasuredList(reader, settings)
  // Nested lists may all be empty, in rows that are good.
  if (!column || column.nested || (column.mayBeList && isSingle(settings))) return undefined
  const form = formFor(settings, await laterForm?.())
  putForm(column, form ?? { type: 'list', width: 0 }, reader)
  return form ? 'known' : 'unknown'
}

/** The form that another input shows, if the labels fit it: they have the number of logits, but not whether these are keys. */
function formFor({ labels }: Settings, later: LogitsForm | undefined): LogitsForm | undefined {
  if (labels === undefined) return later
  const width = labelNames(labels).length
  const count = later?.nested?.width ?? later?.width
  return count === width ? later : { type: 'list', width }
}

/** Gives logits of unknown length the form of those of the first input. */
export function measureByFirst(reader: RecordBatchReader, settings: Settings, first: Schema): void {
  const column = unmeasuredList(reader, settings) ?? emptyCells(reader, first)
  if (!column || (column.mayBeList && !first.logitsList)) return
  const width = inputsOf(first)
  const { depth, logitKeys: keys } = first
  putForm(
    column,
    {
      type: keys ? 'record' : 'list',
      width,
      ...(keys && { keys }),
      ...(depth !== undefined && { nested: { depth, width } }),
    },
    reader,
  )
}

/** Text cells stay text, and typed columns have their type; a value of JSON may be anything. */
function putForm(column: Column, { type, width = 0, keys, nested }: LogitsForm, { text }: RecordBatchReader): void {
  const isText = text?.source.format === 'csv'
  if (nested) Object.assign(column, { nested, ...(column.keys && { type: 'json', keys: undefined }) })
  else if (isText) Object.assign(column, { width, listText: true })
  else if (column.field && !column.mayBeList) Object.assign(column, { width })
  else Object.assign(column, { type, width, keys })
}

function emptyCells({ columns, text }: RecordBatchReader, first: Schema): Column | undefined {
  const column = first.listText && text?.source.format === 'csv' ? sameColumn(columns, first) : undefined
  return column && !column.listText && !column.nested ? column : undefined
}

/** The column with the name of the logits in the first input, which may have another position. */
function sameColumn(columns: readonly Column[], { header, logits: [first] }: Schema): Column | undefined {
  const name = header[first!]
  return columns[first!]?.name === name ? columns[first!] : columns.find((column) => column.name === name)
}

/** Whether an input has rows, and nothing shows how many logits they have. */
export function hasNoGoodRows({ rows }: RecordBatchReader, { classes, depth }: Schema): boolean {
  return rows !== 0 && classes.length === 0 && depth === undefined
}

/** A reader of the same rows, all of which are bad. */
export function rejectingReader(reader: RecordBatchReader): RecordBatchReader {
  const batches = async function* (plan: ReaderOptions) {
    for await (const batch of reader.batches(plan)) yield { ...batch, errors: allBad(batch) }
  }
  return { ...reader, batches }
}

function allBad({ numRows, errors }: RecordBatch): Map<number, RowError> {
  const errorOf = (row: number): RowError => {
    const error = errors.get(row)
    if (!error) return { code: 'E_ROW', info: { reason: 'the row has no logits' } }
    if (error.info.of === 'lists') return { ...error, info: { ...error.info, isUnmeasured: true } }
    return error.code === 'E_WIDTH' ? { code: 'E_ROW', info: { reason: UNKNOWN() } } : error
  }
  return new Map(Array.from({ length: numRows }, (_, row) => [row, errorOf(row)]))
}

const UNKNOWN = () =>
  `none of the first rows shows how many logits there are; ${optionText('labels')} names the classes`

/** A reader with the same columns that holds no resources. */
export function closedReader(reader: RecordBatchReader): RecordBatchReader {
  const { columns, named, metadata, text } = reader
  if (text) return { ...reader, text: { ...text, async *blocks() {} }, async *batches() {} }
  return { columns, named, rows: 0, ...(metadata && { metadata }), async *batches() {} }
}
