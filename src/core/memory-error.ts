/** The error of memory that the kernel does not get. */
import type { NoMemory } from '../kernel/host/no-memory.js'
import { SoftmaxError } from './errors.js'

/** A NoMemory, of this thread or another, as E_MEMORY; any other error as it is. */
export function withoutMemory(error: unknown): unknown {
  if (error instanceof SoftmaxError || (error as Partial<NoMemory> | null)?.code !== 'E_MEMORY') return error
  const { of, bytes } = error as NoMemory
  return new SoftmaxError('E_MEMORY', { of, bytes }, { cause: error })
}
