/** The first rows of an input, before it is known which of its columns hold logits. */
import { valueReader } from '../core/column-values.js'
import type { ReaderOptions, RecordBatchReader } from '../core/record-batch.js'
import { cellOf } from '../core/value-text.js'

/** The cells of each column in the first rows; of columns that are not numbers by their type, only that they are not. */
export async function firstRows(reader: RecordBatchReader, count: number): Promise<string[][]> {
  if (reader.firstRows) return reader.firstRows(count)
  const { columns } = reader
  const numeric = [...columns.keys()].filter((index) => columns[index]!.sample !== '')
  const cells = columns.map((): string[] => [])
  const batches = reader.batches(samplePlan(numeric))
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

/** Batches have rows for a bounded number of logits: of so many classes, few rows. */
const SAMPLE_CLASSES = 1 << 10

function samplePlan(kept: readonly number[]): ReaderOptions {
  return {
    logits: [],
    logitsList: false,
    kept,
    classes: SAMPLE_CLASSES,
    rawRowKeys: undefined,
    typed: false,
    types: 'text',
    missing: 'error',
    wantRaw: false,
    encoding: undefined,
  }
}
