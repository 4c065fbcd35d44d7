/** Types of columns kept from text, whether inferred or requested. */

import { type AskedTypes, askedTypes, asksNothing } from '../core/asked-types.js'
import { SoftmaxError, shown, shownNames } from '../core/errors.js'
import { nearest } from '../core/nearest.js'
import { optionText, speaking } from '../core/option-words.js'
import type { RecordBatchReader } from '../core/record-batch.js'
import type { Run } from './run.js'
import type { ScoreJob } from './score-job.js'

/** Sets the types of kept columns, requested or inferred. Later inputs use the types of the first. */
export function setTypes(
  reader: RecordBatchReader,
  { schema, typed }: ScoreJob,
  run: Run,
  { types: option }: Pick<Run['settings'], 'types'>,
): void {
  const asked = askedTypes(option)
  if (asksNothing(asked)) return
  requireTypes(reader, typed, asked)
  const names = schema.kept.map((index) => schema.header[index]!)
  requireColumns(asked, names)
  const typeOf = (index: number, nth: number) =>
    asked.byName.get(names[nth]!) ?? (asked.infers ? reader.inferType!(index) : undefined)
  const types = run.types ?? schema.kept.map(typeOf)
  for (const [nth, index] of schema.kept.entries()) if (types[nth]) reader.setType!(index, types[nth])
  run.types = types
}

/** Throws E_CONFLICT if the input already has types, or the output cannot have them. */
function requireTypes(reader: RecordBatchReader, typed: boolean, { infers }: AskedTypes): void {
  const option = infers ? optionText('types', 'infer') : optionText('types')
  const hasTypes = infers ? reader.inferType === undefined : reader.setType === undefined
  const ofInput = `works only with ${infers ? 'delimited text' : 'text'}, but the input has types`
  const needed = `needs an output with types, such as ${speaking() === 'command' ? '-o FILE.parquet' : "to: 'parquet'"}`
  const reason = !typed ? needed : hasTypes ? `${ofInput}; leave it out` : undefined
  if (reason !== undefined) throw new SoftmaxError('E_CONFLICT', { reason: `${option} ${reason}` })
}

/** Validates the requested types. Throws E_SELECTOR for a name that is not a kept column. */
export function requireColumns(asked: AskedTypes, names: readonly string[]): AskedTypes {
  const item = [...asked.byName.keys()].find((name) => !names.includes(name))
  if (item === undefined) return asked
  const near = nearest(
    item,
    names.filter((name) => !asked.byName.has(name)),
  )
  const reason = `is not one of the kept columns ${shownNames(names)}${near === undefined ? '' : `; did you mean ${shown(near)}?`}`
  throw new SoftmaxError('E_SELECTOR', { item, option: 'types', reason })
}
