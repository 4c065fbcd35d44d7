/** Whether files have the same columns, before a row of the first is scored. */
import { stat } from 'node:fs/promises'
import type { SettingsOf } from '../core/options.js'
import { loadFormat } from '../formats/index.js'
import { requireSame } from './columns.js'
import { inputOf } from './file-input.js'
import { type Opened, openInput } from './open-input.js'
import { newStats } from './row-counts.js'

type Settings = SettingsOf<'bytes'>

/** Of how many files: to open one takes half a millisecond, a tenth of what a small one takes to score. */
const MOST = 100

/**
 * Throws E_SCHEMA for a file whose columns are not those of the first, if it is one of the first hundred. Files that cannot be read are passed over: what
 * is wrong with one is said in its place, behind the rows of those before it. So is what is no file, as it may be read once.
 */
export async function requireSameColumns(paths: readonly string[], settings: Settings): Promise<void> {
  // Of so many rows, the last files may not be read.
  if (paths.length < 2 || settings.head !== undefined) return
  let first: { path: string; header: string[] } | undefined
  for (const path of paths.slice(0, MOST)) {
    const header = await headerOf(path, settings)
    if (header === undefined) continue
    if (first) requireSame(header, first.header, first.path, path)
    else first = { path, header }
  }
}

/** The names of a file's columns, or their positions; undefined where there are none. */
async function headerOf(path: string, settings: Settings): Promise<string[] | undefined> {
  if (!(await stat(path)).isFile()) return undefined
  const input = inputOf(path, undefined, newStats())
  let opened: Opened | undefined
  try {
    opened = await openInput(input, settings, () => {})
    const { format, encoding } = opened
    const reader = await (await loadFormat(format)).read(opened, { ...settings, from: format, encoding })
    await reader?.close?.()
    return reader?.columns.map(({ name }, index) => (reader.named ? name : String(index + 1)))
  } catch {
    return undefined
  } finally {
    await opened?.chunks.return(undefined)
    input.close?.()
  }
}
