/** Reads and scores the row groups of a file that another thread has opened. */
import type { RecordBatch } from '../core/record-batch.js'
import { loadFormat } from '../formats/index.js'
import { recycle } from '../io/buffer-pool.js'
import { readerOptions } from './score-job.js'
import type { ScoreTable, TableJob, TablePart } from './table-task.js'

/** Scores the next batch of a row group; after the last one, there is no result. `bytes` were read meanwhile. */
export type GroupScorer = (group: number) => Promise<{ part: TablePart | undefined; bytes: number }>

/** Creates the function that scores row groups, one after the other. */
export function groupScorer({ job, from, file }: TableJob, score: ScoreTable): GroupScorer {
  let bytes = 0
  const count = (read: number) => {
    bytes += read
  }
  const open = async () => (await loadFormat(from)).readGroups!(file!, count)
  let groups: ReturnType<typeof open> | undefined
  let current: { group: number; batches: AsyncGenerator<RecordBatch> } | undefined
  return async (group) => {
    groups ??= open()
    const { batches } = await groups
    if (current?.group !== group) current = { group, batches: batches(readerOptions(job), group) }
    const { value: batch } = await current.batches.next()
    const part = batch && score(batch)
    if (batch) recycle(new Uint8Array(batch.logits.buffer))
    const read = bytes
    bytes = 0
    return { part, bytes: read }
  }
}
