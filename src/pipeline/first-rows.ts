/** Samples the first rows of an input before its logit columns are known. */
import { valueReader } from '../core/column-values.js'
import type { ReaderOptions, RecordBatchReader } from '../core/record-batch.js'
import { cellOf } from '../core/value-text.js'

/**
 * The cells of each column in the first rows. A column of a non-numeric type is represented only by the fact that it is
 * not numeric.
 */
export async function firstRows(reader: RecordBatchReader, count: number): Promise<string[][]> {
  if (reader.firstRows) return reader.firstRows(count)
  const { columns } = reader
  const numeric = [...columns.keys()].filter((index) => columns[index]!.sample !== '')
  const cells = columns.map((): string[] => [])
  const batches = reader.batches(plainOptions(numeric, SAMPLE_CLASSES))
  const { value, done } = await batches.next()
  if (done) return cells
  const rows = Math.min(count, value.numRows)
  for (const column of cells) for (let row = 0; row < rows; row++) column.push(NOT_A_NUMBER)
  for (const [nth, index] of numeric.entries()) {
    const read = valueReader(value.kept[nth]!)
    for (let row = 0; row < rows; row++) cells[index]![row] = cellOf(read(row))
  }
  await batches.return(undefined)
  return cells
}

const NOT_A_NUMBER = 'text'

/** A batch holds a bounded number of logits, so wide rows make for few rows. */
const SAMPLE_CLASSES = 1 << 10

/** The options to read columns as they are, next to lists of up to `classes` logits. */
export function plainOptions(kept: readonly number[], classes: number): ReaderOptions {
  return {
    logits: [],
    logitsList: false,
    kept,
    classes,
    rawRowKeys: undefined,
    typed: false,
    types: 'text',
    missing: 'error',
    wantRaw: false,
    encoding: undefined,
  }
}
