/**
 * The fast lane: one WebAssembly kernel reads bytes and writes bytes or columns, creating no JavaScript value per row.
 * A row it does not understand goes through the general lane and is merged back in order, so both lanes give the same
 * output and the same errors.
 *
 * This file runs one kernel over one block at a time; `worker-pool.ts` runs several kernels.
 */
import { isUtf8 } from 'node:buffer'
import { COMMAS } from '../core/dialect.js'
import type { LocatedRowError, ScoredRows } from '../core/record-batch.js'
import { type ByteRange, rowRanges } from '../formats/csv/scanner.js'
import { EVALUATION_FIELDS, STOP_DEFERRED, STOP_DONE } from '../kernel/constants.js'
import { type Kernel, returnKernel } from '../kernel/host/wasm.js'
import type { ScoreBlock } from './block-scorer.js'
import { isFatal } from './error-limit.js'
import { readField, writeField, writeJob } from './kernel-job.js'
import { INPUT_ROOM, type Layout, layOut } from './kernel-layout.js'
import { type KernelOutput, kernelOutput, lineRanges } from './kernel-output.js'
import type { Piece } from './pieces.js'
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
    while (run.advance()) run.defer(this.#job)
    if (!run.hasDeferred) return run.result()
    this.#general ??= (await import('./block-scorer.js')).blockScorer(this.#job)
    return run.merge(this.#general, this.#job)
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
 * One block on its way through the kernel. Deferred rows are collected and scored together at the end: a call of the
 * general lane costs as much as 100 rows in the kernel.
 */
class BlockRun {
  readonly #kernel: Kernel
  readonly #newline: number
  readonly #at: Layout
  readonly #end: number
  readonly #output: KernelOutput
  readonly #deferred: DeferredRow[] = []
  #stopped: number
  #rows = 0
  readonly #evaluated: Float64Array[] = []
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
    let left = this.#run
    for (const { start, end } of inputRanges(rest, job)) {
      this.#deferred.push({ start: offset + start, end: offset + end, rows: this.#rows++, position, abstained })
      this.#stopped = this.#at.input + offset + end
      if (--left === 0) break
    }
  }

  result(pieces: Piece[] = this.#output.pieces()): ScoredRows<Piece> {
    const length = this.#end - this.#at.input
    const lines = this.#kernel.countLines(this.#at.input, this.#end, this.#newline)
    const evaluated = this.#handsOver && { evaluated: this.#evaluated }
    const [rows, abstained] = [this.#rows, this.#abstained]
    return { pieces, rows, written: rows, abstained, lines, bytes: length, errors: [], ...evaluated }
  }

  /** The result for the block, with the deferred rows scored by the general lane. */
  merge(general: ScoreBlock, job: TextJob): ScoredRows<Piece> {
    const block = Buffer.from(this.#kernel.memory.buffer, this.#at.input, this.#end - this.#at.input)
    const texts = this.#deferred.map(({ start, end }) => block.subarray(start, end))
    const ranges: ByteRange[] = []
    for (const { length } of texts) {
      const start = ranges.at(-1)?.end ?? 0
      ranges.push({ start, end: start + length })
    }
    // Copied, because a worker posts the bytes of a bad row together with the complete buffer behind them.
    const scored = general(Buffer.concat(texts), ranges)
    const bad = new Set(scored.errors.map(({ info }) => info.row))
    const good = this.#deferred.filter((_, index) => index < scored.rows && !bad.has(index))
    const errors = this.#located(scored.errors, ranges)
    const ends = job.settings.onError === 'fail' ? bad.size > 0 : scored.errors.some(isFatal)
    const last = ends ? this.#deferred[scored.rows - 1] : undefined
    const positions = good.map(({ position }) => position)
    const result = this.result(this.#output.merged(positions, scored.pieces, last?.position))
    const rows = last ? last.rows + 1 : result.rows
    const evaluated = scored.evaluated && { evaluated: [...this.#evaluated, ...scored.evaluated] }
    const abstained = (last ?? { abstained: this.#abstained }).abstained + (scored.abstained ?? 0)
    return { ...result, rows, written: rows - errors.length, abstained, nan: scored.nan, errors, ...evaluated }
  }

  /** Errors of deferred rows, with positions translated to the block. */
  #located(rowErrors: LocatedRowError[], ranges: ByteRange[]): LocatedRowError[] {
    const { input } = this.#at
    let [line, counted] = [0, input]
    return rowErrors.map((rowError) => {
      const { start, rows } = this.#deferred[rowError.info.row]!
      const moved = start - ranges[rowError.info.row]!.start
      line += this.#kernel.countLines(counted, input + start, this.#newline)
      counted = input + start
      const info = { ...rowError.info, line, row: rows, byte: rowError.info.byte! + moved }
      return { ...rowError, info, start: rowError.start! + moved, end: rowError.end! + moved }
    })
  }
}
