/**
 * The fast lane: one WebAssembly kernel reads bytes and writes bytes; no JavaScript value is made for a row. A row it
 * does not understand goes through the general lane, in its place, so both lanes give the same bytes and errors.
 *
 * The first blocks are scored on this thread, as is all of a small input: a worker takes some 50 ms to start. Then
 * workers take over, each with memory that it shares with this thread: a block is copied into it once, and what was
 * written once out of it.
 */
import type { Emittable } from '../columns.js'
import { rowsOf } from '../formats/cutter.js'
import { sameCells } from '../formats/dialect.js'
import { growMemory, type Kernel, STATE_SIZE, WANT_LOG, WANT_SUMMARY } from '../kernel.js'
import type { Fault, Job, Scored } from './general.js'

/** The most bytes of a block that go through the kernel; and room for what is written, which is written out when full. */
export const INPUT_ROOM = 1 << 21
const OUTPUT_ROOM = 1 << 22
/** Rows this wide have their numbers in the kernel's memory; wider ones are for the general lane. */
const MOST_CLASSES = 1 << 17
/** How far the kernel reads and writes ahead. */
const PADDING = 64

/** Offsets in a job, and numbers in it: those of `kernel/abi.ts`. */
const JOB = {
  delimiter: 0,
  quote: 4,
  blank: 8,
  columns: 12,
  actions: 16,
  classes: 20,
  flags: 24,
  top: 28,
  float32: 32,
  precision: 36,
  temperature: 40,
  emits: 48,
  emit: 52,
  labels: 56,
  state: 60,
  logits: 64,
  scratch: 68,
  values: 72,
  heap: 76,
  positions: 80,
  rowRoom: 84,
  stopped: 88,
  written: 92,
  rows: 96,
  size: 104,
} as const
const ACTION = { drop: 0, keep: 1, logit: 2 } as const
const EMIT: Record<Emittable, number> = {
  probs: 0,
  label: 2,
  index: 3,
  confidence: 4,
  margin: 5,
  entropy: 6,
  logsumexp: 7,
}
const EMIT_TOP = 1
const STOP = { done: 0, odd: 1, full: 2 } as const
/** The longest number, `-2.2250738585072014e-308`, and its delimiter. */
const NUMBER_ROOM = 26

/** Why the fast lane cannot do a job, or undefined if it can. */
export function fastLaneRefusal({ input, output, schema }: Job): string | undefined {
  if (input.delimiter.length > 1) return 'a delimiter of several characters'
  if (input.comment !== undefined) return 'comments'
  if (input.quote !== '"' || input.escape !== '"') return 'another quote or escape'
  if (input.newline !== '\n') return 'rows that end in a carriage return'
  if (!sameCells(input, output)) return 'an output format that is not that of the input'
  if (schema.logits.length > MOST_CLASSES) return `more than ${MOST_CLASSES} classes`
  return undefined
}

/** A kernel that is set up for a job, and scores blocks that stand in its memory. */
export class FastKernel {
  readonly #job: Job
  readonly #kernel: Kernel
  readonly #at: Layout
  #general: ((block: Buffer) => Scored) | undefined

  constructor(job: Job, kernel: Kernel) {
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
    const run = new BlockRun(this.#kernel, this.#at, length)
    while (run.advance()) {
      this.#general ??= (await import('./general.js')).generalLane(this.#job)
      run.handBack(this.#general, this.#job)
      if (run.faults.length > 0 && this.#job.settings.onError === 'fail') break
    }
    return run.result()
  }
}

/** One block on its way through the kernel. */
class BlockRun {
  readonly #kernel: Kernel
  readonly #at: Layout
  readonly #view: DataView
  readonly #end: number
  readonly #pieces: Uint8Array[] = []
  readonly faults: Fault[] = []
  #stopped: number
  #written: number
  #rows = 0
  /** How many rows are handed back at once: ever more, as long as the kernel does not understand what comes after. */
  #run = 1

  constructor(kernel: Kernel, at: Layout, length: number) {
    this.#kernel = kernel
    this.#at = at
    this.#view = new DataView(kernel.memory.buffer, at.job, JOB.size)
    this.#end = at.input + length
    this.#stopped = at.input
    this.#written = at.output
    // The kernel takes rows that end in a newline, which the last row of all may lack.
    new Uint8Array(kernel.memory.buffer)[this.#end] = NEWLINE
  }

  /** Scores rows as far as the kernel understands them; false if all are done. */
  advance(): boolean {
    for (;;) {
      const bytes = new Uint8Array(this.#kernel.memory.buffer)
      const end = bytes[this.#end - 1] === NEWLINE ? this.#end : this.#end + 1
      const stop = this.#kernel.scoreCsv(this.#stopped, end, this.#written, this.#at.limit, this.#at.job)
      const rows = this.#view.getUint32(JOB.rows, true)
      this.#rows += rows
      this.#stopped = this.#view.getUint32(JOB.stopped, true)
      this.#written = this.#view.getUint32(JOB.written, true)
      if (stop === STOP.done) return false
      if (stop === STOP.odd) {
        this.#run = rows > 0 ? 1 : 2 * this.#run
        return true
      }
      this.#flush()
    }
  }

  /** Has the general lane do the next rows. */
  handBack(general: (block: Buffer) => Scored, { input }: Job): void {
    const rest = Buffer.from(this.#kernel.memory.buffer, this.#stopped, this.#end - this.#stopped)
    let length = 0
    let rows = 0
    for (const { end } of rowsOf(rest, input)) {
      length = end
      if (++rows === this.#run) break
    }
    const scored = general(rest.subarray(0, length))
    this.#flush()
    this.#pieces.push(...scored.pieces)
    const line = scored.faults.length > 0 ? this.#kernel.countLines(this.#at.input, this.#stopped) : 0
    for (const { code, info } of scored.faults) {
      const byte = this.#stopped - this.#at.input + info.byte
      this.faults.push({ code, info: { ...info, line: line + info.line, row: this.#rows + info.row, byte } })
    }
    this.#rows += scored.rows
    this.#stopped += length
  }

  result(): Scored {
    const { buffer } = this.#kernel.memory
    if (this.#written > this.#at.output) {
      this.#pieces.push(new Uint8Array(buffer, this.#at.output, this.#written - this.#at.output))
    }
    return {
      pieces: this.#pieces,
      rows: this.#rows,
      lines: this.#kernel.countLines(this.#at.input, this.#end),
      bytes: this.#end - this.#at.input,
      faults: this.faults,
    }
  }

  /** Saves what is written, to make room. */
  #flush(): void {
    const length = this.#written - this.#at.output
    if (length > 0) this.#pieces.push(new Uint8Array(this.#kernel.memory.buffer, this.#at.output, length).slice())
    this.#written = this.#at.output
  }
}

const NEWLINE = 10

/** Where things lie in the kernel's memory. */
interface Layout {
  job: number
  state: number
  actions: number
  emit: number
  labels: number
  names: number
  logits: number
  scratch: number
  values: number
  heap: number
  positions: number
  input: number
  output: number
  /** Where the room for output ends. */
  limit: number
  rowRoom: number
}

function layOut({ schema, labels }: Job, kernel: Kernel): Layout {
  const { header, topK } = schema
  const count = labels.length
  const names = labels.reduce((sum, { length }) => sum + length, 0)
  const rowRoom = roomOfRow(schema, labels)
  let end = Math.ceil(kernel.heapBase() / 16) * 16
  const take = (bytes: number) => {
    const start = end
    end += Math.ceil((bytes + PADDING) / 16) * 16
    return start
  }
  const layout = {
    job: take(JOB.size),
    state: take(STATE_SIZE),
    actions: take(header.length),
    emit: take(schema.emit.length),
    labels: take(8 * count),
    names: take(names),
    logits: take(8 * count),
    scratch: take(16 * count),
    values: take(8 * count),
    heap: take(16 * topK),
    positions: take(4 * topK),
    input: take(INPUT_ROOM),
    output: take(OUTPUT_ROOM + rowRoom),
    limit: end - PADDING,
    rowRoom,
  }
  growMemory(kernel, end)
  return layout
}

/** The most bytes that the new cells of a row can take. */
function roomOfRow({ classes, emit, topK }: Job['schema'], labels: string[]): number {
  const name = labels.reduce((most, { length }) => Math.max(most, length), 0) + 1
  const probabilities = topK > 0 ? topK * (name + NUMBER_ROOM) : classes.length * NUMBER_ROOM
  return PADDING + emit.reduce((sum, column) => sum + (column === 'probs' ? probabilities : name + NUMBER_ROOM), 0)
}

function writeJob({ schema, settings, input, labels }: Job, at: Layout, kernel: Kernel): void {
  const view = new DataView(kernel.memory.buffer)
  const bytes = new Uint8Array(kernel.memory.buffer)
  const set = (offset: number, value: number) => view.setUint32(at.job + offset, value, true)
  const addresses = [
    'actions',
    'emit',
    'labels',
    'state',
    'logits',
    'scratch',
    'values',
    'heap',
    'positions',
    'rowRoom',
  ] as const
  for (const name of addresses) set(JOB[name], at[name])
  const summary = schema.emit.some((name) => EMIT[name] >= EMIT.confidence)
  set(JOB.delimiter, input.delimiter.charCodeAt(0))
  set(JOB.quote, input.quote.charCodeAt(0))
  set(JOB.blank, input.delimiter === '\t' ? 32 : 9)
  set(JOB.columns, schema.header.length)
  set(JOB.classes, schema.logits.length)
  set(JOB.flags, (schema.log ? WANT_LOG : 0) | (summary ? WANT_SUMMARY : 0))
  set(JOB.top, schema.topK)
  set(JOB.float32, settings.float32 ? 1 : 0)
  set(JOB.precision, settings.precision ?? 0)
  set(JOB.emits, schema.emit.length)
  view.setFloat64(at.job + JOB.temperature, settings.temperature, true)
  bytes.fill(ACTION.drop, at.actions, at.actions + schema.header.length)
  for (const column of schema.kept) bytes[at.actions + column] = ACTION.keep
  for (const column of schema.logits) bytes[at.actions + column] = ACTION.logit
  schema.emit.forEach((name, index) => {
    bytes[at.emit + index] = name === 'probs' && schema.topK > 0 ? EMIT_TOP : EMIT[name]
  })
  writeLabels(labels, at, kernel)
}

function writeLabels(names: string[], at: Layout, kernel: Kernel): void {
  const view = new DataView(kernel.memory.buffer)
  let end = at.names
  names.forEach((name, index) => {
    const bytes = Buffer.from(name, 'latin1')
    new Uint8Array(kernel.memory.buffer).set(bytes, end)
    view.setUint32(at.labels + 8 * index, end, true)
    view.setUint32(at.labels + 8 * index + 4, bytes.length, true)
    end += bytes.length
  })
}
