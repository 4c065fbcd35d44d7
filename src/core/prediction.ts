/** Predictions, the rows of object mode, and their properties by output column. */
import type { Decision } from '../kernel/host/decision.js'
import type { Scores } from '../kernel/host/scores.js'
import { hiddenProperty } from './hidden-property.js'
import {
  COLUMNS,
  type ColumnNames,
  isUnscored,
  type Layout,
  OUTPUT_COLUMNS,
  type OutputColumn,
  type OutputLayout,
  probabilityKey,
  type Shape,
} from './output-columns.js'
import type { SourceTypes } from './source-types.js'

/**
 * The output for a row: the rest of its record, and what `emit` names; by default the probabilities, `index` and
 * `label`. With `nonfinite: 'null'`, it is a {@link NullablePrediction}.
 */
export interface Prediction {
  /** The probability of each class, in column order, in [0, 1]; absent with `topK`, and from `logSoftmax`. */
  probabilities?: number[]
  /** The natural logarithm of each probability, from `logSoftmax`. */
  logProbabilities?: number[]
  /**
   * The position, from 0, of the largest logit (the first if tied), or of the first NaN; with `binary`, of the class
   * chosen by `threshold`.
   */
  index?: number
  /** The name of that class; null if the largest probability is below `minConfidence`, or NaN. */
  label?: string | null
  /** With `emit: 'labels'`: the names of the classes whose probability is at least the `threshold`. */
  labels?: string[]
  /**
   * With `emit: 'set'`: the prediction set, which contains the true class as often as the coverage of the `calibration`
   * says.
   */
  set?: string[]
  /** With `emit: 'set_size'`: the size of the set, possibly 0. */
  set_size?: number
  /** With `topK`: the most probable classes, in descending order. */
  top?: {
    /** The name of the class; null if its probability is NaN. */
    label: string | null
    /** Its position, from 0. */
    index: number
    /** Its probability, except from `logSoftmax`. */
    probability?: number
    /** The natural logarithm of its probability, from `logSoftmax`. */
    logProbability?: number
  }[]
  /** With `emit: 'confidence'`: the largest probability. */
  confidence?: number
  /** With `emit: 'margin'`: the largest probability minus the second largest. */
  margin?: number
  /** With `emit: 'entropy'`: the entropy of the probabilities, in nats. */
  entropy?: number
  /** With `emit: 'logsumexp'`: log(sum(exp(logits))), after division of the logits by the temperature. */
  logsumexp?: number
  /**
   * With `emit: 'loss'` and `truth`: the negative log probability of the true class, in nats; null if a row has no true
   * class, like the next two. By the sigmoid, the mean over classes of -log p if true, otherwise -log (1 - p).
   */
  loss?: number | null
  /** With `emit: 'rank'`: the rank of the true class, from 1; of equal logits, the first class ranks first. */
  rank?: number | null
  /**
   * With `emit: 'correct'`: whether the label is the true class; null without a label. By the sigmoid, whether the
   * labels are exactly the true classes.
   */
  correct?: boolean | null
  [rest: string]: unknown
}

/** A prediction with `nonfinite: 'null'`: all results of a row without a softmax are null. */
export type NullablePrediction = { [Name in keyof Prediction]: Prediction[Name] | null }

type Properties = Record<string, unknown>

/** The properties that hold the results of all classes, or of the most probable ones. */
export const RESULTS: readonly string[] = ['probabilities', 'logProbabilities', 'top']

/** Every property name that predictions may have for some columns; single-valued columns use the requested names. */
export function propertiesOf(names: ColumnNames, columns: readonly OutputColumn[] = OUTPUT_COLUMNS): string[] {
  return columns.flatMap((name) => (name === 'probs' ? RESULTS : [names[name] ?? name]))
}

/** The property names of predictions of a layout, each with its output column. */
export function predictedNames(layout: OutputLayout): (readonly [OutputColumn, string])[] {
  const { topK, log, columnNames } = layout
  const result = topK > 0 ? 'top' : probabilityKey(log)
  const nameOf = (column: OutputColumn) => (column === 'probs' ? result : (columnNames?.[column] ?? column))
  return layout.emit.map((column) => [column, nameOf(column)])
}

/** The properties of a prediction if `emit` is not given. */
export const PREDICTED: readonly OutputColumn[] = ['probs', 'index', 'label']

/**
 * Creates the function that adds the prediction of a scored row to the rest of its record, which it owns; `round` is
 * applied to every result. `isRequested` means that the properties were requested, so `write` writes them, too; `types`
 * are those of the input of the rows, if known.
 */
export function predictor(
  layout: OutputLayout,
  round: (value: number) => number,
  isRequested: boolean,
  types: SourceTypes | undefined,
) {
  const { classes, shape = 'columns', emit, columnNames = {}, log, topK, decision, nullUnscored = false } = layout
  const columns = predictedNames(layout).map(([column, name]) => ({ name, property: COLUMNS[column].property }))
  const properties = columns.map(({ name }) => name)
  const chosen = { classes, shape, columnNames, log, topK, decision, nullUnscored }
  const origin = { ...chosen, properties, types, ...(isRequested && { emit }) }
  return (prediction: Properties, scores: Scores, row: number): Prediction => {
    const isNull = nullUnscored && isUnscored(scores, row)
    for (const { name, property } of columns) prediction[name] = isNull ? null : property(scores, row, layout, round)
    origins.put(listOf(prediction) ?? prediction, origin)
    return prediction
  }
}

/** Information that a prediction does not show. */
interface Origin {
  /** The class names, and the shape of the logits. */
  classes: readonly string[]
  shape: Shape
  /** Whether results are logarithms, and how many of them there are if they are those of the most probable classes. */
  log: boolean
  topK: number
  /** How labels were chosen; with a decision there may be none. */
  decision: Decision | undefined
  /** Whether all results of a row without a softmax are null. */
  nullUnscored: boolean
  /** The predicted properties, and the requested column names. */
  properties: readonly string[]
  columnNames: ColumnNames
  /** The requested columns, if any. */
  emit?: readonly OutputColumn[]
  /** The types of the columns in the input, if known. */
  types: SourceTypes | undefined
}

/** Attached to the list of probabilities, if there is one, because users copy and modify the prediction itself. */
const origins = hiddenProperty<Origin>()

/** The origin of a prediction; undefined if another program made it. */
export function originOf(prediction: Properties): Origin | undefined {
  return origins.get(listOf(prediction) ?? prediction)
}

/** The list of a prediction's probabilities. */
function listOf(prediction: Properties): object | undefined {
  for (const name of RESULTS) if (Array.isArray(prediction[name])) return prediction[name]
  return undefined
}

/** The inverse: the field values of a prediction for some output columns. */
export function recall(row: Properties, emit: readonly OutputColumn[], layout: Layout): unknown[] {
  return emit.flatMap((name) => COLUMNS[name].recall(row, layout))
}
