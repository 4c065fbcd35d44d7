/** Looks at a file before its turn. */
import { stat } from 'node:fs/promises'
import type { SettingsOf } from '../core/options.js'
import type { RecordBatchReader } from '../core/record-batch.js'
import { loadFormat } from '../formats/index.js'
import { inputOf } from './file-input.js'
import { type Opened, openInput } from './open-input.js'
import { newStats } from './row-counts.js'

/**
 * What a look at the columns of a file finds; undefined if it cannot be read, as its error is reported in order, after the
 * rows of earlier files, or if it is a pipe, which can be read only once.
 */
export async function preview<Found>(
  path: string,
  settings: SettingsOf<'bytes'>,
  look: (reader: RecordBatchReader) => Found | undefined,
): Promise<Found | undefined> {
  if (!(await stat(path)).isFile()) return undefined
  const input = inputOf(path, undefined, newStats())
  let opened: Opened | undefined
  try {
    opened = await openInput(input, settings, () => {})
    const { format, encoding } = opened
    const reader = await (await loadFormat(format)).read(opened, { ...settings, from: format, encoding })
    await reader?.close?.()
    return reader && look(reader)
  } catch {
    return undefined
  } finally {
    await opened?.chunks.return(undefined)
    input.close?.()
  }
}
