/**
 * Where a job of the fast lane lies in the memory of a kernel: what the kernel needs to know of it, and room for what it makes.
 * The numbers that both sides know are those of `kernel/constants.ts`.
 */
import type { DataType } from '../core/data-type.js'
import { COMMAS, isEscaped } from '../core/dialect.js'
import { type Field, fieldsOf, inputsOf, needSummary, type OutputColumn } from '../core/output-columns.js'
import { joinedFields } from '../formats/class-columns.js'
import { keptType } from '../formats/columnar.js'
import {
  ACTION_DROP,
  ACTION_KEEP,
  ACTION_KEPT_TRUTH,
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
  EMIT_SET_SIZE,
  EMIT_TOP,
  JUDGED,
  KEEP_BOOLEAN,
  KEEP_DATE,
  KEEP_INTEGER,
  KEEP_NUMBER,
  KEEP_TEXT,
  KEEP_TIMESTAMP,
  KEEP_TIMESTAMP_UTC,
  NO_BYTE,
} from '../kernel/constants.js'
import { decisionRoom, writeDecision } from '../kernel/host/decision.js'
import { flagsOf } from '../kernel/host/matrix.js'
import { beginTotals, totalsRoom } from '../kernel/host/metrics.js'
import { growMemory, type Kernel, offsetOf } from '../kernel/host/wasm.js'
import { type Entry, makesColumns, type TextJob } from './text-job.js'

/** The most bytes of a block that go through the kernel; and room for what is written, which is written out when full. */
export const INPUT_ROOM = 1 << 21
const OUTPUT_ROOM = 1 << 21
/** How far the kernel reads and writes ahead. */
export const PADDING = 64

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
/** What the kernel keeps of a column. */
function keepOf(type: DataType): number {
  if (type.kind === 'timestamp') return type.timezone === undefined ? KEEP_TIMESTAMP : KEEP_TIMESTAMP_UTC
  return KEEP[type.kind] ?? KEEP_TEXT
}

const KEEP: Partial<Record<DataType['kind'], number>> = {
  int: KEEP_INTEGER,
  float: KEEP_NUMBER,
  bool: KEEP_BOOLEAN,
  date: KEEP_DATE,
}

/** The longest number, `-2.2250738585072014e-308`, and its delimiter. */
const NUMBER_ROOM = 26

/** Where things lie in the kernel's memory. */
export type Layout = ReturnType<typeof layOut>

export function layOut(job: TextJob, kernel: Kernel) {
  const { schema, labels, keys, columnKeys, leads, keptLeads, truths } = job
  const { header, topK, truth } = schema
  const metricsRoom = truth === undefined ? 0 : totalsRoom(kernel, labels.length, job.probe)
  const judgedRoom = truth === undefined ? 0 : MOST_JUDGED
  const count = labels.length
  const growth = GROWTH[job.entry]
  const rowRoom = roomOfRow(schema, labels) + sizeOf(leads) + sizeOf(keptLeads) + LINE_ROOM
  const rows = batchRows(count)
  const hasColumns = makesColumns(job)
  const columnRows = hasColumns ? rowsOfColumns(job) : 0
  // Eight bytes a value, a byte that says whether it is there, and a bit, all padded.
  const keptRoom = hasColumns ? Math.ceil((10 * columnRows + 3 * PADDING) / 16) * 16 : 0
  let end = Math.ceil(kernel.heapBase() / 16) * 16
  const take = (bytes: number) => {
    const start = end
    end += Math.ceil((bytes + PADDING) / 16) * 16
    return start
  }
  const layout = {
    job: take(offsetOf('jobSize')),
    actions: take(header.length),
    order: take(4 * count),
    emit: take(schema.emit.length),
    labels: take(8 * count),
    keys: take(8 * keys.length),
    columnKeys: take(8 * columnKeys.length),
    leads: take(8 * leads.length),
    keptLeads: take(8 * keptLeads.length),
    texts: take(sizeOf([...labels, ...keys, ...columnKeys, ...leads, ...keptLeads, ...truths.map(([text]) => text)])),
    truths: take(capacityOf(truths) * offsetOf('truthTextSize')),
    judged: take(8 * JUDGED * judgedRoom),
    metrics: take(metricsRoom),
    metricsRoom,
    judgedRoom,
    temperature: take(offsetOf('temperatureSize')),
    decision: take(decisionRoom(schema.decision)),
    members: take(schema.decision?.cutoffs ? rows * count : 0),
    states: take(rows * offsetOf('rowStateSize')),
    logits: take(8 * rows * count),
    scratch: take(16 * rows * (count + 1)),
    values: take(8 * rows * count),
    marks: take(offsetOf('rowMarkSize') * (rows + 1)),
    kept: take(growth * INPUT_ROOM + rows * sizeOf(keptLeads)),
    heap: take(16 * topK),
    positions: take(4 * topK),
    input: take(INPUT_ROOM),
    keptColumns: take(8 * schema.kept.length),
    keptValues: take(keptRoom * schema.kept.length),
    keptTexts: take(hasColumns ? growth * INPUT_ROOM : 0),
    cursors: take(4 * columnRows),
    columnValues: take(newRoom(job, columnRows)),
    output: take(hasColumns ? 0 : growth * INPUT_ROOM + OUTPUT_ROOM + rowRoom),
    /** Where the room for output ends. */
    limit: end - PADDING,
    rowRoom,
    rows,
    growth,
    /** How many rows there is room for in columns; how many bytes a kept column has for numbers. */
    columnRows,
    keptRoom,
  }
  growMemory(kernel, end)
  return layout
}

/** How many bytes of output a byte of kept input makes at most: quotes, and escapes. */
const GROWTH: Record<Entry, number> = {
  scoreCsv: 1,
  scoreCsvRequoted: 3,
  scoreCsvToNdjson: 2,
  scoreLines: 1,
  scoreMembers: 1,
  scoreMembersToCsv: 3,
  // A record of a cell has four bytes more.
  addCsv: 5,
  addMembers: 5,
  measureCsv: 0,
  measureLines: 0,
  measureMembers: 0,
}
/** The brackets of a list, the last brace and the newline. */
const LINE_ROOM = 4

function sizeOf(texts: string[]): number {
  return sumOf(texts, ({ length }) => length)
}

function sumOf<T>(items: readonly T[], size: (item: T) => number): number {
  return items.reduce((sum, item) => sum + size(item), 0)
}

/** How many rows are in columns together, a multiple of 8: of a block of the usual size, most are. */
function rowsOfColumns(job: TextJob): number {
  const { classes, kept } = job.schema
  const numbers = sumOf(newFields(job), (field) => numbersIn(field, classes.length)) + kept.length
  return Math.max(8, Math.min(MOST_ROWS, Math.floor(COLUMN_ROOM / (8 * numbers))) & -8)
}

/** The new columns as the kernel makes them. */
export function newFields({ schema, byClass }: TextJob): Field[] {
  return joinedFields(fieldsOf(schema.emit, schema), byClass)
}

/** How many bytes there are for so many rows of all new columns. */
function newRoom(job: TextJob, rows: number): number {
  return sumOf(newFields(job), (field) => columnRoom(field, job.schema.classes.length, rows))
}

/** How many bytes there are for so many rows of a new column: eight a number. */
export function columnRoom(field: Field, classes: number, rows: number): number {
  return field.parts ? classes * classRoom(rows) : 8 * rows * numbersIn(field, classes)
}

function numbersIn({ type }: Field, classes: number): number {
  if (type === 'names') return classes + 1
  return type === 'classes' ? classes : 1
}

/** The same of one of several columns of classes, which have some room between them. */
export function classRoom(rows: number): number {
  return 8 * rows + PADDING
}

const MOST_ROWS = 1 << 13
/** How many rows that are judged there is room for; a batch has fewer. */
const MOST_JUDGED = 1 << 12
const COLUMN_ROOM = 1 << 22

/** How many rows are scored together: few enough for the nearest cache. */
function batchRows(classes: number): number {
  return Math.max(1, Math.min(64, Math.floor(512 / classes)))
}

/** The most bytes that the new cells of a row can take. */
function roomOfRow({ classes, emit, topK }: TextJob['schema'], labels: string[]): number {
  const name = labels.reduce((most, { length }) => Math.max(most, length), 0) + 1
  const probabilities = topK > 0 ? topK * (name + NUMBER_ROOM) : classes.length * NUMBER_ROOM
  const names = sumOf(labels, ({ length }) => length + 1) + 2
  const rooms: Partial<Record<OutputColumn, number>> = { probs: probabilities, labels: names, set: names }
  return PADDING + emit.reduce((sum, column) => sum + (rooms[column] ?? name + NUMBER_ROOM), 0)
}

/** Describes a job to the kernel. */
export function writeJob(job: TextJob, at: Layout, kernel: Kernel): void {
  const { schema, settings, labels, keys, columnKeys, leads, keptLeads, output } = job
  const input = job.input ?? COMMAS
  const view = new DataView(kernel.memory.buffer)
  const bytes = new Uint8Array(kernel.memory.buffer)
  const set = (field: string, value: number) => view.setUint32(at.job + offsetOf(`job_${field}`), value, true)
  const summary = needSummary(schema.emit)
  set('delimiter', input.delimiter.charCodeAt(0))
  set('quote', input.quote === '' ? NO_BYTE : input.quote.charCodeAt(0))
  set('escape', isEscaped(input) ? input.escape.charCodeAt(0) : NO_BYTE)
  set('newline', input.newline.charCodeAt(0))
  set('comment', input.comment?.charCodeAt(0) ?? NO_BYTE)
  set('trailing', input.trailing ? 1 : 0)
  set('outDelimiter', (output ?? COMMAS).delimiter.charCodeAt(0))
  set('requotes', output && output.delimiter === input.delimiter ? 0 : 1)
  set('escapesFormulas', settings.escapeFormulas ? 1 : 0)
  set('growth', at.growth)
  set('keepsLine', job.rawRows ? 1 : 0)
  set('columns', schema.header.length)
  set('actions', at.actions)
  set('classes', labels.length)
  set('flags', flagsOf({ ...schema, summary, truth: schema.truth !== undefined, slope: job.probe !== undefined }))
  set('top', schema.topK)
  set('order', writeOrder(schema.logits, at.order, view) ? at.order : 0)
  set('float32', settings.float32 ? 1 : 0)
  set('precision', settings.precision ?? 0)
  kernel.setTemperature(at.temperature, settings.temperature)
  set('temperature', at.temperature)
  set('emits', schema.emit.length)
  set('emit', at.emit)
  set('labels', at.labels)
  set('batchRows', at.rows)
  set('states', at.states)
  set('logits', at.logits)
  set('scratch', at.scratch)
  set('values', at.values)
  set('marks', at.marks)
  set('kept', at.kept)
  set('heap', at.heap)
  set('positions', at.positions)
  set('rowRoom', at.rowRoom)
  set('keys', at.keys)
  set('keyCount', keys.length)
  set('columnKeys', at.columnKeys)
  set('leads', at.leads)
  set('keptLeads', makesColumns(job) ? at.keptColumns : at.keptLeads)
  set('keptCount', schema.kept.length)
  set('columnRows', at.columnRows)
  set('columnValues', at.columnValues)
  set('texts', at.keptTexts)
  set('cursors', at.cursors)
  // Memory is used again: what is not wanted is said, too.
  set('truths', 0)
  set('metrics', 0)
  set('decision', schema.decision ? at.decision : 0)
  set('members', at.members)
  set('abstained', 0)
  set('inputs', inputsOf(schema))
  if (schema.decision) writeDecision(kernel, at.decision, schema.decision)
  set('judgedCount', 0)
  schema.kept.forEach((column, index) => {
    view.setUint32(at.keptColumns + 8 * index, keepOf(keptType(job.source.columns[column]!)), true)
    view.setUint32(at.keptColumns + 8 * index + 4, at.keptValues + index * at.keptRoom, true)
  })
  bytes.fill(ACTION_DROP, at.actions, at.actions + schema.header.length)
  for (const column of schema.kept) bytes[at.actions + column] = ACTION_KEEP
  const { truth } = schema
  if (truth !== undefined) bytes[at.actions + truth] = schema.kept.includes(truth) ? ACTION_KEPT_TRUTH : ACTION_TRUTH
  const logits = schema.logitsList ? ACTION_LOGITS : ACTION_LOGIT
  for (const column of schema.logits) bytes[at.actions + column] = logits
  schema.emit.forEach((name, index) => {
    bytes[at.emit + index] = name === 'probs' ? probsEmit(job) : EMIT[name]
  })
  let end = at.texts
  end = writeTexts(labels, at.labels, end, kernel)
  end = writeTexts(keys, at.keys, end, kernel)
  end = writeTexts(columnKeys, at.columnKeys, end, kernel)
  end = writeTexts(leads, at.leads, end, kernel)
  end = writeTexts(keptLeads, at.keptLeads, end, kernel)
  if (truth !== undefined) writeTruths(job, at, end, kernel)
}

/** Describes to the kernel what true classes are written as, and where rows that are judged go. */
function writeTruths(job: TextJob, at: Layout, start: number, kernel: Kernel): void {
  writeField(kernel, at, 'truths', at.truths)
  writeField(kernel, at, 'truthMask', capacityOf(job.truths) - 1)
  writeField(kernel, at, 'judged', at.judged)
  writeField(kernel, at, 'judgedRoom', at.judgedRoom)
  writeField(kernel, at, 'metrics', at.metricsRoom === 0 ? 0 : at.metrics)
  if (at.metricsRoom > 0) beginTotals(kernel, at.metrics, job.labels.length, job.probe)
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

/** How many entries a table of texts has, of which at least half are free. */
function capacityOf(truths: TextJob['truths']): number {
  return 2 ** Math.ceil(Math.log2(2 * truths.length + 2))
}

/** Writes the class of each logit in the order of the columns; returns false where that is the order of the classes. */
function writeOrder(logits: readonly number[], at: number, view: DataView): boolean {
  const classes = [...logits.keys()].sort((a, b) => logits[a]! - logits[b]!)
  classes.forEach((index, nth) => {
    view.setUint32(at + 4 * nth, index, true)
  })
  return classes.some((index, nth) => index !== nth)
}

/** A field of the job, which the kernel writes. */
export function readField({ memory }: Kernel, { job }: Layout, field: string): number {
  return new DataView(memory.buffer).getUint32(job + offsetOf(`job_${field}`), true)
}

export function writeField({ memory }: Kernel, { job }: Layout, field: string, value: number): void {
  new DataView(memory.buffer).setUint32(job + offsetOf(`job_${field}`), value, true)
}

function probsEmit(job: TextJob): number {
  if (job.schema.topK > 0) return EMIT_TOP
  if (job.byClass) return EMIT_CLASSES
  return job.schema.shape === 'list' || makesColumns(job) ? EMIT_LIST : EMIT_PROBS
}

/** Writes texts to `at`, and where they are and their lengths to `table`; returns where they end. */
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
