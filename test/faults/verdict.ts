/** What is wrong with a run under a fault, if anything. */

import type { Wrong } from './fault-counts.js'
import { OLD, type Outcome, type Scene } from './scene.js'

/** Acceptable outcomes of a run. */
export interface Expected {
  statuses: number[]
  /** The fault occurs after the new target is in place. */
  isReplaced?: boolean
  /** A temporary file may remain: acceptable only for a killed process. */
  mayLeave?: boolean
  /** The system may have accepted only part of the last write, truncating a row. */
  mayCut?: boolean
}

type Where = Pick<Scene, 'data' | 'to'>

export function wrongs(outcome: Outcome, where: Where, expected: Expected): Wrong[] {
  if (outcome.hung) return ['hangs']
  const found: Wrong[] = []
  if (!isStatus(outcome, expected)) found.push('wrong statuses')
  if (!isWhole(outcome, where, expected)) found.push('half files')
  if (where.to !== 'a target' && !isPrinted(outcome, where, expected)) found.push('rows lost')
  return found
}

/** The status must be expected, with one line on stderr that gives the reason, or none if there is none. */
function isStatus({ status, stderr }: Outcome, { statuses }: Expected): boolean {
  const isTold = [1, 2, 3, 70].includes(status!)
  const isRight = isTold ? /^softmax: [^\n]*\[E_[A-Z_]+\]\n$/ : /^(?!.*softmax: )/
  return statuses.includes(status!) && isRight.test(stderr)
}

/** The target must be the old or the new one, the new one after success, with nothing else left. */
function isWhole({ target, left, status }: Outcome, { data, to }: Where, expected: Expected): boolean {
  if (left.length > 0 && !expected.mayLeave) return false
  if (to !== 'a target') return target === OLD
  // A signal may arrive before or after the new target is in place.
  const mayBeNew = status === 0 || status! > 128 || expected.isReplaced
  const mayBeOld = status !== 0 && !expected.isReplaced
  return (mayBeOld && target === OLD) || (mayBeNew === true && target === data.output)
}

/** All rows after success, otherwise the first ones, each complete. */
function isPrinted({ printed = '', status }: Outcome, { data }: Where, { mayCut }: Expected): boolean {
  if (status === 0) return printed === data.output
  return data.output.startsWith(printed) && (mayCut === true || printed === '' || printed.endsWith('\n'))
}
