/** Checks that files have the same columns before a row is scored. */
import type { SettingsOf } from '../core/options.js'
import { requireSame } from './columns.js'
import { preview } from './preview.js'
import type { Run } from './run.js'

/**
 * The maximum number of files to check: opening one takes half a millisecond, a tenth of the time to score a small one.
 */
const MOST = 100

/**
 * Throws E_SCHEMA if one of the first hundred files does not have the columns of the first.
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

/**
 * The column names of a file, or positions if it has no header; undefined if it cannot be checked, as objects, of which
 * each may have other keys.
 */
function headerOf(path: string, settings: SettingsOf<'bytes'>): Promise<string[] | undefined> {
  return preview(path, settings, ({ columns, named, continueFrom }) =>
    continueFrom ? undefined : columns.map(({ name }, index) => (named ? name : String(index + 1))),
  )
}
