/** The ordinary way for a block of text: what the fast lane comes back to for the rows that its kernel defers. */
import type { Block, ScoredRows } from '../core/record-batch.js'
import { readBatch as readCsv } from '../formats/csv/reader.js'
import type { ByteRange } from '../formats/csv/row-splitter.js'
import { write as writeCsv } from '../formats/csv/writer.js'
import { readBatch as readNdjson, write as writeNdjson } from '../formats/ndjson/ndjson.js'
import { oversizedBatch } from '../formats/oversized.js'
import { batchScorer, outputSchema, readerOptions } from './scorer.js'
import type { TextJob } from './text-job.js'

/** Scores a block of whole rows; where they stand is found, unless it is known. */
export type ScoreBlock = (block: Block, ranges?: readonly ByteRange[]) => ScoredRows

/** A function that scores one block after the other. */
export function blockScorer(job: TextJob): ScoreBlock {
  const { source, output } = job
  const options = readerOptions(job)
  const score = batchScorer(job)
  const writer = (output ? writeCsv : writeNdjson)(outputSchema(job, { columns: [...source.columns] }, true))
  const read = (block: Buffer, ranges?: readonly ByteRange[]) =>
    source.format === 'csv'
      ? readCsv(block, source.columns, source.dialect, options, ranges)
      : readNdjson(block, source.columns, options)
  return (block, ranges) => {
    const batch = Buffer.isBuffer(block) ? read(block, ranges) : oversizedBatch(block, options)
    const { scores, rows, good, rowErrors } = score(batch)
    const pieces = good.length > 0 ? writer.write({ batch, scores, good }) : []
    return { pieces, rows, written: good.length, lines: batch.lines, bytes: batch.bytes, errors: rowErrors }
  }
}
