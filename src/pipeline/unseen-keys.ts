/** Keys of JSON objects that options name, and no row has: they may be mistyped. */

import { shownNames } from '../core/errors.js'
import type { RecordBatchReader } from '../core/record-batch.js'
import { requestedTypes } from '../core/requested-types.js'
import { isDone, type Run } from './run.js'
import type { ScoreJob } from './score-job.js'

/** Watches for the keys that need not be in the first row. An earlier input may have had them. */
export function watchKeys(reader: RecordBatchReader, { schema, settings }: ScoreJob, run: Run): void {
  const declared = [...requestedTypes(settings.types).byName.keys()]
  const logits = schema.logits.map((index) => reader.columns[index]!)
  const lacked = logits.filter(({ inner, sample }) => inner !== undefined && sample === '').map(({ name }) => name)
  const unseen = reader.watchKeys?.([...declared, ...lacked])
  if (unseen) run.unseenKeys = [...(run.unseenKeys ?? []), unseen]
}

/** The warning that keys are in no row of any input. */
export function unseenKeysWarning(run: Run): string | undefined {
  const [first, ...others] = run.unseenKeys ?? []
  // A column of a table has no key, and rows that are not read may have one.
  if (!first || run.isPart || run.stats.read === 0 || run.first?.format !== 'ndjson' || isDone(run)) return undefined
  const names = first().filter((name) => others.every((unseen) => unseen().includes(name)))
  if (names.length === 0) return undefined
  return `no row has the ${names.length === 1 ? 'key' : 'keys'} ${shownNames(names)}`
}
