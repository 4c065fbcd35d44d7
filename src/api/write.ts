/** Rows -> bytes: predictions, or any objects, as a format. */
import type { Duplex } from 'node:stream'
import { SoftmaxError } from '../core/errors.js'
import { delimiterOf, type FormatName, isText, requireFormat, rowFormatOf } from '../core/formats.js'
import { optionText } from '../core/option-words.js'
import { parseOptions, requireApplicable, type SettingsOf } from '../core/options.js'
import { isReader } from '../core/reader-streams.js'
import { areText, requestedTypes, requestsNothing } from '../core/requested-types.js'
import { countOfTypes } from '../core/stream-types.js'
import { dialectFromOptions } from '../formats/csv/dialect-options.js'
import { arrayOf } from '../formats/ndjson/array.js'
import { oneByOne } from '../io/batches.js'
import { generatorTransform } from '../io/generator-transform.js'
import { watchNul } from '../pipeline/nul-characters.js'
import { BATCH, type Settings, writeRows } from '../pipeline/write-rows.js'
import type { WriteOptions } from './options.js'
import type { DuplexOf } from './typed-stream.js'

/** The stream of {@link write}: rows in, bytes out. */
export interface WriterStream
  extends DuplexOf<
    Buffer,
    {
      /** A warning about values that the format cannot represent. */
      warning: [text: string]
    }
  > {}

/**
 * A transform stream from predictions of `softmax` and its variants to the bytes of a format, with the columns that
 * `score` writes: the other properties of each row, then those in `emit`, which defaults to the `emit` of the predictions.
 * Other objects are written with all their properties, or those in `emit`.
 *
 * In Parquet and Arrow, the columns of rows from `read`, or of predictions from these, have the types of its input, with
 * nullability, dictionaries and metadata. If a value in the first rows does not have that type, the column has the type of
 * its values, with a warning; in a later row, it is an error. A copy of a row has the types only if it has the same list
 * `logits` or `probabilities`; for other objects, the option `typesFrom` gives the stream of `read`. A warning names the
 * columns of copies whose types are lost.
 *
 * Any other column has the type of its values in the first rows: a Date becomes a timestamp in UTC, and lists and objects
 * become JSON text, with a warning. The option `types` sets other types.
 *
 * Columns are named after the classes, which the list of probabilities made by `softmax` remembers. For other lists,
 * `labels` names the classes; without it, their positions do. In JSON, each row has its own properties. In other formats,
 * the properties of the first row are the columns: a later row must not have others, and one that it lacks is null. In any
 * format, the results of all rows must be those of the first. A row that does not fit ends the stream: there is no
 * `onError`, because the program can drop its own rows. Text is written row by row, other formats in batches of 1024 rows.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION, E_CONFLICT at once. As the stream's `error` event, after the rows before it:
 * E_RECORD, E_KEY, E_WIDTH for a row that does not fit; E_CHUNK for bytes; E_LABELS, E_NAME, E_DEPENDENCY, E_CONFLICT, E_OUTPUT;
 * E_NO_COLUMNS for a binary format without rows, which would define its columns. If `read` is piped directly into this
 * stream, as `pipeline` does, its input defines them.
 *
 * @example
 * const rows = read('parquet')
 * await pipeline(source, rows, copies, write('parquet', { typesFrom: rows }), createWriteStream('copies.parquet'))
 * await pipeline(rows, softmax(), write('parquet', { labels: ['cat', 'dog'] }), createWriteStream('scored.parquet'))
 */
export function write(format: FormatName, options: WriteOptions = {}): WriterStream {
  requireFormat(format)
  const { typesFrom, ...given } = parseOptions(options, 'write')
  const bytesSettings = parseOptions({ ...given, from: format }, 'bytes')
  const settings: Settings = { ...bytesSettings, to: rowFormatOf(format), typesFrom, typesBefore: countOfTypes() }
  dialectFromOptions(settings)
  requireApplicable(settings, format)
  requireTypes(settings)
  const warn = (text: string) => stream.emit('warning', text)
  const stream: Duplex = generatorTransform({ batch: BATCH, errorTurns: 4, signal: settings.signal }, (batches) => {
    const written = writeRows(batches, settings, warn)
    const bytes = format === 'copy' ? watchNul(written, warn) : written
    return oneByOne(settings.to === format ? bytes : arrayOf(bytes))
  })
  stream.once('pipe', (source: unknown) => {
    if (isReader(source)) settings.piped = source
  })
  return stream as WriterStream
}

/** Throws E_CONFLICT if types are requested for a format without types, or types inferred from text. */
function requireTypes({ types, to }: SettingsOf<'bytes'>): void {
  const requested = requestedTypes(types)
  if (requestsNothing(requested) || (areText(requested) && delimiterOf(to) !== undefined)) return
  const reason = isText(to!)
    ? `${optionText('types')} works only with formats that have types, such as parquet; leave it out`
    : `${optionText('types', 'infer')} works only with delimited text, which score() reads; name columns, as ${optionText('types', 'id=int64')}`
  if (requested.infers || isText(to!)) throw new SoftmaxError('E_CONFLICT', { reason })
}
