/** The error for memory that the kernel cannot get. */
import type { NoMemory } from '../kernel/host/no-memory.js'
import { SoftmaxError } from './errors.js'

/** Converts NoMemory, from any thread, to E_MEMORY; returns any other error as is. */
export function withoutMemory(error: unknown): unknown {
  if (error instanceof SoftmaxError || (error as Partial<NoMemory> | null)?.code !== 'E_MEMORY') return error
  const { of, bytes } = error as NoMemory
  return new SoftmaxError('E_MEMORY', { of, bytes }, { cause: error })
}
