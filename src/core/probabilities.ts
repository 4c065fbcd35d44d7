/** Probabilities in place of logits. */

/** What so few rows show may be chance. */
export const FEW = 3

export const SUMS_TO_ONE = 'each row sums to 1, as probabilities do'
const OF_RANGE = 'all numbers are from 0 to 1, as probabilities are'

/** What shows that rows of numbers may be probabilities, or percentages; undefined where nothing does. */
export function likeProbabilities(all: readonly (readonly number[])[]): string | undefined {
  const rows = all.filter((row) => row.every(Number.isFinite))
  const isFraction = rows.some((row) => row.some((value) => !Number.isInteger(value)))
  const isWithin = (most: number) => rows.every((row) => row.every((value) => value >= 0 && value <= most))
  const sumsTo = (total: number) => rows.every((row) => Math.abs(row.reduce((a, b) => a + b, 0) / total - 1) < 0.02)
  if (rows.length === 0) return undefined
  const isUnit = isWithin(1) && (isFraction || rows.length > FEW)
  if (isUnit && sumsTo(1)) return SUMS_TO_ONE
  if (isUnit) return OF_RANGE
  return isWithin(100) && sumsTo(100) ? 'each row sums to 100, as percentages do' : undefined
}

/** How many rows may be from 0 to 1 by chance, where they were said to be logits. */
const BY_CHANCE = 8

/** How many of the first rows are looked at. */
export const WATCHED = 20

/** The function that takes the first rows of logits, some at a time, and warns once where they may be probabilities. */
export function probabilityWatch(isSigmoid: boolean, warn: (text: string) => void) {
  const rows: (readonly number[])[] = []
  let isDone = false
  return (more: () => readonly (readonly number[])[]): void => {
    if (isDone) return
    rows.push(...more())
    const reason = rows.length > 1 ? likeProbabilities(rows) : undefined
    const isShown = reason !== undefined && (reason !== OF_RANGE || rows.length > BY_CHANCE)
    if (isShown) warn(warningOf(reason, isSigmoid))
    isDone = isShown || rows.length >= WATCHED
  }
}

function warningOf(reason: string, isSigmoid: boolean): string {
  const remedy = `score the logits that they were made of${isSigmoid ? '' : ', or their natural logarithms'}`
  return `the logits may be probabilities: ${reason}; if they are, ${remedy}`
}
