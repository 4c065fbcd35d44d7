/** Rows -> bytes: predictions, or any records, as a format. */
import type { Duplex } from 'node:stream'
import { type FormatName, isText, requireFormat, rowFormatOf } from '../core/formats.js'
import { printer } from '../core/number.js'
import { parseOptions, requireApplicable, type SettingsOf } from '../core/options.js'
import type { Field } from '../core/output-columns.js'
import type { RecordBatchWriter } from '../core/record-batch.js'
import { valueOf } from '../formats/columnar.js'
import { dialectFromOptions } from '../formats/csv/dialect-options.js'
import { loadFormat } from '../formats/index.js'
import { arrayOf } from '../formats/ndjson/array.js'
import { inBatches } from '../io/batches.js'
import { generatorTransform } from '../io/generator-transform.js'
import type { Scores } from '../kernel/host/matrix.js'
import { columnsOf, type Row, type RowColumns, recordOf } from '../pipeline/row-columns.js'
import type { WriteOptions } from './options.js'
import type { DuplexOf } from './typed-stream.js'

/** The stream of {@link write}: rows in, bytes out. It emits `warning` for what the format cannot hold. */
export interface WriterStream extends DuplexOf<Buffer, { warning: [text: string] }> {}

/**
 * Writes a format: a stream from predictions, as `softmax` and `logSoftmax` give them, to bytes with the columns that `score`
 * writes: the rest of each row, then what `emit` names. Other records are written property by property.
 *
 * Columns are named after the classes, whose names belong to the list of probabilities that `softmax` made; `labels` names
 * them where a list is another program's, which else goes by positions. All rows have the properties of the first; a
 * property that is missing is null. A row that does not fit ends the stream: there is no `onError`, as a program can leave
 * out a row of its own. Text is written as rows come; other formats take 1024 rows at a time.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION, E_CONFLICT at once. As the stream's `error` event, after the rows before it:
 * E_RECORD, E_KEY, E_WIDTH for a row that does not fit; E_CHUNK for bytes; E_LABELS, E_NAME, E_PEER, E_CONFLICT, E_OUTPUT.
 *
 * @example
 * await pipeline(rows, softmax(), write('parquet', { labels: ['cat', 'dog'] }), createWriteStream('scored.parquet'))
 */
export function write(format: FormatName, options: WriteOptions = {}): WriterStream {
  requireFormat(format)
  const settings = {
    ...parseOptions({ ...parseOptions(options, 'write'), from: format }, 'bytes'),
    to: rowFormatOf(format),
  }
  dialectFromOptions(settings)
  requireApplicable(settings, format)
  const warn = (text: string) => stream.emit('warning', text)
  const stream: Duplex = generatorTransform({ errorTurns: 4, signal: settings.signal }, (rows) => {
    const bytes = writeRows(rows, settings, warn)
    return settings.to === format ? bytes : arrayOf(bytes)
  })
  return stream
}

type Settings = SettingsOf<'bytes'> & { to: FormatName }

/** The most rows that are written at once. */
const BATCH = 1024

async function* writeRows(
  rows: AsyncIterable<unknown>,
  settings: Settings,
  warn: (text: string) => void,
): AsyncGenerator<Uint8Array> {
  let output: Output | undefined
  try {
    for await (const batch of inBatches(rows, BATCH, isText(settings.to))) {
      if (!output) {
        output = await openOutput(batch, settings, warn)
        yield* output.writer.begin()
      }
      yield* writeBatch(batch, output)
    }
    if (output) yield* output.writer.end()
  } finally {
    await output?.writer.close?.()
  }
}

/** What is written, once it is known from the first rows. */
interface Output {
  writer: RecordBatchWriter
  columns: RowColumns
  /** The values of the new fields in the rows that are being written. */
  values: unknown[][]
  /** How many rows came before. */
  rows: number
}

/** Writes the rows up to one that does not fit. */
async function* writeBatch(batch: unknown[], output: Output): AsyncGenerator<Uint8Array> {
  const { writer, columns, values } = output
  const rows: Row[] = []
  let failure: unknown
  values.length = 0
  try {
    for (const [index, item] of batch.entries()) {
      const place = output.rows + index + 1
      const row = recordOf(item, place)
      values.push(columns.read(row, place))
      rows.push(row)
    }
  } catch (error) {
    failure = error
  }
  output.rows += rows.length
  const kept = columns.kept.map(({ name }) => rows.map((row) => valueOf(row[name])))
  if (rows.length > 0) yield* await writer.write({ batch: { kept }, scores: NO_SCORES, good: [...rows.keys()] })
  if (failure) throw failure
}

/** The fields take their values from the rows. */
const NO_SCORES = {} as Scores

/** Resolves the output by the first rows. */
async function openOutput(batch: unknown[], settings: Settings, warn: (text: string) => void): Promise<Output> {
  const format = await loadFormat(settings.to)
  const columns = columnsOf(batch, settings, format, warn)
  const values: unknown[][] = []
  const fields = columns.fields.map(
    ({ all, members, position, positions, classIndex, ...field }, at): Field => ({
      ...field,
      value: (_, row) => values[row]![at] as number,
    }),
  )
  const writer = await format.write({
    kept: columns.kept,
    fields,
    classes: columns.classes,
    print: printer(settings),
    float32: settings.float32,
    escapeFormulas: settings.escapeFormulas,
    header: settings.outputHeader ?? true,
    rows: undefined,
    dialect: { ...dialectFromOptions(settings), comment: undefined, newline: '\n' },
    cells: 'text',
  })
  return { writer, columns, values, rows: 0 }
}
