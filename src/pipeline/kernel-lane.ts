/**
 * The fast lane: one WebAssembly kernel reads bytes and writes bytes or columns, creating no JavaScript value per row.
 * A row it does not understand goes through the general lane and is merged back in order, so both lanes give the same
 * output and the same errors.
 *
 * This file runs one kernel over one block at a time; `worker-pool.ts` runs several kernels.
 */
import { isUtf8 } from 'node:buffer'
import { COMMAS } from '../core/dialect.js'
import type { EvaluatedRows, LocatedRowError, RowErrors, ScoredRows } from '../core/record-batch.js'
import { RowErrorList } from '../core/row-errors.js'
import { type ByteRange, rowRanges } from '../formats/csv/scanner.js'
import { EVALUATION_FIELDS, STOP_DEFERRED, STOP_DONE } from '../kernel/constants.js'
import { type Kernel, returnKernel } from '../kernel/host/wasm.js'
import type { ScoreBlock } from './block-scorer.js'
import { isFatal } from './error-limit.js'
import { readField, writeField, writeJob } from './kernel-job.js'
import { INPUT_ROOM, type Layout, layOut } from './kernel-layout.js'
import { type KernelOutput, kernelOutput, lineRanges } from './kernel-output.js'
import type { Piece } from './lane-output.js'
import type { TextJob } from './text-job.js'

/** Whether the kernel can take a block; the general lane scores the others. */
export function isForKernel(block: Buffer, { source, output, settings, unusual }: TextJob): boolean {
  if (block.length > INPUT_ROOM || unusual.some((text) => block.includes(text, 0, 'latin1'))) return false
  if ((source.format === 'ndjson' || !output || settings.encoding !== undefined) && !isUtf8(block)) return false
  // At the very end, the kernel would take a lone carriage return for the first half of a CRLF.
  return source.format === 'ndjson' || source.dialect.newline === '\r' || block.at(-1) !== RETURN
}

const RETURN = 13

/** The byte range of each row in a block, without blank lines. */
function inputRanges(block: Buffer, { source }: TextJob): Iterable<ByteRange> {
  return source.format === 'csv' ? rowRanges(block, source.dialect) : lineRanges(block)
}

/** A kernel set up for a job; it scores blocks copied into its memory. */
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

  /** The kernel memory this job needs, in bytes. */
  get memorySize(): number {
    return this.#kernel.memory.buffer.byteLength
  }

  /** Returns a borrowed kernel. */
  close(): void {
    returnKernel(this.#kernel)
  }

  /** The input buffer in this kernel's memory, or in another memory set up for the same job. */
  inputIn(memory = this.#kernel.memory): Uint8Array {
    return new Uint8Array(memory.buffer, this.#at.input, INPUT_ROOM)
  }

  /** The metric totals in this kernel's memory, or in another memory set up for the same job. */
  totalsIn(memory = this.#kernel.memory): Uint8Array | undefined {
    const { metrics, metricsRoom } = this.#at
    return metricsRoom === 0 ? undefined : new Uint8Array(memory.buffer, metrics, metricsRoom)
  }

  /** Scores the `length` bytes in `input`; the pieces are valid until the next block. */
  async score(length: number): Promise<ScoredRows<Piece>> {
    const run = new BlockRun(this.#kernel, this.#job, this.#at, length)
    while (!run.hasEnded && run.advance()) {
      run.defer(this.#job)
      if (run.isFull) run.scoreDeferred(await this.#generalLane(), this.#job)
    }
    if (run.hasDeferred) run.scoreDeferred(await this.#generalLane(), this.#job)
    return run.result()
  }

  async #generalLane(): Promise<ScoreBlock> {
    this.#general ??= (await import('./block-scorer.js')).blockScorer(this.#job)
    return this.#general
  }
}

/** A row that the kernel defers to the general lane. */
interface DeferredRow extends ByteRange {
  /** The number of rows before it in the block, and its position in the output. */
  rows: number
  position: number
  /** How many of the kernel's rows before it have no label. */
  abstained: number
}

/**
 * How many deferred rows are scored together: a call of the general lane costs as much as 100 rows in the kernel. A block
 * may have 200,000 of them, whose values are garbage that V8 collects late.
 */
const MOST_DEFERRED = 1 << 10

/** One block on its way through the kernel. */
class BlockRun {
  readonly #kernel: Kernel
  readonly #newline: number
  readonly #at: Layout
  readonly #end: number
  readonly #output: KernelOutput
  /** Deferred rows that are not scored yet; and the results for earlier ones. */
  #deferred: DeferredRow[] = []
  readonly #merged: MergedRows = { positions: [], pieces: [], abstained: 0, nan: 0, end: undefined }
  readonly #errors = new RowErrorList()
  #stopped: number
  /** The number of lines before a position in the block. */
  readonly #lines: { before: number; position: number }
  #rows = 0
  readonly #evaluated: EvaluatedRows[] = []
  /** Whether evaluated rows are passed on one by one. */
  readonly #handsOver: boolean
  /** The number of rows to defer at once; it grows as long as the kernel does not understand the rows that follow. */
  #run = 1

  constructor(kernel: Kernel, job: TextJob, at: Layout, length: number) {
    this.#kernel = kernel
    this.#newline = (job.input ?? COMMAS).newline.charCodeAt(0)
    this.#at = at
    this.#end = at.input + length
    this.#stopped = at.input
    this.#lines = { before: 0, position: at.input }
    this.#output = kernelOutput(kernel, job, at)
    writeField(kernel, at, 'abstained', 0)
    this.#handsOver = job.schema.truth !== undefined && at.metricsRoom === 0
    // The kernel needs rows that end in a newline; the last row of the input may lack one.
    new Uint8Array(kernel.memory.buffer)[this.#end] = this.#newline
  }

  get #abstained(): number {
    return readField(this.#kernel, this.#at, 'abstained')
  }

  get hasDeferred(): boolean {
    return this.#deferred.length > 0
  }

  get isFull(): boolean {
    return this.#deferred.length === MOST_DEFERRED
  }

  /** Whether a bad row ends the run. */
  get hasEnded(): boolean {
    return this.#merged.end !== undefined
  }

  /** Scores rows until the kernel stops; returns false if all are done. */
  advance(): boolean {
    for (;;) {
      const bytes = new Uint8Array(this.#kernel.memory.buffer)
      const end = bytes[this.#end - 1] === this.#newline ? this.#end : this.#end + 1
      const stop = this.#output.score(this.#stopped, end)
      const rows = readField(this.#kernel, this.#at, 'rows')
      this.#rows += rows
      this.#stopped = readField(this.#kernel, this.#at, 'stopped')
      if (this.#handsOver) this.#takeEvaluated()
      if (stop === STOP_DONE) return false
      if (stop === STOP_DEFERRED) {
        this.#run = rows > 0 ? 1 : 2 * this.#run
        return true
      }
      this.#output.save()
    }
  }

  /** Takes the evaluated rows out of kernel memory to make room for more. */
  #takeEvaluated(): void {
    const count = readField(this.#kernel, this.#at, 'evaluatedCount')
    writeField(this.#kernel, this.#at, 'evaluatedCount', 0)
    this.#evaluated.push(
      new Float64Array(this.#kernel.memory.buffer, this.#at.evaluated, count * EVALUATION_FIELDS).slice(),
    )
  }

  /** Defers the next rows to the general lane. */
  defer(job: TextJob): void {
    const rest = Buffer.from(this.#kernel.memory.buffer, this.#stopped, this.#end - this.#stopped)
    const offset = this.#stopped - this.#at.input
    const { position } = this.#output
    const abstained = this.#abstained
    let left = Math.min(this.#run, MOST_DEFERRED - this.#deferred.length)
    for (const { start, end } of inputRanges(rest, job)) {
      this.#deferred.push({ start: offset + start, end: offset + end, rows: this.#rows++, position, abstained })
      this.#stopped = this.#at.input + offset + end
      if (--left === 0) break
    }
  }

  /** The result for the block; after a bad row that ends the run, only for the rows up to it. */
  result(): ScoredRows<Piece> {
    const { positions, pieces: inserted, nan, end } = this.#merged
    const output = this.#output
    const isPlain = inserted.length === 0 && !end
    const pieces = isPlain ? output.pieces() : output.merged(positions, inserted, end?.position)
    const rows = end ? end.rows + 1 : this.#rows
    const errors = this.#errors.errors
    const abstained = (end?.abstained ?? this.#abstained) + this.#merged.abstained
    const bytes = this.#end - this.#at.input
    const lines = this.#kernel.countLines(this.#at.input, this.#end, this.#newline)
    const evaluated = this.#evaluated.length > 0 && { evaluated: this.#evaluated }
    return { pieces, rows, written: rows - errors.length, abstained, nan, lines, bytes, errors, ...evaluated }
  }

  /** Scores the deferred rows in the general lane. */
  scoreDeferred(general: ScoreBlock, job: TextJob): void {
    const block = Buffer.from(this.#kernel.memory.buffer, this.#at.input, this.#end - this.#at.input)
    const texts = this.#deferred.map(({ start, end }) => block.subarray(start, end))
    const ranges: ByteRange[] = []
    for (const { length } of texts) {
      const start = ranges.at(-1)?.end ?? 0
      ranges.push({ start, end: start + length })
    }
    // Copied, because a worker posts the bytes of a bad row together with the complete buffer behind them.
    const scored = general(Buffer.concat(texts), ranges)
    const bad = this.#addErrors(scored.errors, ranges)
    this.#addGood(scored, bad)
    const ends = job.settings.onError === 'fail' ? bad.rows.size > 0 : bad.isFatal
    if (ends) this.#merged.end = this.#deferred[scored.rows - 1]
    this.#deferred = []
  }

  #addGood({ rows, pieces, abstained = 0, nan = 0, evaluated = [] }: ScoredRows<Piece>, bad: DeferredErrors): void {
    const merged = this.#merged
    for (const [index, { position }] of this.#deferred.entries()) {
      if (index < rows && !bad.rows.has(index)) merged.positions.push(position)
    }
    merged.pieces.push(...pieces)
    merged.abstained += abstained
    merged.nan += nan
    this.#evaluated.push(...evaluated)
  }

  /** Adds errors of deferred rows, with positions translated to the block. */
  #addErrors(errors: RowErrors, ranges: ByteRange[]): DeferredErrors {
    const bad = { rows: new Set<number>(), isFatal: false }
    for (const rowError of errors) {
      bad.rows.add(rowError.info.row)
      bad.isFatal ||= isFatal(rowError)
      this.#errors.add(this.#located(rowError, ranges))
    }
    return bad
  }

  /** Must be called in the order of rows. */
  #located(rowError: LocatedRowError, ranges: ByteRange[]): LocatedRowError {
    const { start, rows } = this.#deferred[rowError.info.row]!
    const moved = start - ranges[rowError.info.row]!.start
    const position = this.#at.input + start
    const lines = this.#lines
    lines.before += this.#kernel.countLines(lines.position, position, this.#newline)
    lines.position = position
    const info = { ...rowError.info, line: lines.before, row: rows, byte: rowError.info.byte! + moved }
    return { ...rowError, info, start: rowError.start! + moved, end: rowError.end! + moved }
  }
}

/** Which deferred rows are bad, and whether one of them ends any run. */
interface DeferredErrors {
  rows: ReadonlySet<number>
  isFatal: boolean
}

/** The deferred rows that were scored: the output of good ones, and the one that ends the run. */
interface MergedRows {
  positions: number[]
  pieces: Piece[]
  abstained: number
  nan: number
  end: DeferredRow | undefined
}
