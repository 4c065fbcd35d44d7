/** Ensures that the files of a run are distinct. */
import { type Stats as FileStats, fstatSync, readlinkSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { SoftmaxError } from '../core/errors.js'
import { descriptorOf, DASH as STDIN, STDOUT } from './descriptor.js'

/**
 * Refuses an output that is also an input or another output, whether by path, symbolic link or hard link. Throws
 * E_SAME_FILE.
 */
export function requireDistinct(inputs: Iterable<string>, { output, rejects, stats, metrics, report }: Written): void {
  const others = [rejects, stats, metrics, report].filter((path) => path !== undefined)
  const written = new Set([output, ...others].map(targetOf))
  const taken = new Map<string | undefined, string>()
  for (const input of inputs) {
    const identity = input === STDIN ? identityOf(fileOf(STDIN)) : identityAt(input)
    if (written.has(identity)) taken.set(identity, 'an input')
  }
  const claim = (path: string, file: string, identity: string | undefined) => {
    if (identity === undefined) return
    const is = taken.get(identity)
    if (is) throw new SoftmaxError('E_SAME_FILE', { path, file, is })
    taken.set(identity, `the ${file}`)
  }
  claim(output ?? 'standard output', 'output', targetOf(output))
  if (rejects !== undefined) claim(rejects, 'rejects file', targetOf(rejects))
  if (stats !== undefined) claim(stats, 'stats file', targetOf(stats))
  if (metrics !== undefined) claim(metrics, 'metrics file', targetOf(metrics))
  if (report !== undefined) claim(report, 'report', targetOf(report))
}

/** The files that a run writes. */
interface Written {
  output: string | undefined
  rejects: string | undefined
  stats: string | undefined
  metrics: string | undefined
  report: string | undefined
}

/** The status of a file; undefined if it has none: the error is reported when the file is opened. */
export function fileOf(path: string): FileStats | undefined {
  try {
    return path === STDIN ? fstatSync(0) : statSync(path)
  } catch {
    return undefined
  }
}

/** The identity of an output: a file, or an open descriptor, in which two outputs would mix. */
function targetOf(path: string | undefined): string | undefined {
  const descriptor = path === undefined ? STDOUT : descriptorOf(path)
  if (path !== undefined && descriptor === undefined) return identityAt(path)
  try {
    return identityOf(fstatSync(descriptor!)) ?? `descriptor ${descriptor}`
  } catch {
    return undefined
  }
}

/** Device and inode; undefined for a pipe or device, which can be read and written at the same time. */
function identityOf(file: FileStats | undefined): string | undefined {
  return file?.isFile() ? `${file.dev}:${file.ino}` : undefined
}

/** The same for a path, which need not exist yet. */
function identityAt(path: string): string | undefined {
  try {
    const file = statSync(path, { throwIfNoEntry: false })
    if (file) return identityOf(file)
    const link = linkAt(path)
    if (link !== undefined) return identityAt(resolve(dirname(path), link))
    const { dev, ino } = statSync(dirname(path))
    return `${dev}:${ino}/${basename(path)}`
  } catch {
    // The error is reported when the file is opened.
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
