/** Data that is corrupt, whatever found it so: a library throws what it likes. */
import { SoftmaxError } from './errors.js'

export function corruptData(format: string, reason: string, cause?: unknown): SoftmaxError {
  return new SoftmaxError('E_CORRUPT', { format, reason }, { cause })
}

/** Does something with data of a format. Throws E_CORRUPT for whatever is no error of ours. */
export async function wrapCorrupt<T>(format: string, action: () => Promise<T> | T): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw error instanceof SoftmaxError ? error : corruptData(format, (error as Error).message, error)
  }
}
