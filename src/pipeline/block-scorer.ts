/** The ordinary way for a block of text: what the fast lane comes back to for the rows that its kernel defers. */
import type { Block, ScoredBatch, ScoredRows } from '../core/record-batch.js'
import { columnWriter, outputFields } from '../formats/columnar.js'
import { readBatch as readCsv } from '../formats/csv/batch.js'
import type { ByteRange } from '../formats/csv/scanner.js'
import { write as writeCsv } from '../formats/csv/writer.js'
import { readBatch as readNdjson } from '../formats/ndjson/batch.js'
import { write as writeNdjson } from '../formats/ndjson/writer.js'
import { oversizedBatch } from '../formats/oversized.js'
import type { Piece } from './pieces.js'
import { outputSchema, readerOptions } from './score-job.js'
import { abstainedIn, batchScorer, judgedOf, rounding } from './scorer.js'
import { makesColumns, type TextJob } from './text-job.js'
import { truthReader } from './truths.js'

/**
 * Scores a block of whole rows, up to the first bad one behind `errorsLeft` others: under `fail`, behind none; else behind all,
 * as only those who know the blocks before can say. Where rows stand is found, unless it is known.
 */
export type ScoreBlock = (block: Block, ranges?: readonly ByteRange[], errorsLeft?: number) => ScoredRows<Piece>

/** A function that scores one block after the other. */
export function blockScorer(job: TextJob): ScoreBlock {
  const { source } = job
  const options = readerOptions(job)
  const score = batchScorer(job)
  const labelled = truthReader(job)
  const write = job.measures ? () => [] : pieceWriter(job)
  const read = (block: Buffer, ranges?: readonly ByteRange[]) =>
    source.format === 'csv'
      ? readCsv(block, source.columns, source.dialect, options, ranges)
      : readNdjson(block, source.columns, options)
  const most = job.settings.onError === 'fail' ? 0 : Infinity
  return (block, ranges, errorsLeft = most) => {
    const batch = labelled(Buffer.isBuffer(block) ? read(block, ranges) : oversizedBatch(block, options))
    const { scores, rows, good, rowErrors } = score(batch, errorsLeft)
    const pieces = good.length > 0 ? write({ batch, scores, good }) : []
    const judged = judgedOf(scores, good)
    const abstained = abstainedIn(scores, good)
    const { lines, bytes } = batch
    return { pieces, rows, written: good.length, abstained, lines, bytes, errors: rowErrors, judged }
  }
}

/** The function that makes text or columns of scored rows. */
function pieceWriter(job: TextJob): (rows: ScoredBatch) => Piece[] {
  const schema = outputSchema(job, { columns: [...job.source.columns] }, true)
  if (makesColumns(job)) {
    const columnsOf = columnWriter(schema, outputFields(schema))
    const round = rounding(job.settings)
    return ({ scores, ...rows }) => [columnsOf({ ...rows, scores: round(scores) })]
  }
  const writer = (job.output ? writeCsv : writeNdjson)(schema)
  return (rows) => writer.write(rows)
}
