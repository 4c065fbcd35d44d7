/** Scores and encodes a batch of typed columns, on any thread. */
import type { FormatName } from '../core/formats.js'
import { needSummary } from '../core/output-columns.js'
import type {
  Column,
  Encode,
  EvaluatedRows,
  OutputSchema,
  RecordBatch,
  RecordBatchReader,
  RowErrors,
  SharedFile,
} from '../core/record-batch.js'
import { atRow } from '../formats/logits-reader.js'
import { acquireDoubles } from '../io/column-pool.js'
import type { Scores } from '../kernel/host/scores.js'
import { rowReporter } from './row-text.js'
import { outputSchema, readerOptions, type ScoreJob } from './score-job.js'
import { batchScorer, countsOf, evaluatedOf, rounding } from './scorer.js'
import { truthReader } from './truths.js'

/** What a thread needs to know about a run. It can be sent to another thread if its job can. */
export interface TableJob {
  job: ScoreJob
  from: FormatName
  to: FormatName
  /** The file, if its row groups may be read by other threads. */
  file?: SharedFile | undefined
  /** The kept columns of the first input, whose types all other inputs must have. */
  kept: readonly Column[]
  metadata: RecordBatchReader['metadata']
}

/** The parts of a batch that can be sent to another thread. */
export type TableRows = Pick<RecordBatch, 'numRows' | 'logits' | 'byClass' | 'badLogits' | 'kept' | 'errors'>

/** The result for a batch: the encoded good rows, if any, and the bad rows. */
export interface TablePart {
  part: unknown
  rows: number
  written: number
  abstained?: number | undefined
  nan?: number | undefined
  errors: RowErrors
  evaluated: EvaluatedRows[] | undefined
}

/** The schema of the output. */
export function tableSchema({ job, kept, metadata }: TableJob): OutputSchema {
  return { ...outputSchema(job, { columns: [], ...(metadata && { metadata }) }, true), kept }
}

/** Whether the encoder copies all scores, so that they can be reused; flat columns and lists are the score arrays themselves. */
function copiesScores({ schema: { shape = 'columns', emit }, output, byClass }: ScoreJob): boolean {
  return output !== undefined || (shape === 'columns' && !byClass && !needSummary(emit))
}

/** Scores a batch up to the first bad row after `errorsLeft` tolerated ones, like `ScoreBlock`. */
export type ScoreTable = (rows: TableRows, errorsLeft?: number) => TablePart

/** Creates the function that scores batches in order. */
export function tableTask({ job }: Pick<TableJob, 'job'>, encode: Encode): ScoreTable {
  const isCopied = copiesScores(job)
  const score = batchScorer(isCopied ? job : { ...job, room: acquireDoubles })
  const most = job.settings.onError === 'fail' ? 0 : Infinity
  // Writers of delimited text round when they print.
  const round = job.output ? (scores: Scores) => scores : rounding(job.settings)
  let before: Scores | undefined
  const labelled = truthReader(job)
  const withRow = rowReporter(job.columns, readerOptions(job))
  return (read, errorsLeft = most) => {
    const batch = labelled({ ...read, withPosition: atRow, lines: 0, bytes: 0 })
    const { scores, good, rows, rowErrors: errors } = score(batch, errorsLeft, withRow(read), before)
    before = isCopied ? scores : undefined
    const part = good.length > 0 ? encode({ batch, scores: round(scores), good }) : undefined
    const [counts, evaluated] = [countsOf(scores, good), evaluatedOf(scores, good)]
    return { part, rows, written: good.length, ...counts, errors, evaluated }
  }
}
