/** A run that fails before it starts: its statistics have the error, so that those of an earlier run do not remain. */
import { realpathSync } from 'node:fs'
import { isAbsolute, relative, sep } from 'node:path'
import { SoftmaxError } from '../core/errors.js'
import type { SettingsOf } from '../core/options.js'
import { newStats } from '../pipeline/row-counts.js'
import { requireDistinct } from './conflict.js'
import { complain, known } from './messages.js'
import { isFolder } from './output-folder.js'
import { isStats, openStats } from './stats.js'

type Settings = SettingsOf<'command'>

/** What a run reads: inputs as named, and the calibration. */
type Named = readonly string[]

/** Prepares a run with valid options. If that fails, the error is written to the statistics file, and thrown. */
export async function prepared<T>(settings: Settings, named: Named, prepare: () => T | Promise<T>): Promise<T> {
  try {
    return await prepare()
  } catch (error) {
    const { stats, dryRun } = settings
    const isNoted = stats !== undefined && !dryRun && !isFolder(stats) && !isOfOptions(error)
    if (isNoted && isFree(stats, settings, named)) await writeError(stats, error)
    throw error
  }
}

/** Whether an error is about the options, which leave the file unchanged. */
function isOfOptions(error: unknown): boolean {
  return SoftmaxError.is(error, 'E_CONFLICT') || SoftmaxError.is(error, 'E_SAME_FILE')
}

async function writeError(path: string, error: unknown): Promise<void> {
  try {
    const stats = await openStats(path, [])
    await stats.write(newStats(), known(error).code)
  } catch (failure) {
    complain((failure as Error).message)
  }
}

/** Whether a file can be replaced although the run did not get to compare it with all of its inputs. */
function isFree(path: string, settings: Settings, named: Named): boolean {
  try {
    requireDistinct(named, { ...settings, output: isFolder(settings.output) ? undefined : settings.output })
  } catch {
    return false
  }
  return !named.some((folder) => isWithin(folder, path)) || isStats(path)
}

/** False if one of them does not exist. */
function isWithin(folder: string, path: string): boolean {
  try {
    const way = relative(realpathSync(folder), realpathSync(path))
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
  } catch {
    return false
  }
}
