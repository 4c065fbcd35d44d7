/**
 * Describes a fast-lane job to the kernel: the fields of its `Job` struct and the tables they point to. Constants
 * shared by both sides are in `kernel/constants.ts`.
 */
import type { DataType } from '../core/data-type.js'
import { COMMAS, type Dialect, isEscaped, sameCells } from '../core/dialect.js'
import { inputOrder } from '../core/kept-columns.js'
import { inputsOf, needSummary, type OutputColumn } from '../core/output-columns.js'
import type { Column, TextSource } from '../core/record-batch.js'
import { keptType } from '../formats/columnar.js'
import {
  ACTION_DROP,
  ACTION_KEEP,
  ACTION_LOGIT,
  ACTION_LOGITS,
  ACTION_TRUTH,
  EMIT_CLASSES,
  EMIT_CONFIDENCE,
  EMIT_CORRECT,
  EMIT_INDEX,
  EMIT_LABEL,
  EMIT_LIST,
  EMIT_LOSS,
  EMIT_MEMBERS,
  EMIT_PROBS,
  EMIT_RANK,
  EMIT_RECORD,
  EMIT_SET_SIZE,
  EMIT_TOP,
  KEEP_BOOLEAN,
  KEEP_DATE,
  KEEP_INTEGER,
  KEEP_NULLABLE_TEXT,
  KEEP_NUMBER,
  KEEP_TEXT,
  KEEP_TIMESTAMP,
  KEEP_TIMESTAMP_UTC,
  NO_BYTE,
} from '../kernel/constants.js'
import { writeDecision } from '../kernel/host/decision.js'
import { beginTotals } from '../kernel/host/metrics.js'
import { flagsOf } from '../kernel/host/scores.js'
import { type Kernel, offsetOf } from '../kernel/host/wasm.js'
import {
  capacityOf,
  delimitersOf,
  hasTargets,
  isRanked,
  type Layout,
  reordersText,
  totalsShape,
} from './kernel-layout.js'
import { passesLines } from './score-job.js'
import { makesColumns, type TextJob } from './text-job.js'

/** Writes the description of a job into kernel memory. */
export function writeJob(job: TextJob, at: Layout, kernel: Kernel): void {
  const { schema, settings } = job
  const fields = { ...dialectFields(job, at), ...scoringFields(job, at), ...columnFields(job, at), ...memoryFields(at) }
  for (const [field, value] of Object.entries({ ...fields, ...NONE })) writeField(kernel, at, field, value)
  kernel.setTemperature(at.temperature, settings.temperature)
  if (schema.decision) writeDecision(kernel, at.decision, schema.decision)
  const isOrdered = writeOrder(schema.logits, at.order, kernel)
  writeField(kernel, at, 'order', isOrdered ? 0 : at.order)
  writeActions(job, at, kernel)
  writeEmits(job, at, kernel)
  writeKeptColumns(job, at, kernel)
  if (reordersText(job)) writeKeptOrder(schema.kept, at, kernel)
  const end = writeTables(job, at, kernel)
  if (schema.truth !== undefined) writeTruths(job, at, end, kernel)
}

/** Memory is reused, so unused fields have to be cleared. */
const NONE = { truths: 0, targets: 0, probabilities: 0, metrics: 0, abstained: 0, evaluatedCount: 0 }

/** How text is read and written. */
function dialectFields(job: TextJob, at: Layout) {
  const { settings, input = COMMAS, output = COMMAS } = job
  return {
    delimiter: input.delimiter.charCodeAt(0),
    quote: quoteOf(input),
    escape: escapeOf(input),
    newline: input.newline.charCodeAt(0),
    comment: input.comment?.charCodeAt(0) ?? NO_BYTE,
    trailing: input.trailing ? 1 : 0,
    trims: input.blanks === 'trim' ? 1 : 0,
    decimal: decimalOf(input),
    outDecimal: decimalOf(output),
    outDelimiter: output.delimiter.charCodeAt(0),
    outQuote: quoteOf(output),
    outEscape: escapeOf(output),
    requotes: sameCells(input, output) ? 0 : 1,
    escapesFormulas: settings.escapeFormulas ? 1 : 0,
    delimiters: at.delimiters,
    growth: at.growth,
    keepsLine: passesLines(job) ? 1 : 0,
  }
}

function quoteOf({ quote }: Dialect): number {
  return quote === '' ? NO_BYTE : quote.charCodeAt(0)
}

function decimalOf({ decimalComma }: Dialect): number {
  return (decimalComma ? ',' : '.').charCodeAt(0)
}

/** The escape of special bytes in cells without quotes. */
function escapeOf(dialect: Dialect): number {
  return isEscaped(dialect) ? dialect.escape.charCodeAt(0) : NO_BYTE
}

/** What is computed per row, and how it is rounded. */
function scoringFields({ schema, settings, labels, probe }: TextJob, at: Layout) {
  const summary = needSummary(schema.emit)
  return {
    classes: labels.length,
    inputs: inputsOf(schema),
    flags: flagsOf({ ...schema, summary, truth: schema.truth !== undefined, slope: probe !== undefined }),
    top: schema.topK,
    float32: settings.float32 ? 1 : 0,
    precision: settings.precision ?? 0,
    temperature: at.temperature,
    decision: schema.decision ? at.decision : 0,
  }
}

/** The tables of columns, keys and strings. */
function columnFields(job: TextJob, at: Layout) {
  const { schema, keys, columnKeys, path, classKeys } = job
  return {
    // Logits inside a value of JSON have a column, but no key of their own.
    columns: columnKeys.length > 0 ? columnKeys.length : schema.header.length,
    actions: at.actions,
    emits: schema.emit.length,
    emit: at.emit,
    labels: at.labels,
    keys: at.keys,
    keyCount: keys.length,
    columnKeys: at.columnKeys,
    path: at.path,
    pathLength: path.length,
    classKeys: classKeys.length > 0 ? at.classKeys : 0,
    leads: at.leads,
    keptLeads: makesColumns(job) ? at.keptColumns : at.keptLeads,
    keptCount: schema.kept.length,
    keptOrder: reordersText(job) ? at.keptOrder : 0,
    keptStarts: at.keptStarts,
    nulls: at.nulls,
    nullCount: job.nulls.length,
  }
}

/** Buffers for the rows of a batch and for columns. */
function memoryFields(at: Layout) {
  return {
    batchRows: at.rows,
    states: at.states,
    logits: at.logits,
    scratch: at.scratch,
    values: at.values,
    members: at.members,
    entries: at.entries,
    kept: at.kept,
    heap: at.heap,
    positions: at.positions,
    rowRoom: at.rowRoom,
    columnRows: at.columnRows,
    columnValues: at.columnValues,
    texts: at.keptTexts,
    cursors: at.cursors,
  }
}

/** Writes the action for each column. */
function writeActions({ schema, source }: TextJob, at: Layout, { memory }: Kernel): void {
  const actions = new Uint8Array(memory.buffer, at.actions, schema.header.length).fill(ACTION_DROP)
  for (const column of truthColumns(schema)) actions[column] = ACTION_TRUTH
  for (const column of schema.logits)
    actions[outerColumn(source, column)] = schema.logitsList ? ACTION_LOGITS : ACTION_LOGIT
  for (const column of schema.kept) actions[column]! |= ACTION_KEEP
}

function truthColumns({ truth, truths }: TextJob['schema']): readonly number[] {
  return truths ?? (truth === undefined ? [] : [truth])
}

/** The position of the column that a row has: of logits inside a value, that of the value. */
function outerColumn({ columns }: TextSource, column: number): number {
  const { inner } = columns[column]!
  return inner ? columns.findIndex(({ name }) => name === inner[0]) : column
}

function writeEmits(job: TextJob, at: Layout, { memory }: Kernel): void {
  const emits = job.schema.emit.map((name) => (name === 'probs' ? probsEmit(job) : EMIT[name]))
  new Uint8Array(memory.buffer).set(emits, at.emit)
}

const EMIT: Record<OutputColumn, number> = {
  probs: EMIT_PROBS,
  label: EMIT_LABEL,
  index: EMIT_INDEX,
  labels: EMIT_MEMBERS,
  set: EMIT_MEMBERS,
  set_size: EMIT_SET_SIZE,
  confidence: EMIT_CONFIDENCE,
  margin: EMIT_CONFIDENCE + 1,
  entropy: EMIT_CONFIDENCE + 2,
  logsumexp: EMIT_CONFIDENCE + 3,
  loss: EMIT_LOSS,
  rank: EMIT_RANK,
  correct: EMIT_CORRECT,
}

function probsEmit(job: TextJob): number {
  if (job.schema.topK > 0) return EMIT_TOP
  if (job.byClass) return EMIT_CLASSES
  if (job.schema.shape === 'list' || makesColumns(job)) return EMIT_LIST
  return job.schema.shape === 'record' ? EMIT_RECORD : EMIT_PROBS
}

/** Writes the type and destination of each kept column, in the order in which they are read. */
function writeKeptColumns({ schema, source }: TextJob, at: Layout, { memory }: Kernel): void {
  const view = new DataView(memory.buffer)
  inputOrder(schema.kept).forEach((nth, index) => {
    view.setUint32(at.keptColumns + 8 * index, keepOf(source.columns[schema.kept[nth]!]!), true)
    view.setUint32(at.keptColumns + 8 * index + 4, at.keptValues + index * at.keptRoom, true)
  })
}

/** Writes which of the cells, in the order in which they are read, is each one of the output. */
function writeKeptOrder(kept: readonly number[], at: Layout, { memory }: Kernel): void {
  const view = new DataView(memory.buffer)
  inputOrder(kept).forEach((nth, index) => {
    view.setUint32(at.keptOrder + 4 * nth, index, true)
  })
}

/** How the kernel stores a kept column. */
function keepOf(column: Column): number {
  if (column.isNullable) return KEEP_NULLABLE_TEXT
  const type = keptType(column)
  if (type.kind === 'timestamp') return type.timezone === undefined ? KEEP_TIMESTAMP : KEEP_TIMESTAMP_UTC
  return KEEP[type.kind] ?? KEEP_TEXT
}

const KEEP: Partial<Record<DataType['kind'], number>> = {
  int: KEEP_INTEGER,
  float: KEEP_NUMBER,
  bool: KEEP_BOOLEAN,
  date: KEEP_DATE,
}

/** Writes the class of each logit in column order; returns whether column order is class order. */
function writeOrder(logits: readonly number[], at: number, { memory }: Kernel): boolean {
  const view = new DataView(memory.buffer)
  const classes = [...logits.keys()].sort((a, b) => logits[a]! - logits[b]!)
  classes.forEach((index, nth) => {
    view.setUint32(at + 4 * nth, index, true)
  })
  return classes.every((index, nth) => index === nth)
}

/** Writes the strings of all tables; returns the end address. */
function writeTables(job: TextJob, at: Layout, kernel: Kernel): number {
  const { labels, keys, columnKeys, path, classKeys, leads, keptLeads, nulls } = job
  const tables = [
    [delimitersOf(job), at.delimiters],
    [labels, at.labels],
    [keys, at.keys],
    [columnKeys, at.columnKeys],
    [path, at.path],
    [classKeys, at.classKeys],
    [leads, at.leads],
    [keptLeads, at.keptLeads],
    [nulls, at.nulls],
  ] as const
  return tables.reduce((end, [texts, table]) => writeTexts(texts, table, end, kernel), at.texts)
}

/** Writes strings at `at` and their addresses and lengths to `table`; returns the end address. */
function writeTexts(texts: string[], table: number, at: number, kernel: Kernel): number {
  const view = new DataView(kernel.memory.buffer)
  let end = at
  texts.forEach((text, index) => {
    const bytes = Buffer.from(text, 'latin1')
    new Uint8Array(kernel.memory.buffer).set(bytes, end)
    view.setUint32(table + 8 * index, end, true)
    view.setUint32(table + 8 * index + 4, bytes.length, true)
    end += bytes.length
  })
  return end
}

/** Writes the table of true-class spellings and the buffers for evaluated rows. */
function writeTruths(job: TextJob, at: Layout, start: number, kernel: Kernel): void {
  writeField(kernel, at, 'truths', at.truths)
  writeField(kernel, at, 'truthMask', capacityOf(job.truths) - 1)
  writeField(kernel, at, 'evaluated', at.evaluated)
  writeField(kernel, at, 'evaluatedRoom', at.evaluatedRoom)
  writeField(kernel, at, 'metrics', at.metricsRoom === 0 ? 0 : at.metrics)
  if (at.metricsRoom > 0) beginTotals(kernel, at.metrics, totalsShape(job))
  if (isRanked(job)) writeField(kernel, at, 'probabilities', at.probabilities)
  if (hasTargets(job)) writeTargets(job, at, kernel)
  new Uint8Array(kernel.memory.buffer, at.truths, capacityOf(job.truths) * offsetOf('truthTextSize')).fill(0)
  const { truths } = job
  let end = start
  for (const [text, index] of truths) {
    const bytes = Buffer.from(text, 'latin1')
    new Uint8Array(kernel.memory.buffer).set(bytes, end)
    kernel.addTruth(end, bytes.length, index, at.job)
    end += bytes.length
  }
}

/** Writes the tables for rows that may have several true classes. */
function writeTargets({ schema, labels }: TextJob, at: Layout, kernel: Kernel): void {
  const classCounts = at.metrics + at.countsAt
  new Float64Array(kernel.memory.buffer, classCounts, 3 * labels.length).fill(0)
  writeField(kernel, at, 'classCounts', classCounts)
  writeField(kernel, at, 'targets', at.targets)
  writeField(kernel, at, 'truthOrder', schema.truths ? at.truthOrder : 0)
  if (schema.truths) writeOrder(schema.truths, at.truthOrder, kernel)
}

/** Reads a field of the job that the kernel sets. */
export function readField({ memory }: Kernel, { job }: Layout, field: string): number {
  return new DataView(memory.buffer).getUint32(job + offsetOf(`job_${field}`), true)
}

export function writeField({ memory }: Kernel, { job }: Layout, field: string, value: number): void {
  new DataView(memory.buffer).setUint32(job + offsetOf(`job_${field}`), value, true)
}
