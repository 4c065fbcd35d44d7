/** Encodes rows of objects as bytes of a format. */

import type { Duplex } from 'node:stream'
import { base64Warning } from '../core/byte-columns.js'
import { isEscaped } from '../core/dialect.js'
import { SoftmaxError } from '../core/errors.js'
import { type FormatName, isText } from '../core/formats.js'
import { printer } from '../core/number.js'
import { OPTIONS, type SettingsOf } from '../core/options.js'
import type { Field } from '../core/output-columns.js'
import type { Column, Format, OutputSchema, RecordBatchWriter } from '../core/record-batch.js'
import { requestedTypes } from '../core/requested-types.js'
import { namesFoundBy } from '../core/stream-types.js'
import { nullWarning } from '../core/value-type.js'
import { dialectFromOptions } from '../formats/csv/dialect-options.js'
import { loadFormat } from '../formats/index.js'
import { resized } from '../io/batches.js'
import type { Scores } from '../kernel/host/scores.js'
import { headerlessWarning } from './columns.js'
import { withoutValues } from './read-rows.js'
import { columnsOf, type RowColumns } from './row-columns.js'
import { type Row, recordOf } from './row-values.js'

export type Settings = SettingsOf<'bytes'> & { to: FormatName } & Pick<SettingsOf<'write'>, 'typesFrom'> & {
    /** How many streams had found types when this one was made: it writes no copies of their rows. */
    typesBefore: number
    /** The stream of `read` that is piped into this one, if one is. */
    piped?: Duplex | undefined
  }

/** The maximum number of rows written at once. */
export const BATCH = 1024

/** Writes rows in batches; the first batch defines the columns. Text is written as rows arrive. */
export async function* writeRows(
  batches: AsyncIterable<unknown[]>,
  settings: Settings,
  warn: (text: string) => void,
): AsyncGenerator<Uint8Array> {
  let output: Output | undefined
  try {
    for await (const batch of isText(settings.to) ? batches : resized(batches, BATCH)) {
      if (!output) {
        output = await openOutput(batch, settings, warn)
        yield* output.writer.begin()
      }
      yield* writeBatch(batch, output)
    }
    if (!output) {
      output = await emptyOutput(settings, warn)
      if (output) yield* output.writer.begin()
    }
    if (output) yield* output.writer.end()
  } finally {
    await output?.writer.close?.()
  }
}

/**
 * The output for no rows: with the columns of the input, if they come from `read` directly; otherwise the columns are
 * unknown, which is undefined for text. Throws E_NO_COLUMNS.
 */
async function emptyOutput(settings: Settings, warn: (text: string) => void): Promise<Output | undefined> {
  const { to, emit, piped } = settings
  const { numbersOnly } = await loadFormat(to)
  const names = piped && emit === OPTIONS.emit.default && !numbersOnly ? namesFoundBy(piped) : undefined
  if (names) return openOutput([], { ...settings, typesFrom: piped }, warn, withoutValues(names))
  if (isText(to)) return undefined
  throw new SoftmaxError('E_NO_COLUMNS', { to })
}

/** The output, resolved from the first rows. */
interface Output {
  writer: RecordBatchWriter
  columns: RowColumns
  /** The values of the new columns for the rows being written. */
  values: unknown[][]
  /** The number of rows before this batch. */
  rows: number
}

/** Writes rows up to the first that does not fit. */
async function* writeBatch(items: unknown[], output: Output): AsyncGenerator<Uint8Array> {
  const { writer, columns, values } = output
  const rows: unknown[][] = []
  const rawRows: string[] = []
  let failure: unknown
  values.length = 0
  try {
    for (const [index, item] of items.entries()) {
      const row = output.rows + index + 1
      const { kept, added, text } = columns.read(recordOf(item, row), row)
      if (text !== undefined) rawRows.push(text)
      values.push(added)
      rows.push(kept)
    }
  } catch (error) {
    failure = error
  }
  output.rows += rows.length
  const hasOwn = rawRows.length > 0
  const kept = (hasOwn ? [] : columns.kept).map((column, at) =>
    columns.keptColumn(
      rows.map((row) => row[at]),
      column,
    ),
  )
  const batch = hasOwn ? { kept, rawRows } : { kept }
  if (rows.length > 0) yield* await writer.write({ batch, scores: NO_SCORES, good: [...rows.keys()] })
  if (failure) throw failure
}

/** Fields read their values from the rows, not from scores. */
const NO_SCORES = {} as Scores

/** Resolves the output from the first rows. */
async function openOutput(
  batch: unknown[],
  settings: Settings,
  warn: (text: string) => void,
  first?: Row,
): Promise<Output> {
  const format = await loadFormat(settings.to)
  const columns = columnsOf(batch, settings, format, warn, first)
  const values: unknown[][] = []
  const schema = outputSchema(columns, fieldsIn(values, columns.fields), settings)
  for (const text of warningsOf(batch, columns.kept, schema, settings, format)) warn(text)
  return { writer: await format.write(schema), columns, values, rows: 0 }
}

/** The fields, with values that are those of the rows being written. */
function fieldsIn(values: unknown[][], fields: readonly Field[]): Field[] {
  return fields.map(
    ({ all, members, position, positions, classIndex, ...field }, at): Field => ({
      ...field,
      value: (_, row) => values[row]![at] as number,
    }),
  )
}

function outputSchema(
  { kept, metadata, classes, quotesEmpty }: RowColumns,
  fields: Field[],
  settings: Settings,
): OutputSchema {
  const dialect = dialectFromOptions(settings)
  return {
    kept,
    fields,
    metadata,
    classes,
    print: printer(settings),
    float32: settings.float32,
    escapeFormulas: settings.escapeFormulas,
    // Text for bulk loading has no header.
    header: settings.outputHeader ?? !isEscaped(dialect),
    rows: undefined,
    dialect: { ...dialect, comment: undefined, newline: '\n' },
    cells: 'text',
    quotesEmpty,
  }
}

/** The warnings about the columns of an output. */
function warningsOf(
  batch: readonly unknown[],
  kept: readonly Column[],
  { fields, header }: OutputSchema,
  { to, types }: Settings,
  { typed }: Format,
): string[] {
  const names = [...kept, ...fields].map(({ name }) => name)
  const warnings = [
    // After fewer rows there are no others.
    typed && batch.length === BATCH ? untypedNullsWarning(batch, kept, types) : undefined,
    to === 'copy' ? base64Warning(kept) : undefined,
    ...(header ? [] : headerlessWarning(to, names)),
  ]
  return warnings.filter((text) => text !== undefined)
}

/** The warning about columns whose type is open, as these rows have only nulls. */
function untypedNullsWarning(
  batch: readonly unknown[],
  kept: readonly Column[],
  types: Settings['types'],
): string | undefined {
  const { byName } = requestedTypes(types)
  const open = kept.filter(({ name, field }) => !field && !byName.has(name))
  const valuesOf = ({ name }: Column) => ({ name, values: batch.map((row) => (row as Row | null)?.[name]) })
  return nullWarning(open.map(valuesOf), types)
}
