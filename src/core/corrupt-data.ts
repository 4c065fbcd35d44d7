/** The error for corrupt data of a format. */
import { SoftmaxError } from './errors.js'

export function corruptData(format: string, reason: string, cause?: unknown): SoftmaxError {
  return new SoftmaxError('E_CORRUPT', { format, reason }, { cause })
}
