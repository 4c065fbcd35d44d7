/** A worker thread of the table lane: scores batches in memory shared with the main thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { SoftmaxError } from '../core/errors.js'
import { type Speaker, speakAs } from '../core/option-words.js'
import { loadFormat } from '../formats/index.js'
import { addToPool } from '../io/buffer-pool.js'
import { shareResults } from '../io/column-pool.js'
import { handedOver } from '../io/thread-messages.js'
import { type ScoreTable, type TableJob, type TablePart, type TableRows, tableSchema, tableTask } from './table-task.js'

/** A request to a worker: a batch to score, and memory of its earlier replies to reuse. */
export interface TableRequest {
  rows: TableRows
  returned: ArrayBufferLike[]
}

/** The reply: the result for a batch, or the error that ends the run. */
export type TableReply = { part: TablePart } | { error: Pick<SoftmaxError, 'code' | 'info'> }

const { table, speaker, sharesResults } = workerData as { table: TableJob; speaker: Speaker; sharesResults: boolean }
speakAs(speaker)
if (sharesResults) shareResults()

// If the format fails to load, the error ends the worker.
loadFormat(table.to).then(({ encoder }) => {
  const score = tableTask(table, encoder!(tableSchema(table))!)
  parentPort!.on('message', ({ rows, returned }: TableRequest) => {
    returned.forEach(addToPool)
    const { message, moved } = handedOver(replyTo(rows, score))
    parentPort!.postMessage(message, moved)
  })
  parentPort!.postMessage(undefined)
})

function replyTo(rows: TableRows, score: ScoreTable): TableReply {
  try {
    return { part: score(rows) }
  } catch (error) {
    if (!(error instanceof SoftmaxError)) throw error
    return { error: { code: error.code, info: error.info } }
  }
}
