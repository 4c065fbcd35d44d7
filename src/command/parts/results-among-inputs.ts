/** The files that a run over parts writes besides outputs, where they are among its inputs: only results of a run may be. */
import { join } from 'node:path'
import { SoftmaxError, shown } from '../../core/errors.js'
import { isRejects } from '../rejects.js'
import { isStats } from '../stats.js'
import { identityOf, partNamesIn, statOf } from './listing.js'
import type { SideFiles } from './side-files.js'

/** Rejects and statistics files, by option. */
export type OwnFiles = Readonly<Record<'rejects' | 'stats', SideFiles>>

/** The paths that are never parts. */
export function pathsOf({ rejects, stats }: OwnFiles): string[] {
  return [rejects.folder, rejects.file, stats.folder, stats.file].filter((path) => path !== undefined)
}

/**
 * Refuses to leave out or replace a file or directory found among the inputs, unless all of its files are results of an
 * earlier run. Throws E_SAME_FILE.
 */
export function requireResults(found: string, folder: string, own: OwnFiles): void {
  const identity = identityOf(statOf(found))
  const isFound = (path: string | undefined) => path !== undefined && identityOf(statOf(path)) === identity
  for (const kind of ['rejects', 'stats'] as const) {
    const { file, folder: files } = own[kind]
    if (isFound(file)) requireResult(file!, kind)
    if (isFound(files)) requireOnlyResults(files!, kind, [folder, ...pathsOf(own)])
  }
}

function requireResult(path: string, kind: keyof OwnFiles): void {
  if (!isResult(path)) throw new SoftmaxError('E_SAME_FILE', { path, file: `${kind} file`, is: 'an input' })
}

function requireOnlyResults(path: string, kind: keyof OwnFiles, excluded: readonly string[]): void {
  const other = partNamesIn(path, excluded).find((name) => !isResult(join(path, name)))
  if (other === undefined) return
  const is = `a folder of inputs, such as ${shown(join(path, other))}`
  throw new SoftmaxError('E_SAME_FILE', { path, file: `${kind} folder`, is })
}

function isResult(path: string): boolean {
  return isStats(path) || isRejects(path)
}
