/** Rows -> bytes: predictions, or any records, as a format. */
import type { Duplex } from 'node:stream'
import { askedTypes, asksNothing } from '../core/asked-types.js'
import { SoftmaxError } from '../core/errors.js'
import { type FormatName, isText, requireFormat, rowFormatOf } from '../core/formats.js'
import { optionText } from '../core/option-words.js'
import { parseOptions, requireApplicable, type SettingsOf } from '../core/options.js'
import { dialectFromOptions } from '../formats/csv/dialect-options.js'
import { arrayOf } from '../formats/ndjson/array.js'
import { oneByOne } from '../io/batches.js'
import { generatorTransform } from '../io/generator-transform.js'
import { BATCH, writeRows } from '../pipeline/write-rows.js'
import type { WriteOptions } from './options.js'
import type { DuplexOf } from './typed-stream.js'

/** The stream of {@link write}: rows in, bytes out. */
export interface WriterStream
  extends DuplexOf<
    Buffer,
    {
      /** What the format cannot hold. */
      warning: [text: string]
    }
  > {}

/**
 * Writes a format: a stream from predictions, as `softmax` and `logSoftmax` give them, to bytes with the columns that `score`
 * writes: the rest of each row, then what `emit` names; by default, what it named for the predictions. Other records are written
 * property by property, unless `emit` names some.
 *
 * In Parquet and Arrow, a column has the type of its values in the first rows, a Date is a timestamp in UTC, and lists and
 * objects are JSON; the option `types` gives columns other types.
 *
 * Columns are named after the classes, whose names belong to the list of probabilities that `softmax` made; `labels` names
 * them where a list is another program's, which else goes by positions. All rows have the properties of the first; a
 * property that is missing is null. A row that does not fit ends the stream: there is no `onError`, as a program can leave
 * out a row of its own. Text is written as rows come; other formats take 1024 rows at a time.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION, E_CONFLICT at once. As the stream's `error` event, after the rows before it:
 * E_RECORD, E_KEY, E_WIDTH for a row that does not fit; E_CHUNK for bytes; E_LABELS, E_NAME, E_DEPENDENCY, E_CONFLICT, E_OUTPUT.
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
  requireTypes(settings)
  const warn = (text: string) => stream.emit('warning', text)
  const stream: Duplex = generatorTransform({ batch: BATCH, errorTurns: 4, signal: settings.signal }, (batches) => {
    const bytes = writeRows(batches, settings, warn)
    return oneByOne(settings.to === format ? bytes : arrayOf(bytes))
  })
  return stream as WriterStream
}

/** Throws E_CONFLICT where types are asked for of a format that has none, or those of text. */
function requireTypes({ types, to }: SettingsOf<'bytes'>): void {
  const asked = askedTypes(types)
  if (asksNothing(asked)) return
  const reason = isText(to!)
    ? `${optionText('types')} works only with outputs that have types, such as parquet; leave it out`
    : `${optionText('types', 'infer')} works only with delimited text, which score() reads; name columns, as ${optionText('types', 'id=int64')}`
  if (asked.infers || isText(to!)) throw new SoftmaxError('E_CONFLICT', { reason })
}
