/** What scoring needs to know of a run, and what its reader and its writer need to know of it. */
import { type Dialect, isEscaped, sameCells } from '../core/dialect.js'
import { NullTexts } from '../core/missing.js'
import { printer } from '../core/number.js'
import { items, type SettingsOf } from '../core/options.js'
import { fieldsOf, inputsOf } from '../core/output-columns.js'
import type { OutputSchema, ReaderOptions, RecordBatchReader } from '../core/record-batch.js'
import { takenName } from '../core/renaming.js'
import type { Schema } from '../core/schema.js'
import type { Probe } from '../kernel/host/metrics.js'

/** What scoring needs to know of a run; it can be sent to another thread. */
export interface ScoreJob {
  settings: Pick<
    SettingsOf<'bytes'>,
    | 'temperature'
    | 'precision'
    | 'float32'
    | 'onError'
    | 'missing'
    | 'null'
    | 'nonfinite'
    | 'header'
    | 'outputHeader'
    | 'escapeFormulas'
    | 'encoding'
    | 'types'
  >
  schema: Schema
  /** Whether rows are taken over as the JSON objects that they are, and whether columns have types. */
  rawRows: boolean
  typed: boolean
  /** Whether results are a column for each class from the start. */
  byClass: boolean
  /** Whether rows are judged only, and nothing is written. */
  measures: boolean
  /** What a calibration looks at, of rows that are judged. */
  probe?: Probe | undefined
  /** Whether the bytes of bad rows are wanted. */
  wantRaw: boolean
  /** How delimited text comes in, where it does; and how it goes out, where it does. */
  input: Dialect | undefined
  output: Dialect | undefined
}

/** What a reader needs to know of a run. */
export function readerOptions(job: ScoreJob): ReaderOptions {
  const { schema, settings, rawRows, typed, wantRaw } = job
  const { logits, names, depth, logitsList = false } = schema
  return {
    logits,
    logitsList,
    depth,
    kept: readColumns(schema),
    classes: inputsOf(schema),
    rawRowKeys: rawRows ? names : undefined,
    takenName: (name, keys) => takenName(name, keys, schema),
    typed,
    types: settings.types,
    missing: settings.missing,
    nulls: nullsOf(settings),
    wantRaw,
    cells: cellsOf(job),
    encoding: settings.encoding ?? (cellsOf(job) === 'text' ? 'utf-8' : undefined),
  }
}

/** The texts that are an empty logit, where there are some. */
export function nullsOf(settings: Pick<SettingsOf<'objects'>, 'null'>): NullTexts | undefined {
  return settings.null === undefined ? undefined : new NullTexts(items(settings.null))
}

/**
 * Kept cells of delimited text pass as the bytes that they are, where both ends are delimited text: so those of an
 * encoding that was not named come out unharmed. Where its name is known, or a cell has to become text, it must be valid.
 */
export function cellsOf({ input, output }: ScoreJob): OutputSchema['cells'] {
  if (!input || !output) return 'text'
  return sameCells(input, output) ? 'encoded' : 'bytes'
}

/**
 * Whether the output becomes such text as engines copy into a table: by default COPY of PostgreSQL, LOAD DATA of Hive and the
 * like take each line for a row.
 */
function isCopied({ input, output }: ScoreJob): boolean {
  return output !== undefined && isEscaped(output) && !(input && isEscaped(input))
}

/** What a writer of a run's results needs to know; `single` says that no other input comes after. */
export function outputSchema(
  job: ScoreJob,
  reader: Pick<RecordBatchReader, 'columns' | 'rows' | 'metadata' | 'shape'>,
  single: boolean,
): OutputSchema {
  const { settings, schema, output } = job
  const { rows, metadata, shape } = reader
  const isWhole = single && settings.onError === 'fail'
  return {
    kept: schema.kept.map((index) => reader.columns[index]!),
    fields: fieldsOf(schema.emit, schema),
    metadata,
    classes: schema.classes,
    byClass: job.byClass,
    print: printer(settings),
    rounding: { precision: settings.precision, float32: settings.float32 },
    float32: settings.float32,
    escapeFormulas: settings.escapeFormulas,
    header: settings.outputHeader ?? (isCopied(job) ? false : (settings.header ?? true)),
    rows: isWhole ? rows : undefined,
    ...(isWhole && shape && { shape }),
    dialect: output,
    cells: cellsOf(job),
    quotesEmpty: true,
  }
}

/** The columns that are read beside the logits: those that are kept, and that of the true classes. */
function readColumns({ kept, truth, truths = truth === undefined ? [] : [truth] }: Schema): number[] {
  return [...kept, ...truths.filter((index) => !kept.includes(index))]
}
