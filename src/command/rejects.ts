/** The rejects file: a JSON object for each bad row. Only its owner may read it, because it contains input data. */
import { SoftmaxError, shortened } from '../core/errors.js'
import type { Reject } from '../index.js'
import { startOf } from './file-start.js'
import { openPrivate } from './output.js'

/** Writes bad rows, in order. */
export interface Rejects {
  /** The number of rows in the file. */
  readonly count: number
  /** Adds a row. A returned promise must be awaited before the next call. */
  add(reject: Reject): Promise<void> | undefined
  /** Writes the rest, and waits until it is synced to disk. */
  close(): Promise<void>
  /**
   * The same after a failure, whose error it returns, with the name of the file in its message, if there is one; if there
   * are no rows, a file of an earlier run is left as it was. Never rejects: the first failure is the one to report.
   */
  stop(error: unknown, name?: string): Promise<unknown>
  /** Checks that it contains all skipped rows. */
  requireAll(rejected: number): void
}

/** Bytes to collect before a write. */
const ENOUGH = 1 << 16

/** Opens a rejects file. Throws E_OUTPUT, as do all its functions. */
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
  const close = async () => {
    await flush()
    await file.commit()
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
    close,
    stop: async (error, name) => {
      if (count === 0) return error
      return close().then(
        () => (name === undefined ? error : withRejects(error, path, name)),
        () => error,
      )
    },
    requireAll(rejected) {
      if (count === rejected) return
      throw new SoftmaxError('E_INTERNAL', { reason: `${rejected} rows rejected, of which ${count} are in the file` })
    },
  }
}

/** Whether an existing file has bad rows, or is empty, as it is if there were none. */
export function isRejects(path: string): boolean {
  const start = startOf(path)
  return start !== undefined && (start === '' || REJECT.test(start))
}

/** How a line begins: with what `rejectOf` gives. */
const REJECT =
  /^\{("source":"(\\.|[^"\\])*",)?"row":\d+,("line":\d+,)?("column":"(\\.|[^"\\])*",)?"code":"E_[A-Z_]+","message":"/

/** Adds to the message of an error, before its code, where the rows are that were rejected until then. */
function withRejects(error: unknown, path: string, name: string): unknown {
  if (!(error instanceof SoftmaxError)) return error
  const isOfThis = SoftmaxError.is(error, 'E_OUTPUT') && error.info.path === path
  if (isOfThis) return error
  const code = ` [${error.code}]`
  error.message = `${error.message.slice(0, -code.length)}; rejects so far: ${shortened(name)}${code}`
  return error
}
