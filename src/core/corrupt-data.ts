/** Reports corrupt data, whatever exception a library throws for it. */
import { SoftmaxError } from './errors.js'

export function corruptData(format: string, reason: string, cause?: unknown): SoftmaxError {
  return new SoftmaxError('E_CORRUPT', { format, reason }, { cause })
}

/** Runs an action on data of a format. Throws E_CORRUPT for any foreign exception. */
export async function wrapCorrupt<T>(format: string, action: () => Promise<T> | T): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw error instanceof SoftmaxError ? error : corruptData(format, (error as Error).message, error)
  }
}
