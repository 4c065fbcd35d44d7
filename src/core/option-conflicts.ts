/** Conflicts of options with each other, found before any row is read. */
import { MOST_RANKED } from '../kernel/constants.js'
import { SoftmaxError } from './errors.js'
import { delimiterOf, holdsArrays, isArray } from './formats.js'
import { optionText } from './option-words.js'
import { items, opText, type SettingsOf } from './options.js'
import { type OutputColumn, parseEmit } from './output-columns.js'
import { type LayoutSettings, resolveLayout } from './output-layout.js'
import { requireTruth } from './truth-columns.js'

/**
 * Throws E_CONFLICT for options that contradict each other whatever the rows are, and E_CALIBRATION for an invalid
 * calibration.
 */
export function requireConsistent(settings: LayoutSettings & WrittenSettings): void {
  requireEffect(settings)
  // Whether labels match is known only with the rows.
  const labels = settings.binary === undefined ? undefined : settings.labels
  const { emit } = resolveLayout({ ...settings, labels }, undefined, undefined)
  requireTruth(emit, settings.truth)
}

/** Throws E_CONFLICT if classes are to be ranked against all others that are not, or that always are. */
function requireRanked({ oneVsRest, truth, op }: LayoutSettings): void {
  if (!oneVsRest) return
  const option = optionText('oneVsRest')
  const reason =
    truth === undefined
      ? `${option} needs true classes; name their column with ${optionText('truth')}`
      : `${option} works only with softmax; with ${opText('sigmoid')}, each of up to ${MOST_RANKED} classes is measured without it`
  if (truth === undefined || op.endsWith('sigmoid')) throw new SoftmaxError('E_CONFLICT', { reason })
}

/** Throws E_CONFLICT for the first position of true classes where there are none. */
function requireTruthToCount({ truthFrom, truth }: LayoutSettings): void {
  if (truthFrom === undefined || truth !== undefined) return
  const reason = `${optionText('truthFrom')} works only with ${optionText('truth')}, the column of true classes; name it, or leave out ${optionText('truthFrom')}`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

/** Throws E_CONFLICT for an option that has no effect on the columns in `emit`, or on the format of the output. */
export function requireEffect(settings: LayoutSettings & WrittenSettings): void {
  const columns = new Set<OutputColumn>(parseEmit(items(settings.emit)).emit)
  const reason =
    uselessTopK(settings, columns) ?? uselessThreshold(settings, columns) ?? uselessLeast(settings, columns)
  if (reason !== undefined) throw new SoftmaxError('E_CONFLICT', { reason })
  requireRanked(settings)
  requireTruthToCount(settings)
  requireCells(settings)
  requireNulls(settings)
}

/** The options of the output that depend on its format. */
export type WrittenSettings = Partial<Pick<SettingsOf<'bytes'>, 'to' | 'nonfinite' | (typeof CELL_OPTIONS)[number]>>

/** The options of delimited output. */
const CELL_OPTIONS = ['escapeFormulas', 'outputHeader', 'outputDelimiter', 'outputDecimal'] as const

type Columns = ReadonlySet<OutputColumn>

function uselessTopK({ topK = 0 }: LayoutSettings, columns: Columns): string | undefined {
  if (topK === 0 || columns.has('probs')) return undefined
  return `${optionText('topK')} works only with probs, which ${optionText('emit')} does not list; add probs to it, or leave out ${optionText('topK')}`
}

function uselessThreshold({ threshold, binary, truth }: LayoutSettings, columns: Columns): string | undefined {
  if (threshold === undefined || binary === undefined || truth !== undefined) return undefined
  if (columns.has('label') || columns.has('index')) return undefined
  return `${optionText('threshold')} works only with label and index, and ${optionText('emit')} lists neither; add one of them to it`
}

/** `index` is not affected by `minConfidence`: it is that of the largest logit in every row. */
function uselessLeast(
  { minConfidence, truth, to }: LayoutSettings & WrittenSettings,
  columns: Columns,
): string | undefined {
  if (minConfidence === undefined || truth !== undefined || columns.has('label')) return undefined
  const option = optionText('minConfidence')
  if (to === undefined || !isArray(to)) {
    return `${option} works only with label, which ${optionText('emit')} does not list; add label to it, or leave out ${option}`
  }
  const instead = holdsArrays(to) ? 'probs,index,confidence' : 'confidence'
  return `${option} works only with label, which is text, and ${to} stores only numbers; leave it out, or write the probability that it is compared with: ${optionText('emit', instead)}`
}

/** Throws E_CONFLICT for an option of delimited text if the output has another format. */
export function requireCells({ to, ...settings }: WrittenSettings): void {
  if (to === undefined || delimiterOf(to) !== undefined) return
  const option = CELL_OPTIONS.find((name) => settings[name])
  if (option === undefined) return
  const reason = `${optionText(option)} works only with delimited text, which the output is not; leave it out`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

/** Throws E_CONFLICT if rows without a softmax should have nulls in an array, which holds only numbers. */
export function requireNulls({ to, nonfinite }: WrittenSettings): void {
  if (nonfinite !== 'null' || to === undefined || !isArray(to)) return
  const reason = `${optionText('nonfinite', 'null')} works only with formats that have null, and ${to} stores only numbers; ${optionText('nonfinite', 'propagate')} writes NaN`
  throw new SoftmaxError('E_CONFLICT', { reason })
}
