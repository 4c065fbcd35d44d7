/** A calibration: fitted on rows with known true classes, stored as the JSON file that scoring accepts. */
import { readFileSync } from 'node:fs'
import { plural, SoftmaxError, shown, shownNames, systemReason } from './errors.js'
import { pairText } from './labels.js'
import { optionText, verbText } from './option-words.js'

/** A metric before calibration (temperature 1) and after it (the fitted temperature). */
export interface BeforeAfter {
  /** At temperature 1. */
  before: number
  /** At the fitted temperature. */
  after: number
}

/** The result of `calibrate` and the value of the option `calibration`; `softmax calibrate` writes it as JSON. */
export interface Calibration {
  /** The version of this layout; others are refused. */
  version: 1
  /** How it was fitted. */
  method: 'temperature'
  /** The divisor of the logits, from 2^-20 to 2^20, that minimizes the mean log loss. */
  temperature: number
  /** With `coverage`: the requested share of rows whose set contains the true class. */
  coverage?: number
  /** With `coverage`: a class is in the set if its probability is at least 1 - quantile. */
  quantile?: number
  /** The names of the classes, in column order. */
  classes: string[]
  /** The number of rows with a true class that it was fitted on. */
  rows: number
  /** The mean of -log softmax at the true class, in nats. */
  log_loss: BeforeAfter
  /** The expected calibration error, with 15 bins. */
  ece: BeforeAfter
  /** Warnings, such as a temperature at its bound. */
  warnings: string[]
}

/** The part of a calibration that scoring needs. */
export type Applied = Pick<Calibration, 'temperature' | 'quantile' | 'classes'>

/** Reads a calibration, given as an object or a file name. Throws E_CALIBRATION if it is invalid. */
export function readCalibration(given: string | Applied): Applied {
  const source = typeof given === 'string' ? given : undefined
  const content = source === undefined ? given : parse(source)
  const reason = invalidReason(content as Record<string, unknown> | null)
  if (reason !== undefined) throw new SoftmaxError('E_CALIBRATION', { ...(source !== undefined && { source }), reason })
  return content as Calibration
}

function parse(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SoftmaxError('E_INPUT', { source: path, reason: systemReason(cause) }, { cause })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SoftmaxError('E_CALIBRATION', { source: path, reason: 'it is not JSON' }, { cause })
  }
}

/** What is wrong with a calibration, if anything. */
function invalidReason(content: Record<string, unknown> | null): string | undefined {
  if (typeof content !== 'object' || content === null || !('temperature' in content && 'version' in content)) {
    return 'it is not a calibration'
  }
  const { version, method, temperature, coverage, quantile, classes } = content
  if (version !== 1) return `its version is ${shown(String(version))}, but only version 1 is supported`
  if (method !== 'temperature') return `its method is ${shown(String(method))}, but only "temperature" is supported`
  if (!isWithin(temperature, Number.MIN_VALUE, Number.MAX_VALUE)) return 'its temperature is not a number above 0'
  const hasNames = Array.isArray(classes) && classes.every((name) => typeof name === 'string')
  if (!hasNames) return 'its classes are not a list of names'
  if ((coverage === undefined) !== (quantile === undefined)) return 'it has only one of coverage and quantile'
  if (quantile !== undefined && !isWithin(quantile, 0, 1)) return 'its quantile is not a number from 0 to 1'
  return undefined
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}

/**
 * Throws E_CALIBRATION if a calibration has other classes; their order may differ. Rows without class names, such as
 * those of arrays, must have as many classes.
 */
export function requireSameClasses(calibration: Applied, classes: readonly string[], named: boolean): void {
  const { classes: others } = calibration
  if (classes.length !== others.length) {
    const isBinary = classes.length === 1 && others.length === 2
    const rows = isBinary
      ? `one logit, which ${optionText('binary', pairText(others))} turns into two classes`
      : classes.length
    const reason = `it was made for ${plural(others.length, 'class')}, but the rows have ${rows}`
    throw new SoftmaxError('E_CALIBRATION', { reason, ...(!isBinary && { remedy: forTheseClasses() }) })
  }
  const known = new Set(others)
  const other = named ? classes.find((name) => !known.has(name)) : undefined
  if (other === undefined) return
  if (others.every((name, index) => name === String(index))) throw unnamedClasses(classes)
  const reason = `it was made for the classes ${shownNames(others)}, and ${shown(other)} is not one of them`
  throw new SoftmaxError('E_CALIBRATION', { reason, remedy: forTheseClasses() })
}

const forTheseClasses = () => `make one for these classes with ${verbText('calibrate')}`

/** The error for unnamed classes, whose order cannot be compared with that of the named ones. */
function unnamedClasses(classes: readonly string[]): SoftmaxError {
  const reason = `its classes have no names, but those of the rows are ${shownNames(classes)}`
  const remedy = `pass their names to ${verbText('calibrate')}, too, with ${optionText('labels')}`
  return new SoftmaxError('E_CALIBRATION', { reason, remedy })
}
