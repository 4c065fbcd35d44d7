/**
 * Counts rows and reports bad ones in order, and checks that no row is lost. All lanes use it, and so do reads without
 * scoring.
 */
import { type Code, type Position, SoftmaxError } from '../core/errors.js'
import { extended } from '../core/extended.js'
import type { SettingsOf } from '../core/options.js'
import type { EvaluatedRows, LocatedRowError, Relocate, RowErrors, ScoredRows } from '../core/record-batch.js'
import { noRows, type Reject, type RejectHandler, rawOf, rejectOf, tooMany, withRow } from '../core/reject.js'
import { codesOf } from '../core/row-errors.js'
import { rowOriginOf } from '../core/row-origin.js'
import { isFatal } from './error-limit.js'

/** The lanes, the fastest first; `table` is the general one if input or output is not delimited text, and that of typed columns. */
const LANES = ['fast', 'general', 'table'] as const
type Lane = (typeof LANES)[number]

/** The rows read so far and their outcome. At the end, `read` equals `written` plus `rejected`. */
export interface RowTotals {
  /** Rows read, without the header. */
  read: number
  /** Rows written. */
  written: number
  /** Rows written without a label, because `minConfidence` exceeds their largest probability or that is NaN. */
  abstained: number
  /** Bad rows skipped, by error code. */
  rejected: Record<string, number>
  /** If there are any: rows written as NaN or null, because of `nonfinite`. */
  nan?: number
}

/** The progress of a run. */
export interface Stats extends RowTotals {
  /** Bytes read. */
  bytes: number
  /**
   * The lane in use, once chosen; with several inputs in different lanes, the slowest. `table` is the general lane if the
   * input or the output is not delimited text.
   */
  lane: Lane | undefined
}

/** Initial counts. */
export function newStats(): Stats {
  return { read: 0, written: 0, abstained: 0, rejected: {}, bytes: 0, lane: undefined }
}

/** Records the lane of an input. */
export function noteLane(stats: Stats, lane: Lane): void {
  if (!stats.lane || LANES.indexOf(lane) > LANES.indexOf(stats.lane)) stats.lane = lane
}

/** What is counted, and how bad rows are handled. */
interface RowCounts {
  settings: Pick<SettingsOf<'objects'>, 'onError' | 'onReject' | 'maxErrors' | 'signal'> & { requireRows?: boolean }
  stats: RowTotals
  metrics?: { add(evaluated: readonly EvaluatedRows[]): void }
  isPart?: boolean
  /** Called after rows are counted. */
  counted?(): void
}

/** The origin of batches. */
interface BatchSource {
  before?: BlockStart
  /** The name of the input. */
  source?: string | undefined
  relocate?: Relocate | undefined
  /** Whether rows are counted before they are read, rather than after. */
  isAhead?: boolean
}

/** Passes on what was written for each batch, in order; counts rows, and under `fail` throws at a bad one. */
export async function* countRows<Piece, Pieces extends Iterable<Piece> = Piece[]>(
  batches: AsyncIterable<ScoredRows<Piece, Pieces>>,
  run: RowCounts,
  { before = { line: 1, row: 1, byte: 0 }, source, relocate, isAhead = false }: BatchSource = {},
): AsyncGenerator<Pieces> {
  for await (const batch of batches) {
    const scored = relocate ? relocate(batch) : batch
    if (isAhead) count(run.stats, scored)
    yield scored.pieces
    if (!isAhead) count(run.stats, scored)
    run.counted?.()
    // A run that writes nothing is not ended by its stream.
    run.settings.signal?.throwIfAborted()
    if (scored.evaluated) run.metrics?.add(scored.evaluated)
    if (scored.errors.length > 0) await reportRowErrors(scored.errors, before, run, source)
    before.line += scored.lines
    before.row += scored.rows
    before.byte += scored.bytes
  }
}

/** The position at which the next block begins. */
export type BlockStart = Required<Pick<Position, 'line' | 'row' | 'byte'>>

/** How many more bad rows are tolerated before one ends the run; none under `fail`. */
export function errorsLeft({ settings: { onError, maxErrors = Infinity }, stats }: RowLimits): number {
  return onError === 'fail' ? 0 : maxErrors - rejectedOf(stats)
}

/** The limit on bad rows, and their number so far. */
interface RowLimits {
  settings: Pick<SettingsOf<'objects'>, 'onError' | 'maxErrors'>
  stats: RowTotals
}

/** Throws the first bad row that ends the run; reports those before it, and throws when their limit is exceeded. */
async function reportRowErrors(
  rowErrors: RowErrors,
  before: BlockStart,
  { settings, stats }: RowCounts,
  source: string | undefined,
): Promise<void> {
  const { onError, onReject, maxErrors = Infinity, signal } = settings
  let rejected = rejectedOf(stats) - rowErrors.length
  const withCode = (error: LocatedRowError): CodedPosition => ({
    code: error.code,
    info: located(error, before, source),
  })
  const first = (rejected > 0 && badRows.get(stats)?.first) || withCode(rowErrors.at(0)!)
  badRows.set(stats, { first, last: withCode(rowErrors.at(-1)!) })
  for (const rowError of rowErrors) {
    const isTooMany = ++rejected > maxErrors
    const ends = onError === 'fail' || isFatal(rowError)
    if (!ends && !onReject && !isTooMany) continue
    const info = located(rowError, before, source)
    if (ends) throw new SoftmaxError(rowError.code, info as never)
    if (onReject) await passOn(withRaw(rejectOf(rowError.code, info), rowError, before), onReject, signal)
    if (isTooMany) throw tooMany(rowError.code, info, maxErrors)
  }
}

interface CodedPosition {
  code: Code
  info: Position
}

/** The first bad row of each run, which is reported if all are bad, and the last one. */
const badRows = new WeakMap<RowTotals, { first: CodedPosition; last: CodedPosition }>()

/** Makes the bad rows of some counts, if they are known, those of a copy or a sum of them. */
export function copyRejected(from: RowTotals, to: RowTotals): void {
  const found = badRows.get(from)
  if (found) badRows.set(to, found)
}

/** The last bad row of some counts, if it is known. */
export function lastRejected(stats: RowTotals): CodedPosition | undefined {
  return badRows.get(stats)?.last
}

/** Passes a bad row to the program. Throws its error; nothing, which would end a stream as if there were none, has one. */
async function passOn(reject: Reject, onReject: RejectHandler, signal: AbortSignal | undefined): Promise<void> {
  try {
    const taken: unknown = onReject(reject)
    if (taken) await unlessAborted(taken, signal)
  } catch (error) {
    throw error || new Error(`onReject failed with ${error}`)
  }
}

/** Waits for the promise of a program, unless the signal aborts. */
async function unlessAborted(done: unknown, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  let stopListening = () => {}
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal!.reason)
    signal?.addEventListener('abort', abort)
    stopListening = () => signal?.removeEventListener('abort', abort)
  })
  await Promise.race([done, aborted]).finally(stopListening)
}

/** The error data of a bad row, with its position in the input as far as it is known. */
function located({ info, value }: LocatedRowError, before: BlockStart, name: string | undefined): Position {
  const { row = before.row + info.row, source = name } = rowOriginOf(value) ?? {}
  return extended(info, {
    row,
    ...(info.line !== undefined && { line: before.line + info.line }),
    ...(info.byte !== undefined && { byte: before.byte + info.byte }),
    ...(source !== undefined && { source }),
  })
}

/** The report with the row: its byte range if the input is text, and its content. */
function withRaw(reject: Reject, { start, end, raw, value }: LocatedRowError, { byte }: BlockStart): Reject {
  if (typeof raw === 'string') return extended(reject, { raw })
  if (start === undefined || end === undefined) return value === undefined ? reject : withRow(reject, value)
  return extended(reject, { byteStart: byte + start, byteEnd: byte + end, ...(raw && rawOf(raw)) })
}

function count(
  stats: RowTotals,
  { rows, written, abstained = 0, nan = 0, errors: rowErrors }: Omit<ScoredRows, 'pieces'>,
): void {
  stats.read += rows
  stats.written += written
  stats.abstained += abstained
  if (nan > 0) stats.nan = (stats.nan ?? 0) + nan
  for (const code of codesOf(rowErrors)) stats.rejected[code] = (stats.rejected[code] ?? 0) + 1
}

/** The number of bad rows. */
export function rejectedOf({ rejected }: Pick<RowTotals, 'rejected'>): number {
  return Object.values(rejected).reduce((sum, count) => sum + count, 0)
}

/** Checks that every row read was either written or rejected. */
export function requireConservation(stats: RowTotals): void {
  const rejected = rejectedOf(stats)
  if (stats.read === stats.written + rejected) return
  const reason = `${stats.read} rows read, ${stats.written} written, ${rejected} rejected`
  throw new SoftmaxError('E_INTERNAL', { reason })
}

/** Checks that every byte belongs to a row or separates rows. */
export function requireAllBytes(taken: number, accounted: number): void {
  if (taken === accounted) return
  throw new SoftmaxError('E_INTERNAL', { reason: `${taken} bytes read, ${accounted} accounted for` })
}

/** What decides whether a run needs more rows. */
interface RowsRequired extends Pick<RowCounts, 'stats' | 'isPart'> {
  settings: Pick<RowCounts['settings'], 'requireRows' | 'onError'>
}

/** Checks that there are rows, and that some could be scored. */
export function requireRows({ settings, stats, isPart = false }: RowsRequired): void {
  if (!isPart) requireGoodRows(stats)
  const { read } = stats
  if (read === 0 && settings.requireRows) throw new SoftmaxError('E_EMPTY', {})
}

/** Throws E_NO_ROWS if there are rows and all of them are bad. */
export function requireGoodRows(stats: RowTotals): void {
  if (stats.read > 0 && stats.written === 0) throw noRows(stats.read, stats.rejected, badRows.get(stats)?.first)
}
