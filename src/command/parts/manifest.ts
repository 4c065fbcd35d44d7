/**
 * The manifest of a folder of outputs: a line of JSON for each part that is done, written once its output is in place.
 * Each process has one of its own, so that none has to wait for another; all of them together say what is done.
 */
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { SoftmaxError, systemReason } from '../../core/errors.js'
import type { Stats } from '../../pipeline/row-counts.js'
import { openOutput } from '../output.js'
import type { Digest } from './digest.js'
import type { Listed } from './listing.js'
import type { Made } from './options.js'
import type { Share } from './shares.js'

/** What a line says of a part. */
export interface Entry extends Omit<Stats, 'bytes'> {
  /** The name of its output in the folder. */
  part: string
  /** The input as it was when it was read. */
  input: Listed
  output: Digest
  /** Of its bad rows, where it has some and they went to a file. */
  rejects?: Digest
  seconds: number
  /** What it was made with. */
  made: Made
}

/** The name of the manifest that a process writes. */
export function manifestName(share: Share | undefined): string {
  return share ? `_manifest-${share.index}-of-${share.count}.ndjson` : '_manifest.ndjson'
}

/** The names of the manifests in a folder, which need not be there. */
export function manifestsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^_manifest(-\d+-of-\d+)?\.ndjson$/.test(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw outputError(folder, error)
  }
}

/** The entries of a manifest. A line that was cut off where a process was killed says nothing. */
export function readEntries(path: string): Entry[] {
  try {
    return readFileSync(path, 'utf8').split('\n').flatMap(entryOf)
  } catch (error) {
    throw outputError(path, error)
  }
}

function entryOf(line: string): Entry[] {
  try {
    const entry: Partial<Entry> = JSON.parse(line)
    const isWhole = entry.part !== undefined && entry.input && entry.output && entry.made && entry.rejected
    return isWhole ? [entry as Entry] : []
  } catch {
    return []
  }
}

/** The manifest that this process adds to. */
export class Manifest {
  readonly #path: string
  readonly #entries = new Map<string, Entry>()
  readonly #file: number

  /** Opens a manifest, to go on with what it says. Throws E_OUTPUT. */
  constructor(folder: string, name: string, entries: readonly Entry[]) {
    this.#path = join(folder, name)
    for (const entry of entries) this.#entries.set(entry.part, entry)
    try {
      this.#file = openSync(this.#path, 'a+')
      if (isCutOff(this.#file)) writeSync(this.#file, '\n')
    } catch (error) {
      throw outputError(this.#path, error)
    }
  }

  /** Adds a part whose output is in place. One write, so that a line is there as a whole or at the end of the file. */
  add(entry: Entry): void {
    this.#entries.set(entry.part, entry)
    try {
      writeSync(this.#file, lineOf(entry))
    } catch (error) {
      throw outputError(this.#path, error)
    }
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#file)
  }

  /** Writes the manifest anew, one line for each part that it knows, in the order of the parts, and syncs it to the disk. */
  async rewrite(order: readonly string[]): Promise<void> {
    const output = await openOutput(this.#path)
    try {
      for (const name of order) {
        const entry = this.#entries.get(name)
        if (entry) await output.write(Buffer.from(lineOf(entry)))
      }
      await output.commit()
    } catch (error) {
      output.abandon()
      throw error
    }
  }
}

function lineOf(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`
}

/** Whether a file ends within a line. */
function isCutOff(file: number): boolean {
  const { size } = fstatSync(file)
  const last = Buffer.alloc(1)
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a
}

/** An error of a file that is written, though it may fail where it is read again. */
export function outputError(path: string, cause: unknown): SoftmaxError {
  return new SoftmaxError('E_OUTPUT', { path, reason: systemReason(cause) }, { cause })
}
