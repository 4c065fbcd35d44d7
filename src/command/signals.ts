/** What a signal does to outputs that are not complete. */
import type { Output } from './output.js'

/** What has to be removed when a signal ends the run. */
export type Abandoned = Pick<Output, 'abandon'>

/** Removes temporary files on a signal, then lets the signal end the process. */
export function abandonOnSignal(files: Abandoned[]): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // A second signal ends the process at once, whatever the first one is at.
    process.once(signal, () => {
      for (const file of files) file.abandon()
      process.kill(process.pid, signal)
    })
  }
}

/** What is in place, or abandoned, is no longer to be removed on a signal. */
export function letStay(files: Abandoned[], file: Abandoned | undefined): void {
  const at = file ? files.indexOf(file) : -1
  if (at >= 0) files.splice(at, 1)
}
