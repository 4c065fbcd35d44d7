/** The true classes of the rows of a batch. */
import { valueReader } from '../core/column-values.js'
import { fromBytes } from '../core/dialect.js'
import { RawJson, type RecordBatch, type RowError, type Value } from '../core/record-batch.js'
import { TruthNames } from '../core/truth-names.js'
import { decodeCell } from '../formats/csv/rows.js'
import { valuesIn } from '../formats/ndjson/json.js'
import { repeatedKeyError } from '../formats/ndjson/row.js'
import { NO_CLASS } from '../kernel/constants.js'
import { cellsOf, nullsOf, type ScoreJob } from './score-job.js'

/** A batch with the position of the true class of each row, and without the column of these where it is not kept. */
export type Labelled = (batch: RecordBatch) => RecordBatch & { truths?: Uint32Array }

/** The function that reads the true classes of a batch; rows whose are none of the classes are bad. */
export function truthReader(job: ScoreJob): Labelled {
  const { schema, settings } = job
  const { truth, kept, classes, header } = schema
  if (truth === undefined) return (batch) => batch
  const at = kept.indexOf(truth)
  const names = new TruthNames(classes, nullsOf(settings))
  const textOf = cellReader(job)
  const truthOf = (value: Value | RowError) => (isError(value) ? value : names.find(plain(textOf(value))))
  return (batch) => {
    const column = batch.kept[at === -1 ? kept.length : at]
    const read = batch.rawRows ? memberReader(batch.rawRows, header[truth]!) : valueReader(column ?? [])
    const errors = new Map(batch.errors)
    const truths = new Uint32Array(batch.numRows).fill(NO_CLASS)
    for (let row = 0; row < batch.numRows; row++) {
      const found = batch.errors.has(row) ? NO_CLASS : truthOf(read(row))
      if (typeof found === 'number') truths[row] = found
      else errors.set(row, { ...found, ...(job.input ? { cell: truth } : { column: header[truth]! }) })
    }
    return { ...batch, kept: batch.kept.slice(0, kept.length), errors, truths }
  }
}

/** A kept cell of delimited text is as its writer takes it. */
function cellReader(job: ScoreJob): (value: Value) => Value {
  const { input } = job
  if (!input) return (value) => value
  const cells = cellsOf(job)
  return (value) => {
    if (typeof value !== 'string' || cells === 'text') return value
    return fromBytes(cells === 'encoded' ? decodeCell(value, input) : value)
  }
}

function isError(value: Value | RowError): value is RowError {
  return typeof value === 'object' && value !== null && 'code' in value
}

/** The value of a key in rows that are JSON objects, where it is in each once. */
function memberReader(rows: readonly string[], key: string): (row: number) => Value | RowError {
  return (row) => {
    const repeated = new Set<string>()
    const text = valuesIn(rows[row]!, repeated).get(key)
    if (repeated.has(key)) return repeatedKeyError(key)
    return text === undefined ? null : JSON.parse(text)
  }
}

function plain(value: Value): string | number | bigint | boolean | null {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof RawJson) return value.text
  return value instanceof Date ? value.toISOString() : Buffer.from(value).toString('latin1')
}
