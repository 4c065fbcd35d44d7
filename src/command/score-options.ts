/** The options of the command that are those of scoring. */
import { namesIn, type SettingsOf } from '../core/options.js'

/** The part of the command's settings that is of `score`. */
export function bytesSettings(settings: SettingsOf<'command'>) {
  const shared = Object.fromEntries(namesIn('bytes').map((name) => [name, settings[name as keyof typeof settings]]))
  return { ...shared, source: 'stdin' }
}

/** The same as options: a temperature that is given beside a calibration would be another one. */
export function scoreOptions(settings: SettingsOf<'command'>) {
  return { ...bytesSettings(settings), ...(settings.calibration !== undefined && { temperature: undefined }) }
}
