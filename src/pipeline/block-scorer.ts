/** The general lane for one block of text; the fast lane falls back to it for the rows its kernel defers. */
import type { Block, ScoredBatch, ScoredRows } from '../core/record-batch.js'
import { columnWriter, outputFields } from '../formats/columnar.js'
import { readBatch as readCsv } from '../formats/csv/batch.js'
import type { ByteRange } from '../formats/csv/scanner.js'
import { write as writeCsv } from '../formats/csv/writer.js'
import { readBatch as readNdjson } from '../formats/ndjson/batch.js'
import { write as writeNdjson } from '../formats/ndjson/writer.js'
import { oversizedBatch } from '../formats/oversized.js'
import type { Piece } from './lane-output.js'
import { outputSchema, readerOptions } from './score-job.js'
import { batchScorer, countsOf, evaluatedOf, rounding } from './scorer.js'
import { makesColumns, type TextJob } from './text-job.js'
import { truthReader } from './truths.js'

/**
 * Scores a block of complete rows, stopping at the first bad row after `errorsLeft` tolerated ones (Infinity: never).
 * Under `fail` the limit is 0, but only the caller knows how many errors earlier blocks had. Row boundaries are
 * searched for unless `ranges` gives them.
 */
export type ScoreBlock = (block: Block, ranges?: readonly ByteRange[], errorsLeft?: number) => ScoredRows<Piece>

/** Creates a function that scores blocks in order. */
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
    const evaluated = evaluatedOf(scores, good)
    const { lines, bytes } = batch
    return { pieces, rows, written: good.length, ...countsOf(scores, good), lines, bytes, errors: rowErrors, evaluated }
  }
}

/** Creates the function that encodes scored rows as text or as columns. */
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
