/** The statistics file: in JSON, the counts of a run and the error that ended it. */
import { statSync } from 'node:fs'
import type { Code, Stats } from '../index.js'
import { descriptorOf } from './descriptor.js'
import { type Output, openOutput } from './output.js'

/** Written at the end of a run, but opened before it: a file that cannot be written is an error before the first row. */
export interface StatsFile {
  /** Writes the file and puts it in place; a second call replaces it. */
  write(stats: Stats, error?: Code): Promise<void>
  abandon(): void
}

/** Opens the file. Throws E_OUTPUT. */
export async function openStats(path: string): Promise<StatsFile> {
  let file: Output | undefined = await openOutput(path)
  let failed = false
  return {
    async write(stats, error) {
      // What went into a pipe cannot be replaced, and its reader may have gone.
      if (failed || (!file && !isReplaceable(path))) return
      file ??= await openOutput(path)
      try {
        await file.write(Buffer.from(`${JSON.stringify(contentOf(stats, error))}\n`))
        await file.commit()
      } catch (failure) {
        failed = true
        file.abandon()
        throw failure
      } finally {
        file = undefined
      }
    },
    abandon() {
      file?.abandon()
    },
  }
}

/** Whether a file can be written a second time, in place of the first. */
function isReplaceable(path: string): boolean {
  return descriptorOf(path) === undefined && statSync(path).isFile()
}

/** The content; `seconds` since the process started, `lane` null if no row was reached. */
function contentOf({ read, written, abstained, rejected, bytes, lane }: Stats, error: Code | undefined) {
  const seconds = Math.round(performance.now()) / 1000
  return { read, written, abstained, rejected, bytes, seconds, lane: lane ?? null, ...(error && { error }) }
}
