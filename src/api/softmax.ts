/** Object mode: a stream of rows -> a stream of predictions. */
import type { Duplex } from 'node:stream'
import { parseOptions, type ValueOf } from '../core/options.js'
import type { EmitList, Emitted } from '../core/output-columns.js'
import { PREDICTED, type Prediction } from '../core/prediction.js'
import type { Schema } from '../core/schema.js'
import { generatorTransform } from '../io/generator-transform.js'
import { BATCH, predictRows } from '../pipeline/predict-rows.js'
import type { RowTotals } from '../pipeline/row-counts.js'
import type { Emits } from './emitted.js'
import type { SoftmaxOptions } from './options.js'
import type { DuplexOf } from './typed-stream.js'

/**
 * A row of logits: an array or typed array; a record whose `logits` is one, or is a record with one property a class; or a
 * record with one property a class itself, as csv-parse gives with `columns: true`. A logit is a number, or a text that is
 * one.
 */
export type LogitsRow =
  | ArrayLike<number | string>
  | {
      /** The logits, as a list or by the names of their classes. */
      logits: ArrayLike<number | string> | Record<string, number | string>
    }
  | Record<string, unknown>

/** What {@link PredictionStream} emits beside a stream's own events. */
export interface PredictionEvents {
  /** Which properties hold logits, once that is resolved; not where a list holds them. */
  schema: [schema: Schema]
  /** What is unusual, and not an error. */
  warning: [text: string]
}

/** The stream of {@link softmax} and its likes: rows in, predictions out. */
export interface PredictionStream<P extends Prediction = Prediction> extends DuplexOf<P, PredictionEvents> {
  /** What it has done so far: rows read, predictions made of them, and bad rows left out, by error code. */
  readonly stats: RowTotals
}

/**
 * A stream from rows of logits to {@link Prediction}s: the rest of each record, with what `emit` names; by default with class
 * probabilities, `index` and `label`.
 *
 * All rows have as many logits as the first. The rows that wait are scored together, up to 64, so a slow source sees no
 * delay; a consumer that stops leaves at most 192 rows inside.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION at once. As the stream's `error` event: E_ROW, E_WIDTH, E_CELL, E_MISSING,
 * E_OVERFLOW, E_NONFINITE, E_NAME for a bad row (under `onError: 'skip'` it is left out, counted in `stats` and passed to
 * `onReject`); E_NO_ROWS where all are; E_CHUNK for bytes; E_LABELS, E_COLUMNS, E_SELECTOR.
 *
 * @example
 * for await (const { label, probabilities } of Readable.from([[1, 2, 3]]).compose(softmax())) …
 */
export function softmax(options?: AllClasses): PredictionStream<Whole<'probabilities'>>
/** The same, with the properties that `emit` names. */
export function softmax<const Emit extends EmitList | readonly Emitted[]>(
  options: EmitOf<Emit>,
): PredictionStream<Prediction & Emits<Emit, 'probabilities'>>
/** The same, where `topK` and `minConfidence` may be given, and `emit` at run time. */
export function softmax(options?: SoftmaxOptions): PredictionStream
export function softmax(options: SoftmaxOptions = {}): PredictionStream {
  return predictions(options, 'softmax')
}

/**
 * As {@link softmax}, with log-softmax: natural logarithms of the probabilities, accurate where a probability rounds to 0
 * or 1.
 *
 * @example
 * const [{ logProbabilities }] = await Readable.from([[0, -40]]).compose(logSoftmax()).toArray()
 * // [-4.248354255291589e-18, -40]
 */
export function logSoftmax(options?: AllClasses): PredictionStream<Whole<'logProbabilities'>>
/** The same, with the properties that `emit` names. */
export function logSoftmax<const Emit extends EmitList | readonly Emitted[]>(
  options: EmitOf<Emit>,
): PredictionStream<Prediction & Emits<Emit, 'logProbabilities'>>
/** The same, where `topK` and `minConfidence` may be given, and `emit` at run time. */
export function logSoftmax(options?: SoftmaxOptions): PredictionStream
export function logSoftmax(options: SoftmaxOptions = {}): PredictionStream {
  return predictions(options, 'log-softmax')
}

/**
 * As {@link softmax}, with the sigmoid: the probability of each class on its own, 1 / (1 + e^-logit), as models with several
 * labels a row have it. `index` and `label` are those of the largest.
 *
 * @example
 * const [{ probabilities }] = await Readable.from([[0, -40]]).compose(sigmoid()).toArray()
 * // [0.5, 4.248354255291589e-18]
 */
export function sigmoid(options?: AllClasses): PredictionStream<Whole<'probabilities'>>
/** The same, with the properties that `emit` names. */
export function sigmoid<const Emit extends EmitList | readonly Emitted[]>(
  options: EmitOf<Emit>,
): PredictionStream<Prediction & Emits<Emit, 'probabilities'>>
/** The same, where `topK` and `minConfidence` may be given, and `emit` at run time. */
export function sigmoid(options?: SoftmaxOptions): PredictionStream
export function sigmoid(options: SoftmaxOptions = {}): PredictionStream {
  return predictions(options, 'sigmoid')
}

/** As {@link sigmoid}, with natural logarithms of the probabilities, accurate where one rounds to 0 or 1. */
export function logSigmoid(options?: AllClasses): PredictionStream<Whole<'logProbabilities'>>
/** The same, with the properties that `emit` names. */
export function logSigmoid<const Emit extends EmitList | readonly Emitted[]>(
  options: EmitOf<Emit>,
): PredictionStream<Prediction & Emits<Emit, 'logProbabilities'>>
/** The same, where `topK` and `minConfidence` may be given, and `emit` at run time. */
export function logSigmoid(options?: SoftmaxOptions): PredictionStream
export function logSigmoid(options: SoftmaxOptions = {}): PredictionStream {
  return predictions(options, 'log-sigmoid')
}

type EachLabel = SoftmaxOptions & { topK?: undefined; minConfidence?: undefined }
type AllClasses = EachLabel & { emit?: undefined }
type EmitOf<Emit> = EachLabel & { emit: Emit }
/** What a prediction has by default. */
type Whole<List extends string> = Prediction & { index: number; label: string } & Record<List, number[]>

function predictions(options: SoftmaxOptions, op: ValueOf<'op'>): PredictionStream {
  const parsed = { ...parseOptions(options, 'objects'), op }
  const settings = options.emit === undefined ? { ...parsed, emit: PREDICTED } : parsed
  const stats = { read: 0, written: 0, abstained: 0, rejected: {} }
  const stream: Duplex = generatorTransform(
    { readableObjectMode: true, batch: BATCH, errorTurns: 16, signal: settings.signal },
    (batches) => predictRows(batches, { settings, stats, emit: (event, what) => stream.emit(event, what) }),
  )
  return Object.assign(stream, { stats })
}
