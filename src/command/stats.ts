/** The statistics file: in JSON, the counts of a run and the error that ended it. */
import { statSync } from 'node:fs'
import type { Code, Stats } from '../index.js'
import { descriptorOf } from './descriptor.js'
import { type Output, openOutput } from './output.js'

/** Written at the end of a run, but opened before it: a file that cannot be written is an error before the first row. */
export interface StatsFile {
  /** Writes the file and puts it in place; a second call replaces it. */
  write(stats: Stats, error?: Code, parts?: PartCounts): Promise<void>
  abandon(): void
}

/** Of a run from parts to parts: how many parts it has, how many of them are done, and how many of these were before it. */
export interface PartCounts {
  all: number
  done: number
  before: number
}

/** Opens the file; seconds count from `start`, in milliseconds since the process started. Throws E_OUTPUT. */
export async function openStats(path: string, start = 0): Promise<StatsFile> {
  let file: Output | undefined = await openOutput(path)
  let failed = false
  return {
    async write(stats, error, parts) {
      // What went into a pipe cannot be replaced, and its reader may have gone.
      if (failed || (!file && !isReplaceable(path))) return
      file ??= await openOutput(path)
      try {
        const content = { ...contentOf(stats, start), ...(parts && { parts }), ...(error && { error }) }
        await file.write(Buffer.from(`${JSON.stringify(content)}\n`))
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

/** The content; `lane` is null if no row was reached. */
function contentOf({ read, written, abstained, rejected, bytes, lane }: Stats, start: number) {
  const seconds = Math.round(performance.now() - start) / 1000
  return { read, written, abstained, rejected, bytes, seconds, lane: lane ?? null }
}
