/** What is wrong with Arrow data: it is damaged, or it is sound and has what cannot be read. */
import { corruptData } from '../../core/corrupt-data.js'
import { SoftmaxError } from '../../core/errors.js'

/** The error of data that is damaged, which says what is wrong with it. */
export function damaged(reason: string): SoftmaxError {
  return corruptData('arrow', reason)
}

/** Throws the error of what is sound and cannot be read, which says how to convert it. */
export function unsupported(feature: string, way: string): never {
  throw new SoftmaxError('E_UNSUPPORTED', { feature: `Arrow with ${feature}`, remedy: way })
}
