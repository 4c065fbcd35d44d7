/** Collects what a kernel makes of the rows of a block: bytes of text, or columns. */
import { concatColumns, sliceColumn } from '../core/column-slices.js'
import { type ByteRange, rowRanges } from '../formats/csv/scanner.js'
import { linesOf } from '../formats/ndjson/line-splitter.js'
import { copiedColumns } from '../io/column-pool.js'
import type { Kernel } from '../kernel/host/wasm.js'
import { columnsIn } from './kernel-columns.js'
import { readField, writeField } from './kernel-job.js'
import type { Layout } from './kernel-layout.js'
import type { ColumnPiece, Piece } from './lane-output.js'
import { type ColumnEntry, makesColumns, type TextEntry, type TextJob } from './text-job.js'

/** The output of one block. */
export interface KernelOutput {
  /** The amount written so far, which is the position of the next row. */
  readonly position: number
  /** Scores rows in kernel memory from `at` to `end`; returns why the kernel stopped. */
  score(at: number, end: number): number
  /** Copies results out of kernel memory to make room. */
  save(): void
  /** All output so far; the last piece is still in kernel memory. */
  pieces(): Piece[]
  /** The output up to `end`, with rows from other pieces inserted at `positions`. */
  merged(positions: readonly number[], rows: readonly Piece[], end?: number): Piece[]
}

/** Creates the output for the next block. */
export function kernelOutput(kernel: Kernel, job: TextJob, at: Layout): KernelOutput {
  if (job.measures) return new NoOutput(kernel, job, at)
  return makesColumns(job) ? new ColumnOutput(kernel, job, at) : new TextOutput(kernel, job, at)
}

/** The byte range of each nonblank line in a block. */
export function* lineRanges(block: Buffer): Generator<ByteRange> {
  for (const { start, end } of linesOf(block)) yield { start, end: Math.min(end + 1, block.length) }
}

/** For runs that only compute metrics. */
class NoOutput implements KernelOutput {
  readonly position = 0
  readonly score: KernelOutput['score']

  constructor(kernel: Kernel, { entry }: TextJob, { output, limit, job }: Layout) {
    this.score = (at, end) => kernel[entry as TextEntry](at, end, output, limit, job)
  }

  save(): void {}

  pieces(): Piece[] {
    return []
  }

  merged(): Piece[] {
    return []
  }
}

class TextOutput implements KernelOutput {
  readonly #kernel: Kernel
  readonly #job: TextJob
  readonly #at: Layout
  readonly #saved: Uint8Array[] = []
  #savedBytes = 0
  #end: number

  constructor(kernel: Kernel, job: TextJob, at: Layout) {
    this.#kernel = kernel
    this.#job = job
    this.#at = at
    this.#end = at.output
  }

  get position(): number {
    return this.#savedBytes + this.#end - this.#at.output
  }

  score(at: number, end: number): number {
    const { job, limit } = this.#at
    const stop = this.#kernel[this.#job.entry as TextEntry](at, end, this.#end, limit, job)
    this.#end = readField(this.#kernel, this.#at, 'written')
    return stop
  }

  save(): void {
    this.#saved.push(this.#unsaved().slice())
    this.#savedBytes = this.position
    this.#end = this.#at.output
  }

  pieces(): Uint8Array[] {
    return [...this.#saved, this.#unsaved()]
  }

  merged(positions: readonly number[], rows: readonly Piece[], end = Number.POSITIVE_INFINITY): Uint8Array[] {
    const texts = (rows as Uint8Array[]).flatMap((bytes) => this.#textsOf(bytes))
    return inserted(this.pieces(), positions, texts, end)
  }

  /** The rows of some output. */
  #textsOf(bytes: Uint8Array): Uint8Array[] {
    const ranges = this.#ranges(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    return Array.from(ranges, ({ start, end }) => bytes.subarray(start, end))
  }

  /** The byte range of each row of the output, which has no comments. */
  #ranges(block: Buffer): Iterable<ByteRange> {
    const { output } = this.#job
    return output ? rowRanges(block, { ...output, comment: undefined }) : lineRanges(block)
  }

  #unsaved(): Uint8Array {
    return new Uint8Array(this.#kernel.memory.buffer, this.#at.output, this.#end - this.#at.output)
  }
}

/** Bytes up to `end` with texts inserted, each at its position. */
function inserted(pieces: Uint8Array[], positions: readonly number[], texts: Uint8Array[], end: number): Uint8Array[] {
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
  for (const [index, position] of positions.entries()) {
    passTo(position)
    all.push(texts[index]!)
  }
  passTo(end)
  return all.filter(({ length }) => length > 0)
}

class ColumnOutput implements KernelOutput {
  readonly #kernel: Kernel
  readonly #job: TextJob
  readonly #at: Layout
  readonly #saved: ColumnPiece[] = []
  #savedRows = 0

  constructor(kernel: Kernel, job: TextJob, at: Layout) {
    this.#kernel = kernel
    this.#job = job
    this.#at = at
    this.#clear()
  }

  get position(): number {
    return this.#savedRows + this.#filled
  }

  score(at: number, end: number): number {
    return this.#kernel[this.#job.entry as ColumnEntry](at, end, this.#at.job)
  }

  save(): void {
    this.#saved.push(copiedColumns(this.#unsaved()))
    this.#savedRows = this.position
    this.#clear()
  }

  pieces(): ColumnPiece[] {
    return this.#filled > 0 ? [...this.#saved, this.#unsaved()] : this.#saved
  }

  merged(positions: readonly number[], pieces: readonly Piece[], end = this.position): ColumnPiece[] {
    const all = joined(this.pieces())
    const rows = joined(pieces as ColumnPiece[])
    if (!rows) return all ? [sliced(all, 0, end)] : []
    return [joined(mergedParts(all, positions, rows, end))!]
  }

  get #filled(): number {
    return readField(this.#kernel, this.#at, 'filled')
  }

  #clear(): void {
    writeField(this.#kernel, this.#at, 'filled', 0)
    writeField(this.#kernel, this.#at, 'kept', this.#at.kept)
  }

  #unsaved(): ColumnPiece {
    this.#kernel.packKept(this.#at.job)
    return columnsIn(this.#kernel.memory.buffer, this.#job, this.#at, this.#filled)
  }
}

/** Columns up to row `end` with rows from other pieces inserted, each at its position. */
function mergedParts(columns: ColumnPiece | undefined, positions: readonly number[], rows: ColumnPiece, end: number) {
  const parts: ColumnPiece[] = []
  const passTo = (position: number, from: number) => {
    if (columns && position > from) parts.push(sliced(columns, from, position))
    return position
  }
  let passed = 0
  for (let row = 0, next = 0; row < positions.length; row = next) {
    while (positions[next] === positions[row]) next++
    passed = passTo(positions[row]!, passed)
    parts.push(sliced(rows, row, next))
  }
  passTo(end, passed)
  return parts
}

function sliced(columns: ColumnPiece, start: number, end: number): ColumnPiece {
  return columns.map((column) => sliceColumn(column, start, end - start))
}

/** Concatenates columns of the same output. */
function joined(pieces: readonly ColumnPiece[]): ColumnPiece | undefined {
  return pieces[0]?.map((_, index) => concatColumns(pieces.map((piece) => piece[index]!)))
}
