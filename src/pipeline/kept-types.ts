/** Types of columns kept from text, whether inferred or requested. */

import { SoftmaxError, shown, shownNames } from '../core/errors.js'
import { nearest } from '../core/nearest.js'
import { optionText, speaking } from '../core/option-words.js'
import type { RecordBatchReader } from '../core/record-batch.js'
import { type RequestedTypes, requestedTypes, requestsNothing, TEXT } from '../core/requested-types.js'
import type { Run } from './run.js'
import type { ScoreJob } from './score-job.js'

/** Sets the types of kept columns, requested or inferred. Later inputs use the types of the first. */
export function setTypes(
  reader: RecordBatchReader,
  { schema, typed }: ScoreJob,
  run: Run,
  { types: option }: Pick<Run['settings'], 'types'>,
): void {
  const requested = requestedTypes(option)
  if (requestsNothing(requested)) return
  requireTypes(reader, typed, requested)
  const names = schema.kept.map((index) => schema.header[index]!)
  requireColumns(requested, names)
  const typeOf = (index: number, nth: number) =>
    requested.byName.get(names[nth]!) ?? (requested.infers ? (reader.inferType!(index) ?? TEXT) : undefined)
  const types = run.types ?? schema.kept.map(typeOf)
  for (const [nth, index] of schema.kept.entries()) if (types[nth]) reader.setType!(index, types[nth])
  run.types = types
}

/** Throws E_CONFLICT if the input already has types, or the output cannot have them. */
function requireTypes(reader: RecordBatchReader, typed: boolean, { infers }: RequestedTypes): void {
  const option = infers ? optionText('types', 'infer') : optionText('types')
  const hasTypes = infers ? reader.inferType === undefined : reader.setType === undefined
  const ofInput = `works only with ${infers ? 'delimited text' : 'text'}, but the input has types`
  const needed = `needs an output with types, such as ${speaking() === 'command' ? '-o FILE.parquet' : "to: 'parquet'"}`
  const reason = !typed ? needed : hasTypes ? `${ofInput}; leave it out` : undefined
  if (reason !== undefined) throw new SoftmaxError('E_CONFLICT', { reason: `${option} ${reason}` })
}

/** Validates the requested types. Throws E_SELECTOR for a name that is not a kept column. */
export function requireColumns(requested: RequestedTypes, names: readonly string[]): RequestedTypes {
  const item = [...requested.byName.keys()].find((name) => !names.includes(name))
  if (item === undefined) return requested
  const near = nearest(
    item,
    names.filter((name) => !requested.byName.has(name)),
  )
  const reason = `is not one of the kept columns ${shownNames(names)}${near === undefined ? '' : `; did you mean ${shown(near)}?`}`
  throw new SoftmaxError('E_SELECTOR', { item, option: 'types', reason })
}
