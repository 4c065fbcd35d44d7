/** A worker thread of the fast lane: scores blocks in memory shared with the main thread. */
import { speakAs } from '../core/option-words.js'
import { serve } from '../io/worker-thread.js'
import { newKernel, useModules } from '../kernel/host/wasm.js'
import { FastKernel } from './kernel-lane.js'
import type { Request, WorkerData } from './worker-pool.js'

serve(({ modules, job, memories, speaker }: WorkerData) => {
  useModules(modules)
  speakAs(speaker)
  const kernels = memories.map((memory) => new FastKernel(job, newKernel(memory)))
  return async ({ index, length }: Request) => ({ message: await kernels[index]!.score(length) })
})
