/** Where temporary files are. */
import { join } from 'node:path'

/**
 * A path in a folder that no other file is likely to have. It may be guessed: what has it is created exclusively. Random bytes of
 * `node:crypto` would take 4 ms to load.
 */
export function temporaryPath(folder: string): string {
  const name = Math.floor(Math.random() * 2 ** 48)
  return join(folder, `.softmax-${name.toString(16).padStart(12, '0')}.tmp`)
}
