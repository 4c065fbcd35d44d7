/** How labels are chosen from probabilities, according to the options. */
import type { Decision } from '../kernel/host/decision.js'
import { readCalibration } from './calibration.js'
import { plural, SoftmaxError, shown, shownNames } from './errors.js'
import { pairNames } from './labels.js'
import { optionText, verbText } from './option-words.js'
import { opText, type ValueOf } from './options.js'
import { type OutputColumn, SETS } from './output-columns.js'
import { nearest } from './suggestion.js'

/** The options that affect labels. */
interface DecisionSettings {
  calibration?: ValueOf<'calibration'> | undefined
  threshold?: ValueOf<'threshold'> | undefined
  minConfidence?: ValueOf<'minConfidence'> | undefined
  truth?: ValueOf<'truth'> | undefined
  nonfinite?: ValueOf<'nonfinite'> | undefined
}

/** The default threshold. */
const HALF = 0.5

/** A layout, as far as it is known. */
interface Decided {
  emit: readonly OutputColumn[]
  sigmoid: boolean
  binary: boolean
}

/**
 * The decision rule of a layout; undefined if the label is the class with the largest logit.
 *
 * @param classes the names of the classes, undefined if they are not known
 * @throws E_CONFLICT for an option without effect, E_OPTION for an unknown class
 */
export function decisionOf(
  settings: DecisionSettings,
  layout: Decided,
  classes: readonly string[] | undefined,
): Decision | undefined {
  requireLabels(settings, layout)
  const { threshold } = settings
  // The index of a NaN row is that of numpy's argmax; a label next to NaN would suggest a decision.
  const writesUnscored = settings.nonfinite !== undefined && settings.nonfinite !== 'error'
  const minConfidence = settings.minConfidence ?? (writesUnscored ? 0 : undefined)
  const cutoffs = memberCutoffs(settings, layout, classes)
  if (!cutoffs && !layout.binary && minConfidence === undefined) return undefined
  return {
    ...(minConfidence !== undefined && { minConfidence }),
    ...(layout.binary && { threshold: cutoffsOf(threshold, classes?.slice(1))[0]! }),
    ...(cutoffs && { cutoffs }),
  }
}

/** The threshold of each class for a column that lists classes: labels, or a prediction set. */
function memberCutoffs(
  settings: DecisionSettings,
  { emit, sigmoid }: Decided,
  classes: readonly string[] | undefined,
): number[] | undefined {
  const ofSet = SETS.find((name) => emit.includes(name))
  if (ofSet !== undefined) return cutoffsOf(1 - quantileOf(settings, ofSet), classes)
  const quantile = sigmoid ? undefined : measuredQuantile(settings)
  if (quantile !== undefined) return cutoffsOf(1 - quantile, classes)
  // Several true classes are compared with several labels.
  const hasLabels = emit.includes('labels') || (sigmoid && settings.truth !== undefined)
  return hasLabels ? cutoffsOf(settings.threshold, classes) : undefined
}

/** The quantile of a calibration whose coverage is to be measured on rows with true classes. */
function measuredQuantile({ calibration, truth }: DecisionSettings): number | undefined {
  return calibration === undefined || truth === undefined ? undefined : readCalibration(calibration).quantile
}

/** The quantile of a calibration. Throws E_CONFLICT if it has none. */
function quantileOf({ calibration }: DecisionSettings, column: string): number {
  const { quantile } = calibration === undefined ? {} : readCalibration(calibration)
  if (quantile !== undefined) return quantile
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${column} needs a ${optionText('calibration')} with a coverage; ${verbText('calibrate')} with ${optionText('coverage', 0.9)} makes one`,
  })
}

function requireLabels({ threshold, truth }: DecisionSettings, { emit, sigmoid, binary }: Decided): void {
  const hasLabels = emit.includes('labels')
  if (hasLabels && !sigmoid) {
    throw new SoftmaxError('E_CONFLICT', {
      reason: `${optionText('emit', 'labels')} works only with ${opText('sigmoid')}, where a row may have several classes; with softmax it has one, in label`,
    })
  }
  if (threshold === undefined || hasLabels || binary || (sigmoid && truth !== undefined)) return
  throw new SoftmaxError('E_CONFLICT', {
    reason: sigmoid
      ? `${optionText('threshold')} works only with labels, which ${optionText('emit')} does not list; add labels to it`
      : `${optionText('threshold')} works only with ${opText('sigmoid')} or ${optionText('binary')}; ${optionText('minConfidence')} leaves out labels of low confidence`,
  })
}

/**
 * The two classes of rows with one logit. Throws E_CONFLICT if there are more logits, or if another option contradicts.
 */
export function binaryClasses(
  binary: ValueOf<'binary'>,
  { labels, sigmoid, count }: { labels: unknown; sigmoid: boolean; count: number | undefined },
): string[] {
  const reason =
    count !== undefined && count !== 1
      ? `works only with one logit per row, but there are ${count}; leave it out, or select one with ${optionText('logits')}`
      : labels !== undefined
        ? `names the classes; leave out ${optionText('labels')}`
        : sigmoid
          ? 'makes two classes for softmax; leave out the sigmoid'
          : undefined
  if (reason !== undefined) throw new SoftmaxError('E_CONFLICT', { reason: `${optionText('binary')} ${reason}` })
  return pairNames(binary)
}

/** The threshold of each class. */
function cutoffsOf(threshold: DecisionSettings['threshold'] = HALF, classes: readonly string[] = []): number[] {
  if (typeof threshold === 'number') return classes.map(() => threshold)
  if (isList(threshold)) return cutoffsInOrder(threshold, classes)
  const known = new Map(Object.entries(threshold))
  if (classes.length > 0) for (const name of known.keys()) requireClass(name, classes, known, threshold)
  return classes.map((name) => known.get(name) ?? HALF)
}

/** A list of thresholds in class order. Throws E_OPTION if it does not have one for each class. */
function cutoffsInOrder(threshold: readonly number[], classes: readonly string[]): number[] {
  if (classes.length === 0 || threshold.length === classes.length) return [...threshold]
  const reason = `${plural(threshold.length, 'threshold')} for ${plural(classes.length, 'class')}`
  const expected = 'one number for each class'
  throw new SoftmaxError('E_OPTION', { option: 'threshold', value: threshold, expected, reason })
}

const isList: (value: unknown) => value is readonly unknown[] = Array.isArray

function requireClass(
  name: string,
  classes: readonly string[],
  known: ReadonlyMap<string, unknown>,
  value: unknown,
): void {
  if (classes.includes(name)) return
  const near = nearest(
    name,
    classes.filter((other) => !known.has(other)),
  )
  const hint =
    near === undefined ? `the classes are ${shownNames(classes)}${orderHint(classes)}` : `did you mean ${shown(near)}?`
  const reason = `there is no class ${shown(name)}; ${hint}`
  throw new SoftmaxError('E_OPTION', { option: 'threshold', value, expected: 'names of classes', reason })
}

/** What to do if classes have only positions. */
function orderHint(classes: readonly string[]): string {
  if (!classes.every((name, index) => name === String(index))) return ''
  return '; a list has one threshold per class, in order'
}

/** Separates class names within a text cell. */
export const NAMES_DELIMITER = '|'

/** Throws E_CONFLICT for names that would be ambiguous in one cell. */
export function requireSeparable(names: readonly string[]): void {
  const bad = names.find((name) => name === '' || name.includes(NAMES_DELIMITER))
  if (bad === undefined) return
  throw new SoftmaxError('E_CONFLICT', {
    reason: `labels in a cell are separated by ${NAMES_DELIMITER}, so ${shown(bad)} cannot be the name of a class; rename the classes with ${optionText('labels')}, or write ndjson`,
  })
}
