/** Typed arrays, synchronously: softmax of every row of a matrix. */
import { plural, SoftmaxError, type UnevenRow } from '../core/errors.js'
import { logitOf, ofClass } from '../core/logit.js'
import { optionText } from '../core/option-words.js'
import { parseOptions, type SettingsOf } from '../core/options.js'
import { needSummary, type OutputColumn, SUMMARIES } from '../core/output-columns.js'
import { resolveLayout } from '../core/output-layout.js'
import type { RowError } from '../core/record-batch.js'
import { hasBits, requireTruth } from '../core/truth-columns.js'
import { ABSTAINED, EVALUATION_FIELDS, LOSS, NO_CLASS, PREDICTED, RANK, TRUTH } from '../kernel/constants.js'
import { scoreMatrix } from '../kernel/host/matrix.js'
import type { Scores } from '../kernel/host/scores.js'
import { nonfiniteError, nonfiniteIn, withZeros } from '../pipeline/scorer.js'
import type { Documented } from './documented.js'
import type { Checked, Columns } from './emitted.js'
import type { MatrixOptions } from './options.js'

/**
 * Results of {@link softmaxMatrix}: `values`, `labels` and `set` are rows x classes in row-major order; all others have one
 * number per row. Real numbers are a Float32Array with `float32`, otherwise a Float64Array.
 */
export interface MatrixScores<Numbers = Float64Array | Float32Array> {
  /** Probabilities, or their natural logarithms with `op: 'log-softmax'`. */
  values: Numbers
  /** Position of the largest logit of each row; with `binary`, of the class chosen by `threshold`. */
  index: Uint32Array
  /** With `topK`: positions of the most probable classes, rows x topK. */
  top?: Uint32Array
  /** With `emit: 'labels'`: rows x classes, 1 if the class is one of the labels of the row. */
  labels?: Uint8Array
  /** With `minConfidence`: 1 for a row whose largest probability is lower. */
  abstained?: Uint8Array
  /** With `emit: 'set'`: rows x classes, 1 if the class is in the prediction set of the row, by the `calibration`. */
  set?: Uint8Array
  /** With `emit: 'set_size'`: the size of each set. */
  set_size?: Uint32Array
  /** With `emit`: the largest probability of each row. */
  confidence?: Numbers
  /** With `emit`: the largest probability minus the second largest. */
  margin?: Numbers
  /** With `emit`: the entropy of the probabilities, in nats. */
  entropy?: Numbers
  /** With `emit`: log(sum(exp(logits))), after division of the logits by the temperature. */
  logsumexp?: Numbers
  /** With `truth` and `emit`: -log softmax at the true class, in nats; NaN if a row has no true class. */
  loss?: Numbers
  /** With `truth` and `emit`: the rank of the true class, from 1; of equal logits, the first class ranks first; 0 if a row has no true class. */
  rank?: Uint32Array
  /**
   * With `truth` and `emit`: 1 if `index` is the true class, otherwise 0; -1 if a row has no true class or no
   * label, where predictions have null, and array files NaN.
   */
  correct?: Int8Array
}

/** True classes, for `emit: 'loss,rank,correct'`. */
interface MatrixTruth {
  /**
   * The position of the true class of each row, null if it is unknown; with the sigmoid, rows x classes, 1 for true
   * classes and 0 for others.
   */
  truth?: ArrayLike<number | null> | undefined
}

/** The arrays of results, as the option `float32` has them. */
type NumbersOf<Float32> = [Float32] extends [false | undefined]
  ? Float64Array
  : [Float32] extends [true]
    ? Float32Array
    : Float64Array | Float32Array

/** The results that options ask for by the way they are written. */
type GivenBy<Emit, TopK, Least> =
  | Extract<Columns<Emit>, keyof MatrixScores>
  | ([TopK] extends [number] ? 'top' : never)
  | ([Least] extends [number] ? 'abstained' : never)

/** Results of which some are there. */
type ScoresOf<Scores, Given extends keyof Scores> = Scores & Required<Pick<Scores, Given>>

/**
 * Computes softmax (or another `op`) of each row of a matrix, synchronously.
 *
 *     softmax(x)_i = exp(x_i - max x) / sum_j exp(x_j - max x)
 *     log-softmax(x)_i = (x_i - max x) - log(sum_j exp(x_j - max x))
 *
 * within 1 ulp; see `kernel/assembly/softmax.ts` for the algorithm, its error bound and its references.
 *
 * @param logits rows x classes numbers in row-major order; they are not changed
 * @throws {SoftmaxError} E_SHAPE if the length is not rows x classes; E_NONFINITE for a row with NaN, +inf or only -inf,
 * unless `nonfinite: 'propagate'`; E_CELL, E_MISSING for values that are not numbers; E_FLAG, E_OPTION, E_CONFLICT.
 *
 * @example
 * softmaxMatrix([1, 2, 3], 1, 3).values // [0.09003057317038046, 0.24472847105479764, 0.6652409557748219]
 */
export function softmaxMatrix<
  const Emit extends MatrixOptions['emit'] = undefined,
  Float32 extends boolean | undefined = undefined,
  TopK extends number | undefined = undefined,
  Least extends number | undefined = undefined,
>(
  logits: ArrayLike<number>,
  rows: number,
  classes: number,
  options?: Omit<MatrixOptions, 'emit'> &
    MatrixTruth &
    Documented<MatrixOptions, 'emit', Emit & Checked<Emit>> &
    Documented<MatrixOptions, 'float32', Float32> &
    Documented<MatrixOptions, 'topK', TopK> &
    Documented<MatrixOptions, 'minConfidence', Least>,
): ScoresOf<MatrixScores<NumbersOf<Float32>>, GivenBy<Emit, TopK, Least>>
export function softmaxMatrix(
  logits: ArrayLike<number>,
  rows: number,
  classes: number,
  options: MatrixOptions & MatrixTruth = {},
): MatrixScores {
  const { truth, given } = splitTruth(options)
  const settings = parseOptions(given, 'matrix')
  requireNumbers(settings)
  requireShape(logits, rows, classes)
  const layout = resolveLayout({ ...settings, ...(truth && { truth: 'truth' }) }, undefined, classes)
  const { emit, topK } = layout
  requireNoNames(given, emit)
  requireTruth(emit, truth)
  if (truth !== undefined) hasBits(['truth'], layout)
  const scores = scored(matrixOf(logits, classes), rows, layout, settings, truth)
  for (let row = 0; row < rows; row++) {
    const rowError = nonfiniteError(scores, row, settings)
    if (rowError)
      throw matrixError(
        rowError,
        row,
        nonfiniteIn(Array.from({ length: classes }, (_, at) => Number(logits[row * classes + at]))),
      )
  }
  const narrow = (values: Float64Array) => (settings.float32 ? new Float32Array(values) : values)
  const requested = SUMMARIES.filter((name) => emit.includes(name)).map((name) => [name, narrow(scores[name])])
  return {
    values: narrow(scores.values),
    index: scores.index,
    ...(topK > 0 && { top: scores.top }),
    ...chosenOf(scores, emit),
    ...(settings.minConfidence !== undefined && {
      abstained: Uint8Array.from(scores.labels!, (label) => (label === NO_CLASS ? 1 : 0)),
    }),
    ...Object.fromEntries(requested),
    ...truthColumns(scores, emit, narrow),
  }
}

type MatrixLayout = ReturnType<typeof resolveLayout>

function scored(
  logits: Float64Array,
  rows: number,
  { emit, topK: top, log, sigmoid, decision, binary, classes }: MatrixLayout,
  { temperature }: SettingsOf<'matrix'>,
  truth: MatrixTruth['truth'],
): Scores {
  const numbers = binary ? withZeros(logits, rows) : logits
  return scoreMatrix({ numbers, ...truthsOf(truth, rows, classes.length, sigmoid) }, rows, classes.length, {
    log,
    sigmoid,
    temperature,
    top,
    summary: needSummary(emit),
    decision,
  })
}

/** The classes that are chosen of each row, and how many they are. */
function chosenOf({ members, rows, classes }: Scores, emit: readonly OutputColumn[]) {
  if (!members) return {}
  const sizeOf = (row: number) =>
    members.subarray(row * classes, (row + 1) * classes).reduce((sum, one) => sum + one, 0)
  return {
    ...(emit.includes('labels') && { labels: members }),
    ...(emit.includes('set') && { set: members }),
    ...(emit.includes('set_size') && { set_size: Uint32Array.from({ length: rows }, (_, row) => sizeOf(row)) }),
  }
}

/** Options without the true classes, which are no option of others. */
function splitTruth(options: MatrixOptions & MatrixTruth): { truth: MatrixTruth['truth']; given: MatrixOptions } {
  if (typeof options !== 'object' || options === null || !('truth' in options))
    return { truth: undefined, given: options }
  const { truth, ...given } = options
  return { truth, given }
}

/** The true classes as the kernel takes them. Throws E_OPTION. */
function truthsOf(truth: unknown, rows: number, classes: number, sigmoid: boolean) {
  if (truth === undefined) return {}
  const count = sigmoid ? rows * classes : rows
  const most = sigmoid ? 1 : classes - 1
  const values = isList(truth) && truth.length === count ? Array.from(truth) : undefined
  const isOne = (value: unknown) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most
  if (!values?.every((value) => isOne(value) || (!sigmoid && value === null))) {
    const expected = sigmoid
      ? `an array of ${plural(count, 'number')}, rows x classes, 1 for a true class and 0 otherwise`
      : `an array of ${plural(count, 'class position')}, one per row, each from 0 to ${most} or null`
    throw new SoftmaxError('E_OPTION', { option: 'truth', value: truth, expected })
  }
  if (sigmoid) return { truths: new Uint32Array(rows), targets: Uint8Array.from(values as number[]) }
  return { truths: Uint32Array.from(values, (value) => (value === null ? NO_CLASS : Number(value))) }
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)
}

/** What `emit` names of the true classes. */
function truthColumns(
  { evaluated, rows }: Scores,
  emit: readonly OutputColumn[],
  narrow: (values: Float64Array) => Float64Array | Float32Array,
): Pick<MatrixScores, 'loss' | 'rank' | 'correct'> {
  if (!evaluated) return {}
  const at = (row: number, field: number) => evaluated[EVALUATION_FIELDS * row + field]!
  const all = Array.from({ length: rows }, (_, row) => row)
  const rankOf = (row: number) => (at(row, TRUTH) < 0 ? 0 : at(row, RANK))
  const correctOf = (row: number) =>
    at(row, TRUTH) < 0 || at(row, ABSTAINED) === 1 ? -1 : Number(at(row, TRUTH) === at(row, PREDICTED))
  return {
    ...(emit.includes('loss') && { loss: narrow(Float64Array.from(all, (row) => at(row, LOSS))) }),
    ...(emit.includes('rank') && { rank: Uint32Array.from(all, rankOf) }),
    ...(emit.includes('correct') && { correct: Int8Array.from(all, correctOf) }),
  }
}

/** Throws E_CONFLICT if class names are requested, which a matrix does not have; the default includes them. */
function requireNoNames(given: MatrixOptions, emit: readonly OutputColumn[]): void {
  if (given.emit === undefined || !emit.includes('label')) return
  const reason = `a matrix has no class names, so ${optionText('emit')} cannot include label; index is the position of the class`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

/** Throws E_CONFLICT if results should be null, which a typed array cannot hold. */
function requireNumbers({ nonfinite }: SettingsOf<'matrix'>): void {
  if (nonfinite !== 'null') return
  const instead = optionText('nonfinite', 'propagate')
  const reason = `${optionText('nonfinite', 'null')} works only with rows, and typed arrays have no null; ${instead} gives NaN`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

function requireShape(logits: ArrayLike<unknown>, rows: unknown, classes: unknown): void {
  if (typeof logits !== 'object' || typeof logits?.length !== 'number') {
    throw new SoftmaxError('E_OPTION', { option: 'logits', value: logits, expected: 'an array or typed array' })
  }
  for (const [option, value] of Object.entries({ rows, classes })) {
    if (typeof value !== 'number') throw new SoftmaxError('E_OPTION', { option, value, expected: 'an integer' })
  }
  const sizes = [rows, classes] as [number, number]
  if (sizes.every((size) => Number.isSafeInteger(size) && size >= 0) && logits.length === sizes[0] * sizes[1]) return
  const isNested = isList(logits[0])
  const uneven = isNested ? unevenRow(Array.from(logits), sizes[1]) : undefined
  const info = { length: logits.length, rows: sizes[0], classes: sizes[1], isNested, ...(uneven && { uneven }) }
  throw new SoftmaxError('E_SHAPE', info)
}

/** The first row of another length than there are classes: made flat, its logits would be those of other rows. */
function unevenRow(rows: readonly unknown[], classes: number): UnevenRow | undefined {
  const lengths = rows.map((row) => (isList(row) ? row.length : 0))
  const at = lengths.findIndex((length) => length !== classes)
  return at < 0 ? undefined : { row: at + 1, length: lengths[at]! }
}

/** The error of a row, or of a logit in it. */
function matrixError(error: RowError, row: number, index?: number): SoftmaxError {
  const { code, info, column } = index === undefined ? error : ofClass(error, index)
  return new SoftmaxError(code, { ...info, row: row + 1, ...(column !== undefined && { column }) } as never)
}

/** The logits as doubles, none of them by JavaScript's conversion, which makes 0 of null and of an empty text. */
function matrixOf(logits: ArrayLike<unknown>, classes: number): Float64Array {
  if (logits instanceof Float64Array) return logits
  return Float64Array.from(logits, (value, at) => {
    const logit = logitOf(value, { missing: 'error' })
    if (typeof logit === 'number') return logit
    const info = { of: 'matrix', ...logit.info }
    throw matrixError({ ...logit, info }, Math.floor(at / classes), at % classes)
  })
}
