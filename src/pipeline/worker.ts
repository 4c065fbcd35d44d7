/** A worker thread of the fast lane: scores blocks in memory shared with the main thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Speaker, speakAs } from '../core/option-words.js'
import { type Memory, newKernel } from '../kernel/host/wasm.js'
import { FastKernel } from './kernel-lane.js'
import type { TextJob } from './text-job.js'
import type { Request } from './worker-pool.js'

interface WorkerData {
  job: TextJob
  memories: Memory[]
  speaker: Speaker
}

const { job, memories, speaker } = workerData as WorkerData
speakAs(speaker)
const kernels = memories.map((memory) => new FastKernel(job, newKernel(memory)))

// Replies are in the order of the requests: a block that waits for the general lane to load delays the next.
let last: Promise<void> = Promise.resolve()

parentPort!.on('message', (request: Request) => {
  last = last.then(() => answer(request))
})
parentPort!.postMessage(undefined)

async function answer({ index, length }: Request): Promise<void> {
  try {
    parentPort!.postMessage(await kernels[index]!.score(length))
  } catch (error) {
    // Thrown as an uncaught exception, which ends the thread however the process treats unhandled rejections.
    process.nextTick(() => {
      throw error
    })
  }
}
