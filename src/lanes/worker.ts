/** A worker thread of the fast lane: scores blocks that stand in memory it shares with the main thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { newKernel } from '../kernel.js'
import { FastKernel } from './fast.js'

const kernel = new FastKernel(workerData.job, newKernel(workerData.memory))

parentPort!.on('message', async (length: number) => {
  parentPort!.postMessage(await kernel.score(length))
})
parentPort!.postMessage(undefined)
