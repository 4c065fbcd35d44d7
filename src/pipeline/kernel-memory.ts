/**
 * Where a job of the fast lane lies in the memory of a kernel: what the kernel is told of it, and room for what it makes.
 * The numbers that both sides know are those of `kernel/abi.ts`.
 */
import { COMMAS } from '../core/dialect.js'
import type { OutputColumn } from '../core/output-columns.js'
import {
  ACTION_DROP,
  ACTION_KEEP,
  ACTION_LOGIT,
  ACTION_LOGITS,
  EMIT_CONFIDENCE,
  EMIT_INDEX,
  EMIT_LABEL,
  EMIT_LIST,
  EMIT_PROBS,
  EMIT_TOP,
  NO_COMMENT,
  WANT_LOG,
  WANT_SUMMARY,
} from '../kernel/constants.js'
import { growMemory, type Kernel, offsetOf } from '../kernel/host/wasm.js'
import type { Entry, TextJob } from './text-job.js'

/** The most bytes of a block that go through the kernel; and room for what is written, which is written out when full. */
export const INPUT_ROOM = 1 << 21
const OUTPUT_ROOM = 1 << 21
/** How far the kernel reads and writes ahead. */
const PADDING = 64

const EMIT: Record<OutputColumn, number> = {
  probs: EMIT_PROBS,
  label: EMIT_LABEL,
  index: EMIT_INDEX,
  confidence: EMIT_CONFIDENCE,
  margin: EMIT_CONFIDENCE + 1,
  entropy: EMIT_CONFIDENCE + 2,
  logsumexp: EMIT_CONFIDENCE + 3,
}
/** The longest number, `-2.2250738585072014e-308`, and its delimiter. */
const NUMBER_ROOM = 26

/** Where things lie in the kernel's memory. */
export type Layout = ReturnType<typeof layOut>

export function layOut(job: TextJob, kernel: Kernel) {
  const { schema, labels, keys, columnKeys, leads, keptLeads } = job
  const { header, topK } = schema
  const count = labels.length
  const growth = GROWTH[job.entry]
  const rowRoom = roomOfRow(schema, labels) + sizeOf(leads) + sizeOf(keptLeads) + LINE_ROOM
  const rows = batchRows(count)
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
    texts: take(sizeOf([...labels, ...keys, ...columnKeys, ...leads, ...keptLeads])),
    temperature: take(offsetOf('temperatureSize')),
    states: take(rows * offsetOf('rowStateSize')),
    logits: take(8 * rows * count),
    scratch: take(16 * rows * (count + 1)),
    values: take(8 * rows * count),
    marks: take(offsetOf('rowMarkSize') * (rows + 1)),
    kept: take(growth * INPUT_ROOM + rows * sizeOf(keptLeads)),
    heap: take(16 * topK),
    positions: take(4 * topK),
    input: take(INPUT_ROOM),
    output: take(growth * INPUT_ROOM + OUTPUT_ROOM + rowRoom),
    /** Where the room for output ends. */
    limit: end - PADDING,
    rowRoom,
    rows,
    growth,
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
}
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
function roomOfRow({ classes, emit, topK }: TextJob['schema'], labels: string[]): number {
  const name = labels.reduce((most, { length }) => Math.max(most, length), 0) + 1
  const probabilities = topK > 0 ? topK * (name + NUMBER_ROOM) : classes.length * NUMBER_ROOM
  return PADDING + emit.reduce((sum, column) => sum + (column === 'probs' ? probabilities : name + NUMBER_ROOM), 0)
}

/** Tells the kernel of a job. */
export function writeJob(job: TextJob, at: Layout, kernel: Kernel): void {
  const { schema, settings, labels, keys, columnKeys, leads, keptLeads, output } = job
  const input = job.input ?? COMMAS
  const view = new DataView(kernel.memory.buffer)
  const bytes = new Uint8Array(kernel.memory.buffer)
  const set = (field: string, value: number) => view.setUint32(at.job + offsetOf(`job_${field}`), value, true)
  const summary = schema.emit.some((name) => EMIT[name] >= EMIT_CONFIDENCE)
  set('delimiter', input.delimiter.charCodeAt(0))
  set('quote', input.quote.charCodeAt(0))
  set('newline', input.newline.charCodeAt(0))
  set('comment', input.comment?.charCodeAt(0) ?? NO_COMMENT)
  set('outDelimiter', (output ?? COMMAS).delimiter.charCodeAt(0))
  set('requotes', output && output.delimiter === input.delimiter ? 0 : 1)
  set('escapesFormulas', settings.escapeFormulas ? 1 : 0)
  set('growth', at.growth)
  set('keepsLine', job.rawRows ? 1 : 0)
  set('columns', schema.header.length)
  set('actions', at.actions)
  set('classes', labels.length)
  set('flags', (schema.log ? WANT_LOG : 0) | (summary ? WANT_SUMMARY : 0))
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
  set('keptLeads', at.keptLeads)
  bytes.fill(ACTION_DROP, at.actions, at.actions + schema.header.length)
  for (const column of schema.kept) bytes[at.actions + column] = ACTION_KEEP
  const logits = schema.logitsList ? ACTION_LOGITS : ACTION_LOGIT
  for (const column of schema.logits) bytes[at.actions + column] = logits
  schema.emit.forEach((name, index) => {
    bytes[at.emit + index] = name === 'probs' ? probsEmit(schema) : EMIT[name]
  })
  let end = at.texts
  end = writeTexts(labels, at.labels, end, kernel)
  end = writeTexts(keys, at.keys, end, kernel)
  end = writeTexts(columnKeys, at.columnKeys, end, kernel)
  end = writeTexts(leads, at.leads, end, kernel)
  writeTexts(keptLeads, at.keptLeads, end, kernel)
}

/** Writes the class of each logit in the order of the columns; returns false where that is the order of the classes. */
function writeOrder(logits: readonly number[], at: number, view: DataView): boolean {
  const classes = [...logits.keys()].sort((a, b) => logits[a]! - logits[b]!)
  classes.forEach((index, nth) => {
    view.setUint32(at + 4 * nth, index, true)
  })
  return classes.some((index, nth) => index !== nth)
}

function probsEmit({ topK, shape }: TextJob['schema']): number {
  if (topK > 0) return EMIT_TOP
  return shape === 'list' ? EMIT_LIST : EMIT_PROBS
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
