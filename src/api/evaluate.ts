/** Files or streams with a column of true classes -> the metrics of the predictions. */
import type { Readable } from 'node:stream'
import { SoftmaxError } from '../core/errors.js'
import { type Metrics, requireMeasurable } from '../core/metrics.js'
import { optionText } from '../core/option-words.js'
import { opText, parseOptions, type SettingsOf } from '../core/options.js'
import type { Stats } from '../pipeline/row-counts.js'
import type { Run } from '../pipeline/run.js'
import type { RunMetrics } from '../pipeline/run-metrics.js'
import type { ScoreOptions } from './options.js'
import { drain, fileRun, type Inputs, over, requireInputs, scoreReadable } from './score-files.js'

/** Options about output rows, which `evaluate` does not write. */
const WRITERS = [
  'emit',
  'topK',
  'keep',
  'types',
  'precision',
  'float32',
  'outputHeader',
  'outputDelimiter',
  'outputDecimal',
  'escapeFormulas',
  'to',
] as const
/** Options of the command about output rows. */
const FILES = ['stats', 'metrics', 'dryRun']

/** Options of {@link evaluate}: those of `score` that concern its input, and the column of true classes. */
export interface EvaluateOptions extends Omit<ScoreOptions, (typeof WRITERS)[number] | 'truth'> {
  /**
   * The column with the true class of each row: the name of a class or its position from 0, empty if it is unknown. With
   * `op: 'sigmoid'`, a column that lists the classes of each row, or a selector of columns of 0 and 1, one per class.
   */
  truth: string
}

/**
 * Computes the metrics of predictions. Inputs are paths of files or streams of bytes, with a column of true classes. Takes one pass and constant memory; the result has the same bits no matter how the rows are split.
 *
 * @throws {SoftmaxError} E_OPTION if `truth` is missing, E_TRUTH for a value that is not a class, E_NO_ROWS if no row has a
 * true class, and the errors of `score`.
 *
 * @example
 * const { accuracy, log_loss } = await evaluate('validation.csv', { truth: 'actual' })
 */
export async function evaluate(inputs: Inputs, options: EvaluateOptions): Promise<Metrics> {
  const list = requireInputs(inputs, 'evaluate')
  const settings = parseOptions(options ?? {}, 'bytes')
  requireEvaluation(options ?? {}, settings.truth)
  return over(list, () => measure(list, settings, () => {}))
}

/** Evaluates the rows of the inputs without writing them; `emit` gets the events of `score` and the counts so far. */
export async function measure(
  inputs: readonly (string | Readable)[],
  settings: SettingsOf<'bytes'>,
  emit: Run['emit'],
): Promise<Metrics> {
  const { metrics, stats } = await evaluateRows((run) => scoreReadable(inputs, run), settings, emit)
  return labelledMetrics(metrics!, stats, settings)
}

/** The metrics of a run. Throws E_NO_ROWS if it had rows, but none with a true class, so there is nothing to measure. */
export function labelledMetrics(
  metrics: RunMetrics,
  stats: Stats,
  { truth }: Pick<SettingsOf<'bytes'>, 'truth'>,
): Metrics {
  const result = metrics.result(stats)
  if (result.rows === 0 && stats.read > 0) throw new SoftmaxError('E_NO_ROWS', { rows: stats.read, truth })
  return result
}

/** Evaluates rows without writing them: `score` runs over the inputs. Returns the finished run. */
export async function evaluateRows(
  score: (run: Run) => AsyncGenerator<Uint8Array>,
  settings: SettingsOf<'bytes'>,
  emit: Run['emit'],
): Promise<Run> {
  const run = fileRun({ ...settings, emit: 'probs', keep: false, to: 'csv' }, emit)
  const counted = () => emit('progress', run.stats, undefined)
  await drain(score({ ...run, measures: true, counted }), settings)
  return run
}

/** Throws E_OPTION if there is no column of true classes, E_CONFLICT for an option that would have no effect. */
export function requireEvaluation(options: object, truth: string | undefined, verb = 'evaluate'): void {
  const given = [...WRITERS, ...FILES].find((name) => (options as Record<string, unknown>)[name] !== undefined)
  const value = given && (options as Record<string, unknown>)[given]
  if (given !== undefined) {
    const option = optionText(given, typeof value === 'boolean' ? value : undefined)
    throw new SoftmaxError('E_CONFLICT', {
      reason: metricsReason(given, verb) ?? `${verb} writes no rows; leave out ${option}`,
    })
  }
  requireMeasurable(options)
  requireNoLog(options, verb)
  if (truth !== undefined) return
  const expected = 'the column of the true classes'
  throw new SoftmaxError('E_OPTION', { option: 'truth', value: undefined, expected, neededBy: verb })
}

/** Throws E_CONFLICT for logarithms, which are another way to write the same probabilities. */
function requireNoLog({ op }: { op?: unknown }, verb: string): void {
  if (op !== 'log-softmax' && op !== 'log-sigmoid') return
  const remedy = op === 'log-softmax' ? 'leave it out' : `use ${opText('sigmoid')} for the same metrics`
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${verb} writes no logarithms, so ${opText(op)} has no effect; ${remedy}`,
  })
}

/** Where the metrics of `evaluate` go without the option that writes those of a scoring run to a file. */
function metricsReason(option: string, verb: string): string | undefined {
  if (option !== 'metrics' || verb !== 'evaluate') return undefined
  return `${optionText('metrics')} works only when rows are scored; ${verb} writes the metrics to ${optionText('output', 'FILE.json')}`
}
