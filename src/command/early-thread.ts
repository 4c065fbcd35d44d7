/** Starts a thread for a large file before it is opened. */
import type { SettingsOf } from '../core/options.js'
import { formatOf } from '../formats/index.js'
import { startThreadFor, threadsOf } from '../pipeline/lanes.js'
import { fileOf } from './conflict.js'

/** Files of fewer bytes may be scored before another thread has started. */
const LARGE = 1 << 22

/**
 * Starts a thread if the first input is so large that it will need one: a thread takes 30 ms to load, and what it has to
 * do is known 20 ms after this. It remains unused if the input turns out to be scored on one thread, as nested lists are.
 */
export function startThreadEarly([first]: readonly string[], settings: SettingsOf<'command'>): void {
  const { from, head } = settings
  const file = head === undefined && first !== undefined && threadsOf(settings) > 1 ? fileOf(first) : undefined
  if (!file?.isFile() || file.size < LARGE) return
  startThreadFor(from ?? formatOf(first!) ?? 'csv')
}
