/**
 * What a run has done, row by row: counts, bad rows in their places, and that nothing is lost. It is the same for every
 * lane, and for rows that are only read.
 */
import { type Position, SoftmaxError } from '../core/errors.js'
import type { SettingsOf } from '../core/options.js'
import type { Judged, LocatedRowError, Relocate, ScoredRows } from '../core/record-batch.js'
import { rawOf, rejectOf, tooMany } from '../core/reject.js'

/** The lanes, the fastest first. */
const LANES = ['fast', 'general', 'table'] as const
type Lane = (typeof LANES)[number]

/** How many rows a stream has read so far, and what became of them. At its end `read` is `written` and `rejected`. */
export interface RowTotals {
  /** Rows read, the header not counted. */
  read: number
  /** Rows written. */
  written: number
  /** Of these, rows without a label: `minConfidence` is more than their largest probability, or that is NaN. */
  abstained: number
  /** Bad rows left out, by error code. */
  rejected: Record<string, number>
}

/** What a run has done so far. */
export interface Stats extends RowTotals {
  /** Bytes taken in. */
  bytes: number
  /** The lane that does the rows, once it is chosen; of several inputs in different lanes, the slowest. */
  lane: Lane | undefined
}

/** Counts of a run that begins. */
export function newStats(): Stats {
  return { read: 0, written: 0, abstained: 0, rejected: {}, bytes: 0, lane: undefined }
}

/** Notes which lane does an input. */
export function noteLane(stats: Stats, lane: Lane): void {
  if (!stats.lane || LANES.indexOf(lane) > LANES.indexOf(stats.lane)) stats.lane = lane
}

/** What is counted, and what bad rows do. */
interface RowCounts {
  settings: Pick<SettingsOf<'objects'>, 'onError' | 'onReject' | 'maxErrors'> & { requireRows?: boolean }
  stats: RowTotals
  metrics?: { add(judged: readonly Judged[]): void }
  isPart?: boolean
  /** Called once rows were counted. */
  counted?(): void
}

/** Where batches are from. */
interface BatchSource {
  before?: BlockStart
  /** The name of the input. */
  source?: string | undefined
  relocate?: Relocate | undefined
  /** Whether rows count before they are read, not after. */
  isAhead?: boolean
}

/** What was written of each batch, in order; counts rows, and ends at a bad one under `fail`. */
export async function* countRows<Piece>(
  batches: AsyncIterable<ScoredRows<Piece>>,
  run: RowCounts,
  { before = { line: 1, row: 1, byte: 0 }, source, relocate, isAhead = false }: BatchSource = {},
): AsyncGenerator<readonly Piece[]> {
  for await (const batch of batches) {
    const scored = relocate ? relocate(batch) : batch
    if (isAhead) count(run.stats, scored)
    yield scored.pieces
    if (!isAhead) count(run.stats, scored)
    run.counted?.()
    if (scored.judged) run.metrics?.add(scored.judged)
    if (scored.errors.length > 0) await reportRowErrors(scored.errors, before, run, source)
    before.line += scored.lines
    before.row += scored.rows
    before.byte += scored.bytes
  }
}

/** Where the block that is next begins. */
export type BlockStart = Required<Pick<Position, 'line' | 'row' | 'byte'>>

/** How many more rows may be bad before one ends the run: under `fail`, none. */
export function errorsLeft({ settings: { onError, maxErrors = Infinity }, stats }: RowLimits): number {
  return onError === 'fail' ? 0 : maxErrors - rejectedOf(stats)
}

/** What says how many rows may be bad, and how many were. */
interface RowLimits {
  settings: Pick<SettingsOf<'objects'>, 'onError' | 'maxErrors'>
  stats: RowTotals
}

/** Throws the first bad row under `fail`; else passes all of them on, and gives up at one too many. */
async function reportRowErrors(
  rowErrors: LocatedRowError[],
  before: BlockStart,
  { settings, stats }: RowCounts,
  source: string | undefined,
): Promise<void> {
  const { onError, onReject, maxErrors = Infinity } = settings
  let rejected = rejectedOf(stats) - rowErrors.length
  for (const rowError of rowErrors) {
    const isTooMany = ++rejected > maxErrors
    if (onError === 'skip' && !onReject && !isTooMany) continue
    const info = placed(rowError, before, source)
    if (onError === 'fail') throw new SoftmaxError(rowError.code, info as never)
    const reject = { ...rejectOf(rowError.code, info), ...rawRowOf(rowError, before) }
    const taken = onReject?.(reject)
    if (taken) await taken
    if (isTooMany) throw tooMany(rowError.code, info, maxErrors)
  }
}

/** The data of a bad row's error, with its place in the input as far as it has one. */
function placed({ info }: LocatedRowError, before: BlockStart, source: string | undefined): Position {
  return {
    ...info,
    row: before.row + info.row,
    ...(info.line !== undefined && { line: before.line + info.line }),
    ...(info.byte !== undefined && { byte: before.byte + info.byte }),
    ...(source !== undefined && { source }),
  }
}

/** Where a bad row stands, where the input has rows of bytes; and what it is. */
function rawRowOf({ start, end, raw, value }: LocatedRowError, before: BlockStart) {
  if (start === undefined || end === undefined) return value === undefined ? {} : { raw: value }
  return { byteStart: before.byte + start, byteEnd: before.byte + end, ...(raw && rawOf(raw)) }
}

function count(
  stats: RowTotals,
  { rows, written, abstained = 0, errors: rowErrors }: Omit<ScoredRows, 'pieces'>,
): void {
  stats.read += rows
  stats.written += written
  stats.abstained += abstained
  for (const { code } of rowErrors) stats.rejected[code] = (stats.rejected[code] ?? 0) + 1
}

/** How many rows were bad. */
export function rejectedOf({ rejected }: Pick<RowTotals, 'rejected'>): number {
  return Object.values(rejected).reduce((sum, count) => sum + count, 0)
}

/** Nothing is lost: every row that was read was written or rejected. */
export function requireConservation(stats: RowTotals): void {
  const rejected = rejectedOf(stats)
  if (stats.read === stats.written + rejected) return
  const reason = `${stats.read} rows read, ${stats.written} written, ${rejected} rejected`
  throw new SoftmaxError('E_INTERNAL', { reason })
}

/** Nor is any byte: it was of a row or between rows. */
export function requireAllBytes(taken: number, accounted: number): void {
  if (taken === accounted) return
  throw new SoftmaxError('E_INTERNAL', { reason: `${taken} bytes read, ${accounted} accounted for` })
}

/** Rows there have to be, and some that can be scored. */
export function requireRows({ settings, stats, isPart = false }: RowCounts): void {
  if (!isPart) requireGoodRows(stats)
  const { read } = stats
  if (read === 0 && settings.requireRows) throw new SoftmaxError('E_EMPTY', {})
}

/** Throws E_NO_ROWS where there are rows, and all of them are bad. */
export function requireGoodRows({ read, written }: RowTotals): void {
  if (read > 0 && written === 0) throw new SoftmaxError('E_NO_ROWS', { rows: read })
}
