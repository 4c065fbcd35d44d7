/** Checks that files have the same columns before a row is scored. */
import { stat } from 'node:fs/promises'
import type { SettingsOf } from '../core/options.js'
import { loadFormat } from '../formats/index.js'
import { requireSame } from './columns.js'
import { inputOf } from './file-input.js'
import { type Opened, openInput } from './open-input.js'
import { newStats } from './row-counts.js'
import type { Run } from './run.js'

type Settings = SettingsOf<'bytes'>

/**
 * The maximum number of files to check: opening one takes half a millisecond, a tenth of the time to score a small one.
 */
const MOST = 100

/**
 * Throws E_SCHEMA if one of the first hundred files does not have the columns of the first. Unreadable files are
 * skipped, as their errors are reported in order, after the rows of earlier files; so are pipes, which can be read only
 * once, and objects, of which each may have other keys.
 */
export async function requireSameColumns(paths: readonly string[], run: Run): Promise<void> {
  const { settings } = run
  // With a row limit, the last files may never be read.
  if (paths.length < 2 || settings.head !== undefined) return
  let first: { path: string; header: string[] } | undefined
  for (const path of paths.slice(0, MOST)) {
    const header = await headerOf(path, settings)
    if (header === undefined) continue
    if (first) requireSame(header, first.header, run, { first: first.path, source: path })
    else first = { path, header }
  }
}

/** The column names of a file, or positions if it has no header; undefined if it cannot be checked. */
async function headerOf(path: string, settings: Settings): Promise<string[] | undefined> {
  if (!(await stat(path)).isFile()) return undefined
  const input = inputOf(path, undefined, newStats())
  let opened: Opened | undefined
  try {
    opened = await openInput(input, settings, () => {})
    const { format, encoding } = opened
    const reader = await (await loadFormat(format)).read(opened, { ...settings, from: format, encoding })
    await reader?.close?.()
    if (reader?.continueFrom) return undefined
    return reader?.columns.map(({ name }, index) => (reader.named ? name : String(index + 1)))
  } catch {
    return undefined
  } finally {
    await opened?.chunks.return(undefined)
    input.close?.()
  }
}
