/** The file of rejects: a bad row a line, as JSON. Only its owner may read it, as it holds data of the input. */
import type { Reject } from '../index.js'
import { openPrivate } from './output.js'

/** Takes bad rows, in order. */
export interface Rejects {
  /** How many it has. */
  readonly count: number
  /** A promise has to be waited for. */
  add(reject: Reject): Promise<void> | undefined
  /** Has all of them on the disk. */
  close(): Promise<void>
}

/** How many bytes are gathered before they are written. */
const ENOUGH = 1 << 16

/** Opens a file of rejects, empty. Throws E_OUTPUT, as all its functions do. */
export async function openRejects(path: string): Promise<Rejects> {
  const file = await openPrivate(path)
  let count = 0
  let lines: string[] = []
  let length = 0
  const flush = () => {
    const bytes = Buffer.from(lines.join(''))
    lines = []
    length = 0
    return file.write(bytes)
  }
  return {
    get count() {
      return count
    },
    add(reject) {
      const line = `${JSON.stringify(reject)}\n`
      count++
      lines.push(line)
      length += line.length
      return length < ENOUGH ? undefined : flush()
    },
    async close() {
      await flush()
      await file.commit()
    },
  }
}
