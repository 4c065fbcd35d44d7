/** The layout of kernel memory for a fast-lane job: its description, its input and its results. */
import { COMMAS } from '../core/dialect.js'
import { inputOrder } from '../core/kept-columns.js'
import { type Field, fieldsOf, type OutputColumn } from '../core/output-columns.js'
import { joinedFields } from '../formats/class-columns.js'
import { EVALUATION_FIELDS } from '../kernel/constants.js'
import { decisionRoom } from '../kernel/host/decision.js'
import { shapeOf, type TotalsShape, totalsRoom } from '../kernel/host/metrics.js'
import { growMemory, type Kernel, offsetOf } from '../kernel/host/wasm.js'
import { passesLines } from './score-job.js'
import { type Entry, makesColumns, type TextJob } from './text-job.js'

/** The maximum size of a block for the kernel, and the size of the output buffer, which is flushed when full. */
export const INPUT_ROOM = 1 << 21
const OUTPUT_ROOM = 1 << 21
/** How far the kernel reads and writes past the end of a buffer. */
export const PADDING = 64

/** The longest number, `-2.2250738585072014e-308`, plus its delimiter, and quotes if it has a decimal comma. */
const NUMBER_ROOM = 28

/** The addresses of everything in kernel memory, and its capacities. */
export type Layout = ReturnType<typeof layOut>

export function layOut(job: TextJob, kernel: Kernel) {
  const capacities = capacitiesOf(job, kernel)
  const regions = {
    ...descriptionRegions(job),
    ...evaluationRegions(job, capacities),
    ...batchRegions(job, capacities),
    ...outputRegions(job, capacities),
  }
  const { addresses, end } = allocate(regions, kernel.heapBase())
  growMemory(kernel, end)
  /** `limit` is the end of the output buffer, the last region. */
  return { ...capacities, ...addresses, limit: end - PADDING }
}

/** Lays out regions of these sizes, in bytes, one after the other from `start`. */
function allocate<Name extends string>(sizes: Record<Name, number>, start: number) {
  const addresses = {} as Record<Name, number>
  let end = aligned(start)
  for (const name in sizes) {
    addresses[name] = end
    end += aligned(sizes[name] + PADDING)
  }
  return { addresses, end }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 16) * 16
}

type Capacities = ReturnType<typeof capacitiesOf>

/** How many rows and bytes some of the regions have room for. */
function capacitiesOf(job: TextJob, kernel: Kernel) {
  const isEvaluated = job.schema.truth !== undefined
  const countsAt = isEvaluated ? totalsRoom(kernel, totalsShape(job)) : 0
  const columnRows = makesColumns(job) ? rowsOfColumns(job) : 0
  return {
    rows: batchRows(job.labels.length),
    rowRoom: roomOfRow(job),
    growth: GROWTH[job.entry],
    evaluatedRoom: isEvaluated ? MOST_EVALUATED : 0,
    metricsRoom: countsAt + (hasTargets(job) ? COUNTS * job.labels.length : 0),
    /** The class counts follow the metrics. */
    countsAt,
    /** The row capacity of the columns, and the bytes per kept column. */
    columnRows,
    keptRoom: makesColumns(job) ? keptColumnRoom(columnRows) : 0,
  }
}

/** The job and its tables. */
function descriptionRegions(job: TextJob) {
  const { schema, labels, keys, columnKeys, path, classKeys, leads, keptLeads, nulls, truths } = job
  const delimiters = delimitersOf(job)
  const spellings = truths.map(([text]) => text)
  return {
    job: offsetOf('jobSize'),
    actions: schema.header.length,
    order: 4 * labels.length,
    emit: schema.emit.length,
    labels: 8 * labels.length,
    keys: 8 * keys.length,
    columnKeys: 8 * columnKeys.length,
    path: 8 * path.length,
    classKeys: 8 * classKeys.length,
    leads: 8 * leads.length,
    keptLeads: 8 * keptLeads.length,
    keptOrder: 4 * schema.kept.length,
    keptStarts: 4 * (schema.kept.length + 1),
    nulls: 8 * nulls.length,
    delimiters: 8 * delimiters.length,
    texts: sizeOf([
      ...delimiters,
      ...labels,
      ...keys,
      ...columnKeys,
      ...path,
      ...classKeys,
      ...leads,
      ...keptLeads,
      ...nulls,
      ...spellings,
    ]),
    truths: capacityOf(truths) * offsetOf('truthTextSize'),
  }
}

/** What comparing rows with their true classes needs. */
function evaluationRegions(job: TextJob, { rows, evaluatedRoom, metricsRoom }: Capacities) {
  const numbers = rows * job.labels.length
  return {
    evaluated: 8 * EVALUATION_FIELDS * evaluatedRoom,
    metrics: metricsRoom,
    targets: hasTargets(job) ? numbers : 0,
    probabilities: isRanked(job) ? 8 * numbers : 0,
    truthOrder: 4 * (job.schema.truths?.length ?? 0),
  }
}

/** What reading and scoring a batch of rows needs. */
function batchRegions(job: TextJob, { rows, growth }: Capacities) {
  const { decision, topK } = job.schema
  const numbers = rows * job.labels.length
  return {
    temperature: offsetOf('temperatureSize'),
    decision: decisionRoom(decision),
    members: decision?.cutoffs ? numbers : 0,
    states: rows * offsetOf('rowStateSize'),
    logits: 8 * numbers,
    scratch: 16 * (numbers + rows),
    values: 8 * numbers,
    entries: offsetOf('rowEntrySize') * (rows + 1),
    // Cells in another order are copied behind those of their row.
    kept: (reordersText(job) ? 2 : 1) * (growth * INPUT_ROOM + rows * sizeOf([...job.keptLeads, ...delimitersOf(job)])),
    heap: 16 * topK,
    positions: 4 * topK,
    input: INPUT_ROOM,
  }
}

/** The output: columns or text. */
function outputRegions(job: TextJob, { growth, columnRows, keptRoom, rowRoom }: Capacities) {
  const { kept } = job.schema
  return {
    keptColumns: 8 * kept.length,
    keptValues: keptRoom * kept.length,
    keptTexts: makesColumns(job) ? growth * INPUT_ROOM : 0,
    cursors: 4 * columnRows,
    columnValues: newRoom(job, columnRows),
    output: makesColumns(job) ? 0 : growth * INPUT_ROOM + OUTPUT_ROOM + rowRoom,
  }
}

/** Whether kept cells are written in another order than they are read. */
export function reordersText(job: TextJob): boolean {
  return !makesColumns(job) && !passesLines(job) && inputOrder(job.schema.kept).some((nth, index) => nth !== index)
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

/** Whether each class is ranked, for which the kernel keeps the probabilities of all. */
export function isRanked(job: Pick<TextJob, 'schema'>): boolean {
  return hasTargets(job) || job.schema.oneVsRest === true
}

/** The shape of the totals behind metrics. */
export function totalsShape({ schema, probe }: Pick<TextJob, 'schema' | 'probe'>): TotalsShape {
  return shapeOf(schema.classes.length, schema, probe)
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

/** The bytes needed for a kept column: eight bytes, a validity byte and a validity bit per value, each array padded. */
function keptColumnRoom(rows: number): number {
  return aligned(10 * rows + 3 * PADDING)
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

/** The maximum size of a row without its kept cells, in bytes. */
function roomOfRow(job: TextJob): number {
  return roomOfNewCells(job) + sizeOf(job.leads) + sizeOf(job.keptLeads) + LINE_ROOM
}

function roomOfNewCells(job: TextJob): number {
  const { classes, emit, topK, shape } = job.schema
  const delimiter = sizeOf(delimitersOf(job))
  const name = job.labels.reduce((most, { length }) => Math.max(most, length), 0) + 1
  const number = NUMBER_ROOM + delimiter
  const names = sumOf(job.labels, ({ length }) => length + 1) + 2
  const keys = shape === 'record' ? names : 0
  const probabilities = topK > 0 ? topK * (name + delimiter + number) : classes.length * number + keys
  const rooms: Partial<Record<OutputColumn, number>> = { probs: probabilities, labels: names, set: names }
  return PADDING + emit.reduce((sum, column) => sum + (rooms[column] ?? name + number), delimiter)
}

/** The capacity of a hash table of strings; at least half of its slots are free. */
export function capacityOf(truths: TextJob['truths']): number {
  return 2 ** Math.ceil(Math.log2(2 * truths.length + 2))
}
