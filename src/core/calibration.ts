/** A calibration: what was learnt from rows whose true classes are known, as the JSON file that scoring takes. */
import { readFileSync } from 'node:fs'
import { plural, SoftmaxError, shown, systemReason } from './errors.js'
import { optionText, verbText } from './option-words.js'

/** A figure before, at the temperature 1, and after, at the one that was found. */
export interface BeforeAfter {
  /** At the temperature 1. */
  before: number
  /** At the temperature that was found. */
  after: number
}

/** What `calibrate` gives, and what the option `calibration` takes; the file of `softmax calibrate` is this as JSON. */
export interface Calibration {
  /** Of this layout; others are refused. */
  version: 1
  /** How it was found. */
  method: 'temperature'
  /** What logits are to be divided by: that with the least mean log loss, from 2^-20 to 2^20. */
  temperature: number
  /** With `coverage`: the share of rows whose set is to have the true class. */
  coverage?: number
  /** With `coverage`: a class is in a set if its probability is at least 1 less this. */
  quantile?: number
  /** The names of the classes, in column order. */
  classes: string[]
  /** How many rows with a true class it is made of. */
  rows: number
  /** The mean of -log softmax at the true class, in nats. */
  log_loss: BeforeAfter
  /** The expected calibration error, of 15 bins. */
  ece: BeforeAfter
  /** What is to be known of it, such as a temperature that is a bound. */
  warnings: string[]
}

/** The part of a calibration that scoring needs. */
export type Applied = Pick<Calibration, 'temperature' | 'quantile' | 'classes'>

/** A calibration that is given as such, or as the name of its file. Throws E_CALIBRATION where it is none. */
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

/** What is wrong with a calibration, if anything is. */
function invalidReason(content: Record<string, unknown> | null): string | undefined {
  if (typeof content !== 'object' || content === null || !('temperature' in content && 'version' in content)) {
    return 'it is not a calibration'
  }
  const { version, method, temperature, coverage, quantile, classes } = content
  if (version !== 1) return `it is of version ${shown(String(version))}, and this program reads version 1`
  if (method !== 'temperature') return `its method is ${shown(String(method))}, and this program knows "temperature"`
  if (!isWithin(temperature, Number.MIN_VALUE, Number.MAX_VALUE)) return 'its temperature is no number above 0'
  const hasNames = Array.isArray(classes) && classes.every((name) => typeof name === 'string')
  if (!hasNames) return 'its classes are no list of names'
  if ((coverage === undefined) !== (quantile === undefined)) return 'it has one of coverage and quantile, not both'
  if (quantile !== undefined && !isWithin(quantile, 0, 1)) return 'its quantile is no number from 0 to 1'
  return undefined
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}

/**
 * Throws E_CALIBRATION where a calibration is of other classes; in another order they are the same. Rows without names for
 * their classes, such as those of arrays, have to have as many.
 */
export function requireSameClasses(calibration: Applied, classes: readonly string[], named: boolean): void {
  const { classes: others } = calibration
  if (classes.length !== others.length) {
    const isBinary = classes.length === 1 && others.length === 2
    const rows = isBinary ? `one logit, of which ${optionText('binary', others.join(','))} makes two` : classes.length
    const reason = `it was made for ${plural(others.length, 'class')}, and the rows have ${rows}`
    throw new SoftmaxError('E_CALIBRATION', { reason })
  }
  const known = new Set(others)
  const other = named ? classes.find((name) => !known.has(name)) : undefined
  if (other === undefined) return
  if (others.every((name, index) => name === String(index))) throw unnamedClasses(classes)
  const reason = `it was made for the classes ${shown(others.join(','))}, and ${shown(other)} is none of them`
  throw new SoftmaxError('E_CALIBRATION', { reason })
}

/** Whether classes without names are those that have some, in their order, is not known. */
function unnamedClasses(classes: readonly string[]): SoftmaxError {
  const reason = `its classes have no names, and those of the rows are ${shown(classes.join(','))}`
  const remedy = `give ${verbText('calibrate')} their names, too, with ${optionText('labels')}`
  return new SoftmaxError('E_CALIBRATION', { reason, remedy })
}
