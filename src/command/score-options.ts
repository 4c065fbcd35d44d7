/** Derives the options of `score` from those of the command. */
import { availableParallelism } from 'node:os'
import { namesIn, type SettingsOf } from '../core/options.js'

/**
 * The settings for `score`. More threads than cores only cost their start: with eight on two cores, 1,000,000 rows of
 * ten classes took half as long again, and twice the memory.
 */
export function bytesSettings(settings: SettingsOf<'command'>) {
  const shared = Object.fromEntries(namesIn('bytes').map((name) => [name, settings[name as keyof typeof settings]]))
  return { ...shared, source: 'stdin', jobs: Math.min(settings.jobs, availableParallelism()) }
}

/** The same as options: `temperature` next to a calibration would count as a second temperature. */
export function scoreOptions(settings: SettingsOf<'command'>) {
  return { ...bytesSettings(settings), ...(settings.calibration !== undefined && { temperature: undefined }) }
}
