/** An output that is a folder: one file for each input. */
import { statSync } from 'node:fs'
import { sep } from 'node:path'
import { SoftmaxError } from '../core/errors.js'
import { optionText } from '../core/option-words.js'
import type { SettingsOf } from '../core/options.js'

/** Whether a path is that of a folder: it ends so, or there is one. */
export function isFolder(path: string | undefined): path is string {
  if (path === undefined) return false
  return path.endsWith('/') || path.endsWith(sep) || isFolderThere(path)
}

function isFolderThere(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // The error is reported when the file is opened.
    return false
  }
}

/** Refuses options that are of outputs in a folder where there is none. Throws E_CONFLICT. */
export function requireNoParts({ resume, part }: Pick<SettingsOf<'command'>, 'resume' | 'part'>): void {
  if (!resume && part === undefined) return
  const given = optionText(resume ? 'resume' : 'part')
  throw new SoftmaxError('E_CONFLICT', { reason: `${given} is of outputs in a folder; name one with -o FOLDER/` })
}
