/** The description of a scoring run, and the options its reader and writer derive from it. */
import { type Dialect, isEscaped, sameCells } from '../core/dialect.js'
import { type Keep, keptTest } from '../core/kept-columns.js'
import { otherKey } from '../core/late-keys.js'
import { lateLogitTest } from '../core/late-logits.js'
import { nullsOf } from '../core/missing.js'
import { printer } from '../core/number.js'
import type { SettingsOf } from '../core/options.js'
import { fieldsOf, inputsOf } from '../core/output-columns.js'
import { withAdded } from '../core/pandas-metadata.js'
import type { Column, OutputSchema, ReaderOptions, RecordBatchReader } from '../core/record-batch.js'
import { takenName } from '../core/renaming.js'
import type { Schema } from '../core/schema.js'
import type { Probe } from '../kernel/host/metrics.js'

/** The options of a run that every thread needs. */
export const JOB_OPTIONS = [
  'logits',
  'temperature',
  'precision',
  'float32',
  'onError',
  'missing',
  'null',
  'nonfinite',
  'header',
  'outputHeader',
  'escapeFormulas',
  'encoding',
  'types',
] as const satisfies (keyof SettingsOf<'bytes'>)[]

export type JobSettings = Pick<SettingsOf<'bytes'>, (typeof JOB_OPTIONS)[number]>

/** The description of a scoring run; it can be sent to another thread. */
export interface ScoreJob {
  settings: JobSettings
  schema: Schema
  /** Which of their columns are kept. */
  keep: Keep
  /** Whether input rows are passed through as raw JSON objects, and whether columns have types. */
  rawRows: boolean
  typed: boolean
  /** Whether results are computed as one column per class. */
  byClass: boolean
  /** Whether rows are only evaluated and nothing is written. */
  measures: boolean
  /** Whether rows without probabilities are bad whatever the options, as metrics cannot count them. */
  isMeasured: boolean
  /** What a calibration measures on evaluated rows. */
  probe?: Probe | undefined
  /** Whether bad rows are needed as they are in the input, and then the columns, if these have types. */
  wantRaw: boolean
  columns?: readonly Column[] | undefined
  /** The dialects of delimited input and output. */
  input: Dialect | undefined
  output: Dialect | undefined
}

/** Whether rows are passed through as lines with all their keys. */
export function passesLines({ rawRows, keep }: Pick<ScoreJob, 'rawRows' | 'keep'>): boolean {
  return rawRows && keep === true
}

/** Creates the test whether the value of a key is kept; undefined if none is, or lines with all keys. */
function keyTest(job: ScoreJob): ReaderOptions['isKept'] {
  const { keep, schema } = job
  return keep === false || passesLines(job) ? undefined : keptTest(keep, schema.header, schema.kept)
}

/** The options for the reader. */
export function readerOptions(job: ScoreJob): ReaderOptions {
  const { schema, settings, rawRows, typed, wantRaw } = job
  const { logits, names, depth, logitsList = false } = schema
  return {
    logits,
    logitsList,
    depth,
    kept: readColumns(schema),
    isKept: keyTest(job),
    classes: inputsOf(schema),
    isLateLogit: lateLogitTest({ logits: settings.logits, logitsList }),
    rawRowKeys: rawRows ? names : undefined,
    takenName: (name, keys) => takenName(name, keys, schema),
    otherKey: (key) => otherKey(key, schema, settings.types),
    typed,
    types: settings.types,
    missing: settings.missing,
    nulls: nullsOf(settings),
    wantRaw,
    cells: cellsOf(job),
    encoding: settings.encoding ?? (cellsOf(job) === 'text' ? 'utf-8' : undefined),
  }
}

/**
 * Whether kept cells are copied as raw bytes, which requires delimited text on both sides. That preserves cells in an
 * undeclared encoding. If the encoding is declared, or a cell has to become a string, it must be valid.
 */
export function cellsOf({ input, output }: ScoreJob): OutputSchema['cells'] {
  if (!input || !output) return 'text'
  return sameCells(input, output) ? 'encoded' : 'bytes'
}

/**
 * Whether the output is text for bulk loading into a table: by default, PostgreSQL's COPY, Hive's LOAD DATA and others
 * take every line for a row.
 */
function isCopied({ input, output }: ScoreJob): boolean {
  return output !== undefined && isEscaped(output) && !(input && isEscaped(input))
}

/** The options for the writer; `single` means that no other input follows. */
export function outputSchema(
  job: ScoreJob,
  reader: Pick<RecordBatchReader, 'columns' | 'rows' | 'metadata' | 'shape'>,
  single: boolean,
): OutputSchema {
  const { settings, schema, output } = job
  const { rows, metadata, shape } = reader
  const fields = fieldsOf(schema.emit, schema)
  return {
    kept: schema.kept.map((index) => reader.columns[index]!),
    isKept: keyTest(job),
    fields,
    metadata: withAdded(
      metadata,
      fields.map(({ name }) => name),
    ),
    classes: schema.classes,
    byClass: job.byClass,
    print: printer(settings),
    rounding: { precision: settings.precision, float32: settings.float32 },
    float32: settings.float32,
    escapeFormulas: settings.escapeFormulas,
    header: settings.outputHeader ?? (isCopied(job) ? false : (settings.header ?? true)),
    rows: single && settings.onError === 'fail' ? rows : undefined,
    ...(single && shape && { shape }),
    dialect: output,
    cells: cellsOf(job),
    quotesEmpty: true,
  }
}

/** The columns read besides the logits: kept columns and those of the true classes. */
function readColumns({ kept, truth, truths = truth === undefined ? [] : [truth] }: Schema): number[] {
  return [...kept, ...truths.filter((index) => !kept.includes(index))]
}
