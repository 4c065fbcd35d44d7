/** What goes into the scoring of a matrix, and what comes out of it: arrays of numbers, whatever format they are of. */
import { WANT_LOG, WANT_SIGMOID, WANT_SLOPE, WANT_SUMMARY, WANT_TRUTH } from '../constants.js'
import type { Decision } from './decision.js'

/** What is wanted of a matrix. */
export interface KernelOptions {
  /** Logarithms of the probabilities. */
  log: boolean
  /** Each class on its own, by the sigmoid, in place of softmax. */
  sigmoid: boolean
  /** Logits are divided by it first; above 0. */
  temperature: number
  /** How many of the largest logits of each row to find; 0 to the number of classes. */
  top: number
  /** Whether confidence, margin, entropy and logsumexp are worked out. */
  summary: boolean
  /** Whether rows that are judged have the derivatives of their loss. */
  slope?: boolean
  /** Whether `values` are to stand class after class; for no more classes than {@link MOST_BY_CLASS}, and without `top`. */
  byClass?: boolean
  /** How labels are chosen, where it is not by the largest logit. */
  decision?: Decision | undefined
  /** Gives memory for `values`, of so many columns of the same length where they stand class after class; its own by default. */
  room?: ((length: number, columns: number) => Float64Array) | undefined
}

/** Logits: rows x classes, or a column of all rows for each class, one after the other. */
export interface Logits {
  numbers: Float64Array | Float32Array
  byClass?: boolean | undefined
  /** The position of the true class of each row, NO_CLASS where it has none: rows are judged by them. */
  truths?: Uint32Array | undefined
  /** Rows x classes, where a row may have several true classes: 1 where a class is one; `truths` has 0 then, or NO_CLASS. */
  targets?: Uint8Array | undefined
}

/** The most classes whose numbers may stand class after class: columns of more are short, where as many numbers go together. */
export const MOST_BY_CLASS = 128

/** Results of a matrix of rows x classes, in arrays of their own: `values` and `top` row after row, else one a row. */
export interface Scores {
  rows: number
  classes: number
  /** Rows x classes, or classes x rows: probabilities, or their natural logarithms; NaN where the row has no softmax. */
  values: Float64Array
  byClass: boolean
  /** How many rows have no softmax. */
  unscored: number
  /** 0, or a position in {@link STATUS}: why the row has no softmax. */
  status: Uint8Array
  /** Position of the largest logit, the first on a tie; of the first NaN, if any. */
  index: Uint32Array
  /** The position of the label of each row, NO_CLASS where it has none, where labels are decided; else `index` is. */
  labels?: Uint32Array
  /** Rows x classes: 1 where a class is among the labels of a row, where these are wanted. */
  members?: Uint8Array
  /** What was given of true classes, where a row may have several. */
  targets?: Uint8Array
  /** Rows x top: positions of the largest logits, the largest first, the first on a tie. */
  top: Uint32Array
  /** The largest probability, of log-softmax too. Like the three below, empty where no summary is wanted. */
  confidence: Float64Array
  /** The largest probability less the second largest; of one class, 1. */
  margin: Float64Array
  /** In nats. */
  entropy: Float64Array
  /** log(sum(exp(logits))), of the logits divided by the temperature. */
  logsumexp: Float64Array
  /** The rows as they are judged, {@link JUDGED} numbers a row, where their true classes are given. */
  judged?: Float64Array
  /** Where rows are nested in lists: the offsets of these, see `core/nesting.ts`. */
  nesting?: readonly Int32Array[] | undefined
}

/** Why a row has no softmax, by its status; 0 is a row that has one. */
export const STATUS: readonly (string | undefined)[] = [
  undefined,
  'a logit is NaN',
  'a logit is +inf',
  'all logits are -inf',
]

/** What the kernel computes of rows. */
type Wanted = Pick<KernelOptions, 'log' | 'sigmoid' | 'summary' | 'slope'> & { truth: boolean }

/** The kernel's flags of what it computes. */
export function flagsOf({ log, sigmoid, summary, truth, slope }: Wanted): number {
  const softmaxFlags = [log && WANT_LOG, sigmoid && WANT_SIGMOID, summary && WANT_SUMMARY]
  const flags = [...softmaxFlags, truth && WANT_TRUTH, slope && WANT_SLOPE]
  return flags.reduce<number>((all, flag) => all | (flag || 0), 0)
}

/** Room for the results of so many rows. */
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
