/** The layout of kernel memory for a fast-lane job: its description, its input and its results. */
import { COMMAS } from '../core/dialect.js'
import { type Field, fieldsOf, type OutputColumn } from '../core/output-columns.js'
import { joinedFields } from '../formats/class-columns.js'
import { EVALUATION_FIELDS } from '../kernel/constants.js'
import { decisionRoom } from '../kernel/host/decision.js'
import { shapeOf, type TotalsShape, totalsRoom } from '../kernel/host/metrics.js'
import { growMemory, type Kernel, offsetOf } from '../kernel/host/wasm.js'
import { type Entry, makesColumns, type TextJob } from './text-job.js'

/** The maximum size of a block for the kernel, and the size of the output buffer, which is flushed when full. */
export const INPUT_ROOM = 1 << 21
const OUTPUT_ROOM = 1 << 21
/** How far the kernel reads and writes past the end of a buffer. */
export const PADDING = 64

/** The longest number, `-2.2250738585072014e-308`, plus its delimiter, and quotes if it has a decimal comma. */
const NUMBER_ROOM = 28

/** The addresses of everything in kernel memory. */
export type Layout = ReturnType<typeof layOut>

export function layOut(job: TextJob, kernel: Kernel) {
  const { schema, labels, keys, columnKeys, leads, keptLeads, nulls, truths } = job
  const { header, topK, truth } = schema
  const totals = truth === undefined ? 0 : totalsRoom(kernel, totalsShape(job))
  const isMultiLabel = hasTargets(job)
  const metricsRoom = totals + (isMultiLabel ? COUNTS * labels.length : 0)
  const evaluatedRoom = truth === undefined ? 0 : MOST_EVALUATED
  const count = labels.length
  const growth = GROWTH[job.entry]
  const delimiters = delimitersOf(job)
  const rowRoom = roomOfRow(schema, labels, sizeOf(delimiters)) + sizeOf(leads) + sizeOf(keptLeads) + LINE_ROOM
  const rows = batchRows(count)
  const hasColumns = makesColumns(job)
  const columnRows = hasColumns ? rowsOfColumns(job) : 0
  // Per value: eight bytes, a validity byte and a validity bit, each array padded.
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
    nulls: take(8 * nulls.length),
    delimiters: take(8 * delimiters.length),
    texts: take(
      sizeOf(delimiters) +
        sizeOf([...labels, ...keys, ...columnKeys, ...leads, ...keptLeads, ...nulls, ...truths.map(([text]) => text)]),
    ),
    truths: take(capacityOf(truths) * offsetOf('truthTextSize')),
    evaluated: take(8 * EVALUATION_FIELDS * evaluatedRoom),
    metrics: take(metricsRoom),
    metricsRoom,
    /** The class counts follow the metrics. */
    countsAt: totals,
    targets: take(isMultiLabel ? rows * count : 0),
    probabilities: take(isMultiLabel ? 8 * rows * count : 0),
    truthOrder: take(4 * (schema.truths?.length ?? 0)),
    evaluatedRoom,
    temperature: take(offsetOf('temperatureSize')),
    decision: take(decisionRoom(schema.decision)),
    members: take(schema.decision?.cutoffs ? rows * count : 0),
    states: take(rows * offsetOf('rowStateSize')),
    logits: take(8 * rows * count),
    scratch: take(16 * rows * (count + 1)),
    values: take(8 * rows * count),
    entries: take(offsetOf('rowEntrySize') * (rows + 1)),
    kept: take(growth * INPUT_ROOM + rows * sizeOf([...keptLeads, ...delimiters])),
    heap: take(16 * topK),
    positions: take(4 * topK),
    input: take(INPUT_ROOM),
    keptColumns: take(8 * schema.kept.length),
    keptValues: take(keptRoom * schema.kept.length),
    keptTexts: take(hasColumns ? growth * INPUT_ROOM : 0),
    cursors: take(4 * columnRows),
    columnValues: take(newRoom(job, columnRows)),
    output: take(hasColumns ? 0 : growth * INPUT_ROOM + OUTPUT_ROOM + rowRoom),
    /** The end of the output buffer. */
    limit: end - PADDING,
    rowRoom,
    rows,
    growth,
    /** The row capacity of the columns, and the bytes per number of a kept column. */
    columnRows,
    keptRoom,
  }
  growMemory(kernel, end)
  return layout
}

/** The delimiters of input and output. */
export function delimitersOf({ input = COMMAS, output = COMMAS }: Pick<TextJob, 'input' | 'output'>): string[] {
  return [input.delimiter, output.delimiter]
}

/** Three counts per class, in bytes. */
const COUNTS = 24

/** Whether rows may have several true classes. */
export function hasTargets({ schema }: Pick<TextJob, 'schema'>): boolean {
  return schema.sigmoid && schema.truth !== undefined
}

/** The shape of the totals behind metrics. */
export function totalsShape({ schema, probe }: Pick<TextJob, 'schema' | 'probe'>): TotalsShape {
  return shapeOf(schema.classes.length, schema.sigmoid, probe)
}

/** The maximum number of output bytes per byte of kept input, due to quotes and escapes. */
const GROWTH: Record<Entry, number> = {
  scoreCsv: 1,
  scoreCsvRequoted: 3,
  scoreCsvToNdjson: 2,
  scoreVariant: 1,
  scoreVariantRequoted: 3,
  scoreVariantToNdjson: 2,
  scoreLines: 1,
  scoreMembers: 1,
  scoreMembersToCsv: 3,
  // A record has four bytes before its value, which has eight: a digit and its delimiter become twelve bytes.
  addCsv: 6,
  addVariant: 6,
  addMembers: 6,
  measureCsv: 0,
  measureVariant: 0,
  measureLines: 0,
  measureMembers: 0,
}
/** The brackets of a list, the closing brace and the newline. */
const LINE_ROOM = 4

function sizeOf(texts: string[]): number {
  return sumOf(texts, ({ length }) => length)
}

function sumOf<T>(items: readonly T[], size: (item: T) => number): number {
  return items.reduce((sum, item) => sum + size(item), 0)
}

/** The number of rows per column piece, a multiple of 8: most rows of a block of the usual size. */
function rowsOfColumns(job: TextJob): number {
  const { classes, kept } = job.schema
  const numbers = sumOf(newFields(job), (field) => numbersIn(field, classes.length)) + kept.length
  return Math.max(8, Math.min(MOST_ROWS, Math.floor(COLUMN_ROOM / (8 * numbers))) & -8)
}

/** The output columns that the kernel computes. */
export function newFields({ schema, byClass }: TextJob): Field[] {
  return joinedFields(fieldsOf(schema.emit, schema), byClass)
}

/** The bytes needed for `rows` rows of all new columns. */
function newRoom(job: TextJob, rows: number): number {
  return sumOf(newFields(job), (field) => columnRoom(field, job.schema.classes.length, rows))
}

/** The bytes needed for `rows` rows of a new column, at eight per number. */
export function columnRoom(field: Field, classes: number, rows: number): number {
  return field.parts ? classes * classRoom(rows) : 8 * rows * numbersIn(field, classes)
}

function numbersIn({ type }: Field, classes: number): number {
  if (type === 'names') return classes + 1
  return type === 'classes' ? classes : 1
}

/** The same for one of the per-class columns, which are padded. */
export function classRoom(rows: number): number {
  return 8 * rows + PADDING
}

const MOST_ROWS = 1 << 13
/** The capacity for evaluated rows; a batch has fewer. */
const MOST_EVALUATED = 1 << 12
const COLUMN_ROOM = 1 << 22

/** The number of rows scored together: few enough for the L1 cache. */
function batchRows(classes: number): number {
  return Math.max(1, Math.min(64, Math.floor(512 / classes)))
}

/** The maximum size of the new cells of a row, in bytes. */
function roomOfRow({ classes, emit, topK }: TextJob['schema'], labels: string[], delimiter: number): number {
  const name = labels.reduce((most, { length }) => Math.max(most, length), 0) + 1
  const number = NUMBER_ROOM + delimiter
  const probabilities = topK > 0 ? topK * (name + delimiter + number) : classes.length * number
  const names = sumOf(labels, ({ length }) => length + 1) + 2
  const rooms: Partial<Record<OutputColumn, number>> = { probs: probabilities, labels: names, set: names }
  return PADDING + emit.reduce((sum, column) => sum + (rooms[column] ?? name + number), delimiter)
}

/** The capacity of a hash table of strings; at least half of its slots are free. */
export function capacityOf(truths: TextJob['truths']): number {
  return 2 ** Math.ceil(Math.log2(2 * truths.length + 2))
}
