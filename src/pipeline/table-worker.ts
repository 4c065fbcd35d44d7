/** A worker thread of the table lane: scores batches in memory shared with the main thread, or reads them itself. */
import { parentPort, workerData } from 'node:worker_threads'
import { SoftmaxError } from '../core/errors.js'
import { type Speaker, speakAs } from '../core/option-words.js'
import { loadFormat } from '../formats/index.js'
import { addToPool } from '../io/buffer-pool.js'
import { shareResults } from '../io/column-pool.js'
import { handedOver } from '../io/thread-messages.js'
import { type GroupScorer, groupScorer } from './group-scorer.js'
import { type ScoreTable, type TableJob, type TablePart, type TableRows, tableSchema, tableTask } from './table-task.js'

/** What to score: a batch, or the next batch of a row group. */
export type TableRequest = { rows: TableRows } | { group: number }

/** A request to a worker, with memory of its earlier replies to reuse. */
export type TableMessage = TableRequest & { returned: ArrayBufferLike[] }

/** The reply: the result for a batch, and how many bytes were read for it; or the error that ends the run. */
export type TableReply = { part: TablePart | undefined; bytes: number } | { error: Pick<SoftmaxError, 'code' | 'info'> }

const { table, speaker, sharesResults } = workerData as { table: TableJob; speaker: Speaker; sharesResults: boolean }
speakAs(speaker)
if (sharesResults) shareResults()

// If the format fails to load, the error ends the worker.
loadFormat(table.to).then(({ encoder }) => {
  const score = tableTask(table, encoder!(tableSchema(table))!)
  const scoreNext = groupScorer(table, score)
  let before: Promise<void> | undefined
  parentPort!.on('message', (message: TableMessage) => {
    before = answer(message, before)
  })
  parentPort!.postMessage(undefined)

  async function answer({ returned, ...request }: TableMessage, earlier: Promise<void> | undefined): Promise<void> {
    await earlier
    returned.forEach(addToPool)
    const { message, moved } = handedOver(await replyTo(request, score, scoreNext))
    parentPort!.postMessage(message, moved)
  }
})

async function replyTo(request: TableRequest, score: ScoreTable, scoreNext: GroupScorer): Promise<TableReply> {
  try {
    return 'rows' in request ? { part: score(request.rows), bytes: 0 } : await scoreNext(request.group)
  } catch (error) {
    if (!(error instanceof SoftmaxError)) throw error
    return { error: { code: error.code, info: error.info } }
  }
}
