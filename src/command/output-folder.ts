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

const NAMED =
  '--compress is of outputs in a folder; another is compressed if its name ends in .gz or .zst, or by a pipe into gzip or zstd'

/** Refuses options that are of outputs in a folder where there is none. Throws E_CONFLICT. */
export function requireNoParts(settings: Pick<SettingsOf<'command'>, 'resume' | 'part' | 'compress'>): void {
  const name = (['resume', 'part', 'compress'] as const).find((name) => settings[name])
  if (name === undefined) return
  if (name === 'compress') throw new SoftmaxError('E_CONFLICT', { reason: NAMED })
  const given = optionText(name)
  throw new SoftmaxError('E_CONFLICT', { reason: `${given} is of outputs in a folder; name one with -o FOLDER/` })
}
