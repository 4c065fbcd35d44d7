/** Bytes -> bytes: the stream that reads rows of logits and writes rows of probabilities. */
import type { Duplex } from 'node:stream'
import { type OptionsOf, parseOptions } from '../core/options.js'
import { dialectFromOptions } from '../formats/csv/dialect-options.js'
import { release } from '../io/buffer-pool.js'
import { generatorTransform } from '../io/generator-transform.js'
import { newStats, type Stats } from '../pipeline/row-counts.js'
import { toBuffers } from '../pipeline/run.js'
import { scoreInputs } from '../pipeline/score-inputs.js'

/** Options of {@link score}; all have defaults. See `OPTIONS` for each. */
export type ScoreOptions = OptionsOf<'bytes'>

/**
 * The stream of {@link score}. Beside a stream's own events it emits `header` (the names of the input's columns) when it
 * has read them, `schema` (a {@link Schema}) once the columns are resolved, `input` (an {@link InputInfo}) once its lane is
 * chosen, and `warning` (a text) for what is unusual and not an error; each with the name of the input behind it.
 */
export interface ScoreStream extends Duplex {
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
  const stream: Duplex = generatorTransform({ signal: settings.signal }, (chunks) =>
    scoreInputs([{ chunks: toBuffers(chunks, stats), name: settings.source }], {
      settings,
      stats,
      single: true,
      emit: (event, ...what) => stream.emit(event, ...what),
    }),
  )
  return Object.assign(stream, { stats, release })
}
