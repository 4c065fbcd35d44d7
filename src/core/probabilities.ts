/** Detects probabilities given as logits. */

/** A pattern in this few rows may be a coincidence. */
export const FEW = 3

/** The signs that numbers may be probabilities. */
export const SIGNS = {
  sum: 'each row sums to 1, as probabilities do',
  percent: 'each row sums to 100, as percentages do',
  range: 'all numbers are from 0 to 1, as probabilities are',
} as const

/** The sign that rows of numbers may be probabilities or percentages, if any. */
export function signOfProbabilities(all: readonly (readonly number[])[]): keyof typeof SIGNS | undefined {
  const rows = all.filter((row) => row.every(Number.isFinite))
  const isFraction = rows.some((row) => row.some((value) => !Number.isInteger(value)))
  const isWithin = (most: number) => rows.every((row) => row.every((value) => value >= 0 && value <= most))
  const sumsTo = (total: number) => rows.every((row) => Math.abs(row.reduce((a, b) => a + b, 0) / total - 1) < 0.02)
  if (rows.length === 0) return undefined
  if (isWithin(1) && (isFraction || rows.length > FEW)) return sumsTo(1) ? 'sum' : 'range'
  return isWithin(100) && sumsTo(100) ? 'percent' : undefined
}

/** How many rows may be within 0 to 1 by coincidence, if an option declares them to be logits. */
const BY_CHANCE = 8

/** The number of rows to check. */
export const WATCHED = 20

/** Creates the function that receives the first rows of logits and warns once if they may be probabilities. */
export function probabilityWatch(isSigmoid: boolean, warn: (text: string) => void) {
  const rows: (readonly number[])[] = []
  let isDone = false
  return (more: () => readonly (readonly number[])[]): void => {
    if (isDone) return
    rows.push(...more())
    const sign = rows.length > 1 ? signOfProbabilities(rows) : undefined
    const isShown = sign !== undefined && (sign !== 'range' || rows.length > BY_CHANCE)
    if (isShown) warn(warningOf(SIGNS[sign], isSigmoid))
    isDone = isShown || rows.length >= WATCHED
  }
}

function warningOf(reason: string, isSigmoid: boolean): string {
  const inverse = isSigmoid ? 'log(p / (1 - p))' : 'log(p)'
  return `the logits may be probabilities: ${reason}; if they are, pass the original logits, or ${inverse} instead of p`
}
