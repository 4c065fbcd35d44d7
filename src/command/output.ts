/**
 * The output of the command. A file is replaced atomically: its content is written to a temporary file in the same
 * directory, created exclusively, which is renamed after it was synced to disk.
 */
import { once } from 'node:events'
import fs, { chmodSync, closeSync, existsSync, fstatSync, openSync, type Stats, unlinkSync } from 'node:fs'
import { link, open as openHandle, readlink, rename, stat, unlink } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { promisify } from 'node:util'
import { isMissing, SoftmaxError, systemReason } from '../core/errors.js'
import { shellWord } from '../core/option-words.js'
import { temporaryPath } from '../io/temporary-path.js'
import { descriptorOf, STDERR, STDOUT } from './descriptor.js'
import { EarlySync } from './early-sync.js'

/** Takes bytes in order; after `commit` all of them are in the file, after `abandon` none. */
export interface Output {
  /** Whether it is a terminal, to which binary data must not be written. */
  readonly isTerminal?: boolean
  /** If a file will be replaced, the size of the existing one. */
  readonly replaced?: number
  /** Resolves when more can be written; calls `done` once the bytes are no longer needed. */
  write(bytes: Buffer, done?: () => void): Promise<void>
  /** Waits until everything is written, and a file is synced to disk, without renaming it. */
  flush(): Promise<void>
  /** Flushes, and renames the file. */
  commit(): Promise<void>
  /** Removes what was written, synchronously, as it may be called while the process exits. */
  abandon(): void
}

/**
 * Opens a file, an open descriptor by its name, or standard output if there is no path. Without `clobber`, an existing
 * file is an error. Throws E_OUTPUT.
 */
export async function openOutput(path: string | undefined, clobber = true): Promise<Output> {
  const descriptor = path === undefined ? STDOUT : descriptorOf(path)
  if (path === undefined || descriptor !== undefined) return descriptorOutput(descriptor!, path)
  try {
    const old = await statOf(path)
    if (old && !old.isFile()) return plainOutput(path, await open(path, 'w'))
    if (old && !clobber) throw new Error(EXISTS)
    return await fileOutput(path, old, clobber ? rename : linkNew)
  } catch (cause) {
    throw outputError(path, cause)
  }
}

/**
 * Opens a file that only its owner may read. It exists immediately, and remains however the run ends; the content of an
 * existing one is replaced by the first write, or when it is committed.
 */
export function openPrivate(path: string): Promise<Output> {
  const descriptor = descriptorOf(path)
  if (descriptor !== undefined) return Promise.resolve(descriptorOutput(descriptor, path))
  return wrapErrors(path, async () => {
    const file = await open(path, 'a', OWNER_ONLY)
    const stats = fstatSync(file)
    if (!stats.isFile()) return plainOutput(path, file)
    await close(file)
    if ((stats.mode & 0o777) !== OWNER_ONLY) chmodSync(path, OWNER_ONLY)
    return lateOutput(path)
  })
}

/** An output that opens its file, and so empties it, when it is first needed. */
function lateOutput(path: string): Output {
  let output: Output | undefined
  const begin = async () => {
    const file = await wrapErrors(path, () => open(path, 'w', OWNER_ONLY))
    return plainOutput(path, file, { secure: () => sync(file, path) })
  }
  const opened = async () => {
    output ??= await begin()
    return output
  }
  return {
    write: async (bytes, done) => (await opened()).write(bytes, done),
    flush: async () => (await opened()).flush(),
    commit: async () => (await opened()).commit(),
    abandon() {},
  }
}

const OWNER_ONLY = 0o600
export const EXISTS = 'it already exists; without --no-clobber it is replaced'

/** Renames a file, but fails if the name was taken in the meantime. */
async function linkNew(from: string, to: string): Promise<void> {
  await link(from, to).catch((error) => {
    throw error.code === 'EEXIST' ? new Error(EXISTS) : error
  })
  await unlink(from)
}

const [open, write, fsync, close] = [promisify(fs.open), promisify(fs.write), promisify(fs.fsync), promisify(fs.close)]

/** Syncs a file to disk. Node's permission model allows that only for a file handle, not for a descriptor. */
async function sync(file: number, path: string): Promise<void> {
  try {
    await fsync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ACCESS_DENIED') throw error
    const handle = await openHandle(path)
    await handle.sync().finally(() => handle.close())
  }
}

/** Used for files behind standard output, because Node's stream does not handle partial writes. */
function descriptorOutput(descriptor: number, path = 'standard output'): Output {
  const name = descriptor === STDOUT ? 'standard output' : path
  try {
    const isStream = descriptor === STDOUT && !fstatSync(STDOUT).isFile()
    return isStream
      ? streamOutput(name)
      : plainOutput(name, descriptor, descriptor === STDERR ? { end: async () => {} } : {})
  } catch (cause) {
    throw outputError(name, cause)
  }
}

function streamOutput(name: string): Output {
  const { stdout } = process
  let failure: Error | undefined
  stdout.on('error', (error) => {
    failure = error
  })
  const fail = () => {
    if (failure) throw outputError(name, failure)
  }
  const flush = async () => {
    // There is no 'drain' after a write that did not fill the buffer, but this callback follows those of all writes.
    if (stdout.writableLength > 0) await new Promise<void>((written) => stdout.write('', () => written()))
    fail()
  }
  return {
    isTerminal: stdout.isTTY,
    async write(bytes, done) {
      fail()
      if (!stdout.write(bytes, done)) await once(stdout, 'drain').catch(() => {})
      fail()
    },
    flush,
    commit: flush,
    abandon() {},
  }
}

/** An output that is written directly: there is no old content to preserve, or no way to. */
function plainOutput(path: string, file: number, { secure = async () => {}, end = () => close(file) } = {}): Output {
  const write = writeBehind(file)
  const flush = () => write().then(secure)
  return {
    isTerminal: isatty(file),
    write: (bytes, done) => wrapErrors(path, () => write(bytes, done)),
    flush: () => wrapErrors(path, flush),
    commit: () => wrapErrors(path, () => flush().finally(end)),
    abandon() {},
  }
}

async function fileOutput(
  path: string,
  old: Stats | undefined,
  putInPlace: (from: string, to: string) => Promise<void>,
): Promise<Output> {
  const target = await targetOf(path)
  const temporary = temporaryPath(dirname(target))
  const file = create(temporary, old?.mode)
  const write = writeBehind(file)
  const early = new EarlySync(file)
  const flush = async () => {
    await write()
    await early.done()
    await sync(file, temporary)
  }
  return {
    replaced: old?.size ?? 0,
    write: (bytes, done) =>
      wrapErrors(path, () => {
        early.wrote(bytes.length)
        return write(bytes, done)
      }),
    flush: () => wrapErrors(path, flush),
    commit: () =>
      wrapErrors(path, async () => {
        await flush()
        await close(file)
        await putInPlace(temporary, target)
        await syncDirectory(dirname(target))
      }),
    abandon() {
      try {
        unlinkSync(temporary)
      } catch {
        // It was renamed already, or never created.
      }
    },
  }
}

/**
 * Creates a file exclusively, with a mode, or leaves none behind. Synchronous, so that no signal is handled before
 * there is an output to abandon.
 */
function create(path: string, mode: number | undefined): number {
  const file = openSync(path, 'wx', 0o666)
  try {
    // By path: Node's permission model does not allow fchmod.
    if (mode !== undefined) chmodSync(path, mode)
    return file
  } catch (error) {
    closeSync(file)
    unlinkSync(path)
    throw error
  }
}

/** Resolves symbolic links; the file need not exist. */
async function targetOf(path: string): Promise<string> {
  const link = await readlink(path).catch(() => undefined)
  return link === undefined ? path : targetOf(resolve(dirname(path), link))
}

/** How many writes may be pending while more data is prepared. */
const AHEAD = 2

/** Writes to a file in the background. Without bytes, waits for the last write. */
function writeBehind(file: number): (bytes?: Buffer, done?: () => void) => Promise<void> {
  const pending: Promise<void>[] = []
  let last = Promise.resolve()
  return async (bytes, done) => {
    while (pending.length > (bytes ? AHEAD - 1 : 0)) await pending.shift()
    if (!bytes) return
    last = last.then(() => writeAll(file, bytes)).then(done)
    pending.push(last)
    // A failure is thrown by a later call; until then it must not be an unhandled rejection.
    last.catch(() => {})
  }
}

async function writeAll(file: number, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += await writeSome(file, bytes.subarray(at))
}

/** Another program may have set a pipe to non-blocking mode. */
async function writeSome(file: number, bytes: Buffer): Promise<number> {
  try {
    return (await write(file, bytes)).bytesWritten
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    return setTimeout(FULL_PIPE_WAIT, 0)
  }
}

/** In milliseconds. */
const FULL_PIPE_WAIT = 5

/** Makes the rename survive a power failure, where supported; without it, the file is complete at its path. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r')
    await sync(directory, path).finally(() => close(directory))
  } catch {
    // The directory is not readable, or the file system does not support it.
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function wrapErrors<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    throw outputError(path, cause)
  }
}

/** The error for an output file, which may also occur when it is read back. */
export function outputError(path: string, cause: unknown): SoftmaxError {
  const folder = dirname(path)
  const isWithout = isMissing(cause) && !existsSync(folder)
  const reason = isWithout ? `there is no such folder; mkdir -p ${shellWord(folder)} creates it` : systemReason(cause)
  return new SoftmaxError('E_OUTPUT', { path, reason }, { cause })
}
