/** The key metrics of an evaluation, in order. */
import { plural } from './errors.js'
import type { Metrics } from './metrics.js'

/** A metric; its value is null if no row has a true class. */
export interface Headline {
  name: string
  value: number | null
  meaning: string
  /** The rows that it is of, if some have no label; otherwise all. */
  scope?: string | undefined
}

/** Whether rows may have several true classes. */
export function isMultiLabel({ hamming_loss }: Metrics): boolean {
  return hamming_loss !== undefined
}

/** Whether the ranking of each class is measured, and that of all is their mean. */
export function isRankedByClass({ classes }: Metrics): boolean {
  return classes.some(({ auroc }) => auroc !== undefined)
}

/** The key metrics. If rows may have several true classes, those without a meaning then are omitted. */
export function headlinesOf(metrics: Metrics): Headline[] {
  const tops = Object.entries(metrics.top_k_accuracy).filter(([k]) => k !== '1')
  const { hamming_loss = null } = metrics
  const all = [
    headline('accuracy', metrics.accuracy, 'share of the rows with a label whose label is the true class'),
    headline('Hamming loss', hamming_loss, 'share of wrong decisions, one for each class of each row'),
    headline('balanced accuracy', metrics.balanced_accuracy, 'mean of the recall of the classes'),
    ...tops.map(([k, value]) =>
      headline(`top-${k} accuracy`, value, `share of rows whose true class is among the ${k} most probable`),
    ),
    headline('log loss', metrics.log_loss, 'mean of -log p of the true class, in nats'),
    headline(
      'Brier score',
      metrics.brier,
      'mean over rows of the sum of squared errors; of two classes, twice that of one',
    ),
    headline(
      'ECE',
      metrics.ece,
      'expected calibration error: mean gap of confidence and accuracy of the most probable class, in 15 bins of equal width',
    ),
    headline('MCE', metrics.mce, 'maximum calibration error: the largest gap of a bin'),
    headline('mean confidence', metrics.mean_confidence, 'mean of the largest probability of a row'),
    headline('mean entropy', metrics.mean_entropy, 'in nats'),
    headline('set coverage', metrics.coverage ?? null, 'share of rows whose set of classes has the true one'),
    headline('mean set size', metrics.mean_set_size ?? null, 'mean number of classes in a set'),
    headline(
      'AURC',
      metrics.aurc,
      'area under the risk-coverage curve: of the k most confident rows, the share whose most probable class is wrong, averaged over all k',
    ),
    ...rankingHeadlines(metrics),
  ]
  if (isMultiLabel(metrics)) return all.filter(({ value }) => value !== null).map(ofMultiLabel)
  const hasSets = metrics.coverage !== undefined
  const shown = all.filter(({ name }) => name !== 'Hamming loss' && (hasSets || !OF_SETS.has(name)))
  return shown.map((one) => ({ ...one, scope: scopeOf(one, metrics) }))
}

/** Those of how probabilities rank rows, unless they are not measured. */
function rankingHeadlines(metrics: Metrics): Headline[] {
  const { auroc, average_precision } = metrics
  const [curve, precision] = isRankedByClass(metrics) ? OF_EACH : OF_SECOND
  return [headline('AUROC', auroc, curve), headline('average precision', average_precision, precision)].filter(
    ({ value }) => value !== null,
  )
}

const OF_SECOND = [
  'area under the ROC curve of the second class',
  'mean precision at each row of the second class, in descending order of its probability',
] as const

const OF_EACH = [
  'area under the ROC curve of a class against all others, mean over classes',
  'mean precision at each row of a class, in descending order of its probability, mean over classes (mAP)',
] as const

/** The metrics of labels. All others are of probabilities, which every row has. */
const OF_LABELS: ReadonlySet<string> = new Set(['accuracy', 'balanced accuracy'])

function scopeOf({ name }: Headline, metrics: Metrics): string | undefined {
  if (metrics.abstained === 0) return undefined
  return OF_LABELS.has(name) ? labelledText(metrics) : 'all rows'
}

/** The rows with a label, from which the metrics of labels are computed; undefined if all have one. */
export function labelledText({ rows, abstained }: Metrics): string | undefined {
  if (abstained === 0) return undefined
  const labelled = rows - abstained
  return `${plural(labelled, 'row')} with a label, ${((100 * labelled) / rows).toFixed(1)} %`
}

const OF_SETS: ReadonlySet<string> = new Set(['set coverage', 'mean set size'])

/** The meaning of metrics if rows may have several true classes. */
const MULTI_LABEL: Readonly<Record<string, string>> = {
  accuracy: 'share of rows whose labels are exactly the true classes',
  'log loss': 'mean over rows and classes of -log p of what is true, in nats',
  'Brier score': 'mean squared error of the probabilities, over rows and classes',
  ECE: 'expected calibration error: mean gap of the probability of a class and how often it is true, in 15 bins of equal width',
}

function ofMultiLabel({ name, value, meaning }: Headline): Headline {
  return { name, value, meaning: MULTI_LABEL[name] ?? meaning }
}

function headline(name: string, value: number | null, meaning: string): Headline {
  return { name, value, meaning }
}

/** A metric formatted for people. */
export function figure(value: number | null): string {
  return value === null ? '-' : value.toFixed(4)
}
