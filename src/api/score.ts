/** Bytes -> bytes: the stream that reads rows of logits and writes rows of probabilities. */
import type { Duplex } from 'node:stream'
import { parseOptions } from '../core/options.js'
import type { Schema } from '../core/schema.js'
import { dialectFromOptions } from '../formats/csv/dialect-options.js'
import { release } from '../io/buffer-pool.js'
import { generatorTransform } from '../io/generator-transform.js'
import type { InputInfo } from '../pipeline/input-info.js'
import { newStats, type Stats } from '../pipeline/row-counts.js'
import { toBuffers } from '../pipeline/run.js'
import { scoreInputs } from '../pipeline/score-inputs.js'
import type { ScoreOptions } from './options.js'
import type { DuplexOf } from './typed-stream.js'

/** What the streams that read bytes emit beside a stream's own events, each with the name of the input, if it has one. */
export interface InputEvents {
  /** The names of the columns, once they are read. */
  header: [names: string[], source: string | undefined]
  /** What is unusual, and not an error. */
  warning: [text: string, source: string | undefined]
}

/** What {@link ScoreStream} emits. */
export interface ScoreEvents extends InputEvents {
  /** Which columns hold logits, and what is written, once that is resolved. */
  schema: [schema: Schema, source: string | undefined]
  /** What an input is and how it is scored, once its lane is chosen. */
  input: [info: InputInfo, source: string | undefined]
}

/** The stream of {@link score}: bytes in, bytes out. */
export interface ScoreStream extends DuplexOf<Buffer, ScoreEvents> {
  readonly stats: Stats
  /**
   * Gives back a chunk that was read from the stream and that nobody needs any more; its memory is used for another.
   * To leave it out costs time, and nothing else.
   */
  release(chunk: Uint8Array): void
}

/**
 * A stream that takes in the bytes of a file whose rows hold logits, in any of the formats, and gives the bytes of one
 * whose rows hold class probabilities and the argmax label. Memory does not grow with the input: while the consumer takes
 * nothing, nothing is read.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION at once for options it does not know; all else is the stream's `error` event.
 *
 * @example
 * await pipeline(process.stdin, score({ op: 'log-softmax', labels: ['dog', 'cat'] }), process.stdout)
 */
export function score(options: ScoreOptions = {}): ScoreStream {
  const settings = parseOptions(options, 'bytes')
  dialectFromOptions(settings)
  const stats = newStats()
  const stream: Duplex = generatorTransform({ errorTurns: 4, signal: settings.signal }, (chunks) =>
    scoreInputs([{ chunks: toBuffers(chunks, stats), name: settings.source }], {
      settings,
      stats,
      single: true,
      emit: (event, ...what) => stream.emit(event, ...what),
    }),
  )
  return Object.assign(stream, { stats, release })
}
