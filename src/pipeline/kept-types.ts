/** The types of columns kept from delimited text, where they are inferred. */

import { type DataType, typeName } from '../core/data-type.js'
import { SoftmaxError, shown } from '../core/errors.js'
import { optionText } from '../core/option-words.js'
import type { RecordBatchReader } from '../core/record-batch.js'
import type { Run } from './run.js'
import type { ScoreJob } from './score-job.js'

/** Finds out the types of kept columns, and reports them. Later inputs have those of the first. */
export function inferTypes(
  reader: RecordBatchReader,
  { schema, typed }: ScoreJob,
  run: Run,
  name: string | undefined,
): void {
  if (!reader.inferTypes || !typed) {
    const reason = typed
      ? 'is of delimited text, and the input has types'
      : 'is of outputs that have types, such as parquet'
    throw new SoftmaxError('E_CONFLICT', { reason: `${optionText('types', 'infer')} ${reason}; leave it out` })
  }
  reader.inferTypes(schema.kept, run.types)
  if (run.types) return
  const types = schema.kept.map((index) => reader.columns[index]!.field?.type)
  const names = schema.kept.map((index) => schema.header[index]!)
  if (types.some(Boolean)) run.emit('warning', `columns are kept as ${typesText(names, types)}`, name)
  run.types = types
}

/** Which columns have which types, as in `int64 ("id", "age"), text ("name")`. */
function typesText(names: readonly string[], types: readonly (DataType | undefined)[]): string {
  const groups = new Map<string, string[]>()
  for (const [index, type] of types.entries()) {
    const key = type ? typeName(type) : 'text'
    groups.set(key, [...(groups.get(key) ?? []), shown(names[index]!)])
  }
  return Array.from(groups, ([type, columns]) => `${type} (${listed(columns)})`).join(', ')
}

function listed(names: string[]): string {
  const more = names.length - MOST_LISTED
  return more > 0 ? `${names.slice(0, MOST_LISTED).join(', ')} and ${more} more` : names.join(', ')
}

const MOST_LISTED = 20
