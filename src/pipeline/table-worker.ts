/** A worker thread of the table lane: scores batches in memory shared with the main thread, or reads them itself. */
import { SoftmaxError } from '../core/errors.js'
import { type Speaker, speakAs } from '../core/option-words.js'
import { loadFormat } from '../formats/index.js'
import { addToPool } from '../io/buffer-pool.js'
import { shareResults } from '../io/column-pool.js'
import { handedOver, withoutMemoryOf } from '../io/thread-messages.js'
import { serve } from '../io/worker-thread.js'
import { type KernelModules, useModules } from '../kernel/host/wasm.js'
import { type GroupScorer, groupScorer } from './group-scorer.js'
import { type ScoreTable, type TableJob, type TablePart, type TableRows, tableSchema, tableTask } from './table-task.js'

/** What to score: a batch, or the next batch of a row group. */
export type TableRequest = { rows: TableRows } | { group: number }

/** A request to a worker, with memory of its earlier replies to reuse. */
export type TableMessage = TableRequest & { returned: ArrayBufferLike[] }

/** The reply: the result for a batch, and how many bytes were read for it; or the error that ends the run. */
export type TableReply = { part: TablePart | undefined; bytes: number } | { error: Pick<SoftmaxError, 'code' | 'info'> }

/** What the thread starts with. */
export interface TableWorkerData {
  modules: KernelModules
  table: TableJob
  speaker: Speaker
  sharesResults: boolean
}

serve(async ({ modules, table, speaker, sharesResults }: TableWorkerData) => {
  useModules(modules)
  speakAs(speaker)
  if (sharesResults) shareResults()
  const { encoder } = await loadFormat(table.to)
  const score = tableTask(table, encoder!(tableSchema(table))!)
  const scoreNext = groupScorer(table, score)
  return async ({ returned, ...request }: TableMessage) => {
    returned.forEach(addToPool)
    return handedOver(await replyTo(request, score, scoreNext))
  }
})

async function replyTo(request: TableRequest, score: ScoreTable, scoreNext: GroupScorer): Promise<TableReply> {
  try {
    if (!('rows' in request)) return await scoreNext(request.group)
    // Kept columns may become part of the output as they are.
    return { part: withoutMemoryOf(request, score(request.rows)), bytes: 0 }
  } catch (error) {
    if (!(error instanceof SoftmaxError)) throw error
    return { error: { code: error.code, info: error.info } }
  }
}
