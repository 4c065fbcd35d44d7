/** A directory as an input: the parts of a table that a job has written there, each in a file of its own. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { formatOf } from '../formats/index.js'

/**
 * The files that a path stands for: the parts in a directory, in the order of the bytes of their names; else the
 * path itself. So does that of a directory that has none or cannot be looked into, which is reported where it is opened.
 */
export function partsOf(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const names = readdirSync(path).filter((name) => isPart(name) && !statSync(join(path, name)).isDirectory())
    const inOrder = names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    return inOrder.length > 0 ? inOrder.map((name) => join(path, name)) : [path]
  } catch {
    return [path]
  }
}

/** The error of a directory that has none. */
export const NO_PARTS = 'it is a directory without parts, which are files called part-* or like a format, as a.csv'

/** By its name: Spark and Hadoop give parts no ending, and write marks and check sums whose names begin with _ or a point. */
export function isPart(name: string): boolean {
  return /^part[-_.]/.test(name) || (/^[^._]/.test(name) && formatOf(name) !== undefined)
}
