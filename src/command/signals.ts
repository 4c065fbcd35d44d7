/** Removes incomplete outputs on a signal. */
import type { Output } from './output.js'

/** What must be removed if a signal ends the run. */
export type Abandoned = Pick<Output, 'abandon'>

/**
 * Removes temporary files on a signal, then lets the signal end the process; also if the run ends unfinished. `say` prints
 * what a signal leaves: last, as the reader of a full pipe may not read on, and another signal then ends the process.
 */
export function abandonOnSignal(files: Abandoned[], say = () => {}): void {
  process.once('exit', () => {
    for (const file of files) file.abandon()
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Handled until all is removed: a second signal, passed on by npx or timeout, would end the process before.
    process.on(signal, () => {
      for (const file of files) file.abandon()
      process.removeAllListeners(signal)
      say()
      process.kill(process.pid, signal)
    })
  }
}

/** Stops tracking a file that is committed or abandoned. */
export function letStay(files: Abandoned[], file: Abandoned | undefined): void {
  const at = file ? files.indexOf(file) : -1
  if (at >= 0) files.splice(at, 1)
}
