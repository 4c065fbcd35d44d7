/** Object mode: a stream of rows -> a stream of predictions. */
import type { Duplex } from 'node:stream'
import { requireConsistent } from '../core/option-conflicts.js'
import { parseOptions, type ValueOf } from '../core/options.js'
import type { EmitList, Emitted } from '../core/output-columns.js'
import { type NullablePrediction, PREDICTED, type Prediction } from '../core/prediction.js'
import type { Schema } from '../core/schema.js'
import { generatorTransform } from '../io/generator-transform.js'
import { BATCH, predictRows } from '../pipeline/predict-rows.js'
import type { RowTotals } from '../pipeline/row-counts.js'
import type { Documented } from './documented.js'
import type { Checked, Columns, Emits, IsUnion } from './emitted.js'
import type { SoftmaxOptions } from './options.js'
import type { DuplexOf, Returned } from './typed-stream.js'

/**
 * A row of logits: an array or typed array; an object whose property `logits` is an array (or the text of one, as in a CSV
 * cell), or an object with one property per class; or an object that itself has one property per class, as csv-parse returns with `columns: true`. A logit is a
 * number, or a string that contains one.
 */
export type LogitsRow =
  | ArrayLike<number | string>
  | {
      /** The logits, as a list or by class name. */
      logits: ArrayLike<number | string> | Record<string, number | string>
    }
  | Record<string, unknown>

/** The events of {@link PredictionStream} in addition to those of every stream. */
export interface PredictionEvents {
  /** The properties that contain logits, once they are resolved; not emitted if logits are a list. */
  schema: [schema: Schema]
  /** A warning: something unusual that is not an error. */
  warning: [text: string]
}

/** The stream of {@link softmax} and its variants: rows in, predictions out. */
export interface PredictionStream<P extends object = Prediction> extends DuplexOf<P, PredictionEvents> {
  /** Counts so far: rows read, predictions written, and bad rows skipped, by error code. */
  readonly stats: RowTotals
}

/** The type of {@link softmax} and its variants, which derives the properties of a prediction from literal `options`. */
export interface Predictor<List extends 'probabilities' | 'logProbabilities'> {
  /**
   * Predictions of rows whose logits are in the property given by `logits`: `softmax<Row>({ logits: 'scores' })`.
   *
   * @typeParam Row - the type of the rows: a prediction keeps it, without that property
   */
  <Row = never>(
    options: WithoutEmit & { logits: LogitsIn<NoInfer<Row>> },
  ): Returned<Row, PredictionStream<Own<Row> & Without<Row, LogitsIn<Row>> & Emits<undefined, List>>>
  /** The same with `topK`: `top` replaces the probabilities. */
  <Row = never>(
    options: WithTopK & { logits: LogitsIn<NoInfer<Row>> },
  ): Returned<Row, PredictionStream<Own<Row> & Without<Row, LogitsIn<Row>> & Emits<undefined, List, number>>>
  /** The same with `emit`, whose properties are known if its type is passed, too. */
  <Row = never, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: OtherOptions & Plain & Emitting<Emit> & { logits: LogitsIn<NoInfer<Row>> },
  ): Returned<Row, PredictionStream<Own<Row, Emit> & Without<Row, LogitsIn<Row>> & Emits<Emit, List>>>
  /** The same with options that change the properties of `emit`. */
  <Row = never, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: OtherOptions & Emitting<Emit> & { logits: LogitsIn<NoInfer<Row>> },
  ): Returned<Row, PredictionStream<Own<Row, Emit> & Without<Row, LogitsIn<Row>> & Changed<Emit, List>>>
  /** The same with `nonfinite: 'null'`: each of these properties may be null. */
  <Row = never, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: NullOptions & Emitting<Emit> & { logits: LogitsIn<NoInfer<Row>> },
  ): Returned<
    Row,
    PredictionStream<Own<Row, Emit, NullablePrediction> & Without<Row, LogitsIn<Row>> & Nullable<Emit, List>>
  >
  /**
   * Predictions of rows whose logits are in several properties: `softmax<Row>({ logits: 'cat,dog' })`, `'p_*'` or `['cat',
   * 'dog']`. A prediction does not have them. The compiler does not know which they are, so every property that may hold a
   * logit is optional; with `softmax<Omit<Row, 'cat' | 'dog'>>({ logits: 'cat,dog' })` it knows.
   *
   * @typeParam Row - the type of the rows: a prediction keeps it, without those properties
   */
  <Row = never>(
    options: WithoutEmit & { logits: SelectorIn<NoInfer<Row>> },
  ): Returned<Row, PredictionStream<Own<Row> & Without<Row, SingleIn<Row>> & Emits<undefined, List>>>
  /** The same with other options, such as `emit`, whose properties are known if its type is passed, too. */
  <Row = never, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: OtherOptions & Emitting<Emit> & { logits: SelectorIn<NoInfer<Row>> },
  ): Returned<Row, PredictionStream<Own<Row, Emit> & Without<Row, SingleIn<Row>> & Changed<Emit, List>>>
  /** The same with `nonfinite: 'null'`: each of these properties may be null. */
  <Row = never, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: NullOptions & Emitting<Emit> & { logits: SelectorIn<NoInfer<Row>> },
  ): Returned<
    Row,
    PredictionStream<Own<Row, Emit, NullablePrediction> & Without<Row, SingleIn<Row>> & Nullable<Emit, List>>
  >
  /**
   * A stream of predictions with class probabilities (or their logarithms), `index` and `label`.
   *
   * @typeParam Row - the type of the rows, or of their other properties besides the logits: a prediction keeps it, without
   * `logits` or properties named `logit*`. If others contain logits, leave them out: `softmax<Omit<Row, 'cat' | 'dog'>>()`
   */
  <Row = unknown>(options?: WithoutEmit): Returned<Row, PredictionStream<Own<Row> & Rest<Row> & Emits<undefined, List>>>
  /** The same for typed rows with `topK`: `top` replaces the probabilities. */
  <Row = never>(
    options: [Row] extends [never] ? never : WithTopK,
  ): Returned<Row, PredictionStream<Own<Row> & Rest<Row> & Emits<undefined, List, number>>>
  /**
   * Predictions of typed rows. The properties of `emit` are known if its type is passed, too:
   * `softmax<{ id: number }, 'label,confidence'>({ emit: 'label,confidence' })`. Otherwise each property is optional.
   *
   * @typeParam Row - the type of the rows, or of their other properties besides the logits: a prediction keeps it
   * @typeParam Emit - the type of `emit`
   */
  <Row = never, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: [Row] extends [never] ? never : OtherOptions & Plain & Emitting<Emit>,
  ): Returned<Row, PredictionStream<Own<Row, Emit> & Rest<Row> & Emits<Emit, List>>>
  /** The same with options that change the properties of `emit`: `label` may be null, `top` may replace the probabilities. */
  <Row = never, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: [Row] extends [never] ? never : OtherOptions & Emitting<Emit>,
  ): Returned<Row, PredictionStream<Own<Row, Emit> & Rest<Row> & Changed<Emit, List>>>
  /** The same with `nonfinite: 'null'`: each of these properties may be null. */
  <Row = never, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: [Row] extends [never] ? never : NullOptions & Emitting<Emit>,
  ): Returned<Row, PredictionStream<Own<Row, Emit, NullablePrediction> & Rest<Row> & Nullable<Emit, List>>>
  /**
   * Predictions of typed rows with `keep`: the compiler does not know which properties it keeps, so each is optional.
   *
   * @typeParam Row - the type of the rows, or of their other properties besides the logits
   */
  <Row = never>(
    options: [Row] extends [never] ? never : AnyKeep & Plain & { emit?: undefined },
  ): Returned<Row, PredictionStream<Own<Row> & Partial<Rest<Row>> & Emits<undefined, List>>>
  /** The same with other options, such as `emit`, whose properties are known if its type is passed, too. */
  <Row = never, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: [Row] extends [never] ? never : AnyKeep & Numbers & Emitting<Emit>,
  ): Returned<Row, PredictionStream<Own<Row, Emit> & Partial<Rest<Row>> & Changed<Emit, List>>>
  /** The same with `nonfinite: 'null'`: each of these properties may be null. */
  <Row = never, Emit extends EmitList | readonly Emitted[] | undefined = EmitList | readonly Emitted[] | undefined>(
    options: [Row] extends [never] ? never : AnyKeep & Emitting<Emit>,
  ): Returned<Row, PredictionStream<Own<Row, Emit, NullablePrediction> & Partial<Rest<Row>> & Nullable<Emit, List>>>
  /**
   * Predictions with the properties in `emit`. With `topK`, `top` replaces the probabilities; with `minConfidence` or
   * `nonfinite: 'propagate'`, `label` may be null, and with `nonfinite: 'null'`, each of them.
   */
  <
    const Emit extends EmitList | readonly Emitted[] | undefined = undefined,
    TopK extends number | undefined = undefined,
    Least extends number | undefined = undefined,
    Nonfinite extends ValueOf<'nonfinite'> | undefined = undefined,
  >(
    options?: AnyKeep &
      Emitting<Emit> &
      Documented<SoftmaxOptions, 'topK', TopK> &
      Documented<SoftmaxOptions, 'minConfidence', Least> &
      Documented<SoftmaxOptions, 'nonfinite', Nonfinite>,
  ): Returned<
    Emit,
    PredictionStream<
      PredictionOf<Nonfinite> & Emits<Emit, List, TopK, Least | Exclude<Nonfinite, 'error'>, NullOf<Nonfinite>>
    >
  >
}

/** `null` if results may be null; that is not promised if the option may be missing, as in `SoftmaxOptions`. */
type NullOf<Nonfinite> = undefined extends Nonfinite ? never : 'null' extends Nonfinite ? null : never

type PredictionOf<Nonfinite> = [NullOf<Nonfinite>] extends [never] ? Prediction : NullablePrediction

/** The option `emit`, whose type determines the properties of a prediction. */
type Emitting<Emit> = Documented<SoftmaxOptions, 'emit', Emit & Checked<Emit>>

/** All options except `emit`, whose type determines the properties of a prediction. */
type AnyKeep = Omit<SoftmaxOptions, 'emit'>

/** The same at which a prediction keeps all properties of its row, and its results may be null. */
type NullOptions = Omit<AnyKeep, 'keep'> & { keep?: true | undefined }

/** Options at which results are numbers in every row. */
type Numbers = { nonfinite?: 'error' | 'propagate' | undefined }

/** The same at which a prediction keeps all properties of its row. */
type OtherOptions = NullOptions & Numbers

/** Options at which the properties of a prediction have their default types. */
type Plain = { topK?: undefined; minConfidence?: undefined; nonfinite?: 'error' | undefined }

/** Options at which a prediction has its default properties and types. */
type WithoutEmit = OtherOptions & Plain & { emit?: undefined }

/** The same with `topK`: only the most probable classes, in `top`. */
type WithTopK = Omit<OtherOptions, keyof Plain> &
  Omit<Plain, 'topK'> & { emit?: undefined } & Required<Documented<SoftmaxOptions, 'topK', number>>

/** The properties of a prediction if options that are not {@link Plain} may be given. */
type Changed<Emit, List extends string> = Emits<Emit, List, number | undefined, number>

/** The same if all of them may be null. */
type Nullable<Emit, List extends string> = Emits<Emit, List, number | undefined, number, null>

/** A prediction of typed rows: no properties of other names, unless `emit`, known only at run time, may give some. */
type Own<Row, Emit = undefined, Base extends Prediction | NullablePrediction = Prediction> = unknown extends Row
  ? Base
  : [Columns<Emit>] extends [never]
    ? Base
    : { [Name in keyof Base as string extends Name ? never : Name]: Base[Name] }

/** The properties of a row that a prediction keeps: all but `logits`, or those whose names begin with `logit`. */
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

/** The properties of a row that may hold a single logit. */
type SingleIn<Row> = string extends keyof Row
  ? never // of any name
  : {
      [Name in keyof Row & string]-?: [NonNullable<Row[Name]>] extends [number | string] ? Name : never
    }[keyof Row & string]

/** Selectors of such properties: by names, a range of them, or how they begin. */
type SelectorIn<Row> =
  | `${SingleIn<Row>}${'' | `,${string}` | `-${string}`}`
  | `${Beginning<SingleIn<Row>>}*`
  | readonly SingleIn<Row>[]

/** The texts that a text begins with. */
type Beginning<Text, Begun extends string = '', All = ''> = Text extends `${infer First}${infer More}`
  ? Beginning<More, `${Begun}${First}`, All | `${Begun}${First}`>
  : All

/** A row without one of its properties; where it may be one of several, the compiler does not know of which. */
type Without<Row, Name extends keyof Row> = Omit<Row, Name> &
  (true extends IsUnion<Name> ? Partial<Pick<Row, Name>> : unknown)

/**
 * A transform stream from rows of logits to {@link Prediction}s: the other properties of each row, and those in
 * `emit`; by default the class probabilities, `index` and `label`.
 *
 * All rows must have as many logits as the first; with `onError: 'skip'`, as the first valid row, which must be
 * among the first 100. The option `logits` gives the property that contains them, such as `'scores'` or `'outputs.logits'`, or
 * selects one property per class. Waiting rows are scored together, up to 64 at a time, so a slow source causes no
 * delay; if the consumer stops, at most 192 rows are buffered. Do not change a row after it was written, nor
 * an array that it has.
 *
 * In errors and rejects, `row` counts the rows that the stream gets. Only rows from a `read` that skips bad rows have the
 * number, and the `source`, that they have in its input, unless the program copied them.
 *
 * @throws {SoftmaxError} E_FLAG, E_OPTION, E_CALIBRATION, and E_CONFLICT of options with each other, at once. As the stream's `error` event: E_ROW, E_WIDTH, E_CELL, E_MISSING,
 * E_OVERFLOW, E_NONFINITE, E_NAME, E_REPEATED for a bad row (with `onError: 'skip'` it is skipped, counted in `stats` and
 * passed to `onReject`); E_SCHEMA for a row that is the header of another file; E_NO_ROWS if all rows are bad; E_CHUNK
 * for bytes; E_LABELS, E_COLUMNS, E_SELECTOR.
 *
 * @example
 * for await (const { label, probabilities } of Readable.from([[1, 2, 3]]).compose(softmax())) …
 * for await (const { id, label } of Readable.from(rows).compose(softmax<{ id: number }>())) …
 */
export const softmax: Predictor<'probabilities'> = (options: SoftmaxOptions = {}) => predictions(options, 'softmax')

/**
 * Like {@link softmax}, for log-softmax: natural logarithms of the probabilities, accurate even if a probability rounds
 * to 0 or 1.
 *
 * @example
 * const [{ logProbabilities }] = await Readable.from([[0, -40]]).compose(logSoftmax()).toArray()
 * // [-4.248354255291589e-18, -40]
 */
export const logSoftmax: Predictor<'logProbabilities'> = (options: SoftmaxOptions = {}) =>
  predictions(options, 'log-softmax')

/**
 * Like {@link softmax}, for the sigmoid: an independent probability for each class, 1 / (1 + e^-logit), for multi-label
 * models. `index` and `label` are those of the most probable class.
 *
 * @example
 * const [{ probabilities }] = await Readable.from([[0, -40]]).compose(sigmoid()).toArray()
 * // [0.5, 4.248354255291589e-18]
 */
export const sigmoid: Predictor<'probabilities'> = (options: SoftmaxOptions = {}) => predictions(options, 'sigmoid')

/** Like {@link sigmoid}, with natural logarithms of the probabilities, accurate even if a probability rounds to 0 or 1. */
export const logSigmoid: Predictor<'logProbabilities'> = (options: SoftmaxOptions = {}) =>
  predictions(options, 'log-sigmoid')

/** The stream; what its predictions have depends on the options. */
function predictions(options: SoftmaxOptions, op: ValueOf<'op'>): PredictionStream<never> {
  const parsed = { ...parseOptions(options, 'objects'), op }
  const settings = options.emit === undefined ? { ...parsed, emit: PREDICTED } : parsed
  requireConsistent(settings)
  const stats = { read: 0, written: 0, abstained: 0, rejected: {} }
  const stream: Duplex = generatorTransform(
    { readableObjectMode: true, batch: BATCH, errorTurns: 16, signal: settings.signal },
    (batches) => predictRows(batches, { settings, stats, emit: (event, what) => stream.emit(event, what) }),
  )
  return Object.assign(stream, { stats }) as PredictionStream as PredictionStream<never>
}
