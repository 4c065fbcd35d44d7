/** Limits an input to its first rows; nothing after them is read. */
import type { Block, RecordBatch, RecordBatchReader, TextBlocks, TextSource } from '../core/record-batch.js'
import { type ByteRange, rowRanges } from '../formats/csv/scanner.js'
import { linesOf } from '../formats/ndjson/line-splitter.js'

/** Wraps a reader, limiting it to `most` rows. */
export function limitRows(reader: RecordBatchReader, most: number): RecordBatchReader {
  const { text, rows, shape } = reader
  return {
    ...reader,
    // A truncated array no longer has the declared shape.
    shape: rows !== undefined && rows > most ? undefined : shape,
    ...(rows !== undefined && { rows: Math.min(rows, most) }),
    batches: (plan) => limitBatches(reader.batches(plan), most),
    // Reading complete row groups would read more.
    groups: undefined,
    ...(text && { text: { ...text, blocks: () => limitBlocks(text, most) } }),
  }
}

async function* limitBatches(batches: AsyncGenerator<RecordBatch>, most: number): AsyncGenerator<RecordBatch> {
  if (most === 0) return
  let left = most
  for await (const batch of batches) {
    yield batch.numRows > left ? { ...batch, numRows: left } : batch
    left -= batch.numRows
    if (left <= 0) return
  }
}

async function* limitBlocks({ source, blocks }: TextBlocks, most: number): AsyncGenerator<Block> {
  if (most === 0) return
  let left = most
  for await (const block of blocks()) {
    const { rows, end } = countRows(block, left, source)
    yield Buffer.isBuffer(block) ? block.subarray(0, end) : block
    left -= rows
    if (left === 0) return
  }
}

/** The first rows of a block, at most `most`. */
export function limitBlock(block: Buffer, source: TextSource, most: number): Buffer {
  return block.subarray(0, countRows(block, most, source).end)
}

function* lineRanges(block: Buffer): Generator<ByteRange> {
  for (const { start, end } of linesOf(block)) yield { start, end: Math.min(end + 1, block.length) }
}

/** Counts the rows of a block, up to `most`, and finds the end of the last one counted. */
function countRows(block: Block, most: number, source: TextSource) {
  if (!Buffer.isBuffer(block)) return { rows: block.code ? 1 : 0, end: block.bytes }
  let rows = 0
  for (const range of source.format === 'csv' ? rowRanges(block, source.dialect) : lineRanges(block))
    if (++rows === most) return { rows, end: range.end }
  return { rows, end: block.length }
}
