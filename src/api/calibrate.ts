/** Files or streams with a column of true classes -> a calibration for the probabilities of other rows. */
import type { Readable } from 'node:stream'
import type { Calibration } from '../core/calibration.js'
import { quantileOf, rankOfScore, rowsNeeded } from '../core/conformal.js'
import { plural, SoftmaxError } from '../core/errors.js'
import { calibrationErrors, numberOf } from '../core/metrics.js'
import { optionText } from '../core/option-words.js'
import { opText, parseOptions, type SettingsOf } from '../core/options.js'
import { ALL_DOUBLES, probabilityAt, type Range } from '../core/order-statistic.js'
import { type Ending, type Found, findTemperature, HIGHEST, LOWEST, type Slope } from '../core/temperature-search.js'
import { shiftWarning } from '../core/truth-shift.js'
import { RepeatedInputs } from '../pipeline/repeated-inputs.js'
import type { Run } from '../pipeline/run.js'
import { RunMetrics } from '../pipeline/run-metrics.js'
import { scoreInputs } from '../pipeline/score-inputs.js'
import { type EvaluateOptions, requireEvaluation } from './evaluate.js'
import { infiniteReason } from './infinite-losses.js'
import { drain, fileRun, type Inputs, over, readableFiles, requireInputs } from './score-files.js'

/** Options of {@link calibrate}: those of `evaluate`, except those that it determines itself. */
export interface CalibrateOptions
  extends Omit<
    EvaluateOptions,
    'op' | (typeof FOUND)[number] | (typeof OF_LABELS)[number] | (typeof OF_METRICS)[number]
  > {
  /** The share of rows, above 0 and below 1, whose `set` should contain the true class [default: no sets]. */
  coverage?: number | undefined
}

/** Options that a calibration determines, and options about labels, which it ignores. */
const FOUND = ['temperature', 'calibration'] as const
const OF_LABELS = ['threshold', 'minConfidence'] as const
/** Options of metrics that a calibration does not have. */
const OF_METRICS = ['oneVsRest'] as const

/**
 * Calibrates the probabilities of a model: finds the temperature T > 0 at which softmax(logits / T) has the lowest mean
 * log loss, on rows with true classes that the model was not trained on. With `coverage`, also finds the quantile of
 * 1 - p(true class) for prediction sets that contain the true class for that share of rows (split conformal prediction with
 * the score of Sadinle, Lei and Wasserman, "Least ambiguous set-valued classifiers with bounded error levels", 2019).
 *
 * The inputs are read once for each step of the search, usually five times, in constant memory; streams are copied to a
 * temporary file. The result has the same bits no matter how the rows are split.
 *
 * @throws {SoftmaxError} E_VALIDATION if no temperature can be found; the errors of `evaluate`.
 *
 * @example
 * const calibration = await calibrate('validation.csv', { truth: 'actual' })
 * await pipeline(scoreFiles('logits.csv', { calibration }), createWriteStream('scored.csv'))
 */
export async function calibrate(inputs: Inputs, options: CalibrateOptions): Promise<Calibration> {
  const list = requireInputs(inputs, 'calibrate')
  const { coverage, ...others } = options ?? {}
  requireToBeFound(others)
  const settings = parseOptions(others, 'bytes')
  requireCalibration(others, settings)
  const all = { ...settings, ...parseOptions({ coverage }, 'calibrate') }
  return over(list, () => calibrateInputs(list, all, () => {}))
}

/** Why a calibration has no use for an option. */
const USELESS = [
  [FOUND, 'finds the temperature'],
  [OF_LABELS, 'uses only probabilities, not labels'],
  [OF_METRICS, 'measures only log loss and ECE'],
] as const

/** Throws E_CONFLICT if a temperature is given, or an option about labels or other metrics. */
export function requireToBeFound(options: object): void {
  const isGiven = (name: string) => (options as Record<string, unknown>)[name] !== undefined
  for (const [names, does] of USELESS) {
    const given = names.find(isGiven)
    if (given === undefined) continue
    throw new SoftmaxError('E_CONFLICT', { reason: `calibrate ${does}; leave out ${optionText(given)}` })
  }
}

/** Throws E_OPTION where there is no column of true classes, E_CONFLICT for an option that would do nothing. */
export function requireCalibration(options: object, { truth, op }: Pick<SettingsOf<'bytes'>, 'truth' | 'op'>): void {
  if (op.endsWith('sigmoid')) {
    throw new SoftmaxError('E_CONFLICT', {
      reason: `calibrate works only with softmax, not with ${opText('sigmoid')}`,
    })
  }
  requireEvaluation(options, truth, 'calibrate')
}

/** Calibrates; `emit` gets the events of the first pass over the inputs, and the counts of each as they grow. */
export async function calibrateInputs(
  inputs: readonly (string | Readable)[],
  settings: SettingsOf<'bytes'> & SettingsOf<'calibrate'>,
  emit: Run['emit'],
): Promise<Calibration> {
  const files = new RepeatedInputs(await readableFiles(inputs, settings, emit), settings.source)
  try {
    const passes = new Passes(files, inputs.length === 1, settings, emit)
    const found = await findTemperature((temperature) => passes.measure(temperature), isAlwaysRight)
    const { temperature, before, after, ending } = found
    if (ending === 'infinite') throw validationError(await infiniteReason(files, settings))
    const { coverage } = settings
    const quantile = coverage === undefined ? undefined : await quantileIn(passes, found, coverage)
    return {
      version: 1,
      method: 'temperature',
      temperature,
      ...(coverage !== undefined && quantile !== undefined && { coverage, quantile }),
      classes: [...after.classes],
      rows: after.rows,
      log_loss: { before: before.loss, after: after.loss },
      ece: { before: before.ece, after: after.ece },
      warnings: warningsOf(after, ending, coverage),
    }
  } finally {
    await files.close()
  }
}

/** The quantile of 1 - p(true class), 1 where the rows are too few for one. */
async function quantileIn(passes: Passes, { temperature, after }: Found<Pass>, coverage: number): Promise<number> {
  const rank = rankOfScore(after.rows, coverage)
  if (rank > after.rows) return 1
  const count = async (range: Range) => (await passes.measure(temperature, range)).parts
  return quantileOf(await probabilityAt(after.rows - rank + 1, after.parts, count))
}

/** What a pass over all rows finds. */
interface Pass extends Slope {
  classes: readonly string[]
  rows: number
  /** How many rows were read, the bad ones and those without a true class too. */
  read: number
  /** How many rows have no class before the true one. */
  first: number
  /** The warning that true classes probably count from 1. */
  shift: string | undefined
  ece: number
  /** How many probabilities of true classes are in each part of a range. */
  parts: Float64Array
}

/** The passes over the inputs: the first one reports what is unusual, and the rows that are bad. */
class Passes {
  readonly #files: RepeatedInputs
  readonly #single: boolean
  readonly #settings: SettingsOf<'bytes'>
  readonly #emit: Run['emit']
  #first: Pass | undefined

  constructor(files: RepeatedInputs, single: boolean, settings: SettingsOf<'bytes'>, emit: Run['emit']) {
    this.#files = files
    this.#single = single
    this.#settings = settings
    this.#emit = emit
  }

  /** Goes over all rows, their logits divided by a temperature; the probabilities of true classes are counted in a range. */
  async measure(temperature: number, probe: Range = ALL_DOUBLES): Promise<Pass> {
    const isFirst = this.#first === undefined
    const settings = { ...this.#settings, temperature, emit: 'probs', keep: false, to: 'csv' } as const
    const quiet = { ...settings, onReject: undefined }
    const run = fileRun(isFirst ? settings : quiet, isFirst ? this.#emit : () => {})
    const metrics = new RunMetrics(probe)
    const sources = await this.#files.open(run.stats)
    const counted = () => this.#emit('progress', run.stats, undefined)
    const probed = { ...run, counted, metrics, measures: true, probe, single: this.#single && sources.length === 1 }
    await drain(scoreInputs(sources, probed), settings)
    const pass = passOf(metrics, run.stats)
    this.#first ??= requireCalibrable(pass)
    if (pass.rows === this.#first.rows && pass.read === this.#first.read) return pass
    throw new SoftmaxError('E_INPUT', {
      reason: `it changed between passes: it had ${plural(this.#first.read, 'row')}, and now has ${pass.read}`,
    })
  }
}

function passOf(metrics: RunMetrics, stats: Run['stats']): Pass {
  const { rows, ranks, loss, bins, slope, curvature, parts, pairs } = metrics.totals()
  return {
    classes: metrics.labels,
    rows,
    read: stats.read,
    loss: rows === 0 ? 0 : numberOf(loss) / rows,
    first: ranks[0]!,
    shift: shiftWarning(metrics.labels, pairs),
    ece: calibrationErrors(bins, rows).ece ?? 0,
    slope: numberOf(slope),
    curvature: numberOf(curvature),
    parts,
  }
}

/** Throws E_VALIDATION for rows of which no temperature can be found. */
function requireCalibrable(pass: Pass): Pass {
  if (pass.rows === 0) throw validationError('no row has a true class')
  if (pass.classes.length < 2) throw validationError('there is only one class, whose probability is always 1')
  return pass
}

function validationError(reason: string): SoftmaxError {
  return new SoftmaxError('E_VALIDATION', { reason })
}

/** Whether each true class is the most probable: then the loss keeps falling as the temperature falls. */
function isAlwaysRight({ first, rows }: Pass): boolean {
  return first === rows
}

/** Fewer rows than this say little about others. */
const FEW = 100

function warningsOf({ rows, shift }: Pass, ending: Ending, coverage: number | undefined): string[] {
  const isShort = coverage !== undefined && rankOfScore(rows, coverage) > rows
  const all = [
    rows < FEW && `${plural(rows, 'row')} ${rows === 1 ? 'is' : 'are'} too few for a reliable calibration`,
    shift,
    ENDINGS[ending],
    isShort &&
      `a coverage of ${coverage} needs at least ${plural(rowsNeeded(coverage), 'row')}; with ${rows}, every set holds all classes`,
  ]
  return all.filter((text) => typeof text === 'string')
}

const ENDINGS: Partial<Record<Ending, string>> = {
  lowest: `the log loss falls with the temperature, as it does if every row is right; ${LOWEST} is the lowest temperature tried`,
  highest: `the log loss falls as the temperature rises, as it does if logits do not predict the true class; ${HIGHEST} is the highest temperature tried`,
  flat: 'the log loss is the same at every temperature, as it is if the logits of each row are equal',
}
