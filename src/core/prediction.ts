/** Predictions, which are the rows of object mode: their properties, as the output columns have them. */
import type { Decision } from '../kernel/host/decision.js'
import type { Scores } from '../kernel/host/scores.js'
import { hiddenProperty } from './hidden-property.js'
import type { LostTypes } from './lost-types.js'
import {
  COLUMNS,
  type ColumnNames,
  type Layout,
  OUTPUT_COLUMNS,
  type OutputColumn,
  type OutputLayout,
  probabilityKey,
  type Shape,
} from './output-columns.js'

/** What comes out for a row: the rest of its record, and what `emit` names; by default the probabilities, `index` and `label`. */
export interface Prediction {
  /** The probability of each class, in column order, in [0, 1]; absent with `topK`, and from `logSoftmax`. */
  probabilities?: number[]
  /** The natural logarithm of each probability, from `logSoftmax`. */
  logProbabilities?: number[]
  /** The position, from 0, of the largest logit, the first on a tie, or of the first NaN; with `binary`, of the class by `threshold`. */
  index?: number
  /** The name of that class; null where the largest probability is below `minConfidence`, or NaN. */
  label?: string | null
  /** With `emit: 'labels'`: the names of the classes whose probability is at least the `threshold`. */
  labels?: string[]
  /** With `emit: 'set'`: the classes of a set that has the true one as often as the coverage of the `calibration` says. */
  set?: string[]
  /** With `emit: 'set_size'`: how many these are; there may be none. */
  set_size?: number
  /** With `topK`: the most probable classes, the most probable first. */
  top?: {
    /** The name of the class; null where its probability is NaN. */
    label: string | null
    /** Its position, from 0. */
    index: number
    /** Its probability, but from the logarithms. */
    probability?: number
    /** The natural logarithm of its probability, from the logarithms. */
    logProbability?: number
  }[]
  /** With `emit: 'confidence'`: the largest probability. */
  confidence?: number
  /** With `emit: 'margin'`: the largest probability less the second largest. */
  margin?: number
  /** With `emit: 'entropy'`: that of the probabilities, in nats. */
  entropy?: number
  /** With `emit: 'logsumexp'`: log(sum(exp(logits))), of the logits divided by the temperature. */
  logsumexp?: number
  /**
   * With `emit: 'loss'` and `truth`: minus the logarithm of the probability of the true class, in nats; null where a row has none, as the two below.
   * By the sigmoid, the mean over classes of the same of each: of p where it is true, else of 1 - p.
   */
  loss?: number | null
  /** With `emit: 'rank'`: that of the true class, from 1. */
  rank?: number | null
  /** With `emit: 'correct'`: whether it is the label; null without one. By the sigmoid, whether all labels are right, and none is missing. */
  correct?: boolean | null
  [rest: string]: unknown
}

type Properties = Record<string, unknown>

/** The properties that hold the results of all classes, or of the most probable ones. */
export const RESULTS: readonly string[] = ['probabilities', 'logProbabilities', 'top']

/** Every name that a property of a prediction may have for some columns; those of one value go by the names that were asked for. */
export function propertiesOf(names: ColumnNames, columns: readonly OutputColumn[] = OUTPUT_COLUMNS): string[] {
  return columns.flatMap((name) => (name === 'probs' ? RESULTS : [names[name] ?? name]))
}

/** The names of the properties that predictions of a layout have, each beside its output column. */
export function predictedNames(layout: OutputLayout): (readonly [OutputColumn, string])[] {
  const { topK, log, columnNames } = layout
  const result = topK > 0 ? 'top' : probabilityKey(log)
  const nameOf = (column: OutputColumn) => (column === 'probs' ? result : (columnNames?.[column] ?? column))
  return layout.emit.map((column) => [column, nameOf(column)])
}

/** What a prediction has where `emit` is not given. */
export const PREDICTED: readonly OutputColumn[] = ['probs', 'index', 'label']

/**
 * A function that makes the prediction of a scored row out of the rest of its record, which is its own; `round` is applied to every
 * result. `isAsked` says that what it has was asked for, so that it is written, too; `lost` are types that rows have lost.
 */
export function predictor(
  layout: OutputLayout,
  round: (value: number) => number,
  isAsked: boolean,
  lost: LostTypes | undefined,
) {
  const { classes, shape = 'columns', emit, columnNames = {}, decision } = layout
  const columns = predictedNames(layout).map(([column, name]) => ({ name, property: COLUMNS[column].property }))
  const properties = columns.map(({ name }) => name)
  const origin = { classes, shape, columnNames, decision, properties, lost, ...(isAsked && { emit }) }
  return (prediction: Properties, scores: Scores, row: number): Prediction => {
    for (const { name, property } of columns) prediction[name] = property(scores, row, layout, round)
    origins.put(listOf(prediction) ?? prediction, origin)
    return prediction
  }
}

/** What a prediction does not say of itself. */
interface Origin {
  /** The names of the classes, and how their logits stood. */
  classes: readonly string[]
  shape: Shape
  /** How labels were chosen, by which there may be none. */
  decision: Decision | undefined
  /** The properties that are predicted, and the names of columns that were asked for. */
  properties: readonly string[]
  columnNames: ColumnNames
  /** The columns that were asked for, if they were. */
  emit?: readonly OutputColumn[]
  /** The types that columns have lost since they were read. */
  lost: LostTypes | undefined
}

/** Of the list of the probabilities, where there is one, as the prediction is the user's to copy and to change. */
const origins = hiddenProperty<Origin>()

/** Where a prediction comes from; undefined where another program made it. */
export function originOf(prediction: Properties): Origin | undefined {
  return origins.get(listOf(prediction) ?? prediction)
}

/** The list of a prediction's probabilities. */
function listOf(prediction: Properties): object | undefined {
  for (const name of RESULTS) if (Array.isArray(prediction[name])) return prediction[name]
  return undefined
}

/** The other way round: the values that a prediction has for the fields of some output columns. */
export function recall(row: Properties, emit: readonly OutputColumn[], layout: Layout): unknown[] {
  return emit.flatMap((name) => COLUMNS[name].recall(row, layout))
}
