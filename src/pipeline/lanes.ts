/** Chooses the lane that scores an input. */
import { availableParallelism } from 'node:os'
import { SoftmaxError, systemReason } from '../core/errors.js'
import { type FormatName, isText } from '../core/formats.js'
import { withoutMemory } from '../core/memory-error.js'
import { optionText } from '../core/option-words.js'
import type { Block, RecordBatchReader, RecordBatchWriter, Relocate, ScoredRows } from '../core/record-batch.js'
import { joinedPieces } from '../io/joined-pieces.js'
import { hasThreads } from '../io/thread-pool.js'
import { blockScorer } from './block-scorer.js'
import { kernelRefusal } from './kernel-refusals.js'
import { written } from './lane-output.js'
import { type BlockStart, countRows, errorsLeft, noteLane } from './row-counts.js'
import type { InputSettings, Run } from './run.js'
import type { ScoreJob } from './score-job.js'
import { scoreBatches } from './scorer.js'
import { tableLane } from './table-lane.js'
import { startTableWorkerEarly } from './table-pool.js'
import type { TableJob } from './table-task.js'
import { textJobOf } from './text-job.js'
import { hasNoGoodRows, rejectingReader } from './unmeasured-lists.js'
import { fastLane, LostBlock, startWorkerEarly } from './worker-pool.js'

/** The lane that scores an input: the fast lane if it supports the job and the options allow it. */
export function laneOf(
  reader: RecordBatchReader,
  job: ScoreJob,
  run: Run,
  settings: InputSettings,
): (writer: RecordBatchWriter) => AsyncGenerator<ScoredRows> {
  const { stats } = run
  const limit = { isSet: settings.maxErrors !== undefined, left: () => errorsLeft(run) }
  const threads = { jobs: threadsOf(settings), limit, releasesChunks: run.releasesChunks }
  if (hasNoGoodRows(reader, job.schema)) {
    noteLane(stats, job.input && job.output ? 'general' : 'table')
    return (writer) => scoreBatches(rejectingReader(reader), job, writer, limit.left)
  }
  const refusal = kernelRefusal(job, reader, settings, run.kept)
  requireLane(settings, refusal)
  // Made for the general lane, too, so that names that cannot be written are the same error in both.
  const textJob = refusal === undefined ? textJobOf(job, reader.text!.source) : undefined
  if (settings.lane === 'general' || !textJob) {
    noteLane(stats, job.input && job.output ? 'general' : 'table')
    if (!COLUMNAR.has(settings.from) || job.schema.depth !== undefined)
      return (writer) => scoreBatches(reader, job, writer, limit.left)
    const isPlain = settings.from !== 'parquet'
    return (writer) => tableLane(reader, tableJobOf(reader, job, run, settings), writer, { ...threads, isPlain })
  }
  noteLane(stats, 'fast')
  const score = blockScorer(textJob)
  const general = (block: Block, left?: number) => score(block, undefined, left)
  return (writer) => written(fastLane(reader.text!.blocks(), textJob, general, threads), writer)
}

/** Formats whose batches are typed columns. */
const COLUMNAR: ReadonlySet<string> = new Set(['parquet', 'arrow', 'arrows'])

/** Must be called after the kept columns of the first input are known. */
function tableJobOf(
  { metadata, groups }: RecordBatchReader,
  job: ScoreJob,
  { kept = [] }: Run,
  { from, to }: InputSettings,
): TableJob {
  return { job, from, to, kept, metadata, file: groups?.file }
}

/** Counts the rows that a lane writes. A worker that fails loses its block. */
export async function* countLane(
  batches: AsyncIterable<ScoredRows>,
  run: Run,
  blockStart: BlockStart,
  source: string | undefined,
  relocate: Relocate | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    const counted = countRows(batches, run, { before: blockStart, source, relocate })
    for await (const pieces of counted) yield* joinedPieces(pieces)
  } catch (error) {
    throw error instanceof LostBlock ? workerError(error, blockStart) : withoutMemory(error)
  }
}

/** The error for a block lost with its worker. */
function workerError({ bytes, cause }: LostBlock, before: BlockStart): SoftmaxError {
  const info = { ...before, byteEnd: before.byte + bytes, reason: systemReason(cause) }
  return new SoftmaxError('E_WORKER', info, { cause })
}

function requireLane({ lane }: InputSettings, refusal: string | undefined): void {
  if (lane !== 'fast' || refusal === undefined) return
  throw new SoftmaxError('E_CONFLICT', {
    reason: `${optionText('lane', 'fast')} does not support ${refusal}; leave out ${optionText('lane')}`,
  })
}

/** Starts the thread that scores most inputs of a format, before it is known whether this one needs it. */
export function startThreadFor(format: FormatName): void {
  if (isText(format)) startWorkerEarly()
  // Arrow is scored on one thread unless it is very large.
  else if (format === 'parquet') startTableWorkerEarly()
}

/** The number of threads that may score an input. */
export function threadsOf({ jobs, lane }: Pick<InputSettings, 'jobs' | 'lane'>): number {
  if (lane === 'general') return 1
  return hasThreads(THREADS, import.meta.url) ? jobs || availableParallelism() : 1
}

/** The worker files: both must exist, because a bundler's output may have an unrelated file of one of these names. */
const THREADS = ['worker', 'table-worker']
