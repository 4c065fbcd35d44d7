/** Which array of a file that has several holds the logits. */
import { isLogitName } from '../../core/column-name.js'
import { SoftmaxError } from '../../core/errors.js'

/**
 * The name of the array to read: the one that is asked for, or the only one.
 *
 * @throws E_TENSOR where there are several, or none of that name; E_TYPE where there is none at all
 */
export function chooseTensor(names: readonly string[], asked: string | undefined): string {
  if (names.length === 0) throw new SoftmaxError('E_TYPE', { reason: 'it holds no arrays' })
  if (asked === undefined && names.length === 1) return names[0]!
  if (asked !== undefined && names.includes(asked)) return asked
  const proposed = names.find(isLogitName) ?? names[0]!
  throw new SoftmaxError('E_TENSOR', { names: [...names], proposed, ...(asked !== undefined && { asked }) })
}
