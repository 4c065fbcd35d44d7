/** `softmax`: scores inputs into an output; statistics are written even if the run fails. */
import type { SettingsOf } from '../core/options.js'
import { newStats } from '../pipeline/row-counts.js'
import { printDone } from './closing-line.js'
import { startThreadEarly } from './early-thread.js'
import { complain, known } from './messages.js'
import { progressOf } from './progress.js'
import { scoreInto, summarise } from './score-run.js'
import { type Abandoned, abandonOnSignal } from './signals.js'
import { openStats } from './stats.js'

/** Scores the inputs. Throws the error that ended the run, after everything except requested statistics was removed. */
export async function scoreByInputs(inputs: string[], settings: SettingsOf<'command'>): Promise<void> {
  const start = performance.now()
  startThreadEarly(inputs, settings)
  const files: Abandoned[] = []
  abandonOnSignal(files)
  const done = newStats()
  const stats = settings.stats === undefined ? undefined : await openStats(settings.stats, files)
  try {
    await scoreInto(files, { inputs, settings, stats, progress: progressOf(settings, inputs), done })
    summarise({ done, settings })
    printDone(settings, done, start)
  } catch (error) {
    await stats?.write(done, known(error).code).catch((failure: Error) => complain(failure.message))
    throw error
  }
}
