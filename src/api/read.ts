/** Bytes -> rows: any format as a stream of objects, such as `softmax` takes in. */
import type { Duplex } from 'node:stream'
import { type FormatName, requireFormat } from '../core/formats.js'
import { parseOptions } from '../core/options.js'
import { addReader } from '../core/reader-streams.js'
import { type FoundTypes, foundTypes } from '../core/stream-types.js'
import { dialectFromOptions } from '../formats/csv/dialect-options.js'
import { itemsOf } from '../io/batches.js'
import { generatorTransform } from '../io/generator-transform.js'
import { streamName } from '../pipeline/input-names.js'
import { type Row, readRows } from '../pipeline/read-rows.js'
import { newStats, type Stats } from '../pipeline/row-counts.js'
import { toBuffers } from '../pipeline/to-buffers.js'
import type { ReadOptions } from './options.js'
import type { InputEvents } from './score.js'
import type { DuplexOf } from './typed-stream.js'

export type { Row }

/** The stream of {@link read}: bytes in, rows out. */
export interface RowStream<R extends Row = Row> extends DuplexOf<R, InputEvents> {
  /** Counts so far: bytes and rows read, and bad rows skipped, by error code. */
  readonly stats: Stats
}

/** Rows without names: of delimited text, an array of strings each. See the other overload for the formats. */
export function read(format: FormatName, options: ReadOptions & { header: false }): RowStream<string[]>
/**
 * A transform stream that reads the bytes of a format, optionally compressed with gzip or zstd, into rows for `softmax`
 * and its variants.
 *
 * - Delimited text: an object with a string for each column; with `header: false`, an array of strings.
 * - NDJSON: the object on each line; `{ logits }` for an array.
 * - Arrays (.npy, .npz, .safetensors): `{ logits }`, after `i0`, `i1` and so on if there are more than two dimensions.
 * - Parquet and Arrow: an object with a property for each column. The list column `logits`, or the one given by the option `logits`, becomes
 *   the property `logits`, an array of numbers; other lists stay where they are.
 *
 * For every format, the option `logits` moves the columns that it selects to the property `logits` of each row: the value
 * of a single column, which may be nested (`logits: 'model.scores'`), or an object of several columns by name.
 *
 * An integer is a number if that is exact, otherwise a bigint. Decimals, dates, times and timestamps are strings with all
 * their digits. The rows also have the types of their columns, which are invisible; `write` uses them. A bad row is one
 * that cannot be parsed, or in Parquet and Arrow has an integer or a decimal above 2^53 - 1 in its list of logits or in a
 * selected column; `softmax` checks that logits are numbers. Memory is constant: nothing is read while the consumer does
 * not read. If the source is destroyed with an error, how many of the rows before it arrive depends on timing, as in any
 * pipeline of Node streams.
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
  // Blocks of the general lane are small: parsing a large one would keep the event loop from turning.
  const settings = parseOptions({ ...parseOptions(options, 'read'), from: format, lane: 'general' }, 'bytes')
  dialectFromOptions(settings)
  const stats = newStats()
  const found: FoundTypes = {}
  const { signal } = settings
  const name = streamName(settings.source)
  const stream: Duplex = generatorTransform({ readableObjectMode: true, errorTurns: 64, signal }, (batches) =>
    readRows(
      { chunks: toBuffers(itemsOf(batches), stats), name },
      { settings, stats, single: true, emit: (event, ...what) => stream.emit(event, ...what), found },
    ),
  )
  addReader(stream)
  foundTypes.put(stream, found)
  return Object.assign(stream, { stats }) as RowStream
}
