/** The logits of one row of a batch. */
import type { RecordBatch } from '../core/record-batch.js'

/** They are as many as the `width` of the batch; where rows are nested, the row is one of all lists. */
export function rowOfLogits({ logits, byClass = false }: RecordBatch, width: number, row: number): number[] {
  const [step, start] = byClass ? [Math.floor(logits.length / width), row] : [1, row * width]
  return Array.from({ length: width }, (_, index) => logits[start + index * step]!)
}
