/**
 * Where a job of the fast lane lies in the memory of a kernel: what the kernel is told of it, and room for what it makes.
 * The numbers that both sides know are those of `kernel/abi.ts`.
 */
import type { OutputColumn } from '../core/output-columns.js'
import * as abi from '../kernel/abi.js'
import { growMemory, type Kernel } from '../kernel.js'
import type { Job } from './general-lane.js'
import type { LinesJob } from './lines-lane.js'

/** What the fast lane can be given to do: delimited text, or lines of NDJSON. */
export type FastJob = Job | LinesJob

export function isLines(job: FastJob): job is LinesJob {
  return 'leads' in job
}

/** The most bytes of a block that go through the kernel; and room for what is written, which is written out when full. */
export const INPUT_ROOM = 1 << 21
const OUTPUT_ROOM = 1 << 22
/** How far the kernel reads and writes ahead. */
const PADDING = 64

const EMIT: Record<OutputColumn, number> = {
  probs: abi.EMIT_PROBS,
  label: abi.EMIT_LABEL,
  index: abi.EMIT_INDEX,
  confidence: abi.EMIT_CONFIDENCE,
  margin: abi.EMIT_CONFIDENCE + 1,
  entropy: abi.EMIT_CONFIDENCE + 2,
  logsumexp: abi.EMIT_CONFIDENCE + 3,
}
/** The longest number, `-2.2250738585072014e-308`, and its delimiter. */
const NUMBER_ROOM = 26

/** Where things lie in the kernel's memory. */
export type Layout = ReturnType<typeof layOut>

export function layOut(job: FastJob, kernel: Kernel) {
  const { schema, labels } = job
  const { keys, leads } = isLines(job) ? job : NO_KEYS
  const { header, topK } = schema
  const count = labels.length
  const rowRoom = roomOfRow(schema, labels) + sizeOf(leads) + LINE_ROOM
  const rows = batchRows(count)
  let end = Math.ceil(kernel.heapBase() / 16) * 16
  const take = (bytes: number) => {
    const start = end
    end += Math.ceil((bytes + PADDING) / 16) * 16
    return start
  }
  const layout = {
    job: take(abi.JOB_SIZE),
    actions: take(header.length),
    emit: take(schema.emit.length),
    labels: take(8 * count),
    keys: take(8 * keys.length),
    leads: take(8 * leads.length),
    texts: take(sizeOf(labels) + sizeOf(keys) + sizeOf(leads)),
    states: take(rows * abi.STATE_SIZE),
    logits: take(8 * rows * count),
    scratch: take(16 * rows * (count + 1)),
    values: take(8 * rows * count),
    marks: take(8 * (rows + 1)),
    kept: take(INPUT_ROOM),
    heap: take(16 * topK),
    positions: take(4 * topK),
    input: take(INPUT_ROOM),
    output: take(OUTPUT_ROOM + rowRoom),
    /** Where the room for output ends. */
    limit: end - PADDING,
    rowRoom,
    rows,
  }
  growMemory(kernel, end)
  return layout
}

/** Delimited text has none. */
const NO_KEYS: Pick<LinesJob, 'keys' | 'leads'> = { keys: [], leads: [] }
/** The brackets of a list, the last brace and the newline. */
const LINE_ROOM = 4

function sizeOf(texts: string[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0)
}

/** How many rows are scored together: few enough for the nearest cache. */
function batchRows(classes: number): number {
  return Math.max(1, Math.min(64, Math.floor(512 / classes)))
}

/** The most bytes that the new cells of a row can take. */
function roomOfRow({ classes, emit, topK }: Job['schema'], labels: string[]): number {
  const name = labels.reduce((most, { length }) => Math.max(most, length), 0) + 1
  const probabilities = topK > 0 ? topK * (name + NUMBER_ROOM) : classes.length * NUMBER_ROOM
  return PADDING + emit.reduce((sum, column) => sum + (column === 'probs' ? probabilities : name + NUMBER_ROOM), 0)
}

/** Tells the kernel of a job. */
export function writeJob(job: FastJob, at: Layout, kernel: Kernel): void {
  const { schema, settings, labels } = job
  const { delimiter, quote } = isLines(job) ? JSON_DIALECT : job.input
  const { keys, leads } = isLines(job) ? job : NO_KEYS
  const view = new DataView(kernel.memory.buffer)
  const bytes = new Uint8Array(kernel.memory.buffer)
  const set = (offset: number, value: number) => view.setUint32(at.job + offset, value, true)
  const summary = schema.emit.some((name) => EMIT[name] >= abi.EMIT_CONFIDENCE)
  set(abi.DELIMITER, delimiter.charCodeAt(0))
  set(abi.QUOTE, quote.charCodeAt(0))
  set(abi.COLUMNS, schema.header.length)
  set(abi.ACTIONS, at.actions)
  set(abi.CLASSES, labels.length)
  set(abi.FLAGS, (schema.log ? abi.WANT_LOG : 0) | (summary ? abi.WANT_SUMMARY : 0))
  set(abi.TOP, schema.topK)
  set(abi.FLOAT32, settings.float32 ? 1 : 0)
  set(abi.PRECISION, settings.precision ?? 0)
  view.setFloat64(at.job + abi.TEMPERATURE, settings.temperature, true)
  set(abi.EMITS, schema.emit.length)
  set(abi.EMIT, at.emit)
  set(abi.LABELS, at.labels)
  set(abi.BATCH_ROWS, at.rows)
  set(abi.STATES, at.states)
  set(abi.LOGITS, at.logits)
  set(abi.SCRATCH, at.scratch)
  set(abi.VALUES, at.values)
  set(abi.MARKS, at.marks)
  set(abi.KEPT, at.kept)
  set(abi.HEAP, at.heap)
  set(abi.POSITIONS, at.positions)
  set(abi.ROW_ROOM, at.rowRoom)
  set(abi.KEYS, at.keys)
  set(abi.KEY_COUNT, keys.length)
  set(abi.LEADS, at.leads)
  bytes.fill(abi.ACTION_DROP, at.actions, at.actions + schema.header.length)
  for (const column of schema.kept) bytes[at.actions + column] = abi.ACTION_KEEP
  for (const column of schema.logits) bytes[at.actions + column] = abi.ACTION_LOGIT
  schema.emit.forEach((name, index) => {
    bytes[at.emit + index] = name === 'probs' && schema.topK > 0 ? abi.EMIT_TOP : EMIT[name]
  })
  let end = at.texts
  end = writeTexts(labels, at.labels, end, kernel)
  end = writeTexts(keys, at.keys, end, kernel)
  writeTexts(leads, at.leads, end, kernel)
}

/** What stands between the numbers of a list. */
const JSON_DIALECT = { delimiter: ',', quote: '"' }

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
