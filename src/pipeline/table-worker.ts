/**
 * A worker thread of the table lane: scores batches that stand in memory it shares with the main thread, or parts of an input
 * that it reads itself.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { SoftmaxError } from '../core/errors.js'
import { type Speaker, speakAs } from '../core/option-words.js'
import { loadFormat } from '../formats/index.js'
import { handedOver } from '../io/shared-columns.js'
import { readerOptions } from './score-job.js'
import { scoreAll, type TableJob, type TablePart, type TableRows, tableSchema, tableTask } from './table-task.js'

/** What a worker is asked: to score a batch, or a part of the input. */
export type TableRequest = TableRows | { part: number }

/** What the batches became, or the error that it led to, which ends the run. */
export type TableReply = { parts: TablePart[] } | { error: Pick<SoftmaxError, 'code' | 'info'> }

/** What a worker is started with; `source` is that of the parts of the input, where it has some. */
export interface TableWorkerData {
  table: TableJob
  source: unknown
  speaker: Speaker
}

const { table, source, speaker } = workerData as TableWorkerData
speakAs(speaker)

// A worker that cannot load its formats ends with the error of that.
Promise.all([loadFormat(table.to), loadFormat(table.from)]).then(([{ encoder }, { readPart }]) => {
  const score = tableTask(table, encoder!(tableSchema(table))!)
  const options = readerOptions(table.job)
  const scored = async (request: TableRequest): Promise<TablePart[]> => {
    return 'part' in request ? scoreAll(readPart!(source, options, request.part), score) : [score(request)]
  }
  parentPort!.on('message', async (request: TableRequest) => {
    const { message, moved } = handedOver(await replyTo(scored(request)))
    parentPort!.postMessage(message, moved)
  })
  parentPort!.postMessage(undefined)
})

async function replyTo(scored: Promise<TablePart[]>): Promise<TableReply> {
  try {
    return { parts: await scored }
  } catch (error) {
    if (!(error instanceof SoftmaxError)) throw error
    return { error: { code: error.code, info: error.info } }
  }
}
