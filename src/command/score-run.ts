/** A run of the command: its inputs scored into its files. */
import { scoreFiles } from '../api/score-files.js'
import { SoftmaxError } from '../core/errors.js'
import { formatOfBytes, isText } from '../core/formats.js'
import { namesIn, type SettingsOf } from '../core/options.js'
import type { Reject } from '../core/reject.js'
import type { Schema } from '../core/schema.js'
import { compressed, compressionOf } from '../io/compression.js'
import { rejectedOf, type Stats } from '../pipeline/row-counts.js'
import { announcement } from './announcement.js'
import { sourcesOf, totalSize } from './inputs.js'
import { complain, warn } from './messages.js'
import { type Output, openOutput } from './output.js'
import { type Progress, showProgress } from './progress.js'
import { openRejects, type Rejects } from './rejects.js'
import type { Abandoned } from './signals.js'
import type { StatsFile } from './stats.js'

/** What the inputs of a run share. */
interface Run {
  inputs: string[]
  settings: SettingsOf<'command'>
  output: Output
  rejects: Rejects | undefined
  stats: StatsFile | undefined
  /** Where the metrics go. */
  metrics: Output | undefined
  progress: Progress | undefined
  /** Counts of what is done, be it up to a failure. */
  done: Stats
  /** What was said of other parts: it is said once. */
  said?: Set<string>
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
  }
}

async function scoreAll(run: Run): Promise<void> {
  const { output, progress } = run
  try {
    await scoreInputs(run)
    // The statistics before the output is put in place: if they cannot be written, the old output stays.
    await output.flush()
    await run.stats?.write(run.done)
    await run.metrics?.commit()
    await output.commit()
  } finally {
    progress?.clear()
  }
}

/** Scores all inputs. The rejects are on the disk when it ends, also after a failure. */
async function scoreInputs(run: Run): Promise<void> {
  try {
    await writeScored(run)
  } catch (error) {
    // The first failure is reported, whatever fails after it.
    await run.rejects?.close().catch(() => {})
    throw error
  }
  await run.rejects?.close()
  requireConservation(run)
}

async function writeScored(run: Run): Promise<void> {
  const { inputs, settings, output, progress } = run
  const { rejects } = run
  const onReject = rejects && ((reject: Reject) => rejects.add(reject))
  const stream = scoreFiles(sourcesOf(inputs), { ...scoreOptions(settings), onReject })
  stream.on('schema', (schema: Schema) => announce(run, schema))
  stream.on('warning', (text, source) => {
    if (isNew(run, text)) warn(settings, `${source}: ${text}`)
  })
  try {
    const { compression } = compressionOf(settings.output ?? '')
    let isFirst = true
    for await (const bytes of compressed(stream, compression)) {
      if (output.isTerminal && isFirst) requireText(bytes as Buffer)
      isFirst = false
      await output.write(bytes as Buffer, () => stream.release(bytes as Buffer))
      progress?.update(stream.stats.bytes, stream.stats.read)
    }
    await run.metrics?.write(Buffer.from(`${JSON.stringify(stream.metrics())}\n`))
  } finally {
    Object.assign(run.done, stream.stats)
  }
}

/** Refuses to write a binary format, which its first bytes show, to a terminal. */
function requireText(bytes: Buffer): void {
  const format = formatOfBytes(bytes)
  if (!format || format === 'none' || isText(format)) return
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${format} is binary and is not written to a terminal; write it to a file with -o, or choose text with -t csv`,
  })
}

/** Checks that the rejects file has every bad row of all inputs. */
function requireConservation({ done, rejects }: Run): void {
  if (!rejects || rejects.count === rejectedOf(done)) return
  const reason = `${rejectedOf(done)} rows rejected, of which ${rejects.count} are in the file`
  throw new SoftmaxError('E_INTERNAL', { reason })
}

/** The part of the command's settings that is of `score`. */
export function bytesSettings(settings: SettingsOf<'command'>) {
  const shared = Object.fromEntries(namesIn('bytes').map((name) => [name, settings[name as keyof typeof settings]]))
  return { ...shared, source: 'stdin' }
}

/** The same as options: a temperature that is given beside a calibration would be another one. */
export function scoreOptions(settings: SettingsOf<'command'>) {
  return { ...bytesSettings(settings), ...(settings.calibration !== undefined && { temperature: undefined }) }
}

/** Reports the rows that were left out on stderr. */
export function summarise({ done, settings }: Pick<Run, 'done' | 'settings'>): void {
  const codes = Object.entries(done.rejected)
  const total = rejectedOf(done)
  if (total === 0 || settings.quiet) return
  complain(`${total} of ${done.read} rows left out: ${codes.map(([code, count]) => `${count} ${code}`).join(', ')}`)
}

export function progressOf(settings: SettingsOf<'command'>, inputs: readonly string[]): Progress | undefined {
  const apart = settings.output !== undefined || !process.stdout.isTTY
  const asked = settings.progress ?? (!settings.quiet && apart)
  return asked && process.stderr.isTTY ? showProgress(process.stderr, totalSize(inputs)) : undefined
}

/** What is said neither by arguments nor by convention is said here. */
function announce(run: Run, schema: Schema): void {
  const text = announcement(schema)
  if (schema.guessed && !run.settings.quiet && isNew(run, text)) complain(text)
}

function isNew({ said }: Run, text: string): boolean {
  if (said?.has(text)) return false
  said?.add(text)
  return true
}
