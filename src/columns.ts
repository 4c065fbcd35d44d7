/** Every output column once: what it is called in a header and in an object, and how its value comes from the scores. */
import type { Scores } from './kernel.js'

/** What the columns of one output depend on beside the scores. */
export interface Layout {
  /** Class names in column order, as they are to be written. */
  classes: readonly string[]
  log: boolean
  /** The number of most probable classes written in place of all probabilities; 0 is off. */
  topK: number
}

/** Cells as written: numbers are results, to be rounded as asked; text, with which mixed cells begin, goes as it is. */
export type Cells = number[] | [string, ...(number | string)[]]

interface Column {
  /** Header names, one a cell. */
  names(layout: Layout): string[]
  /** The cells of a row. */
  cells(scores: Scores, row: number, layout: Layout): Cells
  /** The properties of a row in object mode; `round` is applied to every result. */
  properties(scores: Scores, row: number, layout: Layout, round: (value: number) => number): Record<string, unknown>
}

/** A column of one number a row, called the same everywhere. */
const single = (name: (typeof SUMMARIES)[number]): Column => ({
  names: () => [name],
  cells: (scores, row) => [scores[name][row]!],
  properties: (scores, row, _layout, round) => ({ [name]: round(scores[name][row]!) }),
})

const probabilities: Column = {
  names: ({ classes, log }) => classes.map((label) => prefix(log) + label),
  cells: valuesOf,
  properties: (scores, row, { log }, round) => ({
    [log ? 'logProbabilities' : 'probabilities']: valuesOf(scores, row).map(round),
  }),
}

const mostProbable: Column = {
  names: ({ topK, log }) => ranks(topK).flatMap((rank) => [`label_${rank}`, `${prefix(log)}${rank}`]),
  cells: (scores, row, { classes, topK }) =>
    topOf(scores, row, topK).flatMap(({ index, value }) => [classes[index]!, value]) as Cells,
  properties: (scores, row, { classes, topK, log }, round) => ({
    top: topOf(scores, row, topK).map(({ index, value }) => ({
      label: classes[index],
      index,
      [log ? 'logProbability' : 'probability']: round(value),
    })),
  }),
}

const either = ({ topK }: Layout): Column => (topK > 0 ? mostProbable : probabilities)

/** The table of output columns, by the name that `--emit` knows. */
export const COLUMNS = {
  probs: {
    names: (layout) => either(layout).names(layout),
    cells: (scores, row, layout) => either(layout).cells(scores, row, layout),
    properties: (scores, row, layout, round) => either(layout).properties(scores, row, layout, round),
  },
  label: {
    names: () => ['label'],
    cells: (scores, row, { classes }) => [classes[scores.index[row]!]!],
    properties: (scores, row, { classes }) => ({ label: classes[scores.index[row]!] }),
  },
  index: {
    names: () => ['index'],
    cells: (scores, row) => [String(scores.index[row])],
    properties: (scores, row) => ({ index: scores.index[row] }),
  },
  confidence: single('confidence'),
  margin: single('margin'),
  entropy: single('entropy'),
  logsumexp: single('logsumexp'),
} satisfies Record<string, Column>

/** A name of {@link COLUMNS}. */
export type Emittable = keyof typeof COLUMNS

/** All names of {@link COLUMNS}. */
export const EMITTABLE = Object.keys(COLUMNS) as Emittable[]

/** The columns that sum up a row, which the kernel works out only where one is asked for. */
export const SUMMARIES = ['confidence', 'margin', 'entropy', 'logsumexp'] as const

/** True if one of the columns is a summary of its row. */
export function needSummary(emit: readonly Emittable[]): boolean {
  return SUMMARIES.some((name) => emit.includes(name))
}

function prefix(log: boolean): string {
  return log ? 'logp_' : 'p_'
}

function ranks(count: number): number[] {
  return Array.from({ length: count }, (_, rank) => rank + 1)
}

/** The values of a row, as an array that is quick to make and to print. */
function valuesOf({ values, classes }: Scores, row: number): number[] {
  const array: number[] = []
  for (let at = row * classes; at < (row + 1) * classes; at++) array.push(values[at]!)
  return array
}

function topOf(scores: Scores, row: number, topK: number): { index: number; value: number }[] {
  const indices = scores.top.subarray(row * topK, (row + 1) * topK)
  return Array.from(indices, (index) => ({ index, value: scores.values[row * scores.classes + index]! }))
}
