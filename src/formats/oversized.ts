/** Rows of text that are too long to be held. */
import { emptyNesting } from '../core/nesting.js'
import type { OversizedRow, ReaderOptions, RecordBatch } from '../core/record-batch.js'

/** The batch of such a row, which is a bad one; of a comment, a batch of none. */
export function oversizedBatch(
  { code, info, at, bytes, lines, start: raw, end }: OversizedRow,
  { kept, classes, depth, rawRowKeys, wantRaw }: ReaderOptions,
): RecordBatch {
  const numRows = code ? 1 : 0
  return {
    numRows,
    logits: new Float64Array(numRows * classes),
    ...(depth !== undefined && { nesting: emptyNesting(numRows, depth) }),
    kept: kept.map(() => [null]),
    ...(rawRowKeys && { rawRows: ['{}'] }),
    errors: new Map(code && [[0, { code, info: { ...info }, at }]]),
    withPosition: ({ code, info, at = 0 }) => ({
      code,
      info: { ...info, line: 0, row: 0, byte: at },
      start: 0,
      end,
      ...(wantRaw && { raw }),
    }),
    lines,
    bytes,
  }
}
