/** What is wrong with a run under a fault, if anything is. */

import type { Wrong } from './fault-counts.js'
import { OLD, type Outcome, type Scene } from './scene.js'

/** What a run that is right may come to. */
export interface Expected {
  statuses: number[]
  /** The fault comes when the new target is in place already. */
  isReplaced?: boolean
  /** A temporary may be left: only a process that is killed has that excuse. */
  mayLeave?: boolean
  /** The system may have taken a part of what was written last, and have cut a row. */
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

/** An expected status, and on stderr one line that says why; or nothing, where there is nothing to say. */
function isStatus({ status, stderr }: Outcome, { statuses }: Expected): boolean {
  const isTold = [1, 2, 3, 70].includes(status!)
  const isRight = isTold ? /^softmax: [^\n]*\[E_[A-Z_]+\]\n$/ : /^(?!.*softmax: )/
  return statuses.includes(status!) && isRight.test(stderr)
}

/** The old target or the new one, the new one after success, and nothing beside it. */
function isWhole({ target, left, status }: Outcome, { data, to }: Where, expected: Expected): boolean {
  if (left.length > 0 && !expected.mayLeave) return false
  if (to !== 'a target') return target === OLD
  // A signal may come before or after the new target is in place.
  const mayBeNew = status === 0 || status! > 128 || expected.isReplaced
  const mayBeOld = status !== 0 && !expected.isReplaced
  return (mayBeOld && target === OLD) || (mayBeNew === true && target === data.output)
}

/** All rows after success, and else the first of them, each whole. */
function isPrinted({ printed = '', status }: Outcome, { data }: Where, { mayCut }: Expected): boolean {
  if (status === 0) return printed === data.output
  return data.output.startsWith(printed) && (mayCut === true || printed === '' || printed.endsWith('\n'))
}
