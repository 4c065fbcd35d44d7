/** Reads blocks of text into record batches. */
import type { Block, ReaderOptions, RecordBatch } from '../core/record-batch.js'
import { recycle } from '../io/buffer-pool.js'
import { oversizedBatch } from './oversized.js'

/** Reads each block of rows with a function; a row that is too long is a batch of its own. */
export async function* batchesOf(
  blocks: AsyncIterable<Block>,
  options: ReaderOptions,
  read: (block: Buffer) => RecordBatch,
): AsyncGenerator<RecordBatch> {
  for await (const block of blocks) {
    yield Buffer.isBuffer(block) ? read(block) : oversizedBatch(block, options)
    // A batch copies what it needs, so its block is free when the next one is requested.
    if (Buffer.isBuffer(block)) recycle(block)
  }
}
