/** Rows of text that exceed the maximum row size. */
import { emptyNesting } from '../core/nesting.js'
import type { OversizedRow, ReaderOptions, RecordBatch } from '../core/record-batch.js'

/** The batch for an oversized row, which is bad; for a comment, an empty batch. */
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
