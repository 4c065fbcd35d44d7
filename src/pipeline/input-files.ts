/** A directory as an input: the parts of a table that a job has written there, each in a file of its own. */
import { type Dirent, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SoftmaxError, shown } from '../core/errors.js'
import { formatOf } from '../formats/index.js'

/**
 * The files that a path stands for: the parts in a directory, in the order of the bytes of their names; else the
 * path itself. So does that of a directory that has none or cannot be looked into, which is reported where it is opened.
 *
 * @throws E_INPUT for a directory with parts in folders inside, whose rows would be left out
 */
export function partsOf(path: string): string[] {
  const inside = folderOfParts(path)
  if (inside === undefined) return directParts(path)
  const reason = `there are parts in ${shown(inside)}; name each folder to have one output, or write to a folder, as out/`
  throw new SoftmaxError('E_INPUT', { source: path, reason })
}

function directParts(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const names = readdirSync(path).filter((name) => isPart(name) && !statSync(join(path, name)).isDirectory())
    const inOrder = names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    return inOrder.length > 0 ? inOrder.map((name) => join(path, name)) : [path]
  } catch {
    return [path]
  }
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

/** What is in a directory; nothing where it is none, or cannot be looked into. */
function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch {
    return []
  }
}

/** The error of a directory that has none. */
export const NO_PARTS = 'it is a directory without parts, which are files called part-* or like a format, as a.csv'

/** By its name: Spark and Hadoop give parts no ending, and write marks and check sums whose names begin with _ or a point. */
export function isPart(name: string): boolean {
  return /^part[-_.]/.test(name) || (/^[^._]/.test(name) && formatOf(name) !== undefined)
}
