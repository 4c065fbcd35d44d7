/** Errors about the bytes of a Parquet file, in the terms of its specification. */
import { corruptData } from '../../core/corrupt-data.js'
import { SoftmaxError } from '../../core/errors.js'

/** The error for a corrupt file. */
export function corrupt(reason: string, cause?: unknown): SoftmaxError {
  return corruptData('parquet', reason, cause)
}

/** The error for a valid file with an unsupported feature. */
export function unsupported(feature: string, remedy: string): SoftmaxError {
  return new SoftmaxError('E_UNSUPPORTED', { feature: `Parquet with ${feature}`, remedy })
}

/** Runs an action on part of a file; any foreign exception is reported as corruption of `part`. */
export async function wrapCorrupt<T>(part: string, action: () => Promise<T> | T): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw error instanceof SoftmaxError ? error : corrupt(`${part} cannot be read`, error)
  }
}
