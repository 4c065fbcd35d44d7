/** The rejects and statistics files of parts: one per part in a directory, or one for all. */
import { createReadStream, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isMissing, SoftmaxError } from '../../core/errors.js'
import { openPrivate, outputError } from '../output.js'
import { type Digest, digested, digestOf, hasDigest } from './digest.js'

/** Where files of one kind are written. */
export interface SideFiles {
  /** The directory, if there is a file per part. */
  folder?: string | undefined
  /** The single file for all. */
  file?: string | undefined
}

/** The file names for the rejects and the statistics of a part. */
export function rejectsName({ name }: { name: string }): string {
  return `${name}.ndjson`
}
export function statsName({ name }: { name: string }): string {
  return `${name}.json`
}

/** The path of a part's file, whose directory is created; undefined if it has none. */
export function sidePath({ folder }: SideFiles, name: string): string | undefined {
  if (folder === undefined) return undefined
  const path = join(folder, name)
  makeFolder(dirname(path))
  return path
}

/** Creates a directory and its parents. Throws E_OUTPUT. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw outputError(path, error)
  }
}

/** Removes a directory without files, including empty subdirectories; a missing one is ignored. */
export function removeEmpty(folder: string): void {
  try {
    const inside = readdirSync(folder, { withFileTypes: true })
    for (const entry of inside) if (entry.isDirectory()) removeEmpty(join(folder, entry.name))
    rmdirSync(folder)
  } catch (error) {
    // Another process may write to it, or remove it, at any time.
    if (!isMissing(error) && (error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
  }
}

/** The digest of the rejects of a part; an empty file is removed. */
export async function digestOfRejects(path: string): Promise<Digest | undefined> {
  try {
    const digest = await digestOf(path)
    if (digest.bytes > 0) return digest
    rmSync(path)
    return undefined
  } catch (error) {
    throw outputError(path, error)
  }
}

/** The digests of the rejects of parts with bad rows, by file name. */
export type Written = ReadonlyMap<string, Digest | undefined>

/** Throws E_OUTPUT if rejects in a directory are not those written, for example because another process writes them. */
export async function requireRejects(folder: string, written: Written): Promise<void> {
  for (const [name, digest] of written) {
    const path = join(folder, name)
    if (!digest || !(await hasDigest(path, digest))) throw changedError(path)
  }
}

/**
 * Joins the rejects of parts in a directory into one file, in the order of their names. Throws E_OUTPUT if one is not as
 * written: checked while it is copied, because another process may write it at any time.
 */
export async function joinRejects(
  file: string,
  folder: string,
  names: Iterable<string>,
  written: Written,
): Promise<void> {
  const output = await openPrivate(file)
  try {
    for (const name of names) {
      const path = join(folder, name)
      const { output: copy, digest } = digested(output)
      for await (const chunk of chunksOf(path)) await copy.write(chunk)
      if (written.has(name) && digest().sha256 !== written.get(name)?.sha256) throw changedError(path)
    }
  } finally {
    // Otherwise, a write in progress could follow those of a later call.
    await output.commit()
  }
}

/** The bytes of a file; none if it does not exist. */
async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  // A stream for each of very many parts without rejects would take most of the time.
  if (!existsSync(path)) return
  try {
    yield* createReadStream(path, { highWaterMark: 1 << 18 })
  } catch (error) {
    if (!isMissing(error)) throw outputError(path, error)
  }
}

function changedError(path: string): SoftmaxError {
  const reason = 'it was changed or removed during the run; a single run with --resume recreates it'
  return new SoftmaxError('E_OUTPUT', { path, reason })
}
