/** Scores one part: its output, rejects and statistics. */
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SoftmaxError } from '../../core/errors.js'
import { isText, rowFormatOf } from '../../core/formats.js'
import type { Schema } from '../../core/schema.js'
import type { InputInfo } from '../../pipeline/input-info.js'
import { copyRejected, newStats, type Stats } from '../../pipeline/row-counts.js'
import { complain, known } from '../messages.js'
import { outputError } from '../output.js'
import type { Progress } from '../progress.js'
import { scoreInto } from '../score-run.js'
import { type Abandoned, letStay } from '../signals.js'
import { openStats } from '../stats.js'
import { digestingOutput } from './digest.js'
import type { Part } from './listing.js'
import type { Entry } from './manifest.js'
import { partNames } from './names.js'
import { type Plan, REJECTS, SUCCESS, settingsFor } from './plan.js'
import { digestOfRejects, makeFolder, rejectsName, sidePath, statsName } from './side-files.js'

/** What the parts of a run share. */
export interface PartsRun {
  plan: Plan
  /** What a signal removes. */
  files: Abandoned[]
  progress: Progress | undefined
  said: Set<string>
  /** The totals of the completed parts. */
  totals: Stats
}

/** Scores a part, optionally with names for its classes; its output is committed when this resolves. */
export async function scorePart(run: PartsRun, part: Part, labels?: readonly string[]): Promise<Entry> {
  const { folder, made, rejects: side } = run.plan
  const start = performance.now()
  // From here on, the directory is incomplete.
  rmSync(join(folder, SUCCESS), { force: true })
  // Remove the rejects of an earlier run, which would be joined with those of this one.
  rmSync(join(folder, REJECTS, rejectsName(part)), { force: true })
  makeFolder(dirname(join(folder, part.name)))
  const path = sidePath(side, rejectsName(part))
  const done = newStats()
  const written = await writeReadable(run, part, { path, done, start, labels })
  const rejects = path === undefined || written.output === null ? undefined : await digestOfRejects(path)
  const { bytes: _, ...counts } = done
  const seconds = Math.round(performance.now() - start) / 1000
  const about = { part: part.name, input: part.input, ...written, ...(rejects && { rejects }) }
  const entry = { ...about, ...counts, seconds, made }
  copyRejected(done, entry)
  return entry
}

/** The errors of a corrupt file, or of another kind of file. */
const UNREADABLE = ['E_CORRUPT', 'E_INPUT', 'E_UNSUPPORTED'] as const

/** Whether an error means that only this part is unreadable. */
export function isUnreadable(error: unknown): boolean {
  return UNREADABLE.some((code) => SoftmaxError.is(error, code))
}

/** The errors of a part with other columns than the options expect. */
const MISFITTING = [
  'E_CALIBRATION',
  'E_COLUMNS',
  'E_COLUMN_TYPE',
  'E_DELIMITER',
  'E_ENCODING',
  'E_HEADER',
  'E_LABELS',
  'E_NAME',
  'E_SCHEMA',
  'E_SELECTOR',
  'E_TENSOR',
  'E_TYPE',
] as const

/** Whether an error means that the options do not fit the columns of a part, while they may fit those of others. */
export function isMisfit(error: unknown): boolean {
  return MISFITTING.some((code) => SoftmaxError.is(error, code))
}

/** Whether the other parts are scored in spite of an error of one. */
export function isSkipped(error: unknown, { onError }: Pick<Plan['settings'], 'onError'>): boolean {
  return isUnreadable(error) || (onError === 'skip' && isMisfit(error))
}

/**
 * Writes a part. If it is skipped, its rejects are removed, so that only those of completed parts count.
 */
async function writeReadable(run: PartsRun, part: Part, written: Written): ReturnType<typeof writePart> {
  try {
    const output = await writePart(run, part, written)
    requireUnchanged(part)
    return output
  } catch (error) {
    if (written.path !== undefined && isSkipped(error, run.plan.settings)) rmSync(written.path, { force: true })
    throw error
  }
}

interface Written {
  /** The rejects file. */
  path: string | undefined
  done: Stats
  start: number
  labels: readonly string[] | undefined
}

/** Writes the output of a part, and its statistics if each part has its own. */
async function writePart(
  run: PartsRun,
  part: Part,
  { path, done, start, labels }: Written,
): Promise<Names & Pick<Entry, 'output'>> {
  const { plan, files, said } = run
  const statsPath = sidePath(plan.stats, statsName(part))
  const stats = statsPath === undefined ? undefined : await openStats(statsPath, files, start)
  // A part that is scored again has had its warnings, and replaces its own output.
  const again = labels && { labels: [...labels], quiet: true, clobber: true }
  const settings = { ...settingsFor(plan, part), rejects: path, ...again }
  const rejectsName = (error: unknown) => (isSkipped(error, plan.settings) ? undefined : (plan.rejects.file ?? path))
  let names: Names = {}
  const onSchema = (schema: Schema, info: InputInfo) => {
    names = namesOf(schema, info, plan.settings.keep !== false && !keepsKeys(info))
  }
  const { open, digest } = digestingOutput()
  try {
    const about = { inputs: [part.file], settings, stats, progress: progressOf(run), done, said, rejectsName, onSchema }
    await scoreInto(files, about, open)
    return { output: digest(), ...names }
  } catch (error) {
    if (SoftmaxError.is(error, 'E_NO_COLUMNS')) {
      await stats?.write(done)
      removeFiles([settings.output, path])
      return { output: null }
    }
    await stats?.write(done, known(error).code).catch((failure: Error) => complain(failure.message))
    throw error
  } finally {
    letStay(files, stats)
  }
}

/** The progress of a part, shown as that of the run. */
function progressOf({ progress, totals }: PartsRun): Progress | undefined {
  return (
    progress && {
      update: (bytes, rows) => progress.update(totals.bytes + bytes, totals.read + rows),
      clear() {},
    }
  )
}

type Names = Pick<Entry, 'classes' | 'kept'>

function namesOf({ classes, kept, header }: Schema, { output }: InputInfo, keepsColumns: boolean): Names {
  const names = { classes: partNames(classes) }
  if (!keepsColumns) return names
  const types = isText(output.format) ? undefined : output.columns.slice(0, kept.length).map(({ type }) => type)
  const columns = kept.map((index) => header[index]!)
  return { ...names, kept: partNames(columns, types) }
}

/** Removes the files of an earlier run, whose part was not empty. Throws E_OUTPUT. */
function removeFiles(paths: readonly (string | undefined)[]): void {
  for (const path of paths) {
    if (path === undefined) continue
    try {
      rmSync(path, { force: true })
    } catch (error) {
      throw outputError(path, error)
    }
  }
}

/** Whether each row keeps its own keys: JSON has no columns. */
function keepsKeys({ format, output }: InputInfo): boolean {
  return rowFormatOf(format) === 'ndjson' && rowFormatOf(output.format) === 'ndjson'
}

/** Throws E_INPUT if the input has changed since it was listed. */
function requireUnchanged(part: Part): void {
  if (part.isUnchanged) return
  throw new SoftmaxError('E_INPUT', { source: part.file, reason: 'it changed while it was scored' })
}
