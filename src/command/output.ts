/**
 * Where the command writes. A file comes into being whole or not at all: what is written goes to a temporary beside it,
 * created so that it cannot be anything that was there, and takes the file's place only once it is on the disk.
 */
import { once } from 'node:events'
import fs, { chmodSync, closeSync, fstatSync, openSync, type Stats, unlinkSync } from 'node:fs'
import { link, open as openHandle, readlink, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { promisify } from 'node:util'
import { SoftmaxError, systemReason } from '../core/errors.js'
import { descriptorOf, STDERR, STDOUT } from './descriptor.js'

/** Takes bytes in order; either all of them end up in place, or, after `abandon`, none. */
export interface Output {
  /** Whether a person reads it, and bytes that are no text would garble the screen. */
  readonly isTerminal?: boolean
  /** Resolves when it takes more; calls `done` once it needs the bytes no longer. */
  write(bytes: Buffer, done?: () => void): Promise<void>
  /** Waits until all is written, and on the disk where there is one, short of taking its place. */
  flush(): Promise<void>
  /** Settles, and puts it in place. */
  commit(): Promise<void>
  /** Gives up, at once and without waiting: it may be called as the process is ending. */
  abandon(): void
}

/**
 * Opens a file, an open descriptor by one of its names, or standard output where there is no path; `clobber` allows for a
 * file to be there. Throws E_OUTPUT.
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

/** Opens a file that its owner alone may read, and that is there at once, and stays, however the run ends. */
export function openPrivate(path: string): Promise<Output> {
  const descriptor = descriptorOf(path)
  if (descriptor !== undefined) return Promise.resolve(descriptorOutput(descriptor, path))
  return guard(path, async () => {
    const file = await open(path, 'w', OWNER_ONLY)
    const stats = fstatSync(file)
    if (!stats.isFile()) return plainOutput(path, file)
    if ((stats.mode & 0o777) !== OWNER_ONLY) chmodSync(path, OWNER_ONLY)
    return plainOutput(path, file, { secure: () => sync(file, path) })
  })
}

const OWNER_ONLY = 0o600
const EXISTS = 'it is there already; without --no-clobber it is replaced'

/** Gives a file a new name, unless there is something of that name, which has come since it was looked for. */
async function linkNew(from: string, to: string): Promise<void> {
  await link(from, to).catch((error) => {
    throw error.code === 'EEXIST' ? new Error(EXISTS) : error
  })
  await unlink(from)
}

const [open, write, fsync, close] = [promisify(fs.open), promisify(fs.write), promisify(fs.fsync), promisify(fs.close)]

/** Has a file on the disk. Node's permission model has no leave for that by a descriptor, save by a file handle. */
async function sync(file: number, path: string): Promise<void> {
  try {
    await fsync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ACCESS_DENIED') throw error
    const handle = await openHandle(path)
    await handle.sync().finally(() => handle.close())
  }
}

/** Node's own stream writes to a file once, and does not check that all bytes were written. */
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
  const settle = async () => {
    if (stdout.writableLength > 0) await once(stdout, 'drain').catch(() => {})
    fail()
  }
  return {
    isTerminal: stdout.isTTY,
    async write(bytes, done) {
      fail()
      if (!stdout.write(bytes, done)) await once(stdout, 'drain').catch(() => {})
      fail()
    },
    flush: settle,
    commit: settle,
    abandon() {},
  }
}

/** What is written to at once: there is no old content to save, or nowhere to save it. */
function plainOutput(path: string, file: number, { secure = async () => {}, end = () => close(file) } = {}): Output {
  const write = oneAhead(file)
  const settle = () => write().then(secure)
  return {
    isTerminal: isatty(file),
    write: (bytes, done) => guard(path, () => write(bytes, done)),
    flush: () => guard(path, settle),
    commit: () => guard(path, () => settle().finally(end)),
    abandon() {},
  }
}

async function fileOutput(
  path: string,
  old: Stats | undefined,
  putInPlace: (from: string, to: string) => Promise<void>,
): Promise<Output> {
  // Loaded here, as standard output has no need of it.
  const { randomBytes } = await import('node:crypto')
  const target = await targetOf(path)
  const temporary = join(dirname(target), `.softmax-${randomBytes(6).toString('hex')}.tmp`)
  const file = create(temporary, old?.mode)
  const write = oneAhead(file)
  const settle = () => write().then(() => sync(file, temporary))
  return {
    write: (bytes, done) => guard(path, () => write(bytes, done)),
    flush: () => guard(path, settle),
    commit: () =>
      guard(path, async () => {
        await settle()
        await close(file)
        await putInPlace(temporary, target)
        await syncDirectory(dirname(target))
      }),
    abandon() {
      try {
        unlinkSync(temporary)
      } catch {
        // It is in place already, or was never there.
      }
    },
  }
}

/**
 * Creates a file that was not there, and gives it a mode; or leaves none. Not by promises: no signal is handled between
 * its coming into being and there being an output to abandon.
 */
function create(path: string, mode: number | undefined): number {
  const file = openSync(path, 'wx', 0o666)
  try {
    // By its path: Node's permission model has no leave for a descriptor's mode.
    if (mode !== undefined) chmodSync(path, mode)
    return file
  } catch (error) {
    closeSync(file)
    unlinkSync(path)
    throw error
  }
}

/** The file behind a path, through symbolic links, whether it is there or not. */
async function targetOf(path: string): Promise<string> {
  const link = await readlink(path).catch(() => undefined)
  return link === undefined ? path : targetOf(resolve(dirname(path), link))
}

/** Writes to a file, one write under way while the next is prepared; to write nothing is to wait for the last. */
function oneAhead(file: number): (bytes?: Buffer, done?: () => void) => Promise<void> {
  let last = Promise.resolve()
  return async (bytes, done) => {
    await last
    if (!bytes) return
    last = writeAll(file, bytes).then(done)
    // Its failure is told by the next call, not as an unhandled rejection meanwhile.
    last.catch(() => {})
  }
}

async function writeAll(file: number, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += await writeSome(file, bytes.subarray(at))
}

/** A pipe that another program made may refuse to wait for its reader. */
async function writeSome(file: number, bytes: Buffer): Promise<number> {
  try {
    return (await write(file, bytes)).bytesWritten
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    return setTimeout(FULL_PIPE_WAIT, 0)
  }
}

/** Milliseconds. */
const FULL_PIPE_WAIT = 5

/** Makes the new name last through a power cut, where that can be had: the file is in place, and whole, without it. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r')
    await sync(directory, path).finally(() => close(directory))
  } catch {
    // The folder cannot be read, or its file system knows no such thing.
  }
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
