/** What becomes of a batch of typed columns, on any thread. */
import type { FormatName } from '../core/formats.js'
import { needSummary } from '../core/output-columns.js'
import type {
  Column,
  Encode,
  Judged,
  LocatedRowError,
  OutputSchema,
  RecordBatch,
  RecordBatchReader,
} from '../core/record-batch.js'
import { atRow } from '../formats/logits-reader.js'
import { acquireDoubles } from '../io/column-pool.js'
import type { Scores } from '../kernel/host/scores.js'
import { outputSchema, type ScoreJob } from './score-job.js'
import { abstainedIn, batchScorer, judgedOf, rounding } from './scorer.js'
import { truthReader } from './truths.js'

/** What a thread needs to know of a run. It can be sent to another thread if its job can. */
export interface TableJob {
  job: ScoreJob
  to: FormatName
  /** The kept columns of the first input, whose types those of all others must have. */
  kept: readonly Column[]
  metadata: RecordBatchReader['metadata']
}

/** A batch as far as it can be sent to another thread. */
export type TableRows = Pick<RecordBatch, 'numRows' | 'logits' | 'byClass' | 'kept' | 'errors'>

/** What became of a batch: what the format's encoder made of its good rows, if there are any, and its bad ones. */
export interface TablePart {
  part: unknown
  rows: number
  written: number
  abstained: number
  errors: LocatedRowError[]
  judged: Judged[] | undefined
}

/** The schema of the output. */
export function tableSchema({ job, kept, metadata }: TableJob): OutputSchema {
  return { ...outputSchema(job, { columns: [], ...(metadata && { metadata }) }, true), kept }
}

/** Whether an encoder copies all scores: columns of a number a row are the arrays of the scores themselves, and so are lists. */
function copiesScores({ schema: { shape = 'columns', emit }, output, byClass }: ScoreJob): boolean {
  return output !== undefined || (shape === 'columns' && !byClass && !needSummary(emit))
}

/** Scores a batch, up to the first bad row behind `errorsLeft` others, as a `ScoreBlock` does. */
export type ScoreTable = (rows: TableRows, errorsLeft?: number) => TablePart

/** A function that scores one batch after the other. */
export function tableTask({ job }: Pick<TableJob, 'job'>, encode: Encode): ScoreTable {
  const isCopied = copiesScores(job)
  const score = batchScorer(isCopied ? job : { ...job, room: acquireDoubles })
  const most = job.settings.onError === 'fail' ? 0 : Infinity
  // What writes delimited text rounds what it prints.
  const round = job.output ? (scores: Scores) => scores : rounding(job.settings)
  let before: Scores | undefined
  const labelled = truthReader(job)
  return (read, errorsLeft = most) => {
    const batch = labelled({ ...read, withPosition: atRow, lines: 0, bytes: 0 })
    const { scores, good, rows, rowErrors } = score(batch, errorsLeft, before)
    before = isCopied ? scores : undefined
    const part = good.length > 0 ? encode({ batch, scores: round(scores), good }) : undefined
    const abstained = abstainedIn(scores, good)
    return { part, rows, written: good.length, abstained, errors: rowErrors, judged: judgedOf(scores, good) }
  }
}
