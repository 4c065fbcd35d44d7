/** A directory as an input: the parts of a table that a job has written there, each in a file of its own. */
import { type Dirent, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SoftmaxError, shown, systemReason } from '../core/errors.js'
import { formatOf } from '../formats/index.js'

/**
 * The files that a path stands for: the parts in a directory, in the order of the bytes of their names; else the
 * path itself. So does that of a directory that has none, which is reported where it is opened.
 *
 * @throws E_INPUT for a directory with parts in folders inside, whose rows would be left out, or that cannot be read
 */
export function partsOf(path: string): string[] {
  // Nothing that is no directory is opened here: a pipe may be opened but once.
  if (!isDirectory(path)) return [path]
  const inside = folderOfParts(path)
  if (inside === undefined) return directParts(path)
  const reason = `there are parts in ${shown(inside)}; name each folder to have one output, or write to a folder, as out/`
  throw new SoftmaxError('E_INPUT', { source: path, reason })
}

function directParts(folder: string): string[] {
  const names = entriesOf(folder).map(({ name }) => name)
  const parts = names.filter((name) => isPart(name) && !isDirectory(join(folder, name)))
  const inOrder = parts.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return inOrder.length > 0 ? inOrder.map((name) => join(folder, name)) : [folder]
}

/** The first of the folders in a directory that has parts, at whatever depth. Links are not followed: they may lead back. */
function folderOfParts(path: string): string | undefined {
  for (const entry of entriesOf(path)) {
    if (!entry.isDirectory() || /^[._]/.test(entry.name)) continue
    const folder = join(path, entry.name)
    if (entriesOf(folder).some((inner) => inner.isFile() && isPart(inner.name))) return folder
    const deeper = folderOfParts(folder)
    if (deeper !== undefined) return deeper
  }
  return undefined
}

/** No for what cannot be looked at either: that is reported where it is opened. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** What is in a directory. One that cannot be read may have parts, so it is an error. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (cause) {
    throw new SoftmaxError('E_INPUT', { source: folder, reason: systemReason(cause) }, { cause })
  }
}

/** The error of a directory that has none. */
export const NO_PARTS = 'it is a directory without parts, which are files called part-* or like a format, as a.csv'

/** By its name: Spark and Hadoop give parts no ending, and write marks and check sums whose names begin with _ or a point. */
export function isPart(name: string): boolean {
  return /^part[-_.]/.test(name) || (/^[^._]/.test(name) && formatOf(name) !== undefined)
}
