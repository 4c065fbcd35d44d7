/** Types of columns kept from text, whether inferred or requested. */

import { SoftmaxError, shown, shownNames } from '../core/errors.js'
import { delimiterOf } from '../core/formats.js'
import type { Keep } from '../core/kept-columns.js'
import { LONGEST_VALUE, optionText, speaking } from '../core/option-words.js'
import type { RecordBatchReader } from '../core/record-batch.js'
import { areText, type RequestedTypes, requestedTypes, requestsNothing, TEXT } from '../core/requested-types.js'
import { selectorOfNames } from '../core/selector.js'
import { nearest } from '../core/suggestion.js'
import type { Run } from './run.js'
import type { ScoreJob } from './score-job.js'

/**
 * Sets the types of kept columns, requested or inferred. Later inputs use the types of the first; one with types of its
 * own, such as Parquet after CSV, must have the same.
 */
export function setTypes(
  reader: RecordBatchReader,
  { schema, typed }: ScoreJob,
  run: Run,
  { types: option, keep, to }: Pick<Run['settings'], 'types' | 'keep' | 'to'>,
): void {
  const requested = requestedTypes(option)
  if (requestsNothing(requested) || (run.types && reader.setType === undefined)) return
  const declares = reader.addKeys !== undefined
  const isText = declares && areText(requested) && delimiterOf(to) !== undefined
  if (!isText) requireTypes(reader, typed, requested, run)
  const names = schema.kept.map((index) => schema.header[index]!)
  requireColumns(requested, names, declares ? (item) => keepRemedy(item, names, keep) : undefined)
  if (isText) return
  const typeOf = (index: number, nth: number) =>
    requested.byName.get(names[nth]!) ?? (requested.infers ? (reader.inferType!(index) ?? TEXT) : undefined)
  const types = run.types ?? schema.kept.map(typeOf)
  for (const [nth, index] of schema.kept.entries()) if (types[nth]) reader.setType!(index, types[nth])
  run.types = types
}

/** Throws E_CONFLICT if the input already has types, or the output cannot have them. */
function requireTypes(
  reader: RecordBatchReader,
  typed: boolean,
  { infers }: RequestedTypes,
  { single }: Pick<Run, 'single'>,
): void {
  const option = infers ? optionText('types', 'infer') : optionText('types')
  const hasTypes = infers ? reader.inferType === undefined : reader.setType === undefined
  const ofInput = `works only with ${infers ? 'delimited text' : 'text'}, but the input has types`
  const remedy = single ? 'leave it out' : 'leave it out, or name an input of text first'
  const needed = `needs an output with types, such as ${speaking() === 'command' ? '-o FILE.parquet' : "to: 'parquet'"}`
  const reason = !typed ? needed : hasTypes ? `${ofInput}; ${remedy}` : undefined
  if (reason !== undefined) throw new SoftmaxError('E_CONFLICT', { reason: `${option} ${reason}` })
}

/** Validates the requested types. Throws E_SELECTOR for a name that is not a kept column, with a remedy if there is one. */
export function requireColumns(
  requested: RequestedTypes,
  names: readonly string[],
  remedyFor: (item: string) => string | undefined = () => undefined,
): RequestedTypes {
  const item = [...requested.byName.keys()].find((name) => !names.includes(name))
  if (item === undefined) return requested
  const near = nearest(
    item,
    names.filter((name) => !requested.byName.has(name)),
  )
  const hint = near === undefined ? remedyFor(item) : `did you mean ${shown(near)}?`
  const kept = names.length === 0 ? 'is not a kept column' : `is not one of the kept columns ${shownNames(names)}`
  const reason = `${kept}${hint === undefined ? '' : `; ${hint}`}`
  throw new SoftmaxError('E_SELECTOR', { item, option: 'types', reason })
}

/** How to declare a key that no first row has; a long selector is left out. */
export function keepRemedy(item: string, names: readonly string[], keep: Keep): string {
  const kept = typeof keep === 'boolean' ? selectorOfNames(names) : String(keep)
  const selector = [kept, selectorOfNames([item])].filter((text) => text !== '').join(',')
  const option = optionText('keep', selector.length > LONGEST_VALUE ? undefined : selector)
  return `if only later rows have it, name it in ${option}, too`
}
