/**
 * The manifest of a folder of outputs: a line of JSON for each part that is done, written once its output is in place.
 * Each process has one of its own, so that none has to wait for another; all of them together say what is done.
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync, writeSync } from 'node:fs'
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

/** Where a line of a manifest stands: entries are not held, as there may be very many. */
export interface Line {
  path: string
  at: number
  length: number
}

/** The entries of a manifest, and where they stand. A line that was cut off where a process was killed says nothing. */
export function* readEntries(path: string): Generator<{ entry: Entry; line: Line }> {
  for (const { text, at, length } of linesOf(path)) {
    const entry = entryOf(text)
    if (entry) yield { entry, line: { path, at, length } }
  }
}

/** The entry of a line, if it is still the one that stands there. */
export function entryAt({ path, at, length }: Line): Entry | undefined {
  const file = opened(path)
  try {
    return entryOf(textAt(file, at, length))
  } finally {
    closeSync(file)
  }
}

function entryOf(line: string): Entry | undefined {
  try {
    const entry: Partial<Entry> = JSON.parse(line)
    const isWhole = entry.part !== undefined && entry.input && entry.output && entry.made && entry.rejected
    return isWhole ? (entry as Entry) : undefined
  } catch {
    return undefined
  }
}

/** The lines of a file, read in pieces. */
function* linesOf(path: string): Generator<{ text: string; at: number; length: number }> {
  const file = opened(path)
  const piece = Buffer.alloc(PIECE)
  let rest: Buffer = Buffer.alloc(0)
  let at = 0
  try {
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) {
      const bytes = Buffer.concat([rest, piece.subarray(0, read)])
      let from = 0
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
        yield { text: bytes.toString('utf8', from, end), at: at + from, length: end - from }
        from = end + 1
      }
      rest = bytes.subarray(from)
      at += from
    }
  } finally {
    closeSync(file)
  }
}

const PIECE = 1 << 16
const NEWLINE = 0x0a

function textAt(file: number, at: number, length: number): string {
  const bytes = Buffer.alloc(length)
  return bytes.toString('utf8', 0, readSync(file, bytes, 0, length, at))
}

function opened(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw outputError(path, error)
  }
}

/** The manifest that this process adds to. */
export class Manifest {
  readonly #path: string
  readonly #file: number
  /** Where the last line of each part stands. */
  readonly #lines = new Map<string, Line>()
  #size: number

  /** Opens a manifest, to go on with what it says. Throws E_OUTPUT. */
  constructor(folder: string, name: string) {
    this.#path = join(folder, name)
    try {
      this.#file = openSync(this.#path, 'a+')
      if (isCutOff(this.#file)) writeSync(this.#file, '\n')
      this.#size = fstatSync(this.#file).size
    } catch (error) {
      throw outputError(this.#path, error)
    }
    for (const { entry, line } of readEntries(this.#path)) this.#lines.set(entry.part, line)
  }

  /** Adds a part whose output is in place. One write, so that a line is there as a whole or at the end of the file. */
  add(entry: Entry): void {
    const bytes = Buffer.from(`${JSON.stringify(entry)}\n`)
    try {
      writeSync(this.#file, bytes)
    } catch (error) {
      throw outputError(this.#path, error)
    }
    this.#lines.set(entry.part, { path: this.#path, at: this.#size, length: bytes.length - 1 })
    this.#size += bytes.length
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#file)
  }

  /** Writes the manifest anew, one line for each part that it knows, in the order of the parts, and syncs it to the disk. */
  async rewrite(order: Iterable<string>): Promise<void> {
    const output = await openOutput(this.#path)
    try {
      let text = ''
      for (const name of order) {
        const line = this.#lines.get(name)
        if (line) text += `${textAt(this.#file, line.at, line.length)}\n`
        if (text.length < PIECE) continue
        await output.write(Buffer.from(text))
        text = ''
      }
      await output.write(Buffer.from(text))
      await output.commit()
    } catch (error) {
      output.abandon()
      throw error
    }
  }
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
