/** Files of a run that must not be one and the same. */
import { type Stats as FileStats, fstatSync, readlinkSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { SoftmaxError } from '../core/errors.js'
import { descriptorOf, DASH as STDIN, STDOUT } from './descriptor.js'

/** Refuses to write over what is to be read, or written, under whatever name. Throws E_SAME_FILE. */
export function requireDistinct(inputs: string[], { output, rejects, stats }: Written): void {
  const read = inputs.map((input) => (input === STDIN ? identityOf(fileOf(STDIN)) : identityAt(input)))
  const taken = new Map(read.map((identity) => [identity, 'an input']))
  const claim = (path: string, file: string, identity: string | undefined) => {
    if (identity === undefined) return
    const is = taken.get(identity)
    if (is) throw new SoftmaxError('E_SAME_FILE', { path, file, is })
    taken.set(identity, `the ${file}`)
  }
  claim(output ?? 'standard output', 'output', targetOf(output))
  if (rejects !== undefined) claim(rejects, 'rejects file', targetOf(rejects))
  if (stats !== undefined) claim(stats, 'stats file', targetOf(stats))
}

/** The files that a run writes. */
interface Written {
  output: string | undefined
  rejects: string | undefined
  stats: string | undefined
}

/** What is known of an input or output before it is opened, which is where its errors are told. */
export function fileOf(path: string): FileStats | undefined {
  try {
    return path === STDIN ? fstatSync(0) : statSync(path)
  } catch {
    return undefined
  }
}

/** The identity of what is written to: a file, or an open descriptor, which two of them would not share in order. */
function targetOf(path: string | undefined): string | undefined {
  const descriptor = path === undefined ? STDOUT : descriptorOf(path)
  if (path !== undefined && descriptor === undefined) return identityAt(path)
  try {
    return identityOf(fstatSync(descriptor!)) ?? `descriptor ${descriptor}`
  } catch {
    return undefined
  }
}

/** What tells a file from all others; undefined for a pipe or a device, which may be read and written at once. */
function identityOf(file: FileStats | undefined): string | undefined {
  return file?.isFile() ? `${file.dev}:${file.ino}` : undefined
}

/** The same for a name, which may be that of a file that is still to be made. */
function identityAt(path: string): string | undefined {
  try {
    const file = statSync(path, { throwIfNoEntry: false })
    if (file) return identityOf(file)
    const link = linkAt(path)
    if (link !== undefined) return identityAt(resolve(dirname(path), link))
    const { dev, ino } = statSync(dirname(path))
    return `${dev}:${ino}/${basename(path)}`
  } catch {
    // What cannot be looked at cannot be opened, which is where its error is told.
    return undefined
  }
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
