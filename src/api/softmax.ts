/** Object mode: a stream of rows -> a stream of predictions. */
import type { Duplex } from 'node:stream'
import { parseOptions, type ValueOf } from '../core/options.js'
import type { EmitList, Emitted } from '../core/output-columns.js'
import { PREDICTED, type Prediction } from '../core/prediction.js'
import type { Schema } from '../core/schema.js'
import { generatorTransform } from '../io/generator-transform.js'
import { BATCH, predictRows } from '../pipeline/predict-rows.js'
import type { RowTotals } from '../pipeline/row-counts.js'
import type { Checked, Emits, IsUnion } from './emitted.js'
import type { SoftmaxOptions } from './options.js'
import type { DuplexOf, Returned } from './typed-stream.js'

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

/** What {@link softmax} and its likes are: the properties of a prediction are known from `options`, where these are written out. */
export interface Predictor<List extends 'probabilities' | 'logProbabilities'> {
  /**
   * A stream of predictions of rows whose logits are in the property that `logits` names: `softmax<Row>({ logits: 'scores' })`.
   *
   * @typeParam Row - the type of the rows: a prediction keeps it, without that property
   */
  <Row>(
    options: WithoutEmit & { logits: LogitsIn<Row> },
  ): Returned<Row, PredictionStream<Prediction & Without<Row, LogitsIn<Row>> & Emits<undefined, List>>>
  /** The same with `topK`: `top` is there in place of all probabilities. */
  <Row>(
    options: WithTopK & { logits: LogitsIn<Row> },
  ): Returned<Row, PredictionStream<Prediction & Without<Row, LogitsIn<Row>> & Emits<undefined, List, number>>>
  /** The same where `emit` is given, and what it names is known where it is given as a type, too. */
  <Row, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: OtherOptions & Plain & { logits: LogitsIn<Row>; emit?: Emit & Checked<Emit> },
  ): Returned<Row, PredictionStream<Prediction & Without<Row, LogitsIn<Row>> & Emits<Emit, List>>>
  /** The same with options that change what `emit` names. */
  <Row, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: OtherOptions & { logits: LogitsIn<Row>; emit?: Emit & Checked<Emit> },
  ): Returned<Row, PredictionStream<Prediction & Without<Row, LogitsIn<Row>> & Changed<Emit, List>>>
  /**
   * A stream of predictions with class probabilities (or their logarithms), `index` and `label`.
   *
   * @typeParam Row - the type of the rows, or of what they have beside their logits: a prediction keeps it
   */
  <Row = unknown>(
    options?: WithoutEmit,
  ): Returned<Row, PredictionStream<Prediction & Rest<Row> & Emits<undefined, List>>>
  /** The same of rows of a type with `topK`: `top` is there in place of all probabilities. */
  <Row = never>(
    options: [Row] extends [never] ? never : WithTopK,
  ): Returned<Row, PredictionStream<Prediction & Rest<Row> & Emits<undefined, List, number>>>
  /**
   * A stream of predictions of rows of a type. What `emit` names is known where it is given as a type, too:
   * `softmax<{ id: number }, 'label,confidence'>({ emit: 'label,confidence' })`. Without that, each property is optional.
   *
   * @typeParam Row - the type of the rows, or of what they have beside their logits: a prediction keeps it
   * @typeParam Emit - the type of `emit`
   */
  <Row = never, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: [Row] extends [never] ? never : OtherOptions & Plain & { emit?: Emit & Checked<Emit> },
  ): Returned<Row, PredictionStream<Prediction & Rest<Row> & Emits<Emit, List>>>
  /** The same with options that change what `emit` names: `label` may be null, and `top` stand in place of all probabilities. */
  <Row = never, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: [Row] extends [never] ? never : OtherOptions & { emit?: Emit & Checked<Emit> },
  ): Returned<Row, PredictionStream<Prediction & Rest<Row> & Changed<Emit, List>>>
  /**
   * A stream of predictions with the properties that `emit` names. With `topK` they have `top` in place of all probabilities; with
   * `minConfidence` or `nonfinite: 'propagate'`, `label` may be null.
   */
  <
    const Emit extends EmitList | readonly Emitted[] | undefined = undefined,
    TopK extends number | undefined = undefined,
    Least extends number | undefined = undefined,
    Nonfinite extends ValueOf<'nonfinite'> | undefined = undefined,
  >(
    options?: OtherOptions & {
      emit?: Emit & Checked<Emit>
      topK?: TopK
      minConfidence?: Least
      nonfinite?: Nonfinite
    },
  ): Returned<Emit, PredictionStream<Prediction & Emits<Emit, List, TopK, Least | Exclude<Nonfinite, 'error'>>>>
}

/** All options but `emit`, whose type says what is in a prediction. */
type OtherOptions = Omit<SoftmaxOptions, 'emit'>

/** Options that leave the values of a prediction what they are by default. */
type Plain = { topK?: undefined; minConfidence?: undefined; nonfinite?: 'error' | undefined }

/** Options that leave a prediction what it is by default. */
type WithoutEmit = OtherOptions & Plain & { emit?: undefined }

/** The same, but that the most probable classes stand in place of all probabilities. */
type WithTopK = Omit<OtherOptions, keyof Plain> & Omit<Plain, 'topK'> & { emit?: undefined; topK: number }

/** What is sure where options that are not {@link Plain} may be given. */
type Changed<Emit, List extends string> = Emits<Emit, List, number | undefined, number>

/** What a prediction keeps of a row: not its logits, which are in the property `logits`, or in those that are called so. */
type Rest<Row> = 0 extends 1 & Row
  ? Row // any, which is every other type
  : Row extends ArrayLike<number | string>
    ? unknown
    : Row extends { logits: unknown }
      ? Omit<Row, 'logits'>
      : { [Name in keyof Row as IsLogitName<Name> extends true ? never : Name]: Row[Name] }

/** Whether `isLogitName` of core/column-name.ts is true of a name: `logitech` begins with another word. */
type IsLogitName<Name> =
  Lowercase<Name & string> extends `logit${infer After}`
    ? EndsWord<After extends `s${infer More}` ? More : After>
    : false

/** Whether a text does not begin with a letter, which has two cases. */
type EndsWord<Text> = Text extends `${infer First}${string}` ? (Uppercase<First> extends First ? true : false) : true

/** The properties of a row that may hold all of its logits: those of numbers, or where there are none, those of texts. */
type LogitsIn<Row> = [ListsIn<Row, number>] extends [never] ? ListsIn<Row, number | string> : ListsIn<Row, number>

/** The properties of a row that hold values of a type, as a list or, by the names of classes, in an object. */
type ListsIn<Row, Item> = {
  [Name in keyof Row & string]-?: NonNullable<Row[Name]> extends infer Value extends object
    ? Value extends ArrayLike<Item> | (keyof Value extends never ? never : { [Key in keyof Value]: Item })
      ? Name
      : never
    : never
}[keyof Row & string]

/** A row without one of its properties; where it may be one of several, the compiler does not know of which. */
type Without<Row, Name extends keyof Row> = Omit<Row, Name> &
  (true extends IsUnion<Name> ? Partial<Pick<Row, Name>> : unknown)

/**
 * A stream from rows of logits to {@link Prediction}s: the rest of each record, with what `emit` names; by default with class
 * probabilities, `index` and `label`.
 *
 * All rows have as many logits as the first; under `onError: 'skip'`, as the first that fits the options, of up to 100. The option `logits` names the property that has them, as `'scores'` or
 * `'outputs.logits'`, or selects those that are a class each. The rows that wait are scored together, up to 64, so a slow
 * source sees no delay; a consumer that stops leaves at most 192 rows inside.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION at once. As the stream's `error` event: E_ROW, E_WIDTH, E_CELL, E_MISSING,
 * E_OVERFLOW, E_NONFINITE, E_NAME for a bad row (under `onError: 'skip'` it is left out, counted in `stats` and passed to
 * `onReject`); E_NO_ROWS where all are; E_CHUNK for bytes; E_LABELS, E_COLUMNS, E_SELECTOR.
 *
 * @example
 * for await (const { label, probabilities } of Readable.from([[1, 2, 3]]).compose(softmax())) …
 * for await (const { id, label } of Readable.from(rows).compose(softmax<{ id: number }>())) …
 */
export const softmax: Predictor<'probabilities'> = (options: SoftmaxOptions = {}) => predictions(options, 'softmax')

/**
 * As {@link softmax}, with log-softmax: natural logarithms of the probabilities, accurate where a probability rounds to 0
 * or 1.
 *
 * @example
 * const [{ logProbabilities }] = await Readable.from([[0, -40]]).compose(logSoftmax()).toArray()
 * // [-4.248354255291589e-18, -40]
 */
export const logSoftmax: Predictor<'logProbabilities'> = (options: SoftmaxOptions = {}) =>
  predictions(options, 'log-softmax')

/**
 * As {@link softmax}, with the sigmoid: the probability of each class on its own, 1 / (1 + e^-logit), as models with several
 * labels a row have it. `index` and `label` are those of the largest.
 *
 * @example
 * const [{ probabilities }] = await Readable.from([[0, -40]]).compose(sigmoid()).toArray()
 * // [0.5, 4.248354255291589e-18]
 */
export const sigmoid: Predictor<'probabilities'> = (options: SoftmaxOptions = {}) => predictions(options, 'sigmoid')

/** As {@link sigmoid}, with natural logarithms of the probabilities, accurate where one rounds to 0 or 1. */
export const logSigmoid: Predictor<'logProbabilities'> = (options: SoftmaxOptions = {}) =>
  predictions(options, 'log-sigmoid')

/** The stream; what its predictions have depends on the options. */
function predictions(options: SoftmaxOptions, op: ValueOf<'op'>): PredictionStream<never> {
  const parsed = { ...parseOptions(options, 'objects'), op }
  const settings = options.emit === undefined ? { ...parsed, emit: PREDICTED } : parsed
  const stats = { read: 0, written: 0, abstained: 0, rejected: {} }
  const stream: Duplex = generatorTransform(
    { readableObjectMode: true, batch: BATCH, errorTurns: 16, signal: settings.signal },
    (batches) => predictRows(batches, { settings, stats, emit: (event, what) => stream.emit(event, what) }),
  )
  return Object.assign(stream, { stats }) as PredictionStream as PredictionStream<never>
}
