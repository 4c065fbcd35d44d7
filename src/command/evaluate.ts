/** `softmax evaluate`: how good predictions are, as a table for people or as JSON. */
import { measure, requireEvaluation } from '../api/evaluate.js'
import type { Metrics, Scores } from '../core/metrics.js'
import type { SettingsOf } from '../core/options.js'
import { writeJudged } from './judged-run.js'

/** Evaluates the inputs, and writes the metrics to standard output or to a file. */
export async function evaluateInputs(
  inputs: string[],
  options: object,
  settings: SettingsOf<'command'>,
): Promise<void> {
  requireEvaluation(options, settings.truth)
  await writeJudged(inputs, settings, async (sources, bytes, emit) => {
    const metrics = await measure(sources, bytes, emit)
    return settings.json ? `${JSON.stringify(metrics)}\n` : metricsTable(metrics)
  })
}

/** The most classes that the table lists: of more, those with the lowest F1. */
const MOST_LISTED = 30

/** The metrics as a table. */
export function metricsTable(metrics: Metrics): string {
  const { rows, unlabelled, rejected, abstained, classes, macro, weighted } = metrics
  const counts = Object.entries({ unlabelled, rejected, abstained }).filter(([, count]) => count > 0)
  const lines = [
    [`${rows} rows`, ...counts.map(([name, count]) => `${count} ${name}`)].join(', '),
    '',
    ...headlines(metrics).map(([name, value]) => `${name.padEnd(20)}${value}`),
    '',
    classTable([
      ...listed(classes).map(({ label, support, ...scores }) => ({ label, support: String(support), ...scores })),
      ...(metrics.hamming_loss === undefined ? [] : [{ label: 'micro average', support: '', ...metrics.micro }]),
      { label: 'macro average', support: '', ...macro },
      { label: 'weighted average', support: '', ...weighted },
    ]),
  ]
  return `${lines.join('\n')}\n`
}

function headlines(metrics: Metrics): [string, string][] {
  const { hamming_loss } = metrics
  const tops = Object.entries(metrics.top_k_accuracy).filter(([k]) => k !== '1')
  const figures: [string, number | null][] = [
    ['accuracy', metrics.accuracy],
    ...(hamming_loss === undefined ? [] : [['Hamming loss', hamming_loss] as [string, number | null]]),
    ['balanced accuracy', metrics.balanced_accuracy],
    ...tops.map(([k, value]): [string, number] => [`top-${k} accuracy`, value]),
    ['log loss', metrics.log_loss],
    ['Brier score', metrics.brier],
    ['ECE', metrics.ece],
    ['MCE', metrics.mce],
    ['mean confidence', metrics.mean_confidence],
    ['mean entropy', metrics.mean_entropy],
    ['AURC', metrics.aurc],
  ]
  // Of several classes a row, some figures have no meaning.
  const shown = hamming_loss === undefined ? figures : figures.filter(([, value]) => value !== null)
  return shown.map(([name, value]) => [name, figure(value)])
}

function listed(classes: Metrics['classes']): Metrics['classes'] {
  if (classes.length <= MOST_LISTED) return classes
  return [...classes].sort((a, b) => a.f1 - b.f1).slice(0, MOST_LISTED)
}

function classTable(rows: ({ label: string; support: string } & Scores)[]): string {
  const width = Math.max(5, ...rows.map(({ label }) => label.length)) + 2
  const line = (cells: string[]) =>
    [cells[0]!.padEnd(width), ...cells.slice(1).map((cell) => cell.padStart(11))].join('')
  const header = line(['class', 'precision', 'recall', 'f1', 'support'])
  const body = rows.map(({ label, support, precision, recall, f1 }) =>
    line([label, figure(precision), figure(recall), figure(f1), support]).trimEnd(),
  )
  return [header, ...body].join('\n')
}

function figure(value: number | null): string {
  return value === null ? '-' : value.toFixed(4)
}
