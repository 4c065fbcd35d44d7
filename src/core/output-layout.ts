/** Resolves class names and output columns. */
import { MOST_RANKED } from '../kernel/constants.js'
import { type Applied, readCalibration, requireSameClasses } from './calibration.js'
import { classNames } from './column-name.js'
import { binaryClasses, decisionOf } from './decision.js'
import { SoftmaxError, shown, shownNames } from './errors.js'
import { isArray } from './formats.js'
import { labelWarnings, readLabels, repeated } from './labels.js'
import { labelsText, optionText, speaking } from './option-words.js'
import { items, opText, type SettingsOf } from './options.js'
import { type Layout, type OutputColumn, type OutputLayout, parseEmit } from './output-columns.js'
import { hasPositions } from './truth-names.js'

/** The options that determine class names and output columns. */
export type LayoutSettings = Pick<SettingsOf<'bytes'>, 'op' | 'emit' | 'topK'> &
  Partial<
    Pick<
      SettingsOf<'bytes'>,
      | 'labels'
      | 'truth'
      | 'truthFrom'
      | 'threshold'
      | 'calibration'
      | 'binary'
      | 'minConfidence'
      | 'nonfinite'
      | 'to'
      | 'oneVsRest'
    >
  >

/**
 * Resolves class names, from `--labels` or column names, and output columns. The number of classes is undefined if
 * no rows show it.
 */
export function resolveLayout(
  settings: LayoutSettings,
  names: string[] | undefined,
  count: number | undefined,
): OutputLayout {
  const { op, emit, topK = 0, to } = settings
  const sigmoid = op.endsWith('sigmoid')
  const found = resolveClasses(settings, names, count)
  const { classes, isPair } = found
  const { emit: columns, names: columnNames } = parseEmit(items(emit))
  if (sigmoid) requireOwn(columns)
  if (settings.calibration !== undefined) {
    requireCalibrated(settings.calibration, classes, sigmoid, found.isNamed)
  }
  const known = count === undefined && !isPair ? undefined : classes
  const decision = decisionOf(settings, { emit: columns, sigmoid, binary: isPair }, known)
  return {
    classes,
    log: op.startsWith('log-'),
    sigmoid,
    topK,
    emit: columns,
    columnNames,
    ...(to !== undefined && isArray(to) && { arrays: true }),
    ...(found.isAssumed && { assumed: true }),
    ...(found.namedBy && { namedBy: found.namedBy }),
    ...(isPair && { binary: true }),
    ...(decision && { decision }),
    ...(settings.nonfinite === 'null' && { nullUnscored: true }),
    ...(settings.truthFrom === 1 && hasPositions(classes) && { truthFrom: 1 as const }),
    ...(settings.oneVsRest && isRanked(classes.length) && { oneVsRest: true }),
  }
}

/** The classes, and where their names come from. */
interface ResolvedClasses {
  classes: string[]
  /** Whether they are the two of one logit. */
  isPair: boolean
  /** Whether names were given, by an option or the input. */
  isNamed: boolean
  /** Whether they are assumed to be those of the calibration. */
  isAssumed: boolean
  namedBy: OutputLayout['namedBy']
}

/** Names the classes by options, otherwise by columns, by the calibration, or by position. */
function resolveClasses(
  settings: LayoutSettings,
  names: string[] | undefined,
  count: number | undefined,
): ResolvedClasses {
  const { op, labels, binary, topK = 0 } = settings
  const pair =
    binary === undefined ? undefined : binaryClasses(binary, { labels, sigmoid: op.endsWith('sigmoid'), count })
  requireTopK(topK, pair?.length ?? count)
  const own = names && classNames(names)
  const isNamed = (pair ?? own ?? labels) !== undefined
  const saved = isNamed ? undefined : savedNames(settings, count)
  const unnamed = own ?? saved ?? Array.from({ length: count ?? 0 }, (_, index) => String(index))
  return {
    classes: pair ?? (labels === undefined ? unnamed : readLabels(labels, count, own)),
    isPair: pair !== undefined,
    isNamed,
    isAssumed: saved?.some((name, index) => name !== String(index)) === true,
    namedBy: pair ? 'binary' : labels === undefined ? undefined : 'labels',
  }
}

function requireTopK(topK: number, most: number | undefined): void {
  if (most === undefined || topK <= most) return
  const expected = `at most the number of classes, ${most}`
  throw new SoftmaxError('E_OPTION', { option: 'topK', value: topK, expected })
}

/** The class names of the calibration, if it has as many, or no row shows how many; otherwise there is an error. */
function savedNames({ calibration }: LayoutSettings, count: number | undefined): string[] | undefined {
  const names = calibration === undefined ? [] : readCalibration(calibration).classes
  return names.length > 0 && (count ?? names.length) === names.length ? names : undefined
}

/**
 * Throws E_CALIBRATION or E_CONFLICT if a calibration does not match the classes; it cannot be used if their number is
 * unknown.
 */
function requireCalibrated(
  calibration: string | Applied,
  classes: readonly string[],
  sigmoid: boolean,
  named: boolean,
): void {
  if (sigmoid) {
    const reason = `${optionText('calibration')} works only with probabilities that sum to 1, and those of ${opText('sigmoid')} do not`
    throw new SoftmaxError('E_CONFLICT', { reason })
  }
  if (classes.length > 0) requireSameClasses(readCalibration(calibration), classes, named)
}

/** Whether each class can be ranked against all others; of two classes, the second is. Throws E_CONFLICT for too many. */
function isRanked(classes: number): boolean {
  if (classes <= MOST_RANKED) return classes > 2
  const reason = `${optionText('oneVsRest')} works with at most ${MOST_RANKED} classes, and there are ${classes}; leave it out`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

/** Throws E_CONFLICT for an output column over all classes if each class has its own probability. */
function requireOwn(emit: readonly OutputColumn[]): void {
  const joint = emit.find((name) => name === 'entropy' || name === 'logsumexp')
  if (joint === undefined) return
  const reason = `${joint} works only with probabilities that sum to 1, and those of ${opText('sigmoid')} do not; leave it out of ${optionText('emit')}`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

/**
 * Warnings about the classes; `isSingle` unless a value of the first row shows that the only column has no logits;
 * `keys` of logits that are an object of JSON, whose order may be that of the first row by chance.
 */
export function classWarnings(
  { classes, sigmoid, assumed }: Layout,
  { labels }: Pick<LayoutSettings, 'labels'>,
  { isSingle, keys }: { isSingle: boolean; keys: readonly string[] | undefined },
): string[] {
  const renamed = labels === undefined ? [] : [...labelWarnings(labels), ...keyWarnings(classes, keys)]
  return [...(assumed ? [assumedOrder(classes)] : []), ...renamed, ...nameWarnings(classes, !sigmoid && isSingle)]
}

/** The number of keys whose new names a warning lists. */
const MOST_RENAMED = 5

/** The warning that labels rename keys in the order of the first object. */
function keyWarnings(classes: readonly string[], keys: readonly string[] = []): string[] {
  if (keys.length === 0 || keys.some((key) => classes.includes(key))) return []
  const pairs = keys.slice(0, MOST_RENAMED).map((key, index) => `${shown(key)} is now ${shown(classes[index]!)}`)
  const more = keys.length > MOST_RENAMED ? ', …' : ''
  return [
    `no name in ${optionText('labels')} is a key of the logits, so they rename the keys in the order of the first object: ${pairs.join(', ')}${more}`,
  ]
}

/** Throws E_CONFLICT if the softmax of one class is output, unless an option selects its logits or names it. */
export function requireClasses(
  { classes, emit, sigmoid }: OutputLayout,
  { labels, logits }: Pick<SettingsOf<'bytes'>, 'labels' | 'logits'>,
): void {
  if (sigmoid || classes.length !== 1 || labels !== undefined || logits !== undefined) return
  if (!emit.includes('probs') && !emit.includes('label')) return
  const remedies = [
    `${optionText('binary', 'no,yes')} turns one logit into two classes`,
    `${opText('sigmoid')}${speaking() === 'command' ? '' : ', or the function sigmoid(),'} gives it a probability of its own`,
    `${optionText('labels', labelsText(classes))} accepts one class`,
  ]
  const reason = `${shown(classes[0]!)} is the only class, so its probability would be 1 in every row; ${remedies.join(', ')}`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

/** The warning that unnamed classes are assumed to be those of the calibration, in order. */
function assumedOrder(classes: readonly string[]): string {
  return `the rows do not name their classes, which are assumed to be those of the ${optionText('calibration')}, in order: ${shownNames(classes)}; ${optionText('labels')} names them`
}

function nameWarnings(classes: readonly string[], isSingle: boolean): string[] {
  const twice = repeated(classes)
  if (twice !== undefined) return [`two classes are named ${shown(twice)}; rename them with ${optionText('labels')}`]
  const nameless = classes.indexOf('')
  if (nameless >= 0) return [`class ${nameless + 1} has no name; ${optionText('labels')} names it`]
  return !isSingle || classes.length !== 1
    ? []
    : [
        `${shown(classes[0]!)} is the only class, so its probability is 1 in every row; ${optionText('binary', 'no,yes')} turns one logit into two classes`,
      ]
}
