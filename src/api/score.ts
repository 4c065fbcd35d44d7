/** Bytes -> bytes: the stream that reads rows of logits and writes rows of probabilities. */
import type { Duplex } from 'node:stream'
import type { Metrics } from '../core/metrics.js'
import { requireConsistent } from '../core/option-conflicts.js'
import { parseOptions } from '../core/options.js'
import type { Schema } from '../core/schema.js'
import { dialectFromOptions } from '../formats/csv/dialect-options.js'
import { itemsOf, oneByOne } from '../io/batches.js'
import { release } from '../io/buffer-pool.js'
import { generatorTransform } from '../io/generator-transform.js'
import type { InputInfo } from '../pipeline/input-info.js'
import { streamName } from '../pipeline/input-names.js'
import { requireOutput } from '../pipeline/output-conflicts.js'
import { newStats, type Stats } from '../pipeline/row-counts.js'
import { RunMetrics } from '../pipeline/run-metrics.js'
import { scoreInputs } from '../pipeline/score-inputs.js'
import { toBuffers } from '../pipeline/to-buffers.js'
import type { ScoreOptions } from './options.js'
import type { DuplexOf } from './typed-stream.js'

export type { InputInfo }

/** The events of streams that read bytes, each with the name of the input, if it has one. */
export interface InputEvents {
  /** The column names, once they are read. */
  header: [names: string[], source: string | undefined]
  /** A warning: something unusual that is not an error. */
  warning: [text: string, source: string | undefined]
}

/** The events of {@link ScoreStream}. */
export interface ScoreEvents extends InputEvents {
  /** The logit columns and the output columns, once they are resolved. */
  schema: [schema: Schema, source: string | undefined]
  /** The format of an input and how it is scored, once its lane is chosen. */
  input: [info: InputInfo, source: string | undefined]
}

/** The stream of {@link score}: bytes in, bytes out. */
export interface ScoreStream extends DuplexOf<Buffer, ScoreEvents> {
  /** Counts so far: bytes and rows read, rows written, and bad rows skipped, by error code. */
  readonly stats: Stats
  /** With `truth`: the metrics of the predictions so far. */
  metrics(): Metrics | undefined
  /** Recycles the memory of a chunk that was read from the stream and is no longer used. Optional: it saves time. */
  release(chunk: Uint8Array): void
}

/**
 * A transform stream that reads a file of logits, in any of the formats, and writes one of class probabilities and argmax
 * labels. Memory is constant: nothing is read while the consumer does not read. If the source is destroyed with an
 * error, how many of the rows before it are written depends on timing, as in any pipeline of Node streams.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION, E_CALIBRATION, and E_CONFLICT of options with each other, at once; any other error is the stream's `error` event.
 *
 * @example
 * await pipeline(process.stdin, score({ op: 'log-softmax', labels: ['dog', 'cat'] }), process.stdout)
 */
export function score(options: ScoreOptions = {}): ScoreStream {
  const settings = parseOptions(options, 'bytes')
  dialectFromOptions(settings)
  requireConsistent(settings)
  requireOutput(settings)
  const name = streamName(settings.source)
  const stats = newStats()
  const metrics = settings.truth === undefined ? undefined : new RunMetrics()
  const stream: Duplex = generatorTransform({ errorTurns: 4, signal: settings.signal }, (batches) =>
    oneByOne(
      scoreInputs([{ chunks: toBuffers(itemsOf(batches), stats), name }], {
        settings,
        stats,
        single: true,
        ...(metrics && { metrics }),
        emit: (event, ...what) => stream.emit(event, ...what),
      }),
    ),
  )
  return Object.assign(stream, { stats, metrics: () => metrics?.result(stats), release }) as ScoreStream
}
