/** Names temporary files. */
import { join } from 'node:path'

/**
 * A path in a folder that probably does not exist. It need not be unpredictable, because files are created exclusively.
 * Random bytes from `node:crypto` would take 4 ms to load.
 */
export function temporaryPath(folder: string): string {
  const name = Math.floor(Math.random() * 2 ** 48)
  return join(folder, `.softmax-${name.toString(16).padStart(12, '0')}.tmp`)
}
