/** Bytes -> rows: any format as a stream of objects, such as `softmax` takes in. */
import type { Duplex } from 'node:stream'
import { type FormatName, requireFormat } from '../core/formats.js'
import { parseOptions } from '../core/options.js'
import { dialectFromOptions } from '../formats/csv/dialect-options.js'
import { itemsOf } from '../io/batches.js'
import { generatorTransform } from '../io/generator-transform.js'
import { type Row, readRows } from '../pipeline/read-rows.js'
import { newStats, type Stats } from '../pipeline/row-counts.js'
import { toBuffers } from '../pipeline/run.js'
import type { ReadOptions } from './options.js'
import type { InputEvents } from './score.js'
import type { DuplexOf } from './typed-stream.js'

export type { Row }

/** The stream of {@link read}: bytes in, rows out. */
export interface RowStream<R extends Row = Row> extends DuplexOf<R, InputEvents> {
  /** What it has done so far: bytes and rows read, and bad rows left out, by error code. */
  readonly stats: Stats
}

/** Rows without names: of delimited text, an array of strings each. What else is read, and how, is said for rows with names. */
export function read(format: FormatName, options: ReadOptions & { header: false }): RowStream<string[]>
/**
 * Reads a format: a stream from its bytes, compressed with gzip or zstd or not, to its rows, for `softmax` and `logSoftmax`.
 *
 * - Delimited text gives a record of strings, one for each column; with `header: false`, an array of them.
 * - NDJSON gives the object in each line; an array in a line gives `{ logits }`.
 * - Arrays (.npy, .npz, .safetensors) give `{ logits }`; of more than two dimensions, `i0`, `i1` and so on before it.
 * - Parquet and Arrow give a record of the columns. The list column `logits`, or the one that the option `logits` names, is
 *   the property `logits`, an array of numbers.
 *
 * The option `logits` puts the columns that it selects, of whatever format, in the property `logits` of each row: what one has
 * that holds all, be it nested (`logits: 'model.scores'`), or a record of them by their names.
 *
 * An integer is a number where that is exact, and a bigint otherwise; decimals, dates, times and timestamps are texts, with all
 * their digits, and `write` warns of what it writes as text for that. A bad row is one that cannot be parsed; whether its
 * logits are numbers is checked by `softmax`. Memory is constant: nothing is read while no row is taken.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION, E_CONFLICT at once; any other error is the stream's `error` event.
 *
 * @example
 * const rows = createReadStream('logits.parquet').compose(read('parquet')).compose(softmax())
 * for await (const { id, label, probabilities } of rows) …
 */
export function read(
  format: FormatName,
  options?: ReadOptions & { header?: true | undefined },
): RowStream<Record<string, unknown>>
/** Rows with names or without, as the options say at run time. */
export function read(format: FormatName, options?: ReadOptions): RowStream
export function read(format: FormatName, options: ReadOptions = {}): RowStream {
  requireFormat(format)
  const settings = parseOptions({ ...parseOptions(options, 'read'), from: format }, 'bytes')
  dialectFromOptions(settings)
  const stats = newStats()
  const { signal, source } = settings
  const stream: Duplex = generatorTransform({ readableObjectMode: true, errorTurns: 64, signal }, (batches) =>
    readRows(
      { chunks: toBuffers(itemsOf(batches), stats), name: source },
      { settings, stats, single: true, emit: (event, ...what) => stream.emit(event, ...what) },
    ),
  )
  return Object.assign(stream, { stats }) as RowStream
}
