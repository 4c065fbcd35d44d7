/** The statistics file: the counts of a run, and the error that ended it, in JSON. */
import { statSync, writeFileSync } from 'node:fs'
import type { Code, Stats } from '../index.js'
import { newStats } from '../pipeline/row-counts.js'
import { descriptorOf } from './descriptor.js'
import { startOf } from './file-start.js'
import { type Output, openOutput } from './output.js'
import type { Abandoned } from './signals.js'

/**
 * Written when a run begins, with the error code `unfinished`, and when it ends or a signal ends it: so a killed run leaves no
 * statistics of an earlier run, and a write error is reported before the first row.
 */
export interface StatsFile {
  /** Writes the file and puts it in place; a second call replaces it. */
  write(stats: Stats, error?: Code, parts?: PartCounts): Promise<void>
  /** Names the counts of the run in progress. */
  follow(stats: Stats): void
  /** Writes these counts, when a signal ends the run. */
  abandon(): void
}

/** For a run over parts: the number of parts, of completed ones, and of those completed earlier; and those with errors. */
export interface PartCounts {
  all: number
  done: number
  before: number
  failed: { input: string; error: Code }[]
}

/**
 * Opens the file and adds it to the `files` that a signal ends; seconds count from `start`, in milliseconds since the
 * process started. Throws E_OUTPUT.
 */
export async function openStats(path: string, files: Abandoned[], start = 0): Promise<StatsFile> {
  let file: Output | undefined = await openOutput(path)
  let [failed, ended] = [false, false]
  const put = async (content: object) => {
    file ??= await openOutput(path)
    try {
      await file.write(Buffer.from(`${JSON.stringify(content)}\n`))
      await file.commit()
    } catch (failure) {
      failed = true
      file.abandon()
      throw failure
    } finally {
      file = undefined
    }
  }
  const isWrittenAgain = isReplaceable(path)
  let isBegun = false
  let current = newStats()
  const stats: StatsFile = {
    async write(stats, error, parts) {
      // What was written to a pipe cannot be replaced, and its reader may have gone.
      if (failed || (!file && !isWrittenAgain)) return
      await put({ ...contentOf(stats, start), ...(parts && { parts }), ...(error && { error }) })
      ended = true
    },
    follow(stats) {
      current = stats
    },
    abandon() {
      file?.abandon()
      if (ended || !isBegun) return
      try {
        writeFileSync(path, `${JSON.stringify({ ...contentOf(current, start), error: UNFINISHED })}\n`)
      } catch {
        // The process ends by the signal, whatever becomes of its statistics.
      }
    },
  }
  files.push(stats)
  if (isWrittenAgain) await put({ ...contentOf(newStats(), start), error: UNFINISHED })
  isBegun = isWrittenAgain
  return stats
}

/** The error code until the run ends. */
const UNFINISHED = 'unfinished'

/** Whether a file can be replaced by a second write. */
function isReplaceable(path: string): boolean {
  return descriptorOf(path) === undefined && statSync(path, { throwIfNoEntry: false })?.isFile() !== false
}

/** Whether an existing file has statistics. */
export function isStats(path: string): boolean {
  return /^\{"read":\d+,"written":\d+,"abstained":\d+,"rejected":\{/.test(startOf(path) ?? '')
}

/** The content; `lane` is null if no row was reached. */
function contentOf({ read, written, abstained, rejected, nan, bytes, lane }: Stats, start: number) {
  const seconds = Math.round(performance.now() - start) / 1000
  return { read, written, abstained, rejected, ...(nan && { nan }), bytes, seconds, lane: lane ?? null }
}
