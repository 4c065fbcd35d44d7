/** Kept columns of delimited text in which cells that mean null stay text, because they have no type. */
import { shownNames } from '../core/errors.js'
import { EVIDENCE_ROWS } from '../core/logit-columns.js'
import { LONGEST_VALUE, optionText } from '../core/option-words.js'
import type { RecordBatchReader } from '../core/record-batch.js'
import { canName, requestedTypes, type Types, withTypes } from '../core/requested-types.js'
import type { Schema } from '../core/schema.js'
import type { InputSettings } from './run.js'

/**
 * The warning if the first rows have such cells; `kept` are the columns that a format with types gets. Empty cells are
 * expected to be text unless some columns have types.
 */
export async function textNullsWarning(
  reader: RecordBatchReader,
  { header, kept }: Pick<Schema, 'header' | 'kept'>,
  { null: nulls, types }: InputSettings,
): Promise<string | undefined> {
  const { infers, byName } = requestedTypes(types)
  const untyped = kept.filter((index) => !byName.has(header[index]!))
  if (infers || untyped.length === 0 || (nulls === undefined && byName.size === 0)) return undefined
  const found = new Set(await reader.firstNulls?.(EVIDENCE_ROWS))
  const names = untyped.filter((index) => found.has(index)).map((index) => header[index]!)
  if (names.length === 0) return undefined
  const remedy = `${optionText('types', typesFor(names, types))} makes them null`
  if (nulls === undefined) return `empty cells of ${shownNames(names)} stay empty text; ${remedy}`
  const [columns, have] = names.length === 1 ? ['column', 'has'] : ['columns', 'have']
  return `the ${columns} ${shownNames(names)} ${have} texts of ${optionText('null')}, which stay text in columns without a type; ${remedy}`
}

/** The types with text for some more columns; if these cannot be named in a message, with inferred ones. */
function typesFor(names: readonly string[], types: Types): string {
  const added = names.map((name) => [name, 'text'] as const)
  const named = names.every(canName) ? withTypes(types, added) : undefined
  if (named === undefined) return [withTypes(types, []), 'infer'].filter((item) => item !== '').join(',')
  return named.length > LONGEST_VALUE ? 'NAME=text' : named
}
