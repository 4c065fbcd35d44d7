/** Every output column: its names in headers and objects, and how its value is computed from the scores. */
import { ABSTAINED, EVALUATION_FIELDS, LOSS, NO_CLASS, PREDICTED, RANK, TRUTH } from '../kernel/constants.js'
import type { Decision } from '../kernel/host/decision.js'
import type { Scores } from '../kernel/host/scores.js'
import { nestedValues } from './nesting.js'

/** How the values of all classes are written: a column each, one list, or one record of class -> value. */
export type Shape = 'columns' | 'list' | 'record'

/** What output columns depend on besides the scores. */
export interface Layout {
  /** Class names in column order, as written. */
  classes: readonly string[]
  /** Whether the rows do not name their classes, and the names are those of the calibration. */
  assumed?: true
  /** The option that gives the names of the classes, if one does. */
  namedBy?: 'labels' | 'binary'
  /** Whether results are logarithms of the probabilities. */
  log: boolean
  /** How true classes are read if their values may mean several things. */
  truthReading?: TruthReading
  /** The position of the first class in the true class columns, if it is not 0. */
  truthFrom?: 1
  /** Whether each class has an independent probability, by the sigmoid. */
  sigmoid: boolean
  /** Whether a row has one logit, that of the second of two classes; the first has logit 0. */
  binary?: boolean
  /** How labels are chosen, if not by the largest logit. */
  decision?: Decision | undefined
  /** The number of most probable classes to write instead of all probabilities; 0 means all. */
  topK: number
  /** How all probabilities are written [default: a column for each class]. */
  shape?: Shape
  /**
   * Whether the output is arrays of numbers: the most probable classes are one of positions and one of results, and some
   * classes of a row are a boolean for each class.
   */
  arrays?: true
  /** The nesting depth, if rows of logits are nested in lists. */
  depth?: number
  /** Names that replace the defaults: for `probs`, the prefix or the name of a list. */
  columnNames?: ColumnNames
  /** Whether all results of a row without a softmax are null. */
  nullUnscored?: true
  /** Whether metrics rank each of three or more classes of the softmax against all others. */
  oneVsRest?: true
}

/** How the values of a single true class column are read that may mean several things. */
export interface TruthReading {
  /** Whether false and true are the positions of two classes: a name shows which class is true. */
  booleans?: true
  /** Why 0 and 1 are no positions: the column is named after a class that they do not mean. */
  noBits?: string
}

/** A layout, with the output columns. */
export interface OutputLayout extends Layout {
  /** The output columns, in order. */
  emit: OutputColumn[]
}

/** Names that replace those of output columns. */
export type ColumnNames = { readonly [Name in OutputColumn]?: string }

/** The columns that summarize a row; the kernel computes them only on demand. */
export const SUMMARIES = ['confidence', 'margin', 'entropy', 'logsumexp'] as const

/** The columns about the true class of a row: empty if it has none. */
export const TRUTHS = ['loss', 'rank', 'correct'] as const

/** The columns about the prediction set, from a calibration with a coverage. */
export const SETS = ['set', 'set_size'] as const

/** A name in the table of output columns. */
export type OutputColumn =
  | 'probs'
  | 'label'
  | 'index'
  | 'labels'
  | (typeof SETS)[number]
  | (typeof SUMMARIES)[number]
  | (typeof TRUTHS)[number]

/**
 * A typed output field: `classes` is one value per class, in a list or record; `names` is a list of classes; `top` is
 * positions or results of the most probable classes; `nested` is lists of the values of another field, nested like the logits.
 */
export interface Field {
  name: string
  type: 'text' | 'count' | 'result' | 'boolean' | 'classes' | 'top' | 'names' | 'nested'
  /** Whether it may be null. */
  nullable?: true
  /** Whether it is null in rows without a softmax. */
  nullUnscored?: true
  /** For `classes`: whether the values form a list or a record. */
  shape?: 'list' | 'record'
  /** For `top`: what it lists, and how many. */
  of?: 'count' | 'result'
  size?: number
  value(scores: Scores, row: number): string | number | boolean | unknown[] | null
  /** For `nested`: the field of each row of logits. */
  item?: Field
  /** For `nested`: the number of enclosing lists. */
  depth?: number
  /** For `names`: whether they are written as a boolean for each class. */
  isEachClass?: true
  /** For `names`: the positions of the classes. */
  members?(scores: Scores, row: number): number[]
  /** For `text`: the position of the class with that name; NO_CLASS for null. */
  position?(scores: Scores, row: number): number
  /** The same for all rows. */
  positions?(scores: Scores): Uint32Array
  /** The position of its class, if each class has a column. */
  classIndex?: number
  /** For a field that represents all class columns: the individual fields, if they are computed by class. */
  parts?: readonly Field[]
  /** The numbers of all rows, one after the other. */
  all?(scores: Scores): Float64Array
}

interface Column {
  /** Its header names and types, one per cell. */
  fields(layout: Layout): Field[]
  /** The property value of a row in object mode; `round` is applied to every result. */
  property(scores: Scores, row: number, layout: Layout, round: (value: number) => number): unknown
  /** The inverse: the field values of a row from object mode. */
  recall(row: Record<string, unknown>, layout: Layout): unknown[]
}

/** A column with one number per row and the same name everywhere. */
const single = (name: (typeof SUMMARIES)[number]): Column => ({
  fields: ({ columnNames }) => [
    {
      name: columnNames?.[name] ?? name,
      type: 'result',
      value: (scores, row) => scores[name][row]!,
      all: (scores) => scores[name],
    },
  ],
  property: (scores, row, _, round) => round(scores[name][row]!),
  recall: (row, { columnNames }) => [row[columnNames?.[name] ?? name]],
})

/** A column about the true class of each row, with the same name everywhere. */
const ofTruth = (
  name: (typeof TRUTHS)[number],
  type: 'result' | 'count' | 'boolean',
  read: (evaluated: Float64Array, at: number) => number | boolean | null,
): Column => {
  const valueOf = ({ evaluated, status }: Scores, row: number) => {
    const at = EVALUATION_FIELDS * row
    if (status[row] !== 0) return type === 'result' ? Number.NaN : null
    return evaluated === undefined || evaluated[at + TRUTH]! < 0 ? null : read(evaluated, at)
  }
  return {
    fields: ({ columnNames }) => [{ name: columnNames?.[name] ?? name, type, nullable: true, value: valueOf }],
    property: (scores, row, _, round) => {
      const value = valueOf(scores, row)
      return typeof value === 'number' ? round(value) : value
    },
    recall: (row, { columnNames }) => [row[columnNames?.[name] ?? name]],
  }
}

/** A column of some classes of each row: their names in class order, or in arrays a boolean for each class. */
const names = (name: 'labels' | 'set', members: NonNullable<Field['members']>): Column => {
  const namesOf = (scores: Scores, row: number, classes: readonly string[]) =>
    members(scores, row).map((index) => classes[index]!)
  return {
    fields: ({ classes, columnNames, arrays }) => [
      {
        name: columnNames?.[name] ?? name,
        type: 'names',
        ...(arrays && { isEachClass: true }),
        value: (scores, row) => namesOf(scores, row, classes),
        members,
      },
    ],
    property: (scores, row, { classes }) => namesOf(scores, row, classes),
    recall: (row, { columnNames }) => [row[columnNames?.[name] ?? name]],
  }
}

const probabilities: Column = {
  fields: ({ classes, log, shape = 'columns', columnNames }) =>
    shape === 'columns'
      ? classes.map((label, index) => ({
          name: (columnNames?.probs ?? prefix(log)) + label,
          type: 'result',
          classIndex: index,
          value: ({ values, rows, byClass }, row) =>
            values[byClass ? index * rows + row : row * classes.length + index]!,
          all: (scores) => valuesOfClass(scores, index),
        }))
      : [
          {
            name: columnNames?.probs ?? (log ? 'logprobs' : 'probs'),
            type: 'classes',
            shape,
            value: (scores, row) => valuesOf(scores, row),
            all: ({ values }) => values,
          },
        ],
  property: (scores, row, _, round) => valuesOf(scores, row, round),
  recall: (row, { log, classes, shape = 'columns' }) => {
    const values = row[probabilityKey(log)]
    if (values === null && shape === 'columns') return classes.map(() => null)
    return shape === 'columns' && Array.isArray(values) ? values : [values]
  },
}

/** Whether a row may lack a label, because its probability is too small or NaN. */
const mayLack = (decision: Decision | undefined): Pick<Field, 'nullable'> =>
  decision?.minConfidence === undefined ? {} : { nullable: true }

const mostProbable: Column = {
  fields: ({ topK, log, classes, columnNames, decision, arrays }) =>
    arrays
      ? topArrays(topK, columnNames?.probs ?? (log ? 'top_logprobs' : 'top_probs'))
      : ranks(topK).flatMap((rank): Field[] => {
          const best = (scores: Scores, row: number) => scores.top[row * topK + rank - 1]!
          const value = (scores: Scores, row: number) => scores.values[row * scores.classes + best(scores, row)]!
          const position = (scores: Scores, row: number) =>
            Number.isNaN(value(scores, row)) ? NO_CLASS : best(scores, row)
          return [
            {
              name: `${columnNames?.label ?? 'label'}_${rank}`,
              type: 'text',
              ...mayLack(decision),
              value: (scores, row) => classes[position(scores, row)] ?? null,
              position,
            },
            { name: `${columnNames?.probs ?? prefix(log)}${rank}`, type: 'result', value },
          ]
        }),
  property: (scores, row, { classes, topK, log }, round) =>
    topOf(scores, row, topK).map(({ index, value }) => ({
      label: Number.isNaN(value) ? null : classes[index]!,
      index,
      [log ? 'logProbability' : 'probability']: round(value),
    })),
  recall: ({ top }, { log, topK, arrays }) => {
    if (top === null) return Array.from({ length: arrays ? 2 : 2 * topK }, () => null)
    const all: Record<string, unknown>[] = Array.isArray(top) ? top : []
    const result = log ? 'logProbability' : 'probability'
    if (arrays) return ['index', result].map((key) => all.map((one) => one?.[key]))
    return all.flatMap((one) => [one?.label, one?.[result]])
  },
}

/** The most probable classes of each row as two lists, of positions and of results. */
function topArrays(topK: number, name: string): Field[] {
  const field = { type: 'top', size: topK } as const
  return [
    {
      ...field,
      name: 'top_index',
      of: 'count',
      value: (scores, row) => topOf(scores, row, topK).map((one) => one.index),
    },
    { ...field, name, of: 'result', value: (scores, row) => topOf(scores, row, topK).map((one) => one.value) },
  ]
}

const either = ({ topK }: Layout): Column => (topK > 0 ? mostProbable : probabilities)

/** The table of output columns, by their names in `emit`. */
export const COLUMNS: Readonly<Record<OutputColumn, Column>> = {
  probs: {
    fields: (layout) => either(layout).fields(layout),
    property: (scores, row, layout, round) => either(layout).property(scores, row, layout, round),
    recall: (row, layout) => either(layout).recall(row, layout),
  },
  label: {
    fields: ({ classes, columnNames, decision }) => [
      {
        name: columnNames?.label ?? 'label',
        type: 'text',
        ...mayLack(decision),
        value: (scores, row) => classes[labelsOf(scores)[row]!] ?? null,
        position: (scores, row) => labelsOf(scores)[row]!,
        positions: labelsOf,
      },
    ],
    property: (scores, row, { classes }) => classes[labelsOf(scores)[row]!] ?? null,
    recall: (row, { columnNames }) => [row[columnNames?.label ?? 'label']],
  },
  index: {
    fields: ({ columnNames }) => [
      { name: columnNames?.index ?? 'index', type: 'count', value: (scores, row) => scores.index[row]! },
    ],
    property: (scores, row) => scores.index[row],
    recall: (row, { columnNames }) => [row[columnNames?.index ?? 'index']],
  },
  labels: names('labels', (scores, row) => membersOf(scores, row)),
  set: names('set', (scores, row) => membersOf(scores, row)),
  set_size: {
    fields: ({ columnNames }) => [
      {
        name: columnNames?.set_size ?? 'set_size',
        type: 'count',
        value: (scores, row) => membersOf(scores, row).length,
      },
    ],
    property: (scores, row) => membersOf(scores, row).length,
    recall: (row, { columnNames }) => [row[columnNames?.set_size ?? 'set_size']],
  },
  confidence: single('confidence'),
  margin: single('margin'),
  entropy: single('entropy'),
  logsumexp: single('logsumexp'),
  loss: ofTruth('loss', 'result', (evaluated, at) => evaluated[at + LOSS]!),
  rank: ofTruth('rank', 'count', (evaluated, at) => evaluated[at + RANK]!),
  correct: ofTruth('correct', 'boolean', (evaluated, at) =>
    evaluated[at + ABSTAINED] === 1 ? null : evaluated[at + TRUTH] === evaluated[at + PREDICTED],
  ),
}

/** The names of all output columns. */
export const OUTPUT_COLUMNS = Object.keys(COLUMNS) as OutputColumn[]

/** An entry of `emit`: an output column, optionally renamed. */
export type Emitted = OutputColumn | `${OutputColumn}=${string}`

/** Entries of `emit` as comma-separated text; the type checks only the first two, and nothing after a name. */
export type EmitList = Emitted | `${OutputColumn},${Emitted}` | `${OutputColumn},${OutputColumn},${string}`

/** Parses the entries of `emit`: each column once, and the requested names. */
export function parseEmit(entries: readonly string[]): { emit: OutputColumn[]; names: ColumnNames } {
  const pairs = entries.map((entry) => {
    const [column] = entry.split('=', 1) as [OutputColumn]
    return [column, column === entry ? undefined : entry.slice(column.length + 1)] as const
  })
  const renamed = pairs.filter(([, name]) => name !== undefined)
  return { emit: [...new Set(pairs.map(([column]) => column))], names: Object.fromEntries(renamed) }
}

/** The fields of some output columns in a layout. */
export function fieldsOf(emit: readonly OutputColumn[], layout: Layout): Field[] {
  const all = emit.flatMap((name) => COLUMNS[name].fields(layout))
  const fields = layout.nullUnscored ? all.map(nullIfUnscored) : all
  return layout.depth === undefined ? fields : fields.map((field) => nestedField(field, layout.depth!))
}

/** A field that is null in rows without a softmax, which then have no classes either. */
export function nullIfUnscored(field: Field): Field {
  const { value, position, members } = field
  return {
    ...field,
    nullUnscored: true,
    value: (scores, row) => (isUnscored(scores, row) ? null : value(scores, row)),
    ...(position && { position: (scores, row) => (isUnscored(scores, row) ? NO_CLASS : position(scores, row)) }),
    ...(members && { members: (scores, row) => (isUnscored(scores, row) ? [] : members(scores, row)) }),
  }
}

/** Whether a row has no softmax. */
export function isUnscored({ status }: Scores, row: number): boolean {
  return status[row] !== 0
}

/** Whether a field is null in some rows of a batch because they have no softmax; values of objects show that themselves. */
export function hasUnscored({ nullUnscored }: Field, { unscored }: Scores): boolean {
  return nullUnscored === true && unscored !== 0
}

/** Whether the values of a field may be null. */
export function mayBeNull({ nullable, nullUnscored }: Field): boolean {
  return nullable === true || nullUnscored === true
}

/** The field of lists of another field's values. */
function nestedField(item: Field, depth: number): Field {
  const { name } = item
  const value = (scores: Scores, row: number) =>
    nestedValues<unknown>(scores.nesting!, row, (index) => item.value(scores, index))
  return { name, type: 'nested', item, depth, value }
}

/** Whether a column lists class names. */
export function hasNames(emit: readonly OutputColumn[]): boolean {
  return emit.includes('labels') || emit.includes('set')
}

/** Whether a column summarizes its row. */
export function needSummary(emit: readonly OutputColumn[]): boolean {
  return SUMMARIES.some((name) => emit.includes(name))
}

/** The number of logits per row. */
export function inputsOf({ binary = false, classes }: Pick<Layout, 'binary' | 'classes'>): number {
  return binary ? 1 : classes.length
}

/** The property of a prediction that lists its probabilities. */
export function probabilityKey(log: boolean): 'probabilities' | 'logProbabilities' {
  return log ? 'logProbabilities' : 'probabilities'
}

function prefix(log: boolean): string {
  return log ? 'logp_' : 'p_'
}

function ranks(count: number): number[] {
  return Array.from({ length: count }, (_, rank) => rank + 1)
}

/** The label position of each row. */
function labelsOf({ labels, index }: Scores): Uint32Array {
  return labels ?? index
}

/** The positions of the labels of a row. */
function membersOf({ members, classes }: Scores, row: number): number[] {
  const found: number[] = []
  for (let index = 0, at = row * classes; index < classes; index++, at++) if (members![at] === 1) found.push(index)
  return found
}

/** The values of a row, as an array that is cheap to create and print. */
function valuesOf({ values, classes }: Scores, row: number, round = (value: number) => value): number[] {
  const array: number[] = []
  for (let at = row * classes; at < (row + 1) * classes; at++) array.push(round(values[at]!))
  return array
}

/** The values of a class in all rows. */
function valuesOfClass({ values, rows, classes, byClass }: Scores, index: number): Float64Array {
  if (byClass) return values.subarray(index * rows, (index + 1) * rows)
  const found = new Float64Array(rows)
  for (let row = 0, at = index; row < rows; row++, at += classes) found[row] = values[at]!
  return found
}

function topOf(scores: Scores, row: number, topK: number): { index: number; value: number }[] {
  const indices = scores.top.subarray(row * topK, (row + 1) * topK)
  return Array.from(indices, (index) => ({ index, value: scores.values[row * scores.classes + index]! }))
}
