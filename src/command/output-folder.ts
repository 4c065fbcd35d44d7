/** An output directory: one file per input. */
import { statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { SoftmaxError, shown } from '../core/errors.js'
import { optionText, verbText } from '../core/option-words.js'
import type { SettingsOf, Verb } from '../core/options.js'
import { requireWritable } from '../io/compression.js'

/** Whether a path is a directory: it ends with a slash, or exists as one. */
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

/** What options for output directories require. */
const OF_FOLDERS = {
  resume: 'name one with -o FOLDER/',
  part: 'name one with -o FOLDER/',
  compress: 'to compress another output, end its name in .gz or .zst, or pipe it into gzip or zstd',
} as const

/** Refuses options for output directories if the output is not one, or the verb writes one file. Throws E_CONFLICT. */
export function requireNoParts(
  settings: Pick<SettingsOf<'command'>, keyof typeof OF_FOLDERS>,
  verb: Verb | undefined,
): void {
  for (const [name, remedy] of Object.entries(OF_FOLDERS)) {
    if (!settings[name as keyof typeof OF_FOLDERS]) continue
    const reason = `${optionText(name)} works only with outputs in a folder`
    const isShare = verb === 'evaluate' && name === 'part'
    const parts = isShare
      ? `; measure each part with ${optionText('partial')}, and combine them with ${optionText('merge')}`
      : ''
    throw new SoftmaxError('E_CONFLICT', {
      reason:
        verb && name !== 'compress'
          ? `${reason}, and ${verbText(verb)} writes one file${parts}`
          : `${reason}; ${remedy}`,
    })
  }
}

/** Refuses a directory as the output of a verb that writes one file. Throws E_OUTPUT. */
export function requireFile(output: string | undefined, verb: Verb): void {
  if (!isFolder(output)) return
  const file = join(output, verb === 'calibrate' ? 'calibration.json' : 'metrics.json')
  const reason = `it is a folder, but ${verbText(verb)} writes one file, such as ${optionText('output', file)}`
  throw new SoftmaxError('E_OUTPUT', { path: output, reason })
}

/** The files beside an output, with the names to propose. */
const BESIDE = {
  rejects: 'rejects.ndjson',
  stats: 'stats.json',
  metrics: 'metrics.json',
  report: 'report.html',
} as const

/** Refuses a directory for a file beside a single output. Throws E_CONFLICT. */
export function requireFilesBeside(settings: Pick<SettingsOf<'command'>, keyof typeof BESIDE>): void {
  for (const [option, name] of Object.entries(BESIDE)) {
    const path = settings[option as keyof typeof BESIDE]
    if (!isFolder(path)) continue
    const file = optionText(option as keyof typeof BESIDE, join(path, name))
    const ofParts = option in OF_PARTS ? ', which works only if the outputs are in a folder, too (-o FOLDER/)' : ''
    throw new SoftmaxError('E_CONFLICT', {
      reason: `${shown(path)} is a folder${ofParts}; name a file, such as ${file}`,
    })
  }
}

/** Those that a run over parts writes for each part. */
const OF_PARTS = { rejects: true, stats: true }

/** Refuses a compression that this Node lacks, before a directory is created. Throws E_NODE. */
export function requireCompression({ compress }: Pick<SettingsOf<'command'>, 'compress'>): void {
  if (compress !== undefined) requireWritable(compress, `use ${optionText('compress', 'gzip')}`)
}
