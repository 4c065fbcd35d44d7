/** Checks that files have the same columns before a row is scored. */
import { isLogitName } from '../core/column-name.js'
import { SoftmaxError } from '../core/errors.js'
import type { SettingsOf } from '../core/options.js'
import type { RecordBatchReader } from '../core/record-batch.js'
import { select } from '../core/selector.js'
import { truthsOf } from '../core/truth-columns.js'
import { type FirstColumns, headerOf, requireMatch } from './matched-columns.js'
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
  let first: FirstColumns | undefined
  for (const path of paths.slice(0, MOST)) {
    const reader = await preview(path, settings, (reader) => reader)
    if (!reader) continue
    // Objects cannot be checked, as each may have other keys.
    if (!reader.continueFrom && first) requireSame(reader, first, run, path)
    if (reader.continueFrom && !first) return
    first ??= firstColumns(path, reader, settings)
    if (!first) return
  }
}

/** Throws E_SCHEMA; any other error is reported when the input is scored. */
function requireSame(reader: RecordBatchReader, first: FirstColumns, run: Run, path: string): void {
  try {
    requireMatch(reader, first, run, path)
  } catch (error) {
    if (SoftmaxError.is(error, 'E_SCHEMA')) throw error
  }
}

/** The columns of the first file; undefined if a selector does not fit them, which is reported when it is scored. */
function firstColumns(
  name: string,
  reader: RecordBatchReader,
  settings: SettingsOf<'bytes'>,
): FirstColumns | undefined {
  const { columns, named } = reader
  try {
    const logits = logitsAmong(
      columns.map(({ name }) => name),
      settings,
    )
    return { name, named, header: headerOf(reader), columns, logits, isGuessed: logits.length === 0 }
  } catch {
    return undefined
  }
}

/** The logits as far as options or names show them; none if they have to be guessed. */
function logitsAmong(names: readonly string[], settings: SettingsOf<'bytes'>): number[] {
  if (settings.logits !== undefined) return select(settings.logits, names)
  const truths = truthsOf(settings, names)
  return [...names.keys()].filter((index) => isLogitName(names[index]!) && !truths.includes(index))
}
