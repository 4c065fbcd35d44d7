/** Scores the inputs of the command into its files. */
import { filesStream } from '../api/score-files.js'
import { plural, SoftmaxError, shown } from '../core/errors.js'
import { isArray } from '../core/formats.js'
import type { Metrics } from '../core/metrics.js'
import { optionText } from '../core/option-words.js'
import type { SettingsOf } from '../core/options.js'
import { codesText } from '../core/reject.js'
import type { Schema } from '../core/schema.js'
import { figuresJson } from '../core/value-text.js'
import { formatOf } from '../formats/index.js'
import { compressed, compressionOf } from '../io/compression.js'
import type { InputInfo } from '../pipeline/input-info.js'
import { copyRejected, rejectedOf, type Stats } from '../pipeline/row-counts.js'
import { TRUNCATED } from '../pipeline/truncated-text.js'
import { announce, announceTypes } from './announcement.js'
import { DASH } from './descriptor.js'
import { nameOf, sourcesOf } from './inputs.js'
import { complain, isNew, warn, warnOfInfiniteLoss, warnOfShift, warnOfUnlabelled } from './messages.js'
import { type Output, openOutput } from './output.js'
import { requireText } from './output-format.js'
import type { Progress } from './progress.js'
import { openRejects, type Rejects } from './rejects.js'
import { scoreOptions } from './score-options.js'
import { type Abandoned, letStay } from './signals.js'
import type { StatsFile } from './stats.js'

type FilesStream = ReturnType<typeof filesStream>
type Compression = ReturnType<typeof compressionOf>['compression']

/** What the inputs of a run share. */
interface Run {
  inputs: string[]
  settings: SettingsOf<'command'>
  output: Output
  rejects: Rejects | undefined
  stats: StatsFile | undefined
  /** The destination of metrics. */
  metrics: Output | undefined
  progress: Progress | undefined
  /** The counts so far, also after a failure. */
  done: Stats
  /** For one part of several: messages already printed, which are not repeated. */
  said?: Set<string>
  /** The name of the rejects file after an error; undefined if it will be removed. By default, the name of the option. */
  rejectsName?: (error: unknown) => string | undefined
  /** Receives the schema of the first input, and what else is known of it. */
  onSchema?: (schema: Schema, info: InputInfo) => void
}

/** Opens the output, and abandons it if the run fails. */
export async function scoreInto(
  files: Abandoned[],
  run: Omit<Run, 'output' | 'rejects' | 'metrics'>,
  open: typeof openOutput = openOutput,
): Promise<void> {
  const { output: path, clobber, rejects: rejectsPath, metrics: metricsPath } = run.settings
  const output = await open(path, clobber)
  files.push(output)
  let metrics: Output | undefined
  try {
    metrics = metricsPath === undefined ? undefined : await openOutput(metricsPath, clobber)
    if (metrics) files.push(metrics)
    const rejects = rejectsPath === undefined ? undefined : await openRejects(rejectsPath)
    await scoreAll({ ...run, output, rejects, metrics })
  } catch (error) {
    output.abandon()
    metrics?.abandon()
    throw error
  } finally {
    letStay(files, output)
    letStay(files, metrics)
  }
}

async function scoreAll(run: Run): Promise<void> {
  const { output, progress } = run
  try {
    await scoreInputs(run)
    // Statistics are written before the output is committed: if they cannot be written, the old output remains.
    await output.flush()
    await run.stats?.write(run.done)
    await run.metrics?.commit()
    await output.commit()
  } finally {
    progress?.clear()
  }
}

/** Scores all inputs. The rejects are on disk when it ends, also after a failure. */
async function scoreInputs(run: Run): Promise<void> {
  const { rejectsName = () => run.settings.rejects } = run
  try {
    await writeScored(run)
  } catch (error) {
    throw run.rejects ? await run.rejects.stop(error, rejectsName(error)) : error
  }
  await run.rejects?.close()
  run.rejects?.requireAll(rejectedOf(run.done))
}

async function writeScored(run: Run): Promise<void> {
  const { inputs, settings, rejects } = run
  const options = { ...scoreOptions(settings), onReject: rejects?.add }
  const { compression } = compressionOf(settings.output ?? '')
  const stream = filesStream(sourcesOf(inputs), options, {
    isPart: run.said !== undefined,
    releasesChunks: compression === undefined,
    isMeasured: settings.metrics !== undefined,
  })
  run.stats?.follow(stream.stats)
  reportEvents(stream, run)
  try {
    await writeChunks(stream, run, compression)
    if (run.metrics) await writeMetrics(run.metrics, stream.metrics()!, settings)
  } finally {
    Object.assign(run.done, stream.stats)
    copyRejected(stream.stats, run.done)
  }
}

/** Reports how the inputs are read, and warnings. */
function reportEvents(stream: FilesStream, { settings, said, onSchema }: Run): void {
  stream.on('schema', (schema) => announce(schema, settings, said))
  stream.once('schema', (schema) =>
    stream.once('input', (info) => {
      announceTypes(info, schema, settings)
      onSchema?.(schema, info)
    }),
  )
  stream.on('warning', (text, source) => {
    if (TRUNCATED.has(text) || isNew(text, said)) warn(settings, `${source}: ${text}`)
  })
}

async function writeChunks(stream: FilesStream, run: Run, compression: Compression): Promise<void> {
  const { output, progress } = run
  let isFirst = true
  let hasColumns = false
  let hasClasses = true
  stream.on('schema', ({ classes }) => {
    hasColumns = true
    hasClasses = classes.length > 0
  })
  for await (const bytes of compressed(stream, compression)) {
    if (output.isTerminal && isFirst) requireText(bytes as Buffer)
    isFirst = false
    await output.write(bytes as Buffer, () => stream.release(bytes as Buffer))
    progress?.update(stream.stats.bytes, stream.stats.read)
  }
  if ((isFirst && !hasColumns) || stream.stats.bytes === 0) requireNothing(run)
  else if (!hasClasses) warnOfNoClasses(run)
}

/**
 * Empty standard input usually means that an upstream program failed, so it must not replace a nonempty output. Throws
 * E_EMPTY. A named empty file is accepted.
 */
function requireNothing({ inputs, settings, output: { replaced }, said }: Run): void {
  const { output: path } = settings
  const isDevice = path !== undefined && replaced === undefined
  // A part may be empty, and its output belongs to another run.
  if (said || isDevice) return
  const source = inputs.length === 1 ? nameOf(inputs[0]!) : undefined
  if (replaced !== undefined && replaced > 0 && inputs.every((input) => input === DASH)) {
    throw new SoftmaxError('E_EMPTY', { replaces: path!, ...(source !== undefined && { source }) })
  }
  const output = path === undefined ? 'the output' : shown(path)
  warn(settings, `${source === undefined ? '' : `${source}: `}the input is empty, and so is ${output}`)
}

/** Warns if lists of logits have no rows, which would show how many classes there are. */
function warnOfNoClasses({ inputs, settings, said }: Run): void {
  // Parts without rows have a warning of their own.
  if (said) return
  const source = inputs.length === 1 ? `${nameOf(inputs[0]!)}: ` : ''
  warn(settings, `${source}it has no rows, so the number of classes is unknown; ${optionText('labels')} names them`)
}

async function writeMetrics(output: Output, metrics: Metrics, settings: SettingsOf<'command'>): Promise<void> {
  const { rows, unlabelled } = metrics
  const isUnlabelled = rows === 0 && unlabelled > 0
  if (isUnlabelled)
    warn(settings, `no row has a true class in ${shown(settings.truth!)}, so there is nothing to measure`)
  else warnOfUnlabelled(settings, unlabelled)
  warnOfInfiniteLoss(settings, metrics)
  warnOfShift(settings, metrics)
  await output.write(Buffer.from(`${figuresJson(metrics)}\n`))
}

/** Reports rows that are NaN, and the skipped rows, on stderr. */
export function summarise({ done, settings }: Pick<Run, 'done' | 'settings'>): void {
  const total = rejectedOf(done)
  if (settings.quiet) return
  const result = settings.nonfinite === 'null' ? 'null' : 'NaN'
  if (done.nan) complain(`${done.nan} of ${plural(done.read, 'row')} written as ${result}`)
  if (total === 0) return
  complain(`${total} of ${plural(done.read, 'row')} rejected: ${codesText(done.rejected)}${movedRows(done, settings)}`)
}

/** How skipped rows shift the remaining rows of an array, which have no key to identify them. */
function movedRows({ rejected, written }: Stats, { to, output }: SettingsOf<'command'>): string {
  const format = to ?? formatOf(output ?? '')
  if (format === undefined || !isArray(format) || written === 0) return ''
  const remedy = rejected.E_NONFINITE ? `; ${optionText('nonfinite', 'propagate')} keeps such rows, with NaN` : ''
  return `; the rows after them have moved up in the ${format}${remedy}`
}
