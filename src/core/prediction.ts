/** Predictions, which are the rows of object mode: their properties, as the output columns have them. */
import type { Scores } from '../kernel/host/scores.js'
import {
  COLUMNS,
  type ColumnNames,
  type Layout,
  type OutputColumn,
  type OutputLayout,
  probabilityKey,
  SETS,
  type Shape,
  SUMMARIES,
  TRUTHS,
} from './output-columns.js'

/** What comes out for a row: the rest of its record, and these. */
export interface Prediction {
  /** The probability of each class, in column order, in [0, 1]; absent with `topK`, and from `logSoftmax`. */
  probabilities?: number[]
  /** The natural logarithm of each probability, from `logSoftmax`. */
  logProbabilities?: number[]
  /** The position, from 0, of the largest logit, the first on a tie; with `binary`, of the class by `threshold`. */
  index: number
  /** The name of that class; null where the largest probability is below `minConfidence`. */
  label: string | null
  /** With `emit: 'labels'`: the names of the classes whose probability is at least the `threshold`. */
  labels?: string[]
  /** With `emit: 'set'`: the classes of a set that has the true one as often as the coverage of the `calibration` says. */
  set?: string[]
  /** With `emit: 'set_size'`: how many these are; there may be none. */
  set_size?: number
  /** With `topK`: the most probable classes, the most probable first. */
  top?: {
    /** The name of the class. */
    label: string
    /** Its position, from 0. */
    index: number
    /** Its probability, but from the logarithms. */
    probability?: number
    /** The natural logarithm of its probability, from the logarithms. */
    logProbability?: number
  }[]
  /** The largest probability. */
  confidence?: number
  /** The largest probability less the second largest. */
  margin?: number
  /** Entropy of the probabilities, in nats. */
  entropy?: number
  /** log(sum(exp(logits))), of the logits divided by the temperature. */
  logsumexp?: number
  /**
   * With `truth`: minus the logarithm of the probability of the true class, in nats; null where a row has none, as the two below.
   * By the sigmoid, the mean over classes of the same of each: of p where it is true, else of 1 - p.
   */
  loss?: number | null
  /** The rank of the true class, from 1. */
  rank?: number | null
  /** Whether it is the label; null without one. By the sigmoid, whether all labels are right, and none is missing. */
  correct?: boolean | null
  [rest: string]: unknown
}

type Properties = Record<string, unknown>

/** The properties that hold the results of all classes, or of the most probable ones. */
export const RESULTS: readonly string[] = ['probabilities', 'logProbabilities', 'top']

/** Every name that a property of a prediction may have; those of one value go by the names that were asked for. */
export function propertiesOf(names: ColumnNames): string[] {
  const singles = (['label', 'index', 'labels', ...SETS, ...SUMMARIES, ...TRUTHS] as const).map(
    (name) => names[name] ?? name,
  )
  return [...RESULTS, ...singles]
}

/** The names of the properties that predictions of a layout have, each beside its output column. */
export function predictedNames(layout: OutputLayout): (readonly [OutputColumn, string])[] {
  const { topK, log, columnNames } = layout
  const result = topK > 0 ? 'top' : probabilityKey(log)
  const nameOf = (column: OutputColumn) => (column === 'probs' ? result : (columnNames?.[column] ?? column))
  return predictedColumns(layout).map((column) => [column, nameOf(column)])
}

/** Whatever `emit` asks for, a prediction has its probabilities, index and label. */
function predictedColumns({ emit }: OutputLayout): OutputColumn[] {
  return [...new Set<OutputColumn>(['probs', 'index', 'label', ...emit])]
}

/** A function that makes the prediction of a scored row; `round` is applied to every result. */
export function predictor(layout: OutputLayout, round: (value: number) => number) {
  const columns = predictedColumns(layout).map((name) => COLUMNS[name])
  const origin = { classes: layout.classes, shape: layout.shape ?? 'columns' }
  return (rest: Properties, scores: Scores, row: number): Prediction => {
    const results = columns.map((column) => column.properties(scores, row, layout, round))
    const prediction: Prediction = Object.assign({ ...rest }, ...results)
    const list = prediction[probabilityKey(layout.log)]
    if (layout.topK === 0) ORIGINS.set(list as object, origin)
    return prediction
  }
}

/** What a list of probabilities does not say of itself: the names of its classes, and how their logits stood. */
interface Origin {
  classes: readonly string[]
  shape: Shape
}

/** By the list: it is a property of the prediction, which is the user's to copy and to change. */
const ORIGINS = new WeakMap<object, Origin>()

/** Where a prediction's list of probabilities comes from; undefined where another program made it. */
export function originOf(probabilities: unknown): Origin | undefined {
  return typeof probabilities === 'object' && probabilities !== null ? ORIGINS.get(probabilities) : undefined
}

/** The other way round: the values that a prediction has for the fields of some output columns. */
export function recall(row: Properties, emit: readonly OutputColumn[], layout: Layout): unknown[] {
  return emit.flatMap((name) => COLUMNS[name].recall(row, layout))
}
