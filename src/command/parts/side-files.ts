/** The rejects and statistics files of parts: one per part in a directory, or one for all. */
import { createReadStream, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SoftmaxError } from '../../core/errors.js'
import { openPrivate, outputError } from '../output.js'
import type { Digest } from './digest.js'
import { digestOf, hasDigest } from './digest.js'

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
  if (!existsSync(folder)) return
  const inside = readdirSync(folder, { withFileTypes: true })
  for (const entry of inside) if (entry.isDirectory()) removeEmpty(join(folder, entry.name))
  // Another process may be writing to it.
  if (readdirSync(folder).length === 0) rmdirSync(folder)
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

/**
 * Throws E_OUTPUT if a rejects file does not have the expected digest, for example because another process writes it,
 * too.
 */
export async function requireRejects(
  { folder }: SideFiles,
  written: ReadonlyMap<string, Digest | undefined>,
): Promise<void> {
  if (folder === undefined) return
  for (const [name, digest] of written) {
    const path = join(folder, name)
    if (digest && (await hasDigest(path, digest))) continue
    const reason = 'it was changed or removed during the run; a single run with --resume recreates it'
    throw new SoftmaxError('E_OUTPUT', { path, reason })
  }
}

/** Joins the rejects of parts into one file, in the order of the parts. */
export async function joinRejects(file: string, paths: Iterable<string>): Promise<void> {
  const output = await openPrivate(file)
  for (const path of paths) {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) await output.write(chunk as Buffer)
  }
  await output.commit()
}
