/** Evidence that true classes, which are read as positions from 0, count from 1. */
import { plural, shown } from './errors.js'
import { type Metrics, MOST_DENSE } from './metrics.js'
import { optionText } from './option-words.js'
import { areNumbers } from './truth-names.js'

/** The number of rows with a true class and a prediction, by position. */
type Pair = readonly [truth: number, prediction: number, count: number]

/**
 * The warning that true classes probably count from 1: no row has the first class, several other classes occur, and
 * the class before the true one is predicted more often than the true one.
 */
export function shiftWarning(labels: readonly string[], pairs: Iterable<Pair>): string | undefined {
  const occurring = new Set<number>()
  let [rows, right, before] = [0, 0, 0]
  for (const [truth, prediction, count] of pairs) {
    occurring.add(truth)
    rows += count
    if (prediction === truth) right += count
    if (prediction === truth - 1) before += count
  }
  if (occurring.has(0) || occurring.size < 2 || before <= right || areNumbers(labels)) return undefined
  return `no true class is ${shown(labels[0]!)}, position 0; of ${plural(rows, 'row')}, ${right} are predicted as the true class and ${before} as the class before it; if the true classes are positions that count from 1, use ${optionText('truthFrom', 1)}`
}

/** The same for metrics; rows with several true classes show nothing of the kind. */
export function shiftInMetrics({ classes, confusion, hamming_loss }: Metrics): string | undefined {
  // Before a matrix of up to 16 million counts is searched.
  if (hamming_loss !== undefined || (classes[0]?.support ?? 0) > 0) return undefined
  const labels = classes.map(({ label }) => label)
  return shiftWarning(
    labels,
    labels.length > MOST_DENSE ? (confusion as [number, number, number][]) : pairsIn(confusion),
  )
}

function* pairsIn(confusion: readonly number[][]): Generator<Pair> {
  for (const [truth, counts] of confusion.entries()) {
    for (const [prediction, count] of counts.entries()) if (count > 0) yield [truth, prediction, count]
  }
}
