/** Files of rejects and statistics beside the parts: one for each part in a folder, or one for all. */
import { createReadStream, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SoftmaxError } from '../../core/errors.js'
import { openPrivate, outputError } from '../output.js'
import type { Digest } from './digest.js'
import { digestOf, hasDigest } from './digest.js'

/** Where files of one kind go. */
export interface SideFiles {
  /** The folder of a file for each part; undefined where there is none. */
  folder?: string | undefined
  /** The one file for all. */
  file?: string | undefined
}

/** The path of the file of a part, whose folder is there then; undefined where it has none. */
export function sidePath({ folder }: SideFiles, name: string): string | undefined {
  if (folder === undefined) return undefined
  const path = join(folder, name)
  makeFolder(dirname(path))
  return path
}

/** Makes a folder, and those that it is in. Throws E_OUTPUT. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw outputError(path, error)
  }
}

/** Removes a folder in which there is no file, with those inside; one that is not there is none. */
export function removeEmpty(folder: string): void {
  if (!existsSync(folder)) return
  const inside = readdirSync(folder, { withFileTypes: true })
  for (const entry of inside) if (entry.isDirectory()) removeEmpty(join(folder, entry.name))
  // Another process may write to it.
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

/** Throws E_OUTPUT where a file of rejects is not what it was written as, as where another process writes it as well. */
export async function requireRejects(
  { folder }: SideFiles,
  written: ReadonlyMap<string, Digest | undefined>,
): Promise<void> {
  if (folder === undefined) return
  for (const [name, digest] of written) {
    const path = join(folder, name)
    if (digest && (await hasDigest(path, digest))) continue
    const reason = 'it was changed or removed while the run went on; one run with --resume makes it again'
    throw new SoftmaxError('E_OUTPUT', { path, reason })
  }
}

/** Puts the rejects of parts together into one file, in the order of the parts. */
export async function joinRejects(file: string, paths: Iterable<string>): Promise<void> {
  const output = await openPrivate(file)
  for (const path of paths) {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) await output.write(chunk as Buffer)
  }
  await output.commit()
}
