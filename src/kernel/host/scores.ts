/** The input and output of scoring a matrix, independent of formats. */
import { WANT_LOG, WANT_SIGMOID, WANT_SLOPE, WANT_SUMMARY, WANT_TRUTH } from '../constants.js'
import type { Decision } from './decision.js'

/** What to compute. */
export interface KernelOptions {
  /** Logarithms of the probabilities. */
  log: boolean
  /** Each class independently, by the sigmoid instead of softmax. */
  sigmoid: boolean
  /** The divisor of the logits; above 0. */
  temperature: number
  /** How many of the largest logits of each row to find; 0 to the number of classes. */
  top: number
  /** Whether to compute confidence, margin, entropy and logsumexp. */
  summary: boolean
  /** Whether evaluated rows include the derivatives of their loss. */
  slope?: boolean
  /** Whether `values` are stored class by class; for no more than {@link MOST_BY_CLASS} classes, and without `top`. */
  byClass?: boolean
  /** Whether rows that are evaluated have the probabilities of all classes; for rows in one chunk only. */
  oneVsRest?: true | undefined
  /** How labels are chosen, if not by the largest logit. */
  decision?: Decision | undefined
  /**
   * Allocates memory for `values`, made of `columns` equally long columns if they are stored class by class; allocated
   * here by default.
   */
  room?: ((length: number, columns: number) => Float64Array) | undefined
}

/** Logits: row-major, or one column per class, one after the other. */
export interface Logits {
  numbers: Float64Array | Float32Array
  byClass?: boolean | undefined
  /** The position of the true class of each row, NO_CLASS if it has none: rows are evaluated by them. */
  truths?: Uint32Array | undefined
  /** Rows x classes, if a row may have several true classes: 1 if true; then `truths` is 0 or NO_CLASS. */
  targets?: Uint8Array | undefined
}

/** The maximum number of classes for storage by class: with more, columns become too short. */
export const MOST_BY_CLASS = 128

/** Results of a matrix of rows x classes: `values` and `top` are row-major, all others have one value per row. */
export interface Scores {
  rows: number
  classes: number
  /** Rows x classes, or classes x rows: probabilities, or their natural logarithms; NaN if the row has no softmax. */
  values: Float64Array
  byClass: boolean
  /** The number of rows without a softmax. */
  unscored: number
  /** 0, or an index in {@link STATUS}: why the row has no softmax. */
  status: Uint8Array
  /** Position of the largest logit, the first if tied; of the first NaN, if any. */
  index: Uint32Array
  /** The position of the label of each row, NO_CLASS if it has none, if labels are decided; otherwise use `index`. */
  labels?: Uint32Array
  /** Rows x classes: 1 if a class is among the labels of a row, if requested. */
  members?: Uint8Array
  /** The given true classes, if a row may have several. */
  targets?: Uint8Array
  /** Rows x classes, if each class is ranked: the probabilities before rounding, even if `values` are logarithms. */
  probabilities?: Float64Array
  /** Rows x top: positions of the largest logits in descending order, the first if tied. */
  top: Uint32Array
  /** The largest probability, also for log-softmax. Like the three below, empty if no summary is requested. */
  confidence: Float64Array
  /** The largest probability minus the second largest; 1 for a single class. */
  margin: Float64Array
  /** In nats. */
  entropy: Float64Array
  /** log(sum(exp(logits))), after division of the logits by the temperature. */
  logsumexp: Float64Array
  /** The evaluated rows, {@link EVALUATION_FIELDS} numbers each, if their true classes are given. */
  evaluated?: Float64Array
  /** For nested rows: their list offsets, see `core/nesting.ts`. */
  nesting?: readonly Int32Array[] | undefined
}

/** Why a row has no softmax, by its status; 0 means that it has one. */
export const STATUS: readonly (string | undefined)[] = [
  undefined,
  'a logit is NaN',
  'a logit is +inf',
  'all logits are -inf',
]

/** What the kernel computes per row. */
type Wanted = Pick<KernelOptions, 'log' | 'sigmoid' | 'summary' | 'slope'> & { truth: boolean }

/** The kernel's flags for what it computes. */
export function flagsOf({ log, sigmoid, summary, truth, slope }: Wanted): number {
  const softmaxFlags = [log && WANT_LOG, sigmoid && WANT_SIGMOID, summary && WANT_SUMMARY]
  const flags = [...softmaxFlags, truth && WANT_TRUTH, slope && WANT_SLOPE]
  return flags.reduce<number>((all, flag) => all | (flag || 0), 0)
}

/** Allocates the results for `rows` rows. */
export function emptyScores(
  rows: number,
  classes: number,
  { top, summary, byClass = false, decision, room = (length) => new Float64Array(length) }: KernelOptions,
): Scores {
  const column = () => new Float64Array(summary ? rows : 0)
  return {
    rows,
    classes,
    values: room(rows * classes, byClass ? classes : 1),
    byClass,
    unscored: 0,
    status: new Uint8Array(rows),
    index: new Uint32Array(rows),
    ...(decision && { labels: new Uint32Array(rows) }),
    ...(decision?.cutoffs && { members: new Uint8Array(rows * classes) }),
    top: new Uint32Array(rows * top),
    confidence: column(),
    margin: column(),
    entropy: column(),
    logsumexp: column(),
  }
}
