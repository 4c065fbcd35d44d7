/**
 * The temperature T with the least mean log loss L. As a function of b = 1 / T it is convex, so there is one minimum, and the
 * sign of dL / db says on which side of it a temperature is. With s = b dL / db and c = b^2 d^2L / db^2, a step of Newton's is
 *
 *     b (1 - s / c)  in b, or       T (1 + s / c)  in T = 1 / b
 *
 * The first is taken where T is too high, the second where it is too low: then neither can leave the temperatures above 0. A
 * step that leaves what is known to hold the minimum is halved. Five passes over the rows are usual (4.8 on the average of five
 * sets; Newton's steps in only b take up to 11). Several temperatures a pass would not pay: to score a row takes as long as to
 * read it, so three at once would have to spare half of the passes.
 *
 * Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017, is where temperatures come from.
 */

/** What was found of the rows at a temperature: their loss, and b dL / db and b^2 d^2L / db^2. */
export interface Slope {
  loss: number
  slope: number
  curvature: number
}

/**
 * How a search ended: at a minimum; at a bound, beyond which the loss still falls; where no temperature makes a difference; or
 * with a loss that is infinite at all of them.
 */
export type Ending = 'minimum' | 'lowest' | 'highest' | 'flat' | 'infinite'

/** What a search found: the temperature, and what was measured there and at 1. */
export interface Found<Measured> {
  temperature: number
  ending: Ending
  before: Measured
  after: Measured
}

/** The temperatures that are looked at: those that results are accurate for. */
export const LOWEST = 2 ** -20
export const HIGHEST = 2 ** 20

/** A step of less than this part of T is not taken: the minimum is as near. */
const NEAR = 2 ** -23
/** The most that T is multiplied or divided by in a step. */
const FARTHEST = 4
/** After so many steps to one side the next is as long as it may be: where losses vanish, those of Newton's hardly get on. */
const PATIENCE = 8
/** More steps than any data needs. */
const MOST_STEPS = 64

/** Finds the temperature; `measure` goes over all rows. */
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
  // Beyond the bounds, so that these are inside as long as they were not looked at.
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

/** A step of Newton's from a temperature, or one halfway into what holds the minimum. */
function nextOf(
  temperature: number,
  { loss, slope, curvature }: Slope,
  { low, high }: { low: number; high: number },
  isLong: boolean,
): number {
  if (loss === Infinity && high > HIGHEST) return HIGHEST
  // Without a curvature, as where probabilities are 0 or 1, there is no step of Newton's.
  const factor = Math.min(FARTHEST, 1 + Math.abs(curvature > 0 && !isLong ? slope / curvature : Infinity))
  const next = slope > 0 ? Math.min(HIGHEST, temperature * factor) : Math.max(LOWEST, temperature / factor)
  return next > low && next < high ? next : Math.sqrt(low * high)
}
