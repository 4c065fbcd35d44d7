/** Files or streams with a column of true classes -> a page that shows how good the predictions are. */
import type { Readable } from 'node:stream'
import { plural, SoftmaxError } from '../core/errors.js'
import type { Metrics } from '../core/metrics.js'
import { parseOptions, type SettingsOf } from '../core/options.js'
import { inputName } from '../pipeline/input-names.js'
import { RepeatedInputs } from '../pipeline/repeated-inputs.js'
import type { Run } from '../pipeline/run.js'
import { scoreInputs } from '../pipeline/score-inputs.js'
import { loadCharts } from '../report/charts.js'
import type { Evaluation, Subject } from '../report/evaluation.js'
import { pageOf } from '../report/page.js'
import { type EvaluateOptions, evaluateRows, labelledMetrics, requireEvaluation } from './evaluate.js'
import { type Inputs, over, readableFiles, requireInputs, scoreReadable } from './score-files.js'

/** The result of {@link report}. */
export interface Report {
  /** The page, a self-contained HTML document. */
  html: string
  /** The metrics that it shows. */
  metrics: Metrics
}

/**
 * Creates an HTML report: the metrics of `evaluate`, with a reliability diagram, a histogram of confidence, the
 * risk-coverage curve, the confusion matrix and a table of the classes. With `calibration`, the inputs are read twice
 * (streams through a temporary file) to compare the metrics before and after calibration. Reports are reproducible: the
 * same rows give the same page.
 *
 * Requires the packages @observablehq/plot and linkedom, which draw the charts.
 *
 * @throws {SoftmaxError} E_DEPENDENCY if these packages are missing, and the errors of `evaluate`.
 *
 * @example
 * const { html } = await report('validation.csv', { truth: 'actual' })
 * await writeFile('report.html', html)
 */
export async function report(inputs: Inputs, options: EvaluateOptions): Promise<Report> {
  const list = requireInputs(inputs, 'report')
  const settings = parseOptions(options ?? {}, 'bytes')
  requireEvaluation(options ?? {}, settings.truth, 'report')
  return over(list, () => reportOn(list, settings, () => {}))
}

/** Makes a report; `emit` gets the events of the first pass over the inputs. */
export async function reportOn(
  inputs: readonly (string | Readable)[],
  settings: SettingsOf<'bytes'>,
  emit: Run['emit'],
): Promise<Report> {
  const charts = await loadCharts()
  const [evaluation, before] =
    settings.calibration === undefined
      ? [evaluationOf(await evaluateRows((run) => scoreReadable(inputs, run), settings, emit), settings)]
      : await beforeAndAfter(inputs, settings, emit)
  const { metrics } = evaluation!
  return { html: pageOf(subjectOf(evaluation!, before, inputs, settings), charts), metrics }
}

/** The evaluation with a calibration, and that without. */
async function beforeAndAfter(
  inputs: readonly (string | Readable)[],
  settings: SettingsOf<'bytes'>,
  emit: Run['emit'],
): Promise<Evaluation[]> {
  const files = new RepeatedInputs(await readableFiles(inputs, settings, emit), settings.source)
  const pass = (settings: SettingsOf<'bytes'>, emit: Run['emit']) =>
    evaluateRows((run) => repeated(files, { ...run, single: inputs.length === 1 }), settings, emit)
  try {
    const after = await pass(settings, emit)
    const before = await pass({ ...settings, calibration: undefined, temperature: 1, onReject: undefined }, () => {})
    if (before.stats.read !== after.stats.read) {
      throw new SoftmaxError('E_INPUT', {
        reason: `it changed between passes: it had ${plural(after.stats.read, 'row')}, and now has ${before.stats.read}`,
      })
    }
    return [evaluationOf(after, settings), evaluationOf(before, settings)]
  } finally {
    await files.close()
  }
}

async function* repeated(files: RepeatedInputs, run: Run): AsyncGenerator<Uint8Array> {
  const sources = await files.open(run.stats)
  yield* scoreInputs(sources, { ...run, single: run.single && sources.length === 1 })
}

function evaluationOf({ metrics, stats }: Run, settings: SettingsOf<'bytes'>): Evaluation {
  return { metrics: labelledMetrics(metrics!, stats, settings), totals: metrics!.totals(), rejected: stats.rejected }
}

function subjectOf(
  evaluation: Evaluation,
  before: Evaluation | undefined,
  inputs: readonly (string | Readable)[],
  { truth, temperature, calibration, source }: SettingsOf<'bytes'>,
): Subject {
  return {
    evaluation,
    before,
    inputs: inputs.map((input) => inputName(input, inputs, source) ?? 'a stream'),
    facts: [
      ['true class', truth!],
      ...(temperature === 1 && calibration === undefined
        ? []
        : [[calibration ? 'calibrated temperature' : 'temperature', String(temperature)] as const]),
    ],
  }
}
