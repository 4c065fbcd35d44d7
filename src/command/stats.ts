/** The file that tells, in JSON, what a run has done, and what it failed of. */
import { statSync } from 'node:fs'
import type { Code, Stats } from '../index.js'
import { descriptorOf } from './descriptor.js'
import { type Output, openOutput } from './output.js'

/** Takes the numbers of a run at its end; a file that cannot be written is told before the run begins. */
export interface StatsFile {
  /** Puts the file in place; a second time, in place of the first. */
  write(stats: Stats, error?: Code): Promise<void>
  abandon(): void
}

/** Opens the file. Throws E_OUTPUT. */
export async function openStats(path: string): Promise<StatsFile> {
  let file: Output | undefined = await openOutput(path)
  let failed = false
  return {
    async write(stats, error) {
      // What went into a pipe cannot be written over, and nobody may be there to take more.
      if (failed || (!file && !isReplaceable(path))) return
      file ??= await openOutput(path)
      try {
        await file.write(Buffer.from(`${JSON.stringify(toldOf(stats, error))}\n`))
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

/** What the file holds; `seconds` are those since the process was started, `lane` is null where no row was reached. */
function toldOf({ read, written, rejected, bytes, lane }: Stats, error: Code | undefined) {
  const seconds = Math.round(performance.now()) / 1000
  return { read, written, rejected, bytes, seconds, lane: lane ?? null, ...(error && { error }) }
}
