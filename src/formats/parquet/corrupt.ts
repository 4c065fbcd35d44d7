/** Errors about the bytes of a Parquet file, in the words of its specification. */
import { corruptData } from '../../core/corrupt-data.js'
import { SoftmaxError } from '../../core/errors.js'

/** The file is corrupt. */
export function corrupt(reason: string, cause?: unknown): SoftmaxError {
  return corruptData('parquet', reason, cause)
}

/** The file is sound, and has something that is not read. */
export function unsupported(feature: string, remedy: string): SoftmaxError {
  return new SoftmaxError('E_UNSUPPORTED', { feature: `Parquet with ${feature}`, remedy })
}

/** Does something with parts of a file. Whatever fails there without an error of ours is said of `part`. */
export async function wrapCorrupt<T>(part: string, action: () => Promise<T> | T): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw error instanceof SoftmaxError ? error : corrupt(`${part} cannot be read`, error)
  }
}
