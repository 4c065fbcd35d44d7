/**
 * The fast lane: one WebAssembly kernel reads bytes and writes bytes; no JavaScript value is made for a row. A row it
 * does not understand goes through the general lane, in its place, so both lanes give the same bytes and errors.
 *
 * Here is one kernel and one block after the other in its memory; `parallel.ts` has several of them at work.
 */
import { isUtf8 } from 'node:buffer'
import { COMMAS } from '../core/dialect.js'
import type { LocatedRowError, ScoredRows } from '../core/record-batch.js'
import { type ByteRange, rowRanges } from '../formats/csv/row-splitter.js'
import { linesOf } from '../formats/ndjson/line-splitter.js'
import { STOP_DEFERRED, STOP_DONE } from '../kernel/constants.js'
import { type Kernel, offsetOf } from '../kernel/host/wasm.js'
import type { ScoreBlock } from './block-scorer.js'
import { INPUT_ROOM, type Layout, layOut, writeJob } from './kernel-memory.js'
import type { Entry, TextJob } from './text-job.js'

/** True if a block is one for the kernel; the ordinary way does the others. */
export function isForKernel(block: Buffer, { source, output, settings }: TextJob): boolean {
  if (block.length > INPUT_ROOM) return false
  if ((source.format === 'ndjson' || !output || settings.encoding !== undefined) && !isUtf8(block)) return false
  // At the very end, the kernel would take a carriage return for the half of a line end that it is not.
  return source.format === 'ndjson' || source.dialect.newline === '\r' || block.at(-1) !== RETURN
}

const RETURN = 13

/** Start and end of each row of a block of the input; blank lines are left out. */
function inputRanges(block: Buffer, { source }: TextJob): Iterable<ByteRange> {
  return source.format === 'csv' ? rowRanges(block, source.dialect) : lineRanges(block)
}

/** The same of the output, which has no comments. */
function outputRanges(block: Buffer, { output }: TextJob): Iterable<ByteRange> {
  return output ? rowRanges(block, { ...output, comment: undefined }) : lineRanges(block)
}

function* lineRanges(block: Buffer): Generator<ByteRange> {
  for (const { start, end } of linesOf(block)) yield { start, end: Math.min(end + 1, block.length) }
}

/** A kernel that is set up for a job, and scores blocks that stand in its memory. */
export class FastKernel {
  readonly #job: TextJob
  readonly #kernel: Kernel
  readonly #at: Layout
  #general: ScoreBlock | undefined

  constructor(job: TextJob, kernel: Kernel) {
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
  async score(length: number): Promise<ScoredRows> {
    const run = new BlockRun(this.#kernel, this.#job, this.#at, length)
    while (run.advance()) run.defer(this.#job)
    if (!run.hasDeferred) return run.result()
    this.#general ??= (await import('./block-scorer.js')).blockScorer(this.#job)
    return run.merge(this.#general, this.#job)
  }
}

/** A row that the kernel does not understand. */
interface DeferredRow extends ByteRange {
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
  readonly #score: Kernel[Entry]
  readonly #newline: number
  readonly #at: Layout
  readonly #view: DataView
  readonly #end: number
  readonly #pieces: Uint8Array[] = []
  readonly #deferred: DeferredRow[] = []
  #stopped: number
  #written: number
  /** How much of the output is saved already. */
  #saved = 0
  #rows = 0
  /** How many rows are set aside at once: ever more, as long as the kernel does not understand what comes after. */
  #run = 1

  constructor(kernel: Kernel, { entry, input }: TextJob, at: Layout, length: number) {
    this.#kernel = kernel
    this.#score = kernel[entry]
    this.#newline = (input ?? COMMAS).newline.charCodeAt(0)
    this.#at = at
    this.#view = new DataView(kernel.memory.buffer, at.job, offsetOf('jobSize'))
    this.#end = at.input + length
    this.#stopped = at.input
    this.#written = at.output
    // The kernel takes rows that end in a newline, which the last row of all may lack.
    new Uint8Array(kernel.memory.buffer)[this.#end] = this.#newline
  }

  get hasDeferred(): boolean {
    return this.#deferred.length > 0
  }

  /** Scores rows as far as the kernel understands them; false if all are done. */
  advance(): boolean {
    for (;;) {
      const bytes = new Uint8Array(this.#kernel.memory.buffer)
      const end = bytes[this.#end - 1] === this.#newline ? this.#end : this.#end + 1
      const stop = this.#score(this.#stopped, end, this.#written, this.#at.limit, this.#at.job)
      const rows = this.#view.getUint32(offsetOf('job_rows'), true)
      this.#rows += rows
      this.#stopped = this.#view.getUint32(offsetOf('job_stopped'), true)
      this.#written = this.#view.getUint32(offsetOf('job_written'), true)
      if (stop === STOP_DONE) return false
      if (stop === STOP_DEFERRED) {
        this.#run = rows > 0 ? 1 : 2 * this.#run
        return true
      }
      this.#save()
    }
  }

  /** Leaves the next rows for the general lane. */
  defer(job: TextJob): void {
    const rest = Buffer.from(this.#kernel.memory.buffer, this.#stopped, this.#end - this.#stopped)
    const offset = this.#stopped - this.#at.input
    const written = this.#saved + this.#written - this.#at.output
    let left = this.#run
    for (const { start, end } of inputRanges(rest, job)) {
      this.#deferred.push({ start: offset + start, end: offset + end, rows: this.#rows++, written })
      this.#stopped = this.#at.input + offset + end
      if (--left === 0) break
    }
  }

  result(): ScoredRows {
    this.#pieces.push(this.#unsaved())
    const length = this.#end - this.#at.input
    const lines = this.#kernel.countLines(this.#at.input, this.#end, this.#newline)
    return { pieces: this.#pieces, rows: this.#rows, written: this.#rows, lines, bytes: length, errors: [] }
  }

  /** The result, with the rows that were set aside done by the general lane. */
  merge(general: ScoreBlock, job: TextJob): ScoredRows {
    const block = Buffer.from(this.#kernel.memory.buffer, this.#at.input, this.#end - this.#at.input)
    const texts = this.#deferred.map(({ start, end }) => block.subarray(start, end))
    const places: ByteRange[] = []
    for (const { length } of texts) {
      const start = places.at(-1)?.end ?? 0
      places.push({ start, end: start + length })
    }
    // Copied: the bytes of bad rows are sent from a worker with all of the buffer they are in.
    const scored = general(Buffer.concat(texts), places)
    const bad = new Set(scored.errors.map(({ info }) => info.row))
    const good = this.#deferred.filter((_, index) => index < scored.rows && !bad.has(index))
    const rowErrors = this.#placed(scored.errors, places)
    const last = job.settings.onError === 'fail' && bad.size > 0 ? this.#deferred[scored.rows - 1] : undefined
    const result = this.result()
    const rows = last ? last.rows + 1 : result.rows
    const pieces = inserted(result.pieces, good, scored.pieces, job, last?.written)
    return { ...result, pieces, rows, written: rows - rowErrors.length, errors: rowErrors }
  }

  /** Faults of rows that were set aside, in their places in the block. */
  #placed(rowErrors: LocatedRowError[], places: ByteRange[]): LocatedRowError[] {
    const { input } = this.#at
    let [line, counted] = [0, input]
    return rowErrors.map((rowError) => {
      const { start, rows } = this.#deferred[rowError.info.row]!
      const moved = start - places[rowError.info.row]!.start
      line += this.#kernel.countLines(counted, input + start, this.#newline)
      counted = input + start
      const info = { ...rowError.info, line, row: rows, byte: rowError.info.byte! + moved }
      return { ...rowError, info, start: rowError.start! + moved, end: rowError.end! + moved }
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
  rows: DeferredRow[],
  texts: Uint8Array[],
  job: TextJob,
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
  const places = text
    ? outputRanges(Buffer.from(text.buffer, text.byteOffset, text.length), job)[Symbol.iterator]()
    : undefined
  for (const { written } of rows) {
    passTo(written)
    const { start, end } = places!.next().value!
    all.push(text!.subarray(start, end))
  }
  passTo(most)
  return all.filter(({ length }) => length > 0)
}
