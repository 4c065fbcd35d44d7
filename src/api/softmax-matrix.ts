/** Typed arrays, synchronously: softmax of every row of a matrix. */
import { SoftmaxError } from '../core/errors.js'
import { logitOf } from '../core/logit.js'
import { parseOptions, type SettingsOf } from '../core/options.js'
import { needSummary, type OutputColumn, SUMMARIES, TRUTHS } from '../core/output-columns.js'
import { resolveLayout } from '../core/schema.js'
import { NO_CLASS } from '../kernel/constants.js'
import { type Scores, scoreMatrix } from '../kernel/host/matrix.js'
import { nonfiniteError, withZeros } from '../pipeline/scorer.js'
import type { MatrixOptions } from './options.js'

/** Results of {@link softmaxMatrix}: `values`, `labels` and `set` are rows x classes, row after row; all else has one number a row. */
export interface MatrixScores {
  /** Probabilities, or their natural logarithms with `op: 'log-softmax'`. */
  values: Float64Array | Float32Array
  /** Position of the largest logit of each row; with `binary`, of the class by `threshold`. */
  index: Uint32Array
  /** With `topK`: positions of the most probable classes, rows x topK. */
  top?: Uint32Array
  /** With `emit: 'labels'`: rows x classes, 1 where a class is among the labels of a row. */
  labels?: Uint8Array
  /** With `minConfidence`: 1 for a row whose largest probability is lower. */
  abstained?: Uint8Array
  /** With `emit: 'set'`: rows x classes, 1 where a class is in the set of a row, as the `calibration` has it. */
  set?: Uint8Array
  /** With `emit: 'set_size'`: how many these are. */
  set_size?: Uint32Array
  /** With `emit`: the largest probability of each row. */
  confidence?: Float64Array | Float32Array
  /** With `emit`: that less the second. */
  margin?: Float64Array | Float32Array
  /** With `emit`: in nats. */
  entropy?: Float64Array | Float32Array
  /** With `emit`: log(sum(exp(logits))), of the logits divided by the temperature. */
  logsumexp?: Float64Array | Float32Array
}

/**
 * Softmax (or log-softmax) of each row of a matrix, at once.
 *
 *     softmax(x)_i = exp(x_i - max x) / sum_j exp(x_j - max x)
 *     log-softmax(x)_i = (x_i - max x) - log(sum_j exp(x_j - max x))
 *
 * within 1 ulp; see `kernel/assembly/softmax.ts` for the algorithm, its error bound and its references.
 *
 * @param logits rows x classes numbers, row after row; they are not changed
 * @throws {SoftmaxError} E_SHAPE where the length is not rows x classes; E_NONFINITE for a row with NaN, +inf or
 * nothing but -inf, unless `nonfinite: 'propagate'`; E_CELL, E_MISSING for what is no number; E_FLAG, E_OPTION.
 *
 * @example
 * softmaxMatrix([1, 2, 3], 1, 3).values // [0.09003057317038046, 0.24472847105479764, 0.6652409557748219]
 */
export function softmaxMatrix(
  logits: ArrayLike<number>,
  rows: number,
  classes: number,
  options: MatrixOptions = {},
): MatrixScores {
  const settings = parseOptions(options, 'matrix')
  requireShape(logits, rows, classes)
  const layout = resolveLayout(settings, undefined, classes)
  const { emit, topK } = layout
  const ofTruth = TRUTHS.find((name) => emit.includes(name))
  if (ofTruth !== undefined) {
    throw new SoftmaxError('E_CONFLICT', {
      reason: `${ofTruth} is of true classes, which softmaxMatrix() does not take`,
    })
  }
  const scores = scored(matrixOf(logits, classes), rows, layout, settings)
  for (let row = 0; row < rows; row++) {
    const rowError = nonfiniteError(scores, row, settings)
    if (rowError) throw new SoftmaxError(rowError.code, { ...rowError.info, row: row + 1 } as never)
  }
  const narrow = (values: Float64Array) => (settings.float32 ? Float32Array.from(values) : values)
  const asked = SUMMARIES.filter((name) => emit.includes(name)).map((name) => [name, narrow(scores[name])])
  return {
    values: narrow(scores.values),
    index: scores.index,
    ...(topK > 0 && { top: scores.top }),
    ...chosenOf(scores, emit),
    ...(settings.minConfidence !== undefined && {
      abstained: Uint8Array.from(scores.labels!, (label) => (label === NO_CLASS ? 1 : 0)),
    }),
    ...Object.fromEntries(asked),
  }
}

type MatrixLayout = ReturnType<typeof resolveLayout>

function scored(
  logits: Float64Array,
  rows: number,
  { emit, topK: top, log, sigmoid, decision, binary, classes }: MatrixLayout,
  { temperature }: SettingsOf<'matrix'>,
): Scores {
  const numbers = binary ? withZeros(logits, rows) : logits
  return scoreMatrix({ numbers }, rows, classes.length, {
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

function requireShape(logits: ArrayLike<unknown>, rows: unknown, classes: unknown): void {
  if (typeof logits !== 'object' || typeof logits?.length !== 'number') {
    throw new SoftmaxError('E_OPTION', { option: 'logits', value: logits, expected: 'an array or typed array' })
  }
  for (const [option, value] of Object.entries({ rows, classes })) {
    if (typeof value !== 'number') throw new SoftmaxError('E_OPTION', { option, value, expected: 'a whole number' })
  }
  const sizes = [rows, classes] as [number, number]
  if (sizes.every((size) => Number.isSafeInteger(size) && size >= 0) && logits.length === sizes[0] * sizes[1]) return
  const isNested = Array.isArray(logits[0]) || ArrayBuffer.isView(logits[0])
  throw new SoftmaxError('E_SHAPE', { length: logits.length, rows: sizes[0], classes: sizes[1], isNested })
}

/** The logits as doubles, none of them by JavaScript's conversion, which makes 0 of null and of an empty text. */
function matrixOf(logits: ArrayLike<unknown>, classes: number): Float64Array {
  if (logits instanceof Float64Array) return logits
  return Float64Array.from(logits, (value, at) => {
    const logit = logitOf(value, { missing: 'error' })
    if (typeof logit === 'number') return logit
    const place = { row: 1 + Math.floor(at / classes), column: String(at % classes) }
    throw new SoftmaxError(logit.code, { ...logit.info, ...place } as never)
  })
}
