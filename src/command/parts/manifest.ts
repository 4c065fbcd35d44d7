/**
 * The manifest of an output directory: a line of JSON per completed part, written after its output is committed. Each
 * process has its own manifest, so that none has to wait for another; together they say what is done.
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isMissing } from '../../core/errors.js'
import type { Stats } from '../../pipeline/row-counts.js'
import { openOutput, outputError } from '../output.js'
import { type Abandoned, letStay } from '../signals.js'
import type { Digest } from './digest.js'
import type { Listed } from './listing.js'
import type { PartNames } from './names.js'
import type { Made } from './options.js'
import type { Share } from './shares.js'

/** A manifest entry for a part. */
export interface Entry extends Omit<Stats, 'bytes'> {
  /** The name of its output in the directory. */
  part: string
  /** The input as it was when it was read. */
  input: Listed
  /** Null if it has no columns in a format that needs some, so that there is no output. */
  output: Digest | null
  /** The names of its classes and kept columns; undefined if it has no columns, or keeps none. */
  classes?: PartNames
  kept?: PartNames
  /** The digest of its bad rows, if it has any and they were written to a file. */
  rejects?: Digest
  seconds: number
  /** The version and options it was made with. */
  made: Made
}

/** The name of the manifest of a process. */
export function manifestName(share: Share | undefined): string {
  return share ? `_manifest-${share.index}-of-${share.count}.ndjson` : '_manifest.ndjson'
}

export function isManifest(name: string): boolean {
  return /^_manifest(-\d+-of-\d+)?\.ndjson$/.test(name)
}

/** The names of the manifests in a directory, which need not exist. */
export function manifestsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter(isManifest)
  } catch (error) {
    if (isMissing(error)) return []
    throw outputError(folder, error)
  }
}

/** The position of a manifest line. Entries themselves are not kept in memory, as there may be millions. */
export interface Line {
  path: string
  at: number
  length: number
}

/** Reads the entries of a manifest with their positions. An incomplete line, left by a killed process, is ignored. */
export function* readEntries(path: string): Generator<{ entry: Entry; line: Line }> {
  const file = opened(path)
  if (file === undefined) return
  try {
    for (const { text, at, length } of linesOf(file)) {
      const entry = entryOf(text)
      if (entry) yield { entry, line: { path, at, length } }
    }
  } finally {
    closeSync(file)
  }
}

/** Reads the entry of a line again, if it is still there. */
export function entryAt({ path, at, length }: Line): Entry | undefined {
  const file = opened(path)
  if (file === undefined) return undefined
  try {
    return entryOf(textAt(file, at, length))
  } finally {
    closeSync(file)
  }
}

function entryOf(line: string): Entry | undefined {
  try {
    const entry: Partial<Entry> = JSON.parse(line)
    const isComplete =
      entry.part !== undefined && entry.input && entry.output !== undefined && entry.made && entry.rejected
    return isComplete ? (entry as Entry) : undefined
  } catch {
    return undefined
  }
}

/** The lines of a file, read in chunks. */
function* linesOf(file: number): Generator<{ text: string; at: number; length: number }> {
  const piece = Buffer.alloc(PIECE)
  let rest: Buffer = Buffer.alloc(0)
  let at = 0
  const readNext = () => readSync(file, piece, 0, PIECE, at + rest.length)
  for (let read = readNext(); read > 0; read = readNext()) {
    const bytes = Buffer.concat([rest, piece.subarray(0, read)])
    let from = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      yield { text: bytes.toString('utf8', from, end), at: at + from, length: end - from }
      from = end + 1
    }
    rest = bytes.subarray(from)
    at += from
  }
}

const PIECE = 1 << 16
const NEWLINE = 0x0a

/** Reads text at a position of a file into reused memory, as there may be millions of lines. */
function textAt(file: number, at: number, length: number): string {
  if (scratch.length < length) scratch = Buffer.alloc(2 * length)
  return scratch.toString('utf8', 0, readSync(file, scratch, 0, length, at))
}

let scratch = Buffer.alloc(0)

/** The descriptor of a manifest; undefined if its process has removed it, as it was empty. */
function opened(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw outputError(path, error)
  }
}

/** The manifest of this process. */
export class Manifest {
  readonly #path: string
  readonly #file: number

  /** Opens a manifest for appending. Throws E_OUTPUT. */
  constructor(folder: string, name: string) {
    this.#path = join(folder, name)
    try {
      this.#file = openSync(this.#path, 'a+')
      if (isTruncated(this.#file)) writeSync(this.#file, '\n')
    } catch (error) {
      throw outputError(this.#path, error)
    }
  }

  /** Adds a part whose output is committed. An incomplete write leaves an incomplete line, which is ignored. */
  add(entry: Entry): void {
    const bytes = Buffer.from(`${JSON.stringify(entry)}\n`)
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at)
    } catch (error) {
      throw outputError(this.#path, error)
    }
  }

  /** Removes the file if it is empty, so that the directory counts as a new one. */
  removeEmpty(): void {
    if (fstatSync(this.#file).size === 0) rmSync(this.#path, { force: true })
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#file)
  }

  /**
   * Rewrites the manifest with one line per known part, in the order of the parts, and syncs it to disk. Reads the
   * current file, because another process started on the same parts may append to it. `files` are what a signal
   * removes.
   */
  async rewrite(order: Iterable<string>, files: Abandoned[]): Promise<void> {
    const { starts, lengths } = lastLines(this.#file, order)
    const output = await openOutput(this.#path)
    files.push(output)
    try {
      let text = ''
      for (const [index, start] of starts.entries()) {
        if (start >= 0) text += `${textAt(this.#file, start, lengths[index]!)}\n`
        if (text.length < PIECE) continue
        await output.write(Buffer.from(text))
        text = ''
      }
      await output.write(Buffer.from(text))
      await output.commit()
    } catch (error) {
      output.abandon()
      throw error
    } finally {
      letStay(files, output)
    }
  }
}

/**
 * The position of the last line of each part, in the order of the parts; -1 if there is none. There may be millions.
 */
function lastLines(file: number, order: Iterable<string>) {
  const indexes = new Map<string, number>()
  for (const name of order) indexes.set(name, indexes.size)
  const starts = new Float64Array(indexes.size).fill(-1)
  const lengths = new Uint32Array(indexes.size)
  for (const { text, at, length } of linesOf(file)) {
    const index = indexes.get(entryOf(text)?.part ?? '')
    if (index === undefined) continue
    starts[index] = at
    lengths[index] = length
  }
  return { starts, lengths }
}

/** Whether a file ends in an incomplete line. */
function isTruncated(file: number): boolean {
  const { size } = fstatSync(file)
  const last = Buffer.alloc(1)
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a
}
