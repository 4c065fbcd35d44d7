/** Byte order marks. */
import { SoftmaxError } from '../core/errors.js'

/** The length of a UTF-8 byte order mark at the start; text marked as another encoding is refused. */
export function byteOrderMark(start: Buffer): 0 | 3 {
  const marks = start.toString('hex', 0, 4)
  const encoding = /^(fffe0000|0000feff)/.test(marks) ? 'UTF-32' : /^(fffe|feff)/.test(marks) ? 'UTF-16' : undefined
  if (encoding) throw new SoftmaxError('E_ENCODING', { encoding })
  return marks.startsWith('efbbbf') ? 3 : 0
}
