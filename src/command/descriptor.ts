/** What the process was started with. */
import { constants, fstatSync, readFileSync, statSync } from 'node:fs'

/**
 * True for a descriptor that the process was started without: Node has opened /dev/null in its place, for reading and
 * writing, as no shell does. Linux alone tells.
 */
export function isClosed(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))
    const isNull = fstatSync(descriptor).rdev === statSync('/dev/null').rdev
    return isNull && (Number.parseInt(flags![1]!, 8) & constants.O_RDWR) !== 0
  } catch {
    return false
  }
}
