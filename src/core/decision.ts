/** How labels are chosen of probabilities, by the options that say so. */
import type { Decision } from '../kernel/host/decision.js'
import { SoftmaxError, shown } from './errors.js'
import { nearest } from './nearest.js'
import { optionText } from './option-words.js'
import type { ValueOf } from './options.js'
import type { OutputColumn } from './output-columns.js'

/** What labels are chosen by. */
export interface DecisionSettings {
  threshold?: ValueOf<'threshold'> | undefined
  truth?: ValueOf<'truth'> | undefined
}

/** The least probability of a label where none is asked for. */
const HALF = 0.5

/**
 * How the labels of a layout are chosen; undefined where each row has the one with the largest logit.
 *
 * @param classes the names of the classes, undefined where they are not known
 * @throws E_CONFLICT for an option that would do nothing, E_OPTION for a class that there is none of
 */
export function decisionOf(
  settings: DecisionSettings,
  { emit, sigmoid }: { emit: readonly OutputColumn[]; sigmoid: boolean },
  classes: readonly string[] | undefined,
): Decision | undefined {
  requireLabels(settings, emit, sigmoid)
  if (!emit.includes('labels')) return undefined
  return { cutoffs: cutoffsOf(settings.threshold, classes) }
}

function requireLabels({ threshold, truth }: DecisionSettings, emit: readonly OutputColumn[], sigmoid: boolean): void {
  const hasLabels = emit.includes('labels')
  if (hasLabels && !sigmoid) {
    throw new SoftmaxError('E_CONFLICT', {
      reason: 'labels are the classes of a row that has several, by the sigmoid; softmax gives one, which is label',
    })
  }
  if (threshold === undefined || hasLabels || (sigmoid && truth !== undefined)) return
  throw new SoftmaxError('E_CONFLICT', {
    reason: sigmoid
      ? `${optionText('threshold')} is of labels, which ${optionText('emit')} does not name: add labels to it`
      : `${optionText('threshold')} is of several labels a row, which are of the sigmoid; leave it out`,
  })
}

/** The least probability at which each class is a label. */
function cutoffsOf(threshold: DecisionSettings['threshold'] = HALF, classes: readonly string[] = []): number[] {
  if (typeof threshold === 'number') return classes.map(() => threshold)
  const known = new Map(Object.entries(threshold))
  if (classes.length > 0) for (const name of known.keys()) requireClass(name, classes, threshold)
  return classes.map((name) => known.get(name) ?? HALF)
}

function requireClass(name: string, classes: readonly string[], value: unknown): void {
  if (classes.includes(name)) return
  const near = nearest(name, classes)
  const hint = near === undefined ? `they are ${shown(classes.join(','))}` : `the nearest is ${shown(near)}`
  throw new SoftmaxError('E_OPTION', {
    option: 'threshold',
    value,
    expected: `names of classes, of which ${shown(name)} is none (${hint})`,
  })
}

/** Between several names of classes in a cell of text. */
export const NAMES_DELIMITER = '|'

/** Throws E_CONFLICT for names that a cell of several could not keep apart. */
export function requireSeparable(names: readonly string[]): void {
  const bad = names.find((name) => name === '' || name.includes(NAMES_DELIMITER))
  if (bad === undefined) return
  throw new SoftmaxError('E_CONFLICT', {
    reason: `a cell has its labels with ${NAMES_DELIMITER} between them, which the name ${shown(bad)} does not allow for; name the classes with ${optionText('labels')}, or write ndjson`,
  })
}
