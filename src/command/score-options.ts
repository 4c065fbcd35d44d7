/** The options of the command that are those of scoring. */
import { availableParallelism } from 'node:os'
import { namesIn, type SettingsOf } from '../core/options.js'

/**
 * The part of the command's settings that is of `score`. More threads than cores only cost their start: with eight on two cores,
 * 1,000,000 rows of ten classes took half as long again, and twice the memory.
 */
export function bytesSettings(settings: SettingsOf<'command'>) {
  const shared = Object.fromEntries(namesIn('bytes').map((name) => [name, settings[name as keyof typeof settings]]))
  return { ...shared, source: 'stdin', jobs: Math.min(settings.jobs, availableParallelism()) }
}

/** The same as options: a temperature that is given beside a calibration would be another one. */
export function scoreOptions(settings: SettingsOf<'command'>) {
  return { ...bytesSettings(settings), ...(settings.calibration !== undefined && { temperature: undefined }) }
}
