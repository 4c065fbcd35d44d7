/**
 * Where the command writes. A file comes into being whole or not at all: what is written goes to a temporary beside it,
 * created so that it cannot be anything that was there, and takes the file's place only once it is on the disk.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type Stats, unlinkSync } from 'node:fs'
import { type FileHandle, open, readlink, rename, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { SoftmaxError, systemReason } from '../errors.js'
import { isClosed } from './descriptor.js'

/** Takes bytes in order; either all of them end up in place, or, after `abandon`, none. */
export interface Output {
  /** Resolves when it takes more; calls `done` once it needs the bytes no longer. */
  write(bytes: Buffer, done?: () => void): Promise<void>
  /** Waits until all is written, and on the disk where there is one, short of taking its place. */
  settle(): Promise<void>
  /** Settles, and puts it in place. */
  commit(): Promise<void>
  /** Gives up, at once and without waiting: it may be called as the process is ending. */
  abandon(): void
}

/** Opens a file, or standard output where there is no path. Throws E_OUTPUT. */
export async function openOutput(path: string | undefined): Promise<Output> {
  if (path === undefined) return standardOutput()
  try {
    const old = await statOf(path)
    return old && !old.isFile() ? await deviceOutput(path) : await fileOutput(path, old)
  } catch (cause) {
    throw outputError(path, cause)
  }
}

function standardOutput(): Output {
  const { stdout } = process
  if (isClosed(1)) throw outputError('standard output', new Error('it is closed'))
  let failure: Error | undefined
  stdout.on('error', (error) => {
    failure = error
  })
  const fail = () => {
    if (failure) throw outputError('standard output', failure)
  }
  const settle = async () => {
    if (stdout.writableLength > 0) await once(stdout, 'drain').catch(() => {})
    fail()
  }
  return {
    async write(bytes, done) {
      fail()
      if (!stdout.write(bytes, done)) await once(stdout, 'drain').catch(() => {})
      fail()
    },
    settle,
    commit: settle,
    abandon() {},
  }
}

/** A pipe or a device has no old content to save. */
async function deviceOutput(path: string): Promise<Output> {
  const file = await open(path, 'w')
  const write = oneAhead(file)
  return {
    write: (bytes, done) => guard(path, () => write(bytes, done)),
    settle: () => guard(path, () => write()),
    commit: () => guard(path, () => write().then(() => file.close())),
    abandon() {
      file.close().catch(() => {})
    },
  }
}

async function fileOutput(path: string, old: Stats | undefined): Promise<Output> {
  const target = await targetOf(path)
  const temporary = join(dirname(target), `.softmax-${randomBytes(6).toString('hex')}.tmp`)
  const file = await open(temporary, 'wx', 0o666)
  if (old) await file.chmod(old.mode)
  const write = oneAhead(file)
  const settle = () => write().then(() => file.sync())
  return {
    write: (bytes, done) => guard(path, () => write(bytes, done)),
    settle: () => guard(path, settle),
    commit: () =>
      guard(path, async () => {
        await settle()
        await file.close()
        await rename(temporary, target)
        await syncDirectory(dirname(target))
      }),
    abandon() {
      file.close().catch(() => {})
      try {
        unlinkSync(temporary)
      } catch {
        // It is in place already, or was never there.
      }
    },
  }
}

/** The file behind a path, through symbolic links, whether it is there or not. */
async function targetOf(path: string): Promise<string> {
  const link = await readlink(path).catch(() => undefined)
  return link === undefined ? path : targetOf(resolve(dirname(path), link))
}

/** Writes to a file, one write under way while the next is prepared; to write nothing is to wait for the last. */
function oneAhead(file: FileHandle): (bytes?: Buffer, done?: () => void) => Promise<void> {
  let last = Promise.resolve()
  return async (bytes, done) => {
    await last
    if (!bytes) return
    last = writeAll(file, bytes).then(done)
    // Its failure is told by the next call, not as an unhandled rejection meanwhile.
    last.catch(() => {})
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten
}

/** Makes the new name last through a power cut; some file systems know no such thing. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  await directory.sync().catch(() => {})
  await directory.close()
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function guard<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    throw outputError(path, cause)
  }
}

function outputError(path: string, cause: unknown): SoftmaxError {
  return new SoftmaxError('E_OUTPUT', { path, reason: systemReason(cause) }, { cause })
}
