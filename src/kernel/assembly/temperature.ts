/**
 * Divides by a temperature T without rounding the quotients. Let T = 2^e D with 1/2 < D <= 1, and y = x 2^-e, which is
 * exact. Then x / T = y / D, and its exponential is taken in steps of D ln 2 / 128 instead of ln 2 / 128 (see
 * `exp.ts`): the distance from the nearest step is exact and less than 2^-8, and only then is it divided by D, with an
 * error of 2^-61. So no rounding matters before the exponential, and all bounds are those of T = 1, for which every
 * number here is the same as without a temperature.
 *
 * 2^-e x overflows if x and e are extreme. Differences of logits are multiplied by `before`, at most 1, before they are
 * taken, and by `after`, at least 1, afterwards: they overflow only if the quotient does.
 *
 * T below 2^-1000 counts as 2^-1000, which matters only if logits differ by less than 1e-298.
 */
import { LOWEST, upperHalf } from './exp'
import { RowState, Temperature } from './structs'

/** 80 above LOWEST: e^-80 is 2^-115. */
const DOMINANT: f64 = -540
const LEAST: f64 = 9.332636185032189e-302
const MOST_EXPONENT: i32 = 1022

/** 128 / ln 2. */
const INVERSE: f64 = 184.6649652337873
/** ln 2 / 128, in parts of 26, 26 and 53 bits. */
const STEP_1: f64 = 0.005415212246589363
const STEP_2: f64 = 1.0153520905997748e-10
const STEP_3: f64 = 1.0485372703201457e-18
/** Adding and subtracting it rounds to a multiple of 2^-41. */
const GRID: f64 = 3072

/** Computes the constants of a temperature. */
export function setTemperature(temperature: Temperature, value: f64): void {
  const t = max(value, LEAST)
  const exponent = min(<i32>((reinterpret<u64>(t) + 0xfffffffffffff) >> 52) - 1023, MOST_EXPONENT)
  const factor = powerOfTwo(-exponent)
  const divisor = t * factor
  const inverse = 1 / divisor
  temperature.value = value
  temperature.before = min(factor, 1)
  temperature.after = max(factor, 1)
  temperature.lowest = LOWEST * divisor
  temperature.dominant = DOMINANT * divisor
  temperature.factor = f64x2.splat(factor)
  temperature.inverse = f64x2.splat(inverse)
  temperature.stepsPerUnit = f64x2.splat(INVERSE * inverse)
  setStep(temperature, divisor, inverse)
}

/**
 * D ln 2 / 128 as a multiple of 2^-41, whose products with |k| < 2^19 are exact, and the rest, divided by D. All
 * products except the last are exact, and so are all sums, due to cancellation.
 */
function setStep(temperature: Temperature, divisor: f64, inverse: f64): void {
  const upper = upperHalf(divisor)
  const lower = divisor - upper
  const head = divisor * (STEP_1 + STEP_2) + GRID - GRID
  const tail = upper * STEP_1 - head + lower * STEP_1 + upper * STEP_2 + lower * STEP_2 + divisor * STEP_3
  temperature.stepHead = f64x2.splat(head)
  temperature.stepTail = f64x2.splat(tail * inverse)
  const inverseUpper = upperHalf(inverse)
  const rest = (1 - upper * inverseUpper - lower * inverseUpper) * inverse
  temperature.quotient = f64x2.splat(inverse * temperature.after)
  temperature.quotientHead = f64x2.splat(inverseUpper * temperature.after)
  temperature.quotientTail = f64x2.splat(rest * temperature.after)
}

// @ts-ignore: decorator
@inline
function powerOfTwo(exponent: i32): f64 {
  return reinterpret<f64>((<u64>(1023 + exponent)) << 52)
}

// @ts-ignore: decorator
@inline
export function temperatureOf(state: RowState): Temperature {
  return changetype<Temperature>(state.temperature)
}
