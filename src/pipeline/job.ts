/** Resolves what scoring needs to know about an input and its output: columns, dialects and the writer. */
import type { Dialect } from '../core/dialect.js'
import { delimiterOf, isText } from '../core/formats.js'
import { OPTIONS } from '../core/options.js'
import type { Format, OutputSchema, RecordBatchReader, RecordBatchWriter } from '../core/record-batch.js'
import type { Schema } from '../core/schema.js'
import { isByClass } from '../formats/class-columns.js'
import { outputDialect } from '../formats/csv/dialect-options.js'
import { evenBatches } from '../formats/even-batches.js'
import { type InputContext, isTable, passesObjects, resolveSchema } from './input-schema.js'
import { emittedByDefault } from './numeric-columns.js'
import { type InputSettings, warnOfColumns } from './run.js'
import { schemaWarnings } from './schema-warnings.js'
import type { ScoreJob } from './score-job.js'

/** Resolves the job for an input: its columns, dialects and output. */
export async function jobOf({ settings: given, ...opened }: InputContext): Promise<ScoreJob> {
  const { reader, format, input, run } = opened
  const settings = format.numbersOnly ? withNumericDefault(given) : given
  const context = { ...opened, settings }
  const resolved = await resolveSchema(context)
  if (delimiterOf(settings.to) !== undefined) run.dialect ??= outputDialect(settings, dialectOf(reader))
  for (const text of await schemaWarnings(context, resolved)) warnOfColumns(run, text, input.name)
  return scoreJob(context, run.measures ? withoutOutput(resolved.schema) : resolved.schema)
}

function scoreJob({ reader, format, run, settings }: InputContext, schema: Schema): ScoreJob {
  const measures = run.measures === true
  // Delimited text without names has no header, whether that was requested or found.
  const isBare = !reader.named && delimiterOf(settings.from) !== undefined
  const wantRaw = settings.onReject !== undefined
  return {
    settings: isBare ? { ...settings, header: false } : settings,
    schema,
    keep: format.numbersOnly && schema.kept.length === 0 ? false : settings.keep,
    rawRows: passesObjects(reader, settings),
    typed: format.typed,
    byClass: isTable(format) && isByClass(schema),
    measures,
    isMeasured: measures || run.isMeasured === true,
    probe: run.probe,
    wantRaw,
    columns: wantRaw && !isText(settings.from) ? reader.columns : undefined,
    input: dialectOf(reader),
    output: run.dialect,
  }
}

/** The schema of a run that only evaluates rows. */
function withoutOutput(schema: Schema): Schema {
  return { ...schema, emit: [], names: [], kept: [] }
}

function dialectOf({ text }: RecordBatchReader): Dialect | undefined {
  return text?.source.format === 'csv' ? text.source.dialect : undefined
}

/** Class names, which are emitted by default, are not numbers. */
function withNumericDefault(settings: InputSettings): InputSettings {
  return settings.emit === OPTIONS.emit.default ? { ...settings, emit: emittedByDefault(settings.to) } : settings
}

/** Creates the writer of an output. Blocks of text do not correspond to the record batches of a file. */
export async function newWriter(
  format: Format,
  schema: OutputSchema,
  { text }: RecordBatchReader,
): Promise<RecordBatchWriter> {
  const writer = await format.write(schema)
  return text && format.typed ? evenBatches(writer, schema) : writer
}
