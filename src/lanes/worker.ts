/** A worker thread of the fast lane: scores blocks that stand in memory it shares with the main thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { newKernel } from '../kernel.js'
import { FastKernel } from './fast.js'

const kernel = new FastKernel(workerData.job, newKernel(workerData.memory))

parentPort!.on('message', async (length: number) => {
  try {
    parentPort!.postMessage(await kernel.score(length))
  } catch (error) {
    // As an uncaught error it ends the thread, whatever the process does about rejections.
    process.nextTick(() => {
      throw error
    })
  }
})
parentPort!.postMessage(undefined)
