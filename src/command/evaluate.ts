/** `softmax evaluate`: metrics of predictions, as a table or as JSON. */
import { evaluateRows, measure, requireEvaluation } from '../api/evaluate.js'
import { reportOn } from '../api/report.js'
import { scoreReadable } from '../api/score-files.js'
import { plural, SoftmaxError } from '../core/errors.js'
import { figure, type Headline, headlinesOf, isMultiLabel, isRankedByClass, labelledText } from '../core/key-metrics.js'
import { sumsText } from '../core/metric-sums.js'
import type { Metrics } from '../core/metrics.js'
import { optionText } from '../core/option-words.js'
import type { SettingsOf } from '../core/options.js'
import { figuresJson } from '../core/value-text.js'
import { formatOf } from '../formats/index.js'
import { classTable } from './class-table.js'
import { type ResultText, writeEvaluation } from './evaluation-run.js'
import { warnOfInfiniteLoss, warnOfShift, warnOfUnlabelled } from './messages.js'
import { type Output, openOutput } from './output.js'

/** Evaluates the inputs, and writes the metrics to standard output or a file, after any report is complete. */
export async function evaluateInputs(
  inputs: string[],
  options: object,
  settings: SettingsOf<'command'>,
): Promise<void> {
  requireEvaluation(options, settings.truth)
  const { report, clobber, partial } = settings
  if (partial) {
    requireOnly('partial', settings, ['json', 'report'])
    return writeEvaluation(inputs, settings, partialSums)
  }
  const page = report === undefined ? undefined : await openOutput(report, clobber)
  const toText: ResultText = async (sources, bytes, emit) => {
    const metrics = page ? await writeReport(page, sources, bytes, emit) : await measure(sources, bytes, emit)
    warnOfUnlabelled(settings, metrics.unlabelled)
    warnOfInfiniteLoss(settings, metrics)
    warnOfShift(settings, metrics)
    return metricsText(metrics, { json: settings.json || isJsonFile(settings.output) })
  }
  await writeEvaluation(inputs, settings, toText, page && [page])
}

/** Refuses options that cannot be combined with one. Throws E_CONFLICT. */
function requireOnly(name: string, settings: object, others: readonly string[]): void {
  const given = others.find((other) => (settings as Record<string, unknown>)[other])
  if (given === undefined) return
  const reason = `${optionText(name, true)} prints sums; leave out ${optionText(given, true)}`
  throw new SoftmaxError('E_CONFLICT', { reason })
}

/** The sums behind the metrics of the inputs. */
const partialSums: ResultText = async (sources, settings, emit) => {
  // Other parts may have what this one lacks: good rows, or true classes.
  const { metrics, stats } = await evaluateRows(
    (run) => scoreReadable(sources, { ...run, isPart: true }),
    settings,
    emit,
  )
  return `${sumsText({ ...metrics!.sums(stats), truth: settings.truth })}\n`
}

export function metricsText(metrics: Metrics, { json }: Pick<SettingsOf<'command'>, 'json'>): string {
  return json ? `${figuresJson(metrics)}\n` : metricsTable(metrics)
}

/** As everywhere, the extension of the output determines its format. */
function isJsonFile(output: string | undefined): boolean {
  return output !== undefined && formatOf(output) === 'json'
}

/** Writes a report; returns its metrics. */
async function writeReport(page: Output, ...[sources, settings, emit]: Parameters<ResultText>): Promise<Metrics> {
  const { html, metrics } = await reportOn(sources, settings, emit)
  await page.write(Buffer.from(html))
  await page.commit()
  return metrics
}

/** The maximum number of classes in the table; of more, those with the lowest F1 are shown. */
const MOST_LISTED = 30

/** The metrics as a table. */
function metricsTable(metrics: Metrics): string {
  const { rows, unlabelled, rejected, abstained, classes, auroc, average_precision, macro, micro, weighted } = metrics
  const counts = Object.entries({ unlabelled, rejected, abstained }).filter(([, count]) => count > 0)
  const lines = [
    [plural(rows, 'row'), ...counts.map(([name, count]) => `${count} ${name}`)].join(', '),
    '',
    ...headlinesOf(metrics).map(headlineText),
    '',
    ...listedText(metrics),
    classTable([
      ...listed(classes),
      ...(isMultiLabel(metrics) ? [{ label: 'micro average', ...micro }] : []),
      { label: 'macro average', ...macro, ...(isRankedByClass(metrics) && { auroc, average_precision }) },
      { label: 'weighted average', ...weighted },
    ]),
  ]
  return `${lines.join('\n')}\n`
}

function headlineText({ name, value, scope }: Headline): string {
  return `${name.padEnd(20)}${figure(value)}${scope === undefined ? '' : ` (of ${scope})`}`
}

function listed(classes: Metrics['classes']): Metrics['classes'] {
  if (classes.length <= MOST_LISTED) return classes
  return [...classes].sort((a, b) => a.f1 - b.f1).slice(0, MOST_LISTED)
}

/** What the table of classes lacks: rows, and classes. */
function listedText(metrics: Metrics): string[] {
  const { length } = metrics.classes
  const scope = labelledText(metrics)
  const rest = `${MOST_LISTED} of ${length} classes, lowest f1 first; ${optionText('json', true)} has all`
  const others = isRankedByClass(metrics) ? '; AUROC and AP: of all rows' : ''
  return [...(scope === undefined ? [] : [`of ${scope}${others}:`]), ...(length > MOST_LISTED ? [rest] : [])]
}
