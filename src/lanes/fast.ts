/**
 * The fast lane: one WebAssembly kernel reads bytes and writes bytes; no JavaScript value is made for a row. A row it
 * does not understand goes through the general lane, in its place, so both lanes give the same bytes and errors.
 *
 * The first blocks are scored on this thread, as is all of a small input: a worker takes some 50 ms to start. Then
 * workers take over, each with memory that it shares with this thread: a block is copied into it once, and what was
 * written once out of it.
 */
import { isUtf8 } from 'node:buffer'
import type { Emittable } from '../columns.js'
import { type Place, rowsOf } from '../formats/cutter.js'
import { sameCells } from '../formats/dialect.js'
import { linesOf } from '../formats/lines.js'
import * as abi from '../kernel/abi.js'
import { growMemory, type Kernel } from '../kernel.js'
import type { Fault, Job, ScoreBlock, Scored } from './general.js'
import type { LinesJob } from './lines.js'

/** The most bytes of a block that go through the kernel; and room for what is written, which is written out when full. */
export const INPUT_ROOM = 1 << 21
const OUTPUT_ROOM = 1 << 22
/** Rows this wide have their numbers in the kernel's memory; wider ones are for the general lane. */
const MOST_CLASSES = 1 << 17
/** How far the kernel reads and writes ahead. */
const PADDING = 64

const EMIT: Record<Emittable, number> = {
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

/** Why the fast lane cannot do a job, or undefined if it can. */
export function fastLaneRefusal({ input, output, schema, settings }: Job): string | undefined {
  if (input.delimiter.length > 1) return 'a delimiter of several characters'
  if (input.comment !== undefined) return 'comments'
  if (input.quote !== '"' || input.escape !== '"') return 'another quote or escape'
  if (input.newline !== '\n') return 'rows that end in a carriage return'
  if (settings.escapeFormulas) return '--escape-formulas'
  if (!sameCells(input, output)) return 'an output format that is not that of the input'
  return widthRefusal(schema)
}

/** The same of a job of any kind. */
export function widthRefusal({ classes }: Job['schema']): string | undefined {
  return classes.length > MOST_CLASSES ? `more than ${MOST_CLASSES} classes` : undefined
}

/** What the fast lane can be given to do: delimited text, or lines of NDJSON. */
export type FastJob = Job | LinesJob

function isLines(job: FastJob): job is LinesJob {
  return 'leads' in job
}

/** True if a block is one for the kernel; the lane that takes any block does the others. */
export function isForKernel(block: Buffer, job: FastJob): boolean {
  if (block.length > INPUT_ROOM) return false
  // At the very end, the kernel would take a carriage return for the half of a line end that it is not.
  return isLines(job) ? isUtf8(block) : block.at(-1) !== RETURN
}

const RETURN = 13

/** The lane that takes any block; its code is loaded where it is needed. */
async function laneOf(job: FastJob): Promise<ScoreBlock> {
  if (isLines(job)) return (await import('./lines.js')).linesLane(job)
  return (await import('./general.js')).generalLane(job)
}

/** Start and end of each row of a block of the input, or of the output; blank lines are left out. */
function* placesOf(block: Buffer, job: FastJob, side: 'input' | 'output'): Generator<Place> {
  if (!isLines(job)) return yield* rowsOf(block, job[side])
  for (const { start, end } of linesOf(block)) yield { start, end: Math.min(end + 1, block.length) }
}

/** A kernel that is set up for a job, and scores blocks that stand in its memory. */
export class FastKernel {
  readonly #job: FastJob
  readonly #kernel: Kernel
  readonly #at: Layout
  #general: ScoreBlock | undefined

  constructor(job: FastJob, kernel: Kernel) {
    this.#job = job
    this.#kernel = kernel
    this.#at = layOut(job, this.#kernel)
    writeJob(job, this.#at, this.#kernel)
  }

  /** How much memory the kernel takes for this job. */
  get memorySize(): number {
    return this.#kernel.memory.buffer.byteLength
  }

  /** Where the bytes of a block go, in the memory of this kernel or of another for the same job. */
  inputIn(memory = this.#kernel.memory): Uint8Array {
    return new Uint8Array(memory.buffer, this.#at.input, INPUT_ROOM)
  }

  /** Scores the block of `length` bytes that stands in `input`; the pieces are good until the next block. */
  async score(length: number): Promise<Scored> {
    const run = new BlockRun(this.#kernel, isLines(this.#job), this.#at, length)
    while (run.advance()) run.setAside(this.#job)
    if (!run.isOdd) return run.result()
    this.#general ??= await laneOf(this.#job)
    return run.merge(this.#general, this.#job)
  }
}

/** A row that the kernel does not understand. */
interface OddRow extends Place {
  /** How many rows are before it in the block, and how many bytes of output come from those that the kernel did. */
  rows: number
  written: number
}

/**
 * One block on its way through the kernel. Odd rows are set aside, and done together at the end: a call of the general
 * lane costs as much as 100 rows of the kernel's.
 */
class BlockRun {
  readonly #kernel: Kernel
  readonly #score: Kernel['scoreCsv']
  readonly #at: Layout
  readonly #view: DataView
  readonly #end: number
  readonly #pieces: Uint8Array[] = []
  readonly #odd: OddRow[] = []
  #stopped: number
  #written: number
  /** How much of the output is saved already. */
  #saved = 0
  #rows = 0
  /** How many rows are set aside at once: ever more, as long as the kernel does not understand what comes after. */
  #run = 1

  constructor(kernel: Kernel, lines: boolean, at: Layout, length: number) {
    this.#kernel = kernel
    this.#score = lines ? kernel.scoreNdjson : kernel.scoreCsv
    this.#at = at
    this.#view = new DataView(kernel.memory.buffer, at.job, abi.JOB_SIZE)
    this.#end = at.input + length
    this.#stopped = at.input
    this.#written = at.output
    // The kernel takes rows that end in a newline, which the last row of all may lack.
    new Uint8Array(kernel.memory.buffer)[this.#end] = NEWLINE
  }

  get isOdd(): boolean {
    return this.#odd.length > 0
  }

  /** Scores rows as far as the kernel understands them; false if all are done. */
  advance(): boolean {
    for (;;) {
      const bytes = new Uint8Array(this.#kernel.memory.buffer)
      const end = bytes[this.#end - 1] === NEWLINE ? this.#end : this.#end + 1
      const stop = this.#score(this.#stopped, end, this.#written, this.#at.limit, this.#at.job)
      const rows = this.#view.getUint32(abi.ROWS, true)
      this.#rows += rows
      this.#stopped = this.#view.getUint32(abi.STOPPED, true)
      this.#written = this.#view.getUint32(abi.WRITTEN, true)
      if (stop === abi.STOP_DONE) return false
      if (stop === abi.STOP_ODD) {
        this.#run = rows > 0 ? 1 : 2 * this.#run
        return true
      }
      this.#save()
    }
  }

  /** Leaves the next rows for the general lane. */
  setAside(job: FastJob): void {
    const rest = Buffer.from(this.#kernel.memory.buffer, this.#stopped, this.#end - this.#stopped)
    const offset = this.#stopped - this.#at.input
    const written = this.#saved + this.#written - this.#at.output
    let left = this.#run
    for (const { start, end } of placesOf(rest, job, 'input')) {
      this.#odd.push({ start: offset + start, end: offset + end, rows: this.#rows++, written })
      this.#stopped = this.#at.input + offset + end
      if (--left === 0) break
    }
  }

  result(): Scored {
    this.#pieces.push(this.#unsaved())
    const length = this.#end - this.#at.input
    const lines = this.#kernel.countLines(this.#at.input, this.#end)
    return { pieces: this.#pieces, rows: this.#rows, written: this.#rows, lines, bytes: length, faults: [] }
  }

  /** The result, with the rows that were set aside done by the general lane. */
  merge(general: ScoreBlock, job: FastJob): Scored {
    const block = Buffer.from(this.#kernel.memory.buffer, this.#at.input, this.#end - this.#at.input)
    const texts = this.#odd.map(({ start, end }) => block.subarray(start, end))
    const places: Place[] = []
    for (const { length } of texts) {
      const start = places.at(-1)?.end ?? 0
      places.push({ start, end: start + length })
    }
    // Copied: the bytes of bad rows are sent from a worker with all of the buffer they are in.
    const scored = general(Buffer.concat(texts), places)
    const bad = new Set(scored.faults.map(({ info }) => info.row))
    const good = this.#odd.filter((_, index) => index < scored.rows && !bad.has(index))
    const faults = this.#placed(scored.faults, places)
    const last = job.settings.onError === 'fail' && bad.size > 0 ? this.#odd[scored.rows - 1] : undefined
    const result = this.result()
    const rows = last ? last.rows + 1 : result.rows
    const pieces = inserted(result.pieces, good, scored.pieces, job, last?.written)
    return { ...result, pieces, rows, written: rows - faults.length, faults }
  }

  /** Faults of rows that were set aside, in their places in the block. */
  #placed(faults: Fault[], places: Place[]): Fault[] {
    const { input } = this.#at
    let [line, counted] = [0, input]
    return faults.map((fault) => {
      const { start, rows } = this.#odd[fault.info.row]!
      const moved = start - places[fault.info.row]!.start
      line += this.#kernel.countLines(counted, input + start)
      counted = input + start
      const info = { ...fault.info, line, row: rows, byte: fault.info.byte + moved }
      return { ...fault, info, start: fault.start + moved, end: fault.end + moved }
    })
  }

  #unsaved(): Uint8Array {
    return new Uint8Array(this.#kernel.memory.buffer, this.#at.output, this.#written - this.#at.output)
  }

  /** Saves what is written, to make room. */
  #save(): void {
    this.#pieces.push(this.#unsaved().slice())
    this.#saved += this.#written - this.#at.output
    this.#written = this.#at.output
  }
}

/** Output with rows put into it, where they belong, and cut off after `most` bytes that the kernel wrote. */
function inserted(
  pieces: Uint8Array[],
  rows: OddRow[],
  texts: Uint8Array[],
  job: FastJob,
  most = Infinity,
): Uint8Array[] {
  const all: Uint8Array[] = []
  let [piece = new Uint8Array(), ...rest] = pieces
  let passed = 0
  const passTo = (position: number) => {
    for (;;) {
      const taken = piece.subarray(0, position - passed)
      all.push(taken)
      passed += taken.length
      piece = piece.subarray(taken.length)
      if (piece.length > 0 || rest.length === 0) return
      ;[piece = new Uint8Array(), ...rest] = rest
    }
  }
  const [text] = texts
  const places = text ? placesOf(Buffer.from(text.buffer, text.byteOffset, text.length), job, 'output') : undefined
  for (const { written } of rows) {
    passTo(written)
    const { start, end } = places!.next().value!
    all.push(text!.subarray(start, end))
  }
  passTo(most)
  return all.filter(({ length }) => length > 0)
}

const NEWLINE = 10

/** Where things lie in the kernel's memory. */
type Layout = ReturnType<typeof layOut>

function layOut(job: FastJob, kernel: Kernel) {
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

function writeJob(job: FastJob, at: Layout, kernel: Kernel): void {
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
