/** A worker thread of the fast lane: scores blocks that stand in memory it shares with the main thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { newKernel } from '../kernel.js'
import { FastKernel } from './fast.js'
import type { Job } from './general.js'
import type { Request } from './parallel.js'

const { job, memories } = workerData as { job: Job; memories: WebAssembly.Memory[] }
const kernels = memories.map((memory) => new FastKernel(job, newKernel(memory)))

parentPort!.on('message', async ({ index, length }: Request) => {
  try {
    parentPort!.postMessage(await kernels[index]!.score(length))
  } catch (error) {
    // As an uncaught error it ends the thread, whatever the process does about rejections.
    process.nextTick(() => {
      throw error
    })
  }
})
parentPort!.postMessage(undefined)
