/** Kept columns of delimited text in which texts of `null` stay text, because they have no type. */
import { shownNames } from '../core/errors.js'
import { EVIDENCE_ROWS } from '../core/logit-columns.js'
import { nullsOf } from '../core/missing.js'
import { optionText } from '../core/option-words.js'
import type { RecordBatchReader } from '../core/record-batch.js'
import { canName, requestedTypes, withTypes } from '../core/requested-types.js'
import type { Schema } from '../core/schema.js'
import { firstRows } from './first-rows.js'
import type { InputSettings } from './run.js'

/** The warning if the first rows have such texts; `kept` are the columns that a format with types gets. */
export async function textNullsWarning(
  reader: RecordBatchReader,
  { header, kept }: Pick<Schema, 'header' | 'kept'>,
  settings: InputSettings,
): Promise<string | undefined> {
  const nulls = nullsOf(settings)
  const { infers, byName } = requestedTypes(settings.types)
  const untyped = kept.filter((index) => !byName.has(header[index]!))
  if (!nulls || infers || untyped.length === 0 || reader.text?.source.format !== 'csv') return undefined
  const cells = await firstRows(reader, EVIDENCE_ROWS)
  const names = untyped.filter((index) => cells[index]!.some((cell) => nulls.has(cell))).map((index) => header[index]!)
  if (names.length === 0) return undefined
  const types = names.every(canName)
    ? withTypes(
        settings.types,
        names.map((name) => [name, 'text']),
      )
    : 'infer'
  const [columns, have] = names.length === 1 ? ['column', 'has'] : ['columns', 'have']
  return `the ${columns} ${shownNames(names)} ${have} texts of ${optionText('null')}, which stay text in columns without a type; ${optionText('types', types)} makes them null`
}
