/** The logits of one row of a batch. */
import type { RecordBatch } from '../core/record-batch.js'

/** Returns `width` logits, the width of the batch; with nested rows, the index counts the inner lists of all rows. */
export function rowOfLogits({ logits, byClass = false }: RecordBatch, width: number, row: number): number[] {
  const [step, start] = byClass ? [Math.floor(logits.length / width), row] : [1, row * width]
  return Array.from({ length: width }, (_, index) => logits[start + index * step]!)
}
