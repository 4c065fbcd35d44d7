/** How a file begins, which shows what wrote it. */
import { closeSync, openSync, readSync } from 'node:fs'

/** The first bytes of a file, each as a character; undefined if it cannot be read. */
export function startOf(path: string): string | undefined {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const start = Buffer.alloc(LENGTH)
    return start.toString('latin1', 0, readSync(file, start))
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** More than the longest name of a file takes in JSON. */
const LENGTH = 1 << 16
