/**
 * Finds the temperature T that minimizes the mean log loss L. As a function of b = 1 / T, L is convex, so there is one
 * minimum, and the sign of dL / db says on which side of it a temperature is. With s = b dL / db and c = b^2 d^2L / db^2,
 * a Newton step is
 *
 *     b (1 - s / c)  in b, or       T (1 + s / c)  in T = 1 / b
 *
 * The first is used if T is too high, the second if it is too low, so that T stays positive. A step that leaves the bracket
 * of the minimum is replaced by bisection. Five passes over the rows are usual (4.8 on average over five data sets; Newton
 * steps only in b need up to 11). Testing several temperatures per pass would not pay off: scoring a row takes as long as
 * reading it, so three at once would have to save half of the passes.
 *
 * Temperature scaling: Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017.
 */

/** The loss at a temperature, b dL / db, and b^2 d^2L / db^2. */
export interface Slope {
  loss: number
  slope: number
  curvature: number
}

/**
 * How a search ended: at a minimum; at a bound, beyond which the loss still decreases; with a loss that does not depend
 * on the temperature; or with one that is always infinite.
 */
export type Ending = 'minimum' | 'lowest' | 'highest' | 'flat' | 'infinite'

/** The result of a search: the temperature, and the measurements there and at 1. */
export interface Found<Measured> {
  temperature: number
  ending: Ending
  before: Measured
  after: Measured
}

/** The range of temperatures to search: that for which results are accurate. */
export const LOWEST = 2 ** -20
export const HIGHEST = 2 ** 20

/** A smaller relative step is not taken: it would not get closer to the minimum. */
const NEAR = 2 ** -23
/** The maximum factor of a step. */
const FARTHEST = 4
/**
 * After this many steps in one direction, the next has the maximum length: where the loss vanishes, Newton's method
 * makes little progress.
 */
const PATIENCE = 8
/** More steps than any data needs. */
const MOST_STEPS = 64

/** Finds the temperature; `measure` makes a pass over all rows. */
export async function findTemperature<Measured extends Slope>(
  measure: (temperature: number) => Promise<Measured>,
  isAlwaysRight: (measured: Measured) => boolean,
): Promise<Found<Measured>> {
  const before = await measure(1)
  const end = (temperature: number, ending: Ending, after: Measured): Found<Measured> =>
    after.loss <= before.loss || !(before.loss < Infinity)
      ? { temperature, ending, before, after }
      : { temperature: 1, ending, before, after: before }
  if (before.slope === 0 && before.curvature === 0 && before.loss > 0) return end(1, 'flat', before)
  if (isAlwaysRight(before)) return end(LOWEST, 'lowest', await measure(LOWEST))
  // Outside the bounds, so that the bounds themselves can still be tried.
  const range = { low: LOWEST / 2, high: HIGHEST * 2 }
  let [temperature, at, toOneSide] = [1, before, 0]
  for (let step = 0; step < MOST_STEPS; step++) {
    const { slope, curvature, loss } = at
    if (loss === Infinity && temperature === HIGHEST) return end(1, 'infinite', before)
    if (curvature > 0 && Math.abs(slope) <= NEAR * curvature) break
    if (slope <= 0 && temperature === LOWEST) return end(temperature, 'lowest', at)
    if (slope > 0 && temperature === HIGHEST) return end(temperature, 'highest', at)
    if (slope > 0 || loss === Infinity) range.low = temperature
    else range.high = temperature
    const next = nextOf(temperature, at, range, toOneSide > PATIENCE)
    if (next === temperature) break
    temperature = next
    at = await measure(temperature)
    toOneSide = at.slope > 0 === slope > 0 ? toOneSide + 1 : 0
  }
  return end(temperature, 'minimum', at)
}

/** A Newton step from a temperature, or a bisection of the bracket. */
function nextOf(
  temperature: number,
  { loss, slope, curvature }: Slope,
  { low, high }: { low: number; high: number },
  isLong: boolean,
): number {
  if (loss === Infinity && high > HIGHEST) return HIGHEST
  // Without curvature, as when probabilities are 0 or 1, there is no Newton step.
  const factor = Math.min(FARTHEST, 1 + Math.abs(curvature > 0 && !isLong ? slope / curvature : Infinity))
  const next = slope > 0 ? Math.min(HIGHEST, temperature * factor) : Math.max(LOWEST, temperature / factor)
  return next > low && next < high ? next : Math.sqrt(low * high)
}
