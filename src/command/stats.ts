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
  /** Writes the file and renames it; a second call replaces it. */
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
  const stats = new StatsOutput(path, await openOutput(path), start)
  files.push(stats)
  await stats.begin()
  return stats
}

class StatsOutput implements StatsFile {
  readonly #path: string
  readonly #start: number
  /** What was written to a pipe cannot be replaced, and its reader may have gone. */
  readonly #isWrittenAgain: boolean
  #file: Output | undefined
  #current = newStats()
  #isBegun = false
  #hasFailed = false
  #hasEnded = false

  constructor(path: string, file: Output, start: number) {
    this.#path = path
    this.#file = file
    this.#start = start
    this.#isWrittenAgain = isReplaceable(path)
  }

  async begin(): Promise<void> {
    if (this.#isWrittenAgain) await this.#put({ ...contentOf(newStats(), this.#start), error: UNFINISHED })
    this.#isBegun = this.#isWrittenAgain
  }

  async write(stats: Stats, error?: Code, parts?: PartCounts): Promise<void> {
    if (this.#hasFailed || (!this.#file && !this.#isWrittenAgain)) return
    await this.#put({ ...contentOf(stats, this.#start), ...(parts && { parts }), ...(error && { error }) })
    this.#hasEnded = true
  }

  async #put(content: object): Promise<void> {
    this.#file ??= await openOutput(this.#path)
    try {
      await this.#file.write(Buffer.from(`${JSON.stringify(content)}\n`))
      await this.#file.commit()
    } catch (failure) {
      this.#hasFailed = true
      this.#file.abandon()
      throw failure
    } finally {
      this.#file = undefined
    }
  }

  follow(stats: Stats): void {
    this.#current = stats
  }

  abandon(): void {
    this.#file?.abandon()
    if (this.#hasEnded || !this.#isBegun) return
    const content = { ...contentOf(this.#current, this.#start), error: UNFINISHED }
    try {
      writeFileSync(this.#path, `${JSON.stringify(content)}\n`)
    } catch {
      // The process ends by the signal, whatever becomes of its statistics.
    }
  }
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
