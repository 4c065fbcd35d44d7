/** A worker thread of the table lane: scores batches that stand in memory it shares with the main thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { SoftmaxError } from '../core/errors.js'
import { type Speaker, speakAs } from '../core/option-words.js'
import { loadFormat } from '../formats/index.js'
import { addToPool } from '../io/buffer-pool.js'
import { handedOver } from '../io/shared-columns.js'
import { type ScoreTable, type TableJob, type TablePart, type TableRows, tableSchema, tableTask } from './table-task.js'

/** What a worker is asked: a batch to score, and memory of its earlier answers. */
export interface TableRequest {
  rows: TableRows
  returned: ArrayBuffer[]
}

/** What a batch became, or the error that it led to, which ends the run. */
export type TableReply = { part: TablePart } | { error: Pick<SoftmaxError, 'code' | 'info'> }

const { table, speaker } = workerData as { table: TableJob; speaker: Speaker }
speakAs(speaker)

// A worker that cannot load its format ends with the error of that.
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
